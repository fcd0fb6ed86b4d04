/* ---- plan/override.h: -ot, tensor by tensor.
 *
 * llama.cpp searches each tensor's name with each pattern (std::regex, ECMAScript) and takes the
 * first that matches (llama-model-loader.cpp: create_tensor, v0.5.0).  Read here are patterns that
 * POSIX extended expressions can say, and the buffer type CPU; others leave a tensor with its
 * layer, and only a dry run counts them. */
#ifndef PLAN_OVERRIDE_H
#define PLAN_OVERRIDE_H

#include "plan/weights.h"
#include "settings/settings.h"

/* One place for each tensor of the model; NULL where the settings have no -ot. */
const int8_t *override_read(struct arena *a, const struct settings *s, const struct model *m);

/* The next "regex=buft" of a value; a pattern may hold '=' itself. */
bool override_next(struct str *rest, struct str *pattern, struct str *buft);

/* Is every part of it read? */
bool override_understood(const char *text);

#endif
