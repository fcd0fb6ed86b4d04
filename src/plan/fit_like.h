/* ---- plan/fit_like.h: what llama-server would do by itself on this machine.
 *
 * A pure model of its defaults and of --fit (common/fit.cpp: common_params_fit_impl, v0.5.0) over
 * our closed forms: context first, down to 4096; then layers from the back to the front, with the
 * experts of MoE models in host memory; then experts back to the cards from the front, at last a
 * part of one more layer for each card.  Where --fit searches by false position, this bisects: the
 * same answer wherever more layers need more memory.  llama-server itself is never asked. */
#ifndef PLAN_FIT_LIKE_H
#define PLAN_FIT_LIKE_H

#include "plan/place.h"

/* The arena keeps out->override and the settings' texts. */
void fit_like(struct arena *a, const struct model *m, const struct machine *machine,
              const struct workload *w, struct candidate *out);

/* The same with settings of the user's: those that are given stay.  A context is not reduced then;
 * --fit off and settings of placement (-ngl, -ts, -ot...) stop it altogether. */
void fit_like_with(struct arena *a, const struct model *m, const struct machine *machine,
                   const struct workload *w, const struct settings *given, struct candidate *out);

/* The same packing, but up to our budgets instead of 1 GiB below what is free. */
void fit_like_within(struct arena *a, const struct model *m, const struct machine *machine,
                     const struct workload *w, const struct settings *given,
                     const struct limits *limits, struct candidate *out);

#endif
