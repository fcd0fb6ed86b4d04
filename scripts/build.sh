#!/bin/sh
# Configures a build folder where that was not done, and builds targets in it.
#
#     scripts/build.sh plain TARGET...       build/
#     scripts/build.sh strict TARGET...      build/, where warnings are errors from now on
#     scripts/build.sh sanitized TARGET...   build/asan: AddressSanitizer and UBSan, by clang with the
#                                            fuzz targets; by gcc in build/asan-gcc without clang
#     scripts/build.sh coverage TARGET...    build/coverage: gcc --coverage
#     scripts/build.sh sanitized-folder      only says where
set -eu
. "$(dirname "$0")/common.sh"
kind=$1
shift

with_ccache() { # COMPILER: meson looks for ccache only beside a compiler of its own choice
    if command -v ccache >/dev/null 2>&1; then echo "ccache $1"; else echo "$1"; fi
}

configure() { # FOLDER OPTION...
    dir=$1
    shift
    [ -f "$dir/build.ninja" ] && return
    mkdir -p "$dir"
    meson setup "$dir" "$@" >"$dir/setup.log" 2>&1 || {
        cat "$dir/setup.log" >&2
        say "build: meson could not configure $dir; if it was moved here, rm -r $dir and try again"
        exit 1
    }
}

sanitized_folder() {
    if command -v clang >/dev/null 2>&1; then echo build/asan; else echo build/asan-gcc; fi
}

case $kind in
plain)
    dir=build
    [ -f build/build.ninja ] || scripts/bootstrap.sh build
    configure build
    ;;
strict)
    dir=build
    configure build --werror
    grep -q '"name": "werror", "value": true' build/meson-info/intro-buildoptions.json ||
        meson configure build -Dwerror=true
    ;;
sanitized | sanitized-folder)
    dir=$(sanitized_folder)
    if [ "$kind" = sanitized-folder ]; then
        echo "$dir"
        exit
    fi
    compiler=gcc
    [ "$dir" != build/asan ] || compiler=clang
    # b_lundef: clang leaves the sanitizers' functions to the executable
    CC=$(with_ccache "$compiler") configure "$dir" --werror -Db_sanitize=address,undefined \
        -Db_lundef=false -Dfuzz=auto
    ;;
coverage)
    dir=build/coverage
    CC=$(with_ccache gcc) configure "$dir" -Db_coverage=true --buildtype=debug
    ;;
*)
    say "build: \"$kind\" is not plain, strict, sanitized or coverage"
    exit 2
    ;;
esac
mkdir -p "$dir/meson-logs"
log=$dir/meson-logs/ninja.txt
status=0
ninja -C "$dir" --quiet "$@" >"$log" 2>&1 || status=$?
if [ $status -ne 0 ]; then cat "$log"; else sed -n '/warning:/,$p' "$log"; fi >&2
exit $status
