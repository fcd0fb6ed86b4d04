/* ---- engine/worker/session.h: the model and context the worker holds.
 *
 * A model is loaded once per placement; asking again with other context settings makes only a new
 * context.  A dry run loads without allocating (no_alloc), a real one maps or reads the file. */
#ifndef ENGINE_WORKER_SESSION_H
#define ENGINE_WORKER_SESSION_H

#include "base/arena.h"
#include "base/err.h"
#include "llama.h"
#include "settings/settings.h"

struct session {
    struct llama_model *model;
    struct llama_context *ctx;
    struct arena arena; /* what the model's parameters point to */
    char *placement;    /* path, mode and model settings as text: the key of what is loaded */
    int64_t load_us, context_us; /* what the last session_open() took; 0 when reused */
};

enum session_mode { SESSION_DRY_RUN, SESSION_REAL };

bool session_open(struct session *s, enum session_mode mode, const char *path,
                  const struct settings *settings, struct err *err);
void session_close(struct session *s);

#endif
