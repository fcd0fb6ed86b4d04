/* ---- tests/unit/test.h: cmocka with the includes it wants, and checks for our types. ---- */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

/* Every test is static: one that is not listed in its table does not compile (-Wunused-function).
 */
#define TEST(name) cmocka_unit_test(name)
#define RUN_TESTS(table) cmocka_run_group_tests(table, NULL, NULL)

/* A call that must succeed prints its error when it does not. */
#define CHECK_OK(call, err)                                        \
    do {                                                           \
        if (!(call)) {                                             \
            char text_[1400];                                      \
            fail_msg("%s", err_text((err), text_, sizeof(text_))); \
        }                                                          \
    } while (0)

/* The error's whole line holds this text. */
#define CHECK_ERR(err, part)                                        \
    do {                                                            \
        char text_[1400];                                           \
        if (!strstr(err_text((err), text_, sizeof(text_)), (part))) \
            fail_msg("\"%s\" is not in: %s", (part), text_);        \
    } while (0)

#endif
