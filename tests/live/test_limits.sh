#!/bin/sh
# Real limits of the kernel, cgroup v1: detect sees them, plans keep within them, an engine that the
# kernel kills for its memory is told as that.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
TAILOR_ENGINE_DIR=$engine
export TAILOR_ENGINE_DIR
mib=1048576
groups=
trap 'for group in $groups; do rmdir "$group/below" "$group" 2>/dev/null; done; rm -rf "$tmp"' EXIT

# group CONTROLLER FILE VALUE: an own cgroup with this limit, its folder in $group.
group() {
    group=/sys/fs/cgroup/$1/tailor-test-$$-$(echo "$groups" | wc -w)
    mkdir "$group" 2>/dev/null || return 1
    groups="$groups $group"
    { echo "$3" >"$group/$2" && sh -c "echo \$\$ >'$group/cgroup.procs'"; } 2>/dev/null
}

limited() { # ARGUMENT...: run tailor in $group
    run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$tailor" "$@"
}

limited_below() { # the same in a group below, which has no limit of its own
    mkdir -p "$group/below"
    run sh -c 'echo $$ >"$0/below/cgroup.procs" && exec "$@"' "$group" "$tailor" "$@"
}

json() { # EXPRESSION: of what was printed last, as `d`
    printf '%s' "$out" | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)" 2>&1 | tail -n 1
}

one_line() { # TEXT
    [ "$(printf '%s\n' "$1" | wc -l)" = 1 ] && [ -n "$1" ]
}

nothing_runs() {
    ! ps -eo args= | TAP_DIR="$tmp/" awk 'index($0, ENVIRON["TAP_DIR"])' | grep -q .
}

model=$tmp/model.gguf
"$tailor" synth qwen2-0.5b:Q4_K_M --layers 2 -q -o "$model" >/dev/null || exit 1
weights=$(wc -c <"$model")

# ---- memory ----

memory_limit() {
    limit=$((600 * mib))
    limited detect --quick --json
    is "$(json 'd["memory"]["limit_bytes"]')" $limit 'detect sees the memory limit'
    is "$(json "d['memory']['available_bytes'] <= $limit < d['memory']['total_bytes']")" True \
        'and that no more is available, though the machine has more'
    is "$(json 'd["sources"]["memory.limit_bytes"].startswith("cgroup")')" True 'and whose it is'
    limited_below detect --quick --json
    is "$(json 'd["memory"]["limit_bytes"]')" $limit 'a limit of a group above counts'

    limited plan "$model" --json
    is "$status" 0 'a small model gets a plan'
    is "$(json "d['memory']['host']['total_bytes'] <= d['memory']['host']['budget_bytes'] <= $limit")" \
        True 'which keeps within the limit'
    limited run "$model" --quick --json -n 8
    is "$status" 0 'and runs within it'
    is "$(cat "$group/memory.failcnt")" 0 'without ever reaching it'

    limited plan shape:llama-3.2-1b:Q4_K_M --json
    is "$status" 3 'a model of a larger size does not fit'
    like "$err" '^tailor: the model does not fit: .* are missing; ' 'and it says by how much'
    ok 'in one line' one_line "$err$out"
    "$tailor" synth llama-3.1-8b:Q4_K_M --ghost --no-vocab -q -o "$tmp/8b.gguf" >/dev/null
    for command in run serve; do
        limited $command "$tmp/8b.gguf" --quick -q
        is "$status" 3 "$command does not start what does not fit"
        ok 'and says it in one line' one_line "$err$out"
    done
    ok 'and nothing is left running' nothing_runs
}

# The engine alone is in a cgroup that is too small for it, which tailor cannot know.
killed_for_memory() { # WHEN WORD...: the kernel kills it
    when=$1
    shift
    mkdir -p "$tmp/tight"
    cat >"$tmp/tight/llama-server" <<END
#!/bin/sh
case \$1 in --help | --version | --list-devices) ;; *) echo \$\$ >'$group/cgroup.procs' ;; esac
exec "$engine/llama-server" "\$@"
END
    chmod +x "$tmp/tight/llama-server"
    run "$tailor" run "$model" --quick -q --engine "$tmp/tight" -p Hello -n 2000 -- "$@"
    is "$status" 4 "out of memory $when: exit status 4"
    ok 'it was the limit' [ "$(cat "$group/memory.failcnt")" -gt 0 ]
    like "$err" 'killed by signal 9 .*; most likely the system ran out of memory' 'it names the cause'
    like "$err" 'smaller --ctx or --ram-limit; its log is ' 'what to do, and the log'
    ok 'in one line' one_line "$err"
    ok 'and nothing is left running' nothing_runs
}

if group memory memory.limit_in_bytes $((600 * mib)); then
    memory_limit
else
    skip 'no cgroup v1 memory controller to write to' 'a memory limit'
fi
if group memory memory.limit_in_bytes $((weights * 2 / 3)); then
    killed_for_memory 'while loading' --load-mode none
else
    skip 'no cgroup v1 memory controller to write to' 'an engine out of memory while loading'
fi
# ---- CPU ----

cpu_quota() { # CPUS
    limited detect --quick --json
    is "$(json 'd["cpu"]["usable_cpus"]')" "$1" "a quota of $1 CPU: detect counts it"
    is "$(json 'd["cpu"]["recommended_threads"]')" 1 'one thread is recommended'
    limited_below detect --quick --json
    is "$(json 'd["cpu"]["usable_cpus"]')" "$1" 'a quota of a group above counts'
    limited plan shape:llama-3.2-1b:Q4_K_M --json
    is "$(json 'd["settings"]["threads"]')" 1 'one thread is planned'
    is "$(json '"-t 1" in " ".join(d["argv"])')" True 'and said to the engine'
}

for cpus in 1.0 0.5; do
    if [ "$(nproc)" -lt 2 ]; then
        skip 'this machine has one CPU' "a quota of $cpus CPU"
    elif group cpu cpu.cfs_period_us 100000 &&
        echo "$cpus" | awk '{ print $1 * 100000 }' >"$group/cpu.cfs_quota_us"; then
        cpu_quota $cpus
    else
        skip 'no cgroup v1 cpu controller to write to' "a quota of $cpus CPU"
    fi
done
done_testing
