#!/bin/sh
# Models that are not on this disk, from a server on loopback: only headers travel.
. "$(dirname "$0")/../tap.sh"
get() { # PYTHON-EXPRESSION: of the document in $out, d
    printf '%s' "$out" | python3 -c "import json,sys; d = json.load(sys.stdin); print($1)"
}
files=$tmp/www/files
log=$tmp/requests
unset HF_TOKEN HF_HUB_OFFLINE MODEL_ENDPOINT http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
mkdir -p "$files/o/big-GGUF" "$files/o/split/Q8_0" "$files/moved/m" "$files/private/p" "$files/paged/p"
"$tailor" synth llama-3.1-8b:Q4_K_M --ghost -o "$files/o/big-GGUF/big-Q4_K_M.gguf" >/dev/null
"$tailor" synth llama-3.1-8b:Q8_0 --ghost --no-vocab -o "$files/o/big-GGUF/big-Q8_0.gguf" >/dev/null
"$tailor" synth qwen2-0.5b:Q4_0 --ghost --no-vocab -o "$files/moved/m/m-Q4_0.gguf" >/dev/null
cp "$files/moved/m/m-Q4_0.gguf" "$files/o/big-GGUF/mmproj-F16.gguf"
cp "$files/moved/m/m-Q4_0.gguf" "$files/private/p/p-Q4_0.gguf"
cp "$files/moved/m/m-Q4_0.gguf" "$files/paged/p/a-Q4_0.gguf"
cp "$files/moved/m/m-Q4_0.gguf" "$files/paged/p/b c-Q8_0.gguf"
tests/split_gguf.py "$files/o/split/Q8_0/s"

mkfifo "$tmp/life"
tests/range_server.py "$tmp/www" "$tmp/port" "$log" <"$tmp/life" &
exec 9>"$tmp/life"
tries=0
while [ ! -s "$tmp/port" ] && [ "$tries" -lt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
ok 'the server is there' test -s "$tmp/port"
site=http://127.0.0.1:$(cat "$tmp/port")
export HF_ENDPOINT="$site/"
forget() { rm -rf "$HOME/.cache/tailor/headers" && : >"$log"; }
sent() { awk '{ n += $5 } END { print n + 0 }' "$log"; }
hub() { # the site under the name that the redirects lead to
    echo "$site" | sed 's/127.0.0.1/localhost/'
}
big=$site/o/big-GGUF/resolve/main/big-Q4_K_M.gguf

# ---- a repository ----
forget
run "$tailor" inspect hf:o/big-GGUF --json
is "$status" 0 'a repository is read from the network'
is "$(get "d['path'], d['quantization'], d['files']")" \
    "hf:o/big-GGUF:Q4_K_M Q4_K_M ['$big']" 'its usual file is chosen'
ok 'as its schema says' tests/check_schema.py "$tmp/.out"
remote=$(get "{k: v for k, v in d.items() if k not in ('path', 'files', 'sidecars')}")
run "$tailor" inspect "$files/o/big-GGUF/big-Q4_K_M.gguf" --json
is "$(get "{k: v for k, v in d.items() if k not in ('path', 'files', 'sidecars')}")" "$remote" \
    'and says what the file itself says'
ok 'no weights travelled' test "$(sent)" -lt 17000000
like "$(cat "$log")" 'bytes=0-1048575 .*llama-tailor/' 'the first piece is 1 MiB'
like "$(cat "$log")" 'bytes=1048576-2097151 ' 'a longer header comes in growing pieces'

: >"$log"
run "$tailor" plan hf:o/big-GGUF --machine '64GB' --no-certify --json
is "$status" 0 'it is planned'
is "$(get "d['argv'][d['argv'].index('-hf') + 1], '--no-mmproj' in d['argv'], '-m' in d['argv']")" \
    'o/big-GGUF:Q4_K_M True False' 'for -hf, without the projector that was not counted'
is "$(cat "$log")" '' 'a second question needs no network'
printf '%s' "$out" >"$tmp/plan.json"
run env HF_HUB_OFFLINE=1 "$tailor" preflight "$tmp/plan.json"
unlike "$err" 'HF_HUB_OFFLINE|disk' 'and preflight finds the header in the cache'
run "$tailor" need hf:o/big-GGUF:q8_0 --gen-tok-s 5
is "$status" 0 'need knows it'
run "$tailor" explain --machine '64GB' -- llama-server -hf o/big-GGUF:Q8_0 -c 4096
is "$status" 0 'explain knows -hf'
run "$tailor" explain --machine '64GB' -- llama-server -mu "$big" -c 4096
is "$status" 0 'and -mu'

forget
run "$tailor" inspect hf:paged/p:Q8_0 --json
is "$(get "d['files']")" "['$site/paged/p/resolve/main/b%20c-Q8_0.gguf']" \
    'a list of several pages is read to its end, and odd names are escaped'
run "$tailor" inspect hf:o/split --json
is "$(get "len(d['files']), d['path']")" '2 hf:o/split' 'all shards of a set are read'
remote=$(get "d['parameters'], d['weights_bytes'], d['memory']")
run "$tailor" inspect "$files/o/split/Q8_0/s-00001-of-00002.gguf" --json
is "$(get "d['parameters'], d['weights_bytes'], d['memory']")" "$remote" 'as from the disk'

# ---- URLs ----
forget
run "$tailor" plan "$big?download=true" --machine '64GB' --no-certify --json
is "$(get "d['argv'][d['argv'].index('-mu') + 1]")" "$big?download=true" 'a URL is planned for -mu'
run "$tailor" inspect "$site/o/split/resolve/main/Q8_0/s-00002-of-00002.gguf" --json
is "$(get "len(d['files']), d['parameters'] > 0")" '2 True' 'any shard names its set'
run "$tailor" inspect "$(echo "$big" | sed 's|/o/|/norange/o/|')" --json
is "$(get "d['quantization']")" Q4_K_M 'a server without ranges is read as far as needed'
ok 'and no further' test "$(sent)" -lt 100000000
run "$tailor" inspect "$(echo "$big" | sed 's|/o/|/away/o/|')" --json
is "$status" 0 'redirects are followed'

# ---- the token ----
forget
run "$tailor" inspect hf:private/p
is "$status" 1 'a private repository is refused'
like "$err" 'answers 401: it is not there, or is private or gated.*HF_TOKEN' 'with what to do'
run env HF_TOKEN=good "$tailor" inspect hf:private/p
is "$status" 0 'the token opens it'
: >"$log"
run env HF_TOKEN=good "$tailor" inspect hf:moved/m
is "$status" 0 'files may lie at another host'
like "$(cat "$log")" '^GET /moved/m/resolve/[^ ]* [^ ]* Bearer_good' 'the hub sees the token'
like "$(cat "$log")" '^GET /direct/[^ ]* [^ ]* - ' 'the other host does not'
run env HF_TOKEN=good "$tailor" inspect "$(hub)/o/split/resolve/main/Q8_0/s-00001-of-00002.gguf"
unlike "$(grep s-0000 "$log")" Bearer 'nor does any other URL'

# ---- faults ----
fault() { # WORD PATTERN NAME
    run "$tailor" inspect "$site/$1/o/split/resolve/main/Q8_0/s-00001-of-00002.gguf"
    is "$status" 1 "$3"
    like "$err" "$2" 'and told'
    is "$(printf '%s\n' "$err" | wc -l)" 1 'in one line'
}
fault cut 'broke off in the middle' 'an answer that breaks off is no header'
fault lies 'another range than was asked' 'another range is refused'
fault nosize 'does not tell the size' 'a file of unknown size is refused'
fault garbage 'it is a web page, not the model' 'a web page is no model'
fault loop 'redirects without end' 'redirects end'
fault downgrade 'which is not safe' 'a redirect to a local file is refused'
: >"$log"
fault endless 'impossible size' 'a file of impossible size is refused'
ok 'before much of it was read' test "$(sent)" -lt 64000000
run "$tailor" inspect "$site/o/none/resolve/main/x.gguf"
like "$err" 'answers 404: it is not there' 'a missing file is told'
run "$tailor" inspect hf:o/big-GGUF:Q2_K
like "$err" 'no file of "o/big-GGUF" matches "Q2_K"; there is Q4_K_M, Q8_0' \
    'a quantization that is not there leads to those that are'
run "$tailor" inspect hf:broken/x
is "$status" 1 'a broken list is refused'
like "$err" 'in the list of files at' 'with its place'
ok 'and not kept' test -z "$(grep -l '"error"' "$HOME"/.cache/tailor/headers/*.list)"
run "$tailor" inspect hf:nobody/nothing
like "$err" 'no model of "nobody/nothing" is on this disk, and 127.0.0.1:[0-9]+ answers 401' \
    'a repository that is nowhere is told so'
run "$tailor" inspect "https://"
is "$status" 2 'half a URL is a usage error'

# ---- run and serve ----
: >"$log"
run "$tailor" run hf:o/big-GGUF:Q8_0 -p x
is "$status" 2 'what is not on this disk does not run'
like "$err" 'on this disk; "llama-server -hf o/big-GGUF:Q8_0" downloads it' 'with a hint'
run "$tailor" serve "$big"
is "$status" 2 'nor does a URL'
like "$err" 'is not on this disk; download it first' 'with a hint'
is "$(cat "$log")" '' 'and the network is not asked'

# ---- what changes ----
age() { find "$HOME/.cache/tailor/headers" -type f -exec touch -d '3 days ago' {} +; }
forget
url=$site/o/change/resolve/main/m.gguf
mkdir "$files/o/change"
cp "$files/moved/m/m-Q4_0.gguf" "$files/o/change/m.gguf"
run "$tailor" inspect "$url" --json
is "$(get "d['quantization']")" Q4_0 'a URL is read'
cp "$files/o/big-GGUF/big-Q8_0.gguf" "$files/o/change/m.gguf"
run "$tailor" inspect "$url" --json
is "$(get "d['quantization']")" Q4_0 'and believed for a day'
age
run "$tailor" inspect "$url" --json
is "$(get "d['quantization']")" Q8_0 'then asked again'
age
rm "$files/o/change/m.gguf"
run "$tailor" inspect "$url" --json
is "$status" 1 'a file that was removed is no model any more'
run "$tailor" inspect hf:moved/m
for f in "$HOME"/.cache/tailor/headers/*; do echo broken >"$f"; done
run "$tailor" inspect hf:moved/m
is "$status" 0 'what is spoilt in the cache is fetched again'

# ---- without a network ----
forget
run "$tailor" inspect hf:o/big-GGUF:Q8_0
exec 9>&-
wait
run "$tailor" inspect hf:o/big-GGUF:Q8_0
is "$status" 0 'what was seen works without a server'
age
run "$tailor" inspect hf:o/big-GGUF:Q8_0
is "$status" 0 'even when it is old'
like "$err" 'warning: 127.0.0.1.* is not reachable' 'with a warning'
run "$tailor" inspect hf:o/split
is "$status" 1 'what was not seen does not'
like "$err" 'no answer from 127.0.0.1' 'and says that nobody answers'
run env HF_HUB_OFFLINE=1 "$tailor" inspect hf:o/split
like "$err" 'HF_HUB_OFFLINE forbids' 'HF_HUB_OFFLINE keeps it from asking'
done_testing
