#include "base/units.h"
#include "test.h"

static void bytes_have_three_digits(void **state)
{
    (void)state;
    char t[UNITS_TEXT];
    assert_string_equal(units_bytes(0, t), "0 B");
    assert_string_equal(units_bytes(999, t), "999 B");
    assert_string_equal(units_bytes(1024, t), "1.00 KB");
    assert_string_equal(units_bytes(MIB - 1, t), "1.00 MB");
    assert_string_equal(units_bytes(16 * GIB, t), "16.0 GB");
    assert_string_equal(units_bytes(123 * GIB + GIB / 2, t), "124 GB");
    assert_string_equal(units_gib(GIB + GIB / 2, t), "1.50");
}

static void counts_and_rates(void **state)
{
    (void)state;
    char t[UNITS_TEXT];
    assert_string_equal(units_count(0, t), "0");
    assert_string_equal(units_count(131072, t), "131,072");
    assert_string_equal(units_count(1000, t), "1,000");
    assert_string_equal(units_params(8030261248, t), "8.03B");
    assert_string_equal(units_params(494032768, t), "494M");
    assert_string_equal(units_rate(0.27, t), "0.27");
    assert_string_equal(units_rate(46.21, t), "46.2");
    assert_string_equal(units_rate(1180.4, t), "1,180");
}

static void sizes_are_parsed_with_and_without_units(void **state)
{
    (void)state;
    struct err err = {0};
    uint64_t bytes = 1;
    CHECK_OK(units_parse_bytes("16", GIB, &bytes, &err), &err);
    assert_true(bytes == 16 * GIB);
    CHECK_OK(units_parse_bytes("1.5g", 1, &bytes, &err), &err);
    assert_true(bytes == GIB + GIB / 2);
    CHECK_OK(units_parse_bytes("512 MiB", 1, &bytes, &err), &err);
    assert_true(bytes == 512 * MIB);
    const char *bad[] = {"", "x", "-1G", "1Q", "1e99", "nan", "inf", "0x10", "16GBB"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(units_parse_bytes(bad[i], 1, &bytes, &err));
        CHECK_ERR(&err, "is not a size");
    }
    assert_true(bytes == 512 * MIB);
}

static void arithmetic_saturates(void **state)
{
    (void)state;
    assert_true(units_mul(1u << 31, 1u << 31) == (uint64_t)1 << 62);
    assert_true(units_mul(UINT64_MAX, 2) == UINT64_MAX);
    assert_true(units_add(UINT64_MAX, 1) == UINT64_MAX);
    assert_true(units_round_up(257, 256) == 512);
    assert_true(units_round_up(256, 256) == 256);
    assert_true(units_round_up(UINT64_MAX - 1, 256) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_have_three_digits),
        TEST(counts_and_rates),
        TEST(sizes_are_parsed_with_and_without_units),
        TEST(arithmetic_saturates),
    };
    return RUN_TESTS(tests);
}
