/* ---- engine/worker/measure.h: how long the engine takes for prompt and generation. ---- */
#ifndef ENGINE_WORKER_MEASURE_H
#define ENGINE_WORKER_MEASURE_H

#include "base/json.h"
#include "engine/worker/loaded.h"

struct measure_request {
    uint32_t prompt_tokens; /* one prompt of this length; 0: none */
    uint32_t gen_tokens;    /* generated one by one; 0: none */
    uint32_t depth;         /* tokens already in the cache */
    uint32_t repeats;
};

/* Adds "prompt_s" and "gen_s" (arrays of seconds, one entry a repeat) to out.  Tokens are drawn at
 * random with a fixed seed, as llama-bench does. */
bool measure_run(struct loaded *s, const struct measure_request *r, json_t *out, struct err *err);

#endif
