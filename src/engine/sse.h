/* ---- engine/sse.h: server-sent events, cut from a stream of bytes (pure). ---- */
#ifndef ENGINE_SSE_H
#define ENGINE_SSE_H

#include <stdbool.h>

#include "base/str.h"

struct sse {
    struct strbuf line; /* an unfinished line */
    struct strbuf data; /* the data lines of the event so far */
    bool overflow; /* an event was longer than SSE_EVENT_MAX: the stream is not to be trusted */
};

enum { SSE_EVENT_MAX = 8 << 20 };

/* Calls event(user, data) for each event completed by these bytes; false when the callback said
 * so, or on overflow. */
bool sse_feed(struct sse *s, struct str bytes, bool (*event)(void *user, struct str data),
              void *user);
void sse_release(struct sse *s);

#endif
