/* The dry run's figures in place of the closed forms'. */
#include "plan/plan.h"
#include "plan/worlds.h"

static struct plan plan_on_a_card(struct arena *a, const char *model)
{
    struct machine *machine = arena_alloc(a, sizeof(*machine));
    struct model *m = arena_alloc(a, sizeof(*m));
    static const struct goal nothing = {0};
    struct plan p;
    struct err err = {0};
    *machine = host_of(a, 64 * GIB);
    add_gpu(a, machine, "CUDA0", 12 * GIB, 360);
    add_gpu(a, machine, "CUDA1", 8 * GIB, 300);
    *m = model_of(a, model);
    CHECK_OK(plan_make(a, m, machine, &nothing, &p, &err), &err);
    return p;
}

static bool warned(const struct plan *p, const char *code)
{
    for (size_t i = 0; i < p->warnings.n; i++)
        if (strcmp(p->warnings.v[i].code, code) == 0)
            return true;
    return false;
}

static void buffers_go_to_the_line_of_their_device(void **state)
{
    (void)state;
    struct arena a = {0};
    struct plan p = plan_on_a_card(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct ledger before = p.memory;
    const struct dry_run_buffer buffers[] = {
        {"CUDA0", false, 7 * GIB, GIB, 300 * MIB},
        {"CPU", true, 5 * GIB, 10 * MIB, 20 * MIB},
        {"CUDA_Host", true, GIB, 0, 30 * MIB},
        {"CUDA1", false, 0, 0, 5 * MIB},
    };
    plan_certify(&a, &p, buffers, 4, "dry-run");
    assert_string_equal(p.memory.basis, "dry-run");
    assert_int_equal(p.memory.device[0].weights, 7 * GIB);
    assert_int_equal(p.memory.device[0].kv, GIB);
    assert_int_equal(p.memory.device[1].compute, 5 * MIB);
    assert_int_equal(p.memory.host.weights, 6 * GIB);
    assert_int_equal(p.memory.host.compute, 50 * MIB);
    assert_int_equal(p.memory.host.cache, before.host.cache); /* not the engine's to count */
    assert_int_equal(p.memory.device[0].other, before.device[0].other);
    assert_int_equal(p.memory.device[0].total,
                     8 * GIB + 300 * MIB + before.device[0].other + before.device[0].cache);
    assert_int_equal(p.memory.host.total,
                     6 * GIB + 60 * MIB + before.host.cache + before.host.other);
    arena_release(&a);
}

static void another_builds_graphs_may_drift(void **state)
{
    (void)state;
    struct arena a = {0};
    struct plan p = plan_on_a_card(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct ledger before = p.memory;
    const struct dry_run_buffer buffers[] = {{"CUDA0", false, 7 * GIB, GIB, 300 * MIB},
                                             {"CPU", true, 5 * GIB, 0, 50 * MIB}};
    plan_certify(&a, &p, buffers, 2, "dry-run:v0.5.0");
    assert_string_equal(p.memory.basis, "dry-run:v0.5.0");
    assert_true(warned(&p, "other-build"));
    assert_int_equal(p.memory.device[0].other, before.device[0].other + 30 * MIB);
    assert_int_equal(p.memory.host.other, before.host.other + 5 * MIB);
    assert_int_equal(p.memory.device[0].compute, 300 * MIB); /* as it was counted */
    arena_release(&a);
}

static void what_was_kept_free_is_given_back(void **state)
{
    (void)state;
    struct arena a = {0};
    struct plan p = plan_on_a_card(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct dry_run_buffer buffers[] = {{"CUDA0", false, GIB, GIB, 0}};
    uint64_t budget = p.memory.device[0].budget, host = p.memory.host.budget;
    p.goal.limits.kept[0] = p.goal.limits.kept_host = 100 * MIB;
    ledger_budgets(&p.memory, p.machine, &p.goal.limits);
    assert_int_equal(p.memory.device[0].budget, budget - 100 * MIB);
    plan_certify(&a, &p, buffers, 1, "dry-run");
    assert_int_equal(p.memory.device[0].budget, budget);
    assert_int_equal(p.memory.host.budget, host);
    arena_release(&a);
}

static void what_the_dry_run_settles_is_no_warning_any_more(void **state)
{
    (void)state;
    struct arena a = {0};
    struct plan p = plan_on_a_card(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct dry_run_buffer buffers[] = {{"CUDA0", false, 7 * GIB, GIB, 0}};
    assert_true(warned(&p, "compute-estimated"));
    *VEC_PUSH(&a, &p.warnings) = (struct plan_warning){"another", "stays", NULL};
    plan_certify(&a, &p, buffers, 1, "dry-run");
    assert_false(warned(&p, "compute-estimated"));
    assert_true(warned(&p, "another"));
    assert_true(p.memory.claimed);
    arena_release(&a);
}

static void a_plan_that_the_engine_finds_too_large_says_where(void **state)
{
    (void)state;
    struct arena a = {0};
    struct plan p = plan_on_a_card(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct dry_run_buffer buffers[] = {{"CUDA0", false, 13 * GIB, 0, 0}};
    plan_certify(&a, &p, buffers, 1, "dry-run");
    assert_true(warned(&p, "over-budget"));
    const struct plan_warning *w = &p.warnings.v[p.warnings.n - 1];
    assert_non_null(strstr(w->text, "more of CUDA0 memory"));
    assert_non_null(strstr(w->fix, "--ctx"));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(buffers_go_to_the_line_of_their_device),
        TEST(another_builds_graphs_may_drift),
        TEST(what_was_kept_free_is_given_back),
        TEST(what_the_dry_run_settles_is_no_warning_any_more),
        TEST(a_plan_that_the_engine_finds_too_large_says_where),
    };
    return RUN_TESTS(tests);
}
