#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)

static const char *beside(struct world *w, const char *model, const char *kind)
{
    struct sidecars found = sidecars_find(&w->a, w->fs, model);
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.v[i].kind, kind) == 0)
            return path_base(found.v[i].path);
    return "";
}

/* Expected choices are those of llama.cpp's find_best_sibling. */
static void in_a_repository_the_nearest_folder_and_width_win(void **state)
{
    struct world *w = *state;
    static const char *const files[] = {"r-Q4_K_M.gguf",
                                        "BF16/r-BF16-00001-of-00002.gguf",
                                        "mmproj-BF16.gguf",
                                        "mmproj-Q8_0.gguf",
                                        "BF16/mmproj-deep-Q8_0.gguf",
                                        "other/mmproj-Q4_0.gguf",
                                        "mtp-r-Q4_0.gguf",
                                        "MTP/mtp-r-Q8_0.gguf"};
#define SNAPSHOT HUB "/models--o--r/snapshots/" COMMIT "/"
    for (size_t i = 0; i < COUNT_OF(files); i++)
        add_hub(w, "models--o--r", files[i]);
    assert_string_equal(beside(w, SNAPSHOT "r-Q4_K_M.gguf", "mmproj"), "mmproj-Q8_0.gguf");
    assert_string_equal(beside(w, SNAPSHOT "BF16/r-BF16-00001-of-00002.gguf", "mmproj"),
                        "mmproj-deep-Q8_0.gguf");
    assert_string_equal(beside(w, SNAPSHOT "r-Q4_K_M.gguf", "mtp"), "mtp-r-Q4_0.gguf");
    assert_string_equal(beside(w, SNAPSHOT "r-Q4_K_M.gguf", "eagle3"), "");
}

static void in_a_folder_the_name_decides(void **state)
{
    struct world *w = *state;
    add(w, "/m/gemma-3-4b-it-Q4_K_M.gguf", "x");
    add(w, "/m/mmproj-gemma-3-4b-it-f16.gguf", "x");
    add(w, "/m/mmproj-gemma-3-4b-it-Q8_0.gguf", "x");
    add(w, "/m/Qwen3-8B-Q4_K_M.gguf", "x");
    add(w, "/m/mmproj-F16.gguf", "x");
    add(w, "/m/eagle3-Qwen3-8B.gguf", "x");
    assert_string_equal(beside(w, "/m/gemma-3-4b-it-Q4_K_M.gguf", "mmproj"),
                        "mmproj-gemma-3-4b-it-Q8_0.gguf");
    assert_string_equal(beside(w, "/m/Qwen3-8B-Q4_K_M.gguf", "mmproj"), "");
    assert_string_equal(beside(w, "/m/Qwen3-8B-Q4_K_M.gguf", "eagle3"), "eagle3-Qwen3-8B.gguf");
    assert_string_equal(beside(w, "/m/gemma-3-4b-it-Q4_K_M.gguf", "eagle3"), "");
}

static void what_names_no_model_goes_with_the_only_one(void **state)
{
    struct world *w = *state;
    add(w, "/m/Qwen3-8B-Q4_K_M.gguf", "x");
    add(w, "/m/Qwen3-8B-BF16-00001-of-00002.gguf", "x");
    add(w, "/m/Qwen3-8B-BF16-00002-of-00002.gguf", "x");
    add(w, "/m/mmproj-F16.gguf", "123");
    add(w, "/m/sub/other.gguf", "x");
    assert_string_equal(beside(w, "/m/Qwen3-8B-Q4_K_M.gguf", "mmproj"), "mmproj-F16.gguf");
    assert_string_equal(beside(w, "/m/sub/other.gguf", "mmproj"), "");
    struct sidecars found = sidecars_find(&w->a, w->fs, "/m/Qwen3-8B-Q4_K_M.gguf");
    json_t *list = sidecars_json(&found);
    char *line = js_line(list);
    assert_string_equal(line,
                        "[{\"kind\":\"mmproj\",\"path\":\"/m/mmproj-F16.gguf\",\"bytes\":3}]");
    free(line);
    json_decref(list);
}

static void a_model_is_not_its_own_sidecar(void **state)
{
    struct world *w = *state;
    add(w, "/m/mmproj-F16.gguf", "x");
    add(w, "/m/mtp-x.gguf", "x");
    assert_int_equal(sidecars_find(&w->a, w->fs, "/m/mmproj-F16.gguf").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "/m//mmproj-F16.gguf").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "/m/gone.gguf").n, 1);
    assert_int_equal(sidecars_find(&w->a, w->fs, "/nowhere/x.gguf").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "x.gguf").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "/blobs/sha256-x").n, 0);
    assert_int_equal(sidecars_find(&w->a, w->fs, "/snapshots/x/models--a").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(in_a_repository_the_nearest_folder_and_width_win),
        TEST_IN_WORLD(in_a_folder_the_name_decides),
        TEST_IN_WORLD(what_names_no_model_goes_with_the_only_one),
        TEST_IN_WORLD(a_model_is_not_its_own_sidecar),
    };
    return RUN_TESTS(tests);
}
