#!/bin/sh
# Reads src/ with cppcheck and clang-tidy, and the scripts with shellcheck: what compilers do not
# warn of.  Exit status 1 when anything is found, or when a tool is missing.
#
#     scripts/lint.sh [FILE...]     only these sources with clang-tidy (minutes for all of them)
#
# What is checked and what is left out stands in .clang-tidy and below, with why.  A finding is
# mended, or kept by "NOLINT: why" or "cppcheck-suppress ID ; why" on its line.
set -u
. "$(dirname "$0")/common.sh"
bad=0
jobs=$(nproc 2>/dev/null || echo 2)

have() {
    command -v "$1" >/dev/null 2>&1 && return
    say "lint: $1 is not installed"
    bad=1
    return 1
}

# variableScope: buffers stand at the top of their function, where their size is seen
# unusedStructMember: VEC's capacity is used by a macro that it does not follow
# __GNUC__: so that it sees which functions do not return
run_cppcheck() {
    echo '== cppcheck'
    cppcheck --project=build/compile_commands.json --file-filter='src/*' -D__GNUC__ -j "$jobs" \
        --quiet --enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
        --suppress=variableScope --suppress=unusedStructMember \
        --template='{file}:{line}: {message} [{id}]' 2>&1 || bad=1
}

# The worker's files include the engine's headers and what is made from them.
sources() {
    if [ -f build/engine_build.h ]; then
        find src -name '*.c'
    else
        say 'lint: without build/tailor-worker (make build) src/engine/worker is left out'
        find src -name '*.c' ! -path 'src/engine/worker/*'
    fi | sort
}

# One file a process: of several it mixes up the va_lists.
run_clang_tidy() { # FILE...
    echo '== clang-tidy'
    printf '%s\n' "$@" | xargs -P "$jobs" -n 1 clang-tidy -p build --quiet 2>build/lint.log || bad=1
}

# SC2317: functions that are called by name look unreachable to it
run_shellcheck() {
    echo '== shellcheck'
    find scripts tests .ci -name '*.sh' -o -path .ci/run | sort |
        xargs shellcheck -x --source-path=SCRIPTDIR -e SC2317 || bad=1
}

scripts/bootstrap.sh lint || exit 1
scripts/build.sh plain tailor || exit 1 # compile_commands.json, and headers that are made
# shellcheck disable=SC2046 # names of our sources
[ $# -gt 0 ] || set -- $(sources)
if have cppcheck; then run_cppcheck; fi
if have clang-tidy; then run_clang_tidy "$@"; fi
if have shellcheck; then run_shellcheck; fi
[ $bad -ne 0 ] || echo "lint: clean ($# sources)"
exit $bad
