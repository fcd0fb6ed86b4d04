/* Views, numbers from text, growing buffers. */
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool str_eq(struct str a, const char *b)
{
    size_t n = strlen(b);
    return a.n == n && memcmp(a.p, b, n) == 0;
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
    if (!rest->p)
        return false;
    const char *at = memchr(rest->p, sep, rest->n);
    if (!at) {
        *part = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    *part = (struct str){rest->p, (size_t)(at - rest->p)};
    rest->n -= part->n + 1;
    rest->p = at + 1;
    return true;
}

bool str_line(struct str *rest, struct str *line)
{
    if (!rest->p || rest->n == 0)
        return false;
    str_cut(rest, '\n', line);
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

char *str_dup(struct arena *a, struct str s)
{
    return arena_strndup(a, s.p ? s.p : "", s.n);
}

enum { NUMBER_MAX = 64 }; /* longest text of a number that we read */

static bool number_text(struct str s, char buf[NUMBER_MAX])
{
    if (s.n == 0 || s.n >= NUMBER_MAX || is_blank(s.p[0]))
        return false;
    memcpy(buf, s.p, s.n);
    buf[s.n] = '\0';
    return strlen(buf) == s.n;
}

bool str_u64(struct str s, unsigned long long *out)
{
    char buf[NUMBER_MAX], *end;
    if (!number_text(s, buf) || buf[0] == '-' || buf[0] == '+')
        return false;
    errno = 0;
    unsigned long long v = strtoull(buf, &end, 10);
    if (errno || *end)
        return false;
    *out = v;
    return true;
}

bool str_i64(struct str s, long long *out)
{
    char buf[NUMBER_MAX], *end;
    if (!number_text(s, buf))
        return false;
    errno = 0;
    long long v = strtoll(buf, &end, 10);
    if (errno || *end)
        return false;
    *out = v;
    return true;
}

bool str_f64(struct str s, double *out)
{
    char buf[NUMBER_MAX], *end;
    if (!number_text(s, buf))
        return false;
    errno = 0;
    double v = strtod(buf, &end);
    if (errno || *end)
        return false;
    *out = v;
    return true;
}

bool cstr_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool cstr_ends(const char *s, const char *suffix)
{
    return str_ends(str_from(s), suffix);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool cstr_ieq(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

void cstr_harmless(char *s, const char *keep)
{
    for (unsigned char *c = (unsigned char *)s; *c; c++) {
        bool c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0; /* U+0080 to U+009F in UTF-8 */
        if (c1)
            c[0] = c[1] = '?';
        else if ((*c < 0x20 || *c == 0x7f) && !strchr(keep, *c))
            *c = '?';
    }
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Damerau's optimal string alignment over the last three rows; long words are not worth it. */
size_t str_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return na > nb ? na : nb;
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t change = before[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smallest(before[j] + 1, now[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_before[j - 2] + 1 < now[j])
                now[j] = two_before[j - 2] + 1;
        }
    }
    return rows[na % 3][nb];
}

void strbuf_release(struct strbuf *b)
{
    free(b->p);
    *b = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

static void reserve(struct strbuf *b, size_t more)
{
    if (more >= ((size_t)-1) - b->len - 1)
        arena_out_of_memory(more);
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need)
        cap = cap > (size_t)-1 / 2 ? need : cap * 2;
    char *p = realloc(b->p, cap);
    if (!p)
        arena_out_of_memory(cap);
    b->p = p;
    b->cap = cap;
}

void strbuf_add(struct strbuf *b, const void *p, size_t n)
{
    reserve(b, n);
    if (n)
        memcpy(b->p + b->len, p, n);
    b->len += n;
    b->p[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n > 0) {
        reserve(b, (size_t)n);
        vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void strbuf_pad(struct strbuf *b, char c, size_t n)
{
    reserve(b, n);
    memset(b->p + b->len, c, n);
    b->len += n;
    b->p[b->len] = '\0';
}

const char *strbuf_cstr(const struct strbuf *b)
{
    return b->p ? b->p : "";
}

char *strbuf_take(struct strbuf *b, struct arena *a)
{
    char *copy = arena_alloc(a, b->len + 1);
    memcpy(copy, strbuf_cstr(b), b->len); /* zero bytes, too */
    strbuf_release(b);
    return copy;
}
