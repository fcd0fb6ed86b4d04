/* ---- base/fact.h: a value that knows where it came from.
 *
 * Unknown is not zero: a fact without a source is unknown, is written as JSON null, and makes the
 * planner take the careful branch.  Sources are short constant names ("hwloc", "cgroup v1"). */
#ifndef BASE_FACT_H
#define BASE_FACT_H

#include <stdbool.h>
#include <stdint.h>

struct fact_u64 {
    uint64_t v;
    const char *source; /* NULL: unknown */
};

struct fact_f64 {
    double v;
    const char *source;
};

struct fact_str {
    const char *v; /* borrowed, usually from the command's arena */
    const char *source;
};

struct fact_bool {
    bool v;
    const char *source;
};

/* The first source wins: these fill what is still unknown. */
#define FACT_FILL(fact, value, from) \
    do {                             \
        if (!(fact)->source) {       \
            (fact)->v = (value);     \
            (fact)->source = (from); \
        }                            \
    } while (0)

/* A better source corrects. */
#define FACT_SET(fact, value, from) \
    do {                            \
        (fact)->v = (value);        \
        (fact)->source = (from);    \
    } while (0)

static inline bool fact_known(const char *source)
{
    return source != 0;
}

#endif
