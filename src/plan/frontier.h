/* ---- plan/frontier.h: contexts, speeds and qualities of which none is better in all.
 *
 * PURE.  Each model (the quants of one, usually) is planned for contexts that double and for KV
 * caches in F16 and Q8_0; what another plan beats in context, turn time and quality is left out. */
#ifndef PLAN_FRONTIER_H
#define PLAN_FRONTIER_H

#include "plan/plan.h"
#include "plan/quality.h"

struct frontier_row {
    const struct model *model;
    uint32_t ctx; /* tokens for each slot */
    const char *cache_type;
    struct speed speed;
    double turn_s;          /* of the workload; 0: unknown */
    struct quality quality; /* weights and cache together */
    uint64_t vram_bytes, ram_bytes;
    struct settings settings;
};

struct frontier {
    VEC(struct frontier_row) rows; /* by context, the longest first; then by speed */
};

void frontier_find(struct arena *a, const struct model *const *models, size_t n,
                   const struct machine *machine, const struct goal *goal, struct frontier *out);

json_t *frontier_to_json(const struct frontier *f);

#endif
