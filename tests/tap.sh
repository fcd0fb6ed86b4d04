# shellcheck shell=sh disable=SC2034 # the variables are for the tests
# Sourced by the shell tests in tests/cli and tests/live: checks that print TAP.
#
#     #!/bin/sh
#     . "$(dirname "$0")/../tap.sh"
#     run "$tailor" plan
#     is "$status" 2 'a plan without a model is a usage error'
#     like "$err" 'takes one MODEL' 'and says what is missing'
#     done_testing
#
# The test runs in the repository's root.  It gets
#     $tailor   the program to test: TAILOR, or build/tailor
#     $tmp      an empty folder that is removed at the end
#     $data     captures from real machines (TAILOR_TEST_DATA), or empty
#     $engine   folder with llama-server and its tools (TAILOR_TEST_ENGINE), or empty
#     $long     not empty in the long mode (TAILOR_TEST_LONG)
#     $slow     not empty where $tailor has sanitizers: nothing is to be timed
# and an empty home of its own, so that no test reads or writes what is the user's.
set -u
cd "$(dirname "$0")/../.." || exit 1

tailor=$PWD/build/tailor
[ -z "${TAILOR:-}" ] || tailor=$(cd "$(dirname "$TAILOR")" && pwd)/$(basename "$TAILOR")
data=${TAILOR_TEST_DATA:-}
engine=${TAILOR_TEST_ENGINE:-}
long=${TAILOR_TEST_LONG:-}
slow=${TAILOR_TEST_SLOW:-}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tailor-test-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
mkdir "$tmp/home"
export HOME="$tmp/home"
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR

tap_n=0
tap_failed=0
tap_command='(none was run)'
status=
out=
err=

# run COMMAND...: its exit status, stdout and stderr (without newlines at the end) into $status,
# $out and $err.  Redirect its stdin (run cat <file): behind a pipe it would be in a subshell.
# After RUN_TIMEOUT (120) seconds it is killed, and $status is 124 or 137.
run() {
    tap_command="$*"
    timeout --foreground -k 5 "${RUN_TIMEOUT:-120}" "$@" >"$tmp/.out" 2>"$tmp/.err"
    status=$?
    out=$(cat "$tmp/.out")
    err=$(cat "$tmp/.err")
}

tap_result() { # yes|no NAME
    tap_n=$((tap_n + 1))
    if [ "$1" = yes ]; then
        echo "ok $tap_n - $2"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_n - $2"
    fi
}

tap_explain() { # LABEL TEXT: at most 20 lines of it, as a comment
    printf '%s\n' "$2" | head -n 20 | sed "s|^|#   $1: |"
}

tap_context() { # what the last run said
    tap_explain command "$tap_command"
    tap_explain status "$status"
    [ -z "$err" ] || tap_explain stderr "$err"
}

# ok NAME COMMAND...: the command succeeds.
ok() {
    tap_name=$1
    shift
    if "$@"; then
        tap_result yes "$tap_name"
    else
        tap_result no "$tap_name"
        tap_explain failed "$*"
        tap_context
    fi
}

# is GOT WANT NAME: equal texts.
is() {
    if [ "$1" = "$2" ]; then
        tap_result yes "$3"
    else
        tap_result no "$3"
        tap_explain got "$1"
        tap_explain want "$2"
        tap_context
    fi
}

tap_matches() { # TEXT ERE
    printf '%s\n' "$1" | grep -Eq -e "$2"
}

# like TEXT ERE NAME: a line of the text matches; unlike: no line does.
like() {
    if tap_matches "$1" "$2"; then
        tap_result yes "$3"
    else
        tap_result no "$3"
        tap_explain got "$1"
        tap_explain 'want a line like' "$2"
        tap_context
    fi
}

unlike() {
    if tap_matches "$1" "$2"; then
        tap_result no "$3"
        tap_explain got "$1"
        tap_explain 'want no line like' "$2"
        tap_context
    else
        tap_result yes "$3"
    fi
}

# skip REASON NAME: one test that cannot run here.
skip() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $2 # SKIP $1"
}

# skip_all REASON: ends the script; nothing of it can run here.
skip_all() {
    echo '1..1'
    echo "ok 1 - $(basename "$0") # SKIP $1"
    exit 0
}

# The last line of every script: one that ends earlier has failed.
done_testing() {
    echo "1..$tap_n"
    [ $tap_failed -eq 0 ]
    exit
}
