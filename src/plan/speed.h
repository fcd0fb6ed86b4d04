/* ---- plan/speed.h: how fast it will be, as an interval.
 *
 * Generation is bytes read per token over the bandwidth they are read with, plus a fixed cost per
 * token; a prompt is the larger of arithmetic and bytes per ubatch.  Bandwidth and arithmetic come
 * from what was measured on this machine, else from what its parts are known for; what is not
 * known makes the interval wide, or absent. */
#ifndef PLAN_SPEED_H
#define PLAN_SPEED_H

#include "machine/machine.h"
#include "plan/context.h"
#include "plan/weights.h"

/* One turn of the user's work, in tokens. */
struct workload {
    uint32_t prompt; /* tokens to read */
    uint32_t gen;    /* tokens to write */
    uint32_t depth;  /* tokens already in the context */
};

struct interval {
    double low, mid, high; /* all 0: unknown */
};

enum speed_basis { SPEED_SPEC, SPEED_CALIBRATED, SPEED_MEASURED };

struct speed {
    struct interval prompt_tok_s, gen_tok_s;
    enum speed_basis basis;
    const char *limited_by; /* "host memory bandwidth", "VRAM bandwidth" */
    bool wide;              /* a bandwidth is not known: the interval says what there may be */
};

/* What the formulas need of a machine: bandwidth in GB/s (10^9), arithmetic in GFLOP/s. */
struct rates {
    struct interval host_gb_s, host_gflops;
    struct interval gpu_gb_s[PLACE_MAX_DEVICES], gpu_gflops[PLACE_MAX_DEVICES];
    bool wide;        /* some bandwidth is a guess */
    double link_gb_s; /* host to card, for weights that are streamed there for big batches */
};

/* By what was measured or is known of the parts.  gpu[i]: the machine's GPU behind device i. */
void speed_rates(const struct machine *machine, uint32_t threads, const uint32_t *gpu,
                 uint32_t n_gpu, struct rates *out);

/* Fills the intervals for a placement; depth tokens are already in the cache. */
void speed_predict(const struct model *m, const struct context *c, const struct placement *p,
                   const struct rates *rates, uint32_t depth, struct speed *out);

/* Seconds for a turn of the workload at the middle of the intervals; 0 when unknown. */
double speed_turn_s(const struct speed *s, const struct workload *w);

json_t *speed_to_json(const struct speed *s);

#endif
