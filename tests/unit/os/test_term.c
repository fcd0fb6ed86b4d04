#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "os/term.h"

/* ---- stdin from a pipe, for the time of a test ---- */

struct world {
    int stdin_saved, feed;
};

static int set_up(void **state)
{
    int ends[2];
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w || pipe(ends) != 0)
        return -1;
    w->stdin_saved = dup(STDIN_FILENO);
    w->feed = ends[1];
    return dup2(ends[0], STDIN_FILENO) < 0 || close(ends[0]) != 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    if (w->feed >= 0)
        close(w->feed);
    int status = dup2(w->stdin_saved, STDIN_FILENO) < 0;
    close(w->stdin_saved);
    free(w);
    return status;
}

static void feed(struct world *w, const char *text)
{
    assert_int_equal(write(w->feed, text, strlen(text)), strlen(text));
}

/* ---- tests ---- */

static void lines_are_read_up_to_the_end_of_input(void **state)
{
    struct world *w = *state;
    char line[8];
    feed(w, "one\n\nlonger than the buffer\nlast");
    close(w->feed);
    w->feed = -1;
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_LINE);
    assert_string_equal(line, "one");
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_LINE);
    assert_string_equal(line, "");
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_LINE);
    assert_string_equal(line, "longer ");
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_LINE);
    assert_string_equal(line, "last");
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_EOF);
    assert_string_equal(line, "");
}

static void ctrl_c_is_counted_and_breaks_a_waiting_read(void **state)
{
    (void)state;
    char line[8];
    term_catch_signals();
    assert_int_equal(term_interrupts(), 0);
    raise(SIGINT);
    raise(SIGINT);
    assert_int_equal(term_interrupts(), 2);
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_BREAK);
    term_clear_interrupts();
    assert_int_equal(term_interrupts(), 0);
    alarm(0);
    pid_t presses = fork();
    if (presses == 0) {
        usleep(50000);
        kill(getppid(), SIGINT);
        _exit(0);
    }
    assert_int_equal(term_read_line(line, sizeof(line)), TERM_BREAK); /* nothing is fed */
    assert_int_equal(waitpid(presses, NULL, 0), presses);
    term_clear_interrupts();
}

/* In a child: `ended` cannot be taken back. */
static void being_asked_to_end_is_remembered(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            char line[8];
            term_catch_signals();
            bool before = term_ended() == 0;
            raise(signals[i]);
            raise(SIGPIPE); /* and this is none of our business */
            _exit(before && term_ended() == signals[i] && term_interrupts() == 0 &&
                          term_read_line(line, sizeof(line)) == TERM_BREAK
                      ? 0
                      : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

static void a_terminal_says_how_wide_it_is(void **state)
{
    (void)state;
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0)
        skip();
    struct winsize size = {.ws_col = 123, .ws_row = 40};
    assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
    assert_true(term_is_tty(fd));
    assert_int_equal(term_columns(fd), 123);
    size.ws_col = 0;
    assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
    assert_int_equal(term_columns(fd), 80);
    close(fd);
    assert_false(term_is_tty(STDIN_FILENO)); /* the pipe */
    assert_int_equal(term_columns(STDIN_FILENO), 80);
}

/* `tailor synth ... 2>&-`: the file must not become descriptor 2 and take our messages. */
static void closed_standard_descriptors_are_filled(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        close(0);
        close(2);
        term_keep_standard_fds();
        int next = open("/dev/null", O_RDONLY);
        char c;
        _exit(next > 2 && read(0, &c, 1) == 0 && write(2, "x", 1) == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define STDIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STDIN_TEST(lines_are_read_up_to_the_end_of_input),
        STDIN_TEST(ctrl_c_is_counted_and_breaks_a_waiting_read),
        STDIN_TEST(being_asked_to_end_is_remembered),
        STDIN_TEST(a_terminal_says_how_wide_it_is),
        TEST(closed_standard_descriptors_are_filled),
    };
    return RUN_TESTS(tests);
}
