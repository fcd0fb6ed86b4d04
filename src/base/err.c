/* Errors as values: cause, place, hint. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->cause, sizeof(err->cause), fmt, args);
    va_end(args);
    err->code = code;
    err->place[0] = '\0';
    err->hint[0] = '\0';
    return false;
}

bool err_place(struct err *err, const char *fmt, ...)
{
    if (!err)
        return false;
    size_t used = strlen(err->place);
    if (used && used + 2 < sizeof(err->place)) {
        memcpy(err->place + used, ", ", 3);
        used += 2;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->place + used, sizeof(err->place) - used, fmt, args);
    va_end(args);
    return false;
}

bool err_hint(struct err *err, const char *fmt, ...)
{
    if (!err || err->hint[0])
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, args);
    va_end(args);
    return false;
}

const char *err_text(const struct err *err, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s%s%s%s%s", err->cause, err->place[0] ? ", " : "", err->place,
             err->hint[0] ? "; " : "", err->hint);
    /* What the world hands us (file names, engine logs) may hold control bytes: one line stays one
     * line, and a terminal is never steered by a file name. */
    cstr_harmless(buf, "");
    return buf;
}
