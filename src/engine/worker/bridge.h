/* ---- engine/worker/bridge.h: what llama.cpp offers only in C++, as C.
 *
 * The one place that looks behind the public headers (src/llama-ext.h: marked as work in progress),
 * built from the source of the very engine it runs with. */
#ifndef ENGINE_WORKER_BRIDGE_H
#define ENGINE_WORKER_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llama_context;

/* Bytes that the engine holds, or in a dry run would hold, in one buffer type. */
struct bridge_buffer {
    const char *name;   /* "CPU", "CPU_REPACK", "CUDA0", "CUDA_Host" */
    const char *device; /* "CUDA0"; "CPU" where the buffer type names no device */
    bool host;          /* host memory, also where a device owns the type */
    uint64_t model, context, compute;
};

/* llama_get_memory_breakdown; returns how many there are and fills up to cap. */
size_t bridge_breakdown(const struct llama_context *ctx, struct bridge_buffer *out, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
