/* Several models on one machine. */
#include "plan/together.h"

#include "machine/machine_described.h"
#include "model/ggml_type.h"
#include "plan/search.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct model m[3];
    struct machine machine;
    struct goal goal;
    struct plan plans[3];
    struct err err;
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

static bool make(struct world *w, const char *machine, const char *const *names, size_t n)
{
    const struct model *models[3];
    CHECK_OK(machine_describe(&w->a, machine, &w->machine, &w->err), &w->err);
    for (size_t i = 0; i < n; i++) {
        w->m[i] = model_of(&w->a, names[i]);
        models[i] = &w->m[i];
    }
    return together_make(&w->a, models, n, &w->machine, &w->goal, w->plans, &w->err);
}

static uint64_t on_card(const struct world *w, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += w->plans[i].memory.device[0].total;
    return sum;
}

static void all_of_them_fit_and_grow_alike(void **state)
{
    static const char *const names[] = {"llama-3.1-8b:Q4_K_M", "qwen3-8b:Q4_K_M", "bge-m3:F16"};
    struct world *w = *state;
    struct ledger whole = {0};
    CHECK_OK(make(w, "RTX 3090, 32GB", names, 3), &w->err);
    ledger_budgets(&whole, &w->machine, NULL);
    uint64_t host = 0;
    for (size_t i = 0; i < 3; i++) {
        host += w->plans[i].memory.host.total;
        assert_int_equal(w->plans[i].settings.n_device, 1); /* nobody is pushed off the card */
    }
    assert_true(on_card(w, 3) <= whole.device[0].budget);
    assert_true(host <= whole.host.budget);
    uint32_t first = search_ctx_per_slot(&w->m[0], &w->plans[0].settings);
    uint32_t second = search_ctx_per_slot(&w->m[1], &w->plans[1].settings);
    assert_true(second >= 32768 && first <= 2 * second);
}

static void the_plans_tell_the_users_goal(void **state)
{
    static const char *const names[] = {"llama-3.1-8b:Q4_K_M", "qwen3-8b:Q4_K_M"};
    struct world *w = *state;
    CHECK_OK(make(w, "RTX 3090, 32GB", names, 2), &w->err);
    for (size_t i = 0; i < 2; i++) {
        const struct plan *p = &w->plans[i];
        json_t *o = plan_to_json(p);
        assert_int_equal(
            json_object_size(json_object_get(json_object_get(o, "goal"), "constraints")), 0);
        json_decref(o);
        for (size_t k = 0; k < p->reasons.n; k++)
            assert_string_not_equal(p->reasons.v[k].rule, "user");
        assert_int_equal(p->settings.cache_type_k, TYPE_F16); /* nobody asked for less */
        assert_true(p->settings.cache_ram_mib > 0);
    }
}

static void the_first_without_room_is_named(void **state)
{
    static const char *const names[] = {"llama-3.1-8b:Q4_K_M", "llama-3.1-70b:Q4_K_M"};
    struct world *w = *state;
    assert_false(make(w, "RTX 3060, 32GB", names, 2));
    assert_int_equal(w->err.code, ERR_NO_FIT);
    CHECK_ERR(&w->err, "for \"llama-3.1-70b:Q4_K_M.gguf\", beside the 1 before it");
}

static void a_context_asked_for_is_kept_by_all(void **state)
{
    static const char *const names[] = {"llama-3.1-8b:Q4_K_M", "qwen3-8b:Q4_K_M"};
    struct world *w = *state;
    w->goal.ctx_per_slot = 16384;
    w->goal.parallel = 2;
    CHECK_OK(make(w, "2x RTX 3090, 64GB", names, 2), &w->err);
    for (size_t i = 0; i < 2; i++)
        assert_true(search_ctx_per_slot(&w->m[i], &w->plans[i].settings) >= 16384);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(all_of_them_fit_and_grow_alike),
        WORLD_TEST(the_plans_tell_the_users_goal),
        WORLD_TEST(the_first_without_room_is_named),
        WORLD_TEST(a_context_asked_for_is_kept_by_all),
    };
    return RUN_TESTS(tests);
}
