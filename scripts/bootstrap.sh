#!/bin/sh
# Checks that everything is here, and installs what is missing: with apt where root or sudo is at
# hand, otherwise by printing the exact command.
#
#     scripts/bootstrap.sh build     to build and run
#     scripts/bootstrap.sh test      to test, too
#     scripts/bootstrap.sh long      to run the long proofs, too
#     scripts/bootstrap.sh lint      to lint
#     scripts/bootstrap.sh vulkan    to test on a Vulkan device in software, too
#
# What nothing goes without is "needed": where it cannot be had we stop.  The rest is "wanted":
# without it something is left out, and the tests say what.
set -eu
. "$(dirname "$0")/common.sh"
want=${1:-build}
oldest_meson=1.0

# how to see that it is here -> Debian package
build_needs='
program meson meson
program ninja ninja-build
program pkg-config pkg-config
program cc gcc
program c++ g++
program cmake cmake
program git git
program flock util-linux
module hwloc libhwloc-dev
module jansson libjansson-dev
module libxxhash libxxhash-dev
module libcurl libcurl4-openssl-dev
module libcrypto libssl-dev
'
build_wants='
program ccache ccache
'
test_needs='
module cmocka libcmocka-dev
'
test_wants='
program clang clang
program clang-format clang-format
program bzip2 bzip2
python jsonschema python3-jsonschema
fuzzer libclang_rt.fuzzer libclang-rt-dev
'
long_wants='
program gcovr gcovr
'
lint_wants='
program cppcheck cppcheck
program clang-tidy clang-tidy
program shellcheck shellcheck
program clang-format clang-format
'
vulkan_needs='
library libvulkan.so.1 libvulkan1
file /usr/share/vulkan/icd.d/lvp_icd*.json mesa-vulkan-drivers
'

here() { # KIND NAME
    case $1 in
    program) command -v "$2" >/dev/null 2>&1 ;;
    module) pkg-config --exists "$2" 2>/dev/null ;;
    python) python3 -c "import $2" >/dev/null 2>&1 ;;
    library) PATH=$PATH:/sbin ldconfig -p 2>/dev/null | grep -q "$2" ;;
    file) # shellcheck disable=SC2086 # a pattern
        ls $2 >/dev/null 2>&1 ;;
    fuzzer) [ -n "$(find "$(clang -print-resource-dir 2>/dev/null || echo /nowhere)" -name "$2*" 2>/dev/null | head -n 1)" ] ;;
    esac
}

package_of() { # the fuzzer runtime is packaged by clang version
    case $1 in
    libclang-rt-dev)
        version=$(clang --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p' | head -n 1)
        [ -z "$version" ] || echo "libclang-rt-$version-dev"
        ;;
    *) echo "$1" ;;
    esac
}

missing() { # NEEDS: names of packages
    printf '%s\n' "$1" | while read -r kind name package; do
        [ -n "$kind" ] || continue
        here "$kind" "$name" || package_of "$package"
    done | sort -u | tr '\n' ' '
}

apt_install() { # SUDO PACKAGES
    say "bootstrap: installing $2"
    # an index that cannot be refreshed may still be good enough
    # shellcheck disable=SC2086 # the packages are words
    { $1 env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true
      $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2
    } >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        return 1
    }
}

have_sudo() { # and may it ask for a password?
    command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || { [ "$1" = ask ] && [ -t 0 ]; }; }
}

install_needed() { # PACKAGES
    if ! command -v apt-get >/dev/null 2>&1; then
        say "bootstrap: missing: $1"
        say "bootstrap: install these (Debian names) with your package manager, then try again"
    elif [ "$(id -u)" = 0 ]; then
        apt_install '' "$1" && return
        say "bootstrap: apt-get could not install $1"
    elif have_sudo ask; then
        sudo -n true 2>/dev/null || say "bootstrap: sudo asks for your password to install: $1"
        apt_install sudo "$1" && return
        say "bootstrap: apt-get could not install $1"
    else
        say "bootstrap: missing: $1"
        say "bootstrap: run this as root, then try again:"
        say "    apt-get update && apt-get install -y $1"
    fi
    exit 1
}

install_wanted() { # PACKAGES
    if ! command -v apt-get >/dev/null 2>&1; then
        say "bootstrap: going on without (Debian names): $1"
    elif [ "$(id -u)" = 0 ] && apt_install '' "$1"; then
        :
    elif [ "$(id -u)" != 0 ] && have_sudo quietly && apt_install sudo "$1"; then
        :
    else
        say "bootstrap: going on without $1"
        say "    to have it: apt-get update && apt-get install -y $1"
    fi
}

get() { # NEEDS WANTS
    packages=$(missing "$1")
    [ -z "$packages" ] || install_needed "$packages"
    packages=$(missing "$2")
    [ -z "$packages" ] || install_wanted "$packages"
}

check_meson() {
    version=$(meson --version)
    [ "$(printf '%s\n' "$oldest_meson" "$version" | sort -V | head -n 1)" = "$oldest_meson" ] && return
    say "bootstrap: meson $version is too old, $oldest_meson or later is needed; try"
    say "    python3 -m venv ~/meson && ~/meson/bin/pip install meson && PATH=~/meson/bin:\$PATH"
    exit 1
}

mkdir -p build
log=build/bootstrap.log
# npm fetches the pinned engine; without it git does, where the network allows
if [ ! -x build/engine/bin/llama-server ]; then
    build_wants="$build_wants
program npm npm"
fi
get "$build_needs" "$build_wants"
check_meson
case $want in
test | long)
    get "$test_needs" "$test_wants"
    get '' "$test_wants" # the fuzzer's package name follows the clang just installed
    [ "$want" = test ] || get '' "$long_wants"
    ;;
lint) get '' "$lint_wants" ;;
vulkan) get "$test_needs $vulkan_needs" '' ;;
esac
