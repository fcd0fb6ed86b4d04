/* ---- base/err.h: one error value for everything that can fail.
 *
 * A function that can fail returns bool (true: done), takes `struct err *` last, touches it only
 * on failure and then leaves its outputs alone.  The printed line is
 *
 *     CAUSE, PLACE; HINT
 *
 * in lower case, without a full stop: the cause comes from where it happened, the place is added
 * by callers on the way out, the hint says what to do next. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* The codes are the exit statuses of the command line (docs: tailor help exit). */
enum err_code {
    ERR_NONE = 0,
    ERR_FAILED = 1,        /* anything without a code of its own */
    ERR_USAGE = 2,         /* the command line is wrong */
    ERR_NO_FIT = 3,        /* no plan within the constraints */
    ERR_ENGINE = 4,        /* the engine is missing or died */
    ERR_CHANGED = 5,       /* refused because something changed */
    ERR_INTERRUPTED = 130, /* Ctrl-C */
};

struct err {
    enum err_code code;
    char cause[512];
    char place[384];
    char hint[384];
};

/* Sets code and cause, clears place and hint.  Returns false, so that `return err_set(...)`. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* Appends where it happened; nested places read inside out ("at byte 20, in "x.gguf""). */
bool err_place(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Says what to do next, unless a deeper level already did. */
bool err_hint(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* The whole line, always terminated; returns buf. */
const char *err_text(const struct err *err, char *buf, size_t cap);

#endif
