#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)
#define SNAPSHOT HUB "/models--o--r-GGUF/snapshots/" COMMIT

static const char *find(struct world *w, const char *argument)
{
    const char *path = NULL;
    CHECK_OK(stores_find(&w->a, w->fs, &w->where, argument, &path, &w->err), &w->err);
    return path;
}

static void without_a_tag_q4_k_m_then_q8_0_then_the_first(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--o--r-GGUF", "r-BF16.gguf");
    assert_string_equal(find(w, "hf:o/r-GGUF"), SNAPSHOT "/r-BF16.gguf");
    add_hub(w, "models--o--r-GGUF", "r-Q8_0.gguf");
    assert_string_equal(find(w, "hf:o/r-GGUF"), SNAPSHOT "/r-Q8_0.gguf");
    add_hub(w, "models--o--r-GGUF", "r-Q4_K_M.gguf");
    assert_string_equal(find(w, "hf:o/r-GGUF"), SNAPSHOT "/r-Q4_K_M.gguf");
    assert_string_equal(find(w, "hf:o/r-GGUF:"), SNAPSHOT "/r-Q4_K_M.gguf");
    assert_string_equal(find(w, "hf:o/r-GGUF:bf16"), SNAPSHOT "/r-BF16.gguf");
    list_world(w);
    assert_int_equal(w->list.n, 3);
    assert_string_equal(entry(w, "hf:o/r-GGUF:Q8_0")->store, "huggingface");
    check_list(w, w->fs, &w->list);
}

static void a_split_set_goes_by_its_first_shard(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--o--r-GGUF", "Q8_0/r-Q8_0-00002-of-00002.gguf");
    add_hub(w, "models--o--r-GGUF", "Q8_0/r-Q8_0-00001-of-00002.gguf");
    add_hub(w, "models--o--r-GGUF", "mmproj-F16.gguf");
    add_hub(w, "models--o--r-GGUF", "mmproj-Q8_0.gguf");
    list_world(w);
    assert_int_equal(w->list.n, 1);
    const struct store_entry *e = entry(w, "hf:o/r-GGUF:Q8_0");
    assert_string_equal(e->path, SNAPSHOT "/Q8_0/r-Q8_0-00001-of-00002.gguf");
    assert_string_equal(e->mmproj, SNAPSHOT "/mmproj-Q8_0.gguf"); /* nearest in bits */
    check_list(w, w->fs, &w->list);
}

static void names_that_collide_get_longer(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--o--r-GGUF", "a-UD-Q4_K_XL.gguf");
    add_hub(w, "models--o--r-GGUF", "b-Q4_K_XL.gguf");
    add_hub(w, "models--o--r-GGUF", "c/b-Q4_K_XL.gguf");
    add_hub(w, "models--o--r-GGUF", "plain.gguf");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_string_equal(entry(w, "hf:o/r-GGUF:Q4_K_XL")->path, SNAPSHOT "/a-UD-Q4_K_XL.gguf");
    assert_string_equal(entry(w, "hf:o/r-GGUF:b-Q4_K_XL")->path, SNAPSHOT "/b-Q4_K_XL.gguf");
    assert_string_equal(entry(w, "hf:o/r-GGUF:c/b-Q4_K_XL")->path, SNAPSHOT "/c/b-Q4_K_XL.gguf");
    assert_string_equal(entry(w, "hf:o/r-GGUF:plain")->path, SNAPSHOT "/plain.gguf");
}

static void the_snapshot_of_main_comes_first(void **state)
{
    struct world *w = *state;
    const char *old = HUB "/models--o--r-GGUF/snapshots/" OTHER_COMMIT "/r-Q4_0.gguf";
    add(w, HUB "/models--o--r-GGUF/snapshots/00/r-Q4_0.gguf", "an older one");
    add(w, old, "the newest");
    add(w, HUB "/models--o--r-GGUF/refs/a", COMMIT);
    add(w, HUB "/models--o--r-GGUF/refs/main", OTHER_COMMIT "\n");
    assert_string_equal(find(w, "hf:o/r-GGUF:Q4_0"), old);
    add_hub(w, "models--o--r-GGUF", "other-Q8_0.gguf"); /* another snapshot still counts */
    assert_string_equal(find(w, "hf:o/r-GGUF:Q8_0"), SNAPSHOT "/other-Q8_0.gguf");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    assert_string_equal(entry(w, "hf:o/r-GGUF:Q4_0")->path, old);
}

static void references_that_are_no_commits_are_passed_over(void **state)
{
    struct world *w = *state;
    add(w, HUB "/models--o--r/refs/main", "../../../../etc");
    add(w, HUB "/models--o--r/refs/b", COMMIT);
    add(w, HUB "/models--o--r/snapshots/" COMMIT "/z-Q4_0.gguf", "b's");
    add(w, HUB "/models--o--r/snapshots/" OTHER_COMMIT "/a-Q4_0.gguf", "nobody's");
    add(w, HUB "/models--o--s/snapshots/" COMMIT "/no-refs.gguf", "x");
    add(w, HUB "/models--o--t/refs/main", "");
    add(w, HUB "/models--o--u/refs/main", "abc");
    add(w, HUB "/models--o--u/refs/z", COMMIT);
    add(w, HUB "/models--o--u/snapshots/abc/a-Q4_0.gguf", "x");
    add(w, HUB "/models--o--u/snapshots/" COMMIT "/b-Q4_0.gguf", "x");
    add(w, HUB "/models--o--t/refs/huge", arena_alloc(&w->a, 5000));
    assert_string_equal(find(w, "hf:o/r:Q4_0"),
                        HUB "/models--o--r/snapshots/" COMMIT "/z-Q4_0.gguf");
    assert_string_equal(find(w, "hf:o/s"), HUB "/models--o--s/snapshots/" COMMIT "/no-refs.gguf");
    assert_string_equal(find(w, "hf:o/u:Q4_0"),
                        HUB "/models--o--u/snapshots/" COMMIT "/b-Q4_0.gguf");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 5);
}

static void odd_repositories_go_by_their_paths(void **state)
{
    struct world *w = *state;
    static const char *const folders[] = {"models--gpt2",   "models--a--b--c",        "models----x",
                                          "models--a b--c", "models--caf\xc3\xa9--r", "models--"};
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        add_hub(w, folders[i], "m \n-Q4_0.gguf");
    add(w, HUB "/datasets--o--r/snapshots/" COMMIT "/d.gguf", "x");
    add(w, HUB "/version.txt", "1");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, COUNT_OF(folders));
    for (size_t i = 0; i < w->list.n; i++)
        assert_string_equal(w->list.v[i].name, w->list.v[i].path);
}

static void file_names_may_hold_anything(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--o--r", "a b-Q4_0.gguf");
    add_hub(w, "models--o--r", "\xe6\xa8\xa1\xe5\x9e\x8b.gguf");
    add_hub(w, "models--o--r", "new\nline-Q8_0.gguf");
    add_hub(w, "models--o--r", "colon:x.gguf");
    add_hub(w, "models--o--r", "\xff\xfe.gguf");
    add_hub(w, "models--o--r", "-.gguf");
    add_hub(w, "models--o--r", ".gguf");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(without_a_tag_q4_k_m_then_q8_0_then_the_first),
        TEST_IN_WORLD(a_split_set_goes_by_its_first_shard),
        TEST_IN_WORLD(names_that_collide_get_longer),
        TEST_IN_WORLD(the_snapshot_of_main_comes_first),
        TEST_IN_WORLD(references_that_are_no_commits_are_passed_over),
        TEST_IN_WORLD(odd_repositories_go_by_their_paths),
        TEST_IN_WORLD(file_names_may_hold_anything),
    };
    return RUN_TESTS(tests);
}
