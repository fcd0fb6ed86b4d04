/* ---- plan/together.h: several models at once on one machine.
 *
 * PURE.  First every model gets its smallest plan, one after the other in the order given; then
 * each, in that order, grows into what the ones before it took and the ones behind it need leave
 * free. */
#ifndef PLAN_TOGETHER_H
#define PLAN_TOGETHER_H

#include "plan/plan.h"

/* Fills plans[n]; ERR_NO_FIT names the first model that finds no room beside the others. */
bool together_make(struct arena *a, const struct model *const *models, size_t n,
                   const struct machine *machine, const struct goal *goal, struct plan *plans,
                   struct err *err);

/* What all of them take of each pool:
 * {"devices":[{"name","budget_bytes","total_bytes"}],"host":{...}} */
json_t *together_to_json(const struct plan *plans, size_t n, const struct machine *machine,
                         const struct goal *goal);

#endif
