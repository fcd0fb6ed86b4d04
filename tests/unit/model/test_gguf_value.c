/* Values of every type, as gguf_value.c reads them. */
#include "base/attr.h"
#include "model/gguf_bytes.h"
#include "model/gguf_writer.h"
#include "test.h"

struct world {
    struct arena a;
    struct strbuf b;
    struct gguf g;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct world));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    strbuf_release(&w->b);
    free(w);
    return 0;
}

/* One key "v" of this type; the bytes of `bits` from the lowest. */
static void one_value(struct world *w, enum gguf_type type, uint64_t bits)
{
    struct err err = {0};
    strbuf_clear(&w->b);
    put_header(&w->b, 0, 1);
    put_str(&w->b, "v");
    put_u32(&w->b, type);
    for (unsigned i = 0; i < gguf_type_bytes(type); i++)
        strbuf_addc(&w->b, (char)(bits >> (8 * i)));
    CHECK_OK(gguf_parse(&w->a, (struct str){w->b.p, w->b.len}, w->b.len, &w->g, &err), &err);
}

static const struct {
    enum gguf_type type;
    uint64_t bits;
    bool whole; /* a number that can count something... */
    uint64_t v; /* ...namely this */
} numbers[] = {
    {GGUF_U8, 200, true, 200},
    {GGUF_I8, 100, true, 100},
    {GGUF_I8, 0xff, false, 0}, /* -1 */
    {GGUF_U16, 0xfffe, true, 0xfffe},
    {GGUF_I16, 0x7fff, true, 0x7fff},
    {GGUF_I16, 0x8000, false, 0},
    {GGUF_U32, UINT32_MAX, true, UINT32_MAX},
    {GGUF_I32, INT32_MAX, true, INT32_MAX},
    {GGUF_I32, UINT32_MAX, false, 0},
    {GGUF_U64, (uint64_t)1 << 62, true, (uint64_t)1 << 62},
    {GGUF_U64, UINT64_MAX, false, 0}, /* beyond any count */
    {GGUF_I64, 5, true, 5},
    {GGUF_I64, UINT64_MAX, false, 0},
    {GGUF_F32, 0x40000000, false, 0}, /* 2.0 */
};

static void whole_numbers_of_every_type_are_read(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        uint64_t got = 77;
        double real = 77;
        one_value(w, numbers[i].type, numbers[i].bits);
        assert_int_equal(gguf_u64(&w->g, "v", &got), numbers[i].whole);
        assert_int_equal(got, numbers[i].whole ? numbers[i].v : 77);
        bool number = numbers[i].whole || numbers[i].type == GGUF_F32;
        assert_int_equal(gguf_f64(&w->g, "v", &real), number);
        if (numbers[i].whole)
            assert_true(real == (double)numbers[i].v);
    }
}

static void reals_are_read_in_both_widths(void **state)
{
    struct world *w = *state;
    double real = 0;
    one_value(w, GGUF_F32, 0xc0200000);
    assert_true(gguf_f64(&w->g, "v", &real) && real == -2.5);
    one_value(w, GGUF_F64, 0x3fd0000000000000);
    assert_true(gguf_f64(&w->g, "v", &real) && real == 0.25);
    one_value(w, GGUF_BOOL, 1);
    assert_true(gguf_f64(&w->g, "v", &real) && real == 1);
}

static void a_boolean_is_no_number_and_no_number_a_boolean(void **state)
{
    struct world *w = *state;
    bool flag = true;
    uint64_t n = 7;
    one_value(w, GGUF_BOOL, 0);
    assert_true(gguf_bool(&w->g, "v", &flag) && !flag);
    assert_false(gguf_u64(&w->g, "v", &n));
    assert_true(gguf_element_u64(gguf_find(&w->g, "v"), 0, &n) && n == 0);
    one_value(w, GGUF_U8, 1);
    assert_false(gguf_bool(&w->g, "v", &flag));
    assert_false(gguf_bool(&w->g, "other", &flag));
    assert_false(flag);
}

static void arrays_are_read_by_element_within_their_bounds(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct gguf_writer writer;
    uint64_t n = 0;
    double real = 0;
    struct str s = {0};
    gguf_write_begin(&writer);
    gguf_write_array(&writer, "ints", GGUF_I32, 3);
    gguf_put_i32(&writer, 5);
    gguf_put_i32(&writer, -6);
    gguf_put_i32(&writer, 7);
    gguf_write_array(&writer, "words", GGUF_STRING, 2);
    gguf_put_str(&writer, "", 0);
    gguf_put_str(&writer, "two", 3);
    gguf_write_end(&writer);
    CHECK_OK(
        gguf_parse(&w->a, (struct str){writer.out.p, writer.out.len}, writer.out.len, &w->g, &err),
        &err);
    const struct gguf_kv *ints = gguf_find(&w->g, "ints"), *words = gguf_find(&w->g, "words");
    assert_true(gguf_element_u64(ints, 2, &n) && n == 7);
    assert_false(gguf_element_u64(ints, 1, &n)); /* negative */
    assert_false(gguf_element_u64(ints, 3, &n));
    assert_false(gguf_element_u64(ints, UINT64_MAX / 4 + 1, &n)); /* times 4 would be 0 again */
    assert_false(gguf_element_u64(words, 0, &n));
    assert_false(gguf_f64(&w->g, "ints", &real));
    assert_false(gguf_element_str(ints, 0, &s));
    assert_true(gguf_element_str(words, 0, &s) && s.n == 0);
    assert_true(gguf_element_str(words, 1, &s) && str_eq(s, "two"));
    assert_false(gguf_element_str(words, 2, &s));
    assert_false(gguf_str(&w->g, "words", &s)); /* an array is no text */
    strbuf_release(&writer.out);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(whole_numbers_of_every_type_are_read),
        WORLD_TEST(reals_are_read_in_both_widths),
        WORLD_TEST(a_boolean_is_no_number_and_no_number_a_boolean),
        WORLD_TEST(arrays_are_read_by_element_within_their_bounds),
    };
    return RUN_TESTS(tests);
}
