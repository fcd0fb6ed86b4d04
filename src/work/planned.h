/* ---- work/planned.h: a model, a machine, an engine and a goal, made into a certified plan. ----
 */
#ifndef WORK_PLANNED_H
#define WORK_PLANNED_H

#include "work/session.h"

struct planning {
    const char *model;   /* a MODEL argument */
    const char *machine; /* a --machine argument; NULL: this machine */
    enum measuring measuring;
    const struct goal *goal;
    bool need_engine; /* its absence is an error */
    bool on_disk;     /* it is to run: a model that would have to be downloaded is an error */
    bool certify;     /* ask the engine's worker where there is one */
};

struct planned {
    struct resolved model;
    struct machine machine;
    struct engine engine;
    bool has_engine;
    struct plan plan; /* points into model, machine and goal */
    bool certified;
    double certified_s; /* what the certificate took */
};

/* False with the error of whichever step failed; nothing is to be closed then. */
bool planned_make(struct session *s, const struct planning *how, struct planned *out,
                  struct err *err);

void planned_close(struct planned *p);

#endif
