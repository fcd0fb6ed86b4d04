/* One table of checks. */
#include "plan/pins.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "plan/context.h"
#include "plan/override.h"
#include "settings/argv.h"

/* ---- what cannot be meant ---- */

static uint32_t slots_said(const struct settings *pinned)
{
    return pinned->parallel ? pinned->parallel : SERVER_AUTO_SLOTS;
}

bool pins_agree(const struct goal *goal, struct err *err)
{
    static const struct model any = {.causal = true};
    const struct settings *pinned = &goal->pinned;
    bool slots = settings_has(pinned, SET_PARALLEL);
    if (slots && goal->parallel && goal->parallel != slots_said(pinned)) {
        err_set(err, ERR_USAGE, "--parallel %u contradicts -np %u behind --",
                (unsigned)goal->parallel, (unsigned)slots_said(pinned));
        return err_hint(err, "say it once");
    }
    if (!goal->ctx_per_slot || !settings_has(pinned, SET_CTX_SIZE) || pinned->ctx_size == 0)
        return true;
    struct settings all = *pinned;
    struct context c;
    if (!slots) {
        all.parallel = goal->parallel ? goal->parallel : 1;
        settings_mark(&all, SET_PARALLEL);
    }
    context_resolve(&any, &all, &c);
    if (c.n_ctx_slot >= goal->ctx_per_slot)
        return true;
    err_set(err, ERR_USAGE, "--ctx %u contradicts -c %u behind --, which gives a slot %u tokens",
            (unsigned)goal->ctx_per_slot, (unsigned)pinned->ctx_size, (unsigned)c.n_ctx_slot);
    return err_hint(err, "say it once: -c is the total of all slots, --ctx is for each");
}

static bool is_card(const struct machine *machine, const char *gpu)
{
    for (size_t i = 0; i < machine->gpus.n && i < PLACE_MAX_DEVICES; i++)
        if (ledger_names_gpu(gpu, &machine->gpus.v[i], (uint32_t)i))
            return true;
    return false;
}

bool pins_name_cards(const struct limits *limits, const struct machine *machine, struct err *err)
{
    struct strbuf known = {0};
    const char *unknown = NULL;
    for (uint32_t i = 0; i < limits->n_vram && !unknown; i++)
        if (!is_card(machine, limits->vram[i].gpu))
            unknown = limits->vram[i].gpu;
    if (!unknown)
        return true;
    for (size_t i = 0; i < machine->gpus.n; i++) {
        const struct fact_str *name = &machine->gpus.v[i].engine_device;
        strbuf_adds(&known, known.len ? ", " : "");
        if (name->source)
            strbuf_adds(&known, name->v);
        else
            strbuf_addf(&known, "%zu", i);
    }
    err_set(err, ERR_USAGE, "there is no card \"%s\" for --vram-limit", unknown);
    err_hint(err, known.len ? "known here: %s" : "this machine has no GPU%s", strbuf_cstr(&known));
    strbuf_release(&known);
    return false;
}

/* "CUDA0", and what a backend names after a device or itself: "CUDA_Host", "CPU_REPACK". */
static bool is_buffer(const struct machine *machine, struct str buft)
{
    bool found = str_starts(buft, "CPU");
    for (size_t i = 0; i < machine->gpus.n && !found; i++) {
        const struct fact_str *name = &machine->gpus.v[i].engine_device;
        const struct backend_rules *rules = name->source ? backend_find(name->v) : NULL;
        found = (name->source && str_eq(buft, name->v)) ||
                (rules && str_starts(buft, rules->device_prefix) &&
                 memchr(buft.p, '_', buft.n) != NULL);
    }
    return found;
}

static bool has_word(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->v[i], word) == 0)
            return true;
    return false;
}

bool pins_buffers_exist(struct arena *a, const struct goal *goal, const struct machine *machine,
                        const char **part)
{
    const struct settings *pinned = &goal->pinned;
    if (!settings_has(pinned, SET_OVERRIDE_TENSOR) || has_word(&goal->rest, "--rpc"))
        return true; /* servers elsewhere bring buffers of their own */
    struct str rest = str_from(pinned->override_tensor), pattern, buft;
    while (override_next(&rest, &pattern, &buft))
        if (!is_buffer(machine, buft)) {
            *part = str_dup(a, buft);
            return false;
        }
    return true;
}

/* ---- what is not done as it is written ---- */

struct pins {
    struct arena *a;
    struct plan *p;
    const struct search *s;
    const struct candidate *c;
    const struct settings *pinned;
    struct context context;
};

static void warn(const struct pins *x, const char *code, const char *text, const char *fix)
{
    *VEC_PUSH(x->a, &x->p->warnings) = (struct plan_warning){code, text, fix};
}

/* "-ngl 99" */
static const char *said(const struct pins *x, enum setting_id id)
{
    struct settings one = *x->pinned;
    struct words words = {0};
    one.given = (uint64_t)1 << id;
    settings_to_argv(x->a, &one, &words);
    return shell_join(x->a, words.v, words.n);
}

/* llama-server caps a slot at what the model was trained on, and the cache is there all the same.
 */
static void check_training(const struct pins *x)
{
    uint32_t train = x->s->m->n_ctx_train;
    uint64_t useful =
        units_round_up(train, CELL_ROUND) * (x->context.unified ? x->context.slots : 1);
    char most[UNITS_TEXT];
    if (!settings_has(x->pinned, SET_CTX_SIZE) || !train || x->context.cells_full <= useful)
        return;
    warn(x, "beyond-training",
         arena_printf(x->a,
                      "%s is more than the model was trained on: no slot uses more than %s tokens",
                      said(x, SET_CTX_SIZE), units_count(train, most)),
         arena_printf(x->a, "-c %llu is all that can be used",
                      (unsigned long long)train * x->context.slots));
}

static void check_batch(const struct pins *x, enum setting_id id, uint32_t asked, uint32_t got)
{
    bool less = settings_has(x->pinned, id) && asked > got;
    if (less)
        warn(x, "less-than-asked",
             arena_printf(x->a, "%s counts as %u: %s", said(x, id), (unsigned)got,
                          id == SET_UBATCH_SIZE ? "it is part of a batch (-b) and of the context"
                                                : "a batch is part of the context"),
             id == SET_UBATCH_SIZE ? "a larger -ub needs a larger -b" : "leave it out");
}

static void check_batches(const struct pins *x)
{
    check_batch(x, SET_BATCH_SIZE, x->pinned->batch_size, x->context.n_batch);
    check_batch(x, SET_UBATCH_SIZE, x->pinned->ubatch_size, x->context.n_ubatch);
}

static void check_threads(const struct pins *x)
{
    const struct fact_f64 *usable = &x->s->machine->cpu.usable_cpus;
    const struct {
        enum setting_id id;
        uint32_t asked;
    } threads[] = {{SET_THREADS, x->pinned->threads},
                   {SET_THREADS_BATCH, x->pinned->threads_batch}};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        if (settings_has(x->pinned, threads[i].id) && usable->source &&
            threads[i].asked > ceil(usable->v))
            warn(x, "threads-beyond-cpus",
                 arena_printf(x->a, "%s: only %g CPUs can be used, and threads wait for each other",
                              said(x, threads[i].id), usable->v),
                 "leave it out, and the CPU's cores are counted");
}

/* Words for cards where fewer are used than they need.  What a plan without a card says itself is
 * not worth a word. */
static void check_cards(const struct pins *x)
{
    const struct settings *p = x->pinned;
    uint32_t used = x->c->placement.n_devices;
    const struct {
        enum setting_id id;
        bool means_something;
        uint32_t cards;
    } words[] = {
        {SET_N_GPU_LAYERS, p->n_gpu_layers != 0 && p->n_gpu_layers != NGL_AUTO, 1},
        {SET_TENSOR_SPLIT, p->n_tensor_split > 0, 2},
        {SET_SPLIT_MODE, p->split_mode == SPLIT_ROW || p->split_mode == SPLIT_TENSOR, 2},
        {SET_MAIN_GPU, p->main_gpu > 0, 1},
        {SET_N_CPU_MOE, p->n_cpu_moe > 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (settings_has(p, words[i].id) && words[i].means_something && used < words[i].cards)
            warn(x, "no-effect",
                 arena_printf(x->a, "%s has no effect: the plan uses %s", said(x, words[i].id),
                              used ? "one GPU" : "no GPU"),
                 used ? "leave it out, or name the cards with --device"
                      : "leave it out; tailor detect tells which GPUs can be used");
}

static void check_override(const struct pins *x)
{
    if (settings_has(x->pinned, SET_OVERRIDE_TENSOR) &&
        !override_understood(x->pinned->override_tensor))
        warn(x, "override-not-priced",
             arena_printf(x->a,
                          "%s: only patterns for CPU are priced, what goes elsewhere counts "
                          "where its layer is",
                          said(x, SET_OVERRIDE_TENSOR)),
             "with an engine for this machine (make build) a dry run certifies the plan");
}

/* Models beside the model. */
static void check_companions(const struct pins *x)
{
    static const char *const keys[] = {
        "spec-draft-model", "spec-draft-hf",        "mmproj", "mmproj-url", "lora", "lora-scaled",
        "control-vector",   "control-vector-scaled"};
    const struct words *rest = &x->s->goal->rest;
    struct argv argv;
    argv_parse(x->a, TOOL_SERVER, rest->v, rest->n, &argv);
    for (size_t i = 0; i < argv.items.n; i++)
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            const struct argv_item *item = &argv.items.v[i];
            if (item->kind != ARGV_OPTION || strcmp(item->option->key, keys[k]) != 0)
                continue;
            warn(x, "not-counted",
                 arena_printf(x->a, "the memory that %s takes is not in the plan",
                              shell_join(x->a, argv.words + item->at, item->n_words)),
                 "leave room for it with --vram-limit or --ram-limit");
        }
}

typedef void check(const struct pins *x);
static check *const checks[] = {check_training, check_batches,  check_threads,
                                check_cards,    check_override, check_companions};

void warn_about_pins(struct arena *a, struct plan *p, const struct search *s,
                     const struct candidate *chosen)
{
    struct pins x = {.a = a, .p = p, .s = s, .c = chosen, .pinned = &s->goal->pinned};
    context_resolve(s->m, &p->settings, &x.context);
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        checks[i](&x);
}
