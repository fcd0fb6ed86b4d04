#!/bin/sh
# A stored plan against the memory that is free now: as planned, a step down, refused.
. "$(dirname "$0")/../tap.sh"
get() { # PYTHON-EXPRESSION: of the document in $out, d
    printf '%s' "$out" | python3 -c "import json,sys; d = json.load(sys.stdin); print($1)"
}
"$tailor" synth llama-3.1-8b:Q4_K_M --ghost -o "$tmp/m.gguf" >/dev/null
plan=$tmp/plan.json
"$tailor" plan "$tmp/m.gguf" --no-certify --machine fx:vm-6-sockets --json -o "$plan" -- --temp 0.5
free() { # GB: a recorded machine with so much RAM free
    mkdir -p "$tmp/root/proc"
    printf 'MemTotal: %d kB\nMemAvailable: %d kB\n' 67108864 $(($1 << 20)) >"$tmp/root/proc/meminfo"
}

free 60
run "$tailor" preflight "$plan" --root "$tmp/root" --json
is "$status" 0 'where memory is free'
is "$(get "d['verdict'], d['step'], d['lack_bytes'], d['pool']")" "as-planned None 0 None" 'the plan stands'
is "$(get "d['argv']")" "$(python3 -c "import json; print(json.load(open('$plan'))['argv'])")" \
    'with its own words'
ok 'as its schema says' tests/check_schema.py "$tmp/.out"

free 11
run "$tailor" preflight "$plan" --root "$tmp/root" --json
is "$status" 0 'where less is free'
is "$(get "d['verdict'], d['step'] >= 1, d['pool']")" "step True host" 'a step of its ladder is taken'
is "$(get "d['memory']['host']['headroom_bytes'] >= 0 and d['lack_bytes'] > 0")" True 'which fits'
is "$(get "str(d['settings']['ctx_size']) == d['argv'][d['argv'].index('-c') + 1]")" True \
    'its words are the settings'
is "$(get "d['argv'][d['argv'].index('--temp') + 1]")" 0.5 'what no plan decides stays'
run "$tailor" preflight "$plan" --root "$tmp/root"
like "$out" '^verdict .* step [0-9] of the plan.s ladder' 'as text, too'

free 3
mkdir -p "$tmp/root/proc/11" "$tmp/root/proc/12" "$tmp/root/proc/13"
for id in 11 12; do
    echo 'browser' >"$tmp/root/proc/$id/comm"
    echo '900000 600000 100000 1 0 1 0' >"$tmp/root/proc/$id/statm"
done
echo 'editor' >"$tmp/root/proc/13/comm"
echo '90000 60000 1000 1 0 1 0' >"$tmp/root/proc/13/statm"
run "$tailor" preflight "$plan" --root "$tmp/root" --json
is "$status" 5 'where nothing fits it is refused'
is "$(get "d['verdict']")" refused 'as JSON says'
is "$(get "[(h['process'], h['bytes']) for h in d['holders']]")" \
    "[('browser', 4096000000), ('editor', 241664000)]" 'with those who hold the memory'
run "$tailor" preflight "$plan" --root "$tmp/root"
is "$status" 5 'as text'
like "$err" 'GB of host memory are missing; the RAM is held by browser 3.81 GB, editor 230 MB' \
    'with the same names'

"$tailor" plan "$tmp/m.gguf" --no-certify --machine 'RTX 4090, 64GB' --json -o "$plan"
run "$tailor" preflight "$plan" --root "$tmp/root"
is "$status" 5 'a card that is gone'
like "$err" '"CUDA0", which is not here' 'is named'
run "$tailor" preflight "$tmp/nothing.json"
is "$status" 1 'no file'
echo '{"schema": "tailor.plan/1"}' >"$tmp/short.json"
run "$tailor" preflight "$tmp/short.json"
is "$status" 1 'half a plan'
like "$err" 'short.json' 'is named'
run "$tailor" preflight
is "$status" 2 'a plan is needed'
done_testing
