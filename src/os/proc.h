/* ---- os/proc.h: child processes that never outlive us.
 *
 * A child runs in a process group of its own (a Ctrl-C at the terminal is ours to handle) and dies
 * with us, however we end (parent-death signal on Linux).  proc_stop() ends its whole group. */
#ifndef OS_PROC_H
#define OS_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum proc_io {
    PROC_NULL,    /* /dev/null */
    PROC_PIPE,    /* a pipe to us */
    PROC_INHERIT, /* ours */
    PROC_LOG      /* appended to spec.log_path */
};

struct proc_spec {
    const char *const
        *argv; /* NULL-terminated; argv[0] is looked up on PATH unless it has a slash */
    const char *const *env; /* "NAME=value" pairs added to ours, NULL-terminated; NULL: none */
    enum proc_io in, out, err;
    const char *log_path;
};

struct proc {
    int64_t pid; /* 0: none, or stopped */
    int in, out; /* our ends of the pipes, -1: none */
    bool ended;
    int status;         /* as proc_status() describes, once ended */
    struct strbuf line; /* bytes read; the first handed_out of them are the last line */
    size_t handed_out;
};

/* A child that cannot be executed is an error here, not a strange exit status later. */
bool proc_start(struct proc *p, const struct proc_spec *spec, struct err *err);

/* True when the child has ended (status filled); waits up to timeout_ms, 0: only looks. */
bool proc_wait(struct proc *p, unsigned timeout_ms);

/* Asks the group to end, waits, then kills it; closes the pipes.  Legal on a zeroed proc. */
void proc_stop(struct proc *p, unsigned grace_ms);

/* Next line of the child's stdout, without LF, valid until the next call. */
enum proc_read { PROC_LINE, PROC_EOF, PROC_TIMEOUT, PROC_TOO_LONG };
enum proc_read proc_read_line(struct proc *p, unsigned timeout_ms, size_t max, struct str *line);

/* Writes all bytes to the child's stdin; false when it no longer reads. */
bool proc_write(struct proc *p, const void *bytes, size_t n);

bool proc_signal(const struct proc *p, int signal_number);

/* "exited with status 3", "was killed by signal 9 (SIGKILL)"; returns buf. */
const char *proc_status(const struct proc *p, char *buf, size_t cap);
/* Exit status, or 128 + signal. */
int proc_exit_code(const struct proc *p);

/* Runs to the end and keeps up to cap bytes of stdout (stderr too when merged); a child that takes
 * longer is stopped and is an error. */
struct proc_output {
    struct str text;
    int exit_code;
    bool truncated;
};
bool proc_capture(struct arena *a, const struct proc_spec *spec, unsigned timeout_ms, size_t cap,
                  struct proc_output *out, struct err *err);

/* Full path of a program on PATH, or NULL. */
const char *proc_find(struct arena *a, const char *name, const char *path_variable);

/* A fact about a running process: resident bytes now and at peak (VmRSS, VmHWM); 0 when unknown. */
struct proc_memory {
    uint64_t resident, peak;
    uint64_t anonymous; /* RssAnon: without mapped files */
};
struct proc_memory proc_memory(int64_t pid);

#endif
