#!/bin/sh
# A conversation at a terminal: Ctrl-C stops the answer, twice it quits; commands; an engine that
# dies in between.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
TAILOR_ENGINE_DIR=$engine
export TAILOR_ENGINE_DIR NO_COLOR=1

synthetic=$tmp/synthetic.gguf
model=$tmp/model.gguf
"$tailor" synth qwen2-0.5b:Q4_K_M --layers 2 -q -o "$synthetic" >/dev/null || exit 1
# One that is taken for a real model: random weights answer, whatever they say.
LC_ALL=C sed 's/tailor\.synthetic/tailor.sYnthetic/' "$synthetic" >"$model"

nothing_runs() {
    ! ps -eo args= | TAP_DIR="$tmp/" awk 'index($0, ENVIRON["TAP_DIR"])' | grep -q .
}

# chat OPTIONS STEP...: the steps of tests/pty.py in a chat with the model.
chat() {
    options=$1
    shift
    # shellcheck disable=SC2086 # options are words
    run python3 tests/pty.py "$@" -- "$tailor" run "$model" --quick $options
}

ends() { # STATUS NAME
    is "$status" "$1" "$2"
    [ "$status" = "$1" ] || tap_explain shown "$out"
    ok 'and nothing is left running' nothing_runs
}

chat '-n 20' 'expect=\n> ' 'send=Hello\r' 'expect=\n.*\n> ' 'send=/stats\r' 'expect=1 answers' \
    'expect=> ' 'send=/reset\r' 'expect=forgotten' 'expect=> ' 'send=/what\r' 'expect=/stats .*' \
    'expect=> ' 'send=/quit\r'
ends 0 'a question, an answer, commands, /quit'
like "$out" '^1 answers, [0-9]+ tokens read at .* written at [0-9.]+ tok/s' '/stats counts'
like "$out" '^receipt ' 'there is a receipt'

chat '' 'expect=\n> ' 'send=\x04'
ends 0 'Ctrl-D ends a chat'

chat '-n 30000 -- --ignore-eos' 'expect=\n> ' 'send=Hello\r' 'expect=Hello\s+\S' 'send=\x03' \
    'expect=stopped; Ctrl-C again quits' 'expect=> ' 'send=\x03'
ends 0 'Ctrl-C stops the answer, twice it quits'
like "$out" '^receipt ' 'with a receipt'

chat '-n 20 -- --ignore-eos' 'expect=\n> ' 'send=\x03' 'expect=Ctrl-C again quits' 'expect=> ' \
    'send=Hello\r' 'expect=length limit' 'expect=> ' 'send=/quit\r'
ends 0 'after one Ctrl-C the chat goes on'

chat '-n 30000 -- --ignore-eos' 'expect=\n> ' 'send=Hello\r' 'expect=Hello\s+\S' \
    'kill=llama-server'
ends 4 'the engine is killed in an answer'
like "$out" '^tailor: llama-server was killed by signal 9' 'and that is told'

chat '-n 20' 'expect=\n> ' 'kill=llama-server' 'send=Hello\r'
ends 4 'the engine is killed between two answers'
like "$out" '^tailor: llama-server was killed by signal 9' 'and that is told'

run "$tailor" run "$synthetic" --quick -p Hello -n 20
is "$status" 0 'random weights of our own are measured'
unlike "$out" '^> ' 'and do not speak'
printf 'Hello' >"$tmp/question"
run sh -c '"$0" run "$1" --quick -n 20 -q <"$2"' "$tailor" "$model" "$tmp/question"
is "$status" 0 'a question may come through a pipe'
ok 'with its answer on stdout' [ -n "$out" ]
is "$err" '' 'and nothing else'
done_testing
