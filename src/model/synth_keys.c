/* Metadata keys: one row per key that is one figure of the shape; the few that need thought below.
 * Source of names and types: llama.cpp v0.5.0 gguf-py/gguf/constants.py and conversion/. */
#include "model/synth_keys.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"

enum { KEY_MAX = 96, QUANTIZATION_VERSION = 2 /* GGML_QNT_VERSION */ };

enum kind { U32, F32, BOOL };

/* Written when the figure is not zero. */
static const struct {
    const char *key;
    enum kind kind;
    size_t field;
} rows[] = {
#define ROW(key, kind, field)                    \
    {                                            \
        key, kind, offsetof(struct shape, field) \
    }
    ROW("vocab_size", U32, n_vocab),
    ROW("context_length", U32, n_ctx),
    ROW("embedding_length", U32, n_embd),
    ROW("leading_dense_block_count", U32, n_dense),
    ROW("nextn_predict_layers", U32, n_nextn),
    ROW("attention.layer_norm_rms_epsilon", F32, rms_eps),
    ROW("attention.layer_norm_epsilon", F32, norm_eps),
    ROW("attention.sliding_window", U32, window),
    ROW("attention.q_lora_rank", U32, q_lora),
    ROW("attention.kv_lora_rank", U32, kv_lora),
    ROW("attention.key_length_mla", U32, head_k_mla),
    ROW("attention.value_length_mla", U32, head_v_mla),
    ROW("attention.scale", F32, attn_scale),
    ROW("attn_logit_softcapping", F32, attn_softcap),
    ROW("final_logit_softcapping", F32, final_softcap),
    ROW("embedding_scale", F32, embed_scale),
    ROW("residual_scale", F32, residual_scale),
    ROW("logit_scale", F32, logit_scale),
    ROW("expert_count", U32, n_expert),
    ROW("expert_used_count", U32, n_expert_used),
    ROW("expert_shared_count", U32, n_expert_shared),
    ROW("expert_feed_forward_length", U32, ff_expert),
    ROW("expert_shared_feed_forward_length", U32, ff_shared),
    ROW("expert_group_count", U32, expert_groups),
    ROW("expert_group_used_count", U32, expert_groups_used),
    ROW("expert_gating_func", U32, gating),
    ROW("expert_weights_norm", BOOL, expert_norm),
    ROW("expert_weights_scale", F32, expert_scale),
    ROW("ssm.conv_kernel", U32, conv),
    ROW("ssm.inner_size", U32, inner),
    ROW("ssm.state_size", U32, state),
    ROW("ssm.time_step_rank", U32, dt_rank),
    ROW("ssm.group_count", U32, groups),
    ROW("shortconv.l_cache", U32, shortconv),
    ROW("full_attention_interval", U32, attn_every),
    ROW("rope.dimension_count", U32, n_rot),
    ROW("rope.freq_base", F32, rope_base),
    ROW("rope.freq_base_swa", F32, rope_base_swa),
    ROW("rope.scaling.factor", F32, rope_factor),
    ROW("rope.scaling.original_context_length", U32, rope_orig_ctx),
    ROW("rope.scaling.yarn_log_multiplier", F32, yarn_log_mul),
    ROW("pooling_type", U32, pooling),
#undef ROW
};

/* "llama.block_count"; valid until the next call with the same buffer. */
static const char *key_of(const struct shape *s, const char *name, char buf[KEY_MAX])
{
    snprintf(buf, KEY_MAX, "%s.%s", s->arch, name);
    return buf;
}

static void write_row(struct gguf_writer *w, const char *key, enum kind kind, const void *field)
{
    if (kind == F32) {
        float v;
        memcpy(&v, field, sizeof(v));
        if (v > 0)
            gguf_write_f32(w, key, v);
        return;
    }
    uint32_t v;
    memcpy(&v, field, sizeof(v));
    if (v && kind == U32)
        gguf_write_u32(w, key, v);
    else if (v)
        gguf_write_bool(w, key, true);
}

/* A figure per block, zero where the block has none of it. */
static void write_per_block(struct gguf_writer *w, const struct shape *s, const char *name,
                            uint64_t block, uint32_t v)
{
    char key[KEY_MAX];
    uint32_t n = s->n_layer + s->n_nextn;
    gguf_write_array(w, key_of(s, name, key), GGUF_I32, n);
    for (uint32_t i = 0; i < n; i++)
        gguf_put_i32(w, (shape_block(s, i) & block) ? (int32_t)v : 0);
}

static void write_attention(struct gguf_writer *w, const struct shape *s)
{
    char key[KEY_MAX];
    /* Written even when 0: the loader asks for it. */
    gguf_write_u32(w, key_of(s, "attention.head_count", key), s->n_head);
    if (s->traits & HAS_KV_ARRAY)
        write_per_block(w, s, "attention.head_count_kv", BLOCK_ATTN, s->n_head_kv);
    else if (s->n_head_kv)
        gguf_write_u32(w, key_of(s, "attention.head_count_kv", key), s->n_head_kv);
    if (s->head_k) {
        gguf_write_u32(w, key_of(s, "attention.key_length", key), shape_head_k(s));
        gguf_write_u32(w, key_of(s, "attention.value_length", key), shape_head_v(s));
    }
    if (s->pooling)
        gguf_write_bool(w, key_of(s, "attention.causal", key), false);
    /* The engine tells V2-Lite by its block count and does not ask it for a low-rank query; one
     * that was cut short must say so (src/models/deepseek2.cpp: is_lite). */
    if (s->traits & HAS_PLAIN_Q && s->n_layer != 26 && s->n_layer != 27)
        gguf_write_u32(w, key_of(s, "attention.q_lora_rank", key), 0);
    if (s->attn_every) {
        uint32_t n = s->n_layer + s->n_nextn;
        gguf_write_array(w, key_of(s, "attention.recurrent_layers", key), GGUF_BOOL, n);
        for (uint32_t i = 0; i < n; i++)
            gguf_put_bool(w, shape_block(s, i) & BLOCK_RECR);
    }
}

static void write_rope(struct gguf_writer *w, const struct shape *s)
{
    char key[KEY_MAX];
    if (s->rope_scaling)
        gguf_write_str(w, key_of(s, "rope.scaling.type", key), s->rope_scaling);
    if (s->no_rope)
        gguf_write_bool(w, key_of(s, "rope.scaling.finetuned", key), false);
    if (s->rope_sections[0]) {
        gguf_write_array(w, key_of(s, "rope.dimension_sections", key), GGUF_I32,
                         COUNT_OF(s->rope_sections));
        for (size_t i = 0; i < COUNT_OF(s->rope_sections); i++)
            gguf_put_i32(w, (int32_t)s->rope_sections[i]);
    }
}

void synth_write_keys(struct gguf_writer *w, const struct shape *s, uint32_t file_type)
{
    char key[KEY_MAX];
    gguf_write_str(w, "general.architecture", s->arch);
    gguf_write_str(w, "general.type", "model");
    gguf_write_str(w, "general.name", s->title);
    gguf_write_str(w, "general.size_label", s->size_label);
    gguf_write_u32(w, "general.file_type", file_type);
    gguf_write_u32(w, "general.quantization_version", QUANTIZATION_VERSION);
    gguf_write_u32(w, key_of(s, "block_count", key), s->n_layer + s->n_nextn);
    if (s->traits & HAS_FF_ARRAY)
        write_per_block(w, s, "feed_forward_length", BLOCK_DENSE | BLOCK_MOE, s->ff_expert);
    else if (s->n_ff || !s->n_expert) /* 0 is written for models without any */
        gguf_write_u32(w, key_of(s, "feed_forward_length", key), s->n_ff);
    write_attention(w, s);
    write_rope(w, s);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        write_row(w, key_of(s, rows[i].key, key), rows[i].kind, (const char *)s + rows[i].field);
    if (s->n_token_types) /* asked for with and without a vocabulary */
        gguf_write_u32(w, "tokenizer.ggml.token_type_count", s->n_token_types);
}
