#include "plan/plan.h"

#include "base/attr.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct machine machine;
    struct model m;
    struct plan plan;
    json_t *doc;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->machine = host_of(&w->a, 64 * GIB);
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    w->m = model_of(&w->a, "llama-3.1-8b:Q4_K_M");
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    json_decref(w->doc);
    arena_release(&w->a);
    free(w);
    return 0;
}

static void write_plan(struct world *w, const struct goal *goal)
{
    struct err err = {0};
    CHECK_OK(plan_make(&w->a, &w->m, &w->machine, goal, &w->plan, &err), &err);
    w->doc = plan_to_json(&w->plan);
}

/* "goal.workload.depth" */
static const json_t *at(const struct world *w, const char *path)
{
    const json_t *v = w->doc;
    struct str rest = str_from(path), part;
    char key[64];
    while (str_cut(&rest, '.', &part)) {
        snprintf(key, sizeof(key), "%.*s", (int)part.n, part.p);
        v = json_object_get(v, key);
    }
    if (!v)
        fail_msg("\"%s\" is missing", path);
    return v;
}

static void a_plan_has_every_part_of_the_contract_in_its_order(void **state)
{
    struct world *w = *state;
    static const char *const keys[] = {"schema",  "model",        "machine", "goal",    "settings",
                                       "env",     "argv",         "memory",  "speed",   "baseline",
                                       "reasons", "alternatives", "ladder",  "warnings"};
    const struct goal nothing = {0};
    write_plan(w, &nothing);
    const char *key;
    json_t *value;
    size_t i = 0;
    json_object_foreach(w->doc, key, value)
    {
        assert_true(i < COUNT_OF(keys));
        assert_string_equal(key, keys[i++]);
    }
    assert_int_equal(i, COUNT_OF(keys));
    assert_string_equal(json_string_value(at(w, "schema")), "tailor.plan/1");
    assert_string_equal(json_string_value(at(w, "goal.use_case")), "general");
    assert_true(json_is_null(at(w, "goal.preset")));
    assert_int_equal(json_object_size(at(w, "goal.constraints")), 0);
    assert_int_equal(json_array_size(at(w, "machine.gpus")), 1);
    assert_string_equal(json_string_value(at(w, "baseline.what")), "llama-server defaults");
    assert_int_equal(json_integer_value(at(w, "goal.workload.prompt_tokens")), 1024);
}

static void a_goal_is_told_with_its_constraints(void **state)
{
    struct world *w = *state;
    struct goal goal = {.use_case = "coding",
                        .preset = "fast",
                        .workload_name = "agent",
                        .pinned = settings_of(&w->a, "threads=3"),
                        .ctx_per_slot = 4096,
                        .limits = {.ram_bytes = 32 * GIB, .vram_bytes = 20 * GIB, .n_vram = 2},
                        .no_spill = true};
    goal.limits.vram[0].gpu = "CUDA0";
    goal.limits.vram[0].bytes = 12 * GIB;
    goal.limits.vram[1].gpu = "1";
    goal.limits.vram[1].bytes = GIB;
    write_plan(w, &goal);
    assert_string_equal(json_string_value(at(w, "goal.use_case")), "coding");
    assert_string_equal(json_string_value(at(w, "goal.preset")), "fast");
    assert_string_equal(json_string_value(at(w, "goal.workload.name")), "agent");
    assert_int_equal(json_integer_value(at(w, "goal.workload.depth")), 24576);
    const json_t *c = at(w, "goal.constraints");
    assert_int_equal(json_integer_value(json_object_get(c, "threads")), 3);
    assert_int_equal(json_integer_value(json_object_get(c, "ctx_per_slot")), 4096);
    assert_int_equal(json_integer_value(json_object_get(c, "ram_limit_bytes")), 32 * GIB);
    assert_int_equal(json_integer_value(json_object_get(c, "vram_limit_bytes")), 20 * GIB);
    assert_int_equal(json_integer_value(json_object_get(c, "vram_limit_bytes.CUDA0")), 12 * GIB);
    assert_int_equal(json_integer_value(json_object_get(c, "vram_limit_bytes.1")), GIB);
    assert_true(json_is_true(json_object_get(c, "no_spill")));
    assert_int_equal(json_object_size(c), 7);
}

static void environment_variables_are_names_and_values(void **state)
{
    struct world *w = *state;
    const struct goal nothing = {0};
    struct err err = {0};
    CHECK_OK(plan_make(&w->a, &w->m, &w->machine, &nothing, &w->plan, &err), &err);
    *VEC_PUSH(&w->a, &w->plan.env) = "GGML_CUDA_P2P=1";
    *VEC_PUSH(&w->a, &w->plan.env) = "OPTIONS=a=b";
    w->doc = plan_to_json(&w->plan);
    assert_string_equal(json_string_value(at(w, "env.GGML_CUDA_P2P")), "1");
    assert_string_equal(json_string_value(at(w, "env.OPTIONS")), "a=b");
}

static void reasons_alternatives_and_warnings_are_whole(void **state)
{
    struct world *w = *state;
    const struct goal nothing = {0};
    add_gpu(&w->a, &w->machine, "CUDA1", 24 * GIB, 936);
    w->m = model_of(&w->a, "glm-4.5-air:Q4_K_M"); /* more than the cards hold, no form claimed */
    write_plan(w, &nothing);
    static const struct {
        const char *list, *keys[4];
    } lists[] = {{"reasons", {"setting", "value", "why", "rule"}},
                 {"alternatives", {"change", "effect"}},
                 {"warnings", {"code", "text", "fix"}}};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = at(w, lists[i].list);
        size_t k;
        json_t *item;
        assert_true(json_array_size(list) > 0);
        json_array_foreach(list, k, item) for (size_t n = 0; n < 4 && lists[i].keys[n]; n++)
            assert_true(json_is_string(json_object_get(item, lists[i].keys[n])));
    }
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_plan_has_every_part_of_the_contract_in_its_order),
        WORLD_TEST(a_goal_is_told_with_its_constraints),
        WORLD_TEST(environment_variables_are_names_and_values),
        WORLD_TEST(reasons_alternatives_and_warnings_are_whole),
    };
    return RUN_TESTS(tests);
}
