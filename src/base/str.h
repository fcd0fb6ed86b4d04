/* ---- base/str.h: borrowed views and growing buffers of bytes.
 *
 * `struct str` points into memory somebody else owns and carries its length; it need not end in
 * NUL.  `struct strbuf` owns its bytes, always ends them in NUL (not counted in len), and grows as
 * needed; zeroed is a valid empty buffer, strbuf_release() returns it to that. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

static inline struct str str_from(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

bool str_eq(struct str a, const char *b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
struct str str_trim(struct str s);                          /* blanks at both ends */
bool str_cut(struct str *rest, char sep, struct str *part); /* next part; false when none is left */
bool str_line(struct str *rest, struct str *line);          /* next line, without its LF or CRLF */
char *str_dup(struct arena *a, struct str s);               /* NUL-terminated copy */

/* Decimal number that is the whole string; false leaves *out alone (also on overflow). */
bool str_u64(struct str s, unsigned long long *out);
bool str_i64(struct str s, long long *out);
bool str_f64(struct str s, double *out);

/* Plain C strings: the tests that everybody needs. */
bool cstr_starts(const char *s, const char *prefix);
bool cstr_ends(const char *s, const char *suffix);
bool cstr_ieq(const char *a, const char *b); /* ASCII case ignored */

/* Control characters, those of Unicode (C1), too, become '?': no text of a file or an engine steers
 * a terminal.  `keep` holds those that may stay ("\n"). */
void cstr_harmless(char *s, const char *keep);

/* Edits (insert, delete, replace, swap neighbours) that turn a into b: for "did you mean". */
size_t str_distance(const char *a, const char *b);

struct strbuf {
    char *p;
    size_t len, cap;
};

void strbuf_release(struct strbuf *b);
void strbuf_clear(struct strbuf *b); /* keeps the memory */
void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) ATTR_PRINTF(2, 3);
void strbuf_pad(struct strbuf *b, char c, size_t n);
/* The text so far as a C string, never NULL; valid until the next change. */
const char *strbuf_cstr(const struct strbuf *b);
char *strbuf_take(struct strbuf *b, struct arena *a); /* copy into the arena, then release */

#endif
