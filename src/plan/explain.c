/* Reasons, alternatives, steps down, warnings. */
#include "plan/explain.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"
#include "plan/kv.h"
#include "plan/pins.h"

enum { LADDER_STEPS = 4, LADDER_LEAST_CTX = 4096 };

struct teller {
    struct arena *a;
    struct plan *p;
    const struct search *s;
    const struct candidate *c;
};

static void because(struct teller *t, enum setting_id id, const char *rule, const char *why)
{
    struct reason *r = VEC_PUSH(t->a, &t->p->reasons);
    *r = (struct reason){.setting = settings_name(id), .why = why, .rule = rule};
    r->value = settings_has(&t->p->settings, id) ? settings_text(t->a, &t->p->settings, id) : NULL;
}

static bool pinned(struct teller *t, enum setting_id id)
{
    if (!settings_has(&t->s->goal->pinned, id))
        return false;
    because(t, id, "user", "you asked for it");
    return true;
}

static const char *bytes(struct teller *t, uint64_t n)
{
    char text[UNITS_TEXT];
    return arena_strdup(t->a, units_bytes(n, text));
}

static const char *count(struct teller *t, uint64_t n)
{
    char text[UNITS_TEXT];
    return arena_strdup(t->a, units_count(n, text));
}

/* ---- reasons ---- */

/* "CUDA0: 23.5 GB of 23.5 GB", and the other cards */
static const char *cards(struct teller *t)
{
    struct strbuf text = {0};
    for (uint32_t i = 0; i < t->c->placement.n_devices; i++) {
        const struct ledger_line *card = &t->c->ledger.device[t->c->gpu[i]];
        strbuf_addf(&text, "%s%s: %s of %s", i ? ", " : "", card->name, bytes(t, card->total),
                    bytes(t, card->budget));
    }
    return strbuf_take(&text, t->a);
}

static const char *why_host(const struct teller *t)
{
    const struct machine *machine = t->s->machine;
    if (machine->gpus.n == 0)
        return "this machine has no GPU";
    for (size_t i = 0; i < machine->gpus.n; i++)
        if (place_gpu_usable(&machine->gpus.v[i]))
            return "no card of this machine holds enough of the model to be faster";
    for (size_t i = 0; i < machine->gpus.n; i++)
        if (machine->gpus.v[i].engine_device.source &&
            !machine->gpus.v[i].memory_total_bytes.source)
            return "nothing here tells how much memory the GPU has, so nothing is put there";
    return "no GPU of this machine can be used by this engine";
}

static void tell_placement(struct teller *t)
{
    const struct model *m = t->s->m;
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    if (t->c->placement.n_devices == 0) {
        bool asked = settings_has(&t->s->goal->pinned, SET_DEVICE);
        because(t, SET_N_GPU_LAYERS, asked ? "user" : "place.host",
                asked ? "you asked for no device" : why_host(t));
        return;
    }
    if (t->c->placement.n_cpu_moe && !pinned(t, SET_N_CPU_MOE))
        because(t, SET_N_CPU_MOE, "place.experts",
                arena_printf(t->a,
                             "the experts of %u layers stay in RAM, so that attention and "
                             "the cache keep the card",
                             (unsigned)t->c->placement.n_cpu_moe));
    if (t->c->placement.n_devices > 1 && settings_has(&t->p->settings, SET_TENSOR_SPLIT) &&
        !pinned(t, SET_TENSOR_SPLIT))
        because(t, SET_TENSOR_SPLIT, "place.spread",
                "each card takes as many layers in a row as it holds, the fastest first; cards of "
                "one speed are filled alike");
    if (pinned(t, SET_N_GPU_LAYERS))
        return;
    if (search_all_on_gpu(t->c, m))
        because(t, SET_N_GPU_LAYERS, "place.all",
                arena_printf(t->a, "all %u layers fit on %s", (unsigned)slots, cards(t)));
    else
        because(t, SET_N_GPU_LAYERS, "place.layers",
                arena_printf(t->a, "%u of %u layers go to %s",
                             (unsigned)t->c->placement.n_gpu_layers, (unsigned)slots, cards(t)));
}

static void tell_context(struct teller *t)
{
    const struct model *m = t->s->m;
    uint32_t ctx = search_ctx_per_slot(m, &t->p->settings);
    uint64_t kv = t->c->ledger.host.kv;
    for (uint32_t i = 0; i < t->c->ledger.n_devices; i++)
        kv += t->c->ledger.device[i].kv;
    const char *limit = ctx >= m->n_ctx_train  ? "all the model was trained on"
                        : t->s->goal->ctx_most ? "what the models beside it leave room for"
                        : t->s->goal->ctx_per_slot
                            ? "what you asked for"
                            : "long enough for chats and documents, and fits";
    if (!pinned(t, SET_CTX_SIZE))
        because(t, SET_CTX_SIZE, "context",
                arena_printf(t->a, "%s tokens%s, %s; they cost %s", count(t, ctx),
                             t->p->settings.parallel == 1 ? "" : " for each slot", limit,
                             bytes(t, kv)));
    if (!pinned(t, SET_PARALLEL))
        because(t, SET_PARALLEL, "slots",
                t->p->settings.parallel == 1
                    ? "one conversation at a time gets the whole context; llama-server's own 4 "
                      "slots would share it"
                    : "as many as you asked for, each with a context of its own");
}

static void tell_threads(struct teller *t)
{
    const struct machine_cpu *cpu = &t->s->machine->cpu;
    if (!pinned(t, SET_THREADS) && settings_has(&t->p->settings, SET_THREADS))
        because(t, SET_THREADS, "threads",
                cpu->usable_cpus.source
                    ? arena_printf(t->a,
                                   "%u performance core%s within %g usable CPUs; an SMT "
                                   "sibling or a core too many makes all wait",
                                   (unsigned)cpu->recommended_threads.v,
                                   cpu->recommended_threads.v == 1 ? "" : "s", cpu->usable_cpus.v)
                    : "performance cores; SMT siblings do not help");
    if (!settings_has(&t->p->settings, SET_THREADS))
        because(t, SET_THREADS, "threads", "the CPU is not known: llama.cpp decides");
}

static void tell_cache(struct teller *t)
{
    const struct settings *s = &t->p->settings;
    if (!pinned(t, SET_CACHE_TYPE_K))
        because(t, SET_CACHE_TYPE_K, "kv.type",
                s->cache_type_k == TYPE_F16
                    ? "f16 loses nothing, and no smaller type is needed for this context"
                    : "the context you asked for does not fit with f16");
    if (!pinned(t, SET_FLASH_ATTN))
        because(t, SET_FLASH_ATTN, "flash_attn",
                s->flash_attn == FA_ON ? "saves the score matrix and reads the cache once"
                                       : "this backend has no kernel for the model's head size");
    if (!pinned(t, SET_CACHE_RAM))
        because(t, SET_CACHE_RAM, "cache_ram",
                s->cache_ram_mib
                    ? "a quarter of the RAM left free, at most 8 GiB, keeps earlier prompts"
                    : "too little RAM is left to keep earlier prompts");
}

static void tell_rest(struct teller *t)
{
    const struct settings *s = &t->p->settings;
    if (!pinned(t, SET_UBATCH_SIZE))
        because(t, SET_UBATCH_SIZE, "ubatch",
                !t->s->m->causal ? "an input to embed must fit one ubatch"
                : s->ubatch_size > DEFAULT_UBATCH
                    ? "experts in RAM are streamed to the card once per ubatch: larger is faster"
                    : "llama.cpp's own; larger ones cost memory for little here");
    if (!pinned(t, SET_LOAD_MODE))
        because(t, SET_LOAD_MODE, "load_mode",
                s->load_mode == LOAD_NONE
                    ? "weights in pinned RAM reach the card faster than mapped ones"
                    : "mapped files start at once and are shared with the page cache");
    if (!pinned(t, SET_FIT))
        because(t, SET_FIT, "fit",
                "everything is decided here, so that what runs is what was planned");
}

/* ---- alternatives ---- */

static void offer(struct teller *t, const char *change, const char *effect)
{
    *VEC_PUSH(t->a, &t->p->alternatives) = (struct alternative){change, effect};
}

static void variant(struct teller *t, struct candidate *c)
{
    search_evaluate(t->s, c);
}

static const double worth_telling = 0.01; /* of a speed */

static const char *speeds(struct teller *t, const struct candidate *c)
{
    char now[UNITS_TEXT], then[UNITS_TEXT];
    double was = t->p->speed.gen_tok_s.mid, becomes = c->speed.gen_tok_s.mid;
    if (becomes <= 0 || was <= 0 || fabs(becomes - was) <= was * worth_telling)
        return "";
    return arena_printf(t->a, ", generation %s instead of %s tok/s", units_rate(becomes, then),
                        units_rate(was, now));
}

static uint64_t kv_everywhere(const struct ledger *l)
{
    uint64_t sum = l->host.kv;
    for (uint32_t i = 0; i < l->n_devices; i++)
        sum += l->device[i].kv;
    return sum;
}

static void offer_kv_type(struct teller *t)
{
    const struct model *m = t->s->m;
    bool possible = t->p->settings.cache_type_k == TYPE_F16 && m->head_dim_k % 32 == 0 &&
                    m->head_dim_v % 32 == 0 && kv_everywhere(&t->p->memory) > 0;
    struct candidate c = *t->c;
    if (!possible || !t->p->settings.ubatch_size)
        return;
    c.settings.cache_type_k = c.settings.cache_type_v = TYPE_Q8_0;
    c.settings.flash_attn = FA_ON;
    variant(t, &c);
    uint64_t saved = kv_everywhere(&t->p->memory) - kv_everywhere(&c.ledger);
    if (saved == 0) /* a recurrent state has no cache type */
        return;
    offer(t, "-ctk q8_0 -ctv q8_0",
          arena_printf(t->a, "saves %s of cache for a slight loss of quality%s", bytes(t, saved),
                       t->c->placement.n_devices ? "" : "; slower prompts on a CPU"));
}

static void offer_context(struct teller *t)
{
    const struct model *m = t->s->m;
    uint32_t ctx = search_ctx_per_slot(m, &t->p->settings);
    struct candidate c = *t->c;
    if (ctx >= m->n_ctx_train || settings_has(&t->s->goal->pinned, SET_CTX_SIZE))
        return;
    uint64_t larger = (uint64_t)ctx * 2 < m->n_ctx_train ? (uint64_t)ctx * 2 : m->n_ctx_train;
    c.settings.ctx_size = (uint32_t)units_round_up(larger * t->p->settings.parallel, CELL_ROUND);
    variant(t, &c);
    uint64_t more = kv_everywhere(&c.ledger) - kv_everywhere(&t->p->memory);
    offer(t, arena_printf(t->a, "--ctx %u", (unsigned)larger),
          c.lack
              ? arena_printf(t->a, "needs %s more, %s too much", bytes(t, more), bytes(t, c.lack))
              : arena_printf(t->a, "needs %s more%s", bytes(t, more), speeds(t, &c)));
}

/* What the rest of the model on the card would take. */
static void offer_memory(struct teller *t)
{
    if (t->c->placement.n_devices == 0 || search_all_on_gpu(t->c, t->s->m))
        return;
    struct candidate c = *t->c;
    c.settings.n_gpu_layers = NGL_ALL;
    c.settings.given &= ~((uint64_t)1 << SET_N_CPU_MOE);
    variant(t, &c);
    uint64_t total = 0, budget = 0;
    for (uint32_t i = 0; i < c.placement.n_devices; i++) {
        total = units_add(total, c.ledger.device[c.gpu[i]].total);
        budget = units_add(budget, c.ledger.device[c.gpu[i]].budget);
    }
    if (total > budget)
        offer(t, arena_printf(t->a, "+%s VRAM", bytes(t, total - budget)),
              arena_printf(t->a, "holds the whole model on the card%s%s",
                           c.placement.n_devices > 1 ? "s" : "", speeds(t, &c)));
}

/* ---- steps down ---- */

static uint64_t on_cards(const struct ledger *l)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < l->n_devices; i++)
        sum = units_add(sum, l->device[i].total);
    return sum;
}

/* The spread over the cards stays: a step only frees memory. */
static void add_step(struct teller *t, struct candidate *c, uint64_t *host, uint64_t *device)
{
    place_evaluate(c, t->s->m, t->s->machine, t->s->workload);
    uint64_t h = c->ledger.host.total, d = on_cards(&c->ledger);
    if (t->p->ladder.n < LADDER_STEPS && (h < *host || d < *device)) {
        *VEC_PUSH(t->a, &t->p->ladder) = c->settings;
        *host = h;
        *device = d;
    }
}

/* First what only costs comfort, then context. */
static void build_ladder(struct teller *t)
{
    struct candidate c = *t->c;
    uint64_t host = t->p->memory.host.total, device = on_cards(&t->p->memory);
    if (c.settings.cache_ram_mib && !settings_has(&t->s->goal->pinned, SET_CACHE_RAM)) {
        c.settings.cache_ram_mib = 0;
        add_step(t, &c, &host, &device);
    }
    uint32_t least = t->s->goal->ctx_per_slot ? t->s->goal->ctx_per_slot : LADDER_LEAST_CTX;
    while (!settings_has(&t->s->goal->pinned, SET_CTX_SIZE) &&
           search_ctx_per_slot(t->s->m, &c.settings) / 2 >= least &&
           t->p->ladder.n < LADDER_STEPS) {
        c.settings.ctx_size = (uint32_t)units_round_up(c.settings.ctx_size / 2, CELL_ROUND);
        add_step(t, &c, &host, &device);
    }
}

/* ---- warnings ---- */

static void warn(struct teller *t, const char *code, const char *text, const char *fix)
{
    *VEC_PUSH(t->a, &t->p->warnings) = (struct plan_warning){code, text, fix};
}

static void warn_about_gpus(struct teller *t)
{
    const struct machine *machine = t->s->machine;
    for (size_t i = 0; i < machine->gpus.n; i++) {
        const struct machine_gpu *g = &machine->gpus.v[i];
        bool software = g->vendor.source && strcmp(g->vendor.v, "software") == 0;
        if (g->engine_device.source || software || !machine->engine.path.source)
            continue;
        bool nvidia = g->vendor.source && strcmp(g->vendor.v, "nvidia") == 0;
        warn(t, "gpu-not-used",
             arena_printf(t->a, "%s is in this machine, but this llama.cpp has no device for it",
                          g->name.source ? g->name.v : "a GPU"),
             nvidia ? "scripts/engine.sh backend cuda adds the prebuilt CUDA backend to tailor's "
                      "own engine; or build llama.cpp with -DGGML_CUDA=ON"
                    : "scripts/engine.sh backend vulkan adds the prebuilt Vulkan backend to "
                      "tailor's own engine; or build llama.cpp with -DGGML_VULKAN=ON");
    }
}

/* A GPU that could be planned for if its size were said. */
static void warn_about_gpu_memory(struct teller *t)
{
    const struct machine *machine = t->s->machine;
    const struct fact_u64 *ram = &machine->memory.total_bytes;
    for (size_t i = 0; i < machine->gpus.n; i++) {
        const struct machine_gpu *g = &machine->gpus.v[i];
        bool software = g->vendor.source && strcmp(g->vendor.v, "software") == 0;
        if (!g->engine_device.source || g->memory_total_bytes.source || software)
            continue;
        const char *name = g->name.source ? g->name.v : "a GPU";
        warn(t, "gpu-memory-unknown",
             arena_printf(t->a, "nothing here tells how much memory %s has: it is not used", name),
             arena_printf(t->a,
                          "describe the machine: --machine \"%s 24GB, %lluGB\", with its size",
                          g->name.source ? g->name.v : "NAME",
                          ram->source ? (unsigned long long)(ram->v / GIB) : 64ULL));
    }
}

static void warn_about_knowledge(struct teller *t)
{
    const struct model *m = t->s->m;
    if (m->arch->kv == KV_ORACLE)
        warn(t, "kv-not-claimed",
             arena_printf(t->a, "the cache of \"%s\" has parts that only the engine counts",
                          m->architecture),
             "with an engine for this machine (make build) a dry run certifies the plan");
    else if (!t->p->memory.claimed)
        warn(t, "compute-estimated",
             "the compute buffers are an estimate for this architecture and placement",
             "with an engine for this machine (make build) a dry run certifies the plan");
    if (t->p->speed.wide)
        warn(t, "bandwidth-unknown",
             "a memory bandwidth that decides the speed is not known: the interval is wide",
             "run tailor detect once on that machine: it measures the RAM in two seconds");
    if (!t->s->machine->memory.available_bytes.source && !t->s->machine->memory.total_bytes.source)
        warn(t, "ram-unknown", "the size of the RAM is not known: host memory is not limited",
             "say --ram-limit GIB");
}

void explain_plan(struct arena *a, struct plan *p, const struct search *s,
                  const struct candidate *chosen)
{
    struct teller t = {a, p, s, chosen};
    tell_placement(&t);
    tell_context(&t);
    tell_threads(&t);
    tell_cache(&t);
    tell_rest(&t);
    offer_memory(&t);
    offer_context(&t);
    offer_kv_type(&t);
    build_ladder(&t);
    warn_about_gpus(&t);
    warn_about_gpu_memory(&t);
    warn_about_knowledge(&t);
    warn_about_pins(a, p, s, chosen);
}
