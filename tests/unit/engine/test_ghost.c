#include "engine/ghost.h"

#include "base/units.h"
#include "folder.h"
#include "model/model.h"
#include "model/model_file.h"
#include "model/synth.h"

/* The header of a shape, with its tokenizer where asked for. */
static struct gguf header_of(struct arena *a, const char *shape, enum synth_tokens tokens)
{
    struct synth_spec spec;
    struct synth_model made;
    struct gguf g;
    struct err err = {0};
    CHECK_OK(synth_parse(shape, &spec, &err), &err);
    spec.tokens = tokens;
    synth_header(a, &spec, &made);
    CHECK_OK(gguf_parse(a, made.header, made.size, &g, &err), &err);
    return g;
}

static struct gguf ghost_of(struct folder *f, const struct gguf *shards, size_t n,
                            struct model_file *file)
{
    const char *path;
    CHECK_OK(ghost_write(&f->a, shards, n, f->dir, &path, &f->err), &f->err);
    CHECK_OK(model_file_open(file, &f->a, fs_real(), path, &f->err), &f->err);
    return file->shards[0];
}

static void the_ghost_is_the_model_without_its_tokenizer(void **state)
{
    static const char *const shapes[] = {"llama-3.2-1b:Q4_K_M", "qwen3-30b-a3b:Q3_K_M",
                                         "gemma-3-12b:IQ4_XS", "mamba2-2.7b:F16",
                                         "qwen3.5-35b-a3b:Q4_K_M"};
    struct folder *f = *state;
    for (size_t k = 0; k < COUNT_OF(shapes); k++) {
        struct gguf g = header_of(&f->a, shapes[k], SYNTH_VOCAB);
        struct model m;
        struct model_file file;
        CHECK_OK(model_from_gguf(&f->a, &g, 1, &m, &f->err), &f->err);
        struct gguf ghost = ghost_of(f, &g, 1, &file);
        assert_int_equal(file.model.weights_bytes, m.weights_bytes);
        assert_int_equal(file.model.parameters, m.parameters);
        assert_int_equal(file.model.n_vocab, m.n_vocab);
        assert_int_equal(file.model.n_layer, m.n_layer);
        assert_string_equal(file.model.architecture, m.architecture);
        assert_null(gguf_find(&ghost, "tokenizer.ggml.tokens"));
        assert_null(gguf_find(&ghost, "tokenizer.ggml.merges"));
        for (size_t i = 0; i < g.n_tensors; i++) {
            assert_int_equal(ghost.tensors[i].bytes, g.tensors[i].bytes);
            assert_int_equal(ghost.tensors[i].type, g.tensors[i].type);
        }
        model_file_close(&file);
    }
}

static void the_size_of_the_vocabulary_is_still_told(void **state)
{
    struct folder *f = *state;
    struct gguf g = header_of(&f->a, "llama-3.2-1b:Q8_0", SYNTH_VOCAB);
    struct model_file file;
    struct gguf ghost = ghost_of(f, &g, 1, &file);
    uint64_t n = 0;
    struct str tokenizer;
    assert_true(gguf_str(&ghost, "tokenizer.ggml.model", &tokenizer));
    assert_true(str_eq(tokenizer, "no_vocab"));
    assert_true(gguf_u64(&ghost, "llama.vocab_size", &n));
    assert_int_equal(n, 128256);
    model_file_close(&file);
}

static void it_is_large_to_read_and_small_on_disk(void **state)
{
    struct folder *f = *state;
    struct gguf g = header_of(&f->a, "llama-3.1-8b:Q8_0", SYNTH_NO_VOCAB);
    const char *path;
    struct stat st;
    CHECK_OK(ghost_write(&f->a, &g, 1, f->dir, &path, &f->err), &f->err);
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_size > 7 * GIB);
    assert_true((uint64_t)st.st_blocks * 512 < MIB);
    ghost_remove(path);
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 0);
}

static void shards_become_one_file(void **state)
{
    struct folder *f = *state;
    struct gguf whole = header_of(&f->a, "qwen2-0.5b:Q4_K_M", SYNTH_NO_VOCAB);
    struct gguf shards[2] = {whole, whole};
    shards[0].n_tensors = 7;
    shards[1].tensors += 7;
    shards[1].n_tensors -= 7;
    struct model_file file;
    struct gguf ghost = ghost_of(f, shards, 2, &file);
    assert_int_equal(ghost.n_tensors, whole.n_tensors);
    assert_null(gguf_find(&ghost, "split.count"));
    for (size_t i = 0; i < whole.n_tensors; i++)
        assert_int_equal(ghost.tensors[i].bytes, whole.tensors[i].bytes);
    model_file_close(&file);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct folder *f = *state;
    struct gguf g = header_of(&f->a, "qwen2-0.5b:Q4_K_M", SYNTH_NO_VOCAB);
    const char *path = "untouched";
    assert_false(ghost_write(&f->a, &g, 1, folder_path(f, "nowhere"), &path, &f->err));
    CHECK_ERR(&f->err, "nowhere");
    assert_string_equal(path, "untouched");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(the_ghost_is_the_model_without_its_tokenizer),
        FOLDER_TEST(the_size_of_the_vocabulary_is_still_told),
        FOLDER_TEST(it_is_large_to_read_and_small_on_disk),
        FOLDER_TEST(shards_become_one_file),
        FOLDER_TEST(a_folder_that_is_not_there_is_an_error),
    };
    return RUN_TESTS(tests);
}
