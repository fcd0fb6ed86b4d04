/* Closed forms of the compute buffers.  u: tokens of the ubatch, E: embedding width, F:
 * feed-forward width, H: heads, A: width of all query heads, V: vocabulary, o: rows of logits, c:
 * cells. */
#include "plan/compute.h"

#include "base/units.h"
#include "model/ggml_type.h"
#include "plan/kv.h"

/* What stays beside the feed-forward phase of a dense layer on the CPU. */
enum beside {
    BESIDE_INPUT,  /* the layer's input: width E, or A where they differ; a quantised cache of
                    * equal widths makes room for it */
    BESIDE_ALWAYS, /* the same, whatever the cache */
    BESIDE_NOTHING,
};

/* Where a graph's form was measured, beyond the host and one card with flash attention and F16. */
enum measured {
    SCORES = 1 << 0,  /* on the host without flash attention */
    Q_HOST = 1 << 1,  /* a quantised cache on the host */
    Q_CARDS = 1 << 2, /* the same on cards */
    CARDS = 1 << 3,   /* several cards */
};

/* Graphs whose forms were read off the dry run. */
static const struct graph {
    const char *arch;
    bool moe;
    enum beside beside;
    unsigned measured;
    bool norm_last;        /* norms behind each half: one row goes from card to card, not two */
    bool gateless;         /* of the feed-forward part only "up" and "down" */
    uint32_t experts_used; /* MoE: beside what is inside of them there are 12 rows, measured for so
                            * many; 0: the dense form, or their outputs */
} graphs[] = {
    {"llama", false, BESIDE_INPUT, SCORES | Q_HOST | Q_CARDS | CARDS},
    {"qwen2", false, BESIDE_INPUT, SCORES | Q_HOST | Q_CARDS | CARDS},
    {"qwen3", false, BESIDE_INPUT, SCORES | Q_HOST | Q_CARDS | CARDS},
    {"gemma2", false, BESIDE_INPUT, Q_HOST | Q_CARDS | CARDS},
    {"gemma3", false, BESIDE_INPUT, Q_HOST | Q_CARDS | CARDS},
    {"olmo2", false, BESIDE_ALWAYS, Q_HOST | CARDS, .norm_last = true},
    {"phi3", false, BESIDE_NOTHING, Q_HOST | CARDS},
    {"lfm2", false, BESIDE_NOTHING, Q_HOST | CARDS},
    {"command-r", false, BESIDE_INPUT, CARDS},
    {"bert", false, BESIDE_NOTHING, Q_HOST | Q_CARDS, .gateless = true},
    {"nomic-bert", false, BESIDE_NOTHING, Q_HOST | Q_CARDS},
    {"qwen35", false, BESIDE_NOTHING, Q_HOST | CARDS},
    {"llama", true, BESIDE_INPUT, SCORES | Q_HOST | CARDS},
    {"qwen3moe", true, BESIDE_ALWAYS, SCORES | Q_HOST | CARDS, .experts_used = 8},
};

static const struct graph *find_graph(const struct model *m)
{
    for (size_t i = 0; i < COUNT_OF(graphs); i++)
        if (str_eq(str_from(m->architecture), graphs[i].arch) && graphs[i].moe == (m->n_expert > 0))
            return &graphs[i];
    return NULL;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- phases ---- */

static uint64_t query_width(const struct model *m)
{
    return (uint64_t)m->n_head * m->head_dim_k;
}

static uint64_t experts_inside(const struct model *m)
{
    return 3 * (uint64_t)m->n_expert_used * (m->n_ff_expert ? m->n_ff_expert : m->n_ff);
}

/* Do the outputs of the experts need more than what is inside of them? */
static bool outputs_widest(const struct model *m)
{
    return 2 * (uint64_t)m->n_embd * (m->n_expert_used + 1) > experts_inside(m);
}

/* Dense: gate, up and their product beside the layer's rows, one of which is as wide as the query
 * on a card.  MoE: the same for the experts used, or their outputs, weighted and summed. */
static uint64_t feed_forward(const struct model *m, const struct context *c, const struct graph *g,
                             bool on_host)
{
    uint64_t u = c->n_tokens, e = m->n_embd, k = m->n_expert_used;
    if (m->n_expert == 0 && m->n_ff == 0)
        return (on_host ? 52 : 60) * u * e; /* Mamba: as measured for a 2.7B model */
    if (m->n_expert == 0) {
        uint64_t inside = (g && g->gateless ? 1 : 3) * (uint64_t)m->n_ff;
        uint64_t query = g && g->beside == BESIDE_NOTHING ? 0 : query_width(m);
        return 4 * u * (inside + 2 * e + (on_host ? e : query));
    }
    if (g && g->experts_used)
        return 4 * u * (experts_inside(m) + 12 * e);
    return 4 * u * (outputs_widest(m) ? 2 * k * e + 5 * e : experts_inside(m) + 3 * e);
}

static uint64_t beside_feed_forward(const struct model *m, const struct context *c,
                                    const struct graph *g)
{
    uint64_t e = m->n_embd, a = query_width(m), rows;
    bool squeezed = !c->flash_attn || ggml_type_get(c->type_k)->quantized;
    enum beside beside = g ? g->beside : BESIDE_ALWAYS;
    if (beside == BESIDE_NOTHING)
        return 0;
    if (m->n_expert || beside == BESIDE_ALWAYS || a == e)
        rows = squeezed && beside == BESIDE_INPUT ? 0 : e;
    else if (a >= 2 * e)
        rows = e; /* the query's block is free again and holds two rows */
    else
        rows = squeezed && a < e ? 2 * a : a;
    return 4 * (uint64_t)c->n_tokens * rows;
}

/* Attention without flash attention: the scores of one layer, in F32. */
static uint64_t attention_scores(const struct model *m, const struct context *c)
{
    uint64_t u = c->n_tokens, e = m->n_embd;
    uint64_t a = query_width(m);
    return 4 * units_mul((uint64_t)c->cells_full * u, m->n_head) + 4 * u * (3 * e + 2 * a);
}

static uint64_t logits(const struct model *m, const struct context *c)
{
    uint64_t width = (m->causal ? (uint64_t)m->n_vocab : 0) + m->n_embd;
    return 4 * (uint64_t)c->n_outputs * width;
}

static bool has_cache(const struct model *m)
{
    return !m->arch || (m->arch->kv != KV_ABSENT && m->arch->kv != KV_RECURRENT);
}

/* One mask for each kind of cache: F16 with flash attention, F32 without.  Encoders have one over
 * the ubatch itself. */
static uint64_t masks(const struct model *m, const struct context *c)
{
    uint64_t cells = (uint64_t)c->cells_full + c->cells_window;
    if (!has_cache(m))
        cells = m->arch->kv == KV_ABSENT ? c->n_tokens : 0;
    return (c->flash_attn ? 2 : 4) * cells * c->n_tokens;
}

enum {
    OUTPUT_IDS = 32,
    OFFLOADED_BATCH = 32 /* rows from which a card computes with host weights */
};

/* Tokens, positions, cache indices; a transposed V takes an index for every element. */
static uint64_t inputs(const struct model *m, const struct context *c)
{
    uint64_t u = c->n_tokens, widest = 0;
    for (uint32_t il = 0; il < m->n_layer; il++)
        widest = max_u64(widest, m->layers[il].embd_v);
    uint64_t indices = c->flash_attn ? 8 * u : 8 * u * widest;
    uint64_t caches = c->cells_window ? 2 : 1;
    indices = caches * (units_round_up(8 * u, 32) + units_round_up(indices, 32));
    return units_round_up(4 * u, 32) * 2 + indices + OUTPUT_IDS;
}

/* The largest phase of a graph whose layers all run in one place. */
static uint64_t peak(const struct model *m, const struct context *c, const struct graph *g,
                     bool on_host)
{
    uint64_t ff = feed_forward(m, c, g, on_host) + (on_host ? beside_feed_forward(m, c, g) : 0);
    if (!c->flash_attn)
        ff = max_u64(ff, attention_scores(m, c));
    /* when the logits come, all inputs but the output ids are gone */
    return max_u64(ff + inputs(m, c), logits(m, c) + OUTPUT_IDS);
}

static bool cache_quantized(const struct context *c)
{
    return ggml_type_get(c->type_k)->quantized || ggml_type_get(c->type_v)->quantized;
}

/* GPUs stage a quantised cache of one layer as F16 (fattn.cu: get_alloc_size). */
static uint64_t staging(const struct model *m, const struct context *c)
{
    uint64_t widest = 0;
    if (!c->flash_attn || !cache_quantized(c) || !has_cache(m))
        return 0;
    for (uint32_t il = 0; il < m->n_layer; il++)
        if (m->layers[il].kv)
            widest = max_u64(widest, (uint64_t)m->layers[il].embd_k + m->layers[il].embd_v);
    uint64_t rows = 2 * (query_width(m) + m->n_embd);
    if (m->n_expert) /* the experts' outputs left a hole in front */
        rows += (m->n_expert_used + 1) * (uint64_t)m->n_embd;
    return 4 * (uint64_t)c->n_tokens * rows + 2 * (uint64_t)c->cells_full * widest;
}

/* Hadamard matrices that rotate a quantised cache (llama_kv_cache: attn_rot). */
static uint64_t rotations(const struct model *m, const struct context *c)
{
    uint64_t bytes = 0;
    if (!has_cache(m))
        return 0;
    if (ggml_type_get(c->type_k)->quantized && m->head_dim_k % 64 == 0)
        bytes += 4 * (uint64_t)m->head_dim_k * m->head_dim_k;
    if (ggml_type_get(c->type_v)->quantized && m->head_dim_v % 64 == 0)
        bytes += (uint64_t)4 * 64 * 64;
    return c->cells_window ? 2 * bytes : bytes; /* for each kind of cache */
}

/* The largest stack of experts left on the host: big batches copy it over (op_offload). */
static uint64_t largest_host_weight(const struct model *m, const struct placement *p)
{
    uint64_t largest = 0;
    struct place_map map;
    struct weight_list list = weights_list(p, m);
    placement_map(p, m, &map);
    for (size_t i = 0; i < list.n; i++) {
        const struct weight_part *part = weights_at(&list, m, i);
        if (part->class == TENSOR_LAYER && placement_of_part(p, &map, part) == PLACE_HOST)
            largest = max_u64(largest, part->largest);
    }
    return largest;
}

/* Pipelined ubatches (GGML_SCHED_MAX_COPIES): all inputs four times instead of once, and the rows
 * that one device hands to the next; narrow experts leave a hole for one of them. */
static void add_copies(const struct model *m, const struct context *c, const struct graph *g,
                       uint32_t n_devices, struct compute *out)
{
    uint64_t row = 4 * (uint64_t)c->n_tokens * m->n_embd, handed = g && g->norm_last ? 4 : 8;
    bool narrow = m->n_expert && experts_inside(m) <= 9 * (uint64_t)m->n_embd;
    uint64_t hole = narrow ? row : 0;
    uint64_t copies = 3 * (masks(m, c) + rotations(m, c) + inputs(m, c));
    out->host += copies;
    for (uint32_t i = 0; i < n_devices; i++)
        out->device[i] += copies + (i ? handed : 4) * row - hole;
}

/* Attention of a layer on the host beside a card: big batches copy its cache over, too. */
static uint64_t copied_cache(const struct model *m, const struct context *c)
{
    uint64_t widest = 0;
    for (uint32_t il = 0; il < m->n_layer; il++) {
        uint64_t cells = m->layers[il].window ? c->cells_window : c->cells_full;
        widest = max_u64(widest, units_mul(kv_token_bytes(m, c, il), cells));
    }
    return widest + widest / 2; /* the next layer's keys come while the last ones' are there */
}

/* Big batches of what lies on the host run on the first card (ggml-backend.cpp: op_offload), which
 * copies the weights over.  In hybrid models a second stack of experts finds no hole beside a large
 * mask. */
static uint64_t with_host_weights(const struct model *m, const struct context *c,
                                  const struct placement *p, uint64_t device)
{
    uint64_t weight = largest_host_weight(m, p), mask = masks(m, c);
    bool no_hole = m->n_expert && m->arch && m->arch->kv == KV_HYBRID && 6 * mask > device;
    uint64_t with = device + (no_hole ? 2 : 1) * weight;
    if (p->n_gpu_layers > m->n_layer || !c->flash_attn)
        return with;
    uint64_t rows = 12 * (uint64_t)c->n_tokens * m->n_embd;
    return max_u64(with, mask + copied_cache(m, c) + staging(m, c) + rows);
}

/* Was this graph measured in such a place? */
static bool is_claimed(const struct model *m, const struct context *c, const struct placement *p,
                       const struct graph *g)
{
    bool on_host = p->n_devices == 0 || p->n_gpu_layers == 0;
    uint64_t a = query_width(m), e = m->n_embd;
    if (!g || (g->experts_used && g->experts_used != m->n_expert_used))
        return false;
    if (cache_quantized(c) && !(g->measured & (on_host ? Q_HOST : Q_CARDS)))
        return false;
    if (!c->flash_attn && !(on_host && (g->measured & SCORES) && (g->moe || a == e)))
        return false;
    if (on_host || p->n_devices == 1)
        return on_host || !placement_spills(p, m);
    bool narrow = g->moe || a < 2 * e; /* a wide query's block takes what is handed over */
    return (g->measured & CARDS) && p->pipelined && narrow;
}

void compute_estimate(const struct model *m, const struct context *c, const struct placement *p,
                      struct compute *out)
{
    *out = (struct compute){0};
    const struct graph *g = find_graph(m);
    uint64_t u = c->n_tokens, mask = masks(m, c), rot = rotations(m, c);
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    uint32_t on_gpu = p->n_devices ? p->n_gpu_layers : 0;
    bool all_on_gpu = on_gpu && !placement_spills(p, m);
    bool any_host_layer = on_gpu < slots;
    out->output = 4 * (uint64_t)m->n_vocab * (c->n_outputs > c->slots ? c->n_outputs : c->slots);
    out->claimed = is_claimed(m, c, p, g);
    if (on_gpu == 0) {
        out->host = mask + peak(m, c, g, true) + rot;
        if (p->n_devices && u >= OFFLOADED_BATCH)
            out->device[0] = largest_host_weight(m, p);
        return;
    }
    uint64_t learnt = g && g->gateless ? 4 : 0; /* positions, added to the tokens */
    uint64_t rows = (8 + learnt) * u * m->n_embd + inputs(m, c); /* on their way to the card */
    bool host_computes = any_host_layer && u < OFFLOADED_BATCH;
    out->host = mask + max_u64(host_computes ? peak(m, c, g, true) : 0, rows) + rot;
    uint64_t device = mask + max_u64(peak(m, c, g, false), staging(m, c)) + rot;
    for (uint32_t i = 0; i < p->n_devices; i++)
        out->device[i] = device;
    if (!all_on_gpu && u >= OFFLOADED_BATCH)
        out->device[0] = with_host_weights(m, c, p, device);
    if (p->pipelined)
        add_copies(m, c, g, p->n_devices, out);
}
