#!/bin/sh
# Builds and runs every test, and adds them up.
#
#     scripts/test.sh           what one needs to trust the program (make test)
#     scripts/test.sh long      also coverage, 10 minutes of fuzzing each, long live tests
#     scripts/test.sh vulkan    only the live tests, on a Vulkan device in software
#
# Every step leaves TAP in build/test-results/STEP/.  The last line of the output is exactly
# "N passed, N failed, N skipped"; exit status 1 when anything failed.
#
# TAILOR_TEST_DATA names a folder of captures from real machines (default: ../shared/data, where that
# is there), TAILOR_TEST_ENGINE one with llama-server and its tools (default: the pinned engine).
# shellcheck disable=SC2317 # steps are called by name
set -u
. "$(dirname "$0")/common.sh"
mode=${1:-short}
case $mode in
short | long | vulkan) ;;
*)
    say "test: \"$mode\" is not long or vulkan"
    exit 2
    ;;
esac
smoke_seconds=60 # of fuzzing in all
long_seconds=600 # of each target
fuzz_targets=$(find tests/fuzz -name 'fuzz_*.c' | wc -l)
results=build/test-results
cores=$(nproc 2>/dev/null || echo 2)
begin=$(date +%s)

# ---- one step ----

seconds_since() {
    echo $(($(date +%s) - $1))
}

# step FOLDER TITLE COMMAND...: runs the command, then prints what came of it and its time.
step() {
    folder=$results/$1
    printf '== %s\n' "$2"
    shift 2
    mkdir -p "$folder"
    step_begin=$(date +%s)
    "$@"
    step_status=$?
    printf '   %s (%s s)\n' "$(scripts/tally.sh "$folder" brief)" "$(seconds_since "$step_begin")"
    return $step_status
}

file_name() { # a sentence as a file's name
    printf '%s' "$1" | tr -c 'a-zA-Z0-9' '-'
}

# check NAME COMMAND...: one test, passed when the command succeeds, skipped when it says 77 and why.
check() {
    name=$1
    log=$folder/$(file_name "$name").log
    shift
    "$@" >"$log" 2>&1
    check_status=$?
    case $check_status in
    0) echo "ok - $name" ;;
    77) echo "ok - $name # SKIP $(tail -n 1 "$log")" ;;
    *) echo "not ok - $name" ;;
    esac >"$log.tap"
    if [ "$check_status" -ne 0 ] && [ "$check_status" -ne 77 ]; then
        printf -- '--- %s\n' "$name"
        tail -n 60 "$log"
        return 1
    fi
}

# The same for what shows its own progress.
check_aloud() {
    name=$1
    shift
    verdict=ok
    "$@" || verdict='not ok'
    echo "$verdict - $name" >"$folder/$(file_name "$name").tap"
    [ "$verdict" = ok ]
}

# A script that prints TAP itself, line by line.
tap_aloud() {
    tap=$folder/$(file_name "$1").tap
    "$@" | tee "$tap"
    grep -q '^1\.\.' "$tap" || echo "not ok - $* ended early" >>"$tap"
}

# run_tests FOLDER "VARIABLE=VALUE..." PROGRAM...
run_tests() {
    into=$1
    variables=$2
    shift 2
    [ $# -gt 0 ] || return 0
    [ ! -t 1 ] || variables="$variables TEST_SHOW=1"
    # shellcheck disable=SC2046,SC2086 # all of these are words
    env $variables $(same_addresses) scripts/run-tests.sh "$into" "$@" | sed '/^skipped /d; $d'
}

finish() {
    echo "== in all, after $(seconds_since "$begin") s"
    scripts/tally.sh "$results"
    exit
}

# ---- what to run, and in which world ----

programs() { # BUILD PREFIX: test programs whose names begin so
    find "$1/tests" -maxdepth 1 -type f -perm -100 -name "$2*" | sort
}

shell_tests() { # FOLDER
    find "tests/$1" -name 'test_*.sh' 2>/dev/null | sort
}

# A folder for small files: in memory where there is room, since some tests unpack thousands.
temporary_folder() {
    free_kib=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    if [ "${free_kib:-0}" -gt 262144 ] && mktemp -d /dev/shm/tailor-tests-XXXXXX 2>/dev/null; then
        return
    fi
    mktemp -d "${TMPDIR:-/tmp}/tailor-tests-XXXXXX"
}

# From here on no test sees the user's files and variables.
enter_private_world() {
    tmp=$(temporary_folder) || exit 1
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 130' HUP INT TERM
    export HOME="$tmp/home"
    mkdir "$tmp/home" "$tmp/small"
    for name in $(env | sed -n 's/^\([A-Z0-9_]*\)=.*/\1/p'); do
        case $name in
        LLAMA_* | GGML_* | HF_* | HUGGINGFACE_* | OLLAMA_* | XDG_* | HWLOC_*) unset "$name" ;;
        TAILOR_ENGINE_DIR | NO_COLOR | MAKEFLAGS | MAKELEVEL | MFLAGS) unset "$name" ;;
        esac
    done
    if [ -z "${TAILOR_TEST_DATA:-}" ] && [ -d ../shared/data ]; then
        TAILOR_TEST_DATA=$(cd ../shared/data && pwd)
        export TAILOR_TEST_DATA
    fi
    if [ -z "${TAILOR_TEST_ENGINE:-}" ] && [ -x build/engine/bin/llama-server ]; then
        export TAILOR_TEST_ENGINE="$PWD/build/engine/bin"
    fi
    [ "$mode" != long ] || export TAILOR_TEST_LONG=1 TEST_TIMEOUT=7200
    [ "$mode" != vulkan ] || export TAILOR_TEST_VULKAN=1 GGML_VK_VISIBLE_DEVICES=0
}

# ---- the steps ----

installed() {
    check_aloud 'what the build and the tests need is installed' scripts/bootstrap.sh "$1"
}

built() {
    check 'every target builds, and warnings are errors' scripts/build.sh strict all unit-tests
}

engine_ready() { # [backend NAME]
    check_aloud 'the pinned engine is there' scripts/engine.sh "$@" &&
        check 'tailor-worker and the simulated devices build with it' \
            scripts/build.sh strict tailor-worker libtailor-sim.so
}

built_with_sanitizers() {
    sanitized=$(scripts/build.sh sanitized-folder)
    check "every test builds with sanitizers, and warnings are errors: $sanitized" \
        scripts/build.sh sanitized all unit-tests
}

rules_kept() {
    check 'includes point down only' scripts/check-layers.sh
    check 'files are as clang-format writes them' scripts/check-format.sh
}

small="TEST_JOBS=$cores"

unit_tests() {
    # shellcheck disable=SC2046 # the programs' names hold no blanks
    run_tests "$folder" "$small" $(programs build test_)
}

sanitized_unit_tests() {
    # shellcheck disable=SC2046
    run_tests "$folder" "$small" $(programs "$sanitized" test_)
}

cli_tests() {
    # shellcheck disable=SC2046
    run_tests "$folder/plain" "$small" $(shell_tests cli)
    # shellcheck disable=SC2046
    run_tests "$folder/sanitized" "$small TAILOR=$sanitized/tailor TAILOR_TEST_SLOW=1" \
        $(shell_tests cli)
}

live_tests() { # one after the other: some of them measure
    # shellcheck disable=SC2046
    run_tests "$folder" "TEST_JOBS=1" $(programs build live_) $(shell_tests live)
}

# ---- all of it ----

rm -rf "$results"
mkdir -p "$results"
if [ "$mode" = vulkan ]; then
    step install 'installing what is missing' installed vulkan || finish
    step build 'building' built || finish
    step engine 'getting the engine and its Vulkan backend' engine_ready backend vulkan || finish
    enter_private_world
    step live 'live tests on Vulkan' live_tests
    { scripts/engine.sh && scripts/build.sh strict tailor-worker libtailor-sim.so; } 2>/dev/null # as it was
    finish
fi
needs='test'
[ "$mode" != long ] || needs='long'
step install 'installing what is missing' installed "$needs" || finish
step build 'building' built || finish
step engine 'getting the engine (the first time about 6 minutes)' engine_ready
step rules 'checking layers and format' rules_kept
step sanitizers 'building with sanitizers' built_with_sanitizers
enter_private_world
small="$small TMPDIR=$tmp/small"
step unit 'unit tests' unit_tests
step sanitized 'unit tests with sanitizers' sanitized_unit_tests
step cli 'command line tests, plain and with sanitizers' cli_tests
step live 'live tests on the engine' live_tests
if [ "$mode" = long ]; then
    step coverage 'coverage' tap_aloud scripts/coverage.sh
    step fuzz "fuzzing, $long_seconds s each" tap_aloud scripts/fuzz.sh $long_seconds
else
    step fuzz "fuzzing, $smoke_seconds s in all" tap_aloud scripts/fuzz.sh \
        $((smoke_seconds / fuzz_targets))
fi
finish
