#!/bin/sh
# Files that are no models, or not quite: an error that says which byte, never a crash.
. "$(dirname "$0")/../tap.sh"

refused() { # NAME PATTERN PATH
    for command in inspect plan; do
        run "$tailor" $command "$3"
        is "$status" 1 "$command: $1"
        like "$err" "$2" 'and why'
        like "$err" '; [a-z]' 'and what to do'
        is "$(printf '%s\n' "$err" | wc -l)$out" 1 'in one line'
    done
}

good=$tmp/good.gguf
"$tailor" synth llama-3.2-1b:Q4_K_M --ghost -o "$good" >/dev/null || exit 1
header=$(LC_ALL=C grep -obUaP 'output_norm.weight' "$good" | tail -1 | cut -d: -f1)

refused 'a file that is not there' 'there is no model "/nowhere.gguf"' /nowhere.gguf
mkdir "$tmp/folder" "$tmp/folder/sub"
refused 'an empty folder' 'no GGUF model in the folder' "$tmp/folder"
: >"$tmp/empty.gguf"
refused 'an empty file' 'empty' "$tmp/empty.gguf"
printf 'GG' >"$tmp/short.gguf"
refused 'two bytes' 'short.gguf' "$tmp/short.gguf"
head -c 1000 /dev/zero >"$tmp/zero.gguf"
refused 'zeros' 'does not start with "GGUF".*; is it a GGUF file\?' "$tmp/zero.gguf"
printf 'PK\003\004 and so on, as long as a header' >"$tmp/zip.gguf"
refused 'another format' 'zip archive' "$tmp/zip.gguf"
{ printf 'GGUF\000\000\000\003' && head -c 100 /dev/zero; } >"$tmp/big.gguf"
refused 'big endian' 'big.endian' "$tmp/big.gguf"
{ printf 'GGUF\001\000\000\000' && head -c 100 /dev/zero; } >"$tmp/v1.gguf"
refused 'version 1' 'version 1' "$tmp/v1.gguf"
{ printf 'GGUF\003\000\000\000\377\377\377\377\377\377\377\177' && head -c 100 /dev/zero; } >"$tmp/lie.gguf"
refused 'a lying count' 'tensors' "$tmp/lie.gguf"
for size in 4 8 23 24 100 1000 $((header - 100)); do
    head -c "$size" "$good" >"$tmp/cut.gguf"
    refused "cut after $size bytes" 'cut.gguf.*; the download may be incomplete' "$tmp/cut.gguf"
done
head -c $((header + 4096)) "$good" >"$tmp/tensors.gguf"
refused 'cut within the tensors' 'tensors.gguf' "$tmp/tensors.gguf"
mkfifo "$tmp/fifo.gguf"
refused 'a pipe' 'fifo.gguf' "$tmp/fifo.gguf"
ln -s "$tmp/loop.gguf" "$tmp/loop.gguf"
refused 'a link to itself' 'loop.gguf' "$tmp/loop.gguf"
if [ "$(id -u)" = 0 ]; then
    skip 'root may read everything' 'a file that is closed to us'
else
    cp "$tmp/zero.gguf" "$tmp/closed.gguf" && chmod 0 "$tmp/closed.gguf"
    refused 'a file that is closed to us' 'ermission' "$tmp/closed.gguf"
fi

# a good file, and one that cannot be planned
run "$tailor" inspect "$good"
is "$status" 0 'the file that all of these came from is good'
sed 's/llama/lxxxa/g' "$good" >"$tmp/odd.gguf"
run "$tailor" inspect "$tmp/odd.gguf"
is "$status" 0 'an unknown architecture is inspected'
run "$tailor" plan "$tmp/odd.gguf"
like "$err" 'lxxxa' 'a plan for it says what is not known'
unlike "$status" '^0$' 'and is none'

# the same for every command that takes a model
for command in run serve; do
    run "$tailor" $command "$tmp/zip.gguf"
    is "$status" 1 "$command: another format"
    run "$tailor" $command "$tmp/nowhere.gguf"
    is "$status" 1 "$command: a file that is not there"
done

# split sets
mkdir "$tmp/split"
for n in 1 2 3; do cp "$good" "$tmp/split/m-0000$n-of-00003.gguf"; done
run "$tailor" inspect "$tmp/split/m-00001-of-00003.gguf"
is "$status" 1 'shards that are no set'
like "$err" '; [a-z]' 'and what to do'
rm "$tmp/split/m-00002-of-00003.gguf"
run "$tailor" inspect "$tmp/split/m-00003-of-00003.gguf"
is "$status" 1 'a missing shard'
like "$err" 'm-00002-of-00003.gguf' 'is named'

# other worlds
run "$tailor" plan "$good" --machine "$tmp/zip.gguf"
is "$status" 1 'a machine that is none'
like "$err" 'zip.gguf' 'names its file'
echo '{"schema":"tailor.machine/1","cpu":' >"$tmp/machine.json"
run "$tailor" plan "$good" --machine "$tmp/machine.json"
is "$status" 1 'a machine that ends early'
like "$err" 'machine.json' 'names its file'
truncate -s 17M "$tmp/machine.json"
run "$tailor" plan "$good" --machine "$tmp/machine.json"
is "$status" 1 'a machine file over 16 MiB'
run "$tailor" plan "$good" --machine fx:nothing
is "$status" 1 'no such recorded machine'
run "$tailor" detect --root "$tmp/none"
is "$status" 1 'no such root'
run "$tailor" detect --quick --root "$tmp/folder"
is "$status" 1 'a root without anything in it'
like "$err" 'neither proc nor sys' 'is no machine'
done_testing
