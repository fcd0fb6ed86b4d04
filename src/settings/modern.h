/* ---- settings/modern.h: old command lines in today's words.
 *
 * People keep command lines for years.  What v0.5.0 refuses but still means something is written
 * as it is spelled now; what means nothing any more is left out; both are told. */
#ifndef SETTINGS_MODERN_H
#define SETTINGS_MODERN_H

#include "settings/argv.h"

/* Words without a program's name, for the program that they name or that is assumed.  A note is a
 * sentence for people: "\"--no-mmap\" is gone from llama.cpp: taken as --load-mode none". */
void modern_words(struct arena *a, enum option_tool assumed, const char *const *words, size_t n,
                  struct words *out, struct words *notes);

#endif
