#!/bin/sh
# Every JSON document validates against its schema, for models and machines of many kinds.
. "$(dirname "$0")/../tap.sh"
python3 -c 'import jsonschema' 2>/dev/null || skip_all 'no python3-jsonschema'

valid() { # NAME COMMAND...
    name=$1
    shift
    run "$tailor" --json "$@"
    is "$status" 0 "$name"
    printf '%s\n' "$out" >"$tmp/document.json"
    run tests/check_schema.py "$tmp/document.json"
    is "$status$out" 0 'is as its schema says'
}

valid 'this machine' detect --quick
for machine in tests/machines/*/root; do
    name=$(basename "$(dirname "$machine")")
    valid "the machine $name" detect --quick --root "$machine"
done

models=$tmp/models
mkdir "$models"
for model in llama-3.2-1b:Q8_0 qwen3-30b-a3b:Q4_K_M mamba2-2.7b:F16 gemma-3-12b:IQ4_XS; do
    "$tailor" synth "$model" --ghost -o "$models/${model%:*}.gguf" >/dev/null || exit 1
done
echo 'no model' >"$models/broken.gguf"
valid 'one model' inspect "$models/llama-3.2-1b.gguf"
valid 'several models' inspect "$models"/[!b]*.gguf --ctx 1024,8192 --parallel 2 --cache-type q8_0
valid 'a model on a described machine' inspect "$models/qwen3-30b-a3b.gguf" --ctx 4096,32768 \
    --machine 'RTX 4090, 64GB'
is "$(grep -o '"there": "[^"]*"' "$tmp/document.json" | sort -u)" '"there": "fits on CUDA0"' \
    'and where it fits there'
valid 'a folder of models, one of them broken' models "$models"
is "$(grep -c '"problem": "' "$tmp/document.json")" 1 'and says which is broken'
valid 'home'
HOME=$tmp/empty valid 'home of somebody who has nothing'
valid 'the shapes' synth --list
like "$(cat "$tmp/document.json")" '"name": "qwen2-0.5b"' 'and has them'
if [ -n "$engine" ]; then
    for command in run serve; do
        valid "$command --dry-run" $command "$models/llama-3.2-1b.gguf" --dry-run --ctx 1024 \
            --engine "$engine"
        like "$(cat "$tmp/document.json")" '"argv": \[' 'and has the words'
    done
else
    skip 'no engine: TAILOR_TEST_ENGINE' 'the command line that would start the engine'
fi
valid 'synth' synth qwen2-0.5b:Q4_0 --ghost -o "$tmp/made.gguf" -q

for shape in llama-3.1-8b:Q4_K_M qwen3-30b-a3b:Q4_K_M gpt-oss-20b:MXFP4 deepseek-v2-lite:Q6_K \
    mamba2-2.7b:F16 qwen3.5-35b-a3b:Q4_K_M qwen2-0.5b:F16; do
    valid "a plan for $shape" plan "shape:$shape" --no-certify --machine fx:rtx4090
done
for machine in tests/machines/*/; do
    valid "a plan for $(basename "$machine")" plan shape:qwen2-0.5b:Q4_K_M --ctx 1024 \
        --machine "fx:$(basename "$machine")"
done
"$tailor" detect --quick --root tests/machines/rk3588/root --json -o "$tmp/machine.json"
valid 'a plan for a machine in a file' plan shape:qwen2-0.5b:Q4_K_M --machine "$tmp/machine.json"
valid 'a plan that is certified or not' plan "$models/llama-3.2-1b.gguf" --parallel 3 --ctx 2048 \
    --workload agent -- -ctk q8_0 --temp 0.2

valid 'what a model needs' need shape:llama-3.1-70b:Q4_K_M --ctx 16k --gen-tok-s 10
valid 'what it needs on a machine that is enough' need shape:qwen2-0.5b:Q4_K_M --machine 'RTX 4090, 64GB'

valid 'a command line explained' explain shape:qwen3-30b-a3b:Q4_K_M --machine '2x RTX 3060, 64GB' \
    -- -c 8192 -fa --frob -ctk q8_0 -ot 'exps=CPU'

valid 'several quants' plan shape:llama-3.1-8b:Q4_K_M shape:llama-3.1-8b:Q8_0 --no-certify \
    --machine 'RTX 3060, 32GB'
valid 'a frontier' plan shape:llama-3.1-8b:Q4_K_M --frontier --machine 'RTX 3060, 32GB'
valid 'both' plan shape:llama-3.1-8b:Q4_K_M shape:llama-3.1-8b:MXFP4 --frontier --machine '32GB'
rm -f "$models/broken.gguf"
valid 'a folder of candidates' plan "$models" --no-certify --machine 'RTX 4090, 64GB'

valid 'several models at once' plan shape:llama-3.1-8b:Q4_K_M shape:bge-m3:F16 --together \
    --machine 'RTX 3090, 32GB'

valid 'a command line that does not fit' explain shape:llama-3.1-8b:Q4_K_M \
    --machine 'RTX 3060, 32GB' -- -c 65536 -ngl 99
cat >"$tmp/oom.log" <<'EOF'
alloc_tensor_range: failed to allocate CUDA0 buffer of size 4294967296
llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache
EOF
valid 'a log alone' doctor oom --log "$tmp/oom.log"
valid 'a log and its command line' doctor oom --log "$tmp/oom.log" shape:llama-3.1-8b:Q4_K_M \
    --machine 'RTX 3060, 32GB' -- -c 32768 -ngl 99
is "$(python3 -c "import json; d=json.load(open('$tmp/document.json')); print(d['device'], d['what'], len(d['repair']['changes']) > 0)")" \
    'CUDA0 the KV cache True' 'names the pool, and what makes it fit'

# stable: the same question has the same answer, byte for byte
run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine "$tmp/machine.json" --ctx 1024 --json
first=$out
run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine "$tmp/machine.json" --ctx 1024 --json
is "$out" "$first" 'the same plan is the same document'
run "$tailor" detect --quick --root tests/machines/numa-2s/root --json
first=$out
run "$tailor" detect --quick --root tests/machines/numa-2s/root --format json
is "$out" "$first" '--format json is --json'
done_testing
