#include "engine/server.h"

#include "engine/fake_server.h"

struct world {
    struct folder f;
    struct server server;
    unsigned asked; /* whether to wait on */
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
    server_stop(&w->server);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

/* Starts a script as if it were llama-server. */
static void start_script(struct world *w, const char *script)
{
    const char *argv[] = {folder_script(&w->f, "llama-server", script), "-c", "1", NULL};
    const struct server_spec spec = {.argv = argv,
                                     .unix_socket = folder_path(&w->f, "socket"),
                                     .url = "http://localhost",
                                     .log_path = folder_path(&w->f, "log")};
    CHECK_OK(server_start(&w->server, &spec, &w->f.err), &w->f.err);
}

static bool ready(struct world *w, unsigned timeout_s, bool (*go_on)(void *user), void *user)
{
    return server_wait_ready(&w->f.a, &w->server, timeout_s, go_on, user, &w->f.err);
}

static void it_is_ready_when_health_answers_200(void **state)
{
    struct world *w = *state;
    fake_server_start(&w->f, &w->server);
    assert_true(w->server.ready_s >= w->server.started_s);
    assert_true(server_alive(&w->f.a, &w->server, &w->f.err));
}

/* A model that is loading answers 503. */
static bool then_loaded(void *user)
{
    struct world *w = user;
    folder_put(&w->f, "health", "200\n");
    w->asked++;
    return true;
}

static void another_status_is_not_ready_yet(void **state)
{
    struct world *w = *state;
    fake_server_start(&w->f, &w->server);
    w->server.ready_s = 0;
    folder_put(&w->f, "health", "503\nloading");
    assert_true(ready(w, 20, then_loaded, w));
    assert_int_equal(w->asked, 1);
    assert_true(w->server.ready_s > 0);
}

static void one_that_ends_while_it_loads_says_why(void **state)
{
    struct world *w = *state;
    start_script(w, "echo 'error loading model: not enough layers'; exit 1");
    assert_false(ready(w, 20, NULL, NULL));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "llama-server exited with status 1, saying \"error loading model: not");
    CHECK_ERR(&w->f.err, folder_path(&w->f, "log"));
}

static bool never(void *user)
{
    (void)user;
    return false;
}

static void an_interrupt_ends_the_wait_and_the_child_can_be_stopped(void **state)
{
    struct world *w = *state;
    start_script(w, "exec sleep 1000");
    assert_false(ready(w, 20, never, NULL));
    assert_int_equal(w->f.err.code, ERR_INTERRUPTED);
    int64_t pid = w->server.proc.pid;
    server_stop(&w->server);
    assert_int_not_equal(kill((pid_t)-pid, 0), 0);
}

static void one_that_never_answers_is_given_up(void **state)
{
    struct world *w = *state;
    start_script(w, "exec sleep 1000");
    assert_false(ready(w, 0, NULL, NULL));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "llama-server was not ready after 0 s");
}

static void one_that_cannot_be_executed_is_an_error_of_the_engine(void **state)
{
    struct world *w = *state;
    const char *argv[] = {"/nowhere/llama-server", NULL};
    const struct server_spec spec = {.argv = argv, .log_path = folder_path(&w->f, "log")};
    assert_false(server_start(&w->server, &spec, &w->f.err));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "cannot start \"/nowhere/llama-server\": No such file");
    server_stop(&w->server);
}

static void its_death_is_noticed_once_it_runs(void **state)
{
    struct world *w = *state;
    fake_server_start(&w->f, &w->server);
    kill((pid_t)w->server.proc.pid, SIGKILL);
    assert_true(proc_wait(&w->server.proc, 10000));
    assert_false(server_alive(&w->f.a, &w->server, &w->f.err));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "killed by signal 9");
}

static void one_that_does_not_hear_is_killed_with_its_children(void **state)
{
    struct world *w = *state;
    start_script(w, "trap '' TERM; sleep 1000 & sleep 1000; sleep 1000");
    pid_t group = (pid_t)w->server.proc.pid;
    server_stop(&w->server);
    for (int i = 0; i < 200 && kill(-group, 0) == 0; i++)
        clock_sleep_ms(10); /* the kernel's to reap */
    assert_int_not_equal(kill(-group, 0), 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    fake_server_main(argc, argv);
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(it_is_ready_when_health_answers_200),
        WORLD_TEST(another_status_is_not_ready_yet),
        WORLD_TEST(one_that_ends_while_it_loads_says_why),
        WORLD_TEST(an_interrupt_ends_the_wait_and_the_child_can_be_stopped),
        WORLD_TEST(one_that_never_answers_is_given_up),
        WORLD_TEST(one_that_cannot_be_executed_is_an_error_of_the_engine),
        WORLD_TEST(its_death_is_noticed_once_it_runs),
        WORLD_TEST(one_that_does_not_hear_is_killed_with_its_children),
    };
    return RUN_TESTS(tests);
}
