/* ---- model/shape.h: the catalogue of model shapes.
 *
 * A shape is what a model's config.json says: enough to write the header of its GGUF file, tensor
 * by tensor, without having the model.  One row per model (shape_table.c), one row per kind of
 * tensor (shape_tensors.c) and one per metadata key (synth_keys.c): a new model is a row, a new
 * architecture is a set of traits and the tensors that only it has. */
#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/quant_choice.h"
#include "model/vocab.h"

/* What a block holds; the low bits of the traits of one block. */
#define BLOCK_ATTN ((uint64_t)1 << 0)  /* attention */
#define BLOCK_RECR ((uint64_t)1 << 1)  /* Mamba-2, gated delta net or short convolution */
#define BLOCK_DENSE ((uint64_t)1 << 2) /* one feed-forward network */
#define BLOCK_MOE ((uint64_t)1 << 3)   /* routed experts */
#define BLOCK_NEXTN ((uint64_t)1 << 4) /* MTP head behind the trunk */

/* What an architecture has. */
#define HAS_ATTN_NORM ((uint64_t)1 << 8)
#define HAS_FFN_NORM ((uint64_t)1 << 9)
#define HAS_POST_ATTN_NORM ((uint64_t)1 << 10) /* also the second norm of gpt-oss, GLM, Qwen3.5 */
#define HAS_POST_FFN_NORM ((uint64_t)1 << 11)
#define HAS_SPLIT_QKV ((uint64_t)1 << 12)
#define HAS_FUSED_QKV ((uint64_t)1 << 13)
#define HAS_QKV_BIAS ((uint64_t)1 << 14)
#define HAS_OUT_BIAS ((uint64_t)1 << 15)
#define HAS_QK_NORM ((uint64_t)1 << 16)      /* per head */
#define HAS_QK_NORM_WIDE ((uint64_t)1 << 17) /* over all heads: OLMo 2 */
#define HAS_Q_GATE ((uint64_t)1 << 18)       /* attn_q also gives an output gate */
#define HAS_SINKS ((uint64_t)1 << 19)
#define HAS_MLA ((uint64_t)1 << 20)
#define HAS_PLAIN_Q ((uint64_t)1 << 21) /* MLA without a low-rank query: V2-Lite */
#define HAS_Q_LORA ((uint64_t)1 << 22)
#define HAS_UP ((uint64_t)1 << 23)
#define HAS_FUSED_UP ((uint64_t)1 << 24) /* gate and up in one: Phi-3 */
#define HAS_GATE ((uint64_t)1 << 25)     /* feed-forward and experts are gated */
#define HAS_FFN_BIAS ((uint64_t)1 << 26)
#define HAS_EXPERT_BIAS ((uint64_t)1 << 27)
#define HAS_ROUTER_BIAS ((uint64_t)1 << 28) /* exp_probs_b */
#define HAS_SHARED ((uint64_t)1 << 29)      /* shared expert */
#define HAS_SHARED_GATE ((uint64_t)1 << 30)
#define HAS_MAMBA2 ((uint64_t)1 << 31)
#define HAS_SSM_NORM ((uint64_t)1 << 32)
#define HAS_DELTA_NET ((uint64_t)1 << 33)
#define HAS_BETA_ALPHA ((uint64_t)1 << 34) /* delta net: beta and alpha apart */
#define HAS_FUSED_BA ((uint64_t)1 << 35)   /* ... or in one tensor: Qwen3-Next */
#define HAS_SHORTCONV ((uint64_t)1 << 36)
#define HAS_NEXTN_HEAD ((uint64_t)1 << 37)    /* the MTP head brings its own embeddings: GLM */
#define HAS_BARE_FFN_NORM ((uint64_t)1 << 38) /* written without ".weight": Falcon-H1 */
#define HAS_OUTPUT ((uint64_t)1 << 39)        /* output matrix apart from the embeddings */
#define HAS_OUTPUT_NORM ((uint64_t)1 << 40)
#define HAS_EMBED_NORM ((uint64_t)1 << 41)  /* token_embd_norm: LFM2's output norm, BERT */
#define HAS_BERT ((uint64_t)1 << 42)        /* norms with biases after each half, token types */
#define HAS_POSITIONS ((uint64_t)1 << 43)   /* learnt position embeddings */
#define HAS_ROPE_FREQS ((uint64_t)1 << 44)  /* Llama 3's frequency factors */
#define HAS_KV_ARRAY ((uint64_t)1 << 45)    /* head_count_kv is written per block */
#define HAS_FF_ARRAY ((uint64_t)1 << 46)    /* feed_forward_length is written per block */
#define HAS_FIXED_MXFP4 ((uint64_t)1 << 47) /* experts are MXFP4 in every published file */

/* Zero means: this model does not have it, and its file does not have the key. */
struct shape {
    const char *name; /* as users write it */
    const char *arch; /* general.architecture */
    const char *title, *size_label;
    const char *source; /* whose config.json or GGUF metadata */
    enum vocab_id vocab;
    uint64_t traits; /* beyond those of the architecture; shape_find adds those */
    /* A letter per block, repeated to n_layer; NULL: all 'a'.  a: attention, r: recurrent, h: both,
     * each with a feed-forward part; A, R: without; F: nothing but a feed-forward part. */
    const char *blocks;
    uint32_t n_vocab, n_token_types, n_ctx;
    uint32_t n_layer, n_nextn, n_dense; /* trunk, MTP blocks behind it, leading dense blocks */
    uint32_t n_embd, n_ff;
    uint32_t n_head, n_head_kv;
    uint32_t head_k, head_v; /* 0: n_embd / n_head; head_v 0: as head_k */
    uint32_t head_k_mla, head_v_mla, q_lora, kv_lora;
    uint32_t window; /* sliding window, tokens */
    uint32_t n_expert, n_expert_used, n_expert_shared, ff_expert, ff_shared;
    uint32_t expert_groups, expert_groups_used, gating; /* 1 softmax, 2 sigmoid */
    uint32_t expert_norm;                               /* bool */
    float expert_scale;
    uint32_t conv, inner, state, dt_rank, groups; /* ssm.* */
    uint32_t shortconv;
    uint32_t attn_every; /* full_attention_interval */
    uint32_t n_rot, rope_sections[4];
    float rope_base, rope_base_swa, rope_factor, yarn_log_mul;
    const char *rope_scaling;
    uint32_t rope_orig_ctx;
    uint32_t no_rope;        /* bool: attention without positions */
    float rope_freqs_factor; /* HAS_ROPE_FREQS: how far Llama 3 stretches long waves */
    float rms_eps, norm_eps;
    float attn_scale, embed_scale, residual_scale, logit_scale, attn_softcap, final_softcap;
    uint32_t pooling; /* 1 mean, 2 first token */
};

/* All shapes, sorted by name; traits not completed. */
const struct shape *shape_list(size_t *n);
/* The shape with its architecture's traits; false when there is none of that name, case ignored. */
bool shape_find(const char *name, struct shape *out);

/* The BLOCK_ bits of block `layer` (those >= n_layer are the MTP head). */
uint64_t shape_block(const struct shape *shape, uint32_t layer);
/* The least number of blocks that shows every kind of block the shape has. */
uint32_t shape_cover(const struct shape *shape);

uint32_t shape_head_k(const struct shape *shape);
uint32_t shape_head_v(const struct shape *shape);

/* Every tensor of the model's unquantized file, in quant_order.  Their source types are those of
 * llama.cpp's converter (conversion/base.py: prepare_tensors): `wide` (TYPE_F16, TYPE_BF16 or
 * TYPE_F32) for matrices, F32 for what is small.  type is not filled. */
struct quant_tensor *shape_tensors(struct arena *a, const struct shape *shape, uint32_t wide,
                                   size_t *n);

#endif
