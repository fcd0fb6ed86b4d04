#include "base/cursor.h"
#include "test.h"

static void little_endian_values_are_read_in_order(void **state)
{
    (void)state;
    const unsigned char bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0, 0,   0x80,
                                   0x3f, 1,    0,    0,    0,    0,    0,    0, 0x80};
    struct err err = {0};
    struct cursor c = cursor_over(bytes, sizeof(bytes), &err);
    assert_int_equal(cursor_u8(&c), 0x01);
    assert_int_equal(cursor_u16(&c), 0x0302);
    assert_int_equal(cursor_u32(&c), 0x07060504);
    assert_true(cursor_f32(&c) == 1.0f);
    assert_true(cursor_u64(&c) == 0x8000000000000001u);
    assert_true(cursor_ok(&c));
    assert_int_equal(cursor_left(&c), 0);
}

static void the_first_error_sticks_with_its_offset(void **state)
{
    (void)state;
    const unsigned char bytes[] = {1, 2, 3, 4, 5};
    struct err err = {0};
    struct cursor c = cursor_over(bytes, sizeof(bytes), &err);
    cursor_u32(&c);
    assert_int_equal(cursor_u32(&c), 0);
    assert_int_equal(cursor_u8(&c), 0); /* there is one byte, but the cursor has failed */
    cursor_fail_at(&c, 99, "never shown");
    assert_false(cursor_ok(&c));
    CHECK_ERR(&err, "needs 4 more bytes, the file has 1, at byte 4");
}

static void a_length_near_the_top_of_64_bits_does_not_wrap(void **state)
{
    (void)state;
    const unsigned char bytes[16] = {0};
    struct err err = {0};
    struct cursor c = cursor_over(bytes, sizeof(bytes), &err);
    cursor_u64(&c);
    assert_false(cursor_skip(&c, UINT64_MAX - 4));
    CHECK_ERR(&err, "at byte 8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(little_endian_values_are_read_in_order),
        TEST(the_first_error_sticks_with_its_offset),
        TEST(a_length_near_the_top_of_64_bits_does_not_wrap),
    };
    return RUN_TESTS(tests);
}
