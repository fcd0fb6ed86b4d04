/* Simulated devices: the engine's dry run on them against our closed forms, and against the dry run
 * on the real device where there is one (the software Vulkan device, in `make test-vulkan`).
 *
 * Needs build/tailor-worker and build/libtailor-sim.so beside the engine that TAILOR_TEST_ENGINE
 * names. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/units.h"
#include "engine/ghost.h"
#include "engine/worker_client.h"
#include "live/tap.h"
#include "model/synth.h"
#include "os/fs.h"
#include "plan/ledger.h"
#include "plan/place.h"

enum { ANSWER_MS = 120000, MOST_DEVICES = 4 };

struct live {
    struct arena a;
    struct engine engine;
    const char *sim; /* path of the library */
    char dir[64];
};

/* What one dry run says: the host, then the devices in TAILOR_SIM's order. */
struct bytes {
    uint64_t weights, kv, compute;
};
struct answer {
    struct bytes host, device[MOST_DEVICES];
    size_t n;
    bool claimed; /* of ours: the compute buffers, too */
};

/* ---- a shape as the engine and as we see it ---- */

struct subject {
    struct arena a;
    struct gguf g;
    struct model m;
    const char *name, *ghost;
};

static bool subject_open(struct live *l, struct subject *s, const char *shape, struct err *err)
{
    struct synth_spec spec;
    struct synth_model made;
    *s = (struct subject){.name = shape};
    if (!synth_parse(shape, &spec, err))
        return false;
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&s->a, &spec, &made);
    return gguf_parse(&s->a, made.header, made.size, &s->g, err) &&
           model_from_gguf(&s->a, &s->g, 1, &s->m, err) &&
           ghost_write(&s->a, &s->g, 1, l->dir, &s->ghost, err);
}

static void subject_close(struct subject *s)
{
    if (s->ghost)
        ghost_remove(s->ghost);
    arena_release(&s->a);
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

/* ---- the engine's answer ---- */

static struct bytes *line_of(struct answer *out, const char *device, bool host)
{
    size_t n = strlen(device);
    unsigned number = n ? (unsigned)(device[n - 1] - '0') : MOST_DEVICES;
    if (host || number >= MOST_DEVICES)
        return &out->host;
    if (number >= out->n)
        out->n = number + 1;
    return &out->device[number];
}

static bool read_answer(struct arena *a, const json_t *answer, struct answer *out, struct err *err)
{
    const json_t *list = json_object_get(answer, "buffers");
    *out = (struct answer){0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        const char *device = "";
        bool host = false;
        uint64_t model = 0, context = 0, compute = 0;
        if (!js_get_str(o, "device", a, &device, err) || !js_get_bool(o, "host", &host, err) ||
            !js_get_u64(o, "model_bytes", &model, err) ||
            !js_get_u64(o, "context_bytes", &context, err) ||
            !js_get_u64(o, "compute_bytes", &compute, err))
            return false;
        struct bytes *b = line_of(out, device, host);
        b->weights += model;
        b->kv += context;
        b->compute += compute;
    }
    return true;
}

/* A dry run in a worker of its own: simulated devices are chosen by its environment. */
static bool dry_run(struct live *l, const char *const *env, const struct subject *s,
                    const struct settings *settings, struct answer *out)
{
    struct arena a = {0};
    struct err err = {0};
    struct worker w;
    const char *log = path_join(&a, l->dir, "log");
    json_t *answer = NULL;
    if (worker_start(&w, &l->engine, log, env, &err))
        answer = worker_ask(&a, &w, worker_request("dry_run", s->ghost, settings_to_json(settings)),
                            ANSWER_MS, &err);
    bool done = answer && read_answer(&a, answer, out, &err);
    worker_stop(&w);
    json_decref(answer);
    if (!done)
        printf("# %s: %s\n", s->name, err.cause);
    arena_release(&a);
    return done;
}

static bool simulate(struct live *l, const char *devices, const struct subject *s,
                     const struct settings *settings, struct answer *out)
{
    const char *env[] = {arena_printf(&l->a, "GGML_BACKEND_PATH=%s", l->sim),
                         arena_printf(&l->a, "TAILOR_SIM=%s", devices),
                         "GGML_VK_VISIBLE_DEVICES=", "CUDA_VISIBLE_DEVICES=", NULL};
    return dry_run(l, env, s, settings, out);
}

static bool same(struct tap *t, const char *what, const struct bytes *a, const struct bytes *b)
{
    if (a->weights == b->weights && a->kv == b->kv && a->compute == b->compute)
        return true;
    tap_problem(t,
                "%s: weights %" PRIu64 " KV %" PRIu64 " compute %" PRIu64 ", but %" PRIu64
                " %" PRIu64 " %" PRIu64,
                what, a->weights, a->kv, a->compute, b->weights, b->kv, b->compute);
    return false;
}

/* ---- against the closed forms ---- */

/* A card of each family, as a plan and as TAILOR_SIM know it. */
struct card {
    const char *backend, *device, *devices;
};
static const struct card cuda_card = {"cuda", "CUDA0", "cuda:8.9:262144"};
static const struct card other_cards[] = {{"rocm", "ROCm0", "rocm:gfx1100:262144"},
                                          {"vulkan", "Vulkan0", "vulkan:amd:262144"},
                                          {"metal", "MTL0", "metal:m3:262144"},
                                          {"sycl", "SYCL0", "sycl:xe:262144"}};

static struct machine machine_of(struct arena *a, const struct card *card)
{
    struct machine m = {0};
    struct machine_gpu *g = VEC_PUSH(a, &m.gpus);
    *g = (struct machine_gpu){0};
    FACT_SET(&g->backend, card->backend, "test");
    FACT_SET(&g->engine_device, card->device, "test");
    FACT_SET(&g->memory_total_bytes, 256 * GIB, "test");
    FACT_SET(&g->memory_free_bytes, 256 * GIB, "test");
    return m;
}

static void ours(struct arena *a, const struct subject *s, const struct card *on,
                 const struct settings *settings, struct answer *out)
{
    static const struct workload w = {512, 128, 0};
    struct machine machine = machine_of(a, on);
    struct candidate c = {.settings = *settings};
    ledger_budgets(&c.ledger, &machine, NULL);
    place_evaluate(&c, &s->m, &machine, &w);
    const struct ledger_line *host = &c.ledger.host, *card = &c.ledger.device[0];
    *out = (struct answer){.host = {host->weights, host->kv, host->compute},
                           .device = {{card->weights, card->kv, card->compute}},
                           .n = 1,
                           .claimed = c.ledger.claimed};
}

static bool close_enough(uint64_t ours_, uint64_t theirs)
{
    uint64_t off = ours_ > theirs ? ours_ - theirs : theirs - ours_;
    return off <= MIB || off <= theirs / 100;
}

struct score {
    unsigned asked, compute_claimed, compute_exact;
};

static void compare_card(struct tap *t, struct live *l, const struct subject *s,
                         const struct card *card, const char *text, struct score *n)
{
    struct answer theirs, we;
    const char *what = arena_printf(&l->a, "%s device=%s %s", s->name, card->device, text);
    struct settings settings =
        settings_of(&l->a, arena_printf(&l->a, "device=%s %s", card->device, text));
    n->asked++;
    if (!simulate(l, card->devices, s, &settings, &theirs)) {
        tap_problem(t, "%s: no answer", what);
        return;
    }
    ours(&l->a, s, card, &settings, &we);
    bool claimed = we.claimed && card == &cuda_card;
    struct bytes got[2] = {theirs.host, theirs.device[0]}, want[2] = {we.host, we.device[0]};
    for (int i = 0; i < 2; i++) {
        n->compute_exact += claimed && got[i].compute == want[i].compute;
        n->compute_claimed += claimed;
        if (claimed && !close_enough(want[i].compute, got[i].compute))
            tap_problem(t, "%s: compute on the %s %" PRIu64 " claimed, the engine says %" PRIu64,
                        what, i ? "card" : "host", want[i].compute, got[i].compute);
        want[i].compute = got[i].compute;
        same(t, what, &want[i], &got[i]);
    }
}

static const char *const shapes[] = {
    "llama-3.1-8b:Q4_K_M", "qwen2-0.5b:Q4_0",        "qwen3-30b-a3b:Q4_K_M",
    "gemma-3-12b:Q4_K_M",  "gpt-oss-20b:MXFP4",      "deepseek-v2-lite:Q4_K_M",
    "mamba2-2.7b:Q4_K_M",  "qwen3.5-35b-a3b:Q4_K_M", "mixtral-8x7b:Q4_K_M"};
static const char *const card_texts[] = {
    "n_gpu_layers=999 ctx_size=32768 parallel=1 flash_attn=on",
    ("n_gpu_layers=999 ctx_size=16384 parallel=4 kv_unified=on flash_attn=on cache_type_k=q8_0 "
     "cache_type_v=q8_0"),
    "n_gpu_layers=9 ctx_size=8192 parallel=1 flash_attn=on ubatch_size=256",
};

static void compare_shapes(struct tap *t, struct live *l, const struct card *card, struct score *n)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct subject s;
        struct err err = {0};
        if (!subject_open(l, &s, shapes[i], &err))
            tap_problem(t, "%s: %s", shapes[i], err.cause);
        for (size_t k = 0; s.ghost && k < COUNT_OF(card_texts); k++)
            compare_card(t, l, &s, card, card_texts[k], n);
        subject_close(&s);
    }
}

static void one_simulated_card_holds_what_we_say(struct tap *t, void *state)
{
    struct score n = {0};
    compare_shapes(t, state, &cuda_card, &n);
    printf("# %zu shapes, %u dry runs: weights and KV equal to the byte on card and host; of the "
           "compute buffers %u claimed, %u equal to the byte\n",
           COUNT_OF(shapes), n.asked, n.compute_claimed, n.compute_exact);
}

static void cards_of_other_families_hold_the_weights_and_cache_we_say(struct tap *t, void *state)
{
    struct score n = {0};
    for (size_t i = 0; i < COUNT_OF(other_cards); i++)
        compare_shapes(t, state, &other_cards[i], &n);
    printf("# %u dry runs on ROCm, Vulkan, Metal and SYCL\n", n.asked);
}

/* ---- every generation ---- */

static void every_generation_plans(struct tap *t, void *state)
{
    static const struct {
        const char *devices, *name;
    } cards[] = {{"cuda:6.1:65536", "CUDA0"},
                 {"cuda:7.0:65536", "CUDA0"},
                 {"cuda:7.5:65536", "CUDA0"},
                 {"cuda:8.6:65536", "CUDA0"},
                 {"cuda:9.0:65536", "CUDA0"},
                 {"cuda:10.0:65536", "CUDA0"},
                 {"cuda:12.1/integrated:65536", "CUDA0"},
                 {"rocm:gfx906:65536", "ROCm0"},
                 {"rocm:gfx942:65536", "ROCm0"},
                 {"rocm:gfx1100:65536", "ROCm0"},
                 {"vulkan:amd:65536", "Vulkan0"},
                 {"vulkan:nvidia:65536", "Vulkan0"},
                 {"vulkan:intel/integrated:65536", "Vulkan0"},
                 {"metal:m3:65536", "MTL0"},
                 {"sycl:xe:65536", "SYCL0"}};
    struct live *l = state;
    for (size_t i = 0; i < COUNT_OF(shapes); i += 2) {
        struct subject s;
        struct err err = {0};
        struct answer first = {0};
        if (!subject_open(l, &s, shapes[i], &err))
            tap_problem(t, "%s: %s", shapes[i], err.cause);
        for (size_t k = 0; s.ghost && k < COUNT_OF(cards); k++) {
            struct answer here;
            struct settings settings = settings_of(
                &l->a, arena_printf(&l->a,
                                    ("device=%s n_gpu_layers=999 ctx_size=8192 parallel=1 "
                                     "flash_attn=on"),
                                    cards[k].name));
            if (!simulate(l, cards[k].devices, &s, &settings, &here))
                tap_problem(t, "%s on %s: no answer", shapes[i], cards[k].devices);
            else if (k == 0)
                first = here;
            else if (here.device[0].kv != first.device[0].kv || !here.device[0].compute ||
                     !close_enough(here.device[0].weights, first.device[0].weights))
                tap_problem(t, "%s on %s: weights %" PRIu64 " KV %" PRIu64 " compute %" PRIu64,
                            shapes[i], cards[k].devices, here.device[0].weights, here.device[0].kv,
                            here.device[0].compute);
        }
        subject_close(&s);
    }
}

/* ---- against the real device ---- */

static const char *const real_texts[] = {
    "n_gpu_layers=999 ctx_size=8192 parallel=1 flash_attn=on",
    ("n_gpu_layers=999 ctx_size=16384 parallel=4 kv_unified=on flash_attn=on "
     "cache_type_k=q8_0 cache_type_v=q8_0"),
    "n_gpu_layers=999 ctx_size=4096 parallel=1 flash_attn=off",
    "n_gpu_layers=9 ctx_size=8192 parallel=1 flash_attn=on ubatch_size=256",
};

struct real_device {
    const char *name, *env, *devices; /* "Vulkan0"; what makes it seen; how it is simulated */
    unsigned asked, refused, equal;
};

static void compare_real(struct tap *t, struct live *l, const struct subject *s, const char *text,
                         struct real_device *r)
{
    const char *env[] = {r->env, NULL};
    const char *words = arena_printf(&l->a, "device=%s %s", r->name, text);
    const char *what = arena_printf(&l->a, "%s %s", s->name, words);
    struct settings settings = settings_of(&l->a, words);
    struct answer theirs, sim;
    bool answered = dry_run(l, env, s, &settings, &theirs);
    r->asked++;
    if (answered != simulate(l, r->devices, s, &settings, &sim)) {
        tap_problem(t, "%s: refused on one of the two", what);
    } else if (!answered) {
        r->refused++;
    } else {
        bool host = same(t, arena_printf(&l->a, "%s: host", what), &sim.host, &theirs.host);
        r->equal += same(t, what, &sim.device[0], &theirs.device[0]) && host;
    }
}

static void the_real_device_says_the_same(struct tap *t, struct live *l, struct real_device *r)
{
    static const char *const sample[] = {"llama-3.1-8b",    "qwen2-0.5b",  "qwen3-30b-a3b",
                                         "gemma-3-12b",     "gpt-oss-20b", "deepseek-v2-lite",
                                         "qwen3.5-35b-a3b", "mamba2-2.7b", "phi-4"};
    size_t n_shapes = COUNT_OF(sample);
    bool all = getenv("TAILOR_TEST_LONG") != NULL;
    const struct shape *listed = shape_list(all ? &n_shapes : &(size_t){0});
    for (size_t i = 0; i < n_shapes; i++) {
        struct subject s;
        struct err err = {0};
        const char *name = arena_printf(&l->a, "%s:Q4_K_M", all ? listed[i].name : sample[i]);
        if (!subject_open(l, &s, name, &err))
            tap_problem(t, "%s: %s", name, err.cause);
        for (size_t k = 0; s.ghost && k < COUNT_OF(real_texts); k++)
            compare_real(t, l, &s, real_texts[k], r);
        subject_close(&s);
    }
    printf("# %zu shapes, %u dry runs on the real %s and on the simulated one (%u refused by "
           "both): %u equal to the byte\n",
           n_shapes, r->asked, r->name, r->refused, r->equal);
    if (r->refused * 10 > r->asked)
        tap_problem(t, "the engine refused %u of %u", r->refused, r->asked);
}

static void the_software_vulkan_device_says_the_same(struct tap *t, void *state)
{
    struct real_device vulkan = {
        "Vulkan0", "GGML_VK_VISIBLE_DEVICES=0", "vulkan:software:2048", 0, 0, 0};
    if (getenv("TAILOR_TEST_VULKAN"))
        the_real_device_says_the_same(t, state, &vulkan);
    else
        t->skipped = "runs in make test-vulkan";
}

static void a_cuda_card_says_the_same(struct tap *t, void *state)
{
    struct live *l = state;
    const char *card = getenv("TAILOR_TEST_CUDA");
    if (!card) {
        t->skipped = "TAILOR_TEST_CUDA does not describe the card of a CUDA engine (\"9.0:81559\")";
        return;
    }
    struct real_device cuda = {
        "CUDA0", "CUDA_VISIBLE_DEVICES=0", arena_printf(&l->a, "cuda:%s", card), 0, 0, 0};
    the_real_device_says_the_same(t, l, &cuda);
}

/* ---- main ---- */

static const char *set_up(struct live *l)
{
    const char *bin = getenv("TAILOR_TEST_ENGINE");
    if (!bin)
        return "TAILOR_TEST_ENGINE does not name the engine";
    const char *build = path_dir(&l->a, path_dir(&l->a, bin)); /* by name: it may be a link */
    l->engine.server = path_join(&l->a, bin, "llama-server");
    l->engine.lib_dir = path_join(&l->a, bin, "../lib");
    l->engine.worker = path_join(&l->a, build, "tailor-worker");
    l->sim = path_join(&l->a, build, "libtailor-sim.so");
    if (fs_stat(fs_real(), l->engine.worker).kind != FS_FILE ||
        fs_stat(fs_real(), l->sim).kind != FS_FILE)
        return "there is no tailor-worker or no libtailor-sim.so (make build)";
    strcpy(l->dir, "/tmp/tailor-test-XXXXXX");
    return mkdtemp(l->dir) ? NULL : "no temporary folder";
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"one simulated card holds what we say", one_simulated_card_holds_what_we_say},
        {"cards of other families hold the weights and cache we say",
         cards_of_other_families_hold_the_weights_and_cache_we_say},
        {"every generation plans", every_generation_plans},
        {"the software Vulkan device says the same", the_software_vulkan_device_says_the_same},
        {"a CUDA card says the same", a_cuda_card_says_the_same},
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
