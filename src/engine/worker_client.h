/* ---- engine/worker_client.h: the parent's side of tailor-worker.
 *
 * Requests and answers are JSON lines with a deadline.  A worker that crashes, aborts, hangs or is
 * killed becomes an error with its last words; the next request needs a new worker. */
#ifndef ENGINE_WORKER_CLIENT_H
#define ENGINE_WORKER_CLIENT_H

#include "base/json.h"
#include "engine/engine.h"
#include "os/proc.h"

struct worker {
    struct proc proc;
    const char *log_path;
};

/* extra_env: added variables ("GGML_BACKEND_PATH=..."), or NULL. */
bool worker_start(struct worker *w, const struct engine *e, const char *log_path,
                  const char *const *extra_env, struct err *err);

/* Sends the request and returns the answer (new reference), NULL on failure.  The request's
 * reference is taken. */
json_t *worker_ask(struct arena *a, struct worker *w, json_t *request, unsigned timeout_ms,
                   struct err *err);

void worker_stop(struct worker *w);

/* {"op":OP,"model":PATH,"settings":{...}} */
json_t *worker_request(const char *op, const char *model, json_t *settings);

#endif
