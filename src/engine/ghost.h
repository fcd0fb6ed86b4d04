/* ---- engine/ghost.h: a model's header as a sparse file, for the engine's dry run.
 *
 * All keys and tensors of the model (of all its shards), but no tokenizer, which is what makes
 * loading a real header slow, and holes instead of data.  Bytes per buffer come out the same. */
#ifndef ENGINE_GHOST_H
#define ENGINE_GHOST_H

#include "model/gguf.h"

/* Writes it into a folder (a private one: the name is fixed) and returns the path. */
bool ghost_write(struct arena *a, const struct gguf *shards, size_t n, const char *dir,
                 const char **path, struct err *err);
void ghost_remove(const char *path);

#endif
