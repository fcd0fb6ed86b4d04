/* ---- os/dl.h: libraries that are used when they are there.
 *
 * A library reads like a declaration: a table of {symbol, slot, required}.  Its absence is a normal
 * answer with a reason. */
#ifndef OS_DL_H
#define OS_DL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct dl_symbol {
    const char *name;
    void *slot; /* address of a function pointer */
    bool required;
};

/* Opens the first of `names` (ends with NULL) that exists and fills every slot; a missing optional
 * symbol leaves its slot NULL.  The handle stays open for the life of the process. */
bool dl_open(const char *const *names, const struct dl_symbol *symbols, size_t n, struct err *err);

#endif
