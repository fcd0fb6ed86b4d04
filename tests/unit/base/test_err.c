#include "test.h"

static void a_line_reads_cause_place_hint(void **state)
{
    (void)state;
    struct err err = {0};
    char text[256];
    assert_false(err_set(&err, ERR_FAILED, "needs %d more bytes", 8));
    err_place(&err, "at byte %d", 20);
    err_place(&err, "in \"x.gguf\"");
    err_hint(&err, "download it again");
    err_hint(&err, "never shown: the first hint stays");
    assert_string_equal(err_text(&err, text, sizeof(text)),
                        "needs 8 more bytes, at byte 20, in \"x.gguf\"; download it again");
}

static void a_second_cause_starts_afresh(void **state)
{
    (void)state;
    struct err err = {0};
    char text[256];
    err_set(&err, ERR_FAILED, "first");
    err_place(&err, "somewhere");
    err_hint(&err, "do something");
    err_set(&err, ERR_USAGE, "second");
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err_text(&err, text, sizeof(text)), "second");
}

static void control_bytes_never_reach_a_terminal(void **state)
{
    (void)state;
    struct err err = {0};
    char text[256];
    err_set(&err, ERR_FAILED, "cannot open \"a\nb\x1b[31m\"");
    assert_string_equal(err_text(&err, text, sizeof(text)), "cannot open \"a?b?[31m\"");
}

static void overlong_parts_are_cut_not_overrun(void **state)
{
    (void)state;
    struct err err = {0};
    char text[64], big[4096];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    err_set(&err, ERR_FAILED, "%s", big);
    for (int i = 0; i < 10; i++)
        err_place(&err, "%s", big);
    assert_int_equal(strlen(err.cause), sizeof(err.cause) - 1);
    assert_int_equal(strlen(err.place), sizeof(err.place) - 1);
    assert_int_equal(strlen(err_text(&err, text, sizeof(text))), sizeof(text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_reads_cause_place_hint),
        TEST(a_second_cause_starts_afresh),
        TEST(control_bytes_never_reach_a_terminal),
        TEST(overlong_parts_are_cut_not_overrun),
    };
    return RUN_TESTS(tests);
}
