/* ---- plan/fit_like.h: what llama-server would do by itself on this machine.
 *
 * A pure model of its defaults and of --fit (common/fit.cpp: common_params_fit_impl, v0.5.0) over
 * our closed forms: context first, down to 4096, then layers; experts of MoE models to the host.
 * For one card or none; llama-server itself is never asked. */
#ifndef PLAN_FIT_LIKE_H
#define PLAN_FIT_LIKE_H

#include "plan/place.h"

void fit_like(const struct model *m, const struct machine *machine, const struct workload *w,
              struct candidate *out);

#endif
