/* Children by fork and exec, in a group of their own, tied to our life. */
#define _GNU_SOURCE
#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "os/clock.h"
#include "os/fs.h"

extern char **environ; /* NOLINT: glibc declares it, POSIX does not */

struct pipes {
    int in[2], out[2], failed[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pair(int pair[2])
{
    close_fd(&pair[0]);
    close_fd(&pair[1]);
}

/* ---- the child's side: only async-signal-safe calls from here to exec ---- */

/* Makes the child's descriptor `target` what the specification says. */
static bool place(enum proc_io io, int pipe_end, const char *log_path, int target)
{
    int fd = target;
    if (io == PROC_NULL)
        fd = open("/dev/null", target == 0 ? O_RDONLY : O_WRONLY);
    else if (io == PROC_PIPE)
        fd = pipe_end;
    else if (io == PROC_LOG)
        fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return io == PROC_INHERIT || (fd >= 0 && dup2(fd, target) >= 0);
}

static void die_with_parent(pid_t parent)
{
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) /* it died before the line above */
        _exit(127);
}

static void child(const struct proc_spec *spec, const char *path, char **env, struct pipes *p,
                  pid_t parent)
{
    setpgid(0, 0);
    die_with_parent(parent);
    if (place(spec->in, p->in[0], spec->log_path, 0) &&
        place(spec->out, p->out[1], spec->log_path, 1) &&
        place(spec->err, p->out[1], spec->log_path, 2)) {
        struct sigaction normal = {.sa_handler = SIG_DFL};
        sigaction(SIGINT, &normal, NULL);
        sigaction(SIGTERM, &normal, NULL);
        sigaction(SIGHUP, &normal, NULL);
        sigaction(SIGPIPE, &normal, NULL);
        execve(path, (char *const *)(uintptr_t)spec->argv, env);
    }
    int why = errno;
    ssize_t ignored = write(p->failed[1], &why, sizeof(why));
    (void)ignored;
    _exit(127);
}

/* ---- our side ---- */

static bool same_variable(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");
    return strncmp(a, b, n + 1) == 0;
}

/* Our environment with the pairs of `extra` replaced or added. */
static char **merged_env(struct arena *a, const char *const *extra)
{
    size_t n = 0, more = 0;
    while (environ[n])
        n++;
    while (extra && extra[more])
        more++;
    char **env = arena_array(a, n + more + 1, sizeof(*env));
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        bool replaced = false;
        for (size_t k = 0; k < more && !replaced; k++)
            replaced = same_variable(extra[k], environ[i]);
        if (!replaced)
            env[at++] = environ[i];
    }
    for (size_t k = 0; k < more; k++)
        env[at++] = (char *)(uintptr_t)extra[k];
    return env;
}

const char *proc_find(struct arena *a, const char *name, const char *path_variable)
{
    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? name : NULL;
    struct str rest = str_from(path_variable ? path_variable : ""), dir;
    while (str_cut(&rest, ':', &dir)) {
        const char *full = arena_printf(a, "%.*s/%s", (int)dir.n, dir.p, name);
        if (dir.n && access(full, X_OK) == 0 && fs_stat(fs_real(), full).kind == FS_FILE)
            return full;
    }
    return NULL;
}

/* exec itself says what is wrong with a program that was named with its folder. */
static const char *program_path(struct arena *a, const char *name)
{
    return strchr(name, '/') ? name : proc_find(a, name, getenv("PATH"));
}

/* What exec said, when it failed: the pipe closes by itself when it succeeds. */
static int exec_result(int fd)
{
    int why = 0;
    ssize_t got;
    do
        got = read(fd, &why, sizeof(why));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(why) ? why : 0;
}

static bool open_pipes(struct pipes *p, const struct proc_spec *spec)
{
    return (spec->in != PROC_PIPE || pipe2(p->in, O_CLOEXEC) == 0) &&
           (spec->out != PROC_PIPE || pipe2(p->out, O_CLOEXEC) == 0) &&
           pipe2(p->failed, O_CLOEXEC) == 0;
}

static bool start_failed(struct pipes *p, const char *program, int why, struct err *err)
{
    close_pair(p->in);
    close_pair(p->out);
    close_pair(p->failed);
    return err_set(err, ERR_FAILED, "cannot start \"%s\": %s", program, strerror(why));
}

bool proc_start(struct proc *p, const struct proc_spec *spec, struct err *err)
{
    struct arena scratch = {0};
    struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
    const char *path = program_path(&scratch, spec->argv[0]);
    pid_t pid = -1;
    int why = 0;
    if (path && open_pipes(&pipes, spec)) {
        char **env = merged_env(&scratch, spec->env);
        pid_t parent = getpid();
        pid = fork();
        if (pid == 0)
            child(spec, path, env, &pipes, parent);
    }
    if (pid < 0)
        why = path ? errno : ENOENT;
    arena_release(&scratch);
    close_fd(&pipes.failed[1]);
    if (pid > 0)
        why = exec_result(pipes.failed[0]);
    if (pid > 0 && why)
        waitpid(pid, NULL, 0);
    if (why)
        return start_failed(&pipes, spec->argv[0], why, err);
    setpgid(pid, pid); /* both sides do it: whoever comes first */
    close_fd(&pipes.failed[0]);
    close_fd(&pipes.in[0]);
    close_fd(&pipes.out[1]);
    *p = (struct proc){.pid = pid, .in = pipes.in[1], .out = pipes.out[0]};
    return true;
}

bool proc_wait(struct proc *p, unsigned timeout_ms)
{
    uint64_t deadline = clock_ns() + (uint64_t)timeout_ms * 1000000u;
    while (!p->ended && p->pid > 0) {
        int status;
        pid_t got = waitpid((pid_t)p->pid, &status, WNOHANG);
        if (got == p->pid) {
            p->ended = true;
            p->status = status;
        } else if (got < 0 && errno != EINTR) {
            p->ended = true; /* somebody else reaped it: its status is lost */
            p->status = 0;
        } else if (clock_ns() >= deadline) {
            return false;
        } else {
            clock_sleep_ms(timeout_ms > 100 ? 5 : 1);
        }
    }
    return p->ended;
}

bool proc_signal(const struct proc *p, int signal_number)
{
    return p->pid > 0 && !p->ended && kill(-(pid_t)p->pid, signal_number) == 0;
}

void proc_stop(struct proc *p, unsigned grace_ms)
{
    if (p->pid > 0) {
        if (!proc_wait(p, 0) && proc_signal(p, SIGTERM) && !proc_wait(p, grace_ms))
            proc_signal(p, SIGKILL);
        proc_wait(p, 5000);
        kill(-(pid_t)p->pid, SIGKILL); /* children of the child, if any stayed */
        close_fd(&p->in);
        close_fd(&p->out);
        p->pid = 0; /* from here on the number may be another process's */
    }
    strbuf_release(&p->line);
}

/* ---- pipes ---- */

static bool cut_line(struct proc *p, size_t *taken, struct str *line)
{
    char *end = p->line.p ? memchr(p->line.p, '\n', p->line.len) : NULL;
    if (!end)
        return false;
    *line = (struct str){p->line.p, (size_t)(end - p->line.p)};
    *taken = line->n + 1;
    return true;
}

/* The line handed out last stays in front of the buffer until the next call drops it. */
static void drop_front(struct strbuf *b, size_t n)
{
    memmove(b->p, b->p + n, b->len - n);
    b->len -= n;
    b->p[b->len] = '\0';
}

enum proc_read proc_read_line(struct proc *p, unsigned timeout_ms, size_t max, struct str *line)
{
    uint64_t deadline = clock_ns() + (uint64_t)timeout_ms * 1000000u;
    if (p->handed_out)
        drop_front(&p->line, p->handed_out);
    p->handed_out = 0;
    for (;;) {
        if (cut_line(p, &p->handed_out, line))
            return PROC_LINE;
        if (p->line.len > max)
            return PROC_TOO_LONG;
        uint64_t now = clock_ns();
        if (now >= deadline)
            return PROC_TIMEOUT;
        struct pollfd waiting = {.fd = p->out, .events = POLLIN};
        int ready = poll(&waiting, 1, (int)((deadline - now) / 1000000u) + 1);
        if (ready < 0 && errno != EINTR)
            return PROC_EOF;
        if (ready <= 0)
            continue;
        char chunk[1 << 14];
        ssize_t got = read(p->out, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return PROC_EOF;
        strbuf_add(&p->line, chunk, (size_t)got);
    }
}

/* A SIGPIPE of this write must not end us; one that somebody else sent stays as it is. */
static ssize_t write_quietly(int fd, const void *bytes, size_t n)
{
    sigset_t broken_pipe, old, pending;
    int number;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &broken_pipe, &old);
    ssize_t put = write(fd, bytes, n);
    int why = errno;
    if (put < 0 && why == EPIPE && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE))
        sigwait(&broken_pipe, &number);
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = why;
    return put;
}

bool proc_write(struct proc *p, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n) {
        ssize_t put = write_quietly(p->in, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        n -= (size_t)put;
    }
    return true;
}

/* ---- what became of it ---- */

int proc_exit_code(const struct proc *p)
{
    if (WIFEXITED(p->status))
        return WEXITSTATUS(p->status);
    return WIFSIGNALED(p->status) ? 128 + WTERMSIG(p->status) : -1;
}

const char *proc_status(const struct proc *p, char *buf, size_t cap)
{
    if (!p->ended)
        snprintf(buf, cap, "is running");
    else if (WIFSIGNALED(p->status))
        snprintf(buf, cap, "was killed by signal %d (%s)", WTERMSIG(p->status),
                 strsignal(WTERMSIG(p->status)));
    else
        snprintf(buf, cap, "exited with status %d", WEXITSTATUS(p->status));
    return buf;
}

bool proc_capture(struct arena *a, const struct proc_spec *spec, unsigned timeout_ms, size_t cap,
                  struct proc_output *out, struct err *err)
{
    struct proc p = {0};
    struct proc_spec piped = *spec;
    piped.out = PROC_PIPE;
    if (!proc_start(&p, &piped, err))
        return false;
    uint64_t deadline = clock_ns() + (uint64_t)timeout_ms * 1000000u;
    struct strbuf text = {0};
    bool timed_out = false, truncated = false;
    for (;;) {
        uint64_t now = clock_ns();
        struct pollfd waiting = {.fd = p.out, .events = POLLIN};
        timed_out = now >= deadline;
        if (timed_out)
            break;
        if (poll(&waiting, 1, (int)((deadline - now) / 1000000u) + 1) <= 0)
            continue;
        char chunk[1 << 14];
        ssize_t got = read(p.out, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size_t room = cap - text.len;
        truncated = truncated || (size_t)got > room;
        strbuf_add(&text, chunk, (size_t)got < room ? (size_t)got : room);
    }
    uint64_t now = clock_ns();
    if (!timed_out)
        timed_out =
            !proc_wait(&p, now < deadline ? (unsigned)((deadline - now) / 1000000u) + 1 : 1);
    proc_stop(&p, 100);
    if (timed_out) {
        strbuf_release(&text);
        return err_set(err, ERR_FAILED, "\"%s\" did not end within %u ms", spec->argv[0],
                       timeout_ms);
    }
    size_t n = text.len;
    *out = (struct proc_output){{strbuf_take(&text, a), n}, proc_exit_code(&p), truncated};
    out->text.n = strlen(out->text.p) < n ? strlen(out->text.p) : n;
    return true;
}

struct proc_memory proc_memory(int64_t pid)
{
    struct proc_memory m = {0};
    struct arena scratch = {0};
    struct err ignored = {0};
    struct str text, line;
    const char *path = arena_printf(&scratch, "/proc/%lld/status", (long long)pid);
    if (fs_read(fs_real(), &scratch, path, 1 << 16, &text, &ignored)) {
        while (str_line(&text, &line)) {
            static const struct {
                const char *key;
                size_t offset;
            } fields[] = {{"VmRSS:", offsetof(struct proc_memory, resident)},
                          {"VmHWM:", offsetof(struct proc_memory, peak)},
                          {"RssAnon:", offsetof(struct proc_memory, anonymous)}};
            for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
                if (str_starts(line, fields[i].key)) {
                    uint64_t kib = strtoull(line.p + strlen(fields[i].key), NULL, 10);
                    memcpy((char *)&m + fields[i].offset, &(uint64_t){kib * 1024}, sizeof(kib));
                }
        }
    }
    arena_release(&scratch);
    return m;
}
