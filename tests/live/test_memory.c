/* The planner's bytes against the engine's own: its dry run on ghosts of many shapes, and real
 * loads.
 *
 * Needs build/tailor-worker beside the engine that TAILOR_TEST_ENGINE names.  TAILOR_TEST_LONG=1
 * takes every shape of the catalogue and more settings. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/units.h"
#include "engine/ghost.h"
#include "engine/worker_client.h"
#include "live/tap.h"
#include "machine/cpuinfo.h"
#include "model/model_file.h"
#include "model/synth.h"
#include "plan/ledger.h"
#include "plan/place.h"

enum { ANSWER_MS = 120000 };

struct live {
    struct arena a;
    struct engine engine;
    struct worker worker;
    bool thorough;
    char dir[64];
    struct machine machine; /* only its instruction sets count */
};

/* ---- one question ---- */

struct bytes {
    uint64_t weights, kv, compute;
};

static bool ask(struct live *l, const char *op, const char *path, const struct settings *s,
                struct bytes *out, struct err *err)
{
    struct arena a = {0};
    if (l->worker.proc.pid == 0 || l->worker.proc.ended) {
        worker_stop(&l->worker);
        if (!worker_start(&l->worker, &l->engine, path_join(&l->a, l->dir, "log"), NULL, err))
            return false;
    }
    json_t *answer =
        worker_ask(&a, &l->worker, worker_request(op, path, settings_to_json(s)), ANSWER_MS, err);
    const json_t *list = json_object_get(answer, "buffers");
    *out = (struct bytes){0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        uint64_t v = 0;
        js_get_u64(o, "model_bytes", &v, err);
        out->weights += v;
        js_get_u64(o, "context_bytes", &v, err);
        out->kv += v;
        js_get_u64(o, "compute_bytes", &v, err);
        out->compute += v;
    }
    json_decref(answer);
    arena_release(&a);
    return answer != NULL;
}

static struct bytes ours(struct live *l, const struct model *m, const struct settings *s,
                         bool *claimed)
{
    const struct workload w = {512, 128, 0};
    struct candidate c = {.settings = *s};
    place_evaluate(&c, m, &l->machine, &w);
    *claimed = c.ledger.claimed;
    return (struct bytes){c.ledger.host.weights, c.ledger.host.kv, c.ledger.host.compute};
}

static struct settings settings_of(struct arena *a, const char *text)
{
    struct settings s = {0};
    struct str rest = str_from(text), pair;
    struct err ignored = {0};
    while (str_cut(&rest, ' ', &pair)) {
        struct str name, value = pair;
        enum setting_id id;
        str_cut(&value, '=', &name);
        if (settings_find(str_dup(a, name), &id))
            settings_set(a, &s, id, str_dup(a, value), &ignored);
    }
    return s;
}

/* ---- the dry run ---- */

static const char *const sample[] = {"llama-3.1-8b",    "llama-3.2-1b",     "qwen2-0.5b",
                                     "qwen3-4b",        "qwen3-30b-a3b",    "gemma-3-12b",
                                     "gpt-oss-20b",     "deepseek-v2-lite", "mamba2-2.7b",
                                     "qwen3.5-35b-a3b", "mixtral-8x7b",     "phi-4"};
static const char *const few[] = {
    "ctx_size=4096 parallel=1 flash_attn=on",
    "ctx_size=32768 parallel=4 flash_attn=on cache_type_k=q8_0 cache_type_v=q8_0 kv_unified=on",
};
static const char *const many[] = {
    "ctx_size=4096 parallel=1 flash_attn=on",
    "ctx_size=131072 parallel=1 flash_attn=on",
    "ctx_size=32768 parallel=1 flash_attn=on ubatch_size=128",
    "ctx_size=32768 parallel=1 flash_attn=on ubatch_size=2048",
    "ctx_size=32768 parallel=4 flash_attn=on kv_unified=on",
    "ctx_size=32768 parallel=4 flash_attn=on",
    "ctx_size=32768 parallel=1 flash_attn=on cache_type_k=q8_0 cache_type_v=q8_0",
    "ctx_size=32768 parallel=1 flash_attn=on cache_type_k=q4_0 cache_type_v=q4_0",
    "ctx_size=32768 parallel=1 flash_attn=off",
    "ctx_size=8192 parallel=2 flash_attn=off ubatch_size=256",
};

struct counts {
    unsigned asked, exact, claimed, claimed_right, refused;
};

static void compare(struct tap *t, struct live *l, const struct model *m, const char *ghost,
                    const char *shape, const char *text, struct counts *n)
{
    struct settings s = settings_of(&l->a, text);
    struct err err = {0};
    struct bytes theirs;
    bool claimed;
    n->asked++;
    if (!ask(l, "dry_run", ghost, &s, &theirs, &err)) {
        n->refused++; /* the engine itself fails: nothing to compare with */
        printf("# %s %s: %s\n", shape, text, err.cause);
        return;
    }
    struct bytes we = ours(l, m, &s, &claimed);
    if (we.weights != theirs.weights)
        tap_problem(t, "%s %s: weights %" PRIu64 ", the engine says %" PRIu64, shape, text,
                    we.weights, theirs.weights);
    if (we.kv != theirs.kv && m->arch->kv != KV_ORACLE)
        tap_problem(t, "%s %s: KV %" PRIu64 ", the engine says %" PRIu64, shape, text, we.kv,
                    theirs.kv);
    uint64_t off =
        we.compute > theirs.compute ? we.compute - theirs.compute : theirs.compute - we.compute;
    bool close = off <= MIB || off <= theirs.compute / 100;
    n->claimed += claimed;
    n->claimed_right += claimed && close;
    n->exact += off == 0;
    if (claimed && !close)
        tap_problem(t, "%s %s: compute %" PRIu64 " claimed, the engine says %" PRIu64, shape, text,
                    we.compute, theirs.compute);
}

static void one_shape(struct tap *t, struct live *l, const char *shape, struct counts *n)
{
    struct arena a = {0};
    struct synth_spec spec;
    struct synth_model made;
    struct gguf g;
    struct model m;
    struct err err = {0};
    const char *ghost;
    const char *const *texts = l->thorough ? many : few;
    size_t n_texts = l->thorough ? COUNT_OF(many) : COUNT_OF(few);
    if (!synth_parse(arena_printf(&a, "%s:Q4_K_M", shape), &spec, &err)) {
        tap_problem(t, "%s: %s", shape, err.cause);
        return;
    }
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&a, &spec, &made);
    if (!gguf_parse(&a, made.header, made.size, &g, &err) ||
        !model_from_gguf(&a, &g, 1, &m, &err) || !ghost_write(&a, &g, 1, l->dir, &ghost, &err)) {
        tap_problem(t, "%s: %s", shape, err.cause);
    } else {
        for (size_t i = 0; i < n_texts; i++)
            compare(t, l, &m, ghost, shape, texts[i], n);
        ghost_remove(ghost);
    }
    arena_release(&a);
}

static void the_dry_run_counts_what_we_count(struct tap *t, void *state)
{
    struct live *l = state;
    struct counts n = {0};
    size_t n_shapes = COUNT_OF(sample);
    const struct shape *all = shape_list(l->thorough ? &n_shapes : &(size_t){0});
    for (size_t i = 0; i < n_shapes; i++)
        one_shape(t, l, l->thorough ? all[i].name : sample[i], &n);
    printf(
        "# %zu shapes, %u dry runs (%u refused by the engine): weights and KV equal to the byte; "
        "compute claimed %u, right %u; equal to the byte %u\n",
        n_shapes, n.asked, n.refused, n.claimed, n.claimed_right, n.exact);
    if (n.refused * 10 > n.asked)
        tap_problem(t, "the engine refused %u of %u", n.refused, n.asked);
}

/* ---- real loads ---- */

/* A plan's total against what the engine reports after really loading the file. */
static void real_load(struct tap *t, struct live *l, const char *path, const char *name,
                      const char *text)
{
    struct arena a = {0};
    struct err err = {0};
    struct model_file f;
    struct bytes theirs;
    bool claimed;
    if (!model_file_open(&f, &a, fs_real(), path, &err)) {
        tap_problem(t, "%s: %s", name, err.cause);
        arena_release(&a);
        return;
    }
    /* mapping counts file spans, not tensors: the contract's figures are those without it */
    struct settings s = settings_of(&a, arena_printf(&a, "%s load_mode=none", text));
    struct bytes we = ours(l, &f.model, &s, &claimed);
    if (!ask(l, "load", path, &s, &theirs, &err)) {
        tap_problem(t, "%s: %s", name, err.cause);
    } else {
        double said = (double)(we.weights + we.kv + we.compute);
        double real = (double)(theirs.weights + theirs.kv + theirs.compute);
        printf("# %s, %s: said %.2f MiB, loaded %.2f MiB, %+.3f %%\n", name, text,
               said / (double)MIB, real / (double)MIB, 100 * (said / real - 1));
        if (said < 0.98 * real || said > 1.02 * real)
            tap_problem(t, "%s: more than 2 %% apart", name);
    }
    model_file_close(&f);
    arena_release(&a);
}

static void a_real_load_takes_what_we_say(struct tap *t, void *state)
{
    static const struct {
        const char *shape;
        uint32_t layers;
    } files[] = {{"qwen2-0.5b:Q4_K_M", 0}, {"llama-3.1-8b:Q4_K_M", 4}, {"qwen3-30b-a3b:Q4_0", 2},
                 {"gemma-3-4b:Q8_0", 6},   {"mamba2-2.7b:Q4_K_M", 8},  {"qwen3.5-9b:Q4_K_M", 4}};
    static const char *const texts[] = {"ctx_size=4096 parallel=1 flash_attn=on",
                                        "ctx_size=8192 parallel=2 flash_attn=on"};
    struct live *l = state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct synth_spec spec;
        struct err err = {0};
        const char *path = path_join(&l->a, l->dir, "random.gguf");
        if (!synth_parse(files[i].shape, &spec, &err) ||
            (files[i].layers && !synth_cut(&spec, files[i].layers, &err))) {
            tap_problem(t, "%s: %s", files[i].shape, err.cause);
            continue;
        }
        spec.data = SYNTH_RANDOM;
        spec.tokens = SYNTH_NO_VOCAB;
        if (!synth_write(&spec, path, NULL, &err)) {
            tap_problem(t, "%s: %s", files[i].shape, err.cause);
            continue;
        }
        for (size_t k = 0; k < COUNT_OF(texts); k++)
            real_load(t, l, path, files[i].shape, texts[k]);
        worker_stop(&l->worker); /* lets go of the file */
        unlink(path);
    }
}

static void a_real_file_takes_what_we_say(struct tap *t, void *state)
{
    struct live *l = state;
    const char *path = getenv("TAILOR_TEST_MODEL");
    if (!path) {
        t->skipped = "TAILOR_TEST_MODEL names no GGUF file of a trained model";
        return;
    }
    real_load(t, l, path, "TAILOR_TEST_MODEL", "ctx_size=4096 parallel=1 flash_attn=on");
    real_load(t, l, path, "TAILOR_TEST_MODEL", "ctx_size=16384 parallel=4 flash_attn=on");
    worker_stop(&l->worker);
}

/* ---- main ---- */

static void add_isa(struct live *l, struct isa_list isa)
{
    for (size_t i = 0; i < isa.list.n; i++)
        *VEC_PUSH(&l->a, &l->machine.cpu.isa) = isa.list.v[i];
}

static const char *set_up(struct live *l)
{
    struct err err = {0};
    struct str cpuinfo;
    const char *bin = getenv("TAILOR_TEST_ENGINE");
    if (!bin)
        return "TAILOR_TEST_ENGINE does not name the engine";
    l->engine.server = path_join(&l->a, bin, "llama-server");
    l->engine.lib_dir = path_join(&l->a, bin, "../lib");
    /* build/engine/bin -> build, by name: build/engine may be a link */
    const char *build = path_dir(&l->a, path_dir(&l->a, bin));
    l->engine.worker = path_join(&l->a, build, "tailor-worker");
    if (fs_stat(fs_real(), l->engine.worker).kind != FS_FILE)
        return "there is no tailor-worker (make build)";
    l->thorough = getenv("TAILOR_TEST_LONG") != NULL;
    strcpy(l->dir, "/tmp/tailor-test-XXXXXX");
    if (!mkdtemp(l->dir))
        return "no temporary folder";
    if (fs_read(fs_real(), &l->a, "/proc/cpuinfo", 1 << 24, &cpuinfo, &err))
        add_isa(l, cpuinfo_parse(&l->a, cpuinfo).isa);
    return NULL;
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the dry run counts what we count", the_dry_run_counts_what_we_count},
        {"a real load takes what we say", a_real_load_takes_what_we_say},
        {"a real file takes what we say", a_real_file_takes_what_we_say},
    };
    struct live l = {0};
    const char *skip = set_up(&l);
    int status = tap_run(tests, COUNT_OF(tests), skip, &l);
    if (l.dir[0]) {
        unlink(path_join(&l.a, l.dir, "log"));
        rmdir(l.dir);
    }
    arena_release(&l.a);
    return status;
}
