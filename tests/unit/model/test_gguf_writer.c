#include "model/gguf_writer.h"
#include "test.h"

static void a_small_file_has_exactly_these_bytes(void **state)
{
    (void)state;
    static const unsigned char want[] =
        "GGUF\3\0\0\0"
        "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
        "\1\0\0\0\0\0\0\0a\4\0\0\0\4\3\2\1"
        "\1\0\0\0\0\0\0\0b\11\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0xy"
        "\1\0\0\0\0\0\0\0t\2\0\0\0\x20\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\10\0\0\0\x40\0\0\0\0\0\0\0";
    const uint64_t ne[4] = {32, 2, 1, 1};
    struct gguf_writer w;
    gguf_write_begin(&w);
    gguf_write_u32(&w, "a", 0x01020304);
    gguf_write_array(&w, "b", GGUF_STRING, 1);
    gguf_put_str(&w, "xy", 2);
    gguf_write_tensor(&w, "t", ne, 8, 64);
    gguf_write_end(&w);
    assert_int_equal(w.out.len % GGUF_DEFAULT_ALIGNMENT, 0);
    assert_true(w.out.len >= sizeof(want) - 1 && w.out.len < sizeof(want) + GGUF_DEFAULT_ALIGNMENT);
    assert_memory_equal(w.out.p, want, sizeof(want) - 1);
    for (size_t i = sizeof(want) - 1; i < w.out.len; i++)
        assert_int_equal(w.out.p[i], 0);
    strbuf_release(&w.out);
}

static void every_kind_of_value_has_its_type(void **state)
{
    (void)state;
    struct gguf_writer w;
    gguf_write_begin(&w);
    size_t start = w.out.len;
    gguf_write_f32(&w, "k", 1.5F);
    gguf_write_bool(&w, "k", true);
    gguf_write_str(&w, "k", "s");
    gguf_write_array(&w, "k", GGUF_I32, 1);
    gguf_put_i32(&w, -2);
    gguf_write_array(&w, "k", GGUF_F32, 1);
    gguf_put_f32(&w, 1.5F);
    gguf_write_array(&w, "k", GGUF_BOOL, 2);
    gguf_put_bool(&w, false);
    gguf_put_bool(&w, true);
#define KEY "\1\0\0\0\0\0\0\0k"
    static const char want[] = KEY
        "\6\0\0\0\0\0\xc0\x3f" KEY "\7\0\0\0\1" KEY "\10\0\0\0\1\0\0\0\0\0\0\0s" KEY
        "\11\0\0\0\5\0\0\0\1\0\0\0\0\0\0\0\xfe\xff\xff\xff" KEY
        "\11\0\0\0\6\0\0\0\1\0\0\0\0\0\0\0\0\0\xc0\x3f" KEY "\11\0\0\0\7\0\0\0\2\0\0\0\0\0\0\0\0\1";
    assert_int_equal(w.out.len - start, sizeof(want) - 1);
    assert_memory_equal(w.out.p + start, want, sizeof(want) - 1);
    gguf_write_end(&w);
    assert_int_equal(w.out.p[16], 6);
    strbuf_release(&w.out);
}

/* A key of another file, whatever its type, byte for byte. */
static void a_copied_key_is_the_same_key(void **state)
{
    (void)state;
    struct gguf_writer first, second;
    struct arena a = {0};
    struct err err = {0};
    struct gguf g;
    gguf_write_begin(&first);
    gguf_write_u32(&first, "n", 7);
    gguf_write_str(&first, "s", "text");
    gguf_write_array(&first, "list", GGUF_STRING, 2);
    gguf_put_str(&first, "one", 3);
    gguf_put_str(&first, "", 0);
    gguf_write_end(&first);
    struct str bytes = {first.out.p, first.out.len};
    CHECK_OK(gguf_parse(&a, bytes, bytes.n, &g, &err), &err);
    gguf_write_begin(&second);
    for (size_t i = 0; i < g.n_kv; i++)
        gguf_write_copy(&second, &g.kv[i]);
    gguf_write_end(&second);
    assert_int_equal(second.out.len, first.out.len);
    assert_memory_equal(second.out.p, first.out.p, first.out.len);
    strbuf_release(&first.out);
    strbuf_release(&second.out);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_small_file_has_exactly_these_bytes),
        TEST(every_kind_of_value_has_its_type),
        TEST(a_copied_key_is_the_same_key),
    };
    return RUN_TESTS(tests);
}
