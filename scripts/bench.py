#!/usr/bin/env python3
"""The benchmarks of docs/benchmarks.md.

    scripts/bench.py [NAME...]      all of them, or those named: start inspect plan fit run

Whole processes are timed as a user waits for them.  Where two programs are compared they take turns,
and the figure is the median of the pairs' ratios, since machines are shared and noisy.
"""
import json
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TAILOR = os.path.join(ROOT, "build/tailor")
BENCH = os.path.join(ROOT, "build/engine/bin/llama-bench")
FIT = os.path.join(ROOT, "build/engine/bin/llama-fit-params")
SIM = os.path.join(ROOT, "build/libtailor-sim.so")
FILES = os.path.join(ROOT, "build/bench")
DEPTH, GENERATED, PAIRS = 256, 64, 12
BUSY = 0.12  # part of a pair's time that others may cost it; alone it is about 0.05


def once(argv, **variables):
    """Runs a program to its end: (milliseconds, peak resident MiB, at least this script's own)."""
    out = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, {**os.environ, **variables}, file_actions=out)
    _, status, usage = os.wait4(pid, 0)
    took = (time.perf_counter() - begin) * 1e3
    if status:
        sys.exit(f"bench: {' '.join(argv)} failed with status {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss / 1024


def process(name, argv, times=20):
    once(argv)
    runs = [once(argv) for _ in range(times)]
    took = sorted(run[0] for run in runs)
    print(f"{name}: median {statistics.median(took):.2f} ms of {times} "
          f"({took[0]:.2f}-{took[-1]:.2f}), peak {max(run[1] for run in runs):.1f} MiB", flush=True)


def stalled():
    """Seconds in which somebody waited for a CPU, since the machine started."""
    try:
        with open("/proc/pressure/cpu") as pressure:
            return int(pressure.readline().split("total=")[1]) / 1e6
    except (OSError, IndexError):
        return 0  # this kernel does not tell


def text_of(argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def synth(shape, *options):
    os.makedirs(FILES, exist_ok=True)
    path = os.path.join(FILES, shape.replace(":", "-") + "".join(options) + ".gguf")
    if not os.path.exists(path):
        text_of([TAILOR, "synth", shape, *options, "-o", path])
    return path


def bench_start():
    process("tailor --version", [TAILOR, "--version"])


def bench_inspect():
    ghost = synth("llama-3.1-8b:Q4_K_M", "--ghost")
    process("inspect, 8B ghost with 128,256 tokens", [TAILOR, "inspect", ghost])
    process("inspect --json, the same", [TAILOR, "--json", "inspect", ghost])


def bench_plan():
    for shape in ("llama-3.1-8b:Q4_K_M", "qwen3-30b-a3b:Q4_K_M"):
        plan = [TAILOR, "plan", f"shape:{shape}"]
        process(f"plan {shape}", plan + ["--no-certify"])
        process(f"plan {shape}, certified by the engine", plan)
    process("plan llama-3.1-70b:Q4_K_M on a card that holds a half",
            [TAILOR, "plan", "shape:llama-3.1-70b:Q4_K_M", "--no-certify", "--machine",
             "fx:rtx4090"])
    for shape, machine in (("llama-3.1-8b:Q4_K_M", "RTX 3090, 64GB"),
                           ("qwen3-30b-a3b:Q4_K_M", "RTX 3060 12GB, 64GB"),
                           ("qwen3-235b-a22b:Q4_K_M", "2x RTX 4090 + 4x RTX 3090, 256GB")):
        plan = [TAILOR, "plan", f"shape:{shape}", "--machine", machine]
        process(f"plan {shape} on {machine}", plan + ["--no-certify"])
        process(f"plan {shape} on {machine}, certified on simulated cards", plan)


def bench_fit():
    """A certified plan against llama-fit-params: one header, the same simulated cards and server."""
    card = "cuda:8.6:24576:24246"
    for shape, machine, devices, ctx, pairs in (
            ("llama-3.1-8b:Q4_K_M", "RTX 3090, 64GB", card, 32768, 8),
            ("qwen3-30b-a3b:Q4_K_M", "RTX 3060 12GB, 64GB", "cuda:8.6:12288:11958", 32768, 4),
            ("qwen3-235b-a22b:Q4_K_M", "6x RTX 3090, 256GB", ";".join([card] * 6), 32768, 3)):
        ghost = synth(shape, "--ghost")
        server = ["-c", str(ctx), "-np", "1"]
        plan = [TAILOR, "plan", ghost, "--machine", machine, "--", *server]
        fit = [FIT, "-m", ghost, *server]
        took = []
        once(plan)
        for i in range(pairs):
            def one(is_plan):
                if is_plan:
                    return once(plan)[0]
                return once(fit, TAILOR_SIM=devices, GGML_BACKEND_PATH=SIM)[0]
            first = one(i % 2 == 0)
            second = one(i % 2 != 0)
            took.append((first, second) if i % 2 == 0 else (second, first))
        ratios = sorted(theirs / ours for ours, theirs in took)
        print(f"certified plan of {shape} on {machine} against llama-fit-params: median ratio "
              f"{statistics.median(ratios):.1f} of {pairs} pairs ({ratios[0]:.1f}-{ratios[-1]:.1f}); "
              f"median {statistics.median(t[0] for t in took):.0f} ms against "
              f"{statistics.median(t[1] for t in took):.0f} ms", flush=True)


def bench_run():
    """Generation by `tailor run` against llama-bench with the settings of the plan."""
    model = synth("llama-3.2-1b:Q4_K_M")
    settings = json.loads(text_of([TAILOR, "plan", model, "--json"]))["settings"]
    options = {"-t": settings["threads"], "-b": settings["batch_size"],
               "-ub": settings["ubatch_size"], "-ctk": settings["cache_type_k"],
               "-ctv": settings["cache_type_v"], "-fa": settings["flash_attn"],
               "-ngl": settings["n_gpu_layers"], "-lm": settings["load_mode"],
               "-d": DEPTH, "-p": 0, "-n": GENERATED, "-r": 1, "-o": "json"}
    bench = [BENCH, "-m", model] + [str(word) for pair in options.items() for word in pair]
    run = [TAILOR, "run", model, "-n", str(GENERATED), "--json"]
    def pair(run_first):
        rates = {}
        for is_run in (run_first, not run_first):
            if is_run:
                rates["run"] = json.loads(text_of(run))["receipt"]["gen_tok_s"]
            else:
                rates["bench"] = json.loads(text_of(bench))[0]["avg_ts"]
        return rates["run"] / rates["bench"], rates["run"], rates["bench"]

    pair(True)  # warms the page cache
    pairs, busy = [], 0
    while len(pairs) < PAIRS and busy < 4 * PAIRS:
        begin, waited = time.monotonic(), stalled()
        result = pair(len(pairs) % 2 == 0)
        if stalled() - waited > BUSY * (time.monotonic() - begin):
            busy += 1
        else:
            pairs.append(result)
    if not pairs:
        sys.exit("bench: this machine is too busy to compare anything")
    ratios = sorted(pair[0] for pair in pairs)
    print(f"tailor run against llama-bench, {os.path.basename(model)}, {GENERATED} tokens greedy "
          f"behind {DEPTH}: median ratio {statistics.median(ratios):.3f} of {len(pairs)} interleaved "
          f"pairs, {busy} rejected as busy ({ratios[0]:.3f}-{ratios[-1]:.3f}); "
          f"median {statistics.median(p[1] for p in pairs):.2f} against "
          f"{statistics.median(p[2] for p in pairs):.2f} tok/s", flush=True)


BENCHES = {"start": bench_start, "inspect": bench_inspect, "plan": bench_plan, "fit": bench_fit,
           "run": bench_run}


def main(names):
    for name in names or BENCHES:
        if name not in BENCHES:
            sys.exit(f"bench: no \"{name}\"; there are {' '.join(BENCHES)}")
        BENCHES[name]()


main(sys.argv[1:])
