# shellcheck shell=sh
# Sourced by the scripts: puts us into the repository's root, and gives ccache and npm a folder where
# there is no home to write to (HOME unset, or on a read-only disk).
cd "$(dirname "$0")/.." || exit 1
root=$PWD

cache_home=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
if [ -z "$cache_home" ] || ! mkdir -p "$cache_home" 2>/dev/null || [ ! -w "$cache_home" ]; then
    export CCACHE_DIR="${CCACHE_DIR:-$root/build/ccache}"
    export npm_config_cache="${npm_config_cache:-$root/build/npm}"
fi

say() { printf '%s\n' "$*" >&2; }

# A prefix for sanitized programs: where a kernel spreads addresses wider than clang 14 knows, they
# die by chance.
same_addresses() {
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)
    if [ "$bits" -gt 28 ] && setarch -R true 2>/dev/null; then echo 'setarch -R'; fi
}
