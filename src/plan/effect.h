/* ---- plan/effect.h: what a command line comes to here, and what each of its settings changes.
 *
 * PURE.  Each setting is taken away and the rest is priced again as llama-server would run it
 * (fit_like.h): the difference is its effect, with everything else as it stands. */
#ifndef PLAN_EFFECT_H
#define PLAN_EFFECT_H

#include "plan/place.h"

struct effect {
    int64_t vram_bytes, ram_bytes;  /* more with the setting than without it */
    uint32_t ctx_with, ctx_without; /* tokens for each slot */
    double gen_with, gen_without;   /* tok/s, middle of the prediction; 0: unknown */
    double prompt_with, prompt_without;
};

/* The same between two candidates. */
void effect_between(const struct model *m, const struct candidate *with,
                    const struct candidate *without, struct effect *out);

/* Bits of `sets` (1 << setting_id) are taken away from the given settings. */
void effect_of(struct arena *a, const struct model *m, const struct machine *machine,
               const struct workload *w, const struct settings *given, uint64_t sets,
               struct effect *out);

/* Nothing changes but by rounding. */
bool effect_is_none(const struct effect *e);

/* "VRAM +1.2 GB, RAM -0.4 GB, gen 31 instead of 12 tok/s"; "no effect on memory or speed here" */
const char *effect_text(struct arena *a, const struct effect *e);

#endif
