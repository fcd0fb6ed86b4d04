/* ---- plan/place.h: settings as a placement, and one evaluation of it. ---- */
#ifndef PLAN_PLACE_H
#define PLAN_PLACE_H

#include "plan/ledger.h"
#include "plan/speed.h"

/* One way to run the model: complete settings and what they come to. */
struct candidate {
    struct settings settings;
    struct placement placement;
    const struct weight_parts *parts; /* of the model, for the machine's cards; NULL: none */
    const int8_t *override;           /* -ot, for each tensor of the model; NULL: none */
    uint32_t gpu[PLACE_MAX_DEVICES];  /* machine's GPU behind each device of the placement */
    struct ledger ledger;
    struct speed speed;
    double turn_s; /* predicted seconds of the workload's turn; 0: unknown */
    uint64_t lack; /* bytes missing in the tightest pool; 0: it fits */
};

/* The placement that these settings ask for: devices by name among the machine's GPUs. */
void place_from_settings(const struct settings *s, const struct model *m,
                         const struct machine *machine, struct placement *p, uint32_t *gpu);

/* Placement, ledger and lack of c->settings and c->override; budgets must stand in c->ledger. */
void place_weigh(struct candidate *c, const struct model *m, const struct machine *machine);

/* Speed and a turn's time of what was weighed. */
void place_predict(struct candidate *c, const struct model *m, const struct machine *machine,
                   const struct workload *w);

/* Both. */
void place_evaluate(struct candidate *c, const struct model *m, const struct machine *machine,
                    const struct workload *w);

/* The model's parts, padded as the first usable card pads; cards of another kind are weighed tensor
 * by tensor. */
const struct weight_parts *place_parts(struct arena *a, const struct model *m,
                                       const struct machine *machine);

/* Can a plan use this GPU: listed by an engine, not software, memory known. */
bool place_gpu_usable(const struct machine_gpu *gpu);

#endif
