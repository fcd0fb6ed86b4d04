/* ---- engine/fetch.h: a bounded piece of a file from the network.
 *
 * GET with a byte range over http or https.  Redirects are followed one by one: https never leads
 * to http, and the token goes to its own origin only.  A server that does not know ranges is read
 * up to the piece that was asked for, and no further. */
#ifndef ENGINE_FETCH_H
#define ENGINE_FETCH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct fetch {
    const char *url;
    uint64_t first, n;   /* bytes [first, first + n), fewer at the end of the file */
    bool whole;          /* no range: a longer answer than n is an error */
    const char *token;   /* bearer, or NULL */
    const char *origin;  /* a URL of the server that may see the token */
    unsigned timeout_ms; /* of the whole piece; 0: two minutes */
};

enum { FETCH_TOTAL_UNKNOWN = 0 };

struct fetched {
    struct str body;
    long status;      /* HTTP; 0: no answer.  Set on failure, too */
    uint64_t total;   /* bytes of the whole file; FETCH_TOTAL_UNKNOWN */
    const char *etag; /* or NULL */
    const char *next; /* of a list in pages ("Link: <URL>; rel=next"), or NULL */
};

/* A file that ends before `first` is an error, and so is any status but 200 and 206. */
bool fetch_piece(struct arena *a, const struct fetch *f, struct fetched *out, struct err *err);

/* "http://" or "https://", and a host. */
bool fetch_is_url(const char *text);
/* Scheme, host and port are equal. */
bool fetch_same_origin(const char *url, const char *other);
/* "HOST" or "HOST:PORT" of a URL, for messages; without a password. */
const char *fetch_host(struct arena *a, const char *url);

/* "bytes 0-99/12345": where it starts, and the total or FETCH_TOTAL_UNKNOWN for "*". */
bool fetch_content_range(struct str value, uint64_t *first, uint64_t *total);
/* The URL of rel="next" in a Link header, or NULL. */
const char *fetch_link_next(struct arena *a, struct str value);

#endif
