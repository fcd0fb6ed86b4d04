/* The accuracy table: our bytes against the engine's dry run, architecture by architecture, on
 * simulated CUDA cards and without.
 *
 * A sample of the catalogue; TAILOR_TEST_LONG=1 takes all of it, and TAILOR_UPDATE_DOCS then writes
 * docs/accuracy.md. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/words.h"
#include "live/oracle.h"
#include "live/tap.h"
#include "os/fs.h"
#include "os/proc.h"
#include "plan/context.h"
#include "plan/kv.h"

static const char *const sample[] = {
    "llama-3.1-8b", "qwen2-0.5b",  "qwen3-30b-a3b",    "gemma-3-12b", "qwen3-4b",
    "phi-4",        "gpt-oss-20b", "deepseek-v2-lite", "mamba2-2.7b", "qwen3.5-35b-a3b",
};

static const uint32_t contexts[] = {4096, 32768, 131072};
static const char *const cache_types[] = {"f16", "q8_0"};

enum where { ON_HOST, ON_1, ON_2, ON_4, HALF_ON_1, EXPERTS_ON_HOST, N_WHERE };
static const struct {
    const char *title, *settings;
} places[N_WHERE] = {
    [ON_HOST] = {"CPU only", ""},
    [ON_1] = {"1 card", "device=CUDA0 n_gpu_layers=999"},
    [ON_2] = {"2 cards", "device=CUDA0,CUDA1 n_gpu_layers=999 tensor_split=1,1"},
    [ON_4] = {"4 cards", "device=CUDA0,CUDA1,CUDA2,CUDA3 n_gpu_layers=999 tensor_split=1,1,1,1"},
    [HALF_ON_1] = {"1 card, half of the layers", "device=CUDA0"},
    [EXPERTS_ON_HOST] = {"1 card, experts on the host", "device=CUDA0 n_gpu_layers=999"},
};

/* One row of a table. */
struct row {
    const char *title;
    unsigned shapes, cases, refused, weights, kv, claimed, within, exact;
    double worst_claimed, worst_other; /* of a compute buffer: off/engine, where it is over 1 MiB */
};

struct tables {
    struct row arch[128], place[N_WHERE];
    size_t n_arch;
    const char *text; /* of both */
};

/* Megabytes by which two estimates of the same server differ from what it takes. */
struct beside {
    const char *title, *settings, *fit_options;
    unsigned cases;
    double ours, ours_worst, fit, fit_worst;
};

struct world {
    struct oracle o;
    struct tables t;
    bool thorough;
};

/* ---- one case ---- */

static double error_of(uint64_t ours, uint64_t theirs)
{
    uint64_t off = ours > theirs ? ours - theirs : theirs - ours;
    return off <= MIB ? 0 : theirs ? (double)off / (double)theirs : 1;
}

struct verdict {
    bool weights, kv, exact;
    double error; /* the worst compute buffer's */
};

static void judge_line(const struct oracle_bytes *ours, const struct oracle_bytes *theirs,
                       struct verdict *v)
{
    double error = error_of(ours->compute, theirs->compute);
    v->weights &= ours->weights == theirs->weights;
    v->kv &= ours->kv == theirs->kv;
    v->exact &= ours->compute == theirs->compute;
    if (error > v->error)
        v->error = error;
}

static struct verdict judge(const struct oracle_answer *ours, const struct oracle_answer *theirs)
{
    struct verdict v = {true, true, true, 0};
    judge_line(&ours->host, &theirs->host, &v);
    for (int i = 0; i < ORACLE_DEVICES; i++)
        judge_line(&ours->device[i], &theirs->device[i], &v);
    return v;
}

static void count(struct row *r, const struct verdict *v, bool claimed)
{
    double *worst = claimed ? &r->worst_claimed : &r->worst_other;
    r->cases++;
    r->weights += v->weights;
    r->kv += v->kv;
    r->exact += v->exact;
    r->claimed += claimed;
    r->within += claimed && v->error <= 0.01;
    if (v->error > *worst)
        *worst = v->error;
}

static const char *case_settings(struct world *w, const struct subject *s, enum where where,
                                 uint32_t ctx, const char *type)
{
    struct strbuf text = {0};
    strbuf_addf(&text, "%s ctx_size=%u parallel=1 flash_attn=on cache_type_k=%s cache_type_v=%s",
                places[where].settings, (unsigned)ctx, type, type);
    if (where == HALF_ON_1)
        strbuf_addf(&text, " n_gpu_layers=%u", (unsigned)s->m.n_layer / 2);
    if (where == EXPERTS_ON_HOST)
        strbuf_addf(&text, " n_cpu_moe=%u", (unsigned)s->m.n_layer);
    return strbuf_take(&text, &w->o.a);
}

static void one_case(struct tap *t, struct world *w, const struct subject *s, enum where where,
                     const char *text)
{
    struct settings settings = settings_of(&w->o.a, text);
    struct oracle_answer ours, theirs;
    struct row *rows[] = {&w->t.arch[w->t.n_arch - 1], &w->t.place[where]};
    struct context c;
    struct err err = {0}, refusal = {0};
    bool claimed;
    context_resolve(&s->m, &settings, &c);
    bool we_refuse = !kv_types_ok(&s->m, &c, &refusal);
    if (!oracle_ask(&w->o, s, &settings, &theirs, &err)) {
        rows[0]->refused++;
        rows[1]->refused++;
        if (!we_refuse)
            tap_problem(t, "%s %s: the engine refuses: %s", s->name, text, err.cause);
        return;
    }
    oracle_ours(&w->o, s, &settings, &ours, &claimed);
    struct verdict v = judge(&ours, &theirs);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        count(rows[i], &v, claimed);
    if (!v.weights || (!v.kv && s->m.arch->kv != KV_ORACLE))
        tap_problem(t, "%s %s: %s differ", s->name, text, v.weights ? "KV bytes" : "weights");
    if (claimed && v.error > 0.01)
        tap_problem(t, "%s %s: compute claimed, but %.1f %% off", s->name, text, 100 * v.error);
}

/* ---- all cases ---- */

static struct row *arch_row(struct world *w, const char *arch)
{
    for (size_t i = 0; i < w->t.n_arch; i++)
        if (strcmp(w->t.arch[i].title, arch) == 0) { /* rows are filled at the end */
            struct row moved = w->t.arch[i];
            memmove(&w->t.arch[i], &w->t.arch[i + 1], (w->t.n_arch - i - 1) * sizeof(moved));
            return w->t.arch[w->t.n_arch - 1] = moved, &w->t.arch[w->t.n_arch - 1];
        }
    if (w->t.n_arch == COUNT_OF(w->t.arch))
        abort();
    w->t.arch[w->t.n_arch] = (struct row){.title = arena_strdup(&w->o.a, arch)};
    return &w->t.arch[w->t.n_arch++];
}

static void one_shape(struct tap *t, struct world *w, const char *shape)
{
    struct subject s;
    struct err err = {0};
    const char *name = arena_printf(&w->o.a, "%s:Q4_K_M", shape);
    if (!subject_open(&w->o, &s, name, &err)) {
        tap_problem(t, "%s: %s", shape, err.cause);
        subject_close(&s);
        return;
    }
    arch_row(w, s.m.architecture)->shapes++;
    for (int where = 0; where < N_WHERE; where++) {
        w->t.place[where].shapes++;
        for (size_t k = 0; k < COUNT_OF(cache_types); k++)
            for (size_t i = 0; i < COUNT_OF(contexts); i++)
                if (where != EXPERTS_ON_HOST || s.m.n_expert)
                    one_case(t, w, &s, (enum where)where,
                             case_settings(w, &s, (enum where)where, contexts[i], cache_types[k]));
    }
    subject_close(&s);
}

/* ---- the tables ---- */

static void add(struct row *sum, const struct row *r)
{
    sum->shapes += r->shapes;
    sum->cases += r->cases;
    sum->refused += r->refused;
    sum->weights += r->weights;
    sum->kv += r->kv;
    sum->claimed += r->claimed;
    sum->within += r->within;
    sum->exact += r->exact;
    if (r->worst_claimed > sum->worst_claimed)
        sum->worst_claimed = r->worst_claimed;
    if (r->worst_other > sum->worst_other)
        sum->worst_other = r->worst_other;
}

static void print_row(struct strbuf *out, const struct row *r)
{
    strbuf_addf(out, "| %s | %u | %u | %u | %u | %u of %u | %u | %.2f %% | %.1f %% |\n", r->title,
                r->shapes, r->cases, r->weights, r->kv, r->within, r->claimed,
                r->cases - r->claimed, 100 * r->worst_claimed, 100 * r->worst_other);
}

static void print_table(struct strbuf *out, const char *first, const struct row *rows, size_t n)
{
    strbuf_addf(out,
                "| %s | shapes | cases | weights exact | KV exact | compute within, of claimed | "
                "dry-run | worst claimed | worst estimate |\n",
                first);
    strbuf_adds(out, "|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++)
        print_row(out, &rows[i]);
}

static int by_title(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->title, ((const struct row *)b)->title);
}

static const char *tables_text(struct world *w)
{
    struct strbuf out = {0};
    struct row all = {.title = "**all**"};
    qsort(w->t.arch, w->t.n_arch, sizeof(w->t.arch[0]), by_title);
    for (size_t i = 0; i < w->t.n_arch; i++)
        add(&all, &w->t.arch[i]);
    print_table(&out, "architecture", w->t.arch, w->t.n_arch);
    print_row(&out, &all);
    strbuf_adds(&out, "\n");
    for (int i = 0; i < N_WHERE; i++)
        w->t.place[i].title = places[i].title;
    print_table(&out, "placement", w->t.place, N_WHERE);
    return strbuf_take(&out, &w->o.a);
}

static void show(const char *text)
{
    struct str rest = str_from(text), line;
    while (str_cut(&rest, '\n', &line))
        printf("# %.*s\n", (int)line.n, line.p);
}

static void weights_and_cache_are_exact_and_claims_hold(struct tap *t, void *state)
{
    struct world *w = state;
    size_t n = COUNT_OF(sample);
    const struct shape *all = shape_list(w->thorough ? &n : &(size_t){0});
    for (size_t i = 0; i < n; i++)
        one_shape(t, w, w->thorough ? all[i].name : sample[i]);
    if (w->thorough && (n < 40 || w->t.n_arch < 20))
        tap_problem(t, "only %zu shapes of %zu architectures", n, w->t.n_arch);
    w->t.text = tables_text(w);
    show(w->t.text);
}

/* ---- beside llama-fit-params ---- */

static double mib(const struct oracle_bytes *b)
{
    return (double)(b->weights + b->kv + b->compute) / (double)MIB;
}

/* "CUDA0 4403 4096 258": device, model, context, compute in MiB. */
static bool read_estimate(struct str text, double *device, double *host)
{
    struct str line, word;
    unsigned long long v;
    bool any = false;
    while (str_cut(&text, '\n', &line)) {
        bool card = str_starts(line, "CUDA");
        double *sum = card ? &device[line.p[4] - '0'] : host;
        if (!card && !str_starts(line, "Host"))
            continue;
        any |= card;
        str_cut(&line, ' ', &word);
        while (str_cut(&line, ' ', &word))
            if (str_u64(word, &v))
                *sum += (double)v;
    }
    return any;
}

static bool fit_params(struct world *w, const struct subject *s, const struct beside *b,
                       double *device, double *host)
{
    struct words argv = {0};
    struct proc_output out;
    struct err err = {0};
    struct arena *a = &w->o.a;
    words_add(a, &argv, path_join(a, w->o.bin, "llama-fit-params"));
    words_add(a, &argv, "-m");
    words_add(a, &argv, s->ghost);
    if (!shell_split(a, str_from(b->fit_options), &argv, &err))
        return false;
    const struct proc_spec spec = {.argv = words_argv(a, &argv),
                                   .env = oracle_env(&w->o, "cuda:8.9:524288;cuda:8.9:524288"),
                                   .out = PROC_PIPE};
    return proc_capture(a, &spec, 60000, 1 << 16, &out, &err) && out.exit_code == 0 &&
           read_estimate(out.text, device, host);
}

static double off(const struct oracle_answer *truth, const double *device, double host)
{
    double sum = host > mib(&truth->host) ? host - mib(&truth->host) : mib(&truth->host) - host;
    for (int i = 0; i < 2; i++) {
        double is = mib(&truth->device[i]);
        sum += device[i] > is ? device[i] - is : is - device[i];
    }
    return sum;
}

static void compare_with_fit(struct tap *t, struct world *w, const struct subject *s,
                             struct beside *b)
{
    struct settings settings = settings_of(&w->o.a, b->settings);
    struct oracle_answer truth, ours;
    double device[2] = {0}, host = 0, our_device[2];
    struct err err = {0};
    bool claimed;
    if (!oracle_ask(&w->o, s, &settings, &truth, &err) || !fit_params(w, s, b, device, &host)) {
        tap_problem(t, "%s: no answer to %s", s->name, b->title);
        return;
    }
    oracle_ours(&w->o, s, &settings, &ours, &claimed);
    our_device[0] = mib(&ours.device[0]);
    our_device[1] = mib(&ours.device[1]);
    double we = off(&truth, our_device, mib(&ours.host)), fit = off(&truth, device, host);
    if (claimed && we > fit + 3) /* its figures are whole megabytes */
        tap_problem(t, "%s, %s: %.1f MiB off, llama-fit-params %.1f", s->name, b->title, we, fit);
    b->cases++;
    b->ours += we;
    b->fit += fit;
    b->ours_worst = we > b->ours_worst ? we : b->ours_worst;
    b->fit_worst = fit > b->fit_worst ? fit : b->fit_worst;
}

static const char *beside_text(struct arena *a, const struct beside *rows, size_t n)
{
    struct strbuf out = {0};
    strbuf_adds(&out, "| server | shapes | our closed forms: mean, worst MiB off | "
                      "llama-fit-params: mean, worst MiB off |\n"
                      "|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        double cases = rows[i].cases ? rows[i].cases : 1;
        strbuf_addf(&out, "| %s | %u | %.1f, %.1f | %.1f, %.1f |\n", rows[i].title, rows[i].cases,
                    rows[i].ours / cases, rows[i].ours_worst, rows[i].fit / cases,
                    rows[i].fit_worst);
    }
    return strbuf_take(&out, a);
}

static const char preface[] =
    "# How exact the plans are\n\n"
    "Written by `tests/live/test_accuracy.c`, measured against the pinned llama.cpp's own dry run\n"
    "(`no_alloc`) on simulated CUDA cards (compute capability 8.9) and without a card: contexts "
    "of\n"
    "4,096, 32,768 and 131,072 tokens, KV in F16 and Q8_0, Q4_K_M weights, one slot, flash\n"
    "attention on. \"Exact\" is equal to the byte on the host and on every card. Compute buffers\n"
    "are \"within\" when each is off by at most 1 MiB or 1 %; what no closed form claims is left\n"
    "to the dry run, with which every plan is certified. \"Worst\" is the largest error of a "
    "buffer that\n"
    "is more than 1 MiB off; estimates only rank candidates.\n\n";

static void update_docs(struct tap *t, struct world *w, const char *beside)
{
    struct err err = {0};
    const char *text =
        arena_printf(&w->o.a,
                     "%s%s\n## Beside llama-fit-params\n\nThe same server (32,768 tokens), and how "
                     "far each estimate is from what that server's\ndry run counts, host and cards "
                     "added up. llama-fit-params counts logits for a whole ubatch and\nknows no "
                     "unified slots.\n\n%s",
                     preface, w->t.text, beside);
    if (!fs_replace(TEST_SOURCE_ROOT "/docs/accuracy.md", text, strlen(text), &err))
        tap_problem(t, "%s", err.cause);
}

static void estimates_are_nearer_than_those_of_fit(struct tap *t, void *state)
{
    struct beside rows[] = {
        {"1 card, one slot",
         "device=CUDA0 n_gpu_layers=999 ctx_size=32768 parallel=1 flash_attn=on",
         "-fitp on -dev CUDA0 -ngl 999 -c 32768 -np 1 -fa on"},
        {"1 card, one slot, KV in Q8_0",
         "device=CUDA0 n_gpu_layers=999 ctx_size=32768 parallel=1 flash_attn=on "
         "cache_type_k=q8_0 cache_type_v=q8_0",
         "-fitp on -dev CUDA0 -ngl 999 -c 32768 -np 1 -fa on -ctk q8_0 -ctv q8_0"},
        {"1 card, 4 unified slots as by default",
         "device=CUDA0 n_gpu_layers=999 ctx_size=32768 parallel=4 kv_unified=on flash_attn=on",
         "-fitp on -dev CUDA0 -ngl 999 -c 32768 -fa on"},
        {"2 cards, one slot",
         "device=CUDA0,CUDA1 n_gpu_layers=999 tensor_split=1,1 ctx_size=32768 parallel=1 "
         "flash_attn=on",
         "-fitp on -ngl 999 -ts 1,1 -c 32768 -np 1 -fa on"},
    };
    struct world *w = state;
    size_t n = COUNT_OF(sample);
    const struct shape *all = shape_list(w->thorough ? &n : &(size_t){0});
    for (size_t i = 0; i < n; i++) {
        struct subject s;
        struct err err = {0};
        const char *name = w->thorough ? all[i].name : sample[i];
        if (!subject_open(&w->o, &s, arena_printf(&w->o.a, "%s:Q4_K_M", name), &err))
            tap_problem(t, "%s: %s", name, err.cause);
        for (size_t k = 0; s.ghost && s.m.causal && k < COUNT_OF(rows); k++)
            compare_with_fit(t, w, &s, &rows[k]);
        subject_close(&s);
    }
    const char *text = beside_text(&w->o.a, rows, COUNT_OF(rows));
    show(text);
    if (w->thorough && getenv("TAILOR_UPDATE_DOCS"))
        update_docs(t, w, text);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"weights and cache are exact, and claims hold",
         weights_and_cache_are_exact_and_claims_hold},
        {"estimates are nearer than those of fit", estimates_are_nearer_than_those_of_fit},
    };
    static struct world w;
    const char *skip = oracle_open(&w.o);
    w.thorough = getenv("TAILOR_TEST_LONG") != NULL;
    int status = tap_run(tests, COUNT_OF(tests), skip, &w);
    oracle_close(&w.o);
    return status;
}
