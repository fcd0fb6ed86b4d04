#!/bin/sh
# The engine takes every command line that plan writes: parsed for many plans, started for each
# format.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
TAILOR_ENGINE_DIR=$engine
export TAILOR_ENGINE_DIR

# Parsed: with --help behind it, the engine reads all of it first.  A device that is not here would
# be refused, so a card's name becomes "none".
parsed() { # NAME PLAN-ARGUMENT...
    name=$1
    shift
    run "$tailor" plan --no-certify --format argv "$@"
    is "$status" 0 "plan $name"
    words=$(printf '%s\n' "$out" | sed 's/ --device [^ ]*/ --device none/')
    run sh -c "PATH=$engine:\$PATH GGML_NO_BACKTRACE=1 $words --help"
    is "$status" 0 'the engine takes its words'
}

for shape in llama-3.2-1b:Q8_0 llama-3.1-8b:Q4_K_M qwen3-8b:Q6_K qwen3-30b-a3b:Q3_K_M gemma-3-12b:IQ4_XS \
    gpt-oss-20b:MXFP4 deepseek-v2-lite:Q4_0 mamba2-2.7b:F16 qwen3.5-35b-a3b:Q4_K_M; do
    parsed "$shape" "shape:$shape" --machine fx:hybrid-13600k
done
parsed 'on two sockets' shape:llama-3.1-70b:Q4_K_M --machine fx:numa-2s
parsed 'slots' shape:llama-3.2-1b:Q8_0 --parallel 4 --ctx 3000
parsed 'an agent' shape:llama-3.2-1b:Q8_0 --workload agent
parsed 'pinned options' shape:llama-3.2-1b:Q8_0 -- -c 4096 -ctk q8_0 -ctv q4_1 --no-mmap -t 1 -tb 2 \
    --temp 0.3 --jinja -np 2 -kvu --swa-full --no-kv-offload
"$tailor" detect --quick --root tests/machines/rtx4090/root --json | python3 -c '
import json, sys
m = json.load(sys.stdin)
m["gpus"][0].update(memory_total_bytes=12 << 30, memory_free_bytes=11 << 30)
json.dump(m, sys.stdout)' >"$tmp/machine.json"
for shape in llama-3.1-8b:Q4_K_M llama-3.1-70b:Q4_K_M qwen3-30b-a3b:Q4_K_M; do
    parsed "$shape on a card" "shape:$shape" --machine "$tmp/machine.json"
done

# Started: a ghost of two layers answers /health within 5 seconds.
port=$((20000 + $$ % 20000))
healthy() { # NAME COMMAND...: the server's own command line without a port
    name=$1
    shift
    port=$((port + 1))
    "$@" --no-warmup --host 127.0.0.1 --port $port >"$tmp/log" 2>&1 &
    pid=$!
    up=no
    for _ in $(seq 50); do
        if [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/health")" = 200 ]; then
            up=yes
            break
        fi
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    is "$up" yes "$name answers within 5 s"
    [ $up = yes ] || tail -n 5 "$tmp/log" | sed 's/^/# /'
}

for shape in llama-3.2-1b qwen3-30b-a3b; do
    "$tailor" synth $shape:Q4_K_M --ghost --layers 2 -o "$tmp/$shape.gguf" >/dev/null || exit 1
    "$tailor" plan "$tmp/$shape.gguf" --ctx 512 --format argv -o "$tmp/argv" -q -- -c 512
    eval "set -- $(cat "$tmp/argv")"
    healthy "$shape: argv" env GGML_NO_BACKTRACE=1 "$@"
    "$tailor" plan "$tmp/$shape.gguf" --ctx 512 --format script -o "$tmp/script" -q -- -c 512
    healthy "$shape: script" sh "$tmp/script"
    run "$tailor" plan "$tmp/$shape.gguf" --json -- -c 512
    python3 -c 'import json, sys, shlex; print(shlex.join(json.load(sys.stdin)["argv"]))' \
        <"$tmp/.out" >"$tmp/argv"
    eval "set -- $(cat "$tmp/argv")"
    healthy "$shape: json" "$@"
    run "$tailor" run "$tmp/$shape.gguf" --dry-run -- -c 512
    eval "set -- $(printf '%s\n' "$out" | sed 's/ --host [^ ]*//')"
    healthy "$shape: run --dry-run" "$@"
done
done_testing
