/* ---- store/facts.h: measured facts, kept between runs.
 *
 * One small JSON file in the user's cache: a fact is found again by a key that names the hardware
 * it was measured on, so a copied home or a changed machine gets nothing wrong.  A file that cannot
 * be read or believed counts as empty. */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include <stdbool.h>

#include "base/err.h"

/* The number stored under key and name, with the day it was measured; false: none. */
bool facts_get(const char *cache_dir, const char *key, const char *name, double *value);

bool facts_put(const char *cache_dir, const char *key, const char *name, double value,
               struct err *err);

#endif
