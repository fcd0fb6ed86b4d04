/* ---- work/session.h: one piece of work from machine and model to a certified plan. ---- */
#ifndef WORK_SESSION_H
#define WORK_SESSION_H

#include "engine/engine.h"
#include "machine/machine.h"
#include "model/stores.h"
#include "os/dirs.h"
#include "plan/plan.h"
#include "work/resolve.h"

struct session {
    struct arena *arena;
    const struct fs *fs; /* the world the machine is read from */
    bool live;           /* fs is this machine */
    struct dirs dirs;
    struct engine_where where;
    struct stores_where stores;
    struct remote remote;     /* endpoint NULL: no network */
    const char *machines_dir; /* of fx:NAME; NULL: there are none */
};

/* The model of a MODEL argument. */
bool session_resolve(struct session *s, const char *argument, struct resolved *out,
                     struct err *err);
bool session_paths(struct session *s, const char *argument, struct model_paths *out,
                   struct err *err);

enum measuring {
    MEASURE_NEVER,   /* what was measured before, or nothing */
    MEASURE_MISSING, /* measure what was never measured, and remember it */
    MEASURE_ALWAYS   /* measure, and remember */
};

/* The machine of --machine (a file of `tailor detect --json`, fx:NAME, a description), or this one
 * when NULL.
 * This machine's engine is looked for and its devices are merged; its absence is a note.
 * GPUs that no engine could list get the device that llama.cpp would give them. */
bool session_machine(struct session *s, const char *argument, enum measuring measuring,
                     struct machine *out, struct engine *engine, bool *has_engine, struct err *err);

struct certify {
    const struct engine *engine;
    const struct resolved *model;
    bool simulate; /* the planned machine is not this one: its GPUs are simulated */
    bool stand_in; /* another build of llama.cpp will run: basis "dry-run:v0.5.0" */
};

/* Asks the engine's worker for a dry run of the plan and puts its figures into it; *certified tells
 * whether that happened.  An engine without a worker, or without simulated devices where they are
 * needed, is no failure; a worker that dies is a warning in the plan. */
void session_certify(struct session *s, const struct certify *how, struct plan *plan,
                     bool *certified, double *seconds);

#endif
