/* ---- base/cursor.h: a bounded little-endian reader whose first error sticks.
 *
 * Reads past the end, and anything the caller refuses, set the error once, with the byte offset it
 * happened at; from then on every read returns zeros and moves nothing.  So a parser reads a whole
 * record and asks cursor_ok() once. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct cursor {
    const unsigned char *start;
    uint64_t size, at;
    struct err *err; /* receives the first error */
    bool failed;
};

struct cursor cursor_over(const void *p, uint64_t size, struct err *err);

static inline bool cursor_ok(const struct cursor *c)
{
    return !c->failed;
}

static inline uint64_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : c->size - c->at;
}

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
float cursor_f32(struct cursor *c);
double cursor_f64(struct cursor *c);

/* n bytes in place; borrowed from the underlying memory. */
struct str cursor_bytes(struct cursor *c, uint64_t n);
bool cursor_skip(struct cursor *c, uint64_t n);

/* Refuses what was just read: `offset` is where it began.  Returns false. */
bool cursor_fail_at(struct cursor *c, uint64_t offset, const char *fmt, ...) ATTR_PRINTF(3, 4);

#endif
