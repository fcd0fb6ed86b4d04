/* ---- work/remote_header.h: the header of one GGUF file behind a URL.
 *
 * Ranges of growing size until the whole header is there, and no weights beyond the last of them.
 * Kept in the cache, so that the same question needs no network. */
#ifndef WORK_REMOTE_HEADER_H
#define WORK_REMOTE_HEADER_H

#include "model/gguf.h"
#include "work/remote.h"

struct header_place {
    const char *url;
    const char *version; /* what tells this content from others at the URL; NULL: its age does */
    uint64_t bytes;      /* of the whole file; 0: not known */
};

struct header {
    struct gguf gguf; /* views into the arena */
    uint64_t file_bytes;
};

bool header_get(struct arena *a, const struct remote *r, const struct header_place *place,
                struct header *out, struct err *err);

/* A text from the endpoint, kept for a day.  An older one serves where there is no network. */
struct remote_page {
    struct str text;
    const char *next; /* URL of the page behind it, or NULL */
};
bool remote_page(struct arena *a, const struct remote *r, const char *url, struct remote_page *out,
                 struct err *err);

#endif
