/* ---- plan/repair.h: the smallest changes that make a command line fit.
 *
 * PURE.  Each change is tried alone, everything else as it stands: a shorter context, a smaller KV
 * cache, smaller ubatches, fewer slots, experts or layers in RAM; of each the least that fits. */
#ifndef PLAN_REPAIR_H
#define PLAN_REPAIR_H

#include "plan/effect.h"

struct repair {
    const char *change;   /* "-c 24576", as one would write it */
    struct effect effect; /* against the line as it stands */
    struct settings settings;
};

struct repairs {
    uint64_t lack;    /* bytes that are missing now; 0: it fits */
    const char *pool; /* where */
    VEC(struct repair) list;
};

void repair_find(struct arena *a, const struct model *m, const struct machine *machine,
                 const struct workload *w, const struct settings *given, struct repairs *out);

json_t *repairs_to_json(const struct repairs *r); /* null where it fits */

#endif
