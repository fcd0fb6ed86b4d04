/* ---- model/model.h: what a model is, read from its header alone.
 *
 * Plain data: hyper-parameters resolved as llama.cpp v0.5.0 resolves them (src/llama-model.cpp:
 * load_hparams), per layer where they differ by layer, and one record per tensor with where
 * llama.cpp will put it.  Sizes in bytes, lengths in tokens or elements. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "model/arch.h"
#include "model/gguf.h"

/* Where a tensor belongs (src/llama-arch.cpp: LLM_TENSOR_INFOS). */
enum tensor_class {
    TENSOR_INPUT,  /* token and position embeddings: always host memory */
    TENSOR_LAYER,  /* follows its layer */
    TENSOR_OUTPUT, /* follows the output layer */
};

struct model_tensor {
    struct str name; /* NUL-terminated, in the arena */
    uint32_t type;   /* enum ggml_type_id */
    uint32_t layer;  /* TENSOR_LAYER: which */
    enum tensor_class class;
    bool expert;     /* a stack of experts: used/total of it is read per token */
    bool per_device; /* RoPE factors: a copy on every device that holds a layer */
    bool skipped;    /* next-token (MTP) part: not loaded unless asked for */
    uint64_t dims[GGUF_MAX_DIMS];
    uint64_t bytes;
};

struct model_layer {
    uint32_t heads, heads_kv;
    uint32_t ff;             /* feed-forward width; 0 in pure MoE layers of some models */
    uint32_t embd_k, embd_v; /* width of a cached K and V row: head size x KV heads */
    bool window;             /* attends only to a sliding window */
    bool recurrent;          /* keeps a recurrent state */
    bool kv;                 /* keeps keys and values */
    uint64_t bytes;          /* weights, experts included */
    uint64_t expert_bytes;   /* of these, stacks of experts */
};

struct model {
    const char *path;   /* as given: the first shard */
    const char **files; /* all shards */
    size_t n_files;
    uint64_t file_bytes; /* sum of the files */
    /* llama-server's words that fetch it, ended by NULL; NULL: it is on this disk. */
    const char *const *fetch;

    const char *name;         /* general.name, or NULL */
    const char *architecture; /* general.architecture */
    const struct arch *arch;  /* NULL: unknown to llama.cpp v0.5.0 */
    const char *quantization; /* "Q4_K_M" by general.file_type, else the type of most bytes */
    int64_t file_type;        /* llama_ftype; -1 unknown */
    const char *synthetic;    /* "ghost" or "random" for files of our own making, else NULL */
    bool chat_template;

    uint64_t parameters, weights_bytes; /* tensors' own, without padding */
    uint32_t n_layer;                   /* without next-token layers */
    uint32_t n_layer_nextn;
    uint32_t n_embd, n_head, n_head_kv; /* of the first attention layer */
    uint32_t head_dim_k, head_dim_v;    /* full-attention layers */
    uint32_t head_dim_k_window, head_dim_v_window;
    uint32_t n_ff, n_ff_expert, n_ff_shared_expert;
    uint32_t n_expert, n_expert_used;
    uint32_t n_vocab, n_ctx_train;
    uint32_t window;           /* sliding window in tokens; 0 none */
    bool mla;                  /* one latent K row per token, no V */
    bool tied_embeddings;      /* no output matrix of its own */
    uint64_t state_r, state_s; /* floats of a recurrent layer's two states, per sequence */
    bool causal;               /* false: embedding models */

    struct model_layer *layers; /* n_layer + n_layer_nextn */
    struct model_tensor *tensors;
    size_t n_tensors;
};

/* Builds the facts from a parsed header (several for a split set, in order).  An unknown
 * architecture is no error: model->arch is NULL and layers carry only their bytes.  A header whose
 * hyper-parameters are missing or absurd is one. */
bool model_from_gguf(struct arena *a, const struct gguf *shards, size_t n_shards, struct model *out,
                     struct err *err);

/* The tailor.model/1 document without "memory", which the planner appends.  New reference. */
json_t *model_to_json(const struct model *m);
/* {"name","path","architecture","quantization","parameters","weights_bytes"} for plans. */
json_t *model_to_short_json(const struct model *m);

#endif
