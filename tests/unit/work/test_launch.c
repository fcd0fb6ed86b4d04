#include "work/launch.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "engine/fake_server.h"
#include "os/term.h"

struct world {
    struct folder f;
    struct session session;
    struct engine engine;
    struct launch launch;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w || folder_make(&w->f) != 0)
        return -1;
    w->session = (struct session){
        .arena = &w->f.a,
        .dirs = {.runtime = folder_path(&w->f, "rt"), .state = folder_path(&w->f, "state")}};
    w->engine.options = " -m --model -c --ctx-size ";
    return mkdir(w->session.dirs.runtime, 0700);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    launch_stop(&w->launch);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

static const struct launch_spec on_socket = {.listen = LISTEN_SOCKET};
static const struct launch_spec on_port = {LISTEN_TCP, "127.0.0.1", 8080};

/* Prepares "llama-server -m x.gguf WORDS". */
static bool prepare(struct world *w, const struct launch_spec *spec, const char *words)
{
    struct words argv = {0};
    struct plan plan = {0};
    const char *line = arena_printf(&w->f.a, "llama-server -m x.gguf %s", words);
    w->f.err = (struct err){0};
    CHECK_OK(shell_split(&w->f.a, str_from(line), &argv, &w->f.err), &w->f.err);
    plan.argv = argv.v;
    plan.n_argv = argv.n;
    return launch_prepare(&w->session, &w->engine, &plan, spec, &w->launch, &w->f.err);
}

static const char *line(const struct world *w)
{
    struct arena *a = w->session.arena;
    return shell_join(a, w->launch.argv.v, w->launch.argv.n);
}

/* ---- where it listens ---- */

static void a_run_listens_on_a_private_socket(void **state)
{
    struct world *w = *state;
    CHECK_OK(prepare(w, &on_socket, "-c 512"), &w->f.err);
    assert_string_equal(line(w), arena_printf(&w->f.a,
                                              "llama-server -m x.gguf -c 512 --host "
                                              "%s/tailor-PID-XXXXXX/llama.sock",
                                              w->session.dirs.runtime));
}

static void a_private_socket_takes_no_address_of_the_users(void **state)
{
    static const char *const words[] = {"--host 0.0.0.0", "--port 80", "--api-key x",
                                        "--api-prefix /v1", "--ssl-key-file k"};
    struct world *w = *state;
    w->engine.options = " -m --host --port --api-key --api-prefix --ssl-key-file ";
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_false(prepare(w, &on_socket, words[i]));
        assert_int_equal(w->f.err.code, ERR_USAGE);
        CHECK_ERR(&w->f.err, "has no place on a private socket; tailor serve takes it");
        CHECK_ERR(&w->f.err, arena_strndup(&w->f.a, words[i], strcspn(words[i], " ")));
    }
}

static void a_runtime_folder_too_deep_for_a_socket_is_not_used(void **state)
{
    struct world *w = *state;
    w->session.dirs.runtime =
        "/a/very/deep/runtime/folder/that/leaves/too/little/room/for/a/socket";
    CHECK_OK(prepare(w, &on_socket, ""), &w->f.err);
    assert_string_equal(w->launch.server.unix_socket, "/tmp/tailor-PID-XXXXXX/llama.sock");
}

static void a_server_is_reached_where_it_listens(void **state)
{
    static const struct {
        const char *words, *added, *url;
    } cases[] = {
        {"", " --host 127.0.0.1 --port 8080", "http://127.0.0.1:8080"},
        {"--port 99", " --host 127.0.0.1", "http://127.0.0.1:99"},
        {"--host 0.0.0.0", " --port 8080", "http://127.0.0.1:8080"},
        {"--host ::", " --port 8080", "http://127.0.0.1:8080"},
        {"--host ::1 --port 7", "", "http://[::1]:7"},
        {"--host 10.0.0.1", " --port 8080", "http://10.0.0.1:8080"},
        {"--api-prefix /llm", " --host 127.0.0.1 --port 8080", "http://127.0.0.1:8080/llm"},
        {"--ssl-key-file k --ssl-cert-file c", " --host 127.0.0.1 --port 8080",
         "https://127.0.0.1:8080"},
        {"--host /run/llm.sock", " --port 8080", "http://localhost"},
    };
    struct world *w = *state;
    w->engine.options = " -m --host --port --api-key --api-prefix --ssl-key-file --ssl-cert-file ";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_OK(prepare(w, &on_port, cases[i].words), &w->f.err);
        assert_string_equal(w->launch.server.url, cases[i].url);
        assert_string_equal(line(w), arena_printf(&w->f.a, "llama-server -m x.gguf%s%s%s",
                                                  *cases[i].words ? " " : "", cases[i].words,
                                                  cases[i].added));
    }
    assert_string_equal(w->launch.server.unix_socket, "/run/llm.sock");
}

static void what_the_engine_does_not_take_is_noted(void **state)
{
    struct world *w = *state;
    CHECK_OK(prepare(w, &on_socket, "--cache-ram 5"), &w->f.err);
    assert_int_equal(w->launch.notes.n, 1);
    assert_null(strstr(line(w), "--cache-ram"));
}

/* ---- starting ---- */

/* A fake server in place of llama-server, with these files to answer from. */
static void prepare_fake(struct world *w)
{
    const char *argv[] = {fake_server_program(&w->f), FAKE_SERVER, w->f.dir};
    const struct plan plan = {.argv = argv, .n_argv = 3};
    CHECK_OK(launch_prepare(&w->session, &w->engine, &plan, &on_socket, &w->launch, &w->f.err),
             &w->f.err);
}

static void prepare_script(struct world *w, const char *script)
{
    const char *argv[] = {folder_script(&w->f, "llama-server", script)};
    const struct plan plan = {.argv = argv, .n_argv = 1};
    CHECK_OK(launch_prepare(&w->session, &w->engine, &plan, &on_socket, &w->launch, &w->f.err),
             &w->f.err);
}

static void fails_to_start(struct world *w, enum err_code code, const char *part)
{
    assert_false(launch_start(&w->session, &w->launch, &w->f.err));
    assert_int_equal(w->f.err.code, code);
    CHECK_ERR(&w->f.err, part);
    launch_stop(&w->launch);
    assert_int_equal(fs_list(fs_real(), &w->f.a, w->session.dirs.runtime).n, 0);
}

static void it_lives_in_a_folder_of_its_own_until_it_is_stopped(void **state)
{
    struct world *w = *state;
    struct stat st;
    folder_put(&w->f, "health", "200\n");
    prepare_fake(w);
    CHECK_OK(launch_start(&w->session, &w->launch, &w->f.err), &w->f.err);
    assert_int_equal(stat(w->launch.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(cstr_starts(w->launch.server.unix_socket, w->launch.dir));
    assert_true(w->launch.server.ready_s > 0);
    int64_t pid = w->launch.server.proc.pid;
    launch_stop(&w->launch);
    assert_int_not_equal(kill((pid_t)pid, 0), 0);
    assert_int_equal(fs_list(fs_real(), &w->f.a, w->session.dirs.runtime).n, 0);
    launch_stop(&w->launch); /* twice is fine */
}

static void one_that_dies_while_loading_points_to_a_log_that_stays(void **state)
{
    struct world *w = *state;
    prepare_script(w, "echo 'error: this model is odd' >&2; exit 1");
    fails_to_start(w, ERR_ENGINE, "exited with status 1, saying \"error: this model is odd\"");
    const char *log = strstr(w->f.err.hint, "/");
    assert_non_null(strstr(folder_text(&w->f, log), "this model is odd"));
}

static void an_interrupt_while_loading_leaves_nothing(void **state)
{
    struct world *w = *state;
    term_catch_signals();
    prepare_script(w, "exec sleep 1000");
    raise(SIGINT);
    fails_to_start(w, ERR_INTERRUPTED, "interrupted while the model was loading");
    term_clear_interrupts();
}

static void a_port_that_is_taken_is_found_before_the_model_is_loaded(void **state)
{
    struct world *w = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    const struct launch_spec spec = {LISTEN_TCP, "127.0.0.1", ntohs(at.sin_port)};
    CHECK_OK(prepare(w, &spec, ""), &w->f.err);
    fails_to_start(w, ERR_FAILED, "is taken by another program; choose another with --port");
    assert_int_equal(fs_stat(fs_real(), w->session.dirs.state).kind, FS_NONE);
    close(fd);
}

static void only_the_last_logs_are_kept(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 9; i++)
        folder_put(&w->f, arena_printf(&w->f.a, "state/logs/llama-server-10000000%02d-1.log", i),
                   "old");
    prepare_script(w, "exit 1");
    fails_to_start(w, ERR_ENGINE, "exited with status 1");
    struct fs_names logs = fs_list(fs_real(), &w->f.a, folder_path(&w->f, "state/logs"));
    assert_int_equal(logs.n, 5);
    assert_string_equal(logs.v[0], "llama-server-1000000005-1.log");
}

static void without_a_place_for_logs_it_still_starts(void **state)
{
    struct world *w = *state;
    folder_put(&w->f, "state", "a file");
    folder_put(&w->f, "health", "200\n");
    prepare_fake(w);
    CHECK_OK(launch_start(&w->session, &w->launch, &w->f.err), &w->f.err);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    fake_server_main(argc, argv);
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_run_listens_on_a_private_socket),
        WORLD_TEST(a_private_socket_takes_no_address_of_the_users),
        WORLD_TEST(a_runtime_folder_too_deep_for_a_socket_is_not_used),
        WORLD_TEST(a_server_is_reached_where_it_listens),
        WORLD_TEST(what_the_engine_does_not_take_is_noted),
        WORLD_TEST(it_lives_in_a_folder_of_its_own_until_it_is_stopped),
        WORLD_TEST(one_that_dies_while_loading_points_to_a_log_that_stays),
        WORLD_TEST(an_interrupt_while_loading_leaves_nothing),
        WORLD_TEST(a_port_that_is_taken_is_found_before_the_model_is_loaded),
        WORLD_TEST(only_the_last_logs_are_kept),
        WORLD_TEST(without_a_place_for_logs_it_still_starts),
    };
    return RUN_TESTS(tests);
}
