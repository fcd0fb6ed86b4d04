/* Byte-wise little-endian reads: right on every host, and as fast as memcpy once compiled. */
#include "base/cursor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct cursor cursor_over(const void *p, uint64_t size, struct err *err)
{
    return (struct cursor){.start = p, .size = size, .err = err};
}

bool cursor_fail_at(struct cursor *c, uint64_t offset, const char *fmt, ...)
{
    if (c->failed)
        return false;
    c->failed = true;
    char cause[sizeof(c->err->cause)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(cause, sizeof(cause), fmt, args);
    va_end(args);
    err_set(c->err, ERR_FAILED, "%s", cause);
    return err_place(c->err, "at byte %" PRIu64, offset);
}

static const unsigned char *take(struct cursor *c, uint64_t n)
{
    if (c->failed)
        return NULL;
    if (n > c->size - c->at) {
        cursor_fail_at(c, c->at, "needs %" PRIu64 " more bytes, the file has %" PRIu64, n,
                       c->size - c->at);
        return NULL;
    }
    const unsigned char *p = c->start + c->at;
    c->at += n;
    return p;
}

uint8_t cursor_u8(struct cursor *c)
{
    const unsigned char *p = take(c, 1);
    return p ? p[0] : 0;
}

uint16_t cursor_u16(struct cursor *c)
{
    const unsigned char *p = take(c, 2);
    return p ? (uint16_t)((uint32_t)p[0] | (uint32_t)p[1] << 8) : 0;
}

uint32_t cursor_u32(struct cursor *c)
{
    const unsigned char *p = take(c, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
    const unsigned char *p = take(c, 8);
    if (!p)
        return 0;
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

float cursor_f32(struct cursor *c)
{
    uint32_t bits = cursor_u32(c);
    float v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

double cursor_f64(struct cursor *c)
{
    uint64_t bits = cursor_u64(c);
    double v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

struct str cursor_bytes(struct cursor *c, uint64_t n)
{
    const unsigned char *p = take(c, n);
    return p ? (struct str){(const char *)p, (size_t)n} : (struct str){"", 0};
}

bool cursor_skip(struct cursor *c, uint64_t n)
{
    return take(c, n) != NULL;
}
