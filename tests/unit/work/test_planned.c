#include "work/planned.h"

#include "base/units.h"
#include "folder.h"
#include "machine/machine_json.h"

static const char *no_variables(const char *name)
{
    (void)name;
    return NULL;
}

struct world {
    struct folder f;
    struct session session;
    struct goal goal;
    struct planned planned;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w || folder_make(&w->f) != 0)
        return -1;
    w->session = (struct session){.arena = &w->f.a, .fs = fs_memory(&w->f.a)};
    stores_where_init(&w->session.stores, &w->f.a, folder_path(&w->f, "home"), no_variables);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

/* A machine file with so much RAM. */
static const char *machine(struct world *w, uint64_t ram)
{
    struct machine m = {0};
    FACT_SET(&m.memory.total_bytes, ram, "test");
    FACT_SET(&m.memory.available_bytes, ram, "test");
    json_t *root = machine_to_json(&m);
    char *text = js_text(root);
    const char *path = folder_put(&w->f, "machine.json", text);
    free(text);
    json_decref(root);
    return path;
}

static bool make(struct world *w, struct planning how)
{
    how.goal = &w->goal;
    w->f.err = (struct err){0};
    return planned_make(&w->session, &how, &w->planned, &w->f.err);
}

static void refused(struct world *w, struct planning how, enum err_code code, const char *part)
{
    assert_false(make(w, how));
    assert_int_equal(w->f.err.code, code);
    CHECK_ERR(&w->f.err, part);
}

static void a_model_and_a_machine_make_a_plan(void **state)
{
    struct world *w = *state;
    CHECK_OK(make(w, (struct planning){.model = "shape:llama-3.2-1b:Q8_0",
                                       .machine = machine(w, 16 * GIB),
                                       .certify = true}),
             &w->f.err);
    assert_ptr_equal(w->planned.plan.model, &w->planned.model.model);
    assert_ptr_equal(w->planned.plan.machine, &w->planned.machine);
    assert_false(w->planned.has_engine);
    assert_false(w->planned.certified);
    assert_true(w->planned.plan.n_argv > 3);
    planned_close(&w->planned);
}

static void each_step_fails_as_itself(void **state)
{
    struct world *w = *state;
    refused(w, (struct planning){.model = "/nowhere.gguf", .machine = "/nowhere.json"}, ERR_FAILED,
            "there is no model \"/nowhere.gguf\"");
    refused(w, (struct planning){.model = "shape:llama-3.2-1b:Q8_0", .machine = "/nowhere.json"},
            ERR_FAILED, "/nowhere.json");
    refused(w,
            (struct planning){.model = "shape:llama-3.1-70b:Q8_0", .machine = machine(w, 16 * GIB)},
            ERR_NO_FIT, "does not fit");
}

static void a_run_needs_an_engine_and_says_how_to_get_one(void **state)
{
    struct world *w = *state;
    refused(w,
            (struct planning){.model = "shape:llama-3.2-1b:Q8_0",
                              .machine = machine(w, 16 * GIB),
                              .need_engine = true},
            ERR_ENGINE, "make build");
}

/* What fits is worth more than what is missing: a plan that cannot be is told first. */
static void what_does_not_fit_is_told_before_the_engine_is_missed(void **state)
{
    struct world *w = *state;
    refused(w,
            (struct planning){.model = "shape:llama-3.1-70b:Q8_0",
                              .machine = machine(w, 16 * GIB),
                              .need_engine = true},
            ERR_NO_FIT, "does not fit");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_model_and_a_machine_make_a_plan),
        WORLD_TEST(each_step_fails_as_itself),
        WORLD_TEST(a_run_needs_an_engine_and_says_how_to_get_one),
        WORLD_TEST(what_does_not_fit_is_told_before_the_engine_is_missed),
    };
    return RUN_TESTS(tests);
}
