/* ---- engine/server.h: llama-server as a child of ours. ---- */
#ifndef ENGINE_SERVER_H
#define ENGINE_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "os/proc.h"

struct server {
    struct proc proc;
    const char *unix_socket; /* NULL: TCP */
    const char *url;         /* "http://localhost" or "http://127.0.0.1:8080" */
    const char *log_path;
    double started_s, ready_s; /* monotonic; ready_s 0 until /health answered */
};

struct server_spec {
    const char *const *argv; /* complete, with --host and --port, ends with NULL */
    const char *const *env;  /* added variables, or NULL */
    const char *unix_socket;
    const char *url;
    const char *log_path;
};

bool server_start(struct server *s, const struct server_spec *spec, struct err *err);

/* Waits until /health answers 200.  Fails when the child dies (with its reason), when go_on says
 * false (ERR_INTERRUPTED), or after timeout_s. */
bool server_wait_ready(struct arena *a, struct server *s, unsigned timeout_s,
                       bool (*go_on)(void *user), void *user, struct err *err);

/* True while the child runs; false and err filled once it has died. */
bool server_alive(struct arena *a, struct server *s, struct err *err);

void server_stop(struct server *s);

#endif
