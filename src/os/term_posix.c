/* POSIX terminals and signals.  The counters are the one piece of state a signal handler needs. */
#include "os/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts, ended;

void term_keep_standard_fds(void)
{
    int fd = STDIN_FILENO;
    while (fd >= 0 && fd <= STDERR_FILENO)
        if (fcntl(fd, F_GETFD) < 0)
            fd = open("/dev/null", O_RDWR); /* takes the lowest free number: this one */
        else
            fd++;
}

bool term_is_tty(int fd)
{
    return isatty(fd) == 1;
}

unsigned term_columns(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupts++;
}

static void on_end(int signal_number)
{
    ended = signal_number;
}

void term_catch_signals(void)
{
    /* no SA_RESTART: a blocked read comes back so that the caller sees the flag */
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = on_end;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

unsigned term_interrupts(void)
{
    return (unsigned)interrupts;
}

void term_clear_interrupts(void)
{
    interrupts = 0;
}

int term_ended(void)
{
    return ended;
}

/* Byte by byte from the descriptor: no buffer of ours hides a line from poll or a child. */
enum term_read term_read_line(char *buf, size_t cap)
{
    size_t n = 0;
    for (;;) {
        if (ended || interrupts)
            return TERM_BREAK;
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            buf[n] = '\0';
            return n ? TERM_LINE : TERM_EOF;
        }
        if (c == '\n')
            break;
        if (n + 1 < cap)
            buf[n++] = c;
    }
    buf[n] = '\0';
    return TERM_LINE;
}
