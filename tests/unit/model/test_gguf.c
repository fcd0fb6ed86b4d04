#include "model/gguf.h"

#include "model/ggml_type.h"
#include "model/gguf_bytes.h"
#include "test.h"

struct world {
    struct arena a;
    struct strbuf b;
    struct err err;
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

static bool parse_n(struct world *w, size_t n, uint64_t file_size)
{
    /* an exact copy on the heap, so that a sanitizer sees a read of one byte too many */
    char *copy = malloc(n ? n : 1);
    memcpy(copy, strbuf_cstr(&w->b), n);
    w->err = (struct err){0};
    bool done = gguf_parse(&w->a, (struct str){copy, n}, file_size, &w->g, &w->err);
    free(copy);
    return done;
}

static bool parse(struct world *w)
{
    w->err = (struct err){0};
    return gguf_parse(&w->a, (struct str){strbuf_cstr(&w->b), w->b.len}, w->b.len, &w->g, &w->err);
}

/* Two tensors, one of each kind of value. */
static void small_file(struct world *w)
{
    const uint32_t list[] = {7, 8, 9};
    put_header(&w->b, 2, 9);
    put_kv_str(&w->b, "general.architecture", "llama");
    put_kv_u32(&w->b, "llama.block_count", 22);
    put_kv_u32s(&w->b, "llama.list", list, 3);
    put_str(&w->b, "tokenizer.ggml.tokens");
    put_u32(&w->b, GGUF_ARRAY);
    put_u32(&w->b, GGUF_STRING);
    put_u64(&w->b, 2);
    put_str(&w->b, "<s>");
    put_str(&w->b, "hello");
    put_str(&w->b, "f");
    put_u32(&w->b, GGUF_F32);
    put_u32(&w->b, 0x3fc00000); /* 1.5 */
    put_str(&w->b, "flag");
    put_u32(&w->b, GGUF_BOOL);
    strbuf_addc(&w->b, 1);
    put_str(&w->b, "negative");
    put_u32(&w->b, GGUF_I32);
    put_u32(&w->b, (uint32_t)-3);
    put_str(&w->b, "big");
    put_u32(&w->b, GGUF_U64);
    put_u64(&w->b, (uint64_t)1 << 40);
    put_str(&w->b, "empty");
    put_u32(&w->b, GGUF_ARRAY);
    put_u32(&w->b, GGUF_U8);
    put_u64(&w->b, 0);
    put_tensor(&w->b, "a.weight", TYPE_Q4_0, 64, 3, 0); /* 2 blocks x 3 rows x 18 = 108 -> 128 */
    put_tensor(&w->b, "b.weight", TYPE_F32, 5, 1, 128);
    put_data(&w->b, 32, 128 + 20);
}

static void values_and_tensors_are_read(void **state)
{
    struct world *w = *state;
    small_file(w);
    CHECK_OK(parse(w), &w->err);
    uint64_t n = 0;
    double f = 0;
    bool flag = false;
    struct str s;
    assert_int_equal(w->g.version, 3);
    assert_true(gguf_str(&w->g, "general.architecture", &s) && str_eq(s, "llama"));
    assert_true(gguf_u64(&w->g, "llama.block_count", &n) && n == 22);
    assert_true(gguf_u64(&w->g, "big", &n) && n == (uint64_t)1 << 40);
    assert_true(gguf_f64(&w->g, "f", &f) && f == 1.5);
    assert_true(gguf_f64(&w->g, "llama.block_count", &f) && f == 22);
    assert_true(gguf_bool(&w->g, "flag", &flag) && flag);
    n = 5;
    assert_false(gguf_u64(&w->g, "negative", &n));
    assert_false(gguf_u64(&w->g, "missing", &n));
    assert_false(gguf_u64(&w->g, "general.architecture", &n));
    assert_false(gguf_u64(&w->g, "llama.list", &n));
    assert_int_equal(n, 5);
    const struct gguf_kv *list = gguf_find(&w->g, "llama.list");
    assert_true(gguf_element_u64(list, 2, &n) && n == 9);
    assert_false(gguf_element_u64(list, 3, &n));
    const struct gguf_kv *tokens = gguf_find(&w->g, "tokenizer.ggml.tokens");
    assert_true(gguf_element_str(tokens, 1, &s) && str_eq(s, "hello"));
    assert_false(gguf_element_str(tokens, 2, &s));
    assert_false(gguf_element_u64(gguf_find(&w->g, "empty"), 0, &n));

    assert_int_equal(w->g.n_tensors, 2);
    assert_int_equal(w->g.tensors[0].bytes, 108);
    assert_int_equal(w->g.tensors[1].bytes, 20);
    assert_int_equal(w->g.tensors[1].dims[2], 1);
    assert_int_equal(w->g.data_bytes, 160);
    assert_int_equal(w->g.data_offset % 32, 0);
}

static void truncated_at_every_byte_it_is_refused(void **state)
{
    struct world *w = *state;
    small_file(w);
    for (size_t n = 0; n < w->b.len; n++) {
        assert_false(parse_n(w, n, n));
        assert_true(w->err.cause[0] && w->err.place[0]);
    }
    assert_true(parse_n(w, w->b.len, w->b.len));
    /* the header alone is enough when the file is known to be longer */
    size_t header = w->b.len - 148;
    assert_true(parse_n(w, header, w->b.len));
    assert_false(parse_n(w, header, w->b.len - 1));
    CHECK_ERR(&w->err, "inside the data of tensor \"b.weight\"");
    CHECK_ERR(&w->err, "fetch it again");
}

static void any_single_byte_may_lie(void **state)
{
    struct world *w = *state;
    small_file(w);
    for (size_t i = 0; i < w->b.len - 148; i++) {
        char was = w->b.p[i];
        for (int v = 0; v < 256; v += 15) {
            w->b.p[i] = (char)v;
            parse_n(w, w->b.len, w->b.len); /* must not crash, read outside or allocate wildly */
            assert_true(w->a.used < 64 << 20);
        }
        w->b.p[i] = was;
        arena_release(&w->a);
    }
}

static void lying_counts_are_bounded_by_the_file(void **state)
{
    struct world *w = *state;
    static const uint64_t lies[] = {1000, UINT32_MAX, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        strbuf_clear(&w->b);
        put_header(&w->b, lies[i], 0);
        strbuf_pad(&w->b, 0, 100);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "tensors are more than the file can hold, at byte 8");

        strbuf_clear(&w->b);
        put_header(&w->b, 0, lies[i]);
        strbuf_pad(&w->b, 0, 100);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "keys are more than the file can hold, at byte 16");

        strbuf_clear(&w->b);
        put_header(&w->b, 0, 1);
        put_str(&w->b, "k");
        put_u32(&w->b, GGUF_ARRAY);
        put_u32(&w->b, GGUF_U64);
        put_u64(&w->b, lies[i]);
        strbuf_pad(&w->b, 0, 100);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "more than the file holds");

        strbuf_clear(&w->b);
        put_header(&w->b, 0, 1);
        put_u64(&w->b, lies[i]);
        strbuf_pad(&w->b, 'x', 100);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "longer than the rest of the file, at byte 24");
    }
    assert_true(w->a.used < 4096);
}

static void tensors_that_overlap_or_gap_are_refused(void **state)
{
    struct world *w = *state;
    static const uint64_t offsets[] = {0, 32, 160, UINT64_MAX};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        strbuf_clear(&w->b);
        put_header(&w->b, 2, 0);
        put_tensor(&w->b, "a", TYPE_F32, 32, 1, 0);
        put_tensor(&w->b, "b", TYPE_F32, 32, 1, offsets[i]);
        put_data(&w->b, 32, 512);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "tensor \"b\" starts at");
    }
}

static void impossible_tensors_are_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        uint32_t type;
        uint64_t ne0, ne1;
        const char *why;
    } bad[] = {
        {TYPE_Q4_K, 100, 1, "not a multiple of the Q4_K block (256)"},
        {4, 32, 1, "does not know"},
        {99, 32, 1, "does not know"},
        {TYPE_F32, UINT64_MAX, 2, "too many elements"},
        {TYPE_F32, (uint64_t)1 << 62, 1, "larger than any file"},
        {TYPE_F32, 1 << 20, 1 << 20, "the file ends inside"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        strbuf_clear(&w->b);
        put_header(&w->b, 1, 0);
        put_tensor(&w->b, "t", bad[i].type, bad[i].ne0, bad[i].ne1, 0);
        put_data(&w->b, 32, 256);
        assert_false(parse(w));
        CHECK_ERR(&w->err, bad[i].why);
    }
    strbuf_clear(&w->b);
    put_header(&w->b, 1, 0);
    put_str(&w->b, "t");
    put_u32(&w->b, 5);
    strbuf_pad(&w->b, 0, 64);
    assert_false(parse(w));
    CHECK_ERR(&w->err, "has 5 dimensions");
}

static void names_must_be_unique_and_short(void **state)
{
    struct world *w = *state;
    put_header(&w->b, 0, 2);
    put_kv_u32(&w->b, "k", 1);
    put_kv_u32(&w->b, "k", 2);
    assert_false(parse(w));
    CHECK_ERR(&w->err, "the key \"k\" appears twice");

    strbuf_clear(&w->b);
    put_header(&w->b, 2, 0);
    put_tensor(&w->b, "t", TYPE_F32, 8, 1, 0);
    put_tensor(&w->b, "t", TYPE_F32, 8, 1, 32);
    put_data(&w->b, 32, 64);
    assert_false(parse(w));
    CHECK_ERR(&w->err, "the tensor \"t\" appears twice");

    char longest[65];
    memset(longest, 'n', 64);
    longest[64] = '\0';
    strbuf_clear(&w->b);
    put_header(&w->b, 1, 0);
    put_tensor(&w->b, longest, TYPE_F32, 8, 1, 0);
    put_data(&w->b, 32, 64);
    assert_false(parse(w));
    CHECK_ERR(&w->err, "longer than 63");
}

static void other_files_are_named(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *why;
    } files[] = {
        {"lmgg\1\0\0\0", 8, "an old GGML file"},
        {"PK\3\4....", 8, "a zip archive"},
        {"version https://git-lfs", 23, "a git-lfs pointer"},
        {"<!DOCTYPE html>", 15, "a web page"},
        {"hello world", 11, "does not start with \"GGUF\""},
        {"GG", 2, "needs 4 more bytes"},
        {"GGUF\0\0\0\3........", 16, "big-endian"},
        {"GGUF\1\0\0\0........", 16, "version 1 is no longer supported"},
        {"GGUF\4\0\0\0........", 16, "version 4 is newer"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        strbuf_clear(&w->b);
        strbuf_add(&w->b, files[i].bytes, files[i].n);
        assert_false(parse(w));
        CHECK_ERR(&w->err, files[i].why);
    }
}

static void alignment_is_honoured_and_checked(void **state)
{
    struct world *w = *state;
    put_header(&w->b, 2, 1);
    put_kv_u32(&w->b, "general.alignment", 64);
    put_tensor(&w->b, "a", TYPE_F32, 1, 1, 0);
    put_tensor(&w->b, "b", TYPE_F32, 1, 1, 64);
    put_data(&w->b, 64, 68);
    CHECK_OK(parse(w), &w->err);
    assert_int_equal(w->g.data_offset % 64, 0);
    static const uint32_t bad[] = {0, 3, 48, 1u << 31};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        strbuf_clear(&w->b);
        put_header(&w->b, 0, 1);
        put_kv_u32(&w->b, "general.alignment", bad[i]);
        assert_false(parse(w));
        CHECK_ERR(&w->err, "power of 2");
    }
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(values_and_tensors_are_read),
        WORLD_TEST(truncated_at_every_byte_it_is_refused),
        WORLD_TEST(any_single_byte_may_lie),
        WORLD_TEST(lying_counts_are_bounded_by_the_file),
        WORLD_TEST(tensors_that_overlap_or_gap_are_refused),
        WORLD_TEST(impossible_tensors_are_refused),
        WORLD_TEST(names_must_be_unique_and_short),
        WORLD_TEST(other_files_are_named),
        WORLD_TEST(alignment_is_honoured_and_checked),
    };
    return RUN_TESTS(tests);
}
