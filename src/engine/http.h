/* ---- engine/http.h: HTTP to a server of ours, over a Unix socket or loopback.
 *
 * libcurl is loaded on first use: linking it would cost every start of the program 4 ms.  One
 * request at a time; while it runs, a callback decides every few milliseconds whether to go on, so
 * that Ctrl-C and the death of the engine end it. */
#ifndef ENGINE_HTTP_H
#define ENGINE_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct http_request {
    const char *url;         /* "http://localhost/health" */
    const char *unix_socket; /* path, or NULL for TCP */
    const char *body;        /* JSON to POST; NULL: GET */
    unsigned timeout_ms;     /* of the whole request; 0: none */
    /* Called with each piece of the answer; false stops the request. */
    bool (*on_data)(void *user, struct str data);
    /* Called at least every 100 ms; false stops the request.  May be NULL. */
    bool (*go_on)(void *user);
    void *user;
};

enum http_end {
    HTTP_DONE,    /* an answer came; see *status */
    HTTP_STOPPED, /* a callback said so */
    HTTP_FAILED   /* *err says why */
};

enum http_end http_run(const struct http_request *r, long *status, struct err *err);

/* The whole answer as text, bounded by cap; HTTP status in *status. */
bool http_get(struct arena *a, const char *url, const char *unix_socket, unsigned timeout_ms,
              struct str *text, long *status, struct err *err);

#endif
