#include "work/session.h"

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
    struct machine machine;
    struct engine engine;
    bool has_engine;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w || folder_make(&w->f) != 0)
        return -1;
    struct arena *a = &w->f.a;
    w->session = (struct session){.arena = a,
                                  .fs = fs_memory(a),
                                  .dirs = {.runtime = folder_path(&w->f, "rt"),
                                           .cache = folder_path(&w->f, "cache"),
                                           .state = folder_path(&w->f, "state")},
                                  .machines_dir = folder_path(&w->f, "machines")};
    stores_where_init(&w->session.stores, a, folder_path(&w->f, "home"), no_variables);
    return mkdir(w->session.dirs.runtime, 0700);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

/* ---- machines ---- */

static bool machine(struct world *w, const char *argument)
{
    w->f.err = (struct err){0};
    return session_machine(&w->session, argument, MEASURE_NEVER, &w->machine, &w->engine,
                           &w->has_engine, &w->f.err);
}

static void not_a_machine(struct world *w, const char *argument, const char *part)
{
    assert_false(machine(w, argument));
    assert_int_equal(w->f.err.code, ERR_FAILED);
    CHECK_ERR(&w->f.err, part);
}

/* What "tailor detect --json" would write of a machine with so much RAM. */
static const char *put_machine(struct world *w, const char *name, uint64_t ram)
{
    struct machine m = {0};
    FACT_SET(&m.memory.total_bytes, ram, "test");
    json_t *root = machine_to_json(&m);
    char *text = js_text(root);
    const char *path = folder_put(&w->f, name, text);
    free(text);
    json_decref(root);
    return path;
}

static void a_machine_may_be_a_file_of_detect(void **state)
{
    struct world *w = *state;
    CHECK_OK(machine(w, put_machine(w, "m.json", 7 * GIB)), &w->f.err);
    assert_int_equal(w->machine.memory.total_bytes.v, 7 * GIB);
    assert_false(w->has_engine); /* that machine's, not this one's */
}

static void a_file_that_is_no_machine_is_named(void **state)
{
    struct world *w = *state;
    not_a_machine(w, folder_path(&w->f, "nowhere.json"), "nowhere.json");
    CHECK_ERR(&w->f.err, "--machine, which takes a file of \"tailor detect --json\"");
    not_a_machine(w, folder_put(&w->f, "x.json", "{\"schema\""), "x.json\"");
    not_a_machine(w, folder_put(&w->f, "x.json", "{\"schema\":\"tailor.plan/1\"}"), "x.json\"");
    not_a_machine(w, folder_put(&w->f, "x.json", "[]"), "x.json\"");
}

static void a_recorded_machine_is_read_by_its_name(void **state)
{
    struct world *w = *state;
    put_machine(w, "machines/as-json/machine.json", 3 * GIB);
    folder_put(&w->f, "machines/as-tree/root/proc/meminfo", "MemTotal: 2097152 kB\n");
    folder_put(&w->f, "machines/README.md", "no machine\n");
    CHECK_OK(machine(w, "fx:as-json"), &w->f.err);
    assert_int_equal(w->machine.memory.total_bytes.v, 3 * GIB);
    CHECK_OK(machine(w, "fx:as-tree"), &w->f.err);
    assert_int_equal(w->machine.memory.total_bytes.v, 2 * GIB);
    not_a_machine(w, "fx:unknown", "there is no recorded machine \"fx:unknown\"");
    CHECK_ERR(&w->f.err, "; there are: as-json as-tree");
    assert_null(strstr(w->f.err.hint, "README"));
    w->session.machines_dir = NULL;
    not_a_machine(w, "fx:as-json", "there are no recorded machines here");
}

static void a_replayed_world_has_no_engine(void **state)
{
    struct world *w = *state;
    static const char meminfo[] = "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n";
    struct fs *fs = fs_memory(&w->f.a);
    fs_memory_add(fs, "/proc/meminfo", meminfo, strlen(meminfo));
    w->session.fs = fs;
    w->session.where.explicit_path = "/nowhere";
    CHECK_OK(machine(w, NULL), &w->f.err);
    assert_int_equal(w->machine.memory.total_bytes.v, GIB);
    assert_false(w->has_engine);
}

static void an_engine_that_does_not_work_is_a_note_of_the_machine(void **state)
{
    struct world *w = *state;
    w->session.fs = fs_real();
    w->session.live = true;
    w->session.where.path = path_dir(&w->f.a, folder_script(&w->f, "llama-server", "exit 3"));
    CHECK_OK(machine(w, NULL), &w->f.err);
    assert_false(w->has_engine);
    assert_null(w->machine.engine.path.source);
    const char *note = w->machine.notes.v[w->machine.notes.n - 1];
    assert_non_null(strstr(note, "exited with status 3"));
}

static void an_engine_that_was_named_must_be_there(void **state)
{
    struct world *w = *state;
    w->session.fs = fs_real();
    w->session.live = true;
    w->session.where.explicit_path = "/nowhere";
    assert_false(machine(w, NULL));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
}

/* ---- certificates ---- */

struct certificate {
    struct resolved model;
    struct plan plan;
    bool certified;
    double seconds;
};

/* Plans a shape and asks this script, in the place of a worker, for its certificate. */
static struct certificate certify(struct world *w, const char *worker)
{
    struct certificate c = {.certified = true};
    const struct goal goal = {0};
    FACT_SET(&w->machine.memory.total_bytes, 16 * GIB, "test");
    FACT_SET(&w->machine.memory.available_bytes, 16 * GIB, "test");
    CHECK_OK(session_resolve(&w->session, "shape:qwen2-0.5b:Q4_K_M", &c.model, &w->f.err),
             &w->f.err);
    CHECK_OK(plan_make(&w->f.a, &c.model.model, &w->machine, &goal, &c.plan, &w->f.err), &w->f.err);
    c.plan.warnings.n = 0;
    w->engine =
        (struct engine){.server = "llama-server",
                        .worker = worker ? folder_script(&w->f, "tailor-worker", worker) : NULL,
                        .lib_dir = "/lib"};
    const struct certify how = {&w->engine, &c.model, false};
    session_certify(&w->session, &how, &c.plan, &c.certified, &c.seconds);
    return c;
}

static size_t runtime_files(struct world *w)
{
    return fs_list(fs_real(), &w->f.a, w->session.dirs.runtime).n;
}

static void the_engines_own_figures_take_the_place_of_ours(void **state)
{
    struct world *w = *state;
    struct certificate c = certify(
        w, "read -r line; echo '{\"ok\":true,\"buffers\":[{\"device\":\"CPU\",\"host\":true,"
           "\"model_bytes\":111,\"context_bytes\":222,\"compute_bytes\":333}]}'");
    assert_true(c.certified);
    assert_string_equal(c.plan.memory.basis, "dry-run");
    assert_int_equal(c.plan.memory.host.weights, 111);
    assert_int_equal(c.plan.memory.host.kv, 222);
    assert_int_equal(c.plan.memory.host.compute, 333);
    assert_int_equal(c.plan.warnings.n, 0);
    assert_int_equal(runtime_files(w), 0);
}

static void the_worker_gets_a_ghost_and_the_planned_settings(void **state)
{
    struct world *w = *state;
    struct certificate c = certify(
        w, arena_printf(&w->f.a,
                        "read -r line; echo \"$line\" >'%s'; stat -c %%s \"$(echo \"$line\" "
                        "| sed 's/.*\"model\": *\"\\([^\"]*\\)\".*/\\1/')\" >>'%s'",
                        folder_path(&w->f, "heard"), folder_path(&w->f, "heard")));
    assert_false(c.certified);
    struct str rest = str_from(folder_text(&w->f, folder_path(&w->f, "heard"))), text, size;
    assert_true(str_line(&rest, &text));
    assert_true(str_line(&rest, &size));
    json_t *request = js_parse(text, &w->f.err);
    json_t *settings = json_object_get(request, "settings");
    assert_string_equal(json_string_value(json_object_get(request, "op")), "dry_run");
    assert_int_equal(json_integer_value(json_object_get(settings, "ctx_size")),
                     c.plan.settings.ctx_size);
    unsigned long long bytes = 0;
    assert_true(str_u64(size, &bytes));
    assert_true(bytes > c.model.model.weights_bytes);
    json_decref(request);
}

static void not_certified(struct world *w, const char *worker, const char *part)
{
    struct certificate c = certify(w, worker);
    assert_false(c.certified);
    assert_string_equal(c.plan.memory.basis, "closed-form");
    assert_int_equal(c.plan.warnings.n, 1);
    assert_string_equal(c.plan.warnings.v[0].code, "not-certified");
    if (!strstr(c.plan.warnings.v[0].text, part))
        fail_msg("no \"%s\" in: %s", part, c.plan.warnings.v[0].text);
}

static void a_worker_that_fails_is_a_warning_and_the_plan_stands(void **state)
{
    struct world *w = *state;
    not_certified(w, "read -r line; echo '{\"ok\":false,\"error\":\"the engine cannot load it\"}'",
                  "the engine's dry run failed: the engine cannot load it");
    not_certified(w, "exit 5", "tailor-worker exited with status 5");
    not_certified(w, "read -r line; echo nonsense", "dry run failed");
    not_certified(w, "read -r line; echo '{\"ok\":true,\"buffers\":7}'", "buffers");
    not_certified(w, "read -r line; echo '{\"ok\":true,\"buffers\":[{\"device\":3}]}'", "device");
}

static void the_log_that_a_warning_names_is_there(void **state)
{
    struct world *w = *state;
    struct certificate c = certify(w, "echo GGML_ASSERT >&2; kill -ABRT $$");
    const char *log = strstr(c.plan.warnings.v[0].text, "its log is ") + strlen("its log is ");
    assert_string_equal(folder_text(&w->f, log), "GGML_ASSERT\n");
    assert_int_equal(fs_list(fs_real(), &w->f.a, path_dir(&w->f.a, log)).n, 1); /* no ghost */
}

static void without_a_worker_nothing_is_said(void **state)
{
    struct certificate c = certify(*state, NULL);
    assert_false(c.certified);
    assert_int_equal(c.plan.warnings.n, 0);
    assert_string_equal(c.plan.memory.basis, "closed-form");
}

static void a_runtime_folder_that_is_gone_is_a_warning(void **state)
{
    struct world *w = *state;
    w->session.dirs.runtime = folder_path(&w->f, "gone");
    not_certified(w, "exit 0", "cannot create a folder in");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_machine_may_be_a_file_of_detect),
        WORLD_TEST(a_file_that_is_no_machine_is_named),
        WORLD_TEST(a_recorded_machine_is_read_by_its_name),
        WORLD_TEST(a_replayed_world_has_no_engine),
        WORLD_TEST(an_engine_that_does_not_work_is_a_note_of_the_machine),
        WORLD_TEST(an_engine_that_was_named_must_be_there),
        WORLD_TEST(the_engines_own_figures_take_the_place_of_ours),
        WORLD_TEST(the_worker_gets_a_ghost_and_the_planned_settings),
        WORLD_TEST(a_worker_that_fails_is_a_warning_and_the_plan_stands),
        WORLD_TEST(the_log_that_a_warning_names_is_there),
        WORLD_TEST(without_a_worker_nothing_is_said),
        WORLD_TEST(a_runtime_folder_that_is_gone_is_a_warning),
    };
    return RUN_TESTS(tests);
}
