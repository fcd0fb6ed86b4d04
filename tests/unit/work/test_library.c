#include "work/library.h"

#include "engine/ghost.h"
#include "folder.h"
#include "plan/worlds.h"

static const char *no_variables(const char *name)
{
    (void)name;
    return NULL;
}

struct world {
    struct folder f;
    struct session session;
    struct machine machine;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w || folder_make(&w->f) != 0)
        return -1;
    w->session.arena = &w->f.a;
    stores_where_init(&w->session.stores, &w->f.a, folder_path(&w->f, "home"), no_variables);
    w->machine = host_of(&w->f.a, 8 * GIB);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

/* A sparse file of a shape. */
static void put_ghost(struct world *w, const char *name, const char *shape)
{
    struct synth_spec spec;
    struct synth_model made;
    struct gguf g;
    const char *path = folder_put(&w->f, name, ""), *ghost;
    CHECK_OK(synth_parse(shape, &spec, &w->f.err), &w->f.err);
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&w->f.a, &spec, &made);
    CHECK_OK(gguf_parse(&w->f.a, made.header, made.size, &g, &w->f.err), &w->f.err);
    CHECK_OK(ghost_write(&w->f.a, &g, 1, w->f.dir, &ghost, &w->f.err), &w->f.err);
    assert_int_equal(rename(ghost, path), 0);
}

static struct library list(struct world *w, const char *folder)
{
    struct library l;
    const char *folders[] = {folder ? folder_path(&w->f, folder) : NULL};
    library_list(&w->session, &w->machine, folders, folder ? 1 : 0, &l);
    return l;
}

static void each_model_is_planned_for_the_machine(void **state)
{
    struct world *w = *state;
    put_ghost(w, "m/a-small.gguf", "qwen2-0.5b:Q4_K_M");
    put_ghost(w, "m/b-large.gguf", "llama-3.1-70b:Q4_K_M");
    struct library l = list(w, "m");
    assert_int_equal(l.n, 2);
    assert_true(l.v[0].known && l.v[0].fits);
    assert_string_equal(l.v[0].quantization, "Q4_K_M");
    assert_int_equal(l.v[0].ctx, 32768);
    assert_true(l.v[0].speed.gen_tok_s.mid > 0);
    assert_null(l.v[0].problem);
    assert_true(l.v[1].known && !l.v[1].fits);
    assert_non_null(strstr(l.v[1].problem, "does not fit"));
    assert_true(l.v[1].weights_bytes > 32 * GIB);
}

static void a_broken_file_is_listed_with_its_problem(void **state)
{
    struct world *w = *state;
    folder_put(&w->f, "m/broken.gguf", "GGUF but no more");
    put_ghost(w, "m/good.gguf", "qwen2-0.5b:Q4_K_M");
    struct library l = list(w, "m");
    assert_int_equal(l.n, 2);
    assert_false(l.v[0].known || l.v[0].fits);
    assert_non_null(strstr(l.v[0].problem, "broken.gguf"));
    assert_true(l.v[1].fits);
}

static void without_folders_the_stores_are_listed(void **state)
{
    struct world *w = *state;
    put_ghost(w, "home/.cache/llama.cpp/owner_repo_model-Q4_K_M.gguf", "qwen2-0.5b:Q4_K_M");
    put_ghost(w, "elsewhere/x.gguf", "qwen2-0.5b:Q4_K_M");
    struct library l = list(w, NULL);
    assert_int_equal(l.n, 1);
    assert_string_equal(l.v[0].entry.store, "llama.cpp");
    assert_true(l.v[0].fits);
}

static void an_empty_folder_has_no_models(void **state)
{
    struct world *w = *state;
    folder_put(&w->f, "m/README", "");
    assert_int_equal(list(w, "m").n, 0);
    assert_int_equal(list(w, "nowhere").n, 0);
}

static void unknown_is_null_in_the_document(void **state)
{
    static const char *const unknown[] = {"weights_bytes", "parameters", "ctx", "speed", "mmproj"};
    struct world *w = *state;
    folder_put(&w->f, "m/broken.gguf", "GG");
    struct library l = list(w, "m");
    json_t *root = library_to_json(&l);
    const json_t *item = json_array_get(json_object_get(root, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "tailor.models/1");
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_true(json_is_null(json_object_get(item, unknown[i])));
    assert_true(json_is_false(json_object_get(item, "fits")));
    assert_true(json_is_string(json_object_get(item, "problem")));
    json_decref(root);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(each_model_is_planned_for_the_machine),
        WORLD_TEST(a_broken_file_is_listed_with_its_problem),
        WORLD_TEST(without_folders_the_stores_are_listed),
        WORLD_TEST(an_empty_folder_has_no_models),
        WORLD_TEST(unknown_is_null_in_the_document),
    };
    return RUN_TESTS(tests);
}
