/* ---- engine/worker/loaded.h: the model and context the worker holds.
 *
 * A model is loaded once per placement; asking again with other context settings makes only a new
 * context.  A dry run loads without allocating (no_alloc), a real one maps or reads the file. */
#ifndef ENGINE_WORKER_LOADED_H
#define ENGINE_WORKER_LOADED_H

#include "base/arena.h"
#include "base/err.h"
#include "llama.h"
#include "settings/settings.h"

struct loaded {
    struct llama_model *model;
    struct llama_context *ctx;
    struct arena arena; /* what the model's parameters point to */
    char *placement;    /* path, mode and model settings as text: the key of what is loaded */
    int64_t load_us, context_us; /* what the last loaded_open() took; 0 when reused */
};

enum loaded_mode { LOADED_DRY_RUN, LOADED_REAL };

bool loaded_open(struct loaded *s, enum loaded_mode mode, const char *path,
                 const struct settings *settings, struct err *err);
void loaded_close(struct loaded *s);

#endif
