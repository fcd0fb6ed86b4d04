#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)

/* The folder shown in llama.cpp's pull request 19828. */
static void a_real_cache_is_understood(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {
        "gemma-3-270m-it-qat-Q4_0.gguf.etag",
        "ggml-org_SmolVLM2-256M-Video-Instruct-GGUF_SmolVLM2-256M-Video-Instruct-Q8_0.gguf",
        "angt_test-split-model-stories260K_stories260K-f32-00001-of-00002.gguf.etag",
        "angt_test-split-model-stories260K_stories260K-f32-00002-of-00002.gguf",
        "angt_test-split-model-stories260K_stories260K-f32-00001-of-00002.gguf",
        "manifest=ggml-org=SmolVLM2-256M-Video-Instruct-GGUF=latest.json",
        "angt_test-split-model-stories260K_stories260K-f32-00002-of-00002.gguf.etag",
        "ggml-org_SmolVLM2-256M-Video-Instruct-GGUF_SmolVLM2-256M-Video-Instruct-Q8_0.gguf.etag",
        "gemma-3-270m-it-qat-Q4_0.gguf",
        "ggml-org_SmolVLM2-256M-Video-Instruct-GGUF_mmproj-SmolVLM2-256M-Video-Instruct-Q8_0.gguf",
        "manifest=angt=test-split-model-stories260K=latest.json",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add(w, path_join(&w->a, FLAT, names[i]), "x");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    const struct store_entry *e = entry(w, "hf:ggml-org/SmolVLM2-256M-Video-Instruct-GGUF:Q8_0");
    assert_string_equal(e->store, "llama.cpp");
    assert_string_equal(path_base(e->path), names[1]);
    assert_string_equal(path_base(e->mmproj), names[9]);
    e = entry(w, "hf:angt/test-split-model-stories260K:F32");
    assert_string_equal(path_base(e->path), names[4]);
    e = entry(w, FLAT "/gemma-3-270m-it-qat-Q4_0.gguf");
    assert_null(e->mmproj);
}

static void without_a_manifest_the_repository_is_guessed(void **state)
{
    struct world *w = *state;
    const char *path = NULL;
    add(w, FLAT "/bartowski_Llama-3.2-1B-Instruct-GGUF_Llama-3.2-1B-Instruct-Q4_K_M.gguf", "x");
    add(w, FLAT "/o_plain_plain-Q4_0.gguf", "x");
    add(w, FLAT "/manifest=broken.json", "{");
    add(w, FLAT "/manifest=a=b=c=d.json", "{");
    add(w, FLAT "/manifest=..=..=latest.json", "{");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 2);
    entry(w, "hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M");
    entry(w, FLAT "/o_plain_plain-Q4_0.gguf");
    /* who names the repository says where its name ends */
    CHECK_OK(stores_find(&w->a, w->fs, &w->where, "hf:o/plain:q4_0", &path, &w->err), &w->err);
    assert_string_equal(path, FLAT "/o_plain_plain-Q4_0.gguf");
}

static void the_longest_repository_has_the_file(void **state)
{
    struct world *w = *state;
    add(w, FLAT "/manifest=a=b=latest.json", "");
    add(w, FLAT "/manifest=a=b_c=latest.json", "");
    add(w, FLAT "/a_b_c_m-Q4_0.gguf", "x");
    add(w, FLAT "/a_b_m-Q4_0.gguf", "x");
    add(w, FLAT "/a_b_.gguf", "x");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    assert_string_equal(entry(w, "hf:a/b_c:Q4_0")->path, FLAT "/a_b_c_m-Q4_0.gguf");
    assert_string_equal(entry(w, "hf:a/b:Q4_0")->path, FLAT "/a_b_m-Q4_0.gguf");
}

static void of_repositories_that_begin_alike_the_smaller_has_the_files(void **state)
{
    struct world *w = *state;
    add(w, FLAT "/manifest=a=b_c=latest.json", "");
    add(w, FLAT "/manifest=a_b=c=latest.json", "");
    add(w, FLAT "/a_b_c_m-Q4_0.gguf", "x");
    list_world(w);
    check_list(w, w->fs, &w->list);
    entry(w, "hf:a/b_c:Q4_0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(a_real_cache_is_understood),
        TEST_IN_WORLD(without_a_manifest_the_repository_is_guessed),
        TEST_IN_WORLD(the_longest_repository_has_the_file),
        TEST_IN_WORLD(of_repositories_that_begin_alike_the_smaller_has_the_files),
    };
    return RUN_TESTS(tests);
}
