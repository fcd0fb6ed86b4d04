/* Plans for machines with one to six cards against what --fit makes of the same server.
 *
 * llama-fit-params runs on the same cards, simulated, and on a header without tokenizer; its words
 * are read back as a placement and priced by the same prediction.  A few scenarios;
 * TAILOR_TEST_LONG=1 takes all, and TAILOR_UPDATE_DOCS then writes docs/scenarios.md. */
#define _GNU_SOURCE
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/words.h"
#include "engine/sim_env.h"
#include "live/oracle.h"
#include "live/tap.h"
#include "os/clock.h"
#include "os/fs.h"
#include "os/proc.h"
#include "plan/fit_like.h"
#include "work/planned.h"

enum { FIT_MS = 300000 };

static const struct scenario {
    const char *kind, *model, *machine;
    uint32_t ctx;
    bool quick; /* in every run */
} scenarios[] = {
    {"dense", "llama-3.1-8b:Q4_K_M", "RTX 3060 12GB, 32GB", 16384, true},
    {"dense", "llama-3.1-8b:Q4_K_M", "RTX 2060 6GB, 32GB", 32768, true},
    {"dense", "llama-3.1-8b:Q8_0", "RTX 4060 8GB + RTX 3060 12GB, 64GB", 65536, true},
    {"dense", "qwen3-32b:Q4_K_M", "RTX 3090, 64GB", 16384},
    {"dense", "qwen3-32b:Q4_K_M", "RTX 4070 12GB + RTX 3060 12GB, 64GB", 32768, true},
    {"dense", "llama-3.1-70b:Q4_K_M", "2x RTX 3090, 128GB", 16384},
    {"dense", "llama-3.1-70b:Q4_K_M", "RTX 4090 + RTX 3060 12GB, 96GB", 16384},
    {"dense", "llama-3.1-70b:Q4_K_M", "5x RTX 3060 12GB, 128GB", 8192},
    {"dense", "mistral-large-123b:Q4_K_M", "6x RTX 3090, 256GB", 32768},
    {"dense", "mistral-large-123b:Q4_K_M", "RTX 5090 + RTX 4090 + RTX 3080 10GB, 128GB", 8192},
    {"MoE", "qwen3-30b-a3b:Q4_K_M", "RTX 4090, 64GB", 32768, true},
    {"MoE", "qwen3-30b-a3b:Q4_K_M", "RTX 3060 12GB, 64GB", 32768, true},
    {"MoE", "qwen3-30b-a3b:Q4_K_M", "2x RTX 2060 6GB, 64GB", 16384},
    {"MoE", "mixtral-8x7b:Q4_K_M", "RTX 3090 + RTX 3060 12GB, 64GB", 16384},
    {"MoE", "mixtral-8x7b:Q4_K_M", "RTX 2060 6GB, 48GB", 8192},
    {"MoE", "glm-4.5-air:Q4_K_M", "2x RTX 3090, 128GB", 32768},
    {"MoE", "qwen3-235b-a22b:Q4_K_M", "RTX 4090, 192GB", 16384},
    {"MoE", "qwen3-235b-a22b:Q4_K_M", "2x RTX 4090 + 4x RTX 3090, 256GB", 32768},
    {"MoE", "deepseek-v2-lite:Q4_K_M", "RTX 2060 6GB, 32GB", 32768},
    {"hybrid", "qwen3.5-35b-a3b:Q4_K_M", "RTX 3060 12GB, 64GB", 65536, true},
    {"hybrid", "qwen3.5-35b-a3b:Q4_K_M", "RTX 3060 12GB + RTX 2060 6GB, 64GB", 32768},
    {"hybrid", "qwen3.6-27b:Q4_K_M", "RTX 3090, 64GB", 65536},
    {"hybrid", "qwen3.6-27b:Q4_K_M", "3x RTX 2060 6GB, 64GB", 16384},
    {"hybrid", "granite-4.0-h-small:Q4_K_M", "RTX 3060 12GB, 64GB", 32768},
    {"hybrid", "qwen3-coder-next:Q4_K_M", "2x RTX 3090, 128GB", 65536},
    {"SWA", "gemma-3-12b:Q4_K_M", "RTX 2060 6GB, 32GB", 16384, true},
    {"SWA", "gemma-3-27b:Q4_K_M", "RTX 3090, 64GB", 32768},
    {"SWA", "gemma-3-27b:Q8_0", "4x RTX 4060 8GB, 64GB", 32768},
    {"SWA", "gpt-oss-20b:MXFP4", "RTX 3060 12GB, 32GB", 65536},
    {"SWA", "gpt-oss-120b:MXFP4", "3x RTX 3090, 128GB", 65536},
    {"SWA", "gpt-oss-120b:MXFP4", "RTX 3090, 96GB", 32768},
};

struct outcome {
    const struct scenario *s;
    bool ours_found, fit_found;
    double ours_s, fit_s, fit_took_s, took_s; /* of a turn, and of finding it */
    const char *ours, *fit;
    double like_s;    /* the same by our model of --fit */
    int layers_apart; /* on cards, between --fit and our model of it */
    int share_apart;  /* of the card where they differ most */
};

struct world {
    struct oracle o;
    struct session session;
    struct outcome outcome[64];
    size_t n;
};

/* ---- --fit itself ---- */

/* What a driver context takes is gone before --fit looks. */
static const char *fit_devices(struct arena *a, const struct machine *machine)
{
    struct machine seen = *machine;
    seen.gpus.v = arena_array(a, machine->gpus.n + 1, sizeof(*seen.gpus.v));
    for (size_t i = 0; i < machine->gpus.n; i++) {
        struct machine_gpu *g = &seen.gpus.v[i];
        *g = machine->gpus.v[i];
        uint64_t driver = backend_find(g->engine_device.v)->driver_bytes;
        FACT_SET(&g->memory_free_bytes, g->memory_total_bytes.v - driver, "test");
    }
    return sim_env_devices(a, &seen);
}

/* "blk\.3\.ffn_down.*=CUDA1,...": the first pattern that matches decides. */
static const int8_t *overrides_of(struct arena *a, const char *text, const struct model *m)
{
    int8_t *out = arena_alloc(a, m->n_tensors + 1);
    struct str rest = str_from(text), item;
    memset(out, PLACE_WITH_LAYER, m->n_tensors);
    while (str_cut(&rest, ',', &item)) {
        char *pattern = str_dup(a, item), *device = strrchr(pattern, '=');
        regex_t r;
        if (!device || regcomp(&r, (*device = '\0', pattern), REG_EXTENDED | REG_NOSUB) != 0)
            return NULL;
        bool card = strncmp(device + 1, "CUDA", 4) == 0;
        for (size_t i = 0; i < m->n_tensors; i++)
            if (out[i] == PLACE_WITH_LAYER && regexec(&r, m->tensors[i].name.p, 0, NULL, 0) == 0)
                out[i] = (int8_t)(card ? atoi(device + 5) : PLACE_HOST);
        regfree(&r);
    }
    return out;
}

/* "-c 16384 -ngl 31 -ts 12,19 -ot ..." as a placement. */
static bool read_words(struct arena *a, const struct words *words, const struct model *m,
                       struct candidate *c)
{
    struct err err = {0};
    for (size_t i = 0; i + 1 < words->n; i += 2) {
        const char *word = words->v[i], *value = words->v[i + 1];
        if (strcmp(word, "-ot") == 0) {
            c->override = overrides_of(a, value, m);
            settings_set(a, &c->settings, SET_OVERRIDE_TENSOR, value, &err);
        } else if (strcmp(word, "-ngl") == 0) {
            settings_set(a, &c->settings, SET_N_GPU_LAYERS,
                         strcmp(value, "-1") == 0 ? "all" : value, &err);
        } else if (strcmp(word, "-ts") == 0) {
            settings_set(a, &c->settings, SET_TENSOR_SPLIT, value, &err);
        }
    }
    return words->n >= 4;
}

/* Shares of a split that --fit leaves to the defaults: what is free. */
static void split_by_memory(struct candidate *c, const struct machine *machine)
{
    if (machine->gpus.n < 2 || settings_has(&c->settings, SET_TENSOR_SPLIT))
        return;
    c->settings.n_tensor_split = (uint32_t)machine->gpus.n;
    for (size_t i = 0; i < machine->gpus.n; i++)
        c->settings.tensor_split[i] = (float)machine->gpus.v[i].memory_total_bytes.v;
    settings_mark(&c->settings, SET_TENSOR_SPLIT);
}

static bool run_fit(struct world *w, const struct scenario *s, const struct subject *subject,
                    const struct machine *machine, struct candidate *out)
{
    struct arena *a = &w->o.a;
    const char *argv[] = {path_join(a, w->o.bin, "llama-fit-params"),
                          "-m",
                          subject->ghost,
                          "-c",
                          arena_printf(a, "%u", (unsigned)s->ctx),
                          "-np",
                          "1",
                          "-fa",
                          "on",
                          NULL};
    const struct proc_spec spec = {
        .argv = argv, .env = oracle_env(&w->o, fit_devices(a, machine)), .out = PROC_PIPE};
    struct proc_output output;
    struct err err = {0};
    struct words words = {0};
    *out = (struct candidate){0};
    if (!proc_capture(a, &spec, FIT_MS, 1 << 20, &output, &err) || output.exit_code != 0 ||
        !shell_split(a, str_trim(output.text), &words, &err) ||
        !read_words(a, &words, &subject->m, out))
        return false;
    struct settings same =
        settings_of(a, arena_printf(a, "ctx_size=%u parallel=1 flash_attn=on", (unsigned)s->ctx));
    out->settings = settings_merge(&same, &out->settings);
    split_by_memory(out, machine);
    return true;
}

/* ---- one scenario ---- */

static void check_budgets(struct tap *t, const char *name, const struct planned *p)
{
    const struct ledger_line *tight;
    uint64_t lack = ledger_lack(&p->plan.memory, &tight);
    if (!p->certified || strcmp(p->plan.memory.basis, "dry-run") != 0)
        tap_problem(t, "%s: not certified", name);
    if (lack)
        tap_problem(t, "%s: %s over its budget by %.1f MiB", name, tight->name,
                    (double)lack / (double)MIB);
}

static const char *layout(struct arena *a, const struct settings *s)
{
    struct strbuf text = {0};
    if (s->n_gpu_layers == NGL_ALL || s->n_gpu_layers > 500)
        strbuf_adds(&text, "all");
    else
        strbuf_addf(&text, "%d", (int)s->n_gpu_layers);
    for (uint32_t i = 0; i < s->n_tensor_split; i++)
        if (s->tensor_split[0] < 1e6F) /* else it is bytes: what is free */
            strbuf_addf(&text, "%s%.0f", i ? "," : " layers as ", (double)s->tensor_split[i]);
    if (settings_has(s, SET_N_CPU_MOE) && s->n_cpu_moe)
        strbuf_addf(&text, ", experts of %u on the host", (unsigned)s->n_cpu_moe);
    if (settings_has(s, SET_OVERRIDE_TENSOR))
        strbuf_adds(&text, ", tensors placed");
    return strbuf_take(&text, a);
}

static struct workload turn_of(const struct plan *p)
{
    return p->goal.workload;
}

/* The same prediction for --fit's placement on the same machine. */
static void price(struct outcome *o, struct candidate *fit, const struct planned *p,
                  const struct subject *subject)
{
    struct workload w = turn_of(&p->plan);
    ledger_budgets(&fit->ledger, &p->machine, NULL);
    place_evaluate(fit, &subject->m, &p->machine, &w);
    o->fit_s = fit->turn_s;
}

static int layers_of(const struct candidate *c, const struct model *m, int device)
{
    struct place_map map;
    int n = 0;
    placement_map(&c->placement, m, &map);
    for (uint32_t slot = 0; slot <= map.output; slot++)
        n += map.slot[slot] == device;
    return n;
}

/* Our model of --fit (plan/fit_like.h) beside --fit. */
static void compare_model(struct world *w, struct outcome *o, const struct candidate *fit,
                          const struct planned *p, const struct model *m)
{
    struct candidate like;
    struct workload turn = turn_of(&p->plan);
    struct settings same =
        settings_of(&w->o.a, arena_printf(&w->o.a, "ctx_size=%u parallel=1 flash_attn=on",
                                          (unsigned)o->s->ctx));
    fit_like_with(&w->o.a, m, &p->machine, &turn, &same, &like);
    o->like_s = like.turn_s;
    for (int i = 0; i < (int)p->machine.gpus.n; i++) {
        int apart = layers_of(&like, m, i) - layers_of(fit, m, i);
        o->layers_apart += apart;
        o->share_apart = abs(apart) > o->share_apart ? abs(apart) : o->share_apart;
    }
}

static void judge(struct tap *t, const char *name, struct outcome *o, const struct planned *p)
{
    struct workload w = turn_of(&p->plan);
    o->ours_s = speed_turn_s(&p->plan.speed, &w);
    if (o->ours_s <= 0 || o->fit_s <= 0)
        tap_problem(t, "%s: no prediction", name);
    else if (o->ours_s > o->fit_s * 1.0005)
        tap_problem(t, "%s: predicted %.3f s for a turn, --fit's placement %.3f s (%s against %s)",
                    name, o->ours_s, o->fit_s, o->ours, o->fit);
}

static void one(struct tap *t, struct world *w, const struct scenario *s)
{
    struct arena *a = &w->o.a;
    struct outcome *o = &w->outcome[w->n++];
    struct goal goal = {
        .pinned = settings_of(a, arena_printf(a, "ctx_size=%u parallel=1", (unsigned)s->ctx))};
    const char *name = arena_printf(a, "%s on %s", s->model, s->machine);
    const struct planning how = {.model = arena_printf(a, "shape:%s", s->model),
                                 .machine = s->machine,
                                 .goal = &goal,
                                 .certify = true};
    struct planned p;
    struct subject subject;
    struct candidate fit;
    struct err err = {0};
    *o = (struct outcome){.s = s};
    double start = clock_s();
    o->ours_found = planned_make(&w->session, &how, &p, &err);
    o->took_s = clock_s() - start;
    if (!subject_open(&w->o, &subject, s->model, &err) || !o->ours_found) {
        tap_problem(t, "%s: %s", name, err.cause);
        subject_close(&subject);
        return;
    }
    start = clock_s();
    o->fit_found = run_fit(w, s, &subject, &p.machine, &fit);
    o->fit_took_s = clock_s() - start;
    check_budgets(t, name, &p);
    o->ours = layout(a, &p.plan.settings);
    if (o->fit_found) {
        price(o, &fit, &p, &subject);
        o->fit = layout(a, &fit.settings);
        judge(t, name, o, &p);
        compare_model(w, o, &fit, &p, &subject.m);
    }
    subject_close(&subject);
    planned_close(&p);
}

/* ---- the table ---- */

static const char *table(struct world *w)
{
    struct strbuf out = {0};
    double log_sum = 0;
    unsigned n = 0;
    strbuf_adds(&out, "| kind | model | machine | context | plan | --fit | a turn, planned | "
                      "a turn, --fit | gain | found in | --fit needs |\n"
                      "|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < w->n; i++) {
        const struct outcome *o = &w->outcome[i];
        bool both = o->ours_s > 0 && o->fit_s > 0;
        log_sum += both ? log(o->fit_s / o->ours_s) : 0;
        n += both;
        strbuf_addf(&out,
                    "| %s | %s | %s | %u | %s | %s | %.2f s | %.2f s | %.2f | %.2f s | %.2f s |\n",
                    o->s->kind, o->s->model, o->s->machine, (unsigned)o->s->ctx,
                    o->ours ? o->ours : "none", o->fit ? o->fit : "none", o->ours_s, o->fit_s,
                    both ? o->fit_s / o->ours_s : 0, o->took_s, o->fit_took_s);
    }
    strbuf_addf(&out, "\n%u scenarios; geometric mean of the predicted gain: %.3f\n", n,
                exp(n ? log_sum / n : 0));
    return strbuf_take(&out, &w->o.a);
}

static void show(const char *text)
{
    struct str rest = str_from(text), line;
    while (str_cut(&rest, '\n', &line))
        printf("# %.*s\n", (int)line.n, line.p);
}

static void update_docs(struct tap *t, struct world *w, const char *rows)
{
    struct err err = {0};
    const char *text = arena_printf(
        &w->o.a,
        "# Plans beside --fit\n\n"
        "Written by `tests/live/test_scenarios.c`. The same server (context and one slot pinned, "
        "F16\n"
        "cache) on described machines. Every plan here is certified by the engine's dry run on\n"
        "simulated cards and over none of its budgets. llama-fit-params ran on the same cards, "
        "with\n"
        "a header without tokenizer; both placements are priced by the same prediction, for a "
        "turn\n"
        "of 1,024 tokens to read and 512 to write with 4,096 in the context. These are "
        "predictions,\n"
        "not measurements. \"Found in\" is planning with certificate.\n\n%s",
        rows);
    if (!fs_replace(TEST_SOURCE_ROOT "/docs/scenarios.md", text, strlen(text), &err))
        tap_problem(t, "%s", err.cause);
}

static void plans_fit_and_are_never_slower_than_fit(struct tap *t, void *state)
{
    struct world *w = state;
    bool thorough = getenv("TAILOR_TEST_LONG") != NULL;
    const char *only = getenv("TAILOR_TEST_ONLY");
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        if ((thorough || scenarios[i].quick) && (!only || strstr(scenarios[i].model, only)))
            one(t, w, &scenarios[i]);
    const char *text = table(w);
    show(text);
    if (thorough && !only && getenv("TAILOR_UPDATE_DOCS"))
        update_docs(t, w, text);
}

/* --fit counts logits for a whole ubatch, which we leave out as llama-server does: a layer or two.
 */
static void our_model_of_fit_places_as_it_does(struct tap *t, void *state)
{
    enum { LAYERS = 2 };
    struct world *w = state;
    unsigned n = 0, same = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct outcome *o = &w->outcome[i];
        if (!o->fit_found)
            continue;
        n++;
        same += o->layers_apart == 0 && o->share_apart == 0;
        if (abs(o->layers_apart) > LAYERS || o->share_apart > LAYERS)
            tap_problem(t, "%s on %s: %d layers apart, of one card %d", o->s->model, o->s->machine,
                        o->layers_apart, o->share_apart);
        if (o->like_s > 1.15 * o->fit_s || o->like_s < o->fit_s / 1.15)
            tap_problem(t, "%s on %s: a turn takes %.2f s, with --fit itself %.2f s", o->s->model,
                        o->s->machine, o->like_s, o->fit_s);
    }
    printf("# %u of %u placements have the same layers on every card\n", same, n);
    if (n == 0)
        tap_problem(t, "llama-fit-params found nothing");
}

/* ---- main ---- */

static const char *no_variables(const char *name)
{
    (void)name;
    return NULL;
}

static const char *set_up(struct world *w)
{
    const char *skip = oracle_open(&w->o);
    if (skip)
        return skip;
    const char *build = path_dir(&w->o.a, path_dir(&w->o.a, w->o.bin));
    w->session = (struct session){.arena = &w->o.a,
                                  .fs = fs_real(),
                                  .live = true,
                                  .dirs = {.runtime = w->o.dir, .cache = w->o.dir},
                                  .where = {.exe_dir = build}};
    stores_where_init(&w->session.stores, &w->o.a, w->o.dir, no_variables);
    return NULL;
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"plans fit, and are never slower than --fit", plans_fit_and_are_never_slower_than_fit},
        {"our model of --fit places as it does", our_model_of_fit_places_as_it_does},
    };
    static struct world w;
    const char *skip = set_up(&w);
    int status = tap_run(tests, COUNT_OF(tests), skip, &w);
    oracle_close(&w.o);
    return status;
}
