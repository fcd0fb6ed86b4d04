/* ---- probe/probe.h: finds out what the machine is.
 *
 * Every source is one file behind one row of probe_table.c and reads through the `struct fs` given,
 * so a recorded tree replays a machine.  The first source that knows a fact wins; a correction
 * replaces it and leaves a note.  A missing fact is no failure: it stays unknown. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/err.h"
#include "machine/machine.h"
#include "os/fs.h"

struct probe_env {
    const struct fs *fs; /* fs_real(), or a recorded tree */
    bool live;           /* fs is the machine that we run on: system calls may be asked too */
    bool quick;          /* measure nothing */
    const char *const *model_dirs; /* folders whose volumes storage[] describes; need not exist */
    size_t n_model_dirs;
};

/* Fills *out, whose strings live in the arena or are constant.  Fails only where a recorded tree
 * is none: neither proc nor sys in it.  `quick`: a few milliseconds; else under 2 s more. */
bool probe_machine(struct arena *a, const struct probe_env *env, struct machine *out,
                   struct err *err);

/* Adds to the host pool who holds it: up to five names of processes, the largest first.  Takes some
 * milliseconds for each thousand processes. */
void probe_memory_holders(struct arena *a, const struct fs *fs, struct machine *m);

#endif
