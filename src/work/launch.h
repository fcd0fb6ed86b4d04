/* ---- work/launch.h: llama-server with a plan's command line, on a private socket or a port. ----
 */
#ifndef WORK_LAUNCH_H
#define WORK_LAUNCH_H

#include "engine/server.h"
#include "work/session.h"

struct launch {
    struct server server;
    const char *host, *port; /* of a TCP server; NULL: a private socket */
    const char *dir;         /* private folder with the socket; removed by launch_stop() */
    struct words argv;
    struct words notes; /* what the engine does not take */
};

enum listen { LISTEN_SOCKET, LISTEN_TCP };

struct launch_spec {
    enum listen listen;
    const char *host; /* TCP */
    uint32_t port;
};

/* The complete command line of the child, for --dry-run and for launch_start().  A --host, --port,
 * --api-prefix or TLS of the user's is followed; with LISTEN_SOCKET it is a usage error. */
bool launch_prepare(struct session *s, const struct engine *engine, const struct plan *plan,
                    const struct launch_spec *spec, struct launch *out, struct err *err);

/* Starts it and waits until it answers.  Interrupts end the wait (ERR_INTERRUPTED). */
bool launch_start(struct session *s, struct launch *l, struct err *err);

void launch_stop(struct launch *l); /* also after a failed start; legal on a zeroed one */

#endif
