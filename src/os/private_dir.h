/* ---- os/private_dir.h: a folder that only we can look into, for the files of one run.
 *
 * Names in a shared folder such as /tmp can be guessed and taken by others, who may put a link
 * there; names in here cannot.  Its own name holds our PID: whoever makes one removes those of
 * programs that were killed. */
#ifndef OS_PRIVATE_DIR_H
#define OS_PRIVATE_DIR_H

#include "base/arena.h"
#include "base/err.h"

#define PRIVATE_DIR_PATTERN "tailor-PID-XXXXXX"

/* Its path, NULL on failure. */
const char *private_dir_make(struct arena *a, const char *base, struct err *err);

/* With the files in it; it has no folders. */
void private_dir_remove(const char *dir);

#endif
