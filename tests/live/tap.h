/* ---- tests/live/tap.h: tests that need the engine, printed as TAP.
 *
 * A check that fails prints why and marks the running test; a test that cannot run is skipped with
 * its reason. */
#ifndef TESTS_LIVE_TAP_H
#define TESTS_LIVE_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/attr.h"

struct tap {
    int number, failed; /* of tests */
    int problems;       /* of the running test */
    const char *skipped;
};

struct tap_test {
    const char *name;
    void (*run)(struct tap *t, void *state);
};

/* At most this many problems of one test are printed. */
enum { TAP_PROBLEMS_SHOWN = 20 };

ATTR_PRINTF(2, 3) static inline void tap_problem(struct tap *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (t->problems++ < TAP_PROBLEMS_SHOWN) {
        printf("# ");
        vprintf(fmt, args);
        printf("\n");
    }
    va_end(args);
}

/* Runs all tests, or skips all of them for one reason; returns the exit status. */
static inline int tap_run(const struct tap_test *tests, int n, const char *skip_all, void *state)
{
    struct tap t = {0};
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        t.problems = 0;
        t.skipped = skip_all;
        if (!skip_all)
            tests[i].run(&t, state);
        printf("%sok %d - %s%s%s\n", t.problems ? "not " : "", ++t.number, tests[i].name,
               t.skipped ? " # SKIP " : "", t.skipped ? t.skipped : "");
        t.failed += t.problems != 0;
        fflush(stdout);
    }
    return t.failed != 0;
}

#endif
