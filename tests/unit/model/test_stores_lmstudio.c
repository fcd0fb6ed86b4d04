#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)

static void repositories_go_by_their_names(void **state)
{
    struct world *w = *state;
    add(w, LM "/models/lmstudio-community/gemma-3-4b-it-GGUF/gemma-3-4b-it-Q4_K_M.gguf", "x");
    add(w, LM "/models/lmstudio-community/gemma-3-4b-it-GGUF/gemma-3-4b-it-Q8_0.gguf", "x");
    add(w, LM "/models/lmstudio-community/gemma-3-4b-it-GGUF/mmproj-model-f16.gguf", "x");
    add(w, LM "/models/lmstudio-community/Other-GGUF/Other-Q4_K_M.gguf", "x");
    add(w, LM "/models/mlx-community/x/model.safetensors", "x");
    add(w, LM "/models/imported.gguf", "x");
    add(w, LM "/models/owner only/loose.gguf", "x");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 5);
    const struct store_entry *e = entry(w, "hf:lmstudio-community/gemma-3-4b-it-GGUF:Q8_0");
    assert_string_equal(e->store, "lmstudio");
    assert_string_equal(path_base(e->mmproj), "mmproj-model-f16.gguf");
    assert_null(entry(w, "hf:lmstudio-community/Other-GGUF:Q4_K_M")->mmproj);
    entry(w, LM "/models/imported.gguf");
    entry(w, LM "/models/owner only/loose.gguf");
}

static void models_that_were_moved_are_found(void **state)
{
    struct world *w = *state;
    add(w, LM "/settings.json", "{\"language\":\"en\",\"downloadsFolder\":\"/disk2/lm\"}");
    add(w, "/disk2/lm/o/r/r-Q4_0.gguf", "x");
    add(w, "/home/u/.lmstudio-home-pointer", "/opt/lm home\n");
    add(w, "/opt/lm home/models/o/r/r-Q8_0.gguf", "x");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 2);
    assert_string_equal(entry(w, "hf:o/r:Q4_0")->path, "/disk2/lm/o/r/r-Q4_0.gguf");
    assert_string_equal(entry(w, "hf:o/r:Q8_0")->path, "/opt/lm home/models/o/r/r-Q8_0.gguf");
}

static void garbage_in_its_files_changes_nothing(void **state)
{
    static const char *const settings[] = {"",
                                           "{",
                                           "[]",
                                           "{\"downloadsFolder\":7}",
                                           "{\"downloadsFolder\":\"relative\"}",
                                           "{\"downloadsFolder\":null}",
                                           "relative",
                                           "\xff\xfe",
                                           "{\"downloadsFolder\":\"/none\"}"};
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        struct world *w = *state;
        w->fs = fs_memory(&w->a);
        add(w, LM "/settings.json", settings[i]);
        add(w, "/home/u/.lmstudio-home-pointer", settings[i]);
        add(w, LM "/models/o/r/r-Q4_0.gguf", "x");
        add(w, "relative/o/s/s-Q4_0.gguf", "x");
        add(w, "relative/models/o/t/t-Q4_0.gguf", "x");
        list_world(w);
        check_list(w, w->fs, &w->list);
        assert_int_equal(w->list.n, 1);
        entry(w, "hf:o/r:Q4_0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(repositories_go_by_their_names),
        TEST_IN_WORLD(models_that_were_moved_are_found),
        TEST_IN_WORLD(garbage_in_its_files_changes_nothing),
    };
    return RUN_TESTS(tests);
}
