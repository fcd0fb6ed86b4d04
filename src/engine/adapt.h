/* ---- engine/adapt.h: a command line for the engine that will read it.
 *
 * Plans are written for llama.cpp v0.5.0.  An engine of another age may spell an option otherwise
 * or not have it: what its --help does not list is respelled where there is an old spelling, and
 * otherwise left out with a note. */
#ifndef ENGINE_ADAPT_H
#define ENGINE_ADAPT_H

#include "base/words.h"
#include "engine/engine.h"

/* Adds the adapted words to *out; notes get a sentence for each option that was left out. */
void engine_adapt(struct arena *a, const struct engine *e, const char *const *words, size_t n,
                  struct words *out, struct words *notes);

#endif
