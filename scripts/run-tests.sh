#!/bin/sh
# Runs test programs that speak TAP and adds them up.
#
#     scripts/run-tests.sh RESULTS_DIR PROGRAM...
#
# Each program's output is kept in RESULTS_DIR.  Failures are shown; the last line is exactly
# "N passed, N failed, N skipped" (scripts/tally.sh).  TEST_JOBS (2) run at a time, each for
# TEST_TIMEOUT (600) seconds at most; TEST_SHOW names those that passed, too.
set -u

failed() { # FILE: a skipped test of cmocka's is "not ok", too
    grep '^not ok' "$1" | grep -qv '# SKIP'
}

# A program that died, or that told of another number of tests than it planned, failed as a whole.
check_whole() { # FILE NAME STATUS
    case $3 in
    124 | 137) echo "not ok - $2 was killed: out of time (${TEST_TIMEOUT:-600} s) or memory" ;;
    0) awk -v name="$2" '
        /^1\.\.[0-9]+/ { sub(/^1\.\./, ""); planned += $1; plans++ }
        /^(ok|not ok)/ { told++ }
        END {
            if (!plans)
                print "not ok - " name " printed no plan"
            else if (told != planned)
                print "not ok - " name " planned " planned " tests and told of " told + 0
        }' "$1" ;;
    *) failed "$1" || echo "not ok - $2 ended with status $3" ;;
    esac >"$1.whole"
    cat "$1.whole" >>"$1"
    rm -f "$1.whole"
}

show() { # FILE NAME: what failed, and why; at once, since another program may be at it, too
    text=$(
        printf -- '--- %s\n' "$2"
        grep -v -e '^ok' -e '# SKIP' "$1" | head -n 60
        [ ! -s "$1.err" ] || tail -n 20 "$1.err"
    )
    printf '%s\n' "$text"
}

if [ "$1" = --one ]; then
    results=$2 program=$3
    name=$(printf '%s' "$program" | sed 's|^\./||; s|^build/||; s|tests/||; s|[/ ]|-|g')
    tap=$results/$name.tap
    CMOCKA_MESSAGE_OUTPUT=TAP timeout --foreground -k 5 "${TEST_TIMEOUT:-600}" \
        "$program" >"$tap" 2>"$tap.err" </dev/null
    check_whole "$tap" "$name" $?
    if failed "$tap"; then
        show "$tap" "$name"
    elif [ -t 1 ] || [ "${TEST_SHOW:-}" ]; then
        printf '    %s\n' "$name"
    fi
    exit 0
fi

results=$1
shift
rm -rf "$results"
mkdir -p "$results" || exit 1
[ $# -eq 0 ] || printf '%s\0' "$@" | xargs -0 -P "${TEST_JOBS:-2}" -n 1 "$0" --one "$results"
exec "$(dirname "$0")/tally.sh" "$results"
