#include "engine/log_tail.h"

#include "folder.h"

static const char *reason(struct folder *f, const char *log)
{
    return str_dup(&f->a, log_reason(str_from(log)));
}

static void the_cause_is_told_not_its_echo(void **state)
{
    static const char log[] = "0.00.005.177 I srv    load_model: loading model '/m.gguf'\n"
                              "0.00.101.000 E gguf_init_from_file: failed to read magic\n"
                              "0.00.102.000 E error loading model: bad magic\n"
                              "0.00.103.000 E srv    load_model: failed to load model, '/m.gguf'\n"
                              "0.00.104.000 I srv  operator(): cleaning up before exit...\n";
    assert_string_equal(reason(*state, log), "error loading model: bad magic");
}

static void a_lack_of_memory_beats_every_other_error(void **state)
{
    static const char log[] = "error loading model: unable to allocate CUDA0 buffer\n"
                              "ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: "
                              "out of memory\n"
                              "error: exiting\n";
    assert_non_null(strstr(reason(*state, log), "cudaMalloc failed: out of memory"));
}

static void among_equals_the_first_is_told(void **state)
{
    assert_string_equal(reason(*state, "a failed\nb failed\nc\n"), "a failed");
}

static void case_does_not_matter(void **state)
{
    assert_string_equal(reason(*state, "one\nERROR: two\nthree\n"), "ERROR: two");
}

static void without_an_error_the_last_line_is_told(void **state)
{
    assert_string_equal(reason(*state, "one\ntwo\n\n   \n"), "two");
    assert_string_equal(reason(*state, "no newline"), "no newline");
    assert_string_equal(reason(*state, "dos\r\n"), "dos");
}

static void an_empty_log_has_no_reason(void **state)
{
    (void)state;
    assert_int_equal(log_reason(str_from("")).n, 0);
    assert_int_equal(log_reason(str_from("\n \n")).n, 0);
}

static void only_time_and_level_are_cut_off(void **state)
{
    assert_string_equal(reason(*state, "0.12.345.678 E srv    load_model: x"),
                        "srv    load_model: x");
    assert_string_equal(reason(*state, "0.12.345.678"), "0.12.345.678");
    assert_string_equal(reason(*state, "12 apples"), "12 apples");
    assert_string_equal(reason(*state, "1.5 A x"), "1.5 A x");
}

/* ---- what became of a child ---- */

static const char *log_path(struct folder *f)
{
    return folder_path(f, "engine.log");
}

/* A child that runs this script and has ended. */
static struct proc ran(struct folder *f, const char *script)
{
    struct proc p = {0};
    const char *argv[] = {"sh", "-c", script, NULL};
    const struct proc_spec spec = {
        .argv = argv, .out = PROC_LOG, .err = PROC_LOG, .log_path = log_path(f)};
    CHECK_OK(proc_start(&p, &spec, &f->err), &f->err);
    assert_true(proc_wait(&p, 10000));
    return p;
}

static void died(struct folder *f, const char *script)
{
    struct proc p = ran(f, script);
    assert_false(engine_died(&f->a, "llama-server", &p, log_path(f), &f->err));
    assert_int_equal(f->err.code, ERR_ENGINE);
    proc_stop(&p, 0);
}

static void its_status_its_words_and_its_log_are_told(void **state)
{
    struct folder *f = *state;
    died(f, "echo error: invalid argument: --foo; exit 3");
    CHECK_ERR(&f->err,
              "llama-server exited with status 3, saying \"error: invalid argument: --foo\"");
    CHECK_ERR(&f->err, "its log is ");
    CHECK_ERR(&f->err, log_path(f));
}

static void a_kill_is_most_likely_a_lack_of_memory(void **state)
{
    struct folder *f = *state;
    died(f, "echo loading; kill -9 $$");
    CHECK_ERR(&f->err, "llama-server was killed by signal 9");
    CHECK_ERR(&f->err, "most likely the system ran out of memory");
    CHECK_ERR(&f->err, log_path(f));
    assert_string_equal(f->err.place, "");
}

static void a_crash_is_told_by_its_signal(void **state)
{
    struct folder *f = *state;
    died(f, "echo 'ggml.c:1: GGML_ASSERT(x > 0) failed'; kill -ABRT $$");
    CHECK_ERR(&f->err, "was killed by signal 6");
    CHECK_ERR(&f->err, "GGML_ASSERT(x > 0)");
}

static void an_endless_line_is_cut(void **state)
{
    struct folder *f = *state;
    died(f, "head -c 100000 /dev/zero | tr '\\0' x; exit 1");
    CHECK_ERR(&f->err, "exited with status 1, saying \"xxx");
    CHECK_ERR(&f->err, "its log is ");
}

static void a_log_that_is_gone_is_no_second_error(void **state)
{
    struct folder *f = *state;
    struct proc p = ran(f, "exit 7");
    assert_false(engine_died(&f->a, "tailor-worker", &p, "/nowhere/log", &f->err));
    CHECK_ERR(&f->err, "tailor-worker exited with status 7; its log is /nowhere/log");
    proc_stop(&p, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(the_cause_is_told_not_its_echo),
        FOLDER_TEST(a_lack_of_memory_beats_every_other_error),
        FOLDER_TEST(among_equals_the_first_is_told),
        FOLDER_TEST(case_does_not_matter),
        FOLDER_TEST(without_an_error_the_last_line_is_told),
        TEST(an_empty_log_has_no_reason),
        FOLDER_TEST(only_time_and_level_are_cut_off),
        FOLDER_TEST(its_status_its_words_and_its_log_are_told),
        FOLDER_TEST(a_kill_is_most_likely_a_lack_of_memory),
        FOLDER_TEST(a_crash_is_told_by_its_signal),
        FOLDER_TEST(an_endless_line_is_cut),
        FOLDER_TEST(a_log_that_is_gone_is_no_second_error),
    };
    return RUN_TESTS(tests);
}
