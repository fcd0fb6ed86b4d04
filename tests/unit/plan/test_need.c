/* Machines for a model. */
#include "plan/need.h"

#include "machine/machine_described.h"
#include "plan/search.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct model m;
    struct goal goal;
    struct need_wish wish;
    struct need need;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    w->wish.goal = &w->goal;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static void find(struct world *w, const char *model, const char *mine)
{
    struct machine machine;
    struct err err = {0};
    w->m = model_of(&w->a, model);
    if (mine)
        CHECK_OK(machine_describe(&w->a, mine, &machine, &err), &err);
    need_find(&w->a, &w->m, &w->wish, mine ? &machine : NULL, &w->need);
}

static const struct need_row *row(const struct world *w, const char *machine)
{
    for (size_t i = 0; i < w->need.machines.n; i++)
        if (strcmp(w->need.machines.v[i].machine, machine) == 0)
            return &w->need.machines.v[i];
    return NULL;
}

static void each_machine_found_does_it_and_less_ram_does_not(void **state)
{
    struct world *w = *state;
    w->goal.ctx_per_slot = 32768;
    find(w, "llama-3.1-8b:Q4_K_M", NULL);
    assert_in_range(w->need.machines.n, 8, 14);
    for (size_t i = 0; i < w->need.machines.n; i++) {
        struct machine machine;
        struct plan plan;
        struct err err = {0};
        CHECK_OK(machine_describe(&w->a, w->need.machines.v[i].machine, &machine, &err), &err);
        CHECK_OK(plan_make(&w->a, &w->m, &machine, &w->goal, &plan, &err), &err);
        assert_true(search_ctx_per_slot(&w->m, &plan.settings) >= 32768);
    }
    /* 4.6 GB of weights, 2.1 GB of Q8_0 cache, 2 GB for the system: 8 will not do */
    assert_non_null(row(w, "16GB"));
    assert_non_null(row(w, "RTX 3060 12GB, 8GB"));
}

static void speed_takes_faster_machines(void **state)
{
    struct world *w = *state;
    w->wish.gen_tok_s = 100;
    find(w, "llama-3.1-8b:Q4_K_M", NULL);
    assert_null(row(w, "8GB"));
    assert_null(row(w, "RTX 3060 12GB, 8GB"));
    assert_non_null(row(w, "RTX 5090, 8GB"));
    for (size_t i = 0; i < w->need.machines.n; i++)
        assert_true(w->need.machines.v[i].speed.gen_tok_s.mid >= 100);
    w->wish.gen_tok_s = 100000;
    find(w, "llama-3.1-8b:Q4_K_M", "RTX 3060, 16GB");
    assert_int_equal(w->need.machines.n, 0);
    assert_false(w->need.enough);
    assert_int_equal(w->need.upgrades.n, 0);
}

static void a_machine_is_enough_or_gets_an_upgrade(void **state)
{
    struct world *w = *state;
    find(w, "llama-3.1-8b:Q4_K_M", "RTX 3060, 16GB");
    assert_true(w->need.enough);
    assert_int_equal(w->need.upgrades.n, 0);
    find(w, "llama-3.1-70b:Q4_K_M", "64GB");
    assert_true(w->need.enough);
    find(w, "llama-3.1-70b:Q4_K_M", "32GB");
    assert_false(w->need.enough);
    assert_int_equal(w->need.upgrades.n, 2);
    assert_string_equal(w->need.upgrades.v[0].machine, "this machine with 48 GB of RAM");
    assert_string_equal(w->need.upgrades.v[1].machine, "this machine and a card: RTX A6000");
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_machine_found_does_it_and_less_ram_does_not),
        WORLD_TEST(speed_takes_faster_machines),
        WORLD_TEST(a_machine_is_enough_or_gets_an_upgrade),
    };
    return RUN_TESTS(tests);
}
