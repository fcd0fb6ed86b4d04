/* ---- base/hash.h: XXH3-128 keys (caches, wisdom); not for anything that must resist an enemy.
 * ---- */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

enum { HASH_TEXT = 33 }; /* 32 hex digits and NUL */

/* The hash of n bytes as hex; returns out. */
const char *hash_hex(const void *p, size_t n, char out[HASH_TEXT]);

#endif
