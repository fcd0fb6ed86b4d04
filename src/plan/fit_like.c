/* llama-server's defaults, fitted as it fits them. */
#include "plan/fit_like.h"

#include <string.h>

#include "base/units.h"
#include "plan/override.h"

enum { FIT_MIN_CTX = 4096, FIT_CTX_ALIGN = 256 };
static const uint64_t fit_margin = 1024 * MIB; /* --fit-target */

/* What of the first partial layer of a card goes elsewhere (enum common_layer_fraction_t). */
enum fraction {
    FRACTION_MOE,  /* its experts */
    FRACTION_ATTN, /* the whole feed-forward part */
    FRACTION_UP,   /* the same but for "up" */
    FRACTION_GATE, /* only "down" */
};

/* Layers of one card: the last n_part of n_layer leave their experts elsewhere. */
struct share {
    uint32_t n_layer, n_part;
    enum fraction first;
    int overflow; /* where the first partial layer's part goes: a device, or PLACE_HOST */
};

struct fit {
    struct arena *a;
    const struct model *m;
    const struct machine *machine;
    const struct workload *w;
    struct candidate c;
    uint32_t n; /* devices */
    bool ctx_given;
    bool stopped;                      /* the user placed something: --fit leaves all as it is */
    bool to_budget;                    /* targets are our budgets, not 1 GiB below what is free */
    int64_t target[PLACE_MAX_DEVICES]; /* bytes that each may use */
    int64_t total[PLACE_MAX_DEVICES];  /* what the last evaluation used */
    int8_t place[PLACE_MAX_SLOTS];     /* where a layer's part goes, or PLACE_WITH_LAYER */
    enum fraction part[PLACE_MAX_SLOTS];
    int8_t *override; /* the same for each tensor */
};

struct shares {
    struct share of[PLACE_MAX_DEVICES];
};

/* ---- defaults ---- */

static struct settings defaults(const struct model *m, const struct machine *machine)
{
    struct settings s = {.parallel = SERVER_AUTO_SLOTS,
                         .kv_unified = true,
                         .batch_size = DEFAULT_BATCH,
                         .ubatch_size = DEFAULT_UBATCH,
                         .n_gpu_layers = NGL_ALL,
                         .flash_attn = FA_AUTO,
                         .split_mode = SPLIT_LAYER,
                         .cache_ram_mib = 8192};
    static const enum setting_id given[] = {
        SET_PARALLEL,   SET_KV_UNIFIED, SET_BATCH_SIZE, SET_UBATCH_SIZE, SET_N_GPU_LAYERS,
        SET_FLASH_ATTN, SET_SPLIT_MODE, SET_CACHE_RAM,  SET_CTX_SIZE,
    };
    for (size_t i = 0; i < COUNT_OF(given); i++)
        settings_mark(&s, given[i]);
    uint64_t ctx = units_mul(m->n_ctx_train, s.parallel);
    s.ctx_size = ctx > INT32_MAX ? INT32_MAX : (uint32_t)ctx;
    /* its thread count is the machine's physical (performance) cores, whatever we may use of them
     */
    if (machine->cpu.performance_cores.source) {
        s.threads = s.threads_batch = (uint32_t)machine->cpu.performance_cores.v;
        settings_mark(&s, SET_THREADS);
        settings_mark(&s, SET_THREADS_BATCH);
    }
    return s;
}

/* ---- measuring ---- */

/* The engine reads free memory with a driver context of its own open. */
static int64_t free_bytes(const struct fit *f, uint32_t device)
{
    const struct machine_gpu *g = &f->machine->gpus.v[f->c.gpu[device]];
    const struct fact_u64 *fact = &g->memory_free_bytes;
    uint64_t bytes = fact->source ? fact->v : g->memory_total_bytes.v;
    uint64_t driver = f->c.placement.rules[device]->driver_bytes;
    bool with_context = fact->source && strcmp(fact->source, "engine") == 0;
    return (int64_t)bytes - (int64_t)(with_context ? 0 : driver);
}

static int64_t counted(const struct ledger_line *line)
{
    return (int64_t)(line->weights + line->kv + line->compute);
}

static void evaluate(struct fit *f)
{
    place_weigh(&f->c, f->m, f->machine);
    f->n = f->c.placement.n_devices;
    for (uint32_t i = 0; i < f->n; i++)
        f->total[i] = counted(&f->c.ledger.device[f->c.gpu[i]]);
}

/* Without a card it looks at all of the RAM, and does not see repacked weights. */
static int64_t host_used(const struct fit *f)
{
    struct weights w;
    weights_place(f->m, &f->c.placement, &w);
    return counted(&f->c.ledger.host) - (int64_t)w.host_repacked;
}

static int64_t all_used(const struct fit *f)
{
    int64_t sum = f->n ? 0 : host_used(f);
    for (uint32_t i = 0; i < f->n; i++)
        sum += f->total[i];
    return sum;
}

static int64_t all_targets(const struct fit *f)
{
    int64_t sum = f->n ? 0 : (int64_t)f->machine->memory.total_bytes.v - (int64_t)fit_margin;
    for (uint32_t i = 0; i < f->n; i++)
        sum += f->target[i];
    return sum;
}

static bool fits(const struct fit *f)
{
    if (f->n == 0)
        return all_used(f) <= all_targets(f);
    for (uint32_t i = 0; i < f->n; i++)
        if (f->total[i] > f->target[i])
            return false;
    return true;
}

static int64_t target_of(const struct fit *f, uint32_t device)
{
    const struct ledger_line *line = &f->c.ledger.device[f->c.gpu[device]];
    if (f->to_budget)
        return (int64_t)(line->budget - f->c.placement.rules[device]->driver_bytes);
    return free_bytes(f, device) - (int64_t)fit_margin;
}

/* ---- step 1: everything, in proportion to what is free ---- */

static void try_defaults(struct fit *f)
{
    evaluate(f);
    if (f->n > 1 && !settings_has(&f->c.settings, SET_TENSOR_SPLIT)) {
        f->c.settings.n_tensor_split = f->n;
        for (uint32_t i = 0; i < f->n; i++)
            f->c.settings.tensor_split[i] = (float)(free_bytes(f, i) > 0 ? free_bytes(f, i) : 0);
        evaluate(f);
    }
    for (uint32_t i = 0; i < f->n; i++)
        f->target[i] = target_of(f, i);
}

/* ---- step 2: a context between 4096 and the largest, by linear interpolation ---- */

/* Several cards waste half a layer each, or a sixth where tensors can be placed. */
static int64_t expected_waste(const struct fit *f)
{
    int64_t weights = 0;
    if (f->n < 2)
        return 0;
    for (uint32_t i = 0; i < f->n; i++)
        weights += (int64_t)f->c.ledger.device[f->c.gpu[i]].weights;
    return (f->n + 1) * (weights / f->m->n_layer) / (f->m->n_expert ? 6 : 2);
}

static void at_context(struct fit *f, uint32_t ctx)
{
    f->c.settings.ctx_size = ctx;
    evaluate(f);
}

/* True when nothing more is to be done. */
static bool reduce_context(struct fit *f)
{
    uint32_t largest = f->c.settings.ctx_size;
    int64_t target = all_targets(f) - expected_waste(f), at_most = all_used(f);
    if (all_used(f) <= all_targets(f) || f->ctx_given || largest <= FIT_MIN_CTX)
        return f->n == 0;
    at_context(f, FIT_MIN_CTX);
    int64_t at_least = all_used(f);
    if (target <= at_least || at_most <= at_least)
        return f->n == 0;
    uint64_t more = (uint64_t)((double)(largest - FIT_MIN_CTX) * (double)(target - at_least) /
                               (double)(at_most - at_least));
    uint32_t ctx = FIT_MIN_CTX + (uint32_t)more;
    ctx -= ctx % FIT_CTX_ALIGN;
    at_context(f, ctx > FIT_MIN_CTX ? ctx : FIT_MIN_CTX);
    return f->n <= 1;
}

/* ---- shares as settings ---- */

/* Does a tensor of the first partial layer go elsewhere? (get_overflow_pattern) */
static bool overflows(const struct model_tensor *t, enum fraction fraction)
{
    struct str name = t->name, part = {0};
    for (int dots = 0; dots < 3; dots++)
        if (!str_cut(&name, '.', &part))
            return false;
    bool up = str_starts(part, "ffn_up"), down = str_starts(part, "ffn_down");
    bool gate = str_starts(part, "ffn_gate");
    switch (fraction) {
    case FRACTION_MOE:
        return t->expert;
    case FRACTION_ATTN:
        return up || down || gate;
    case FRACTION_UP:
        return down || gate;
    case FRACTION_GATE:
        return down;
    }
    return false;
}

static void apply(struct fit *f, const struct shares *shares)
{
    uint32_t layers = f->m->n_layer + 1, ngl = 0; /* it does not count next-token layers */
    for (uint32_t i = 0; i < f->n; i++) {
        ngl += shares->of[i].n_layer;
        f->c.settings.tensor_split[i] = (float)shares->of[i].n_layer;
    }
    f->c.settings.n_tensor_split = f->n > 1 ? f->n : 0;
    f->c.settings.n_gpu_layers = (int32_t)ngl;
    memset(f->place, PLACE_WITH_LAYER, sizeof(f->place));
    uint32_t il = layers - ngl;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct share *s = &shares->of[i];
        il += s->n_layer - s->n_part;
        for (uint32_t k = 0; k < s->n_part && il < PLACE_MAX_SLOTS; k++, il++) {
            f->place[il] = (int8_t)(k ? PLACE_HOST : s->overflow);
            f->part[il] = k ? FRACTION_MOE : s->first;
        }
    }
    for (size_t i = 0; i < f->m->n_tensors; i++) {
        const struct model_tensor *t = &f->m->tensors[i];
        bool moved = t->class == TENSOR_LAYER && t->layer < PLACE_MAX_SLOTS &&
                     f->place[t->layer] != PLACE_WITH_LAYER && overflows(t, f->part[t->layer]);
        f->override[i] = moved ? f->place[t->layer] : PLACE_WITH_LAYER;
    }
    f->c.override = f->override;
    evaluate(f);
}

/* ---- step 3: layers from the back, experts in host memory ---- */

static struct shares with_layers(const struct fit *f, struct shares s, uint32_t device, uint32_t n)
{
    bool last = device + 1 == f->n;
    s.of[device].n_layer = n;
    if (f->m->n_expert) /* the output layer is never partial */
        s.of[device].n_part = n && last ? n - 1 : n;
    return s;
}

static void fill_layers(struct fit *f, struct shares *s)
{
    uint32_t left = f->m->n_layer + 1;
    for (uint32_t device = f->n; device-- > 0; left -= s->of[device].n_layer) {
        uint32_t low = 0, high = left + 1; /* high: does not fit, or is too many */
        while (low + 1 < high) {
            uint32_t middle = high == left + 1 ? left : low + (high - low) / 2;
            struct shares test = with_layers(f, *s, device, middle);
            apply(f, &test);
            if (f->total[device] <= f->target[device])
                low = middle;
            else
                high = middle;
        }
        *s = with_layers(f, *s, device, low);
    }
    apply(f, s);
}

/* ---- step 4: experts from the front ---- */

/* Moves n partial layers of the cards from *start on to full layers of a card. */
static struct shares convert(const struct fit *f, struct shares s, uint32_t device, uint32_t n,
                             uint32_t *start)
{
    for (; *start < f->n; (*start)++) {
        struct share *from = &s.of[*start];
        uint32_t moved = n < from->n_part ? n : from->n_part;
        from->n_layer -= moved;
        from->n_part -= moved;
        s.of[device].n_layer += moved;
        n -= moved;
        if (from->n_part > 0)
            break;
    }
    return s;
}

static bool within(const struct fit *f, uint32_t device)
{
    return f->total[device] < f->target[device] &&
           (device + 1 == f->n || f->total[device + 1] < f->target[device + 1]);
}

/* Tries a part of one more layer; what overflows goes to the next card. */
static bool try_part(struct fit *f, struct shares *s, uint32_t device, uint32_t *start,
                     enum fraction fraction)
{
    struct shares test = *s;
    uint32_t next = *start;
    test.of[next].n_layer--;
    test.of[next].n_part--;
    test.of[device].n_layer++;
    test.of[device].n_part++;
    if (test.of[next].n_part == 0)
        next++;
    test.of[device].first = fraction;
    test.of[device].overflow =
        fraction != FRACTION_ATTN && device + 1 < f->n ? (int)device + 1 : PLACE_HOST;
    apply(f, &test);
    if (!within(f, device))
        return false;
    *s = test;
    *start = next;
    return true;
}

static void add_part(struct fit *f, struct shares *s, uint32_t device, uint32_t *start)
{
    if (*start >= f->n || s->of[*start].n_part == 0)
        return;
    if (!try_part(f, s, device, start, FRACTION_UP)) {
        try_part(f, s, device, start, FRACTION_ATTN);
        return;
    }
    struct shares test = *s;
    test.of[device].first = FRACTION_GATE;
    apply(f, &test);
    if (within(f, device))
        *s = test;
}

static void fill_experts(struct fit *f, struct shares *s)
{
    uint32_t start = f->n;
    while (start > 0 && s->of[start - 1].n_layer > 0)
        start--;
    for (uint32_t device = 0; start < f->n && device <= start; device++) {
        uint32_t all = 0, low = 0, high, at = start;
        for (uint32_t i = start; i < f->n; i++)
            all += s->of[i].n_part;
        high = all + 1;
        while (low + 1 < high) {
            uint32_t middle = high == all + 1 ? all : low + (high - low) / 2, ignored = start;
            struct shares test = convert(f, *s, device, middle, &ignored);
            apply(f, &test);
            if (f->total[device] <= f->target[device])
                low = middle;
            else
                high = middle;
        }
        *s = convert(f, *s, device, low, &at);
        start = at;
        add_part(f, s, device, &start);
    }
    apply(f, s);
}

/* ---- what it would write ---- */

/* -ot in llama.cpp's words: one pattern for all layers that leave their experts in host memory, one
 * for each card's last layer. */
static void name_overrides(struct fit *f)
{
    static const char *const parts[] = {[FRACTION_ATTN] = "(gate|up|gate_up|down).*",
                                        [FRACTION_UP] = "(gate|gate_up|down).*",
                                        [FRACTION_GATE] = "down.*"};
    struct strbuf layers = {0}, text = {0};
    for (uint32_t il = 0; f->c.override && il < f->m->n_layer; il++) {
        int place = f->place[il];
        if (place == PLACE_WITH_LAYER)
            continue;
        if (f->part[il] == FRACTION_MOE)
            strbuf_addf(&layers, "%s%u", layers.len ? "|" : "", (unsigned)il);
        else
            strbuf_addf(&text, "%sblk\\.%u\\.ffn_%s=%s", text.len ? "," : "", (unsigned)il,
                        parts[f->part[il]],
                        place == PLACE_HOST ? "CPU" : f->c.ledger.device[f->c.gpu[place]].name);
    }
    if (layers.len)
        strbuf_addf(&text, "%sblk\\.(%s)\\.ffn_(up|down|gate_up|gate)_(ch|)exps=CPU",
                    text.len ? "," : "", strbuf_cstr(&layers));
    if (text.len) {
        f->c.settings.override_tensor = arena_strdup(f->a, strbuf_cstr(&text));
        settings_mark(&f->c.settings, SET_OVERRIDE_TENSOR);
    }
    strbuf_release(&layers);
    strbuf_release(&text);
    if (f->c.settings.n_tensor_split)
        settings_mark(&f->c.settings, SET_TENSOR_SPLIT);
}

/* With all experts in host memory, is anything left over on the cards together? */
static bool experts_may_return(struct fit *f)
{
    if (!f->m->n_expert)
        return false;
    f->c.settings.n_gpu_layers = NGL_ALL;
    for (size_t i = 0; i < f->m->n_tensors; i++)
        f->override[i] = f->m->tensors[i].expert ? PLACE_HOST : PLACE_WITH_LAYER;
    f->c.override = f->override;
    for (uint32_t i = 0; i < f->n; i++)
        f->c.settings.tensor_split[i] = (float)(free_bytes(f, i) > 0 ? free_bytes(f, i) : 0);
    evaluate(f);
    return all_used(f) < all_targets(f);
}

static bool is_stopped(const struct settings *given)
{
    static const enum setting_id stop[] = {SET_N_GPU_LAYERS, SET_TENSOR_SPLIT, SET_OVERRIDE_TENSOR,
                                           SET_N_CPU_MOE};
    for (size_t i = 0; i < COUNT_OF(stop); i++)
        if (settings_has(given, stop[i]))
            return true;
    return settings_has(given, SET_FIT) && !given->fit;
}

static void run(struct fit *f, const struct limits *limits)
{
    ledger_budgets(&f->c.ledger, f->machine, limits);
    try_defaults(f);
    if (!f->stopped && !fits(f) && !reduce_context(f) && f->n) {
        struct shares shares = {0};
        for (uint32_t i = 0; i < f->n; i++)
            shares.of[i].overflow = PLACE_HOST;
        bool experts = experts_may_return(f);
        fill_layers(f, &shares);
        if (experts)
            fill_experts(f, &shares);
    }
    if (!f->stopped)
        name_overrides(f);
    place_predict(&f->c, f->m, f->machine, f->w);
}

static struct fit start_of(struct arena *a, const struct model *m, const struct machine *machine,
                           const struct workload *w, const struct settings *given)
{
    struct settings start = defaults(m, machine);
    struct fit f = {
        .a = a,
        .m = m,
        .machine = machine,
        .w = w,
        .c = {.settings = settings_merge(&start, given), .parts = place_parts(a, m, machine)},
        .ctx_given = settings_has(given, SET_CTX_SIZE),
        .stopped = is_stopped(given),
        .override = arena_alloc(a, m->n_tensors ? m->n_tensors : 1)};
    struct settings *s = &f.c.settings;
    if (settings_has(given, SET_PARALLEL) && !settings_has(given, SET_KV_UNIFIED))
        s->kv_unified = s->parallel == 0; /* a number of slots: each gets a part of its own */
    if (settings_has(given, SET_PARALLEL) && !f.ctx_given)
        s->ctx_size = (uint32_t)units_mul(m->n_ctx_train, s->parallel ? s->parallel : 4);
    if (f.stopped && !f.ctx_given)
        s->ctx_size = m->n_ctx_train;
    f.c.override = override_read(a, given, m);
    return f;
}

void fit_like_with(struct arena *a, const struct model *m, const struct machine *machine,
                   const struct workload *w, const struct settings *given, struct candidate *out)
{
    struct fit f = start_of(a, m, machine, w, given);
    run(&f, NULL);
    *out = f.c;
}

void fit_like_within(struct arena *a, const struct model *m, const struct machine *machine,
                     const struct workload *w, const struct settings *given,
                     const struct limits *limits, struct candidate *out)
{
    struct fit f = start_of(a, m, machine, w, given);
    f.to_budget = true;
    run(&f, limits);
    *out = f.c;
}

void fit_like(struct arena *a, const struct model *m, const struct machine *machine,
              const struct workload *w, struct candidate *out)
{
    static const struct settings none = {0};
    fit_like_with(a, m, machine, w, &none, out);
}
