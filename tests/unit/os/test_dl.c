#include "os/dl.h"

#include "test.h"

static double (*cosine)(double);
static void (*nothing)(void);

static void the_first_library_that_is_there_fills_the_slots(void **state)
{
    (void)state;
    static const char *const names[] = {"libno-such-thing.so.9", "libm.so.6", NULL};
    const struct dl_symbol symbols[] = {{"cos", &cosine, true},
                                        {"no_such_function", &nothing, false}};
    struct err err = {0};
    CHECK_OK(dl_open(names, symbols, 2, &err), &err);
    assert_true(cosine(0) == 1.0);
    assert_true(nothing == NULL);
}

static void absence_says_what_is_missing(void **state)
{
    (void)state;
    static const char *const missing[] = {"libno-such-thing.so.9", NULL};
    static const char *const math[] = {"libm.so.6", NULL};
    const struct dl_symbol required = {"no_such_function", &nothing, true};
    struct err err = {0};
    assert_false(dl_open(missing, &required, 1, &err));
    CHECK_ERR(&err, "the library \"libno-such-thing.so.9\" cannot be loaded");
    assert_false(dl_open(math, &required, 1, &err));
    CHECK_ERR(&err, "lacks \"no_such_function\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_library_that_is_there_fills_the_slots),
        TEST(absence_says_what_is_missing),
    };
    return RUN_TESTS(tests);
}
