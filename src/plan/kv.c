/* Bytes per layer of the cache. */
#include "plan/kv.h"

#include "base/units.h"
#include "model/ggml_type.h"

static uint64_t row_bytes(uint32_t type, uint64_t width)
{
    return ggml_type_row_bytes(ggml_type_get(type), width);
}

/* Without flash attention V is stored transposed, every layer as wide as the widest. */
static uint64_t v_width(const struct model *m, const struct context *c, uint32_t il)
{
    if (c->flash_attn || m->mla)
        return m->layers[il].embd_v;
    uint32_t widest = 0;
    for (uint32_t i = 0; i < m->n_layer; i++)
        if (m->layers[i].embd_v > widest)
            widest = m->layers[i].embd_v;
    return widest;
}

uint64_t kv_token_bytes(const struct model *m, const struct context *c, uint32_t il)
{
    const struct model_layer *layer = &m->layers[il];
    if (!layer->kv)
        return 0;
    return row_bytes(c->type_k, layer->embd_k) + row_bytes(c->type_v, v_width(m, c, il));
}

uint64_t kv_layer_bytes(const struct model *m, const struct context *c, uint32_t il)
{
    uint64_t cells = m->layers[il].window ? c->cells_window : c->cells_full;
    return units_mul(kv_token_bytes(m, c, il), cells * c->streams);
}

/* Keys or values as one tensor (ggml-cuda.cu: buffer_type_get_alloc_size). */
static uint64_t tensor_bytes_on(const struct backend_rules *rules, uint32_t type, uint64_t width,
                                uint64_t rows)
{
    uint64_t bytes = units_mul(row_bytes(type, width), rows);
    uint32_t pad = rules->quant_row_pad;
    if (pad && ggml_type_get(type)->quantized && width % pad)
        bytes = units_add(bytes, row_bytes(type, pad - width % pad));
    return units_round_up(bytes, rules->alignment);
}

uint64_t kv_layer_bytes_on(const struct backend_rules *rules, const struct model *m,
                           const struct context *c, uint32_t il)
{
    const struct model_layer *layer = &m->layers[il];
    uint64_t cells = layer->window ? c->cells_window : c->cells_full;
    uint64_t rows = units_mul(cells, c->streams);
    if (!layer->kv)
        return 0;
    return units_add(tensor_bytes_on(rules, c->type_k, layer->embd_k, rows),
                     tensor_bytes_on(rules, c->type_v, v_width(m, c, il), rows));
}

uint64_t state_layer_bytes(const struct model *m, const struct context *c, uint32_t il)
{
    if (!m->layers[il].recurrent)
        return 0;
    uint64_t floats = units_mul(units_add(m->state_r, m->state_s), c->slots);
    return units_mul(floats, sizeof(float));
}

uint64_t kv_total_bytes(const struct model *m, const struct context *c)
{
    uint64_t sum = 0;
    for (uint32_t il = 0; m->arch && il < m->n_layer; il++)
        sum = units_add(sum, kv_layer_bytes(m, c, il));
    return sum;
}

uint64_t state_total_bytes(const struct model *m, const struct context *c)
{
    uint64_t sum = 0;
    for (uint32_t il = 0; m->arch && il < m->n_layer; il++)
        sum = units_add(sum, state_layer_bytes(m, c, il));
    return sum;
}

static bool divides(const char *what, uint32_t head, uint32_t type, struct err *err)
{
    const struct ggml_type *t = ggml_type_get(type);
    if (head % t->block_elems == 0)
        return true;
    err_set(err, ERR_NO_FIT, "the %s head size %u is not a multiple of the %s block (%u)", what,
            (unsigned)head, t->name, (unsigned)t->block_elems);
    return err_hint(err, "use f16 for that cache");
}

bool kv_types_ok(const struct model *m, const struct context *c, struct err *err)
{
    if (!c->flash_attn && ggml_type_get(c->type_v)->quantized) {
        err_set(err, ERR_NO_FIT, "a quantised V cache (%s) needs flash attention",
                ggml_type_get(c->type_v)->name);
        return err_hint(err, "add -fa on, or use -ctv f16");
    }
    if (m->mla && c->type_k != c->type_v) {
        err_set(err, ERR_NO_FIT,
                "this model (MLA) takes one type for keys and values, not %s and %s",
                ggml_type_get(c->type_k)->name, ggml_type_get(c->type_v)->name);
        return err_hint(err, "set both to the same type");
    }
    /* without flash attention llama.cpp does not look at the keys' blocks */
    return (!c->flash_attn || divides("key", m->head_dim_k, c->type_k, err)) &&
           (m->mla || divides("value", m->head_dim_v, c->type_v, err));
}
