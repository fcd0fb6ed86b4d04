/* ---- plan/context.h: what llama.cpp makes of the context settings.
 *
 * Rounding, splitting between slots and limits of src/llama-context.cpp: llama_context (v0.5.0), so
 * that every later formula works on what will really be allocated. */
#ifndef PLAN_CONTEXT_H
#define PLAN_CONTEXT_H

#include "model/model.h"
#include "settings/settings.h"

/* llama-server's own values for what a settings struct does not give (common/common.h). */
enum {
    DEFAULT_BATCH = 2048,
    DEFAULT_UBATCH = 512,
    SERVER_AUTO_SLOTS = 4, /* `-np` unset: 4 slots and a unified KV (tools/server/server.cpp) */
    CELL_ROUND = 256,      /* contexts and caches are rounded up to this many cells */
};

struct context {
    uint32_t slots;
    bool unified;
    uint32_t n_ctx;        /* total cells of a full-attention layer, all slots together */
    uint32_t n_ctx_slot;   /* what one slot can use */
    uint32_t streams;      /* separate caches: 1 when unified */
    uint32_t cells_full;   /* per stream, full-attention layers */
    uint32_t cells_window; /* per stream, sliding-window layers; 0: none */
    uint32_t n_batch, n_ubatch;
    uint32_t n_tokens;  /* of the largest graph: min(n_ctx, n_ubatch) */
    uint32_t n_outputs; /* rows of logits of that graph */
    uint32_t type_k, type_v;
    bool flash_attn; /* auto counts as on */
};

void context_resolve(const struct model *m, const struct settings *s, struct context *out);

#endif
