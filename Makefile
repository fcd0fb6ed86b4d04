# Thin wrapper: meson builds, scripts do the rest.
#
#   make run [MODEL=file.gguf]   everything from nothing: install, build, engine, model, plan, run
#   make build                   build/tailor, the pinned engine, build/tailor-worker and
#                                build/libtailor-sim.so (simulated devices)
#   make test                    all tests a newcomer needs; last line "N passed, N failed, N skipped"
#   make test-long               the long proofs: 10 minutes of fuzzing each, all shapes, coverage
#   make bench                   the benchmarks of docs/benchmarks.md
#   make format lint fuzz install clean

BUILD := build
CC ?= cc
MODEL ?= $(BUILD)/models/qwen2-0.5b-Q4_K_M.gguf
SYNTH := $(BUILD)/models/qwen2-0.5b-Q4_K_M.gguf

.PHONY: all run build tailor engine worker test test-long test-vulkan bench format lint fuzz \
        coverage install clean help

all: tailor

help:
	@sed -n 's/^#   //p' Makefile

tailor:
	@scripts/build.sh plain tailor

engine: tailor
	@[ -x $(BUILD)/engine/bin/llama-server ] || scripts/engine.sh

worker: engine
	@scripts/build.sh plain tailor-worker libtailor-sim.so

build: worker

# An engine of the user's own is used as it is; ours is built only where there is none.
run: tailor
	@command -v llama-server >/dev/null 2>&1 || [ -n "$$TAILOR_ENGINE_DIR" ] || $(MAKE) -s worker
	@[ "$(MODEL)" != "$(SYNTH)" ] || [ -f "$(SYNTH)" ] || \
	    { mkdir -p $(BUILD)/models && $(BUILD)/tailor synth qwen2-0.5b:Q4_K_M -o "$(SYNTH)"; }
	@$(BUILD)/tailor run "$(MODEL)"

test:
	@scripts/test.sh

test-long:
	@scripts/test.sh long

test-vulkan:
	@scripts/test.sh vulkan

bench: build
	@scripts/bench.py

fuzz:
	@scripts/fuzz.sh $${SECONDS_EACH:-60}

coverage:
	@scripts/coverage.sh

format:
	@clang-format -i $$(git ls-files '*.c' '*.h' '*.cpp')

lint:
	@scripts/lint.sh

install: tailor
	@meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD)
