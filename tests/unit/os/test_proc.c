#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "os/clock.h"

static struct proc_spec shell(const char *const argv[4])
{
    return (struct proc_spec){.argv = argv, .in = PROC_PIPE, .out = PROC_PIPE, .err = PROC_NULL};
}

static void lines_come_with_a_deadline(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "read x; echo got $x; echo two; sleep 5", NULL};
    struct proc_spec spec = shell(argv);
    struct proc p = {0};
    struct err err = {0};
    struct str line;
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    assert_int_equal(proc_read_line(&p, 20, 100, &line), PROC_TIMEOUT);
    assert_true(proc_write(&p, "hi\n", 3));
    assert_int_equal(proc_read_line(&p, 5000, 100, &line), PROC_LINE);
    assert_true(str_eq(line, "got hi"));
    assert_int_equal(proc_read_line(&p, 5000, 100, &line), PROC_LINE);
    assert_true(str_eq(line, "two"));
    proc_stop(&p, 1000);
    assert_true(p.ended);
    assert_int_equal(proc_exit_code(&p), 128 + SIGTERM);
}

static void a_flood_without_newline_is_refused(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "yes | tr -d '\\n'", NULL};
    struct proc_spec spec = shell(argv);
    struct proc p = {0};
    struct err err = {0};
    struct str line;
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    assert_int_equal(proc_read_line(&p, 5000, 1000, &line), PROC_TOO_LONG);
    proc_stop(&p, 1000);
}

static void a_missing_program_is_an_error_at_once(void **state)
{
    (void)state;
    const char *argv[] = {"no-such-program-here", NULL};
    struct proc_spec spec = {.argv = argv};
    struct proc p = {0};
    struct err err = {0};
    assert_false(proc_start(&p, &spec, &err));
    CHECK_ERR(&err, "cannot start \"no-such-program-here\": No such file");
    const char *argv2[] = {"/etc/passwd", NULL};
    spec.argv = argv2;
    assert_false(proc_start(&p, &spec, &err));
}

static void capturing_keeps_the_status_and_bounds_the_text(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct proc_output out;
    const char *argv[] = {"sh", "-c", "echo $TAILOR_TEST; echo more >&2; exit 3", NULL};
    const char *env[] = {"TAILOR_TEST=yes", NULL};
    struct proc_spec spec = {.argv = argv, .env = env, .err = PROC_PIPE};
    CHECK_OK(proc_capture(&a, &spec, 5000, 1000, &out, &err), &err);
    assert_true(str_eq(out.text, "yes\nmore\n"));
    assert_int_equal(out.exit_code, 3);
    CHECK_OK(proc_capture(&a, &spec, 5000, 5, &out, &err), &err);
    assert_true(out.truncated && str_eq(out.text, "yes\nm"));

    const char *slow[] = {"sleep", "10", NULL};
    spec = (struct proc_spec){.argv = slow};
    uint64_t start = clock_ns();
    assert_false(proc_capture(&a, &spec, 50, 1000, &out, &err));
    assert_true(clock_ns() - start < 3000000000u);
    CHECK_ERR(&err, "did not end within 50 ms");
    arena_release(&a);
}

static void stopping_ends_the_whole_group(void **state)
{
    (void)state;
    /* the shell ignores SIGTERM and has a child: both must go */
    const char *argv[] = {"sh", "-c", "trap '' TERM; sleep 100 & echo $!; wait; sleep 100", NULL};
    struct proc_spec spec = shell(argv);
    struct proc p = {0};
    struct err err = {0};
    struct str line;
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    assert_int_equal(proc_read_line(&p, 5000, 100, &line), PROC_LINE);
    pid_t grandchild = (pid_t)atol(line.p);
    proc_stop(&p, 50);
    assert_int_equal(proc_exit_code(&p), 128 + SIGKILL);
    for (int i = 0; i < 200 && kill(grandchild, 0) == 0; i++)
        clock_sleep_ms(10);
    assert_int_not_equal(kill(grandchild, 0), 0);
}

/* Gone, or a zombie that nobody reaped yet. */
static bool runs(pid_t pid)
{
    struct arena a = {0};
    const char *word = fs_read_word(fs_real(), &a, arena_printf(&a, "/proc/%ld/stat", (long)pid));
    const char *state = word ? strrchr(word, ')') : NULL;
    bool alive = state && state[2] != 'Z' && state[2] != 'X';
    arena_release(&a);
    return alive;
}

static bool ends_soon(pid_t pid)
{
    for (int i = 0; i < 500 && runs(pid); i++)
        clock_sleep_ms(10);
    return !runs(pid);
}

static void a_child_has_a_group_of_its_own_and_fresh_signals(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "grep -E 'SigIgn|SigCgt' /proc/self/status; read x", NULL};
    struct proc_spec spec = shell(argv);
    struct proc p = {0};
    struct err err = {0};
    struct str line;
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(getpgid((pid_t)p.pid), p.pid);
    assert_int_equal(proc_read_line(&p, 5000, 100, &line), PROC_LINE);
    unsigned long long ignored = strtoull(line.p + strlen("SigIgn:"), NULL, 16);
    assert_int_equal(ignored & (1u << (SIGINT - 1) | 1u << (SIGPIPE - 1)), 0);
    proc_stop(&p, 1000);
}

/* We are killed without warning: the child must not stay. */
static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int told[2];
    pid_t grandchild = 0;
    assert_int_equal(pipe(told), 0);
    pid_t parent = fork();
    if (parent == 0) {
        const char *argv[] = {"sleep", "100", NULL};
        const struct proc_spec spec = {.argv = argv};
        struct proc p = {0};
        struct err err = {0};
        if (proc_start(&p, &spec, &err))
            grandchild = (pid_t)p.pid;
        if (write(told[1], &grandchild, sizeof(grandchild)) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(told[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    close(told[0]);
    close(told[1]);
    assert_true(grandchild > 0 && runs(grandchild));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    assert_true(ends_soon(grandchild));
}

static void writing_to_a_dead_child_fails_and_does_not_kill_us(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "exit 3", NULL};
    struct proc_spec spec = shell(argv);
    struct proc p = {0};
    struct err err = {0};
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    assert_true(proc_wait(&p, 5000));
    assert_false(proc_write(&p, "x\n", 2));
    assert_false(proc_write(&p, "x\n", 2));
    assert_int_equal(proc_exit_code(&p), 3);
    /* a SIGPIPE of somebody else still arrives */
    struct sigaction now;
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    assert_int_equal(sigismember(&blocked, SIGPIPE), 0);
    proc_stop(&p, 100);
}

static void stopping_twice_and_asking_later_is_fine(void **state)
{
    (void)state;
    const char *argv[] = {"sleep", "100", NULL};
    const struct proc_spec spec = {.argv = argv};
    struct proc p = {0}, none = {0};
    struct err err = {0};
    char text[96];
    proc_stop(&none, 100);
    CHECK_OK(proc_start(&p, &spec, &err), &err);
    assert_string_equal(proc_status(&p, text, sizeof(text)), "is running");
    assert_false(proc_wait(&p, 0));
    proc_stop(&p, 2000);
    proc_stop(&p, 2000);
    assert_int_equal(p.pid, 0); /* the id may be somebody else's by now */
    assert_true(proc_wait(&p, 0));
    assert_false(proc_signal(&p, SIGTERM));
    assert_string_equal(proc_status(&p, text, sizeof(text)),
                        "was killed by signal 15 (Terminated)");
}

static void what_cannot_be_set_up_is_an_error(void **state)
{
    struct folder *f = *state;
    const char *argv[] = {"true", NULL};
    struct proc p = {0};
    struct proc_spec spec = {.argv = argv, .err = PROC_LOG};
    spec.log_path = folder_path(f, "no/such/folder/log");
    assert_false(proc_start(&p, &spec, &f->err));
    CHECK_ERR(&f->err, "cannot start \"true\": No such file");
    spec = (struct proc_spec){.argv = argv};
    argv[0] = folder_put(f, "text", "no program");
    assert_false(proc_start(&p, &spec, &f->err));
    CHECK_ERR(&f->err, "Permission denied");
    argv[0] = f->dir;
    assert_false(proc_start(&p, &spec, &f->err));
    CHECK_ERR(&f->err, "Permission denied");
    argv[0] = folder_path(f, "missing");
    assert_false(proc_start(&p, &spec, &f->err));
    CHECK_ERR(&f->err, "No such file");
    assert_int_equal(p.pid, 0);
}

static void a_log_takes_stdout_and_stderr_in_order(void **state)
{
    struct folder *f = *state;
    const char *argv[] = {"sh", "-c", "echo one; echo two >&2; echo three", NULL};
    const struct proc_spec spec = {
        .argv = argv, .out = PROC_LOG, .err = PROC_LOG, .log_path = folder_path(f, "log")};
    struct proc p = {0};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(proc_start(&p, &spec, &f->err), &f->err);
        assert_true(proc_wait(&p, 5000));
        proc_stop(&p, 0);
    }
    assert_string_equal(folder_text(f, spec.log_path), "one\ntwo\nthree\none\ntwo\nthree\n");
}

static void programs_are_found_on_the_path_given(void **state)
{
    struct folder *f = *state;
    const char *program = folder_script(f, "bin/tool", "exit 0");
    folder_put(f, "data/tool", "not executable");
    fs_make_dirs(folder_path(f, "odd/tool"), &f->err);
    const char *path =
        arena_printf(&f->a, ":%s/none:%s/data:%s/odd:%s/bin", f->dir, f->dir, f->dir, f->dir);
    assert_string_equal(proc_find(&f->a, "tool", path), program);
    assert_null(proc_find(&f->a, "other", path));
    assert_null(proc_find(&f->a, "tool", NULL));
    assert_string_equal(proc_find(&f->a, program, NULL), program);
}

static void memory_of_a_process_is_read(void **state)
{
    (void)state;
    struct proc_memory m = proc_memory(getpid());
    assert_true(m.resident > 100000 && m.peak >= m.resident);
    assert_true(proc_memory(0x7ffffff0).resident == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_come_with_a_deadline),
        TEST(a_flood_without_newline_is_refused),
        TEST(a_missing_program_is_an_error_at_once),
        TEST(capturing_keeps_the_status_and_bounds_the_text),
        TEST(stopping_ends_the_whole_group),
        TEST(a_child_has_a_group_of_its_own_and_fresh_signals),
        TEST(a_child_dies_with_its_parent),
        TEST(writing_to_a_dead_child_fails_and_does_not_kill_us),
        TEST(stopping_twice_and_asking_later_is_fine),
        FOLDER_TEST(what_cannot_be_set_up_is_an_error),
        FOLDER_TEST(a_log_takes_stdout_and_stderr_in_order),
        FOLDER_TEST(programs_are_found_on_the_path_given),
        TEST(memory_of_a_process_is_read),
    };
    return RUN_TESTS(tests);
}
