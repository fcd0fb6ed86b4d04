/* ---- plan/explain.h: why each setting is what it is, and what else was possible. ---- */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "plan/search.h"

/* Fills reasons, alternatives, ladder and warnings of a plan whose settings, memory, speed and
 * baseline stand. */
void explain_plan(struct arena *a, struct plan *p, const struct search *s,
                  const struct candidate *chosen);

#endif
