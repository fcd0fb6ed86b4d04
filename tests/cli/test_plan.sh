#!/bin/sh
# plan: constraints are kept, formats hold the same command line, what does not fit is exit 3.
. "$(dirname "$0")/../tap.sh"

machine=$tmp/machine.json
# A machine with a card: what a person gets who sends us the output of tailor detect.
"$tailor" detect --quick --root tests/machines/rtx4090/root --json | python3 -c '
import json, sys
m = json.load(sys.stdin)
gib = 1 << 30
m["gpus"][0].update(memory_total_bytes=24 * gib, memory_free_bytes=23 * gib, bandwidth_gb_s=1008)
m["memory"].update(bandwidth_gb_s=60, bandwidth_source="measured")
json.dump(m, sys.stdout)' >"$machine"

get() { # EXPRESSION: of the document of the last run
    printf '%s\n' "$out" | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

plan() { run "$tailor" plan --json --no-certify --machine "$machine" "$@"; }

plan shape:llama-3.1-8b:Q4_K_M
is "$status" 0 'a model that fits the card'
is "$(get "d['settings']['device'], d['settings']['n_gpu_layers']")" "['CUDA0'] all" 'goes there whole'
is "$(get "[x['name'] for x in d['memory']['devices']]")" "['CUDA0']" 'one entry for each GPU'
is "$(get "all(x['total_bytes'] <= x['budget_bytes'] for x in d['memory']['devices'] + [d['memory']['host']])")" \
    True 'and no budget is exceeded'
is "$(get "d['argv'][-2:]")" "['--fit', 'off']" 'the engine decides nothing by itself'
is "$(get "d['speed']['gen_tok_s']['low'] < d['speed']['gen_tok_s']['mid'] < d['speed']['gen_tok_s']['high']")" \
    True 'the speed is an interval'

for words in '--ctx 100000' '--parallel 4 --ctx 5000' '--workload agent' '--depth 30000'; do
    # shellcheck disable=SC2086 # words
    plan shape:llama-3.1-8b:Q4_K_M $words
    is "$status" 0 "plan $words"
done
plan shape:llama-3.1-8b:Q4_K_M --parallel 4 --ctx 5000
is "$(get "d['settings']['parallel'], d['settings']['ctx_size'] >= 20000")" '4 True' \
    'each of four slots gets what was asked for'
plan shape:llama-3.1-8b:Q4_K_M --vram-limit 5
is "$(get "d['memory']['devices'][0]['total_bytes'] <= 5 << 30")" True '--vram-limit is kept'
plan shape:llama-3.1-8b:Q4_K_M --vram-limit CUDA0=3
is "$(get "d['memory']['devices'][0]['total_bytes'] <= 3 << 30")" True 'for a card by name, too'
plan shape:llama-3.1-70b:Q4_K_M --no-spill
is "$status" 3 '--no-spill: a model that is larger than the card has no plan'
like "$err" 'CUDA0.*missing' 'the error says what is missing where'
plan shape:llama-3.1-70b:Q4_K_M
is "$status" 0 'without it there is one'
is "$(get "0 < d['settings']['n_gpu_layers'] < 80")" True 'with some of the layers on the card'
plan shape:llama-3.1-70b:Q4_K_M --ram-limit 8
is "$status" 3 '--ram-limit is kept'
plan shape:qwen3-30b-a3b:Q4_K_M --vram-limit 12
is "$(get "d['settings']['n_gpu_layers'], 0 < d['settings']['n_cpu_moe'] < 48")" 'all True' \
    'experts leave the card first'
plan shape:llama-3.1-405b:F16
is "$status" 3 'what fits nowhere'
is "$out" '' 'has no plan'

# what the user pins stays
plan shape:llama-3.1-8b:Q4_K_M -- -c 12345 -ctk q8_0 -ctv q5_1 -ngl 7 -t 3 -ub 64 --temp 0.5 --jinja
is "$status" 0 'options behind -- are taken'
is "$(get "[d['settings'][k] for k in ('ctx_size', 'cache_type_k', 'cache_type_v', 'n_gpu_layers', 'threads', 'ubatch_size')]")" \
    "[12345, 'q8_0', 'q5_1', 7, 3, 64]" 'as they are'
like "$(get "' '.join(d['argv'])")" ' --temp 0.5 --jinja ' 'and what is not planned goes through'
plan -- llama-server -m shape:llama-3.1-8b:Q4_K_M -c 4096
is "$(get "d['settings']['ctx_size'], d['argv'].count('-m')")" '4096 1' \
    'a whole command line may stand there'
plan shape:llama-3.1-8b:Q4_K_M -- -m other.gguf
is "$status" 2 'but not two models'
like "$err" 'other.gguf' 'which it names'
plan -- --docker-repo ai/some
is "$status" 2 'nor one from elsewhere'
plan shape:llama-3.1-8b:Q4_K_M -- --device CUDA7
is "$status" 2 'a device that is not there'
like "$err" 'CUDA7' 'is named'

# what cannot be meant, and what is not done as it is written
plan shape:llama-3.1-8b:Q4_K_M --vram-limit x=3
is "$status" 2 'a limit of a card that is not there'
like "$err" '"x".*known here: CUDA0' 'names those that are'
plan shape:llama-3.1-8b:Q4_K_M --ctx 8192 -- -c 4096
is "$status" 2 '--ctx and a smaller -c'
like "$err" '--ctx 8192 contradicts -c 4096' 'contradict each other'
plan shape:llama-3.1-8b:Q4_K_M --parallel 2 -- -np 4
is "$status" 2 'so do --parallel and another -np'
plan shape:llama-3.1-8b:Q4_K_M -- -np -1
is "$(get "d['settings']['parallel'], d['settings']['kv_unified']")" '4 True' \
    'automatic slots are resolved'
warnings() { # MACHINE WORD...: codes of the plan's warnings
    where=$1
    shift
    run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --json --no-certify --machine "$where" -- "$@"
    codes=$(get "' '.join(w['code'] for w in d['warnings'])")
}
warnings 64GB -c 100000
like "$codes" beyond-training 'a context beyond the training is told'
warnings 64GB -ub 99999999
like "$codes" less-than-asked 'a ubatch beyond the batch, too'
warnings "$machine" -t 999
like "$codes" threads-beyond-cpus 'threads beyond the CPUs, too'
warnings 64GB -ngl 99
like "$codes" no-effect 'layers for a GPU that is not there, too'
warnings "$machine" -ot 'ffn_up=CUDA0'
like "$codes" override-not-priced 'a buffer that no closed form prices, too'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --machine 64GB -- -ot '.*=CUDA0'
is "$status" 2 'a buffer that is not there, which llama-server refuses'

# words that llama-server would not start with
for command in plan run serve; do
    run "$tailor" $command shape:qwen2-0.5b:Q4_K_M -- --tepm 1
    is "$status" 2 "$command with an unknown option behind --"
    like "$err" 'did you mean --temp' 'names the near one'
    run "$tailor" $command shape:qwen2-0.5b:Q4_K_M -- --version
    is "$status" 2 "$command with an option that prints and ends"
done
for words in foo '-- -c 1024' --list-devices; do
    # shellcheck disable=SC2086 # words
    plan shape:qwen2-0.5b:Q4_K_M -- $words
    is "$status" 2 "plan -- $words"
    run "$tailor" explain shape:qwen2-0.5b:Q4_K_M -- $words
    is "$status" 0 'explain takes it'
done
plan shape:qwen2-0.5b:Q4_K_M -- -md nosuch.gguf
is "$status" 1 'a draft model that is not there'
like "$err" '"nosuch.gguf"' 'is named'
touch "$tmp/draft.gguf"
plan shape:qwen2-0.5b:Q4_K_M -- -md "$tmp/draft.gguf"
like "$(get "' '.join(w['code'] for w in d['warnings'])")" not-counted 'one that is there is not counted'

# formats
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --machine "$machine" --json
words=$(get "__import__('shlex').join(d['argv'])")
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --machine "$machine" --format argv
is "$out" "$words" 'argv is that of the document'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --machine "$machine" --format script
like "$out" '^#!/bin/sh$' 'a script'
is "$(printf '%s\n' "$out" | tail -1)" "exec $words \"\$@\"" 'runs it'
printf '%s\n' "$out" >"$tmp/script"
ok 'and parses' sh -n "$tmp/script"
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --machine "$machine"
for row in machine model 'off the rack' tailored why price; do
    like "$out" "^$row " "the text has a row: $row"
done
is "$(printf '%s\n' "$out" | awk 'length > 80' | wc -l)" 0 'and fits 80 columns'

# a described machine
described() { # DESCRIPTION PYTHON-EXPRESSION EXPECTED NAME
    run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --no-certify --json --machine "$1"
    is "$(get "$2")" "$3" "$4"
}
described '2x RTX 3090 + RTX 3060 12GB, 128GB' "','.join(g['name'] for g in d['memory']['devices'])" \
    CUDA0,CUDA1,CUDA2 'every card of a description has its pool'
described 'RTX 4090, 64GB' "d['memory']['host']['budget_bytes'] >> 20" 63488 'its host keeps 2 GiB'
described 'RTX 4090, 64GB' "'-t' in d['argv']" False 'its threads are unknown'
described 'RTX 4090, 64GB' "d['settings']['threads']" None 'and null'
described 'M3 Max 64GB' "d['settings']['device'][0]" MTL0 'an Apple GPU is on Metal'
run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine 'RTX 4596, 64GB'
is "$status" 2 'an unknown card is a usage error'
like "$err" '"RTX 4596" is not known.*did you mean NVIDIA GeForce RTX' 'which names it and a near one'

# without an engine
mkdir "$tmp/bin"
cp "$tailor" "$tmp/bin/tailor"
PATH=/usr/bin:/bin run "$tmp/bin/tailor" plan shape:llama-3.2-1b:Q4_K_M
is "$status" 0 'plan works without an engine'
like "$out" '^basis +closed-form' 'on closed forms'
"$tailor" synth qwen2-0.5b:Q4_0 --ghost --layers 1 -o "$tmp/m.gguf" >/dev/null
for command in run serve; do
    PATH=/usr/bin:/bin run "$tmp/bin/tailor" $command "$tmp/m.gguf"
    is "$status" 4 "$command without an engine"
    like "$err" 'llama-server' 'says what is missing'
    run "$tailor" $command "$tmp/m.gguf" --engine "$tmp/bin"
    is "$status" 4 "$command with a folder that has none"
done
done_testing
