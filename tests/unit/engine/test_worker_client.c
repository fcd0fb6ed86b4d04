#include "engine/worker_client.h"

#include "folder.h"

struct world {
    struct folder f;
    struct worker worker;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    return w ? folder_make(&w->f) : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    worker_stop(&w->worker);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

/* A worker whose answers are this script's. */
static void start(struct world *w, const char *script)
{
    const struct engine e = {.worker = folder_script(&w->f, "tailor-worker", script),
                             .lib_dir = "/lib/of/engine"};
    CHECK_OK(worker_start(&w->worker, &e, folder_path(&w->f, "log"), NULL, &w->f.err), &w->f.err);
}

static json_t *ask(struct world *w, unsigned timeout_ms)
{
    return worker_ask(&w->f.a, &w->worker, worker_request("dry_run", "m.gguf", json_object()),
                      timeout_ms, &w->f.err);
}

static void asks_in_vain(struct world *w, unsigned timeout_ms)
{
    assert_null(ask(w, timeout_ms));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
}

static void a_request_is_a_line_and_so_is_its_answer(void **state)
{
    struct world *w = *state;
    start(w,
          "echo \"$1\" >&2; while read -r line; do echo \"{\\\"ok\\\":true,\\\"heard\\\":$line}\"; "
          "done");
    for (int i = 0; i < 3; i++) {
        json_t *answer = ask(w, 10000);
        assert_non_null(answer);
        json_t *heard = json_object_get(answer, "heard");
        assert_string_equal(json_string_value(json_object_get(heard, "op")), "dry_run");
        assert_string_equal(json_string_value(json_object_get(heard, "model")), "m.gguf");
        assert_true(json_is_object(json_object_get(heard, "settings")));
        json_decref(answer);
    }
    assert_string_equal(folder_text(&w->f, folder_path(&w->f, "log")), "/lib/of/engine\n");
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
    struct world *w = *state;
    start(
        w,
        "read -r line; echo '{\"ok\":false,\"error\":\"the engine cannot load \\\"x\\\"\"}'; cat");
    asks_in_vain(w, 10000);
    assert_string_equal(w->f.err.cause, "the engine cannot load \"x\"");
}

static void an_answer_without_sense_is_an_error(void **state)
{
    static const char *const answers[] = {"[]", "{}", "{\"ok\":3}", "{\"ok\":false}"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        start(w, arena_printf(&w->f.a, "read -r line; echo '%s'; cat", answers[i]));
        asks_in_vain(w, 10000);
        worker_stop(&w->worker);
    }
}

static void an_answer_that_is_no_json_is_an_error(void **state)
{
    struct world *w = *state;
    start(w, "read -r line; echo 'ggml: hello'; cat");
    assert_null(ask(w, 10000));
    assert_int_not_equal(w->f.err.code, ERR_NONE);
}

static void one_that_aborts_is_told_with_its_last_words(void **state)
{
    struct world *w = *state;
    start(w, "read -r line; echo 'ggml.c:7: GGML_ASSERT(a == b) failed' >&2; kill -ABRT $$");
    asks_in_vain(w, 10000);
    CHECK_ERR(&w->f.err, "tailor-worker was killed by signal 6");
    CHECK_ERR(&w->f.err, "GGML_ASSERT(a == b) failed");
    CHECK_ERR(&w->f.err, folder_path(&w->f, "log"));
}

static void one_that_is_gone_before_it_is_asked_is_told(void **state)
{
    struct world *w = *state;
    start(w, "echo 'error: wrong build' >&2; exit 3");
    proc_wait(&w->worker.proc, 10000);
    asks_in_vain(w, 10000);
    CHECK_ERR(&w->f.err, "tailor-worker exited with status 3, saying \"error: wrong build\"");
}

static void one_that_hangs_is_stopped_at_its_deadline(void **state)
{
    struct world *w = *state;
    start(w, "exec sleep 1000");
    asks_in_vain(w, 50);
    CHECK_ERR(&w->f.err, "did not answer within 50 ms");
    assert_true(proc_wait(&w->worker.proc, 0));
}

static void one_that_answers_without_end_is_given_up(void **state)
{
    struct world *w = *state;
    start(w, "read -r line; exec tr '\\0' x </dev/zero");
    asks_in_vain(w, 60000);
    CHECK_ERR(&w->f.err, "answers without end");
}

static void an_engine_without_a_worker_has_a_cure(void **state)
{
    struct world *w = *state;
    const struct engine e = {.server = "/usr/bin/llama-server"};
    assert_false(worker_start(&w->worker, &e, folder_path(&w->f, "log"), NULL, &w->f.err));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "no tailor-worker for \"/usr/bin/llama-server\"");
    CHECK_ERR(&w->f.err, "make build");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_request_is_a_line_and_so_is_its_answer),
        WORLD_TEST(what_it_refuses_is_told_in_its_words),
        WORLD_TEST(an_answer_without_sense_is_an_error),
        WORLD_TEST(an_answer_that_is_no_json_is_an_error),
        WORLD_TEST(one_that_aborts_is_told_with_its_last_words),
        WORLD_TEST(one_that_is_gone_before_it_is_asked_is_told),
        WORLD_TEST(one_that_hangs_is_stopped_at_its_deadline),
        WORLD_TEST(one_that_answers_without_end_is_given_up),
        WORLD_TEST(an_engine_without_a_worker_has_a_cure),
    };
    return RUN_TESTS(tests);
}
