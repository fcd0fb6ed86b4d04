/* ---- tests/live/oracle.h: the engine's dry run of shapes on simulated cards, and what we say.
 *
 * A placement is loaded once; asked again with another context, only that is made anew. */
#ifndef TESTS_LIVE_ORACLE_H
#define TESTS_LIVE_ORACLE_H

#include "engine/worker_client.h"
#include "model/model.h"
#include "model/shape.h"
#include "plan/place.h"

enum { ORACLE_DEVICES = 6 };

struct oracle {
    struct arena a;
    struct engine engine;
    const char *bin;         /* folder of the stock programs */
    char dir[64];            /* for ghosts and logs */
    struct worker worker[2]; /* without cards, with ORACLE_DEVICES of them */
    struct machine
        machine; /* the cards; the host CPU's instruction sets, which decide on repacking */
};

/* NULL, or why there is no oracle. */
const char *oracle_open(struct oracle *o);
void oracle_close(struct oracle *o);

/* ---- shapes ---- */

struct subject {
    struct arena a;
    struct gguf g;
    struct model m;
    const char *name, *ghost;
};

/* "SHAPE:QUANT", as we see it and as a file for the engine. */
bool subject_open(struct oracle *o, struct subject *s, const char *shape, struct err *err);
void subject_close(struct subject *s);

/* "NAME=VALUE NAME=VALUE" with the names of tailor.plan/1. */
struct settings settings_of(struct arena *a, const char *text);

/* ---- answers ---- */

struct oracle_bytes {
    uint64_t weights, kv, compute;
};

struct oracle_answer {
    struct oracle_bytes host, device[ORACLE_DEVICES];
};

/* What the engine counts: on simulated cards (CUDA0...; 8.9, 512 GiB each) where the settings name
 * devices, else on a host without any. */
bool oracle_ask(struct oracle *o, const struct subject *s, const struct settings *settings,
                struct oracle_answer *out, struct err *err);

/* The same by our closed forms. */
void oracle_ours(struct oracle *o, const struct subject *s, const struct settings *settings,
                 struct oracle_answer *out, bool *claimed);

/* GGML_BACKEND_PATH and TAILOR_SIM for stock programs; NULL-terminated. */
const char *const *oracle_env(struct oracle *o, const char *devices);

#endif
