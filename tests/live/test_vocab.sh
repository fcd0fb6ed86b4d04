#!/bin/sh
# The engine's own GGUF files, vocabularies of many families by other converters than ours: inspect
# reads the same as a second reader.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
files=$(find "$(dirname "$engine")/src/models" -name 'ggml-vocab-*.gguf' 2>/dev/null | sort)
[ -n "$files" ] || skip_all 'the source of the engine is not there'

same='import json, sys
ours, keys = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
arch = keys["general.architecture"]
want = {"architecture": arch, "name": keys.get("general.name"),
        "vocab": keys["tokenizer.ggml.tokens"], "tensors": keys["tensors"],
        "weights_bytes": 0, "parameters": 0, "file_type": keys.get("general.file_type"),
        "layers": keys[arch + ".block_count"], "embedding": keys[arch + ".embedding_length"],
        "context_train": keys[arch + ".context_length"],
        "heads": keys[arch + ".attention.head_count"], "bits_per_weight": None, "memory": []}
if arch != "gemma4": # there it is one number for each layer
    want["heads_kv"] = keys.get(arch + ".attention.head_count_kv", want["heads"])
for key, value in want.items():
    if ours[key] != value:
        print(f"{key} is {ours[key]!r}, not {value!r}")'

for file in $files; do
    name=$(basename "$file" .gguf)
    run "$tailor" inspect "$file" --json
    is "$status" 0 "inspect $name"
    cp "$tmp/.out" "$tmp/ours.json"
    python3 tests/read_gguf.py "$file" >"$tmp/keys.json" || exit 1
    is "$(python3 -c "$same" "$tmp/ours.json" "$tmp/keys.json" 2>&1)" '' "$name is read as it is"
done

run "$tailor" inspect "$file"
like "$out" '^size +no weights: a vocabulary alone' 'people are told that there are no weights'
unlike "$out" '^memory|0\.00|nan' 'and nothing is computed from none'
for command in plan run serve; do
    run "$tailor" $command "$file"
    is "$status" 1 "$command does not take a vocabulary for a model"
    like "$err" 'holds no weights; .*name the model' 'and says why'
done
run "$tailor" models "$(dirname "$file")"
unlike "$out" '  yes  ' 'models does not say that a vocabulary fits'
done_testing
