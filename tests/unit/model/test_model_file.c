#include "model/model_file.h"

#include "model/model_bytes.h"

struct world {
    struct arena a;
    struct err err;
    struct fs *fs;
    struct model_file file;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->fs = fs_memory(&w->a);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    model_file_close(&w->file);
    arena_release(&w->a);
    free(w);
    return 0;
}

/* Keys without an architecture make a later shard. */
static void add_file(struct world *w, const char *path, const char *arch, const char *keys)
{
    static const struct tensor_row rows[] = {{"blk.0.attn_q.weight", TYPE_F32, 32, 2}};
    struct strbuf b = {0};
    put_model(&b, arch, keys, rows, 1);
    put_data(&b, 32, 256);
    char *copy = arena_alloc(&w->a, b.len);
    memcpy(copy, b.p, b.len);
    fs_memory_add(w->fs, path, copy, b.len);
    strbuf_release(&b);
}

static bool open_file(struct world *w, const char *path)
{
    model_file_close(&w->file);
    w->err = (struct err){0};
    return model_file_open(&w->file, &w->a, w->fs, path, &w->err);
}

static void add_set(struct world *w, uint32_t count, uint32_t missing)
{
    for (uint32_t no = 1; no <= count; no++)
        if (no != missing)
            add_file(w, arena_printf(&w->a, "/m/x-%05u-of-%05u.gguf", no, count),
                     no == 1 ? "llama" : NULL,
                     arena_printf(&w->a, "%s@split.no=%u @split.count=%u",
                                  no == 1 ? BASICS " " : "", no - 1, count));
}

static void one_file_is_a_model(void **state)
{
    struct world *w = *state;
    add_file(w, "/m/x.gguf", "llama", BASICS);
    CHECK_OK(open_file(w, "/m/x.gguf"), &w->err);
    struct model m = w->file.model;
    assert_int_equal(w->file.n, 1);
    assert_int_equal(m.file_bytes, fs_stat(w->fs, "/m/x.gguf").size);
    model_file_close(&w->file); /* what was read outlives the mapping */
    assert_string_equal(m.path, "/m/x.gguf");
    assert_int_equal(m.n_files, 1);
    assert_int_equal(m.weights_bytes, 256);
    assert_string_equal(m.architecture, "llama");
    assert_int_equal(w->file.n, 0);
}

static void any_shard_names_the_set(void **state)
{
    struct world *w = *state;
    add_set(w, 3, 0);
    for (unsigned no = 1; no <= 3; no++) {
        CHECK_OK(open_file(w, arena_printf(&w->a, "/m/x-%05u-of-00003.gguf", no)), &w->err);
        assert_string_equal(w->file.model.path, "/m/x-00001-of-00003.gguf");
        assert_int_equal(w->file.model.n_files, 3);
        assert_string_equal(w->file.model.files[2], "/m/x-00003-of-00003.gguf");
        assert_int_equal(w->file.model.weights_bytes, 3 * 256);
        uint64_t sum = 0;
        for (size_t i = 0; i < 3; i++)
            sum += fs_stat(w->fs, w->file.model.files[i]).size;
        assert_int_equal(w->file.model.file_bytes, sum);
    }
}

static void missing_shards_are_named_and_counted(void **state)
{
    struct world *w = *state;
    add_set(w, 3, 2);
    assert_false(open_file(w, "/m/x-00001-of-00003.gguf"));
    CHECK_ERR(&w->err, "1 of 3 shards are missing: \"x-00002-of-00003.gguf\"");
    CHECK_ERR(&w->err, "same folder");
    add_file(w, "/m/y-00001-of-00009.gguf", "llama", BASICS);
    assert_false(open_file(w, "/m/y-00001-of-00009.gguf"));
    CHECK_ERR(&w->err, "8 of 9 shards are missing: ");
    CHECK_ERR(&w->err, "\"y-00004-of-00009.gguf\", ...;");
}

static void shards_must_be_what_their_names_say(void **state)
{
    struct world *w = *state;
    add_file(w, "/a/x-00001-of-00002.gguf", "llama", BASICS " @split.no=0 @split.count=2");
    add_file(w, "/a/x-00002-of-00002.gguf", NULL, "@split.no=0 @split.count=2");
    assert_false(open_file(w, "/a/x-00001-of-00002.gguf"));
    CHECK_ERR(&w->err, "\"/a/x-00002-of-00002.gguf\" says it is shard 1 of 2, not what");
    add_file(w, "/b/x-00001-of-00001.gguf", "llama", BASICS " @split.no=0 @split.count=2");
    assert_false(open_file(w, "/b/x-00001-of-00001.gguf"));
    CHECK_ERR(&w->err, "says it is shard 1 of 2");
    add_file(w, "/c/x-00001-of-00001.gguf", "llama", BASICS);
    assert_false(open_file(w, "/c/x-00001-of-00001.gguf"));
    CHECK_ERR(&w->err, "is named as a shard but holds no split keys");
}

static void a_renamed_shard_is_told_from_a_whole_model(void **state)
{
    struct world *w = *state;
    add_file(w, "/m/mine.gguf", "llama", BASICS " @split.no=0 @split.count=4");
    assert_false(open_file(w, "/m/mine.gguf"));
    CHECK_ERR(&w->err, "\"/m/mine.gguf\" is one of 4 shards but was renamed");
    CHECK_ERR(&w->err, "-00001-of-00004.gguf");
    add_file(w, "/m/alone.gguf", "llama", BASICS " @split.no=0 @split.count=1");
    CHECK_OK(open_file(w, "/m/alone.gguf"), &w->err); /* merged again: the keys stay */
}

static void what_cannot_be_read_is_refused_with_its_name(void **state)
{
    struct world *w = *state;
    fs_memory_add(w->fs, "/m/empty.gguf", "", 0);
    assert_false(open_file(w, "/m/empty.gguf"));
    CHECK_ERR(&w->err, "\"/m/empty.gguf\" is empty");
    CHECK_ERR(&w->err, "fetch it again");
    fs_memory_add(w->fs, "/m/text.gguf", "hello", 5);
    assert_false(open_file(w, "/m/text.gguf"));
    CHECK_ERR(&w->err, "in \"/m/text.gguf\"");
    add_file(w, "/m/odd.gguf", "llama", "block_count=4");
    assert_false(open_file(w, "/m/odd.gguf"));
    CHECK_ERR(&w->err, "context_length\" is missing, in \"/m/odd.gguf\"");
    assert_false(open_file(w, "/m/none.gguf"));
    CHECK_ERR(&w->err, "/m/none.gguf");
    assert_false(open_file(w, "/m/z-00001-of-00002.gguf")); /* not even the shard named */
    CHECK_ERR(&w->err, "/m/z-00001-of-00002.gguf");
    assert_int_equal(w->file.n, 0); /* nothing stays mapped */
}

static void a_truncated_shard_is_refused_at_every_byte(void **state)
{
    struct world *w = *state;
    add_set(w, 2, 2);
    struct strbuf b = {0};
    static const struct tensor_row rows[] = {{"blk.0.attn_q.weight", TYPE_F32, 32, 2}};
    put_model(&b, NULL, "@split.no=1 @split.count=2", rows, 1);
    put_data(&b, 32, 256);
    for (size_t n = 0; n <= b.len; n++) {
        struct arena a = {0};
        struct fs *fs = fs_memory(&a);
        struct fs_map first;
        struct err err = {0};
        CHECK_OK(fs_map(w->fs, "/m/x-00001-of-00002.gguf", &first, &err), &err);
        fs_memory_add(fs, "/x-00001-of-00002.gguf", first.p, (size_t)first.size);
        fs_memory_add(fs, "/x-00002-of-00002.gguf", b.p, n);
        bool opened = model_file_open(&w->file, &a, fs, "/x-00001-of-00002.gguf", &err);
        assert_int_equal(opened, n == b.len);
        if (!opened)
            CHECK_ERR(&err, "/x-00002-of-00002.gguf\"");
        model_file_close(&w->file);
        fs_unmap(&first);
        arena_release(&a);
    }
    strbuf_release(&b);
}

static void only_names_of_shards_are_split(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "x.gguf",
        "-00001-of-00002.gguf", /* no stem */
        "x-00001-of-00002.bin",
        "x-0001-of-0002.gguf",
        "x-00000-of-00002.gguf",
        "x-00003-of-00002.gguf",
        "x-00001-of-00000.gguf",
        "x-00001-of-01000.gguf", /* more than llama.cpp takes */
        "x-0000a-of-00002.gguf",
        "x_00001-of-00002.gguf",
        "x-00001-or-00002.gguf",
    };
    uint32_t no = 0, count = 0;
    size_t stem = 0;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(split_name(others[i], &no, &count, &stem));
    assert_true(split_name("/a/x-00002-of-00999.gguf", &no, &count, &stem));
    assert_int_equal(no, 2);
    assert_int_equal(count, 999);
    assert_int_equal(stem, 4);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(one_file_is_a_model),
        WORLD_TEST(any_shard_names_the_set),
        WORLD_TEST(missing_shards_are_named_and_counted),
        WORLD_TEST(shards_must_be_what_their_names_say),
        WORLD_TEST(a_renamed_shard_is_told_from_a_whole_model),
        WORLD_TEST(what_cannot_be_read_is_refused_with_its_name),
        WORLD_TEST(a_truncated_shard_is_refused_at_every_byte),
        WORLD_TEST(only_names_of_shards_are_split),
    };
    return RUN_TESTS(tests);
}
