/* Golden plans: what is decided for a shape on a machine, and its bytes, as text in tests/golden/.
 *
 * Compared exactly.  Prose is left out: of reasons and warnings only the rules and codes stand
 * there.  With TAILOR_UPDATE_GOLDEN=1 the files are written anew; read the diff before committing
 * it. */
#include "os/fs.h"
#include "plan/search.h"
#include "plan/worlds.h"

struct card {
    const char *device;
    uint32_t gib;
    double gb_s;
    bool integrated;
};

static const struct golden {
    const char *name, *model;
    uint32_t ram_gib;
    struct card cards[2];
    const char *pinned;
    uint32_t ctx, parallel;
    const char *workload;
} goldens[] = {
    {"dense-cpu", "llama-3.1-8b:Q4_K_M", 32},
    {"dense-cpu-little-ram", "llama-3.1-8b:Q4_K_M", 8},
    {"dense-cpu-long-context", "llama-3.1-8b:Q4_K_M", 16, .ctx = 100000},
    {"dense-card", "llama-3.1-8b:Q4_K_M", 32, {{"CUDA0", 24, 936}}},
    {"dense-card-too-small", "qwen2.5-32b:Q4_K_M", 64, {{"CUDA0", 12, 360}}},
    {"dense-two-cards", "qwen3-8b:Q8_0", 64, {{"CUDA0", 8, 272}, {"CUDA1", 24, 1008}}},
    {"dense-integrated", "llama-3.2-1b:Q8_0", 16, {{"Vulkan0", 16, 80, true}}},
    {"dense-pinned",
     "llama-3.1-8b:Q4_K_M",
     32,
     {{"CUDA0", 12, 504}},
     "ctx_size=16384 cache_type_k=q8_0 cache_type_v=q8_0 ubatch_size=256 threads=6"},
    {"moe-card", "qwen3-30b-a3b:Q4_K_M", 64, {{"CUDA0", 12, 360}}},
    {"moe-cpu-agent", "gpt-oss-20b:MXFP4", 32, .workload = "agent"},
    {"window-slots", "gemma-3-12b:Q4_K_M", 64, {{"CUDA0", 16, 288}}, .ctx = 8192, .parallel = 4},
    {"mla-card", "deepseek-v2-lite:Q4_K_M", 32, {{"CUDA0", 8, 448}}},
    {"recurrent-cpu", "mamba2-2.7b:Q4_K_M", 16},
    {"hybrid-card", "qwen3.5-35b-a3b:Q4_K_M", 64, {{"CUDA0", 24, 936}}},
    {"embedding-cpu", "bge-m3:F16", 16},
};

static struct machine machine_of(struct arena *a, const struct golden *g)
{
    struct machine m = host_of(a, g->ram_gib * GIB);
    for (size_t i = 0; i < COUNT_OF(g->cards) && g->cards[i].device; i++) {
        const struct card *c = &g->cards[i];
        add_gpu(a, &m, c->device, c->gib * GIB, c->gb_s);
        m.gpus.v[i].pool = c->integrated ? "host" : "vram";
    }
    return m;
}

/* ---- the document ---- */

static json_t *without_nulls(json_t *settings)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(settings, next, key, value) if (json_is_null(value))
        json_object_del(settings, key);
    return settings;
}

/* Each name once, in the order of the first. */
static json_t *unique(json_t *names)
{
    json_t *set = json_object(), *list = json_array(), *name;
    size_t i;
    json_array_foreach(names, i, name) if (!json_object_get(set, json_string_value(name)))
    {
        json_object_set_new(set, json_string_value(name), json_true());
        json_array_append(list, name);
    }
    json_decref(set);
    json_decref(names);
    return list;
}

static json_t *rules(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->reasons.n; i++)
        json_array_append_new(list, js_string(p->reasons.v[i].rule));
    return unique(list);
}

static json_t *codes(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->warnings.n; i++)
        json_array_append_new(list, js_string(p->warnings.v[i].code));
    return unique(list);
}

static json_t *ladder_contexts(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->ladder.n; i++)
        json_array_append_new(list, json_integer(p->ladder.v[i].ctx_size));
    return list;
}

static char *document(const struct golden *g, const struct plan *p)
{
    json_t *o = json_object();
    js_put_str(o, "model", g->model);
    js_put(o, "settings", without_nulls(settings_to_json(&p->settings)));
    js_put(o, "memory", ledger_to_json(&p->memory));
    js_put(o, "by_itself", without_nulls(settings_to_json(&p->baseline_settings)));
    js_put(o, "ladder_ctx_size", ladder_contexts(p));
    js_put(o, "rules", rules(p));
    js_put(o, "warnings", codes(p));
    char *text = js_text(o);
    json_decref(o);
    return text;
}

/* ---- comparing ---- */

static void fail_at_first_difference(const char *path, struct str want, struct str got)
{
    struct str a, b;
    for (unsigned line = 1;; line++) {
        bool more_a = str_line(&want, &a), more_b = str_line(&got, &b);
        if (more_a && more_b && a.n == b.n && memcmp(a.p, b.p, a.n) == 0)
            continue;
        fail_msg("%s:%u is\n    %.*s\nbut the plan says\n    %.*s\n"
                 "if that is meant: TAILOR_UPDATE_GOLDEN=1 %s",
                 path, line, more_a ? (int)a.n : 0, more_a ? a.p : "", more_b ? (int)b.n : 0,
                 more_b ? b.p : "", "test_plan_golden");
    }
}

static void check_golden(const struct golden *g, const char *text)
{
    struct arena a = {0};
    struct err err = {0};
    struct str want;
    const char *path = arena_printf(&a, TEST_SOURCE_ROOT "/tests/golden/%s.json", g->name);
    if (getenv("TAILOR_UPDATE_GOLDEN"))
        CHECK_OK(fs_replace(path, text, strlen(text), &err), &err);
    CHECK_OK(fs_read(fs_real(), &a, path, 1 << 16, &want, &err), &err);
    if (!str_eq(want, text))
        fail_at_first_difference(path, want, str_from(text));
    arena_release(&a);
}

static void plans_are_the_golden_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(goldens); i++) {
        const struct golden *g = &goldens[i];
        struct arena a = {0};
        struct err err = {0};
        struct plan plan;
        struct machine machine = machine_of(&a, g);
        struct model m = model_of(&a, g->model);
        const struct goal goal = {.pinned = settings_of(&a, g->pinned ? g->pinned : ""),
                                  .ctx_per_slot = g->ctx,
                                  .parallel = g->parallel,
                                  .workload_name = g->workload};
        CHECK_OK(plan_make(&a, &m, &machine, &goal, &plan, &err), &err);
        char *text = document(g, &plan);
        check_golden(g, text);
        free(text);
        arena_release(&a);
    }
}

/* A file that no row names is not compared with anything. */
static void every_golden_file_has_its_row(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs_names files = fs_list(fs_real(), &a, TEST_SOURCE_ROOT "/tests/golden");
    for (size_t i = 0; i < files.n; i++) {
        bool named = false;
        for (size_t k = 0; k < COUNT_OF(goldens) && !named; k++)
            named = strcmp(files.v[i], arena_printf(&a, "%s.json", goldens[k].name)) == 0;
        if (!named)
            fail_msg("tests/golden/%s is of no plan", files.v[i]);
    }
    assert_int_equal(files.n, COUNT_OF(goldens));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plans_are_the_golden_ones),
        TEST(every_golden_file_has_its_row),
    };
    return RUN_TESTS(tests);
}
