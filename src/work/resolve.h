/* ---- work/resolve.h: what a MODEL argument means.
 *
 * A GGUF file (any shard), a folder or pattern with exactly one model, shape:SHAPE:QUANT from the
 * catalogue, hf:OWNER/REPO[:QUANT] and ollama:NAME[:TAG] from the local stores, and hf: and URLs of
 * GGUF files from the network, header only (work/remote.h). */
#ifndef WORK_RESOLVE_H
#define WORK_RESOLVE_H

#include "model/model_file.h"
#include "model/stores.h"
#include "os/fs.h"
#include "work/remote.h"

struct resolve_from {
    const struct fs *fs;
    const struct stores_where *stores;
    const struct remote *remote; /* NULL: no network */
};

struct resolved {
    struct model_file file; /* keeps the maps; empty for shapes */
    struct model model;
    const struct gguf *shards; /* the parsed headers, valid until resolved_close() */
    size_t n_shards;
};

/* The model stays valid as long as the arena; resolved_close() only unmaps the files. */
bool resolve_model(struct arena *a, const struct resolve_from *from, const char *argument,
                   struct resolved *out, struct err *err);
void resolved_close(struct resolved *r);

/* All files that an argument names: a pattern or folder may hold several, a set counts once by its
 * first shard.  What only the network may have stays as it was written. */
struct model_paths {
    const char **v;
    size_t n, cap;
};
bool resolve_paths(struct arena *a, const struct resolve_from *from, const char *argument,
                   struct model_paths *out, struct err *err);

#endif
