/* The smallest change that fits. */
#include "plan/repair.h"

#include "machine/machine_described.h"
#include "plan/fit_like.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct model m;
    struct machine machine;
    struct workload w;
    struct repairs r;
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

static void mend(struct world *w, const char *model, const char *machine, const char *settings)
{
    struct err err = {0};
    struct settings given = settings_of(&w->a, settings);
    w->m = model_of(&w->a, model);
    w->w = (struct workload){1024, 256, 2048};
    CHECK_OK(machine_describe(&w->a, machine, &w->machine, &err), &err);
    repair_find(&w->a, &w->m, &w->machine, &w->w, &given, &w->r);
}

static const struct repair *change(const struct world *w, const char *prefix)
{
    for (size_t i = 0; i < w->r.list.n; i++)
        if (strncmp(w->r.list.v[i].change, prefix, strlen(prefix)) == 0)
            return &w->r.list.v[i];
    return NULL;
}

static uint64_t lack_with(struct world *w, const struct settings *s)
{
    struct settings fixed = *s;
    struct candidate c;
    settings_mark(&fixed, SET_FIT); /* off */
    fit_like_with(&w->a, &w->m, &w->machine, &w->w, &fixed, &c);
    return ledger_lack(&c.ledger, NULL);
}

static void what_fits_needs_no_repair(void **state)
{
    struct world *w = *state;
    mend(w, "llama-3.1-8b:Q4_K_M", "RTX 3060, 32GB", "ctx_size=8192 n_gpu_layers=99");
    assert_int_equal(w->r.lack, 0);
    assert_int_equal(w->r.list.n, 0);
    assert_true(json_is_null(repairs_to_json(&w->r)));
}

static void each_change_fits_and_a_little_less_does_not(void **state)
{
    struct world *w = *state;
    mend(w, "llama-3.1-8b:Q4_K_M", "RTX 3060, 32GB", "ctx_size=65536 n_gpu_layers=99");
    assert_true(w->r.lack > 0);
    assert_string_equal(w->r.pool, "CUDA0");
    for (size_t i = 0; i < w->r.list.n; i++)
        assert_int_equal(lack_with(w, &w->r.list.v[i].settings), 0);
    assert_non_null(change(w, "-fa on -ctk q8_0"));
    struct settings s = change(w, "-c ")->settings;
    s.ctx_size += 256;
    assert_true(lack_with(w, &s) > 0);
    s = change(w, "-ngl ")->settings;
    s.n_gpu_layers++;
    assert_true(lack_with(w, &s) > 0);
}

static void experts_move_before_layers(void **state)
{
    struct world *w = *state;
    mend(w, "qwen3-30b-a3b:Q4_K_M", "RTX 3060, 32GB", "ctx_size=32768 n_gpu_layers=99");
    const struct repair *experts = change(w, "--n-cpu-moe "), *layers = change(w, "-ngl ");
    assert_true(experts && layers);
    assert_true(experts->effect.gen_with > layers->effect.gen_with);
    struct settings s = experts->settings;
    s.n_cpu_moe--;
    assert_true(lack_with(w, &s) > 0);
}

static void what_nothing_mends_is_told_so(void **state)
{
    struct world *w = *state;
    mend(w, "llama-3.1-70b:Q4_K_M", "RTX 3060, 16GB", "ctx_size=4096 n_gpu_layers=99");
    assert_true(w->r.lack > 0);
    assert_int_equal(w->r.list.n, 0);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_fits_needs_no_repair),
        WORLD_TEST(each_change_fits_and_a_little_less_does_not),
        WORLD_TEST(experts_move_before_layers),
        WORLD_TEST(what_nothing_mends_is_told_so),
    };
    return RUN_TESTS(tests);
}
