/* ---- plan/backend.h: what the planner knows of llama.cpp's backends, a row each.
 *
 * Sources (v0.5.0): ggml/src/ggml-cuda/ggml-cuda.cu: buffer_type_get_alloc_size and get_alignment;
 * ggml/src/ggml-cuda/fattn.cu: ggml_cuda_get_best_fattn_kernel; the same for the others.  A row
 * that was never compared with the real thing says so. */
#ifndef PLAN_BACKEND_H
#define PLAN_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

struct backend_rules {
    const char *name;          /* "cuda" */
    const char *device_prefix; /* "CUDA": devices are CUDA0, CUDA1... */
    uint32_t alignment;        /* of every tensor in a buffer */
    uint32_t quant_row_pad;    /* quantised rows are padded to this many elements; 0: not */
    uint64_t driver_bytes;     /* what a context of the driver takes before the first buffer */
    bool proven;               /* compared with a real or simulated device */
};

/* By backend name ("cuda") or device name ("CUDA0"); NULL: unknown. */
const struct backend_rules *backend_find(const char *name);

/* Does this backend compute flash attention itself for these head sizes?  Where it does not, the
 * operation runs on the CPU, which is worse than no flash attention. */
bool backend_flash_attn(const struct backend_rules *b, uint32_t head_k, uint32_t head_v);

#endif
