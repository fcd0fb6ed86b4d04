/* Levels to stderr. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static enum log_level level_now = LOG_INFO;

void log_set_level(enum log_level level)
{
    level_now = level;
}

enum log_level log_get_level(void)
{
    return level_now;
}

static void say(const char *prefix, const char *fmt, va_list args)
{
    char line[1024];
    vsnprintf(line, sizeof(line), fmt, args);
    cstr_harmless(line, "\n\t");
    fprintf(stderr, "%s%s\n", prefix, line);
}

#define DEFINE_LOG(name, level, prefix) \
    void name(const char *fmt, ...)     \
    {                                   \
        if (level_now < (level))        \
            return;                     \
        va_list args;                   \
        va_start(args, fmt);            \
        say(prefix, fmt, args);         \
        va_end(args);                   \
    }

DEFINE_LOG(log_warn, LOG_WARN, "tailor: warning: ")
DEFINE_LOG(log_info, LOG_INFO, "")
DEFINE_LOG(log_detail, LOG_DETAIL, "  ")
