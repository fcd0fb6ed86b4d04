/* llama-quantize's choice of types as one table of rules; see the header for their source. */
#include "model/quant_choice.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/ggml_type.h"

/* ---- roles of tensors ---- */

enum role {
    OTHER,
    OUTPUT, /* output.weight, and token_embd.weight where it is the output too */
    EMBED,
    ATTN_Q,
    ATTN_K,
    ATTN_V, /* also fused QKV and MLA's kv_b */
    ATTN_OUT,
    FFN_UP,
    FFN_GATE,
    FFN_DOWN,
    ANY,
    ROLE_COUNT
};

static const struct {
    const char *part;
    enum role role;
} roles[] = {
    {"attn_qkv.weight", ATTN_V},      {"attn_kv_b.weight", ATTN_V}, {"attn_v.weight", ATTN_V},
    {"attn_k.weight", ATTN_K},        {"attn_q.weight", ATTN_Q},    {"ffn_up", FFN_UP},
    {"attn_output.weight", ATTN_OUT}, {"ffn_gate", FFN_GATE},       {"ffn_down", FFN_DOWN},
};

/* Names that are never quantized. */
static const char *const kept_names[] = {"position_embd.weight", "token_types.weight"};
static const char *const kept_parts[] = {
    "_norm.weight",
    "ffn_gate_inp.weight",
    "ffn_gate_tid2eid.weight",
    "altup",
    "laurel",
    "per_layer_model_proj",
    "ssm_conv1d",
    "shortconv.conv.weight",
    "indexer.k_proj.weight",
    "indexer.q_proj.weight",
    "time_mix_first.weight",
    "time_mix_w0.weight",
    "time_mix_w1.weight",
    "time_mix_w2.weight",
    "time_mix_v0.weight",
    "time_mix_v1.weight",
    "time_mix_v2.weight",
    "time_mix_a0.weight",
    "time_mix_a1.weight",
    "time_mix_a2.weight",
    "time_mix_g1.weight",
    "time_mix_g2.weight",
    "time_mix_decay_w1.weight",
    "time_mix_decay_w2.weight",
    "attn_rel_b.weight",
    "time_mix_lerp_fused.weight",
};

/* ---- the rules ---- */

enum when {
    ALWAYS,
    WIDTH_ODD,       /* rows are no multiple of the default type's block */
    IS_3D,           /* a stack of expert (or MLA head) matrices */
    GQA_4,           /* at least 4 heads share a KV head */
    GQA_4_EXPERTS_4, /* ... or there are at least 4 experts */
    EXPERTS_8,       /* exactly 8: Mixtral */
    FIRST_2,         /* of its role, in file order */
    FIRST_4,         /* */
    COUNTED_8TH,     /* first eighth in file order */
    FIRST_8TH,       /* first eighth of the blocks */
    FIRST_16TH,      /* */
    MIDDLE,          /* neither in the first nor in the last eighth */
    MORE_BITS,       /* use_more_bits: first and last eighth and every third between */
    EXPERTS_8_BITS,  /* EXPERTS_8 and MORE_BITS */
};

enum { DEFAULT = TYPE_COUNT }; /* the file type's own */

#define F(name) ((uint64_t)1 << FILE_##name)
#define ALL (~(uint64_t)0)
#define IQ2_SM (F(IQ2_S) | F(IQ2_M))
#define IQ1 (F(IQ1_S) | F(IQ1_M))
#define LOW (F(IQ2_XXS) | F(IQ2_XS) | IQ2_SM | IQ1) /* a branch of their own in llama.cpp */
#define IQ4 (F(IQ4_NL) | F(IQ4_XS))
#define MIXTRAL_Q5_K                                                                               \
    (F(Q2_K) | F(IQ3_XS) | F(IQ3_XXS) | F(Q3_K_S) | F(Q3_K_M) | F(Q4_K_S) | F(Q4_K_M) | F(IQ3_S) | \
     F(IQ3_M) | IQ4)

/* The first row that fits decides. */
static const struct rule {
    enum role role;
    uint64_t files;
    enum when when;
    uint32_t type;
} rules[] = {
    {OUTPUT, F(MXFP4), ALWAYS, TYPE_Q8_0},
    {OUTPUT, ALL, WIDTH_ODD, TYPE_Q8_0},
    {OUTPUT, LOW | F(IQ3_XXS), ALWAYS, TYPE_Q5_K},
    {OUTPUT, F(Q8_0), ALWAYS, TYPE_Q8_0},
    {OUTPUT, ALL, ALWAYS, TYPE_Q6_K},

    {ANY, F(MXFP4), IS_3D, TYPE_MXFP4},
    {ANY, F(MXFP4), ALWAYS, TYPE_Q8_0},

    {EMBED, F(IQ2_XXS) | F(IQ2_XS) | IQ1, ALWAYS, TYPE_Q2_K},
    {EMBED, IQ2_SM | F(IQ3_XXS), ALWAYS, TYPE_IQ3_S},
    {EMBED, F(TQ1_0) | F(TQ2_0) | F(Q2_0), ALWAYS, TYPE_Q4_K},

    {ATTN_Q, F(IQ3_XS), ALWAYS, TYPE_IQ3_XXS},
    {ATTN_Q, F(IQ3_XXS), ALWAYS, TYPE_IQ2_S},

    {ATTN_K, LOW, EXPERTS_8, TYPE_Q4_K},
    {ATTN_K, ALL, EXPERTS_8, TYPE_Q8_0},
    {ATTN_K, F(IQ3_XS), ALWAYS, TYPE_IQ3_XXS},
    {ATTN_K, F(IQ3_XXS), ALWAYS, TYPE_IQ2_S},

    {ATTN_V, LOW, GQA_4_EXPERTS_4, TYPE_Q4_K},
    {ATTN_V, IQ2_SM, ALWAYS, TYPE_IQ3_S},
    {ATTN_V, LOW, ALWAYS, TYPE_Q2_K},
    {ATTN_V, ALL, EXPERTS_8, TYPE_Q8_0},
    {ATTN_V, F(Q2_K) | F(Q2_K_S) | F(IQ3_XXS) | F(IQ3_XS) | F(IQ3_S), GQA_4, TYPE_Q4_K},
    {ATTN_V, F(Q2_K), ALWAYS, TYPE_Q3_K},
    {ATTN_V, F(IQ3_XXS), ALWAYS, TYPE_IQ3_S},
    {ATTN_V, F(IQ3_M), ALWAYS, TYPE_Q4_K},
    {ATTN_V, F(Q3_K_M), FIRST_2, TYPE_Q5_K},
    {ATTN_V, F(Q3_K_M), ALWAYS, TYPE_Q4_K},
    {ATTN_V, F(Q3_K_L), ALWAYS, TYPE_Q5_K},
    {ATTN_V, IQ4, GQA_4, TYPE_Q5_K},
    {ATTN_V, F(Q4_K_M) | F(Q5_K_M), MORE_BITS, TYPE_Q6_K},
    {ATTN_V, F(Q4_K_S), FIRST_4, TYPE_Q5_K},

    {FFN_DOWN, IQ2_SM, COUNTED_8TH, TYPE_IQ3_S},
    {FFN_DOWN, LOW, COUNTED_8TH, TYPE_Q2_K},
    {FFN_DOWN, F(Q2_K), ALWAYS, TYPE_Q3_K},
    {FFN_DOWN, F(Q2_K_S) | F(IQ3_XXS) | F(IQ3_M), FIRST_8TH, TYPE_Q4_K},
    {FFN_DOWN, F(IQ3_XXS), ALWAYS, TYPE_Q3_K},
    {FFN_DOWN, F(IQ3_M), EXPERTS_8_BITS, TYPE_Q4_K},
    {FFN_DOWN, F(Q3_K_M), FIRST_16TH, TYPE_Q5_K},
    {FFN_DOWN, F(Q3_K_M), ALWAYS, TYPE_Q4_K},
    {FFN_DOWN, F(Q3_K_L), ALWAYS, TYPE_Q5_K},
    {FFN_DOWN, F(Q4_K_M) | F(Q5_K_M), MORE_BITS, TYPE_Q6_K},
    {FFN_DOWN, F(Q4_K_S) | IQ4, FIRST_8TH, TYPE_Q5_K},

    {ATTN_OUT, LOW | MIXTRAL_Q5_K, EXPERTS_8, TYPE_Q5_K},
    {ATTN_OUT, ALL, EXPERTS_8, DEFAULT},
    {ATTN_OUT, IQ1, ALWAYS, TYPE_IQ2_XXS},
    {ATTN_OUT, IQ2_SM | F(IQ3_XXS), ALWAYS, TYPE_IQ3_S},
    {ATTN_OUT, F(Q2_K), ALWAYS, TYPE_Q3_K},
    {ATTN_OUT, F(Q3_K_M) | F(IQ3_M), ALWAYS, TYPE_Q4_K},
    {ATTN_OUT, F(Q3_K_L), ALWAYS, TYPE_Q5_K},

    {FFN_GATE, F(IQ3_XS), MIDDLE, TYPE_IQ3_XXS},
    {FFN_UP, F(IQ3_XS), MIDDLE, TYPE_IQ3_XXS},
};

/* Where a row does not divide into blocks: the nearest type with blocks of 32, else F16. */
static const struct {
    uint32_t from, to;
} fallbacks[] = {
    {TYPE_IQ1_S, TYPE_IQ4_NL},  {TYPE_IQ1_M, TYPE_IQ4_NL},  {TYPE_IQ2_XXS, TYPE_IQ4_NL},
    {TYPE_IQ2_XS, TYPE_IQ4_NL}, {TYPE_IQ2_S, TYPE_IQ4_NL},  {TYPE_IQ3_XXS, TYPE_IQ4_NL},
    {TYPE_IQ3_S, TYPE_IQ4_NL},  {TYPE_IQ4_XS, TYPE_IQ4_NL}, {TYPE_Q2_0, TYPE_Q4_0},
    {TYPE_Q2_K, TYPE_Q4_0},     {TYPE_Q3_K, TYPE_Q4_0},     {TYPE_TQ1_0, TYPE_Q4_0},
    {TYPE_TQ2_0, TYPE_Q4_0},    {TYPE_Q4_K, TYPE_Q5_0},     {TYPE_Q5_K, TYPE_Q5_1},
    {TYPE_Q6_K, TYPE_Q8_0},
};

static const struct {
    uint32_t file, type;
} defaults[] = {
    {FILE_F32, TYPE_F32},         {FILE_F16, TYPE_F16},       {FILE_BF16, TYPE_BF16},
    {FILE_Q4_0, TYPE_Q4_0},       {FILE_Q4_1, TYPE_Q4_1},     {FILE_Q5_0, TYPE_Q5_0},
    {FILE_Q5_1, TYPE_Q5_1},       {FILE_Q8_0, TYPE_Q8_0},     {FILE_Q2_K, TYPE_Q2_K},
    {FILE_Q2_K_S, TYPE_Q2_K},     {FILE_Q3_K_S, TYPE_Q3_K},   {FILE_Q3_K_M, TYPE_Q3_K},
    {FILE_Q3_K_L, TYPE_Q3_K},     {FILE_Q4_K_S, TYPE_Q4_K},   {FILE_Q4_K_M, TYPE_Q4_K},
    {FILE_Q5_K_S, TYPE_Q5_K},     {FILE_Q5_K_M, TYPE_Q5_K},   {FILE_Q6_K, TYPE_Q6_K},
    {FILE_IQ1_S, TYPE_IQ1_S},     {FILE_IQ1_M, TYPE_IQ1_M},   {FILE_IQ2_XXS, TYPE_IQ2_XXS},
    {FILE_IQ2_XS, TYPE_IQ2_XS},   {FILE_IQ2_S, TYPE_IQ2_XS},  {FILE_IQ2_M, TYPE_IQ2_S},
    {FILE_IQ3_XXS, TYPE_IQ3_XXS}, {FILE_IQ3_XS, TYPE_IQ3_S},  {FILE_IQ3_S, TYPE_IQ3_S},
    {FILE_IQ3_M, TYPE_IQ3_S},     {FILE_IQ4_NL, TYPE_IQ4_NL}, {FILE_IQ4_XS, TYPE_IQ4_XS},
    {FILE_TQ1_0, TYPE_TQ1_0},     {FILE_TQ2_0, TYPE_TQ2_0},   {FILE_MXFP4, TYPE_MXFP4},
    {FILE_Q2_0, TYPE_Q2_0},
};

/* Models whose engine type is "70B": 8 heads share a small attn_v, which then gets more bits.
 * src/models/{llama,qwen2}.cpp. */
static bool is_70b(const struct quant_model *m)
{
    if (m->n_layer != 80)
        return false;
    return strcmp(m->arch, "qwen2") == 0 ||
           (strcmp(m->arch, "llama") == 0 && m->n_head != m->n_head_kv);
}

/* ---- applying them ---- */

struct state {
    const struct quant_model *model;
    uint32_t file_type, default_type;
    uint32_t seen[ROLE_COUNT], total_v;
    bool tied; /* the embedding is the output too */
};

struct place {
    uint32_t at, of; /* of its role: file order for attn_v, blocks for the feed-forward */
    uint32_t counted;
    bool is_3d, width_odd;
};

static enum role role_of(const char *name, bool tied)
{
    if (strcmp(name, "output.weight") == 0)
        return OUTPUT;
    if (strcmp(name, "token_embd.weight") == 0 || strcmp(name, "per_layer_token_embd.weight") == 0)
        return tied ? OUTPUT : EMBED;
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strstr(name, roles[i].part))
            return roles[i].role;
    return OTHER;
}

/* Block number of "blk.N.", -1 for tensors outside of blocks. */
static int block_of(const char *name)
{
    if (strncmp(name, "blk.", 4) != 0)
        return -1;
    int n = 0;
    for (const char *p = name + 4; *p >= '0' && *p <= '9' && n < 1000000; p++)
        n = n * 10 + (*p - '0');
    return n;
}

static bool more_bits(uint32_t at, uint32_t of)
{
    return at < of / 8 || at >= 7 * of / 8 || (at - of / 8) % 3 == 2;
}

static bool holds(enum when when, const struct quant_model *m, const struct place *p)
{
    bool gqa_4 = m->n_head_kv && m->n_head / m->n_head_kv >= 4;
    const bool answers[] = {
        [ALWAYS] = true,
        [WIDTH_ODD] = p->width_odd,
        [IS_3D] = p->is_3d,
        [GQA_4] = gqa_4,
        [GQA_4_EXPERTS_4] = gqa_4 || m->n_expert >= 4,
        [EXPERTS_8] = m->n_expert == 8,
        [FIRST_2] = p->at < 2,
        [FIRST_4] = p->at < 4,
        [COUNTED_8TH] = p->counted < p->of / 8,
        [FIRST_8TH] = p->at < p->of / 8,
        [FIRST_16TH] = p->at < p->of / 16,
        [MIDDLE] = p->at >= p->of / 8 && p->at < 7 * p->of / 8,
        [MORE_BITS] = more_bits(p->at, p->of),
        [EXPERTS_8_BITS] = m->n_expert == 8 && more_bits(p->at, p->of),
    };
    return answers[when];
}

static struct place place_of(const struct state *s, const struct quant_tensor *t, enum role role)
{
    struct place p = {.counted = s->seen[role], .at = s->seen[role], .of = s->model->n_layer};
    if (role == ATTN_V)
        p.of = s->total_v;
    else if (s->model->n_expert > 1) /* several per block: the block's number decides */
        p.at = (uint32_t)block_of(t->name);
    p.is_3d = t->ne[2] > 1;
    p.width_odd = t->ne[0] % ggml_type_get(s->default_type)->block_elems != 0;
    return p;
}

static uint32_t by_rules(const struct state *s, const struct quant_tensor *t, enum role role)
{
    struct place place = place_of(s, t, role);
    uint64_t file = (uint64_t)1 << s->file_type;
    uint32_t type = s->default_type;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule *r = &rules[i];
        if ((r->role == role || r->role == ANY) && (r->files & file) &&
            holds(r->when, s->model, &place)) {
            if (r->type != DEFAULT)
                type = r->type;
            break;
        }
    }
    bool bump = role == ATTN_V && !(file & (LOW | F(MXFP4))) && is_70b(s->model);
    if (bump && (type == TYPE_Q3_K || type == TYPE_Q4_K))
        type = TYPE_Q5_K;
    return type;
}

static uint32_t with_fallback(uint32_t type, uint64_t width)
{
    if (width % ggml_type_get(type)->block_elems == 0)
        return type;
    for (size_t i = 0; i < COUNT_OF(fallbacks); i++)
        if (fallbacks[i].from == type && width % ggml_type_get(fallbacks[i].to)->block_elems == 0)
            return fallbacks[i].to;
    return TYPE_F16;
}

uint32_t quant_default_type(uint32_t file_type)
{
    for (size_t i = 0; i < COUNT_OF(defaults); i++)
        if (defaults[i].file == file_type)
            return defaults[i].type;
    return TYPE_COUNT;
}

bool quant_allowed(const struct quant_tensor *tensor)
{
    if (tensor->ne[1] <= 1 && tensor->ne[2] <= 1 && tensor->ne[3] <= 1)
        return false;
    if (!cstr_ends(tensor->name, "weight"))
        return false;
    for (size_t i = 0; i < COUNT_OF(kept_names); i++)
        if (strcmp(tensor->name, kept_names[i]) == 0)
            return false;
    for (size_t i = 0; i < COUNT_OF(kept_parts); i++)
        if (strstr(tensor->name, kept_parts[i]))
            return false;
    return true;
}

int quant_order(const char *a, const char *b)
{
    int block_a = block_of(a), block_b = block_of(b);
    if (block_a != block_b)
        return block_a < block_b ? -1 : 1;
    return strcmp(a, b);
}

void quant_choose(const struct quant_model *model, uint32_t file_type, struct quant_tensor *tensors,
                  size_t n)
{
    struct state s = {.model = model,
                      .file_type = file_type,
                      .default_type = quant_default_type(file_type),
                      .tied = true};
    for (size_t i = 0; i < n; i++) {
        enum role role = role_of(tensors[i].name, false);
        s.total_v += role == ATTN_V;
        s.tied = s.tied && role != OUTPUT;
    }
    bool quantized = ggml_type_get(s.default_type)->quantized;
    for (size_t i = 0; i < n; i++) {
        struct quant_tensor *t = &tensors[i];
        t->type = t->source;
        if (!quant_allowed(t))
            continue;
        enum role role = role_of(t->name, s.tied);
        t->type = quantized ? with_fallback(by_rules(&s, t, role), t->ne[0]) : s.default_type;
        s.seen[role]++;
    }
}
