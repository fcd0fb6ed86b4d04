#include "plan/fit_like.h"

#include "plan/worlds.h"

struct world {
    struct arena a;
    struct model m;
    struct candidate c;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct world));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

/* What llama-server alone would do; no card where vram is 0. */
static void fit(struct world *w, const char *model, uint64_t ram, uint64_t vram)
{
    const struct workload work = {1024, 256, 0};
    struct machine *machine = arena_alloc(&w->a, sizeof(*machine));
    *machine = host_of(&w->a, ram);
    if (vram)
        add_gpu(&w->a, machine, "CUDA0", vram, 500);
    w->m = model_of(&w->a, model);
    fit_like(&w->a, &w->m, machine, &work, &w->c);
}

static void where_all_fits_the_defaults_stay(void **state)
{
    struct world *w = *state;
    fit(w, "qwen2-0.5b:Q8_0", 64 * GIB, 24 * GIB);
    assert_int_equal(w->c.settings.ctx_size, 4 * w->m.n_ctx_train);
    assert_int_equal(w->c.settings.n_gpu_layers, NGL_ALL);
    assert_int_equal(w->c.settings.parallel, 4);
    assert_true(w->c.settings.kv_unified);
    assert_int_equal(w->c.settings.threads, 8); /* physical cores, whatever may be used */
    assert_false(settings_has(&w->c.settings, SET_N_CPU_MOE));
}

static void the_context_shrinks_first_and_leaves_a_gigabyte(void **state)
{
    struct world *w = *state;
    fit(w, "llama-3.1-8b:Q4_K_M", 64 * GIB, 12 * GIB);
    const struct ledger_line *card = &w->c.ledger.device[0];
    assert_in_range(w->c.settings.ctx_size, 4096, 131072);
    assert_int_equal(w->c.settings.ctx_size % 256, 0);
    assert_int_equal(w->c.settings.n_gpu_layers, NGL_ALL);
    assert_in_range(card->weights + card->kv + card->compute, 10 * GIB, 11 * GIB);
}

static void layers_leave_the_card_when_the_least_context_is_too_much(void **state)
{
    struct world *w = *state;
    fit(w, "qwen2.5-32b:Q4_K_M", 64 * GIB, 12 * GIB);
    assert_int_equal(w->c.settings.ctx_size, 4096);
    assert_in_range(w->c.settings.n_gpu_layers, 20, 64);
    const struct ledger_line *card = &w->c.ledger.device[0];
    assert_true(card->weights + card->kv + card->compute <= 11 * GIB);
    fit(w, "llama-3.1-8b:Q4_K_M", 64 * GIB, GIB); /* no byte above the margin */
    assert_int_equal(w->c.settings.n_gpu_layers, 0);
}

static uint32_t layers_without_experts(const struct world *w)
{
    uint32_t n = 0;
    for (size_t i = 0; i < w->m.n_tensors; i++)
        n += w->c.override && w->c.override[i] == PLACE_HOST &&
             str_ends(w->m.tensors[i].name, "ffn_down_exps.weight");
    return n;
}

static void experts_leave_before_layers_do(void **state)
{
    struct world *w = *state;
    fit(w, "qwen3-30b-a3b:Q4_K_M", 64 * GIB, 12 * GIB);
    assert_in_range(layers_without_experts(w), 1, 47);
    assert_int_equal(w->c.settings.n_gpu_layers, 49);
    assert_non_null(strstr(w->c.settings.override_tensor, "exps=CPU"));
    fit(w, "qwen3-30b-a3b:Q4_K_M", 64 * GIB, 2 * GIB); /* all of them, and layers too */
    assert_in_range(w->c.settings.n_gpu_layers, 0, 48);
}

static void without_a_card_the_ram_decides_the_context(void **state)
{
    struct world *w = *state;
    fit(w, "llama-3.1-8b:Q4_K_M", 16 * GIB, 0);
    assert_in_range(w->c.settings.ctx_size, 4096, 4 * 131072 - 1);
    fit(w, "llama-3.1-8b:Q4_K_M", GIB, 0); /* it would try all the same */
    assert_int_equal(w->c.settings.ctx_size, 4096);
    fit(w, "bge-m3:F16", 512 * MIB, 0);
    assert_true(w->c.lack > 0);
}

static void the_same_packing_fills_our_budgets(void **state)
{
    struct world *w = *state;
    const struct workload work = {1024, 256, 0};
    const struct limits none = {0}, tight = {.vram_bytes = 8 * GIB};
    struct settings given = {.ctx_size = 16384};
    struct candidate own, ours, limited;
    struct machine machine = host_of(&w->a, 64 * GIB);
    add_gpu(&w->a, &machine, "CUDA0", 12 * GIB, 500);
    settings_mark(&given, SET_CTX_SIZE);
    w->m = model_of(&w->a, "qwen3-30b-a3b:Q4_K_M");
    fit_like_with(&w->a, &w->m, &machine, &work, &given, &own);
    fit_like_within(&w->a, &w->m, &machine, &work, &given, &none, &ours);
    fit_like_within(&w->a, &w->m, &machine, &work, &given, &tight, &limited);
    assert_true(ours.ledger.device[0].total > own.ledger.device[0].total);
    assert_int_equal(ledger_lack_on_cards(&ours.ledger), 0);
    assert_true(ours.turn_s < own.turn_s);
    assert_in_range(limited.ledger.device[0].total, 7 * GIB, 8 * GIB);
}

static void a_context_below_the_least_is_left_alone(void **state)
{
    struct world *w = *state;
    const struct workload work = {1024, 256, 0};
    struct machine machine = host_of(&w->a, 2 * GIB);
    w->m = model_of(&w->a, "llama-3.1-8b:Q4_K_M");
    w->m.n_ctx_train = 512;
    fit_like(&w->a, &w->m, &machine, &work, &w->c);
    assert_int_equal(w->c.settings.ctx_size, 2048);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(where_all_fits_the_defaults_stay),
        WORLD_TEST(the_context_shrinks_first_and_leaves_a_gigabyte),
        WORLD_TEST(layers_leave_the_card_when_the_least_context_is_too_much),
        WORLD_TEST(experts_leave_before_layers_do),
        WORLD_TEST(without_a_card_the_ram_decides_the_context),
        WORLD_TEST(the_same_packing_fills_our_budgets),
        WORLD_TEST(a_context_below_the_least_is_left_alone),
    };
    return RUN_TESTS(tests);
}
