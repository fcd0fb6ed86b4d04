#include "work/resolve.h"

#include <unistd.h>

#include "folder.h"
#include "model/gguf_writer.h"

static const char *no_variables(const char *name)
{
    (void)name;
    return NULL;
}

static struct stores_where stores_of(struct folder *f)
{
    struct stores_where where;
    stores_where_init(&where, &f->a, folder_path(f, "home"), no_variables);
    return where;
}

/* A header with one tensor, and nothing behind it that the reader needs. */
static const char *put_model(struct folder *f, const char *name)
{
    struct gguf_writer w;
    static const uint64_t ne[4] = {32, 1, 1, 1};
    const char *path = folder_put(f, name, "");
    gguf_write_begin(&w);
    gguf_write_str(&w, "general.architecture", "unheard-of");
    gguf_write_tensor(&w, "x", ne, 0, 0);
    gguf_write_end(&w);
    strbuf_pad(&w.out, '\0', 128);
    CHECK_OK(fs_replace(path, w.out.p, w.out.len, &f->err), &f->err);
    strbuf_release(&w.out);
    return path;
}

static bool resolves(struct folder *f, const char *argument, struct resolved *r)
{
    struct stores_where where = stores_of(f);
    f->err = (struct err){0};
    return resolve_model(&f->a, &(struct resolve_from){fs_real(), &where, NULL}, argument, r,
                         &f->err);
}

static void is_one(struct folder *f, const char *argument, const char *path)
{
    struct resolved r;
    CHECK_OK(resolves(f, argument, &r), &f->err);
    assert_string_equal(r.model.path, path);
    assert_int_equal(r.n_shards, 1);
    resolved_close(&r);
}

static void refused(struct folder *f, const char *argument, enum err_code code, const char *part)
{
    struct resolved r = {.n_shards = 77};
    assert_false(resolves(f, argument, &r));
    assert_int_equal(f->err.code, code);
    CHECK_ERR(&f->err, part);
    assert_int_equal(r.n_shards, 77);
}

static void a_file_is_itself_whatever_its_name(void **state)
{
    struct folder *f = *state;
    const char *path = put_model(f, "no ending");
    is_one(f, path, path);
}

static void a_folder_with_one_model_is_that_model(void **state)
{
    struct folder *f = *state;
    const char *path = put_model(f, "m/a.gguf");
    folder_put(f, "m/README.md", "text");
    put_model(f, "m/mmproj-a.gguf");
    is_one(f, folder_path(f, "m"), path);
}

static void several_models_are_listed_to_choose_from(void **state)
{
    struct folder *f = *state;
    put_model(f, "m/a.gguf");
    put_model(f, "m/b.gguf");
    refused(f, folder_path(f, "m"), ERR_USAGE, "\" is 2 models; name one of: a.gguf b.gguf");
    refused(f, folder_path(f, "m/*.gguf"), ERR_USAGE, "name one of: a.gguf b.gguf");
    for (int i = 0; i < 20; i++)
        put_model(f, arena_printf(&f->a, "m/c%02d.gguf", i));
    refused(f, folder_path(f, "m"), ERR_USAGE, "\" is 22 models; name one of: a.gguf b.gguf c00");
    assert_true(cstr_ends(f->err.hint, " ..."));
}

static void a_pattern_that_matches_one_file_is_that_file(void **state)
{
    struct folder *f = *state;
    put_model(f, "m/a-Q4.gguf");
    const char *path = put_model(f, "m/a-Q8.gguf");
    is_one(f, folder_path(f, "m/*-Q8*"), path);
}

static void a_split_set_counts_once(void **state)
{
    struct folder *f = *state;
    struct stores_where where = stores_of(f);
    struct model_paths paths = {0};
    put_model(f, "m/a-00001-of-00002.gguf");
    put_model(f, "m/a-00002-of-00002.gguf");
    CHECK_OK(resolve_paths(&f->a, &(struct resolve_from){fs_real(), &where, NULL},
                           folder_path(f, "m"), &paths, &f->err),
             &f->err);
    assert_int_equal(paths.n, 1);
    assert_string_equal(paths.v[0], folder_path(f, "m/a-00001-of-00002.gguf"));
}

static void what_is_not_there_is_told_with_the_ways_out(void **state)
{
    struct folder *f = *state;
    refused(f, folder_path(f, "nothing.gguf"), ERR_FAILED, "there is no model \"");
    CHECK_ERR(&f->err, "tailor models lists those on this disk");
    refused(f, folder_path(f, "*.gguf"), ERR_FAILED, "there is no model \"");
    refused(f, "", ERR_FAILED, "there is no model \"\"");
    folder_put(f, "empty/README", "");
    refused(f, folder_path(f, "empty"), ERR_FAILED, "there is no GGUF model in the folder");
    refused(f, "hf:owner/repo", ERR_FAILED, "owner/repo");
    refused(f, "ollama:nothing:8b", ERR_FAILED, "nothing");
}

static void a_file_that_is_no_model_is_named(void **state)
{
    struct folder *f = *state;
    refused(f, folder_put(f, "x.gguf", "no GGUF at all, but long enough"), ERR_FAILED, "x.gguf");
    if (geteuid() == 0)
        return; /* may read everything */
    const char *closed = put_model(f, "closed.gguf");
    assert_int_equal(chmod(closed, 0), 0);
    refused(f, closed, ERR_FAILED, "Permission denied");
}

static void a_shape_is_a_model_without_a_file(void **state)
{
    struct folder *f = *state;
    struct resolved r;
    CHECK_OK(resolves(f, "shape:llama-3.1-8b:Q4_K_M", &r), &f->err);
    assert_string_equal(r.model.path, "shape:llama-3.1-8b:Q4_K_M");
    assert_string_equal(r.model.quantization, "Q4_K_M");
    assert_int_equal(r.model.n_files, 1);
    assert_true(r.model.weights_bytes > 0);
    assert_int_equal(r.model.n_vocab, 128256);
    resolved_close(&r);
    refused(f, "shape:llama-3.1-8c:Q4_K_M", ERR_USAGE, "llama-3.1-8");
}

static void a_set_with_a_missing_shard_is_an_error(void **state)
{
    struct folder *f = *state;
    refused(f, put_model(f, "m/a-00001-of-00002.gguf"), ERR_FAILED, "00002-of-00002");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(a_file_is_itself_whatever_its_name),
        FOLDER_TEST(a_folder_with_one_model_is_that_model),
        FOLDER_TEST(several_models_are_listed_to_choose_from),
        FOLDER_TEST(a_pattern_that_matches_one_file_is_that_file),
        FOLDER_TEST(a_split_set_counts_once),
        FOLDER_TEST(what_is_not_there_is_told_with_the_ways_out),
        FOLDER_TEST(a_file_that_is_no_model_is_named),
        FOLDER_TEST(a_shape_is_a_model_without_a_file),
        FOLDER_TEST(a_set_with_a_missing_shard_is_an_error),
    };
    return RUN_TESTS(tests);
}
