#!/bin/sh
# Simulated devices in stock llama.cpp programs, and in plans for machines that are not here.
. "$(dirname "$0")/../tap.sh"
[ -n "$engine" ] || skip_all 'no engine: TAILOR_TEST_ENGINE'
sim=$(dirname "$tailor")/libtailor-sim.so
[ -e "$sim" ] || skip_all 'no libtailor-sim.so: make build'
GGML_BACKEND_PATH=$sim
GGML_VK_VISIBLE_DEVICES=
CUDA_VISIBLE_DEVICES=
export GGML_BACKEND_PATH GGML_VK_VISIBLE_DEVICES CUDA_VISIBLE_DEVICES

simulated() { # DEVICES PROGRAM ARGUMENT...
    devices=$1
    program=$2
    shift 2
    run env "TAILOR_SIM=$devices" "$engine/$program" "$@"
}

# ---- the list ----

simulated 'cuda:8.9:24564:24000:RTX 4090;cuda:8.6:12288;vulkan:amd/integrated:4096;metal:m3:36864;rocm:gfx1100:24576;sycl:xe:16384' \
    llama-server --list-devices
is "$status" 0 'llama-server lists simulated devices'
like "$out" 'CUDA0: RTX 4090 \(24564 MiB, 24000 MiB free\)' 'with their description and memory'
like "$out" 'CUDA1: .*\(12288 MiB, 12288 MiB free\)' 'free is total where it is not said'
for name in Vulkan0 MTL0 ROCm0 SYCL0; do
    like "$out" "$name: " "$name has the name of a real one"
done
simulated 'cuda3:8.6:1024' llama-server --list-devices
like "$out" 'CUDA3: ' 'a device can have a number of its own'

simulated 'cuda:8.9:24564;cuda:9' llama-server --list-devices
is "$status" 0 'a bad list does not stop the program'
is "$(printf '%s\n' "$err" | grep -c tailor-sim)" 1 'it is told in one line'
like "$err" 'tailor-sim: TAILOR_SIM: "cuda" is not FAMILY:GENERATION:MIB' 'which says what is wrong'
like "$out" '\(none\)' 'and then there is no device'
simulated '' llama-server --list-devices
like "$err" 'tailor-sim: TAILOR_SIM names no devices' 'no list is told, too'

# ---- estimates ----

run "$tailor" synth llama-3.1-8b:Q4_K_M --ghost -o "$tmp/8b.gguf"
is "$status" 0 'a header-only model is made'
simulated 'cuda:8.9:24564' llama-fit-params -m "$tmp/8b.gguf" -fitp on -c 32768
is "$status" 0 'llama-fit-params plans for a simulated card'
like "$out" '^CUDA0 4403 4096 258 *$' 'weights, KV and compute as on a CUDA card'
simulated 'cuda:8.9:24564;cuda:8.9:24564' llama-fit-params -m "$tmp/8b.gguf" -fitp on -c 32768 \
    -ngl 99 -ts 1,1
like "$out" '^CUDA1 2290 1920 450 *$' 'and for two of them, with their pipeline copies'
simulated 'cuda:8.9:4096' llama-fit-params -m "$tmp/8b.gguf" -c 8192
is "$status" 0 'fit itself finds a placement for a small one'
like "$out" '-ngl [0-9]+' 'which is partial'

# ---- loads ----

run "$tailor" synth qwen2-0.5b:Q4_0 --ghost -o "$tmp/small.gguf"
simulated 'cuda:8.9:24564' llama-bench -m "$tmp/small.gguf" -ngl 99 -p 32 -n 0 -r 1
is "$status" 1 'a load works, computing fails'
like "$err" 'tailor-sim: CUDA0 is simulated and computes nothing' 'and says why'

# ---- plans for machines that are not here ----

unset GGML_BACKEND_PATH GGML_VK_VISIBLE_DEVICES CUDA_VISIBLE_DEVICES
basis() {
    printf '%s\n' "$out" | python3 -c 'import json, sys
memory = json.load(sys.stdin)["memory"]
print(memory["basis"], *[d["name"] for d in memory["devices"]])'
}
if [ "$(dirname "$engine")" != "$(dirname "$tailor")/engine" ]; then
    skip 'the engine is not the pinned one' 'plans for described machines are certified'
else
    run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine 'RTX 4090, 64GB' --json
    is "$(basis)" 'dry-run CUDA0' 'a plan for a described card is certified'
    run "$tailor" plan shape:qwen3-30b-a3b:Q8_0 --machine '2x RTX 3090 + RTX 3060 12GB, 128GB' --json
    is "$(basis)" 'dry-run CUDA0 CUDA1 CUDA2' 'so is one for three'
    run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine 'RX 7900 XTX, 64GB' --json
    is "$(basis)" 'dry-run ROCm0' 'and one for an AMD card'
    run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine 64GB --json
    is "$(basis)" 'dry-run' 'and one without a card'
    run "$tailor" plan shape:llama-3.1-8b:Q4_K_M --machine 'RTX 4090, 64GB' --no-certify --json
    is "$(basis)" 'closed-form CUDA0' '--no-certify leaves it out'
fi
done_testing
