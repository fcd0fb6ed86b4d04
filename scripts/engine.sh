#!/bin/sh
# Gets the pinned llama.cpp and puts it at build/engine.
#
#     scripts/engine.sh                 fetch, check, build (about 6 minutes on 2 cores), link
#     scripts/engine.sh backend NAME    the same plus a prebuilt GPU backend: vulkan or cuda
#
# The build is kept outside the clone, keyed by source, flags, CPU and compiler, in
# TAILOR_ENGINE_CACHE (default: the user's cache folder); where that cannot be written and does not
# have it, it lands in build/engine itself.  Everything fetched is checked against a hash pinned here.
set -eu
. "$(dirname "$0")/common.sh"

version=v0.5.0
# The npm package carries the complete source as a git bundle; its siblings are prebuilt backends of
# the same version.
source_package=node-llama-cpp@3.22.1
source_sha512=6e5b488a9b9699cd76dc7eed30880318a4ac4ab866865418795502e3c5d38d55bb5c624988927209d95333343f2e25a83e4183a5c2f816f883a60c3ba9f4e20f
vulkan_sha512=6c1c6a53e24e701bb59dbe508f6cdc31c8be241c93d44f046a31ef62877235f5483e41215e1fbf1ccc11d7f053ef13f4f182b4864b3e90cf1f825111d0ff0912
cuda_sha512=f2b4028f234d2d9254162b7e6298f0942e21c242a038c224076c2ec9c2817fc354d8edf248a6e259943c6b0f64bb69d44d78d29d422b13a281f3c8ad76e4c1b8
source_tree=fd570ef54b10ec5fecb739e7e04c8ce44a6f415a # git's hash of the files, whoever served them
targets='llama-server llama-bench llama-fit-params llama-quantize ggml-rpc-server'

die() { say "engine: $*"; exit 1; }

# ---- what to build for ----

# GGML_NATIVE is refused together with GGML_BACKEND_DL, so the instruction set is spelled out.
cpu_flags() {
    case $(uname -m) in
    x86_64)
        have=" $(sed -n 's/^flags[[:space:]]*: //p' /proc/cpuinfo | head -n 1) "
        while read -r option flag; do
            case $have in
            *" $flag "*) printf ' -DGGML_%s=ON' "$option" ;;
            *) printf ' -DGGML_%s=OFF' "$option" ;;
            esac
        done <<EOF
SSE42 sse4_2
AVX avx
AVX_VNNI avx_vnni
AVX2 avx2
BMI2 bmi2
FMA fma
F16C f16c
AVX512 avx512bw
AVX512_VBMI avx512_vbmi
AVX512_VNNI avx512_vnni
AVX512_BF16 avx512_bf16
AMX_TILE amx_tile
AMX_INT8 amx_int8
AMX_BF16 amx_bf16
EOF
        ;;
    aarch64)
        have=" $(sed -n 's/^Features[[:space:]]*: //p' /proc/cpuinfo | head -n 1) "
        arch=armv8-a
        case $have in *" asimddp "*) arch=armv8.2-a+dotprod ;; esac
        for pair in asimdhp:fp16 i8mm:i8mm sve:sve; do
            case $have in *" ${pair%:*} "*) arch=$arch+${pair#*:} ;; esac
        done
        printf ' -DGGML_CPU_ARM_ARCH=%s' "$arch"
        ;;
    esac
}

flags="-DCMAKE_BUILD_TYPE=Release -DGGML_BACKEND_DL=ON -DGGML_NATIVE=OFF -DGGML_RPC=ON
 -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_USE_PREBUILT_UI=OFF
 -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON$(cpu_flags)"
# shellcheck disable=SC2016 # $ORIGIN is for the loader
rpath='-DCMAKE_INSTALL_RPATH=$ORIGIN/../lib;$ORIGIN' # relative: the tree can be moved
compiler=$(${CXX:-c++} --version 2>/dev/null | head -n 1)
key=$(printf '%s\n' "$source_tree" "$flags" "$rpath" "$targets" "$compiler" layout-1 | sha256sum | cut -c 1-16)

# ---- fetching ----

check_sha512() { # FILE HASH
    printf '%s  %s\n' "$2" "$1" | sha512sum -c - >/dev/null 2>&1 ||
        die "the download \"$(basename "$1")\" does not have the pinned hash; delete it and try again"
}

fetch_package() { # PACKAGE HASH DIRECTORY: unpacks into DIRECTORY/package
    mkdir -p "$3"
    say "engine: fetching $1"
    (cd "$3" && npm pack "$1" --silent >/dev/null) ||
        die "npm could not fetch $1; check the network"
    check_sha512 "$3"/*.tgz "$2"
    tar -C "$3" -xzf "$3"/*.tgz
    rm -f "$3"/*.tgz
}

fetch_source() { # DIRECTORY
    if command -v npm >/dev/null 2>&1; then
        fetch_package "$source_package" "$source_sha512" "$1.package"
        git clone -q "$1.package/package/llama/gitRelease.bundle" "$1" 2>/dev/null ||
            die "the source bundle of $source_package cannot be cloned"
        rm -rf "$1.package"
    else
        say "engine: fetching llama.cpp $version with git"
        git clone -q --depth 1 --branch "$version" https://github.com/ggml-org/llama.cpp "$1" ||
            die "git could not fetch llama.cpp $version; install npm, or check the network"
    fi
    got=$(git -C "$1" rev-parse 'HEAD^{tree}')
    [ "$got" = "$source_tree" ] ||
        die "the source fetched is not the pinned one (tree $got); install npm and try again"
}

# ---- building ----

# ninja's own progress: in place on a terminal, else a line every 10 seconds.
show_progress() {
    next_line=0
    while read -r line; do
        case $line in \[*) ;; *) continue ;; esac
        if [ -t 2 ]; then
            printf '\rengine: %-90.90s' "$line" >&2
        elif [ "$(date +%s)" -ge $next_line ]; then
            say "engine: $line"
            next_line=$(($(date +%s) + 10))
        fi
    done
    [ ! -t 2 ] || echo >&2
}

build_into() { # FINAL DIRECTORY; works beside it and renames at the end
    work=$1.work
    rm -rf "$work"
    mkdir -p "$work"
    fetch_source "$work/src"
    say "engine: building llama.cpp $version for this CPU"
    # shellcheck disable=SC2086 # the flags are words
    cmake -G Ninja -S "$work/src" -B "$work/obj" $flags "$rpath" >"$work/cmake.log" 2>&1 ||
        { tail -n 20 "$work/cmake.log" >&2; die "cmake failed"; }
    # shellcheck disable=SC2086
    { ninja -C "$work/obj" $targets 2>&1 || echo "ninja failed"; } | tee "$work/ninja.log" | show_progress
    if tail -n 1 "$work/ninja.log" | grep -q 'ninja failed'; then
        grep -v '^\[' "$work/ninja.log" | tail -n 30 >&2
        die "the build failed; the lines above say why"
    fi
    mkdir "$work/bin" "$work/lib"
    for file in "$work"/obj/bin/*; do
        case $file in
        *.so | *.so.*) mv "$file" "$work/lib/" ;;
        *) mv "$file" "$work/bin/" ;;
        esac
    done
    link_backends "$work"
    runs "$work" || die "the build does not run here"
    rm -rf "$work/obj" "$work/cmake.log" "$work/ninja.log"
    rm -rf "$1"
    mv "$work" "$1"
}

# ggml looks for backends only beside the executable and in the working directory.
link_backends() { # ENGINE DIRECTORY
    for file in "$1"/lib/libggml-*.so; do
        name=$(basename "$file")
        case $name in libggml-base.so) ;; *) ln -sf "../lib/$name" "$1/bin/$name" ;; esac
    done
}

with_lock() { # LOCK FILE, then a command: two clones do not build the same thing at once
    lock=$1
    shift
    exec 9>"$lock"
    if ! flock -n 9; then
        say "engine: another build is under way, waiting for it"
        flock 9
    fi
    "$@"
}

runs() { # ENGINE DIRECTORY
    [ -x "$1/bin/llama-server" ] && "$1/bin/llama-server" --version >/dev/null 2>&1
}

build_if_missing() { # ENGINE DIRECTORY
    if ! runs "$1"; then build_into "$1"; fi
}

# A copy of the engine (hard links) with one more backend: the cached build itself stays as it was.
add_backend() { # ENGINE DIRECTORY, NAME, TARGET DIRECTORY
    [ -e "$3/lib/libggml-$2.so" ] && [ -e "$3/bin/libggml-base.so" ] && return
    case $2 in
    vulkan) hash=$vulkan_sha512 ;;
    cuda) hash=$cuda_sha512 ;;
    esac
    rm -rf "$3.work"
    cp -al "$1" "$3.work"
    fetch_package "@node-llama-cpp/linux-x64-$2@${source_package#*@}" "$hash" "$3.work/package"
    cp "$3.work/package/package/bins/linux-x64-$2/libggml-$2.so" "$3.work/lib/"
    rm -rf "$3.work/package"
    link_backends "$3.work"
    ln -sf ../lib/libggml-base.so "$3.work/bin/" # prebuilt: asks for it by this name, beside itself
    rm -rf "$3"
    mv "$3.work" "$3"
}

# ---- main ----

backend=
if [ "${1:-}" = backend ]; then
    backend=${2:-}
    case $backend in
    vulkan | cuda) ;;
    *) die "no prebuilt backend \"$backend\"; there are vulkan and cuda" ;;
    esac
    [ "$(uname -m)" = x86_64 ] || die "prebuilt backends exist for x86_64 only"
fi

cache=${TAILOR_ENGINE_CACHE:-${cache_home:+$cache_home/tailor/engine}}
mkdir -p build
if [ "$cache" ] && mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then
    runs "$cache/$key" || with_lock "$cache/lock" build_if_missing "$cache/$key"
    engine=$cache/$key
    if [ "$backend" ]; then
        with_lock "$cache/lock" add_backend "$engine" "$backend" "$engine-$backend"
        engine=$engine-$backend
    fi
elif [ "$cache" ] && runs "$cache/$key" && { [ -z "$backend" ] || runs "$cache/$key-$backend"; }; then
    engine=$cache/$key${backend:+-$backend} # somebody else's, good to use
else
    engine=
fi
if [ "$engine" ]; then
    [ -L build/engine ] || rm -rf build/engine
    ln -sfn "$engine" build/engine
else
    [ ! -L build/engine ] || rm -f build/engine
    [ "$(cat build/engine/key 2>/dev/null)" = "$key" ] || rm -rf build/engine
    with_lock build/engine.lock build_if_missing "$PWD/build/engine"
    echo "$key" >build/engine/key
    if [ "$backend" ]; then
        add_backend "$PWD/build/engine" "$backend" "$PWD/build/engine-$backend"
        rm -rf build/engine
        mv "build/engine-$backend" build/engine
    fi
fi
say "engine: llama.cpp $version is at build/engine"
