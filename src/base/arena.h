/* ---- base/arena.h: a bump allocator; one per command, freed once.
 *
 * Everything a command parses, plans or prints lives in its arena and is never freed singly.
 * Running out of memory ends the process with one line: every size that comes from a file is
 * bounded before it gets here. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena_block;

struct arena {
    struct arena_block *head;
    unsigned char *at, *end;
    size_t used; /* bytes handed out, for tests and --verbose */
};

void arena_release(struct arena *a); /* legal on a zeroed arena; leaves it zeroed */

/* Zeroed memory, aligned for any type.  n may be 0. */
void *arena_alloc(struct arena *a, size_t n) ATTR_MALLOC;
/* Zeroed array; count * size is checked. */
void *arena_array(struct arena *a, size_t count, size_t size) ATTR_MALLOC;

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n); /* stops at a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list args) ATTR_PRINTF(2, 0);

/* Ends the process: there is nothing sensible left to do. */
void arena_out_of_memory(size_t n) ATTR_NORETURN;

#endif
