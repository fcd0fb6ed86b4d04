/* ---- work/preflight.h: does a stored plan still fit the memory that is free now? ---- */
#ifndef WORK_PREFLIGHT_H
#define WORK_PREFLIGHT_H

#include "work/session.h"

enum preflight_verdict {
    PREFLIGHT_AS_PLANNED,
    PREFLIGHT_STEP,    /* a step down the plan's ladder fits */
    PREFLIGHT_REFUSED, /* nothing of it does */
};

struct preflight {
    enum preflight_verdict verdict;
    uint32_t step;                      /* of the ladder, from 1 */
    struct settings settings;           /* what fits; of the plan where nothing does */
    struct words argv;                  /* the plan's command line with these settings */
    struct ledger memory;               /* of these settings, against what is free now */
    uint64_t lack;                      /* bytes that are missing in the tightest pool */
    const char *pool;                   /* its name */
    VEC(struct machine_holder) holders; /* who holds the RAM, the largest first */
};

/* path: a file of `tailor plan --json`.  False with an error where it is none, or its model cannot
 * be read. */
bool preflight_run(struct session *s, const char *path, struct preflight *out, struct err *err);

json_t *preflight_to_json(const struct preflight *p, const char *path);

#endif
