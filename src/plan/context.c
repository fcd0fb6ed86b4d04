/* Rounding and splitting of the context. */
#include "plan/context.h"

#include "base/units.h"
#include "model/ggml_type.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t round_cells(uint64_t n)
{
    uint64_t rounded = units_round_up(n, CELL_ROUND);
    return rounded > UINT32_MAX ? UINT32_MAX / CELL_ROUND * CELL_ROUND : (uint32_t)rounded;
}

/* llama_kv_cache_iswa: the window of every slot that shares the cache, and one ubatch on top. */
static uint32_t window_cells(const struct model *m, const struct settings *s,
                             const struct context *c)
{
    if (m->window == 0)
        return 0;
    if (settings_has(s, SET_SWA_FULL) && s->swa_full)
        return c->cells_full;
    uint64_t want = (uint64_t)m->window * (c->unified ? c->slots : 1) + c->n_ubatch;
    return round_cells(want < c->cells_full ? want : c->cells_full);
}

void context_resolve(const struct model *m, const struct settings *s, struct context *out)
{
    struct context c = {0};
    bool auto_slots = !settings_has(s, SET_PARALLEL) || s->parallel == 0;
    c.slots = auto_slots ? SERVER_AUTO_SLOTS : s->parallel;
    c.unified = settings_has(s, SET_KV_UNIFIED) ? s->kv_unified : auto_slots;
    uint32_t asked = settings_has(s, SET_CTX_SIZE) && s->ctx_size ? s->ctx_size : m->n_ctx_train;
    uint32_t batch = settings_has(s, SET_BATCH_SIZE) ? s->batch_size : DEFAULT_BATCH;
    uint32_t ubatch = settings_has(s, SET_UBATCH_SIZE) ? s->ubatch_size : DEFAULT_UBATCH;
    c.n_batch = m->causal ? min_u32(asked, batch) : batch;
    c.n_ubatch = min_u32(c.n_batch, ubatch ? ubatch : c.n_batch);
    c.streams = c.unified ? 1 : c.slots;
    c.cells_full = c.unified ? round_cells(asked) : round_cells(round_cells(asked) / c.slots);
    if (c.cells_full == 0)
        c.cells_full = CELL_ROUND;
    uint64_t total = (uint64_t)c.cells_full * c.streams;
    c.n_ctx = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
    /* a slot never goes beyond the training context (server_context: n_ctx_slot) */
    c.n_ctx_slot = m->n_ctx_train ? min_u32(c.cells_full, m->n_ctx_train) : c.cells_full;
    c.cells_window = window_cells(m, s, &c);
    c.n_tokens = min_u32(c.n_ctx, c.n_ubatch);
    c.n_outputs = m->causal ? min_u32(c.slots, c.n_tokens) : c.n_tokens;
    c.type_k = settings_has(s, SET_CACHE_TYPE_K) ? s->cache_type_k : TYPE_F16;
    c.type_v = settings_has(s, SET_CACHE_TYPE_V) ? s->cache_type_v : TYPE_F16;
    c.flash_attn = !settings_has(s, SET_FLASH_ATTN) || s->flash_attn != FA_OFF;
    *out = c;
}
