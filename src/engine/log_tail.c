/* The last words of an engine. */
#include "engine/log_tail.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "os/fs.h"

enum { LOG_MAX = 64 << 20, QUOTED = 300 };

static bool contains(struct str line, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= line.n; i++)
        if (strncasecmp(line.p + i, word, n) == 0)
            return true;
    return false;
}

/* "0.12.345.678 E srv    load_model: failed" -> "load_model: failed" */
static struct str without_stamp(struct str line)
{
    size_t i = 0;
    while (i < line.n && ((line.p[i] >= '0' && line.p[i] <= '9') || line.p[i] == '.'))
        i++;
    if (i >= 7 && i + 2 < line.n && line.p[i] == ' ' && line.p[i + 2] == ' ') {
        line.p += i + 3;
        line.n -= i + 3;
    }
    return str_trim(line);
}

/* Words that name a cause, most telling first; among equals the first in the log wins, since what
 * follows a failure is mostly its echo. */
static const char *const telling[] = {
    "out of memory",
    "failed to allocate",
    "unable to allocate",
    "GGML_ASSERT",
    "CUDA error",
    "error while handling argument",
    "unknown model architecture",
    "invalid argument",
    "error loading model",
    "couldn't bind",
    "error:",
    "failed",
    "error",
    "abort",
};

struct str log_reason(struct str log)
{
    struct str best = {"", 0}, last = {"", 0}, line;
    size_t best_rank = COUNT_OF(telling);
    while (str_line(&log, &line)) {
        line = without_stamp(line);
        if (line.n == 0)
            continue;
        last = line;
        for (size_t rank = 0; rank < best_rank; rank++)
            if (contains(line, telling[rank])) {
                best = line;
                best_rank = rank;
            }
    }
    return best.n ? best : last;
}

bool engine_died(struct arena *a, const char *what, const struct proc *p, const char *log_path,
                 struct err *err)
{
    char how[96];
    struct str log = {"", 0};
    struct err ignored = {0};
    bool killed = p->ended && proc_exit_code(p) == 128 + SIGKILL;
    fs_read(fs_real(), a, log_path, LOG_MAX, &log, &ignored);
    struct str reason = log_reason(log);
    err_set(err, ERR_ENGINE, "%s %s", what, proc_status(p, how, sizeof(how)));
    if (reason.n && !killed)
        err_place(err, "saying \"%.*s\"", (int)(reason.n < QUOTED ? reason.n : QUOTED), reason.p);
    if (killed)
        return err_hint(err,
                        "most likely the system ran out of memory: plan with a smaller --ctx "
                        "or --ram-limit; its log is %s",
                        log_path);
    return err_hint(err, "its log is %s", log_path);
}
