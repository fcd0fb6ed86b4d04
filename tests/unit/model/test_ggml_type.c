#include "model/ggml_type.h"

#include "test.h"

static void every_type_is_found_by_its_name_in_any_case(void **state)
{
    (void)state;
    uint32_t known = 0;
    for (uint32_t id = 0; id < TYPE_COUNT; id++) {
        const struct ggml_type *t = ggml_type_get(id);
        char lower[16];
        if (!t)
            continue;
        known++;
        assert_int_equal(ggml_type_find(t->name), id);
        for (size_t i = 0; i <= strlen(t->name); i++)
            lower[i] =
                (char)(t->name[i] >= 'A' && t->name[i] <= 'Z' ? t->name[i] + 32 : t->name[i]);
        assert_int_equal(ggml_type_find(lower), id);
        assert_true(t->block_elems > 0 && t->block_bytes > 0);
        assert_true(t->quantized == (t->block_elems > 1));
    }
    assert_int_equal(known, 35);
}

static void removed_and_future_types_are_unknown(void **state)
{
    (void)state;
    static const uint32_t none[] = {4, 5, 31, 33, 36, 38, TYPE_COUNT, UINT32_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(ggml_type_get(none[i]));
    assert_int_equal(ggml_type_find("Q4_2"), TYPE_COUNT);
    assert_int_equal(ggml_type_find(""), TYPE_COUNT);
}

static void a_row_has_whole_blocks(void **state)
{
    (void)state;
    assert_int_equal(ggml_type_row_bytes(ggml_type_get(TYPE_Q4_K), 4096), 4096 / 256 * 144);
    assert_int_equal(ggml_type_row_bytes(ggml_type_get(TYPE_F16), 3), 6);
    /* "Q8_0" is called 8.5 bits per weight */
    assert_int_equal(ggml_type_row_bytes(ggml_type_get(TYPE_Q8_0), 32 * 100) * 8, 85 * 32 * 10);
}

static void file_types_have_names_and_numbers(void **state)
{
    (void)state;
    uint32_t id = 99, known = 0;
    assert_string_equal(file_type_name(15), "Q4_K_M");
    assert_null(file_type_name(4)); /* removed */
    assert_null(file_type_name(1024));
    assert_true(file_type_find("iq4_xs", &id));
    assert_int_equal(id, 30);
    assert_false(file_type_find("Q4_K_XL", &id));
    assert_int_equal(id, 30);
    for (uint32_t i = 0; i < 1024; i++)
        if (file_type_name(i)) {
            assert_true(file_type_find(file_type_name(i), &id) && id == i);
            known++;
        }
    assert_int_equal(known, 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_type_is_found_by_its_name_in_any_case),
        TEST(removed_and_future_types_are_unknown),
        TEST(a_row_has_whole_blocks),
        TEST(file_types_have_names_and_numbers),
    };
    return RUN_TESTS(tests);
}
