/* Devices x ubatches x contexts, each with the best placement that fits. */
#include "plan/search.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"

enum {
    COMFORTABLE_CTX = 32768, /* per slot: long chats and documents */
    LEAST_CTX = 4096,        /* per slot, where the user asked for nothing */
    MLA_ROPE = 64,           /* of an MLA key: the part that is no value */
};
static const double worth_of_context = 0.15, worth_of_simplicity = 0.05; /* of a turn's time */

/* ---- settings that do not depend on what fits ---- */

static uint32_t slots_of(const struct search *s)
{
    if (settings_has(&s->goal->pinned, SET_PARALLEL))
        return s->goal->pinned.parallel;
    return s->goal->parallel ? s->goal->parallel : 1;
}

static void set_cpu(const struct search *s, struct settings *out)
{
    const struct machine_cpu *cpu = &s->machine->cpu;
    if (cpu->recommended_threads.source) {
        out->threads = (uint32_t)cpu->recommended_threads.v;
        settings_mark(out, SET_THREADS);
    }
    if (cpu->recommended_threads_batch.source) {
        out->threads_batch = (uint32_t)cpu->recommended_threads_batch.v;
        settings_mark(out, SET_THREADS_BATCH);
    }
    if (cpu->numa_nodes.source && cpu->numa_nodes.v > 1) {
        out->numa = NUMA_DISTRIBUTE;
        settings_mark(out, SET_NUMA);
    }
}

/* Flash attention pays wherever the backend has a kernel for the head sizes; the CPU has for all.
 */
static bool wants_flash_attn(const struct search *s, const struct device_set *on)
{
    const struct model *m = s->m;
    uint32_t head_v = m->mla ? m->head_dim_k - MLA_ROPE : m->head_dim_v;
    if (m->arch && m->arch->no_flash_attn)
        return false;
    for (uint32_t i = 0; i < on->n && m->head_dim_k; i++) {
        const char *device = s->machine->gpus.v[on->gpu[i]].engine_device.v;
        if (!backend_flash_attn(backend_find(device), m->head_dim_k, head_v))
            return false;
    }
    return true;
}

struct settings search_base(const struct search *s, const struct device_set *on)
{
    struct settings b = {.n_gpu_layers = on->n ? NGL_ALL : 0,
                         .parallel = slots_of(s),
                         .batch_size = DEFAULT_BATCH,
                         .ubatch_size = DEFAULT_UBATCH,
                         .flash_attn = wants_flash_attn(s, on) ? FA_ON : FA_OFF,
                         .cache_type_k = TYPE_F16,
                         .cache_type_v = TYPE_F16,
                         .split_mode = on->n == 1 ? SPLIT_NONE : SPLIT_LAYER,
                         .load_mode = LOAD_MMAP};
    static const enum setting_id given[] = {
        SET_DEVICE,     SET_N_GPU_LAYERS, SET_CTX_SIZE,   SET_PARALLEL,     SET_KV_UNIFIED,
        SET_BATCH_SIZE, SET_UBATCH_SIZE,  SET_FLASH_ATTN, SET_CACHE_TYPE_K, SET_CACHE_TYPE_V,
        SET_SPLIT_MODE, SET_LOAD_MODE,    SET_CACHE_RAM,  SET_FIT,
    };
    for (size_t i = 0; i < COUNT_OF(given); i++)
        settings_mark(&b, given[i]);
    for (uint32_t i = 0; i < on->n; i++)
        b.device[b.n_device++] = s->machine->gpus.v[on->gpu[i]].engine_device.v;
    if (!s->m->causal) { /* embeddings: an input must fit one ubatch */
        uint32_t train = s->m->n_ctx_train;
        b.batch_size = b.ubatch_size = train && train < DEFAULT_BATCH ? train : DEFAULT_BATCH;
    }
    set_cpu(s, &b);
    b = settings_merge(&b, &s->goal->pinned);
    if (b.parallel == 0) { /* -np -1, as tools/server/server.cpp resolves it */
        b.parallel = SERVER_AUTO_SLOTS;
        b.kv_unified = true;
    }
    return b;
}

/* ---- contexts ---- */

uint32_t search_ctx_per_slot(const struct model *m, const struct settings *s)
{
    struct context c;
    context_resolve(m, s, &c);
    return c.n_ctx_slot;
}

static uint32_t most_ctx(const struct search *s)
{
    uint32_t train = s->m->n_ctx_train ? s->m->n_ctx_train : LEAST_CTX;
    return s->goal->ctx_most && s->goal->ctx_most < train ? s->goal->ctx_most : train;
}

static uint32_t wished_ctx(const struct search *s)
{
    const struct workload *w = s->workload;
    uint64_t wish = (uint64_t)w->depth + w->prompt + w->gen;
    if (wish < COMFORTABLE_CTX)
        wish = COMFORTABLE_CTX;
    if (wish > most_ctx(s))
        wish = most_ctx(s);
    return s->goal->ctx_per_slot > wish ? s->goal->ctx_per_slot : (uint32_t)wish;
}

static uint32_t least_ctx(const struct search *s)
{
    if (s->goal->ctx_per_slot)
        return s->goal->ctx_per_slot;
    return most_ctx(s) < LEAST_CTX ? most_ctx(s) : LEAST_CTX;
}

/* ---- one value at a time ---- */

typedef void setter(const struct search *s, struct settings *b, uint32_t value);

/* Context per slot; split slots add up, a unified pool is shared. */
static void set_ctx_cells(const struct search *s, struct settings *b, uint32_t cells)
{
    (void)s;
    uint64_t slots = b->kv_unified || b->parallel == 0 ? 1 : b->parallel;
    uint64_t total = (uint64_t)cells * CELL_ROUND * slots;
    b->ctx_size = total > INT32_MAX ? INT32_MAX / CELL_ROUND * CELL_ROUND : (uint32_t)total;
}

static uint32_t cells_of(uint32_t ctx)
{
    return (ctx + CELL_ROUND - 1) / CELL_ROUND;
}

static void set_layers(const struct search *s, struct settings *b, uint32_t n)
{
    b->n_gpu_layers = n > s->m->n_layer + s->m->n_layer_nextn ? NGL_ALL : (int32_t)n;
}

/* Layers whose experts stay on the card; llama.cpp counts those that do not, from the front. */
static void set_expert_layers(const struct search *s, struct settings *b, uint32_t n)
{
    b->n_cpu_moe = s->m->n_layer - n;
    settings_mark(b, SET_N_CPU_MOE);
    if (b->n_cpu_moe == 0)
        b->given &= ~((uint64_t)1 << SET_N_CPU_MOE);
}

/* ---- trying ---- */

static bool spills(const struct candidate *c, const struct model *m)
{
    return c->placement.n_devices > 0 && !search_all_on_gpu(c, m);
}

bool search_all_on_gpu(const struct candidate *c, const struct model *m)
{
    return c->placement.n_devices > 0 && !placement_spills(&c->placement, m);
}

/* The spread is ours where several cards share the layers and the user did not say how. */
static void weigh(const struct search *s, struct candidate *c)
{
    ledger_budgets(&c->ledger, s->machine, &s->goal->limits);
    if (s->override)
        c->override = s->override;
    if (s->costs.n_slots && !c->override && c->settings.n_device > 1 &&
        c->settings.split_mode == SPLIT_LAYER && !settings_has(&s->goal->pinned, SET_TENSOR_SPLIT))
        spread_layers(&s->costs, s->m, s->machine, &c->ledger, &c->settings);
    place_weigh(c, s->m, s->machine);
}

void search_evaluate(const struct search *s, struct candidate *c)
{
    weigh(s, c);
    place_predict(c, s->m, s->machine, s->workload);
}

/* What does not fit needs no prediction. */
static bool try_one(const struct search *s, struct search_result *r,
                    const struct settings *settings, struct candidate *c)
{
    *c = (struct candidate){.settings = *settings, .parts = s->parts};
    weigh(s, c);
    if (c->lack == 0)
        place_predict(c, s->m, s->machine, s->workload);
    r->tried++;
    if (!r->nearest.settings.given || c->lack < r->nearest.lack)
        r->nearest = *c;
    return c->lack == 0 && !(s->goal->no_spill && spills(c, s->m));
}

/* A number that may grow until a pool is full.  What goes to the card leaves the host, so only the
 * cards say how far layers may grow; a context weighs on both. */
struct knob {
    setter *set;
    uint64_t (*lack)(const struct ledger *);
    uint32_t low, high;
};

static uint64_t lack_anywhere(const struct ledger *l)
{
    return ledger_lack(l, NULL);
}

/* The largest value that does not overfill, by bisection: more never needs less.  False when even
 * the lowest does, or when what is left on the host is too much for it. */
static bool largest(const struct search *s, struct search_result *r, struct settings *settings,
                    const struct knob *k, struct candidate *found)
{
    struct candidate c;
    uint32_t low = k->low, high = k->high;
    k->set(s, settings, high);
    if (try_one(s, r, settings, found) || k->lack(&found->ledger) == 0)
        return found->lack == 0;
    k->set(s, settings, low);
    try_one(s, r, settings, found);
    if (k->lack(&found->ledger) > 0)
        return false;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        k->set(s, settings, middle);
        try_one(s, r, settings, &c);
        if (k->lack(&c.ledger) == 0) {
            low = middle;
            *found = c;
        } else {
            high = middle;
        }
    }
    *settings = found->settings;
    return found->lack == 0;
}

/* The most on the card that fits at this context: all; else experts to the host first, then whole
 * layers. */
static bool place(const struct search *s, struct search_result *r, struct settings settings,
                  struct candidate *found)
{
    const struct settings *pinned = &s->goal->pinned;
    bool cards = settings.n_device > 0;
    bool free_layers = cards && !settings_has(pinned, SET_N_GPU_LAYERS);
    bool free_experts = cards && s->m->n_expert > 0 && !settings_has(pinned, SET_N_CPU_MOE) &&
                        !settings_has(pinned, SET_OVERRIDE_TENSOR);
    if (try_one(s, r, &settings, found))
        return true;
    if (!cards || s->goal->no_spill)
        return false;
    if (free_experts) {
        struct settings some = settings;
        const struct knob experts = {set_expert_layers, ledger_lack_on_cards, 0, s->m->n_layer};
        if (largest(s, r, &some, &experts, found))
            return true;
        set_expert_layers(s, &settings, 0);
    }
    const struct knob layers = {set_layers, ledger_lack_on_cards, 1,
                                s->m->n_layer + s->m->n_layer_nextn + 1};
    return free_layers && largest(s, r, &settings, &layers, found);
}

/* ---- choosing ---- */

/* A turn's seconds, weighted: half the context that is wished must save worth_of_context of them,
 * one card more must save worth_of_simplicity. */
static double cost(const struct search *s, const struct candidate *c)
{
    double ctx = search_ctx_per_slot(s->m, &c->settings), wished = wished_ctx(s);
    double halvings = ctx < wished && ctx > 0 ? log2(wished / ctx) : 0;
    double more_cards = c->placement.n_devices > 1 ? c->placement.n_devices - 1 : 0;
    return c->turn_s * pow(1 + worth_of_context, halvings) *
           pow(1 + worth_of_simplicity, more_cards);
}

/* Where no speed is known: a card beats the host, more on cards beats less. */
static bool holds_more(const struct candidate *a, const struct candidate *b)
{
    if ((a->placement.n_devices == 0) != (b->placement.n_devices == 0))
        return a->placement.n_devices > 0;
    return a->placement.n_gpu_layers > b->placement.n_gpu_layers;
}

static bool better(const struct search *s, const struct candidate *a, const struct candidate *b)
{
    if (a->turn_s > 0 && b->turn_s > 0)
        return cost(s, a) < cost(s, b);
    if (holds_more(a, b) || holds_more(b, a))
        return holds_more(a, b);
    return search_ctx_per_slot(s->m, &a->settings) > search_ctx_per_slot(s->m, &b->settings);
}

static void consider(const struct search *s, struct search_result *r, const struct candidate *c)
{
    if (!r->found || better(s, c, &r->best))
        r->best = *c;
    r->found = true;
}

/* Contexts from the wish down to the least, halving; a pinned one is the only one. */
static void explore_contexts(const struct search *s, struct search_result *r,
                             struct settings settings)
{
    struct candidate c;
    if (settings_has(&s->goal->pinned, SET_CTX_SIZE)) {
        if (place(s, r, settings, &c))
            consider(s, r, &c);
        return;
    }
    uint32_t least = cells_of(least_ctx(s)), cells = cells_of(wished_ctx(s));
    for (;;) {
        set_ctx_cells(s, &settings, cells);
        bool fits = place(s, r, settings, &c);
        if (fits)
            consider(s, r, &c);
        bool smaller_may_help = !fits || spills(&c, s->m);
        if (!smaller_may_help || cells <= least)
            return;
        cells = cells / 2 > least ? cells / 2 : least;
    }
}

/* Larger ubatches pay where experts are streamed to a card for prompts; small ones save memory. */
static void explore_ubatches(const struct search *s, struct search_result *r,
                             const struct settings *base)
{
    static const uint32_t larger[] = {1024, 2048};
    explore_contexts(s, r, *base);
    bool pinned = settings_has(&s->goal->pinned, SET_UBATCH_SIZE) || !s->m->causal;
    if (pinned || base->n_device == 0 || s->m->n_expert == 0 ||
        (r->found && search_all_on_gpu(&r->best, s->m)))
        return;
    for (size_t i = 0; i < COUNT_OF(larger); i++) {
        struct settings b = *base;
        b.ubatch_size = larger[i];
        explore_contexts(s, r, b);
    }
}

/* What is free on the card, or asked for in vain, becomes context. */
static void grow_context(const struct search *s, struct search_result *r)
{
    struct settings b = r->best.settings;
    struct candidate c;
    if (!r->found || settings_has(&s->goal->pinned, SET_CTX_SIZE))
        return;
    uint32_t now = search_ctx_per_slot(s->m, &b) / CELL_ROUND, most = most_ctx(s) / CELL_ROUND;
    bool full = search_all_on_gpu(&r->best, s->m);
    bool cut = now < cells_of(wished_ctx(s)); /* halving went below what would fit */
    if (!full && !cut)
        return;
    if (!full && most > cells_of(wished_ctx(s)))
        most = cells_of(wished_ctx(s));
    const struct knob context = {set_ctx_cells, lack_anywhere, now, most};
    if (most > now && largest(s, r, &b, &context, &c))
        r->best = c;
}

struct exploring {
    const struct search *s;
    struct search_result *r;
    uint32_t kv_type;
};

static struct settings base_of(const struct exploring *e, const struct device_set *on)
{
    struct settings base = search_base(e->s, on);
    if (!settings_has(&e->s->goal->pinned, SET_CACHE_TYPE_K))
        base.cache_type_k = e->kv_type;
    if (!settings_has(&e->s->goal->pinned, SET_CACHE_TYPE_V))
        base.cache_type_v = e->kv_type;
    return base;
}

/* Do these devices hold the whole model with the context that is wished? */
static bool holds_all(const struct device_set *on, void *user)
{
    const struct exploring *e = user;
    struct settings settings = base_of(e, on);
    struct candidate c;
    if (!settings_has(&e->s->goal->pinned, SET_CTX_SIZE))
        set_ctx_cells(e->s, &settings, cells_of(wished_ctx(e->s)));
    return try_one(e->s, e->r, &settings, &c) && search_all_on_gpu(&c, e->s->m);
}

static void explore_devices(const struct search *s, struct search_result *r, uint32_t kv_type)
{
    struct exploring e = {s, r, kv_type};
    struct device_set sets[MAX_DEVICE_SETS];
    size_t n = device_sets(s->machine, s->goal, holds_all, &e, sets);
    for (size_t i = 0; i < n; i++) {
        struct settings base = base_of(&e, &sets[i]);
        explore_ubatches(s, r, &base);
    }
}

void search_run(const struct search *s, struct search_result *out)
{
    bool asked = s->goal->ctx_per_slot || settings_has(&s->goal->pinned, SET_CTX_SIZE);
    *out = (struct search_result){0};
    explore_devices(s, out, TYPE_F16);
    if (!out->found && asked && s->m->head_dim_k % 32 == 0 && s->m->head_dim_v % 32 == 0)
        explore_devices(s, out, TYPE_Q8_0); /* only when the context asked for needs it */
    grow_context(s, out);
}
