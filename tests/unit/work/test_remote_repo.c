#include "work/remote_repo.h"

#include "test.h"

struct world {
    struct arena a;
    struct repo_files files;
    struct err err;
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
    free(w);
    return 0;
}

#define FILE_OF(path) "{\"type\":\"file\",\"size\":10,\"path\":\"" path "\"}"

static void put(struct world *w, const char *json)
{
    CHECK_OK(repo_files_add(&w->a, str_from(json), &w->files, &w->err), &w->err);
}

static void chooses(struct world *w, const char *tag, const char *path, const char *name)
{
    struct repo_choice c = {0};
    CHECK_OK(repo_choose(&w->a, &w->files, "o/r", tag, &c, &w->err), &w->err);
    assert_string_equal(c.file->path, path);
    assert_string_equal(c.name, name);
}

static void the_list_gives_models_with_their_size_and_content(void **state)
{
    struct world *w = *state;
    put(w, "[{\"type\":\"directory\",\"path\":\"x.gguf\",\"size\":0},"
           "{\"type\":\"file\",\"path\":\"README.md\",\"size\":5},"
           "{\"type\":\"file\",\"path\":\"d/a.gguf\",\"size\":131,\"oid\":\"ptr\",\"lfs\":"
           "{\"oid\":\"sha\",\"size\":4920734272,\"pointerSize\":135}},"
           "{\"type\":\"file\",\"path\":\"b.gguf\",\"size\":7,\"oid\":\"git\"}]");
    assert_int_equal(w->files.n, 2);
    assert_string_equal(w->files.v[0].oid, "sha");
    assert_int_equal(w->files.v[0].bytes, 4920734272);
    assert_string_equal(w->files.v[1].oid, "git");
    assert_ptr_equal(repo_find(&w->files, "d/a.gguf"), &w->files.v[0]);
    assert_null(repo_find(&w->files, "a.gguf"));
}

static void what_is_no_list_is_refused(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = {"",
                                      "{}",
                                      "[1]",
                                      "[{\"path\":5}]",
                                      "[{\"path\":\"a.gguf\",\"size\":-1}]",
                                      "[{\"path\":\"a.gguf\",\"lfs\":[]}]",
                                      "[{\"path\":\"a.gguf\",\"size\":9000000000000000000}]",
                                      "{\"error\":\"Repository not found\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (repo_files_add(&w->a, str_from(bad[i]), &w->files, &w->err))
            fail_msg("%s is taken", bad[i]);
}

static void without_a_tag_the_usual_file_is_chosen(void **state)
{
    struct world *w = *state;
    put(w, "[" FILE_OF("r-BF16.gguf") "]");
    chooses(w, "", "r-BF16.gguf", "o/r:BF16");
    put(w, "[" FILE_OF("mmproj-Q4_K_M.gguf") "," FILE_OF("r-Q4_K_M.gguf") "]");
    chooses(w, "", "r-Q4_K_M.gguf", "o/r:Q4_K_M");
}

static void a_tag_chooses_whatever_its_case_and_a_set_by_its_first_shard(void **state)
{
    struct world *w = *state;
    put(w, "[" FILE_OF("r-Q4_K_M.gguf") "," FILE_OF("Q8_0/r-Q8_0-00001-of-00002.gguf") "," FILE_OF(
               "Q8_0/r-Q8_0-00002-of-00002.gguf") "]");
    chooses(w, "q8_0", "Q8_0/r-Q8_0-00001-of-00002.gguf", "o/r:Q8_0");
}

static void a_projector_is_never_the_model_but_told(void **state)
{
    struct world *w = *state;
    struct repo_choice c = {0};
    put(w, "[" FILE_OF("mmproj-F16.gguf") "]");
    assert_false(repo_choose(&w->a, &w->files, "o/r", "", &c, &w->err));
    CHECK_ERR(&w->err, "\"o/r\" has no GGUF model");
    put(w, "[" FILE_OF("r-F16.gguf") "]");
    CHECK_OK(repo_choose(&w->a, &w->files, "o/r", "F16", &c, &w->err), &w->err);
    assert_string_equal(c.file->path, "r-F16.gguf");
    assert_true(c.projector);
}

static void a_tag_that_is_not_there_leads_to_those_that_are(void **state)
{
    struct world *w = *state;
    struct repo_choice c = {0};
    put(w, "[" FILE_OF("r-Q4_K_M.gguf") "," FILE_OF("r-Q8_0.gguf") "]");
    assert_false(repo_choose(&w->a, &w->files, "o/r", "Q2_K", &c, &w->err));
    CHECK_ERR(&w->err, "no file of \"o/r\" matches \"Q2_K\"; there is Q4_K_M, Q8_0");
}

static void addresses_escape_what_a_url_cannot_hold(void **state)
{
    struct world *w = *state;
    assert_string_equal(repo_list_url(&w->a, "https://hf.co", "o/r"),
                        "https://hf.co/api/models/o/r/tree/main?recursive=true");
    assert_string_equal(repo_file_url(&w->a, "https://hf.co", "o/r", "d/a b?#%\xc3\xa9\n.gguf"),
                        "https://hf.co/o/r/resolve/main/d/a%20b%3F%23%25%C3%A9%0A.gguf");
}

static void any_shard_names_all_and_keeps_the_query(void **state)
{
    struct world *w = *state;
    uint32_t n;
    const char **v = remote_shards(&w->a, "https://h/m-00002-of-00003.gguf?download=true", &n);
    assert_int_equal(n, 3);
    assert_string_equal(v[0], "https://h/m-00001-of-00003.gguf?download=true");
    assert_string_equal(v[2], "https://h/m-00003-of-00003.gguf?download=true");
    v = remote_shards(&w->a, "https://h/m-00004-of-00003.gguf", &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0], "https://h/m-00004-of-00003.gguf");
}

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(the_list_gives_models_with_their_size_and_content),
        TEST_IN_WORLD(what_is_no_list_is_refused),
        TEST_IN_WORLD(without_a_tag_the_usual_file_is_chosen),
        TEST_IN_WORLD(a_tag_chooses_whatever_its_case_and_a_set_by_its_first_shard),
        TEST_IN_WORLD(a_projector_is_never_the_model_but_told),
        TEST_IN_WORLD(a_tag_that_is_not_there_leads_to_those_that_are),
        TEST_IN_WORLD(addresses_escape_what_a_url_cannot_hold),
        TEST_IN_WORLD(any_shard_names_all_and_keeps_the_query),
    };
    return RUN_TESTS(tests);
}
