/* What is not beaten, and what quantising costs. */
#include "plan/frontier.h"

#include "machine/machine_described.h"
#include "model/ggml_type.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct model m[3];
    const struct model *models[3];
    struct machine machine;
    struct goal goal;
    struct frontier f;
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

static void find(struct world *w, const char *machine, const char *const *models, size_t n)
{
    struct err err = {0};
    CHECK_OK(machine_describe(&w->a, machine, &w->machine, &err), &err);
    for (size_t i = 0; i < n; i++) {
        w->m[i] = model_of(&w->a, models[i]);
        w->models[i] = &w->m[i];
    }
    frontier_find(&w->a, w->models, n, &w->machine, &w->goal, &w->f);
}

static void no_row_is_beaten(void **state)
{
    static const char *const quants[] = {"llama-3.1-8b:Q4_K_M", "llama-3.1-8b:Q8_0",
                                         "llama-3.1-8b:F16"};
    struct world *w = *state;
    find(w, "RTX 3060, 32GB", quants, 3);
    assert_in_range(w->f.rows.n, 8, 36);
    for (size_t i = 0; i < w->f.rows.n; i++)
        for (size_t k = 0; k < w->f.rows.n; k++) {
            const struct frontier_row *a = &w->f.rows.v[i], *b = &w->f.rows.v[k];
            bool all =
                a->ctx >= b->ctx && a->turn_s <= b->turn_s && a->quality.kld <= b->quality.kld;
            assert_true(i == k || !all);
        }
    assert_int_equal(w->f.rows.v[0].ctx, 131072);
    for (size_t i = 1; i < w->f.rows.n; i++)
        assert_true(w->f.rows.v[i].ctx <= w->f.rows.v[i - 1].ctx);
}

static void where_all_fits_one_row_is_left(void **state)
{
    static const char *const one[] = {"qwen2-0.5b:F16"};
    struct world *w = *state;
    find(w, "RTX 4090, 64GB", one, 1);
    assert_int_equal(w->f.rows.v[0].ctx, 32768);
    assert_string_equal(w->f.rows.v[0].cache_type, "F16"); /* Q8_0 is no faster here */
    assert_true(w->f.rows.v[0].quality.source && w->f.rows.v[0].quality.kld == 0);
}

static void a_cache_that_is_pinned_stays(void **state)
{
    static const char *const one[] = {"llama-3.1-8b:Q4_K_M"};
    struct world *w = *state;
    w->goal.pinned = settings_of(&w->a, "cache_type_k=q4_0 cache_type_v=q4_0");
    find(w, "RTX 3060, 32GB", one, 1);
    assert_true(w->f.rows.n > 0);
    for (size_t i = 0; i < w->f.rows.n; i++) {
        assert_string_equal(w->f.rows.v[i].cache_type, "Q4_0");
        assert_null(w->f.rows.v[i].quality.source); /* nobody measured it: unknown, not 0 */
    }
}

static void quality_is_known_or_unknown(void **state)
{
    (void)state;
    assert_true(quality_of_weights("q4_k_m").kld > quality_of_weights("Q6_K").kld);
    assert_non_null(quality_of_weights("F16").source);
    assert_null(quality_of_weights("MXFP4").source);
    assert_null(quality_of_weights(NULL).source);
    assert_true(quality_of_cache(TYPE_F16, TYPE_F16).kld == 0);
    assert_true(quality_of_cache(TYPE_Q8_0, TYPE_Q8_0).kld > 0);
    assert_null(quality_of_cache(TYPE_Q4_0, TYPE_Q4_0).source);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(no_row_is_beaten),
        WORLD_TEST(where_all_fits_one_row_is_left),
        WORLD_TEST(a_cache_that_is_pinned_stays),
        cmocka_unit_test(quality_is_known_or_unknown),
    };
    return RUN_TESTS(tests);
}
