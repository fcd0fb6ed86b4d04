/* From a shape to its list of tensors: one row per kind of tensor, with its dimensions as names
 * and the traits it needs.  Source of names and dimensions: llama.cpp v0.5.0 load_arch_tensors
 * (src/models/ARCH.cpp) and what its converter writes. */
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/ggml_type.h"
#include "model/shape.h"

enum dim {
    NONE,
    ONE,
    EMBD,
    EMBD_X2,
    EMBD_X3,
    VOCAB,
    CTX,
    TOKEN_TYPES,
    FF,
    FF_X2,
    HEADS,
    HEAD_K,
    Q,     /* all query heads */
    Q_OUT, /* rows of attn_q: twice as many when it gives a gate too */
    K,
    V,
    QKV,
    ATTN_OUT, /* what attention hands to attn_output */
    Q_LORA,
    KV_LORA,
    KV_LORA_ROT,
    Q_MLA,
    V_MLA,
    HEAD_NOPE,
    HEAD_V_MLA,
    EXPERTS,
    FF_EXPERT,
    FF_SHARED,
    CONV,
    CONV_CHANNELS,
    SSM_IN,
    INNER,
    DT_RANK,
    DT_RANK_X2,
    GROUPS,
    GROUP_WIDTH,
    STATE,
    DELTA_QKV,
    SHORTCONV,
    ROT_HALF,
    DIM_COUNT
};

struct row {
    const char *name; /* behind "blk.N." for blocks */
    enum dim dims[3];
    uint64_t needs; /* all of these */
};

static const struct row model_rows[] = {
    {"token_embd.weight", {EMBD, VOCAB}, 0},
    {"output.weight", {EMBD, VOCAB}, HAS_OUTPUT},
    {"output_norm.weight", {EMBD}, HAS_OUTPUT_NORM},
    {"token_embd_norm.weight", {EMBD}, HAS_EMBED_NORM},
    {"token_embd_norm.bias", {EMBD}, HAS_EMBED_NORM | HAS_BERT},
    {"token_types.weight", {EMBD, TOKEN_TYPES}, HAS_BERT},
    {"position_embd.weight", {EMBD, CTX}, HAS_POSITIONS},
    {"rope_freqs.weight", {ROT_HALF}, HAS_ROPE_FREQS},
};

static const struct row block_rows[] = {
    {"attn_norm.weight", {EMBD}, HAS_ATTN_NORM},
    {"post_attention_norm.weight", {EMBD}, HAS_POST_ATTN_NORM},
    {"post_ffw_norm.weight", {EMBD}, HAS_POST_FFN_NORM},

    /* attention */
    {"attn_q.weight", {EMBD, Q_OUT}, BLOCK_ATTN | HAS_SPLIT_QKV},
    {"attn_k.weight", {EMBD, K}, BLOCK_ATTN | HAS_SPLIT_QKV},
    {"attn_v.weight", {EMBD, V}, BLOCK_ATTN | HAS_SPLIT_QKV},
    {"attn_q.bias", {Q}, BLOCK_ATTN | HAS_SPLIT_QKV | HAS_QKV_BIAS},
    {"attn_k.bias", {K}, BLOCK_ATTN | HAS_SPLIT_QKV | HAS_QKV_BIAS},
    {"attn_v.bias", {V}, BLOCK_ATTN | HAS_SPLIT_QKV | HAS_QKV_BIAS},
    {"attn_qkv.weight", {EMBD, QKV}, BLOCK_ATTN | HAS_FUSED_QKV},
    {"attn_output.weight", {ATTN_OUT, EMBD}, BLOCK_ATTN},
    {"attn_output.bias", {EMBD}, BLOCK_ATTN | HAS_OUT_BIAS},
    {"attn_q_norm.weight", {HEAD_K}, BLOCK_ATTN | HAS_QK_NORM},
    {"attn_k_norm.weight", {HEAD_K}, BLOCK_ATTN | HAS_QK_NORM},
    {"attn_q_norm.weight", {Q}, BLOCK_ATTN | HAS_QK_NORM_WIDE},
    {"attn_k_norm.weight", {K}, BLOCK_ATTN | HAS_QK_NORM_WIDE},
    {"attn_sinks.weight", {HEADS}, BLOCK_ATTN | HAS_SINKS},

    /* multi-head latent attention; kv_b is stored split and k_b transposed */
    {"attn_q.weight", {EMBD, Q_MLA}, BLOCK_ATTN | HAS_MLA | HAS_PLAIN_Q},
    {"attn_q_a.weight", {EMBD, Q_LORA}, BLOCK_ATTN | HAS_MLA | HAS_Q_LORA},
    {"attn_q_a_norm.weight", {Q_LORA}, BLOCK_ATTN | HAS_MLA | HAS_Q_LORA},
    {"attn_q_b.weight", {Q_LORA, Q_MLA}, BLOCK_ATTN | HAS_MLA | HAS_Q_LORA},
    {"attn_kv_a_mqa.weight", {EMBD, KV_LORA_ROT}, BLOCK_ATTN | HAS_MLA},
    {"attn_kv_a_norm.weight", {KV_LORA}, BLOCK_ATTN | HAS_MLA},
    {"attn_k_b.weight", {HEAD_NOPE, KV_LORA, HEADS}, BLOCK_ATTN | HAS_MLA},
    {"attn_v_b.weight", {KV_LORA, HEAD_V_MLA, HEADS}, BLOCK_ATTN | HAS_MLA},

    /* Mamba-2 */
    {"ssm_in.weight", {EMBD, SSM_IN}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_conv1d.weight", {CONV, CONV_CHANNELS}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_conv1d.bias", {CONV_CHANNELS}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_dt.bias", {DT_RANK}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_a", {ONE, DT_RANK}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_d", {ONE, DT_RANK}, BLOCK_RECR | HAS_MAMBA2},
    {"ssm_norm.weight", {GROUP_WIDTH, GROUPS}, BLOCK_RECR | HAS_MAMBA2 | HAS_SSM_NORM},
    {"ssm_out.weight", {INNER, EMBD}, BLOCK_RECR | HAS_MAMBA2},

    /* gated delta net */
    {"attn_qkv.weight", {EMBD, DELTA_QKV}, BLOCK_RECR | HAS_DELTA_NET},
    {"attn_gate.weight", {EMBD, INNER}, BLOCK_RECR | HAS_DELTA_NET},
    {"ssm_conv1d.weight", {CONV, DELTA_QKV}, BLOCK_RECR | HAS_DELTA_NET},
    {"ssm_dt.bias", {DT_RANK}, BLOCK_RECR | HAS_DELTA_NET},
    {"ssm_a", {DT_RANK}, BLOCK_RECR | HAS_DELTA_NET},
    {"ssm_beta.weight", {EMBD, DT_RANK}, BLOCK_RECR | HAS_BETA_ALPHA},
    {"ssm_alpha.weight", {EMBD, DT_RANK}, BLOCK_RECR | HAS_BETA_ALPHA},
    {"ssm_ba.weight", {EMBD, DT_RANK_X2}, BLOCK_RECR | HAS_FUSED_BA},
    {"ssm_norm.weight", {STATE}, BLOCK_RECR | HAS_DELTA_NET},
    {"ssm_out.weight", {INNER, EMBD}, BLOCK_RECR | HAS_DELTA_NET},

    /* short convolution */
    {"shortconv.conv.weight", {SHORTCONV, EMBD}, BLOCK_RECR | HAS_SHORTCONV},
    {"shortconv.in_proj.weight", {EMBD, EMBD_X3}, BLOCK_RECR | HAS_SHORTCONV},
    {"shortconv.out_proj.weight", {EMBD, EMBD}, BLOCK_RECR | HAS_SHORTCONV},

    /* one feed-forward network */
    {"ffn_norm.weight", {EMBD}, HAS_FFN_NORM},
    {"ffn_norm", {EMBD}, HAS_BARE_FFN_NORM},
    {"ffn_gate.weight", {EMBD, FF}, BLOCK_DENSE | HAS_GATE},
    {"ffn_up.weight", {EMBD, FF}, BLOCK_DENSE | HAS_UP},
    {"ffn_up.weight", {EMBD, FF_X2}, BLOCK_DENSE | HAS_FUSED_UP},
    {"ffn_up.bias", {FF}, BLOCK_DENSE | HAS_FFN_BIAS},
    {"ffn_down.weight", {FF, EMBD}, BLOCK_DENSE},
    {"ffn_down.bias", {EMBD}, BLOCK_DENSE | HAS_FFN_BIAS},

    /* experts */
    {"ffn_gate_inp.weight", {EMBD, EXPERTS}, BLOCK_MOE},
    {"exp_probs_b.bias", {EXPERTS}, BLOCK_MOE | HAS_ROUTER_BIAS},
    {"ffn_gate_exps.weight", {EMBD, FF_EXPERT, EXPERTS}, BLOCK_MOE | HAS_GATE},
    {"ffn_up_exps.weight", {EMBD, FF_EXPERT, EXPERTS}, BLOCK_MOE},
    {"ffn_down_exps.weight", {FF_EXPERT, EMBD, EXPERTS}, BLOCK_MOE},
    {"ffn_gate_inp.bias", {EXPERTS}, BLOCK_MOE | HAS_EXPERT_BIAS},
    {"ffn_gate_exps.bias", {FF_EXPERT, EXPERTS}, BLOCK_MOE | HAS_EXPERT_BIAS},
    {"ffn_up_exps.bias", {FF_EXPERT, EXPERTS}, BLOCK_MOE | HAS_EXPERT_BIAS},
    {"ffn_down_exps.bias", {EMBD, EXPERTS}, BLOCK_MOE | HAS_EXPERT_BIAS},
    {"ffn_gate_inp_shexp.weight", {EMBD}, BLOCK_MOE | HAS_SHARED_GATE},
    {"ffn_gate_shexp.weight", {EMBD, FF_SHARED}, BLOCK_MOE | HAS_SHARED | HAS_GATE},
    {"ffn_up_shexp.weight", {EMBD, FF_SHARED}, BLOCK_MOE | HAS_SHARED},
    {"ffn_down_shexp.weight", {FF_SHARED, EMBD}, BLOCK_MOE | HAS_SHARED},

    /* BERT norms come behind each half */
    {"attn_output_norm.weight", {EMBD}, HAS_BERT},
    {"attn_output_norm.bias", {EMBD}, HAS_BERT},
    {"layer_output_norm.weight", {EMBD}, HAS_BERT},
    {"layer_output_norm.bias", {EMBD}, HAS_BERT},

    /* MTP head */
    {"nextn.eh_proj.weight", {EMBD_X2, EMBD}, BLOCK_NEXTN},
    {"nextn.enorm.weight", {EMBD}, BLOCK_NEXTN},
    {"nextn.hnorm.weight", {EMBD}, BLOCK_NEXTN},
    {"nextn.shared_head_norm.weight", {EMBD}, BLOCK_NEXTN},
    {"nextn.embed_tokens.weight", {EMBD, VOCAB}, BLOCK_NEXTN | HAS_NEXTN_HEAD},
    {"nextn.shared_head_head.weight", {EMBD, VOCAB}, BLOCK_NEXTN | HAS_NEXTN_HEAD},
};

/* Letters of shape.blocks. */
static const struct {
    char letter;
    uint64_t mixer;
    bool feed_forward;
} letters[] = {
    {'a', BLOCK_ATTN, true},  {'r', BLOCK_RECR, true},  {'h', BLOCK_ATTN | BLOCK_RECR, true},
    {'A', BLOCK_ATTN, false}, {'R', BLOCK_RECR, false}, {'F', 0, true},
};

/* Tensors that the converter writes as F32 whatever the file type. */
static const char *const f32_parts[] = {"_norm.weight", "ffn_gate_inp.",   "ffn_gate_inp_shexp.",
                                        "ssm_conv1d.",  "shortconv.conv.", "position_embd.",
                                        "token_types."};

uint32_t shape_head_k(const struct shape *s)
{
    return s->head_k ? s->head_k : s->n_head ? s->n_embd / s->n_head : 0;
}

uint32_t shape_head_v(const struct shape *s)
{
    return s->head_v ? s->head_v : shape_head_k(s);
}

uint64_t shape_block(const struct shape *s, uint32_t layer)
{
    bool nextn = layer >= s->n_layer;
    const char *blocks = s->blocks ? s->blocks : "a";
    char letter = nextn ? 'a' : blocks[layer % strlen(blocks)];
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if (letters[i].letter != letter)
            continue;
        uint64_t block = letters[i].mixer | (nextn ? BLOCK_NEXTN : 0);
        if (letters[i].feed_forward)
            block |= s->n_expert && layer >= s->n_dense ? BLOCK_MOE : BLOCK_DENSE;
        return block;
    }
    return 0;
}

uint32_t shape_cover(const struct shape *s)
{
    uint32_t cover = 1;
    for (uint32_t layer = 1; layer < s->n_layer; layer++) {
        bool new_kind = true;
        for (uint32_t before = 0; before < layer && new_kind; before++)
            new_kind = shape_block(s, before) != shape_block(s, layer);
        if (new_kind)
            cover = layer + 1;
    }
    return cover;
}

static void measure(const struct shape *s, uint64_t dims[DIM_COUNT])
{
    uint64_t head_k = shape_head_k(s), head_v = shape_head_v(s);
    uint64_t q = s->n_head * head_k, k = s->n_head_kv * head_k, v = s->n_head_kv * head_v;
    uint64_t state_groups = (uint64_t)s->groups * s->state;
    uint64_t shared = s->ff_shared ? s->ff_shared : (uint64_t)s->ff_expert * s->n_expert_shared;
    bool mla = s->traits & HAS_MLA;
    const uint64_t all[DIM_COUNT] = {
        [ONE] = 1,
        [EMBD] = s->n_embd,
        [EMBD_X2] = 2 * (uint64_t)s->n_embd,
        [EMBD_X3] = 3 * (uint64_t)s->n_embd,
        [VOCAB] = s->n_vocab,
        [CTX] = s->n_ctx,
        [TOKEN_TYPES] = s->n_token_types,
        [FF] = s->n_ff,
        [FF_X2] = 2 * (uint64_t)s->n_ff,
        [HEADS] = s->n_head,
        [HEAD_K] = head_k,
        [Q] = q,
        [Q_OUT] = (s->traits & HAS_Q_GATE) ? 2 * q : q,
        [K] = k,
        [V] = v,
        [QKV] = q + k + v,
        [ATTN_OUT] = s->n_head * (mla ? s->head_v_mla : head_v),
        [Q_LORA] = s->q_lora,
        [KV_LORA] = s->kv_lora,
        [KV_LORA_ROT] = (uint64_t)s->kv_lora + s->n_rot,
        [Q_MLA] = (uint64_t)s->n_head * s->head_k_mla,
        [HEAD_NOPE] = (uint64_t)s->head_k_mla - s->n_rot,
        [HEAD_V_MLA] = s->head_v_mla,
        [EXPERTS] = s->n_expert,
        [FF_EXPERT] = s->ff_expert ? s->ff_expert : s->n_ff,
        [FF_SHARED] = shared,
        [CONV] = s->conv,
        [CONV_CHANNELS] = s->inner + 2 * state_groups,
        [SSM_IN] = 2 * (uint64_t)s->inner + 2 * state_groups + s->dt_rank,
        [INNER] = s->inner,
        [DT_RANK] = s->dt_rank,
        [DT_RANK_X2] = 2 * (uint64_t)s->dt_rank,
        [GROUPS] = s->groups,
        [GROUP_WIDTH] = s->groups ? s->inner / s->groups : 0,
        [STATE] = s->state,
        [DELTA_QKV] = 2 * state_groups + s->inner,
        [SHORTCONV] = s->shortconv,
        [ROT_HALF] = (s->n_rot ? s->n_rot : head_k) / 2,
    };
    memcpy(dims, all, sizeof(all));
}

static uint32_t source_type(const struct shape *s, const struct quant_tensor *t, uint32_t wide)
{
    if (t->ne[1] * t->ne[2] == 1 || !cstr_ends(t->name, ".weight"))
        return TYPE_F32;
    for (size_t i = 0; i < COUNT_OF(f32_parts); i++)
        if (strstr(t->name, f32_parts[i]))
            return TYPE_F32;
    if (s->traits & HAS_FIXED_MXFP4 && strstr(t->name, "_exps."))
        return TYPE_MXFP4;
    return wide;
}

struct tensor_list {
    struct quant_tensor *v;
    size_t n, cap;
};

static void add_rows(struct arena *a, struct tensor_list *list, const struct row *rows, size_t n,
                     uint64_t traits, const char *prefix, const uint64_t *dims)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &rows[i];
        if ((row->needs & traits) != row->needs)
            continue;
        struct quant_tensor *t = VEC_PUSH(a, list);
        t->name = arena_printf(a, "%s%s", prefix, row->name);
        for (size_t d = 0; d < 4; d++)
            t->ne[d] = d < 3 && row->dims[d] != NONE ? dims[row->dims[d]] : 1;
    }
}

static int in_order(const void *a, const void *b)
{
    const struct quant_tensor *left = a, *right = b;
    return strcmp(left->name, right->name);
}

struct quant_tensor *shape_tensors(struct arena *a, const struct shape *s, uint32_t wide, size_t *n)
{
    uint64_t dims[DIM_COUNT];
    struct tensor_list list = {0};
    measure(s, dims);
    add_rows(a, &list, model_rows, COUNT_OF(model_rows), s->traits, "", dims);
    qsort(list.v, list.n, sizeof(*list.v), in_order);
    for (uint32_t layer = 0; layer < s->n_layer + s->n_nextn; layer++) {
        size_t first = list.n;
        add_rows(a, &list, block_rows, COUNT_OF(block_rows), s->traits | shape_block(s, layer),
                 arena_printf(a, "blk.%u.", layer), dims);
        qsort(list.v + first, list.n - first, sizeof(*list.v), in_order);
    }
    for (size_t i = 0; i < list.n; i++)
        list.v[i].source = source_type(s, &list.v[i], wide);
    *n = list.n;
    return list.v;
}
