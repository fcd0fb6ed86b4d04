#!/bin/sh
# However a run ends (the engine killed, tailor killed, Ctrl-C, a signal), there is one clear line,
# the exit status of the contract, and nothing is left running.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
[ -r /proc/self/cmdline ] || skip_all 'no /proc to look for processes in'
TAILOR_ENGINE_DIR=$engine
XDG_RUNTIME_DIR=$tmp/rt
export TAILOR_ENGINE_DIR XDG_RUNTIME_DIR
mkdir -m 700 "$tmp/rt"
logs=$HOME/.local/state/tailor/logs
long_answer=20000 # tokens: more than a minute of writing

# ---- looking at processes ----

ours() { # processes that name a file of this test: engines, workers and tailors
    ps -eo pid=,args= | TAP_DIR="$tmp/" awk 'index($0, ENVIRON["TAP_DIR"]) { print $1 }'
}

clean_up() {
    for stray in $(ours); do kill -9 "$stray"; done
    rm -rf "$tmp"
}
trap clean_up EXIT

nothing_runs() {
    [ -z "$(ours)" ]
}

# within SECONDS COMMAND...: it succeeds before they are over.
within() {
    tenths=$(($1 * 10))
    shift
    while ! "$@"; do
        [ $tenths -gt 0 ] || return 1
        tenths=$((tenths - 1))
        sleep 0.1
    done
}

engine_of() { # the PID of a tailor's llama-server
    ps -eo pid=,ppid=,args= | awk -v parent="$1" '$2 == parent && $3 ~ /llama-server$/ { print $1 }'
}

gone() { # PID: it ended, and was waited for or waits for it
    [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ] || ! kill -0 "$1" 2>/dev/null
}

group_gone() { # PID of its leader
    ! kill -0 -- "-$1" 2>/dev/null
}

answers_now() {
    grep -qs 'processing task' "$logs"/*.log
}

port_is_free() {
    python3 -c 'import socket, sys
socket.create_server(("127.0.0.1", int(sys.argv[1]))).close()' "$1" 2>/dev/null
}

# start ARGUMENT...: tailor in the background, its output in $tmp/.out and .err.
start() {
    rm -rf "$logs"
    tap_command="tailor $*"
    "$tailor" "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null &
    pid=$!
}

# The same, until its engine is in the middle of an answer.
start_answering() {
    start "$@"
    within 20 answers_now || echo '# no answer was begun' >&2
    child=$(engine_of $pid)
}

# ended: what became of it, after 10 seconds at most, as after run().
ended() {
    within 10 gone $pid || kill -9 $pid
    wait $pid
    status=$?
    out=$(cat "$tmp/.out")
    err=$(cat "$tmp/.err")
}

one_line() { # TEXT
    [ "$(printf '%s\n' "$1" | wc -l)" = 1 ] && [ -n "$1" ]
}

# ends STATUS PATTERN NAME: the tailor in the background does, saying so in one line.
ends() {
    ended
    is "$status" "$1" "$3: exit status $1"
    like "$err" "$2" "$3: it says why"
    ok "$3: in one line" one_line "$err"
    ok "$3: no stray process" within 2 nothing_runs
    ok "$3: no private folder is left" [ -z "$(ls "$tmp/rt")" ]
}

# ---- models ----

synthetic=$tmp/synthetic.gguf
"$tailor" synth qwen2-0.5b:Q4_K_M --layers 2 -q -o "$synthetic" >/dev/null || exit 1
# One that is taken for a real model: its answers are streamed, from random weights as they are.
model=$tmp/model.gguf
LC_ALL=C sed 's/tailor\.synthetic/tailor.sYnthetic/' "$synthetic" >"$model"
run "$tailor" run "$model" --quick -p 'Hello' -n 20 -o "$tmp/answer" -- --ignore-eos
is "$status" 0 'a run that nobody disturbs ends well'
ok 'with an answer' [ -s "$tmp/answer" ]
like "$err" '^receipt +gen [0-9.]+' 'and a receipt'
ok 'and nothing is left running' nothing_runs

run "$tailor" run "$synthetic" --quick -n 8 -o "$tmp/measured"
is "$status$out" 0 'without an answer, the file is the result'
like "$(cat "$tmp/measured")" '^machine ' 'it has the screen'
like "$(cat "$tmp/measured")" 'TAILOR_ENGINE_DIR' 'and whose engine it is'
unlike "$(cat "$tmp/measured")" '\(TAILOR_ENGINE_DIR' 'without one parenthesis behind another'
like "$(cat "$tmp/measured")" '^receipt +gen [0-9.]+' 'and the receipt'
unlike "$err" '^receipt ' 'which is not shown twice'
run "$tailor" run "$synthetic" --quick -q -n 8 -o "$tmp/quiet"
ok 'also when it is to be quiet' [ -s "$tmp/quiet" ]

# ---- the engine dies ----

start_answering run "$model" -q --quick -p 'Hello' -n $long_answer -o "$tmp/answer" -- --ignore-eos
kill -9 "$child"
ends 4 '^tailor: llama-server was killed by signal 9.*; ' 'the engine is killed in an answer'
ok 'the engine is killed in an answer: its group is gone' group_gone "$child"

start_answering run "$synthetic" -q --quick -p 'Hello' -n $long_answer
kill -9 "$child"
ends 4 '^tailor: llama-server was killed by signal 9.*; ' 'the engine is killed while measured'

start_answering run "$model" -q --quick -p 'Hello' -n $long_answer -o "$tmp/answer" -- --ignore-eos
kill -SEGV "$child"
ends 4 '^tailor: llama-server was killed by signal 11 .*its log is ' 'the engine crashes'

# ---- tailor dies ----

start_answering run "$model" -q --quick -p 'Hello' -n $long_answer -o "$tmp/answer" -- --ignore-eos
ok 'tailor is killed: the engine was at work' [ "$(ours | wc -w)" = 2 ]
kill -9 $pid
wait $pid
ok 'tailor is killed: the engine is gone within 2 s' within 2 gone "$child"
ok 'tailor is killed: no stray process' nothing_runs
ok 'tailor is killed: it could not remove its folder' [ -n "$(ls "$tmp/rt")" ]
run "$tailor" run "$synthetic" -q --quick -p 'Hello' -n 8
is "$status" 0 'the next run works'
is "$(ls "$tmp/rt")" '' 'and removes what the killed one left'

# ---- tailor is asked to end ----

start_answering run "$model" -q --quick -p 'Hello' -n $long_answer -o "$tmp/answer" -- --ignore-eos
kill -INT $pid
ends 130 '^tailor: interrupted' 'Ctrl-C in an answer'
start_answering run "$synthetic" -q --quick -p 'Hello' -n $long_answer
kill -INT $pid
ends 130 '^tailor: interrupted while measuring' 'Ctrl-C while measuring'
start_answering run "$model" -q --quick -p 'Hello' -n $long_answer -o "$tmp/answer" -- --ignore-eos
kill -TERM $pid
ends 130 '^tailor: (interrupted|ended by a signal)' 'SIGTERM in an answer'

# An engine that never gets ready: only its questions are answered.
mkdir "$tmp/slow"
cat >"$tmp/slow/llama-server" <<END
#!/bin/sh
case \$1 in --help | --version | --list-devices) exec "$engine/llama-server" "\$@" ;; esac
tail -f "$tmp/slow/llama-server" # a child of a child
END
chmod +x "$tmp/slow/llama-server"
slow_engine_runs() {
    ps -eo args= | TAP_DIR="$tmp/" awk '$1 == "tail" && $3 == ENVIRON["TAP_DIR"] "slow/llama-server" { n++ }
        END { exit !n }'
}
start run "$model" -q --quick -p 'Hello' --engine "$tmp/slow"
ok 'Ctrl-C while loading: it was loading' within 10 slow_engine_runs
kill -INT $pid
ends 130 '^tailor: interrupted while the model was loading' 'Ctrl-C while loading'

# ---- serve ----

port=$((20000 + $$ % 20000))
healthy() {
    [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/health")" = 200 ]
}
if command -v curl >/dev/null && port_is_free $port; then
    start serve "$model" -q --quick --port $port
    ok 'serve answers on its port' within 20 healthy
    child=$(engine_of $pid)
    server=$pid
    run "$tailor" serve "$model" -q --quick --port $port
    is "$status" 1 'a port that is taken is an error'
    like "$err" "^tailor: port $port of \"127.0.0.1\" is taken.*--port" 'which names it'
    ok 'in one line' one_line "$err"
    ok 'and the first server still answers' healthy
    pid=$server
    kill -TERM $pid
    ended
    is "$status" 0 'SIGTERM ends serve well'
    ok 'its engine is gone' group_gone "$child"
    ok 'its port is free' within 2 port_is_free $port
    ok 'no private folder is left' [ -z "$(ls "$tmp/rt")" ]

    start serve "$model" -q --quick --port $port
    within 20 healthy
    child=$(engine_of $pid)
    kill -9 "$child"
    ends 4 '^tailor: llama-server was killed by signal 9' 'the engine is killed under serve'
else
    skip "no curl, or port $port is taken" 'serve'
fi

# ---- what cannot start ----

refused() { # STATUS PATTERN NAME ARGUMENT...
    want=$1
    pattern=$2
    name=$3
    shift 3
    rm -rf "$logs"
    run "$tailor" "$@"
    is "$status" "$want" "$name: exit status $want"
    like "$err" "$pattern" "$name: it says why"
    ok "$name: in one line" one_line "$err$out"
    ok "$name: no engine was started" [ ! -e "$logs" ]
    ok "$name: no stray process" nothing_runs
}

for command in run serve; do
    refused 1 '^tailor: there is no model "/nowhere.gguf"' "$command: no such file" \
        $command /nowhere.gguf -q
    refused 2 'is a shape, not a file' "$command: a shape" $command shape:qwen2-0.5b:Q4_K_M -q --quick
    "$tailor" synth llama-3.1-70b:Q4_K_M --ghost --no-vocab -q -o "$tmp/70b.gguf" >/dev/null || exit 1
    refused 3 'the model does not fit: .* are missing; ' "$command: too large" \
        $command "$tmp/70b.gguf" -q --quick --ram-limit 8
    refused 4 'no llama-server at "/nowhere"' "$command: no engine" \
        $command "$model" -q --quick --engine /nowhere
done
refused 1 '^tailor: cannot listen on "nohost.invalid".*; --host is' 'serve: a host that is none' \
    serve "$model" -q --quick --host nohost.invalid
done_testing
