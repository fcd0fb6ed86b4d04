/* Goal -> search -> plan. */
#include "plan/plan.h"

#include <string.h>

#include "base/units.h"
#include "base/words.h"
#include "plan/explain.h"
#include "plan/fit_like.h"
#include "plan/kv.h"
#include "plan/override.h"
#include "plan/pins.h"
#include "plan/search.h"

enum {
    CACHE_RAM_DEFAULT_MIB = 8192, /* llama-server's own --cache-ram */
    CACHE_RAM_LEAST_MIB = 256,    /* less holds no conversation: off */
    CACHE_RAM_SHARE = 4,          /* of the host memory that stays free */
};

static const struct {
    const char *name;
    struct workload tokens;
} workloads[] = {
    {"chat", {1024, 512, 4096}}, {"agent", {2048, 256, 24576}}, {"rag", {8192, 256, 0}},
    {"fim", {1024, 32, 0}},      {"batch", {512, 128, 0}},
};

bool workload_find(const char *name, struct workload *out)
{
    for (size_t i = 0; i < COUNT_OF(workloads); i++)
        if (strcmp(workloads[i].name, name) == 0) {
            *out = workloads[i].tokens;
            return true;
        }
    return false;
}

static struct workload workload_of(const struct goal *g)
{
    struct workload w = g->workload;
    if (w.prompt || w.gen || w.depth)
        return w;
    if (!g->workload_name || !workload_find(g->workload_name, &w))
        w = workloads[0].tokens;
    return w;
}

/* ---- refusing ---- */

static bool check_goal(struct arena *a, const struct model *m, const struct machine *machine,
                       const struct goal *g, struct err *err)
{
    if (m->n_tensors == 0) {
        err_set(err, ERR_FAILED, "\"%s\" holds no weights", m->path);
        return err_hint(err, "a vocabulary alone cannot run: name the model's own file");
    }
    if (!m->arch) {
        err_set(err, ERR_FAILED, "the architecture \"%s\" is unknown to llama.cpp v0.5.0",
                m->architecture);
        return err_hint(err, "tailor inspect shows what can be read; update llama.cpp and tailor");
    }
    size_t devices = settings_has(&g->pinned, SET_DEVICE) ? g->pinned.n_device : machine->gpus.n;
    if (settings_has(&g->pinned, SET_MAIN_GPU) && g->pinned.main_gpu >= devices && devices) {
        err_set(err, ERR_USAGE, "there is no device %u for --main-gpu",
                (unsigned)g->pinned.main_gpu);
        return err_hint(err, "devices count from 0, in the order of --device");
    }
    for (uint32_t i = 0; i < g->pinned.n_device; i++) {
        bool known = false;
        for (size_t k = 0; k < machine->gpus.n && !known; k++)
            known = machine->gpus.v[k].engine_device.source &&
                    strcmp(machine->gpus.v[k].engine_device.v, g->pinned.device[i]) == 0;
        if (!known) {
            err_set(err, ERR_USAGE, "the engine has no device \"%s\"", g->pinned.device[i]);
            return err_hint(err, "llama-server --list-devices names them");
        }
    }
    const char *buffer;
    if (!pins_buffers_exist(a, g, machine, &buffer)) {
        err_set(err, ERR_USAGE, "the engine has no buffer \"%s\" for --override-tensor", buffer);
        return err_hint(err, "CPU, or a device of llama-server --list-devices");
    }
    if (g->ctx_per_slot > m->n_ctx_train && m->n_ctx_train) {
        err_set(err, ERR_NO_FIT,
                "%u tokens of context are more than the %u the model was trained on",
                (unsigned)g->ctx_per_slot, (unsigned)m->n_ctx_train);
        return err_hint(err, "ask for at most %u", (unsigned)m->n_ctx_train);
    }
    struct context c;
    struct settings probe = g->pinned;
    context_resolve(m, &probe, &c);
    return kv_types_ok(m, &c, err);
}

static bool nothing_fits(const struct search *s, const struct search_result *r, struct err *err)
{
    char need[UNITS_TEXT], have[UNITS_TEXT], lack[UNITS_TEXT], ctx[UNITS_TEXT];
    const struct ledger_line *line;
    if (!r->nearest.settings.given)
        return err_set(err, ERR_NO_FIT, "no device may be used under these constraints");
    uint64_t missing = ledger_lack(&r->nearest.ledger, &line);
    if (missing == 0)
        return err_set(err, ERR_NO_FIT,
                       "the model fits only by leaving part of it in host memory, "
                       "which --no-spill forbids");
    const struct settings *pinned = &s->goal->pinned;
    bool said = settings_has(pinned, SET_CTX_SIZE) && pinned->ctx_size;
    err_set(
        err, ERR_NO_FIT,
        "the model does not fit: %s (%s tokens of context) needs %s of %s "
        "memory, %s may be used: %s are missing",
        said ? "the smallest plan with your -c" : "the smallest plan",
        units_count(said ? pinned->ctx_size : search_ctx_per_slot(s->m, &r->nearest.settings), ctx),
        units_bytes(line->total, need), line->name ? line->name : "GPU",
        units_bytes(line->budget, have), units_bytes(missing, lack));
    return err_hint(err, "take a smaller quantization, a %s, or close other programs",
                    settings_has(pinned, SET_CTX_SIZE) ? "smaller -c" : "shorter --ctx");
}

/* ---- finishing touches ---- */

/* The host prompt cache takes what is left, at most llama-server's own 8 GiB. */
static void set_cache_ram(const struct search *s, struct candidate *c)
{
    if (settings_has(&s->goal->pinned, SET_CACHE_RAM))
        return;
    uint64_t room = c->ledger.host.budget - ledger_host_used(&c->ledger);
    uint64_t mib = c->ledger.host.budget == UINT64_MAX ? 0 : room / CACHE_RAM_SHARE / MIB;
    if (mib > CACHE_RAM_DEFAULT_MIB)
        mib = CACHE_RAM_DEFAULT_MIB;
    if (mib < CACHE_RAM_LEAST_MIB || !s->m->causal || s->goal->no_prompt_cache)
        mib = 0;
    c->settings.cache_ram_mib = (int32_t)mib;
    place_evaluate(c, s->m, s->machine, s->workload);
}

/* Host weights beside a card load faster for prompts from pinned buffers, if there is room for a
 * copy outside the page cache. */
static void set_load_mode(const struct search *s, struct candidate *c)
{
    if (settings_has(&s->goal->pinned, SET_LOAD_MODE))
        return;
    bool host_experts = c->placement.n_devices > 0 && !search_all_on_gpu(c, s->m);
    c->settings.load_mode = host_experts ? LOAD_NONE : LOAD_MMAP;
}

/* One spelling for one meaning: -ngl all, no --n-cpu-moe 0, no -mg without a card. */
static void normalise(const struct search *s, struct candidate *c)
{
    const struct settings *pinned = &s->goal->pinned;
    if (c->placement.n_devices && !settings_has(pinned, SET_N_GPU_LAYERS) &&
        c->placement.n_gpu_layers > s->m->n_layer + s->m->n_layer_nextn)
        c->settings.n_gpu_layers = NGL_ALL;
    if (c->settings.split_mode == SPLIT_NONE)
        settings_mark(&c->settings, SET_MAIN_GPU);
}

/* ---- --fit's own placement ---- */

/* Two predictions for one machine differ by less than this for reasons that neither knows. */
static const double prediction_error = 0.03;

static bool fit_would_run(const struct search *s, const struct candidate *c)
{
    static const enum setting_id stop[] = {SET_DEVICE,       SET_N_GPU_LAYERS,    SET_SPLIT_MODE,
                                           SET_TENSOR_SPLIT, SET_OVERRIDE_TENSOR, SET_N_CPU_MOE};
    for (size_t i = 0; i < COUNT_OF(stop); i++)
        if (settings_has(&s->goal->pinned, stop[i]))
            return false;
    return c->placement.n_devices > 0 && !s->goal->no_spill;
}

/* A candidate of fit_like's as one of ours, its cards named. */
static bool adopt(const struct search *s, struct candidate *c)
{
    c->settings.n_device = 0;
    for (uint32_t i = 0; i < c->placement.n_devices; i++)
        c->settings.device[c->settings.n_device++] = s->machine->gpus.v[c->gpu[i]].engine_device.v;
    c->settings.fit = false;
    settings_mark(&c->settings, SET_DEVICE);
    settings_mark(&c->settings, SET_FIT);
    search_evaluate(s, c);
    return c->lack == 0 && c->turn_s > 0;
}

/* What stays of our choice where --fit places: all but the placement. */
static struct settings without_placement(const struct candidate *best)
{
    static const enum setting_id placed[] = {SET_DEVICE,       SET_N_GPU_LAYERS,   SET_SPLIT_MODE,
                                             SET_TENSOR_SPLIT, SET_N_CPU_MOE,      SET_MAIN_GPU,
                                             SET_FIT,          SET_OVERRIDE_TENSOR};
    struct settings same = best->settings;
    for (size_t i = 0; i < COUNT_OF(placed); i++)
        same.given &= ~((uint64_t)1 << placed[i]);
    return same;
}

/* Tensor by tensor, as --fit packs, but up to our budgets: worth its many words where it is faster
 * than predictions can err. */
static bool pack_tensors(struct arena *a, const struct search *s, struct candidate *best)
{
    struct settings same = without_placement(best);
    bool pinned = settings_has(&s->goal->pinned, SET_UBATCH_SIZE) || !s->m->causal;
    bool found = false;
    if (!fit_would_run(s, best) || search_all_on_gpu(best, s->m))
        return false;
    for (int try = 0; try < 2; try++) { /* a small ubatch leaves room for more tensors */
        struct candidate packed;
        fit_like_within(a, s->m, s->machine, s->workload, &same, &s->goal->limits, &packed);
        if (adopt(s, &packed) &&
            packed.turn_s < best->turn_s * (1 - (found ? 0 : prediction_error))) {
            *best = packed;
            found = true;
        }
        if (pinned || same.ubatch_size <= DEFAULT_UBATCH)
            break;
        same.ubatch_size = DEFAULT_UBATCH;
    }
    return found;
}

/* Where --fit would place the same context no slower, its placement is taken: our gain is smaller
 * than what a prediction can tell.  What lies on the cards as a whole must be beaten. */
static bool take_fits_placement(struct arena *a, const struct search *s, struct candidate *best)
{
    struct candidate fit;
    struct settings same = without_placement(best);
    bool whole = search_all_on_gpu(best, s->m);
    if (!fit_would_run(s, best) || (whole && s->machine->gpus.n < 2))
        return false;
    if (!settings_has(&s->goal->pinned, SET_UBATCH_SIZE) && s->m->causal)
        same.ubatch_size = DEFAULT_UBATCH; /* it never changes that */
    fit_like_with(a, s->m, s->machine, s->workload, &same, &fit);
    if (!adopt(s, &fit) || best->turn_s <= fit.turn_s * (1 - (whole ? 0 : prediction_error)))
        return false;
    *best = fit;
    return true;
}

/* -hf loads a projector, too, which no plan has counted: its words say that it should not. */
static void add_model(struct arena *a, const struct model *m, struct words *words)
{
    const char *const local[] = {"-m", m->path, NULL};
    for (const char *const *word = m->fetch ? m->fetch : local; *word; word++)
        words_add(a, words, *word);
}

static void build_argv(struct arena *a, struct plan *p, const struct words *rest)
{
    struct words words = {0};
    const struct fact_str *path = &p->machine->engine.path;
    words_add(a, &words, path->source ? path->v : "llama-server");
    add_model(a, p->model, &words);
    if (rest)
        words_append(a, &words, rest->v, rest->n);
    if (!p->model->causal)
        words_add(a, &words, "--embeddings");
    settings_to_argv(a, &p->settings, &words);
    p->argv = words_argv(a, &words);
    p->n_argv = words.n;
}

bool plan_make(struct arena *a, const struct model *m, const struct machine *machine,
               const struct goal *goal, struct plan *out, struct err *err)
{
    struct workload w = workload_of(goal);
    struct search_result result;
    const struct search s = {.m = m,
                             .machine = machine,
                             .goal = goal,
                             .workload = &w,
                             .costs = spread_costs_of(a, m, machine),
                             .parts = place_parts(a, m, machine),
                             .override = override_read(a, &goal->pinned, m)};
    if (!check_goal(a, m, machine, goal, err))
        return false;
    search_run(&s, &result);
    if (!result.found)
        return nothing_fits(&s, &result, err);
    struct candidate *best = arena_alloc(a, sizeof(*best)), *fit = arena_alloc(a, sizeof(*fit));
    *best = result.best;
    bool packed = pack_tensors(a, &s, best);
    bool fits_own = take_fits_placement(a, &s, best);
    set_load_mode(&s, best);
    normalise(&s, best);
    set_cache_ram(&s, best);
    fit_like(a, m, machine, &w, fit);
    *out = (struct plan){.model = m,
                         .machine = machine,
                         .goal = *goal,
                         .settings = best->settings,
                         .memory = best->ledger,
                         .speed = best->speed,
                         .baseline_settings = fit->settings,
                         .baseline_memory = fit->ledger,
                         .baseline_speed = fit->speed};
    out->goal.workload = w;
    build_argv(a, out, &goal->rest);
    explain_plan(a, out, &s, best);
    if (packed && !fits_own)
        *VEC_PUSH(a, &out->reasons) = (struct reason){
            "override_tensor", "single tensors",
            "whole layers would leave room on every card; parts of layers fill it", "place.pack"};
    if (fits_own)
        *VEC_PUSH(a, &out->reasons) = (struct reason){
            "placement", "as --fit places",
            "no placement was found that is faster by more than predictions can tell", "place.fit"};
    return true;
}
