/* ---- plan/plan.h: the best settings for a model on a machine, with reasons.
 *
 * PURE: a plan is a function of (model, machine, goal, calibration) and nothing else: no file,
 * clock, environment or global.  Every number carries the rule it came from, so that the plan can
 * explain itself. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/vec.h"
#include "base/words.h"
#include "machine/machine.h"
#include "model/model.h"
#include "plan/ledger.h"
#include "plan/speed.h"
#include "settings/settings.h"

/* What the user wants.  Zeroed: a chat with the machine's best context. */
struct goal {
    const char *use_case; /* "general"...; NULL: general */
    const char *preset;
    const char *workload_name; /* "chat"..., or NULL */
    struct workload workload;  /* tokens; zero: the workload's own */
    struct settings pinned;    /* what stands behind "--": constraints */
    struct words rest;         /* words behind "--" that no plan decides: passed on */
    uint32_t ctx_per_slot;     /* at least so many tokens for each slot; 0: as planned */
    uint32_t parallel;         /* slots; 0: 1 */
    struct limits limits;
    uint32_t ctx_most;    /* at most so many: what models beside it leave room for; 0: no limit */
    bool no_prompt_cache; /* nor host memory for earlier prompts, yet */
    bool no_spill;        /* weights stay on the card, or there is no plan */
};

struct reason {
    const char *setting, *value, *why, *rule;
};

struct alternative {
    const char *change, *effect;
};

struct plan_warning {
    const char *code, *text, *fix;
};

struct plan {
    const struct model *model;
    const struct machine *machine;
    struct goal goal;
    struct settings settings;
    VEC(const char *) env;   /* "NAME=value" */
    const char *const *argv; /* llama-server and its words; ends with NULL */
    size_t n_argv;
    struct ledger memory;
    struct speed speed;
    struct settings baseline_settings; /* llama-server's own choice on this machine */
    struct ledger baseline_memory;
    struct speed baseline_speed;
    VEC(struct reason) reasons;
    VEC(struct alternative) alternatives;
    VEC(struct settings) ladder; /* steps down when memory gets short */
    VEC(struct plan_warning) warnings;
};

/* ERR_NO_FIT when nothing fits the constraints; the error names the smallest lack. */
bool plan_make(struct arena *a, const struct model *m, const struct machine *machine,
               const struct goal *goal, struct plan *out, struct err *err);

/* What the engine's own dry run counted, a line for every buffer type. */
struct dry_run_buffer {
    const char *device; /* "CUDA0", "CPU" */
    bool host;
    uint64_t model, context, compute;
};

/* Puts the engine's own figures in place of ours; basis: "dry-run" or "dry-run:v0.5.0".  Adds a
 * warning when the plan then exceeds a budget. */
void plan_certify(struct arena *a, struct plan *p, const struct dry_run_buffer *buffers, size_t n,
                  const char *basis);

/* Tokens of a named workload; false: unknown. */
bool workload_find(const char *name, struct workload *out);

json_t *plan_to_json(const struct plan *p); /* tailor.plan/1 */

#endif
