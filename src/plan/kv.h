/* ---- plan/kv.h: bytes that a layer keeps for the context: keys, values, recurrent state.
 *
 * Exact in v0.5.0: src/llama-kv-cache.cpp (K and V tensors of head size x KV heads x cells x
 * streams), src/llama-memory-recurrent.cpp (two F32 rows per slot). */
#ifndef PLAN_KV_H
#define PLAN_KV_H

#include "plan/backend.h"
#include "plan/context.h"

/* Keys and values of layer il. */
uint64_t kv_layer_bytes(const struct model *m, const struct context *c, uint32_t il);
/* The same in a buffer of such a backend: rows of a quantised cache are padded there, too. */
uint64_t kv_layer_bytes_on(const struct backend_rules *rules, const struct model *m,
                           const struct context *c, uint32_t il);
/* Recurrent state of layer il, all slots. */
uint64_t state_layer_bytes(const struct model *m, const struct context *c, uint32_t il);
/* Sums over all layers. */
uint64_t kv_total_bytes(const struct model *m, const struct context *c);
uint64_t state_total_bytes(const struct model *m, const struct context *c);

/* Bytes of one token's keys and values in one layer, for the reading speed at some depth. */
uint64_t kv_token_bytes(const struct model *m, const struct context *c, uint32_t il);

/* False with the reason when llama.cpp would refuse these cache types for this model
 * (llama_init_from_model: head sizes must divide by the block, a quantised V needs flash
 * attention). */
bool kv_types_ok(const struct model *m, const struct context *c, struct err *err);

#endif
