/* ---- engine/oom_log.h: which allocation failed, read from what llama.cpp printed (pure).
 *
 * Messages of v0.5.0 and of the years before: ggml-alloc.c, ggml-cuda.cu, ggml-vulkan.cpp,
 * llama-model.cpp, llama-kv-cache.cpp, llama-context.cpp; and the shell's "Killed". */
#ifndef ENGINE_OOM_LOG_H
#define ENGINE_OOM_LOG_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct oom {
    bool found;
    const char *device; /* "CUDA0", "CPU"; NULL: not told */
    uint64_t bytes;     /* that were asked for; 0: not told */
    const char *what;   /* "the KV cache", "the weights", "compute buffers"; NULL: not told */
    const char *line;   /* the message that says so */
};

/* The first failure of the log; what it was for may stand behind it. */
struct oom oom_read(struct arena *a, struct str log);

#endif
