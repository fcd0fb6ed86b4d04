/* ---- plan/compute.h: the scheduler's buffers for one graph, in closed form.
 *
 * What ggml's allocator needs for the largest graph (src/llama-context.cpp: sched_reserve) is the
 * mask, which lives through the whole graph, and the peak of one phase: feed-forward, attention
 * without flash attention, or the logits.  The coefficients were read off the engine's own dry run
 * for each family of graphs and are checked against it by tests/live; a family that was not
 * measured gets the dense form and `claimed` is false. */
#ifndef PLAN_COMPUTE_H
#define PLAN_COMPUTE_H

#include "plan/context.h"
#include "plan/weights.h"

struct compute {
    uint64_t device[PLACE_MAX_DEVICES];
    uint64_t host;
    uint64_t output; /* logits buffer: host memory outside every breakdown (output_reserve) */
    bool claimed;    /* within max(1 MiB, 1 %) of the dry run */
};

void compute_estimate(const struct model *m, const struct context *c, const struct placement *p,
                      struct compute *out);

#endif
