/* From a GGUF header to the facts of a model. */
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "model/ggml_type.h"

enum {
    MAX_LAYERS = 512,    /* LLAMA_MAX_LAYERS */
    MAX_WIDTH = 1 << 24, /* any width, head count or expert count beyond is a mistake */
    MAX_EXPERTS = 1024,  /* LLAMA_MAX_EXPERTS */
    MAX_CONTEXT = INT32_MAX,
    KDA_CONV_DEFAULT = 4, /* llama_hparams::n_embd_r when ssm.conv_kernel is missing */
    TOKEN_SHIFTS = 2,     /* llama_hparams::token_shift_count */
    FULL_ATTENTION_INTERVAL = 4,
    FILE_TYPE_GUESSED = 1024, /* LLAMA_FTYPE_GUESSED, a flag */
};

/* ---- keys of one architecture ---- */

struct keys {
    const struct gguf *g; /* the first shard holds all keys */
    const char *arch;
    struct err *err;
    bool failed;
};

static const struct gguf_kv *find(const struct keys *k, const char *name)
{
    char key[160];
    snprintf(key, sizeof(key), "%s.%s", k->arch, name);
    return gguf_find(k->g, key);
}

static void refuse(struct keys *k, const char *name, const char *why)
{
    if (!k->failed)
        err_set(k->err, ERR_FAILED, "the key \"%s.%s\" %s", k->arch, name, why);
    k->failed = true;
}

/* An optional whole number up to max; the fallback when missing. */
static uint32_t number(struct keys *k, const char *name, uint32_t fallback, uint32_t max)
{
    const struct gguf_kv *kv = find(k, name);
    uint64_t v = fallback;
    if (!kv)
        return fallback;
    if (kv->count == 0 || !gguf_element_u64(kv, 0, &v) || v > max) {
        refuse(k, name, "is not a sensible number");
        return fallback;
    }
    return (uint32_t)v;
}

static uint32_t required(struct keys *k, const char *name, uint32_t max)
{
    if (!find(k, name))
        refuse(k, name, "is missing");
    return number(k, name, 0, max);
}

/* A scalar for all layers, or one number for each: calls put(layer, value). */
static void per_layer(struct keys *k, const char *name, struct model *m, size_t offset)
{
    const struct gguf_kv *kv = find(k, name);
    uint32_t n = m->n_layer + m->n_layer_nextn;
    if (!kv)
        return;
    bool array = kv->type == GGUF_ARRAY;
    if (array && kv->count < n) {
        refuse(k, name, "has fewer entries than the model has layers");
        return;
    }
    for (uint32_t il = 0; il < n; il++) {
        uint64_t v = 0;
        if (!gguf_element_u64(kv, array ? il : 0, &v) || v > MAX_WIDTH) {
            refuse(k, name, "is not a sensible number");
            return;
        }
        *(uint32_t *)(void *)((char *)&m->layers[il] + offset) = (uint32_t)v;
    }
}

#define PER_LAYER(k, name, m, field) per_layer(k, name, m, offsetof(struct model_layer, field))

/* ---- hyper-parameters ---- */

/* The sliding-window pattern, by the file's own or by the row's period
 * (llama_model_base::load_swa_pattern, llama_hparams::set_swa_pattern). */
static void set_windows(struct keys *k, struct model *m)
{
    const struct arch *arch = m->arch;
    const struct gguf_kv *pattern = find(k, "attention.sliding_window_pattern");
    uint32_t window = number(k, "attention.sliding_window", arch->swa_window, MAX_CONTEXT);
    bool has_key = find(k, "attention.sliding_window") != NULL;
    if (arch->swa_period == 0 || (arch->swa_only_layers && arch->swa_only_layers != m->n_layer))
        return;
    if ((arch->swa_if_key && !has_key) || (has_key && window == 0))
        return;
    m->window = arch->swa_window_fixed ? arch->swa_window : window;
    if (m->window == 0) {
        refuse(k, "attention.sliding_window", "is missing");
        return;
    }
    uint64_t period = arch->swa_period;
    bool by_array = pattern && pattern->type == GGUF_ARRAY && arch->swa_period != SWA_ALL_ATTENTION;
    if (arch->swa_period == SWA_BY_ARRAY && (!by_array || pattern->count < m->n_layer))
        refuse(k, "attention.sliding_window_pattern", "does not say which layers have a window");
    else if (pattern && !by_array && arch->swa_period < SWA_ALL_ATTENTION)
        gguf_element_u64(pattern, 0, &period);
    for (uint32_t il = 0; il < m->n_layer && !k->failed; il++) {
        uint64_t on = 0;
        if (arch->swa_period == SWA_ALL_ATTENTION)
            on = !m->layers[il].recurrent;
        else if (by_array)
            gguf_element_u64(pattern, il, &on);
        else if (period == 0)
            on = 1;
        else if (arch->swa_dense_first)
            on = il % period != 0;
        else
            on = il % period < period - 1;
        m->layers[il].window = on != 0;
    }
}

static bool is_recurrent(struct keys *k, const struct model *m, uint32_t il)
{
    const struct model_layer *layer = &m->layers[il];
    switch (m->arch->recurrent) {
    case RECURRENT_NO_KV_HEADS:
        return layer->heads_kv == 0;
    case RECURRENT_NEMOTRON:
        return layer->heads_kv == 0 && layer->ff == 0;
    case RECURRENT_BOTH:
        return true;
    case RECURRENT_INTERVAL:
        break;
    }
    const struct gguf_kv *list = find(k, "attention.recurrent_layers");
    uint64_t v = 0;
    if (list && gguf_element_u64(list, list->type == GGUF_ARRAY ? il : 0, &v))
        return v != 0;
    uint32_t interval = number(k, "full_attention_interval", FULL_ATTENTION_INTERVAL, MAX_LAYERS);
    return interval == 0 || (il + 1) % interval != 0;
}

/* Which layers keep KV, which a state (llama_model::create_memory). */
static void set_caches(struct keys *k, struct model *m)
{
    const struct arch *arch = m->arch;
    uint32_t n = m->n_layer, with_kv = n;
    if (arch->kv_first_layers && arch->kv_first_layers < n)
        with_kv = arch->kv_first_layers;
    if (arch->kv_shared_key) {
        uint32_t shared = number(k, "attention.shared_kv_layers", 0, MAX_LAYERS);
        with_kv = shared < n ? n - shared : 0;
    }
    for (uint32_t il = 0; il < n; il++) {
        struct model_layer *layer = &m->layers[il];
        if (arch->kv == KV_RECURRENT) {
            layer->recurrent = true;
        } else if (arch->kv == KV_HYBRID) {
            layer->recurrent = is_recurrent(k, m, il);
            layer->kv = arch->recurrent == RECURRENT_BOTH || !layer->recurrent;
            if (arch->recurrent == RECURRENT_NEMOTRON && layer->ff != 0)
                layer->kv = false;
        } else if (arch->kv == KV_ATTENTION || arch->kv == KV_ORACLE) {
            layer->kv = il < with_kv;
        }
    }
}

/* Floats of the two recurrent states of a layer (llama_hparams::n_embd_r and n_embd_s). */
static void set_state(struct keys *k, struct model *m)
{
    uint64_t conv = number(k, "ssm.conv_kernel", 0, MAX_WIDTH);
    uint64_t inner = number(k, "ssm.inner_size", 0, MAX_WIDTH);
    uint64_t state = number(k, "ssm.state_size", 0, MAX_WIDTH);
    uint64_t groups = number(k, "ssm.group_count", 0, MAX_WIDTH);
    uint64_t wkv = number(k, "wkv.head_size", 0, MAX_WIDTH);
    uint64_t shifts = number(k, "token_shift_count", TOKEN_SHIFTS, MAX_WIDTH);
    uint64_t shortconv = number(k, "shortconv.l_cache", 0, MAX_WIDTH);
    uint64_t kda = number(k, "kda.head_dim", 0, MAX_WIDTH);
    uint64_t heads = m->layers[0].heads;
    m->state_s = state * inner;
    if (wkv) {
        m->state_r = shifts * m->n_embd;
        m->state_s = m->n_embd * wkv;
    } else if (shortconv) {
        m->state_r = m->n_embd * (shortconv - 1);
    } else if (kda) {
        m->state_r = units_mul(3 * ((conv ? conv : KDA_CONV_DEFAULT) - 1), heads * kda);
        m->state_s = units_mul(kda * kda, heads);
    } else {
        m->state_r = units_mul(conv ? conv - 1 : 0, inner + 2 * groups * state);
    }
}

static void set_heads(struct keys *k, struct model *m)
{
    PER_LAYER(k, "attention.head_count", m, heads);
    for (uint32_t il = 0; il < m->n_layer + m->n_layer_nextn; il++)
        m->layers[il].heads_kv = m->layers[il].heads;
    PER_LAYER(k, "attention.head_count_kv", m, heads_kv);
    PER_LAYER(k, "feed_forward_length", m, ff);
    /* llama.cpp takes layer 0 for the defaults, also where that layer has no heads */
    uint32_t default_dim = m->layers[0].heads ? m->n_embd / m->layers[0].heads : 0;
    if (m->layers[0].heads) {
        m->head_dim_k = number(k, "attention.key_length", default_dim, MAX_WIDTH);
        m->head_dim_v = number(k, "attention.value_length", default_dim, MAX_WIDTH);
    }
    m->head_dim_k_window = number(k, "attention.key_length_swa", m->head_dim_k, MAX_WIDTH);
    m->head_dim_v_window = number(k, "attention.value_length_swa", m->head_dim_v, MAX_WIDTH);
    m->mla = number(k, "attention.key_length_mla", 0, MAX_WIDTH) != 0 &&
             number(k, "attention.value_length_mla", 0, MAX_WIDTH) != 0;
}

/* Elements of a cached row of K or V. */
static uint32_t row_width(struct keys *k, const struct model_layer *layer, uint32_t head_dim,
                          uint32_t head_dim_window)
{
    uint64_t width = (uint64_t)layer->heads_kv * (layer->window ? head_dim_window : head_dim);
    if (width <= MAX_WIDTH)
        return (uint32_t)width;
    refuse(k, "attention.key_length", "makes heads of an absurd size");
    return 0;
}

/* What a reader means by "heads" where layers differ: those of the first layer that attends. */
static void set_summary(struct keys *k, struct model *m)
{
    for (uint32_t il = 0; il < m->n_layer; il++) {
        struct model_layer *layer = &m->layers[il];
        layer->embd_k = row_width(k, layer, m->head_dim_k, m->head_dim_k_window);
        layer->embd_v = m->mla ? 0 : row_width(k, layer, m->head_dim_v, m->head_dim_v_window);
        if (layer->heads_kv && !m->n_head_kv) {
            m->n_head = layer->heads;
            m->n_head_kv = layer->heads_kv;
        }
        if (layer->ff > m->n_ff)
            m->n_ff = layer->ff;
    }
}

static bool read_hparams(struct arena *a, struct keys *k, struct model *m)
{
    uint64_t causal = 1;
    const struct gguf_kv *kv = find(k, "attention.causal");
    if (kv)
        gguf_element_u64(kv, 0, &causal);
    m->causal = causal != 0 && m->arch->kv != KV_ABSENT;
    m->n_ctx_train = required(k, "context_length", MAX_CONTEXT);
    m->n_embd = required(k, "embedding_length", MAX_WIDTH);
    uint32_t all = required(k, "block_count", MAX_LAYERS);
    m->n_layer_nextn = number(k, "nextn_predict_layers", 0, MAX_LAYERS);
    if (!k->failed && (all == 0 || m->n_layer_nextn >= all))
        refuse(k, "block_count", "is not a sensible number");
    if (k->failed)
        return false;
    m->n_layer = all - m->n_layer_nextn;
    m->layers = arena_array(a, all, sizeof(*m->layers));
    m->n_expert = number(k, "expert_count", 0, MAX_EXPERTS);
    m->n_expert_used = number(k, "expert_used_count", 0, MAX_EXPERTS);
    m->n_ff_expert = number(k, "expert_feed_forward_length", 0, MAX_WIDTH);
    m->n_ff_shared_expert = number(k, "expert_shared_feed_forward_length", 0, MAX_WIDTH);
    if (!k->failed && m->n_expert_used > m->n_expert)
        refuse(k, "expert_used_count", "is larger than the number of experts");
    set_heads(k, m);
    set_caches(k, m);
    set_windows(k, m);
    set_state(k, m);
    set_summary(k, m);
    return !k->failed;
}

/* ---- tensors ---- */

static const char *const input_tensors[] = {
    "token_embd", "position_embd", "token_types", "per_layer_token_embd", "hrm_z_l_init",
};
static const char *const output_tensors[] = {
    "output",
    "output_norm",
    "token_embd_norm_out",
    "cls",
    "cls.output",
    "cls.norm",
    "dense_2",
    "dense_3",
    "dec.output_norm",
    "enc.output_norm",
    "altup_proj",
    "altup_unembd_proj",
};

static bool stem_in(struct str name, const char *const *list, size_t n)
{
    struct str stem = name;
    for (size_t i = name.n; i-- > 0;)
        if (name.p[i] == '.') {
            stem.n = i;
            break;
        }
    for (size_t i = 0; i < n; i++)
        if (str_eq(stem, list[i]))
            return true;
    return false;
}

/* common/common.h: LLM_FFN_EXPS_REGEX, what --cpu-moe moves. */
static bool is_expert(struct str name)
{
    static const char *const kinds[] = {
        ".ffn_up_exps",   ".ffn_down_exps",   ".ffn_gate_exps",   ".ffn_gate_up_exps",
        ".ffn_up_chexps", ".ffn_down_chexps", ".ffn_gate_chexps", ".ffn_gate_up_chexps",
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strstr(name.p, kinds[i]))
            return true;
    return false;
}

/* The number in "blk.N."; false for a tensor outside the layers. */
static bool layer_of(struct str name, uint32_t *layer)
{
    unsigned long long v;
    struct str rest = name, part;
    if (!str_starts(name, "blk.") || !str_cut(&rest, '.', &part) || !str_cut(&rest, '.', &part) ||
        !rest.p || !str_u64(part, &v) || v >= MAX_LAYERS)
        return false;
    *layer = (uint32_t)v;
    return true;
}

/* LLM_TENSOR_OUTPUT_NORM_LFM2: its files name the output's norm so. */
static bool is_lfm2_output_norm(struct str name, const struct model *m)
{
    return str_eq(name, "token_embd_norm.weight") && cstr_starts(m->architecture, "lfm2");
}

static void classify(struct model_tensor *t, struct model *m)
{
    uint32_t n = m->n_layer + m->n_layer_nextn;
    if (layer_of(t->name, &t->layer) && t->layer < n) {
        t->class = TENSOR_LAYER;
        t->skipped = t->layer >= m->n_layer;
        t->expert = is_expert(t->name);
        m->layers[t->layer].bytes += t->bytes;
        m->layers[t->layer].expert_bytes += t->expert ? t->bytes : 0;
    } else if (stem_in(t->name, input_tensors, COUNT_OF(input_tensors))) {
        t->class = TENSOR_INPUT;
    } else if (stem_in(t->name, output_tensors, COUNT_OF(output_tensors)) ||
               is_lfm2_output_norm(t->name, m)) {
        t->class = TENSOR_OUTPUT;
    } else {
        t->class = TENSOR_LAYER; /* token_embd_norm and the like follow layer 0 */
        t->layer = 0;
        t->per_device = str_starts(t->name, "rope_f");
    }
}

static void read_tensors(struct arena *a, const struct gguf *shards, size_t n_shards,
                         struct model *m)
{
    bool input = false, output = false;
    for (size_t s = 0; s < n_shards; s++)
        m->n_tensors += shards[s].n_tensors;
    m->tensors = arena_array(a, m->n_tensors, sizeof(*m->tensors));
    struct model_tensor *t = m->tensors;
    for (size_t s = 0; s < n_shards; s++) {
        for (size_t i = 0; i < shards[s].n_tensors; i++, t++) {
            const struct gguf_tensor *from = &shards[s].tensors[i];
            t->name = (struct str){str_dup(a, from->name), from->name.n};
            t->type = from->type;
            t->bytes = from->bytes;
            memcpy(t->dims, from->dims, sizeof(t->dims));
            classify(t, m);
            m->weights_bytes = units_add(m->weights_bytes, t->bytes);
            m->parameters =
                units_add(m->parameters, t->dims[0] * t->dims[1] * t->dims[2] * t->dims[3]);
            output = output || str_eq(t->name, "output.weight");
            input = input || str_eq(t->name, "token_embd.weight");
            if (str_eq(t->name, "token_embd.weight") && t->dims[1] <= MAX_CONTEXT)
                m->n_vocab = (uint32_t)t->dims[1];
        }
    }
    m->tied_embeddings = input && !output && m->n_vocab > 0 && m->causal;
}

/* Without an embedding (a vocabulary alone, a draft head), the tokenizer says how many tokens there
 * are. */
static void read_vocab(const struct gguf *g, struct model *m)
{
    const struct gguf_kv *tokens = gguf_find(g, "tokenizer.ggml.tokens");
    if (m->n_vocab == 0 && tokens && tokens->type == GGUF_ARRAY && tokens->count <= MAX_CONTEXT)
        m->n_vocab = (uint32_t)tokens->count;
}

/* ---- the whole ---- */

static const char *type_of_most_bytes(const struct model *m)
{
    uint64_t bytes[TYPE_COUNT] = {0}, most = 0;
    const char *name = NULL;
    for (size_t i = 0; i < m->n_tensors; i++)
        bytes[m->tensors[i].type] += m->tensors[i].bytes;
    for (uint32_t id = 0; id < TYPE_COUNT; id++)
        if (bytes[id] > most) {
            most = bytes[id];
            name = ggml_type_get(id)->name;
        }
    return name;
}

static const char *text(struct arena *a, const struct gguf *g, const char *key)
{
    struct str s;
    return gguf_str(g, key, &s) ? str_dup(a, s) : NULL;
}

static void read_general(struct arena *a, const struct gguf *g, struct model *m)
{
    uint64_t file_type;
    m->name = text(a, g, "general.name");
    m->synthetic = text(a, g, "tailor.synthetic");
    m->chat_template = gguf_find(g, "tokenizer.chat_template") != NULL;
    m->file_type = -1;
    if (gguf_u64(g, "general.file_type", &file_type) && file_type / 2 < FILE_TYPE_GUESSED)
        m->file_type = (int64_t)(file_type & ~(uint64_t)FILE_TYPE_GUESSED);
}

bool model_from_gguf(struct arena *a, const struct gguf *shards, size_t n_shards, struct model *out,
                     struct err *err)
{
    struct model m = {0};
    struct str arch;
    if (!gguf_str(&shards[0], "general.architecture", &arch) || arch.n == 0 || arch.n > 64) {
        err_set(err, ERR_FAILED, "the header does not name an architecture");
        return err_hint(err, "this is not a language model that llama.cpp can load");
    }
    m.architecture = str_dup(a, arch);
    m.arch = arch_find(arch);
    read_general(a, &shards[0], &m);
    struct keys keys = {.g = &shards[0], .arch = m.architecture, .err = err};
    if (m.arch && m.arch->kv == KV_ORACLE && str_eq(arch, "clip"))
        m.arch = NULL; /* a projector: no language model, no layers */
    if (m.arch && !read_hparams(a, &keys, &m))
        return err_hint(err, "the file is damaged, or made by a converter of another program");
    read_tensors(a, shards, n_shards, &m);
    read_vocab(&shards[0], &m);
    const char *by_file_type = m.file_type >= 0 ? file_type_name((uint32_t)m.file_type) : NULL;
    m.quantization = by_file_type ? by_file_type : type_of_most_bytes(&m);
    *out = m;
    return true;
}
