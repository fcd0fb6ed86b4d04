/* ---- os/dirs.h: where user files live (XDG base directories).
 *
 * The environment is read once, in cli/, into a struct; nothing below asks getenv. */
#ifndef OS_DIRS_H
#define OS_DIRS_H

#include <stdbool.h>

#include "base/arena.h"

/* Returns NULL for an unset or empty variable. */
typedef const char *env_reader(const char *name);

struct dirs {
    const char *home;   /* HOME, or "/" */
    const char *config; /* .../tailor, may not exist yet */
    const char *cache;  /* .../tailor */
    const char *state;  /* .../tailor: logs, wisdom */
    const char
        *runtime; /* the first of XDG_RUNTIME_DIR, TMPDIR, /tmp that we may write to: sockets */
    const char *exe_dir; /* folder of the running program, or NULL */
};

void dirs_init(struct dirs *d, struct arena *a, env_reader *env);

/* The real environment with empty values as NULL. */
const char *dirs_env(const char *name);

#endif
