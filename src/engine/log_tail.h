/* ---- engine/log_tail.h: what an engine said last before it died. ---- */
#ifndef ENGINE_LOG_TAIL_H
#define ENGINE_LOG_TAIL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "os/proc.h"

/* The line of a log that says best why it ended: the last one that sounds like an error, else the
 * last one at all; without time stamp and level (pure).  n = 0 when the log is empty. */
struct str log_reason(struct str log);

/* Fills err (ERR_ENGINE) for a child that ended: how, its reason, where its log lies.  Returns
 * false. */
bool engine_died(struct arena *a, const char *what, const struct proc *p, const char *log_path,
                 struct err *err);

#endif
