#!/bin/sh
# Runs the fuzz targets, half a machine's cores at a time but at least two, and prints TAP.
#
#     scripts/fuzz.sh SECONDS [TARGET...]     args gguf json sse; all of them by default
#
# What is found grows build/fuzz/TARGET/; first inputs are tests/fuzz/corpus/TARGET/ and what
# fuzz-seeds makes.  A crash leaves build/fuzz/TARGET-crash-HASH: once it is mended, move that into
# tests/fuzz/corpus/TARGET/ under a name that says what it was, where every build replays it.
set -u
. "$(dirname "$0")/common.sh"
seconds=${1:-60}
[ $# -eq 0 ] || shift
all=$(find tests/fuzz -name 'fuzz_*.c' | sed 's|.*/fuzz_\(.*\)\.c|\1|' | sort)
targets=${*:-$all}
cores=$(nproc 2>/dev/null || echo 2)
jobs=$((cores / 2 > 2 ? cores / 2 : 2))
memory_mib=2048
input_seconds=10

skip_all() {
    for target in $targets; do echo "ok - fuzzing $target # SKIP $1"; done
    echo "1..$(echo "$targets" | wc -w)"
    exit 0
}

one() { # TARGET: fuzzes it and prints its line of TAP
    target=$1
    log=build/fuzz/$target.log
    mkdir -p "build/fuzz/$target" "build/fuzz/seeds/$target"
    # shellcheck disable=SC2046 # words
    $(same_addresses) "$programs/fuzz_$target" -max_total_time="$seconds" -timeout=$input_seconds \
        -rss_limit_mb=$memory_mib -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="build/fuzz/$target-" \
        "build/fuzz/$target" "tests/fuzz/corpus/$target" "build/fuzz/seeds/$target" >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status -eq 0 ]; then
        echo "ok - fuzzing $target for $seconds s: ${runs:-0} runs," \
            "$(find "build/fuzz/$target" -type f | wc -l) inputs kept"
    else
        echo "not ok - fuzzing $target found something after ${runs:-?} runs"
        grep -e 'broken: ' -e 'ERROR' -e 'error:' -e '/src/' -e '/tests/fuzz/' -e 'written to' "$log" |
            head -n 30 | sed 's/^/# /'
    fi
}

if [ "${FUZZ_ONE:-}" ]; then
    programs=$FUZZ_PROGRAMS
    one "$FUZZ_ONE"
    exit
fi

folder=$(scripts/build.sh sanitized-folder)
[ "$folder" = build/asan ] || skip_all 'clang is not installed'
scripts/build.sh sanitized all || exit 1
ninja -C "$folder" -t targets all | grep -q '^fuzzers:' || skip_all "this clang has no libFuzzer"
scripts/build.sh sanitized fuzzers || exit 1
mkdir -p build/fuzz
"$folder/tests/fuzz/fuzz-seeds" build/fuzz/seeds || exit 1
export FUZZ_PROGRAMS="$folder/tests/fuzz"
echo "$targets" | tr ' ' '\n' |
    xargs -P "$jobs" -I '{}' env FUZZ_ONE='{}' "scripts/fuzz.sh" "$seconds"
echo "1..$(echo "$targets" | wc -w)"
