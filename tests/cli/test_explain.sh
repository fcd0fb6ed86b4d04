#!/bin/sh
# What flags do: priced, refused, passed on.
. "$(dirname "$0")/../tap.sh"
get() { # PYTHON-EXPRESSION: of the document in $out, d
    printf '%s' "$out" | python3 -c "import json,sys; d = json.load(sys.stdin); print($1)"
}
flag() { # FLAG: its row as a Python expression
    printf "next(f for f in d['flags'] if f['flag'].split()[0] == '%s')" "$1"
}
machine='RTX 3060, 32GB'

run "$tailor" explain shape:llama-3.1-8b:Q4_K_M --machine "$machine" --json -- \
    llama-server -c 32768 -np 2 -ctk q8_0 -ngl 20 --temp 0.3 -t 6
is "$status" 0 'a command line is explained'
is "$(get "d['starts'], d['fits']")" 'True True' 'it starts and fits'
is "$(get "d['settings']['ctx_size'], d['settings']['kv_unified']")" '32768 False' \
    'slots that are counted share the context'
is "$(get "$(flag -ngl)['vram_bytes'] < -(1 << 30) < (1 << 30) < $(flag -ngl)['ram_bytes']")" True \
    'fewer layers on the card move their bytes to the RAM'
# 8 KV heads of 128, 32 layers, 32768 cells: K takes 2 GiB as F16, 1.0625 as Q8_0
is "$(get "$(flag -ctk)['vram_bytes'] + $(flag -ctk)['ram_bytes'] < -900 << 20")" True \
    'a smaller cache is smaller'
is "$(get "$(flag --temp)['vram_bytes']")" None 'sampling is not priced'

run "$tailor" explain shape:llama-3.1-8b:Q4_K_M --machine "$machine" --json -- \
    --frobnicate --ctx-size=4096 --no-mmap --tfs 0.5 -fa
is "$(get "d['starts']")" False 'what llama-server refuses does not start'
for word in -fa --frobnicate --ctx-size=4096 --no-mmap --tfs; do
    is "$(get "$(flag "$word")['verdict']")" refused "$word is refused"
done
is "$(get "$(flag --no-mmap)['text']")" 'gone from llama.cpp: write --load-mode none' 'with its cure'

run "$tailor" explain shape:llama-3.1-70b:Q4_K_M --machine "$machine" --json -- -ngl 99 -c 8192
is "$(get "d['starts'], d['fits']")" 'True False' 'too large is told'
run "$tailor" explain shape:llama-3.1-70b:Q4_K_M --machine "$machine" -- -ngl 99 -c 8192
like "$out" 'does not fit: .* of CUDA0 memory are missing' 'with the pool that lacks'
run "$tailor" explain -- -c 8192
is "$status" 2 'a model is needed'
"$tailor" synth qwen2-0.5b:Q4_0 --ghost --layers 1 -o "$tmp/m.gguf" >/dev/null
run "$tailor" explain -- llama-server -m "$tmp/m.gguf" -c 512
is "$status" 0 'the command line may name it'
done_testing
