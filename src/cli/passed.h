/* ---- cli/passed.h: llama.cpp's words that no plan decides: would llama-server start with them?
 * ----
 */
#ifndef CLI_PASSED_H
#define CLI_PASSED_H

#include "base/words.h"
#include "engine/engine.h"

/* False with the error of the first word that it would not start with: one that neither our table
 * nor the engine's own --help has, one that makes it print something and end, a model beside the
 * model whose file is missing.  An engine is looked for only where the table does not do. */
bool passed_check(struct arena *a, const struct words *words, const struct engine_where *where,
                  struct err *err);

#endif
