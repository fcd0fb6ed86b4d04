/* ---- plan/need.h: the other way round: which machines run a model as one wishes. ----
 *
 * PURE.  Machines are described ones (machine/machine_described.h) of a short list of cards that
 * many people have, one to eight of them, with the least RAM that will do. */
#ifndef PLAN_NEED_H
#define PLAN_NEED_H

#include "plan/plan.h"

struct need_row {
    const char *machine; /* "2x RTX 3090, 32GB", "this machine and 64 GB of RAM" */
    uint64_t ram_bytes, vram_bytes;
    uint32_t ctx; /* tokens for each slot */
    struct speed speed;
    struct settings settings;
};

struct need {
    VEC(struct need_row) machines; /* the smallest of each kind; RAM alone first */
    VEC(struct need_row) upgrades; /* of the machine given: what is missing to satisfy the wish */
    bool enough;                   /* the machine given satisfies it as it is */
};

struct need_wish {
    const struct goal *goal; /* context, slots, workload, pinned settings */
    double gen_tok_s; /* at the middle of the prediction; 0: whatever it is, but whole models on
                       * their cards */
};

/* mine: the machine to upgrade, or NULL. */
void need_find(struct arena *a, const struct model *m, const struct need_wish *wish,
               const struct machine *mine, struct need *out);

json_t *need_to_json(const struct need *n, const struct model *m, const struct need_wish *wish);

#endif
