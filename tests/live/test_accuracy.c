/* The accuracy table: our bytes against the engine's dry run, architecture by architecture, on
 * simulated CUDA cards and without.
 *
 * A sample of the catalogue; TAILOR_TEST_LONG=1 takes all of it, and TAILOR_UPDATE_DOCS=FILE writes
 * the table there. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "live/oracle.h"
#include "live/tap.h"
#include "model/ggml_type.h"
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
    show(tables_text(w));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"weights and cache are exact, and claims hold",
         weights_and_cache_are_exact_and_claims_hold},
    };
    static struct world w;
    const char *skip = oracle_open(&w.o);
    w.thorough = getenv("TAILOR_TEST_LONG") != NULL;
    int status = tap_run(tests, COUNT_OF(tests), skip, &w);
    oracle_close(&w.o);
    return status;
}
