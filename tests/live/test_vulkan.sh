#!/bin/sh
# A real device: plans that spill over it are loaded, and its buffers are the planned ones.
. "$(dirname "$0")/../tap.sh"
[ -n "${TAILOR_TEST_VULKAN:-}" ] || skip_all 'runs in make test-vulkan'
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
TAILOR_ENGINE_DIR=$engine
GGML_VK_VISIBLE_DEVICES=0
export TAILOR_ENGINE_DIR GGML_VK_VISIBLE_DEVICES
get() { # PYTHON-EXPRESSION: of the plan, d
    python3 -c "import json; d = json.load(open('$tmp/plan.json')); print($1)"
}

# The sizes that the server's log tells of Vulkan0, added up, against the plan's, in MiB.
logged() { # WORD BEFORE "buffer size"
    sed -n "s/.*Vulkan0 *$1 buffer size *= *\([0-9.]*\) MiB.*/\1/p" "$tmp/log" |
        awk '{ sum += $1; n++ } END { printf "%.2f\n", sum }'
}
near() { # MIB BYTES NAME: the log rounds each buffer to 0.01 MiB
    is "$(awk -v a="$1" -v b="$2" 'BEGIN { d = a - b / 1048576; print (d < 0.03 && d > -0.03) }')" 1 \
        "$3: $1 MiB in the log"
}

port=$((20000 + $$ % 20000))
loads_as_planned() { # NAME MODEL PLAN-ARGUMENT...
    name=$1
    model=$2
    shift 2
    run "$tailor" plan "$model" --json -o "$tmp/plan.json" "$@"
    is "$status" 0 "$name is planned"
    is "$(get "d['memory']['basis']")" dry-run 'certified by the engine'
    is "$(get "d['memory']['devices'][0]['headroom_bytes'] >= 0")" True 'within the device'
    eval "set -- $(get "__import__('shlex').join(d['argv'])")"
    "$@" -v --no-warmup --host 127.0.0.1 --port $port >"$tmp/log" 2>&1 &
    pid=$!
    up=no
    for _ in $(seq 600); do
        [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/health")" = 200 ] &&
            up=yes && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    is "$up" yes 'and loads'
    near "$(logged model)" "$(get "d['memory']['devices'][0]['weights_bytes']")" 'its weights'
    near "$(logged KV)" "$(get "d['memory']['devices'][0]['kv_bytes']")" 'its cache'
    near "$(logged compute)" "$(get "d['memory']['devices'][0]['compute_bytes']")" 'its compute buffer'
    port=$((port + 1))
}

"$tailor" synth llama-3.2-1b:Q8_0 -o "$tmp/1b.gguf" -q >/dev/null || exit 1
loads_as_planned 'a model that fits' "$tmp/1b.gguf" --ctx 4096 -- --device Vulkan0 -c 4096
is "$(get "d['settings']['n_gpu_layers']")" all 'with all layers on the device'
loads_as_planned 'a model that spills' "$tmp/1b.gguf" --ctx 65536 -- --device Vulkan0 -c 65536
is "$(get "d['settings']['n_gpu_layers'] != 'all' and d['settings']['n_gpu_layers'] > 0")" True \
    'with some layers on the device'
run "$tailor" plan "$tmp/1b.gguf" --no-spill -- --device Vulkan0 -c 65536
is "$status" 3 'what may not spill is refused before it is loaded'
like "$err" 'Vulkan0' 'naming the device'
done_testing
