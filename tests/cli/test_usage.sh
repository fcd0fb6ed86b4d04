#!/bin/sh
# What every command shares: help, errors, exit statuses, where output goes.
. "$(dirname "$0")/../tap.sh"

commands='detect models inspect plan run serve synth help'

run "$tailor" --version
is "$status" 0 'the version is told'
like "$out" '^tailor [0-9]+\.[0-9]+\.[0-9]+$' 'as one line'

run "$tailor" --help
is "$status" 0 'help is no error'
for command in $commands; do
    like "$out" "^  $command +[a-z]" "the overview has $command"
done

for command in $commands; do
    run "$tailor" "$command" --help
    is "$status" 0 "$command --help"
    like "$out" "^usage: tailor $command" "$command has a usage line"
    is "$(printf '%s\n' "$out" | sed -n '/^examples:/,$p' | grep -c '^  tailor ')" 2 \
        "$command has two examples"
    is "$(printf '%s\n' "$out" | awk 'length > 100' | wc -l)" 0 "$command: no line is too long"
done

# usage errors: exit 2, one line on stderr, nothing on stdout
usage_error() { # PATTERN ARGUMENT...
    pattern=$1
    shift
    run "$tailor" "$@"
    is "$status" 2 "exit 2: tailor $*"
    like "$err" "$pattern" "it says why"
    is "$(printf '%s\n' "$err" | wc -l)" 1 'in one line'
    is "$out" '' 'and prints nothing else'
}
usage_error 'unknown command "plam"; did you mean "tailor plan"' plam
usage_error 'unknown command "frobnicate"' frobnicate
usage_error 'unknown command "zz"; "tailor --help" lists' zz
usage_error 'unknown option "--frob"' plan --frob
usage_error 'did you mean --json' plan --jsn
usage_error '"--ctx" needs a value' plan --ctx
usage_error '[-]-ctx' plan m.gguf --ctx many
usage_error '[-]-ctx' plan m.gguf --ctx -5
usage_error '[-]-ctx' plan m.gguf --ctx 99999999999999999999
usage_error '[-]-parallel' plan m.gguf --parallel 0
usage_error '[-]-format' plan m.gguf --format yml
usage_error '[-]-color' plan m.gguf --color sometimes
usage_error '[-]-json' plan m.gguf --json=yes
usage_error '[-]-quiet and --verbose exclude each other; drop one' detect -q -v
usage_error 'MODEL' plan
usage_error 'MODEL' inspect
usage_error 'MODEL' run
usage_error 'one MODEL' run a.gguf b.gguf
usage_error '"" is no address for --host' serve m.gguf --host ''
usage_error 'no value' plan m.gguf -- -c
usage_error '"x"' plan m.gguf -- -ngl x
usage_error 'q2_k' plan m.gguf -- -ctk q2_k
usage_error 'shape' plan shape:
usage_error 'quantization' plan shape:llama-3.1-8b
usage_error 'did you mean' plan shape:llama-3.1-8c:Q4_K_M
usage_error 'Q9_K' plan shape:llama-3.1-8b:Q9_K
usage_error 'unknown command ""; "tailor --help" lists the commands' ''
usage_error '"tailor" takes no llama.cpp options; name a command' -- plan m.gguf
usage_error 'no help on ""' help ''
usage_error '"extra" is one too many: help takes one topic; tailor help plan' help plan extra
usage_error 'no help on "frob"' help frob
usage_error 'help is text; ' help --json
usage_error 'help is text; ' plan --help --json
usage_error '-o' synth qwen2-0.5b:Q4_K_M

# spellings
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --vram_limit=4 --ctx=4k --json
is "$status" 0 'underscores, = and k are taken'
like "$out" '"ctx_size": 4096' '4k is 4096'
run "$tailor" plan -m shape:qwen2-0.5b:Q4_K_M --no-certify --format argv
is "$status" 0 '-m names the model, too'

# where output goes
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --json -o "$tmp/plan.json"
is "$status$out" 0 'with -o nothing goes to stdout'
ok 'and the file is whole' tests/check_schema.py "$tmp/plan.json"
echo old >"$tmp/kept"
run "$tailor" plan shape:llama-3.1-405b:F16 --no-certify --json -o "$tmp/kept"
is "$status" 3 'what does not fit is exit 3'
is "$(cat "$tmp/kept")" old 'and the file is as it was'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify -o "$tmp/none/plan"
is "$status" 1 'a folder that is not there'
like "$err" 'none/plan.*; is its folder there' 'is named'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify -o "$tmp"
like "$err" 'Is a directory; name a file in it' 'a folder as FILE'
run "$tailor" synth qwen2-0.5b:Q4_K_M -o "$tmp"
like "$err" 'it is a directory; name a file in it' 'the same for a model'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --machine '17x RTX 4090, 64GB'
like "$err" '^tailor: more than 16 GPUs.*; llama.cpp drives 16' 'too many cards'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify
unlike "$out" "$(printf '\033')" 'no colours but on a terminal'
run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --color always
like "$out" "$(printf '\033')" 'colours where asked for'
run env -C "$tmp" "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --json -o -
is "$status" 0 '-o - is stdout'
like "$out" '"schema": "tailor.plan/1"' 'which has the result'
ok 'and there is no file called -' [ ! -e "$tmp/-" ]
run env -C "$tmp" "$tailor" synth qwen2-0.5b:Q4_K_M --ghost -o -
is "$status$out" 2 'a model does not go there'
like "$err" '; add -o FILE' 'and that is said'
ok 'and there is no file called - of it' [ ! -e "$tmp/-" ]
NO_COLOR=1 run "$tailor" plan shape:qwen2-0.5b:Q4_K_M --no-certify --color always
like "$out" "$(printf '\033')" 'an option wins over NO_COLOR'
run sh -c '"$0" plan shape:qwen2-0.5b:Q4_K_M --no-certify >/dev/full' "$tailor"
is "$status" 1 'a full disk is an error'
like "$err" 'cannot write to stdout: No space left on device; ' 'with a message'
run sh -c '"$0" plan shape:qwen2-0.5b:Q4_K_M --no-certify --json | head -c 10 >/dev/null' "$tailor"
is "$status" 0 'a closed pipe is nothing to talk about'
is "$err" '' 'not even on stderr'

# help topics, man page, completion
for topic in models machines exit platforms; do
    run "$tailor" help "$topic"
    is "$status" 0 "help $topic"
done
like "$("$tailor" help models)" '^usage: tailor models' 'help models explains the command'
like "$("$tailor" help models)" '^A MODEL is one of' 'and what a MODEL is'
like "$("$tailor" models --help)" 'HF_HUB_CACHE' 'models says where it searches'
unlike "$("$tailor" help exit)" '[-]-strict' 'help exit names no option that is not there'
"$tailor" help man >"$tmp/tailor.1"
ok 'the man page has every command' sh -c "
    for c in $commands; do grep -q \"tailor \$c\" '$tmp/tailor.1' || exit 1; done"
if command -v man >/dev/null 2>&1; then
    run sh -c "LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l '$tmp/tailor.1' 2>&1 >/dev/null"
    is "$out$err" '' 'and no warnings'
else
    skip 'no man here' 'and no warnings'
fi
for shell in bash zsh fish; do
    "$tailor" help completion-$shell >"$tmp/completion"
    if command -v "$shell" >/dev/null 2>&1; then
        ok "the completion for $shell parses" "$shell" -n "$tmp/completion"
    else
        ok "there is a completion for $shell" test -s "$tmp/completion"
    fi
done

# a result never takes the place of a model
"$tailor" synth qwen2-0.5b:Q4_0 --ghost --layers 1 -o "$tmp/model.gguf" >/dev/null
ln -s model.gguf "$tmp/link.gguf"
before=$(cksum <"$tmp/model.gguf")
for target in model.gguf link.gguf; do
    run "$tailor" plan "$tmp/model.gguf" --no-certify -o "$tmp/$target"
    is "$status" 2 "-o $target is refused"
    like "$err" 'is a model, which no result overwrites' 'since it is a model'
done
is "$(cksum <"$tmp/model.gguf")" "$before" 'and the model stays as it was'
echo 'my notes' >"$tmp/notes"
run "$tailor" synth qwen2-0.5b:Q4_0 --ghost -o "$tmp/notes"
is "$status" 2 'synth writes over nothing that it did not make'
is "$(cat "$tmp/notes")" 'my notes' 'which stays'
run "$tailor" synth qwen2-0.5b:Q4_0 --ghost --layers 2 -o "$tmp/model.gguf"
is "$status" 0 'but makes again what it made'

# an engine that was named must be there
for engine_path in /nonexistent "$tmp" /bin/true; do
    run "$tailor" --engine "$engine_path" plan "$tmp/model.gguf"
    is "$status" 4 "--engine $engine_path is refused"
done
TAILOR_ENGINE_DIR=/nonexistent run "$tailor" plan "$tmp/model.gguf"
is "$status" 4 'TAILOR_ENGINE_DIR, too'

# the README has no holes
unlike "$(cat README.md)" '@[A-Z]+@' 'nothing is left to be filled in'
for link in $(grep -o '](docs/[a-z./-]*)' README.md | tr -d '()]'); do
    ok "README links to $link, which is there" test -e "$link"
done
done_testing
