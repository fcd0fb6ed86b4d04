#!/bin/sh
# Where llama.cpp's own --fit goes wrong (v0.5.0), and plans do not.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
[ "$(dirname "$engine")" = "$(dirname "$tailor")/engine" ] || skip_all 'the engine is not the pinned one'
sim=$(dirname "$tailor")/libtailor-sim.so
[ -e "$sim" ] || skip_all 'no libtailor-sim.so: make build'
GGML_VK_VISIBLE_DEVICES=
CUDA_VISIBLE_DEVICES=
export GGML_VK_VISIBLE_DEVICES CUDA_VISIBLE_DEVICES

field() { # EXPRESSION over the plan d
    printf '%s\n' "$out" | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

ghost() { # SHAPE:QUANT FILE
    run "$tailor" synth "$1" --ghost --no-vocab -o "$2"
}

# ---- repacked weights count ----

# CPU_REPACK is neither "host" nor a device for --fit, which sees what is left: 1.4 GiB of 4.6.
ghost llama-3.1-8b:Q4_K_M "$tmp/8b.gguf"
run "$engine/llama-fit-params" -m "$tmp/8b.gguf" -c 8192 -np 1 -fitp on
seen=$(printf '%s\n' "$out" | awk '$1 == "Host" { print $2 }')
run "$tailor" plan "$tmp/8b.gguf" --machine 64GB --json -- -c 8192 -np 1
echo "# llama-fit-params sees $seen MiB of weights, the plan $(field \
    'd["memory"]["host"]["weights_bytes"] >> 20')"
is "$(field 'd["memory"]["basis"]')" dry-run 'a plan for a host alone is certified'
is "$(field 'd["memory"]["host"]["weights_bytes"] >= d["model"]["weights_bytes"]')" True \
    'and counts every weight, repacked ones too'
run "$tailor" plan "$tmp/8b.gguf" --machine 6GB --json -- -c 8192 -np 1
is "$status" 3 'so a host that is too small is refused'

# ---- layers behind the last one count ----

# --fit counts n_layer, the loader n_layer and the MTP layer: the first layer stays on the host.
ghost qwen3.5-35b-a3b:Q4_K_M "$tmp/mtp.gguf"
run env GGML_BACKEND_PATH="$sim" TAILOR_SIM='cuda:8.6:12288:11958' "$engine/llama-fit-params" \
    -m "$tmp/mtp.gguf" -c 32768 -np 1
like "$out" '-ngl 41 ' '--fit places 41 of 42 layers of a model with an MTP head'
run "$tailor" plan "$tmp/mtp.gguf" --machine 'RTX 3060 12GB, 64GB' --json -- -c 32768 -np 1 -ngl 41
is "$(field 'd["memory"]["host"]["kv_bytes"] > 0')" True \
    'with its 41 the state of the first layer lies on the host'
run "$tailor" plan "$tmp/mtp.gguf" --machine 'RTX 3060 12GB, 64GB' --json -- -c 32768 -np 1
is "$(field 'd["settings"]["n_gpu_layers"]')" all 'a plan places all'
is "$(field 'd["memory"]["basis"], d["memory"]["host"]["kv_bytes"]')" 'dry-run 0' \
    'and nothing of the cache or state stays on the host'

# ---- a dry run takes no memory ----

peak_mib() { # COMMAND...: of the largest process, in MiB
    python3 - "$@" <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
}

# 64 slots have 4 GiB of recurrent state, which the dry run of llama.cpp allocates and zeroes.
run "$tailor" plan "$tmp/mtp.gguf" --machine 64GB --json -- -c 131072 -np 64
is "$(field 'd["memory"]["basis"], d["memory"]["host"]["kv_bytes"] >> 30')" 'dry-run 6' \
    'gigabytes of state are certified'
peak=$(peak_mib "$tailor" plan "$tmp/mtp.gguf" --machine 64GB --json -- -c 131072 -np 64)
ok "and are not touched: peak $peak MiB" test "$peak" -lt 1024
done_testing
