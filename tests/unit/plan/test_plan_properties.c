/* What must hold for every plan, on machines and with wishes made by chance. */
#include "plan/explain.h"
#include "plan/fit_like.h"
#include "plan/worlds.h"
#include "settings/argv.h"

struct world {
    struct arena a;
    struct err err;
    struct plan plan;
    uint64_t seed;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->seed = 0x9e3779b97f4a7c15;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static uint32_t below(struct world *w, uint32_t n)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (uint32_t)(w->seed >> 33) % n;
}

static const char *const shapes[] = {"llama-3.2-1b", "llama-3.1-8b", "qwen3-30b-a3b",
                                     "gemma-3-12b",  "gpt-oss-20b",  "deepseek-v2-lite",
                                     "mamba2-2.7b",  "qwen3.5-9b"};
enum { N_SHAPES = COUNT_OF(shapes) };

static bool plan(struct world *w, const char *model, const struct machine *machine,
                 const struct goal *goal)
{
    static const struct goal nothing = {0};
    struct model *m = arena_alloc(&w->a, sizeof(*m));
    *m = model_of(&w->a, model);
    w->err = (struct err){0};
    return plan_make(&w->a, m, machine, goal ? goal : &nothing, &w->plan, &w->err);
}

static const char *random_model(struct world *w)
{
    return arena_printf(&w->a, "%s:Q4_K_M", shapes[below(w, N_SHAPES)]);
}

/* No, one or two cards; one in four shares the RAM, one in four has an unknown bandwidth. */
static struct machine random_machine(struct world *w)
{
    static const uint32_t ram[] = {4, 8, 12, 16, 32, 64, 128}, vram[] = {4, 8, 12, 16, 24, 48};
    struct machine m = host_of(&w->a, ram[below(w, COUNT_OF(ram))] * GIB);
    uint32_t cards = below(w, 3);
    for (uint32_t i = 0; i < cards; i++) {
        const char *name = arena_printf(&w->a, "CUDA%u", (unsigned)i);
        uint64_t bytes = vram[below(w, COUNT_OF(vram))] * GIB;
        bool shared = below(w, 4) == 0;
        add_gpu(&w->a, &m, name, shared ? m.memory.total_bytes.v : bytes, 300 + below(w, 700));
        m.gpus.v[i].pool = shared ? "host" : "vram";
        if (below(w, 4) == 0)
            m.gpus.v[i].bandwidth_gb_s.source = NULL;
    }
    return m;
}

static struct goal random_goal(struct world *w)
{
    static const char *const pinned[] = {"",
                                         "ctx_size=6000",
                                         "cache_type_k=q8_0 cache_type_v=q8_0",
                                         "n_gpu_layers=7",
                                         "flash_attn=off",
                                         "ubatch_size=128 batch_size=256",
                                         "parallel=4 kv_unified=on",
                                         "cache_ram_mib=300",
                                         "kv_offload=off",
                                         "n_cpu_moe=3"};
    static const char *const workloads[] = {"chat", "agent", "rag", "fim", "batch"};
    static const uint32_t contexts[] = {0, 0, 2000, 8192, 20000, 40000};
    struct goal g = {.workload_name = workloads[below(w, COUNT_OF(workloads))],
                     .ctx_per_slot = contexts[below(w, COUNT_OF(contexts))],
                     .parallel = below(w, 4),
                     .no_spill = below(w, 5) == 0,
                     .pinned = settings_of(&w->a, pinned[below(w, COUNT_OF(pinned))])};
    if (below(w, 4) == 0)
        g.limits.ram_bytes = (1 + below(w, 20)) * GIB;
    if (below(w, 4) == 0)
        g.limits.vram_bytes = (1 + below(w, 20)) * GIB;
    return g;
}

/* ---- what is checked ---- */

static void check_sums(const struct ledger *l)
{
    for (uint32_t i = 0; i <= l->n_devices; i++) {
        const struct ledger_line *line = i < l->n_devices ? &l->device[i] : &l->host;
        assert_int_equal(line->total,
                         line->weights + line->kv + line->compute + line->cache + line->other);
        assert_true(line->mapped <= line->weights);
    }
}

static void check_budgets(const struct plan *p)
{
    const struct ledger *l = &p->memory;
    const struct limits *limits = &p->goal.limits;
    uint64_t host = l->host.total;
    for (uint32_t i = 0; i < l->n_devices; i++) {
        assert_true(l->device[i].total <= l->device[i].budget);
        assert_true(limits->vram_bytes == 0 || l->device[i].total <= limits->vram_bytes);
        host += l->device[i].on_host ? l->device[i].total : 0;
    }
    assert_true(host <= l->host.budget);
    assert_true(limits->ram_bytes == 0 || host <= limits->ram_bytes);
    assert_true(l->host.budget <= p->machine->memory.available_bytes.v);
}

/* Nothing is forgotten: every tensor that is loaded lies somewhere. */
static void check_weights(const struct plan *p)
{
    uint64_t loaded = 0, placed = p->memory.host.weights;
    for (size_t i = 0; i < p->model->n_tensors; i++)
        loaded += p->model->tensors[i].skipped ? 0 : p->model->tensors[i].bytes;
    for (uint32_t i = 0; i < p->memory.n_devices; i++)
        placed += p->memory.device[i].weights;
    assert_true(placed >= loaded);
    assert_true(placed <= loaded + loaded / 2); /* padding, a tied output, RoPE factors */
}

static void check_wishes(const struct plan *p)
{
    const struct goal *g = &p->goal;
    struct settings merged = settings_merge(&p->settings, &g->pinned);
    assert_true(settings_equal(&merged, &p->settings));
    if (!settings_has(&g->pinned, SET_CTX_SIZE))
        assert_true(search_ctx_per_slot(p->model, &p->settings) >= g->ctx_per_slot);
    if (g->parallel && !settings_has(&g->pinned, SET_PARALLEL))
        assert_int_equal(p->settings.parallel, g->parallel);
}

/* The command line that is run says the settings that were planned. */
static void check_argv(struct world *w)
{
    struct argv argv;
    struct words rest = {0};
    struct settings got;
    argv_parse(&w->a, TOOL_SERVER, w->plan.argv, w->plan.n_argv, &argv);
    CHECK_OK(settings_from_argv(&w->a, &argv, &got, &rest, &w->err), &w->err);
    struct settings want = w->plan.settings;
    if (settings_has(&want, SET_KV_UNIFIED) && !want.kv_unified)
        want.given &= ~((uint64_t)1 << SET_KV_UNIFIED); /* said by leaving it out */
    assert_true(settings_equal(&got, &want));
}

static void check_json(struct world *w)
{
    json_t *o = plan_to_json(&w->plan);
    char *text = js_text(o);
    json_decref(o);
    o = js_parse(str_from(text), &w->err);
    struct settings got;
    CHECK_OK(settings_from_json(&w->a, json_object_get(o, "settings"), &got, &w->err), &w->err);
    assert_true(settings_equal(&got, &w->plan.settings));
    const json_t *ladder = json_object_get(o, "ladder");
    assert_int_equal(json_array_size(ladder), w->plan.ladder.n);
    for (size_t i = 0; i < w->plan.ladder.n; i++) {
        CHECK_OK(settings_from_json(&w->a, json_array_get(ladder, i), &got, &w->err), &w->err);
        assert_true(settings_equal(&got, &w->plan.ladder.v[i]));
    }
    json_decref(o);
    free(text);
}

/* Each step down frees memory somewhere and takes none anywhere. */
static void check_ladder(struct world *w)
{
    const struct plan *p = &w->plan;
    struct candidate before = {.settings = p->settings, .ledger = p->memory};
    place_evaluate(&before, p->model, p->machine, &p->goal.workload);
    for (size_t i = 0; i < p->ladder.n; i++) {
        struct candidate c = {.settings = p->ladder.v[i], .ledger = p->memory};
        place_evaluate(&c, p->model, p->machine, &p->goal.workload);
        uint64_t sum = c.ledger.host.total, was = before.ledger.host.total;
        assert_true(c.ledger.host.total <= before.ledger.host.total);
        for (uint32_t d = 0; d < c.ledger.n_devices; d++) {
            assert_true(c.ledger.device[d].total <= before.ledger.device[d].total);
            sum += c.ledger.device[d].total;
            was += before.ledger.device[d].total;
        }
        assert_true(sum < was);
        before = c;
    }
}

static void every_plan_keeps_its_promises(void **state)
{
    struct world *w = *state;
    unsigned made = 0;
    for (int round = 0; round < 300; round++) {
        struct machine machine = random_machine(w);
        struct goal goal = random_goal(w);
        if (!plan(w, random_model(w), &machine, &goal)) {
            assert_int_equal(w->err.code, ERR_NO_FIT);
            assert_true(w->err.cause[0]);
        } else {
            made++;
            check_sums(&w->plan.memory);
            check_sums(&w->plan.baseline_memory);
            check_budgets(&w->plan);
            check_weights(&w->plan);
            check_wishes(&w->plan);
            check_argv(w);
            check_json(w);
            check_ladder(w);
        }
        arena_release(&w->a);
    }
    assert_true(made > 100);
}

/* ---- more of one thing ---- */

static void a_smaller_quantization_never_fits_worse(void **state)
{
    struct world *w = *state;
    for (int round = 0; round < 20; round++) {
        struct machine machine = random_machine(w);
        const char *shape = shapes[below(w, N_SHAPES)];
        bool large = plan(w, arena_printf(&w->a, "%s:Q8_0", shape), &machine, NULL);
        double large_s = large ? speed_turn_s(&w->plan.speed, &w->plan.goal.workload) : 0;
        bool small = plan(w, arena_printf(&w->a, "%s:Q4_K_M", shape), &machine, NULL);
        assert_true(small || !large);
        if (large) /* a tenth of a turn may go into a longer context */
            assert_true(speed_turn_s(&w->plan.speed, &w->plan.goal.workload) <= large_s * 1.12);
    }
}

static void more_memory_never_slows_a_plan_down(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        double before = 0;
        for (uint64_t vram = 4; vram <= 64; vram *= 2) {
            struct machine machine = host_of(&w->a, 128 * GIB);
            add_gpu(&w->a, &machine, "CUDA0", vram * GIB, 500);
            CHECK_OK(plan(w, arena_printf(&w->a, "%s:Q4_K_M", shapes[i]), &machine, NULL), &w->err);
            double turn = speed_turn_s(&w->plan.speed, &w->plan.goal.workload);
            if (before > 0)
                assert_true(turn <= before * 1.12);
            before = turn;
        }
    }
}

static void more_ram_never_gives_a_shorter_context(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const char *model = arena_printf(&w->a, "%s:Q4_K_M", shapes[i]);
        uint32_t before = 0;
        for (uint64_t ram = 4; ram <= 64; ram++) {
            struct machine machine = host_of(&w->a, ram * GIB);
            bool fits = plan(w, model, &machine, NULL);
            uint32_t now = fits ? search_ctx_per_slot(w->plan.model, &w->plan.settings) : 0;
            assert_true(now >= before);
            before = now;
        }
        assert_true(before > 0);
    }
}

/* At one context: layers, and of a MoE model the layers whose experts are on the card. */
static void more_vram_never_leaves_more_in_the_ram(void **state)
{
    struct world *w = *state;
    const struct goal goal = {.pinned = settings_of(&w->a, "ctx_size=8192 ubatch_size=512")};
    for (size_t i = 0; i < N_SHAPES; i++) {
        const char *model = arena_printf(&w->a, "%s:Q4_K_M", shapes[i]);
        uint64_t before = UINT64_MAX;
        for (uint64_t vram = 2; vram <= 26; vram++) {
            struct machine machine = host_of(&w->a, 64 * GIB);
            add_gpu(&w->a, &machine, "CUDA0", vram * GIB, 500);
            CHECK_OK(plan(w, model, &machine, &goal), &w->err);
            assert_true(w->plan.memory.host.weights <= before);
            before = w->plan.memory.host.weights;
        }
        assert_int_equal(w->plan.settings.n_gpu_layers, NGL_ALL);
    }
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_plan_keeps_its_promises),
        WORLD_TEST(a_smaller_quantization_never_fits_worse),
        WORLD_TEST(more_memory_never_slows_a_plan_down),
        WORLD_TEST(more_ram_never_gives_a_shorter_context),
        WORLD_TEST(more_vram_never_leaves_more_in_the_ram),
    };
    return RUN_TESTS(tests);
}
