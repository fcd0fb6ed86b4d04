#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)
#define PUBLIC OLLAMA "/manifests/registry.ollama.ai/library"
#define LAYER(kind, hex) \
    "{\"mediaType\":\"application/vnd.ollama.image." kind "\",\"digest\":\"sha256:" hex "\"}"
#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define UP "../../../../../../../../../../../../../../../../../../secret/mxx"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char *find(struct world *w, const char *argument)
{
    const char *path = NULL;
    CHECK_OK(stores_find(&w->a, w->fs, &w->where, argument, &path, &w->err), &w->err);
    return path;
}

static void names_lead_to_blobs(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/llama3.2/3b", '3');
    add_ollama(w, "registry.ollama.ai/library/qwen3/latest", '4');
    add_ollama(w, "registry.ollama.ai/someone/mine/v1", '5');
    add_ollama(w, "hf.co/bartowski/X-GGUF/Q4_K_M", '6');
    add_ollama(w, "localhost:5000/library/x/y", '7');
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 5);
    assert_string_equal(entry(w, "ollama:llama3.2:3b")->store, "ollama");
    entry(w, "ollama:qwen3:latest");
    entry(w, "ollama:someone/mine:v1");
    entry(w, "ollama:hf.co/bartowski/X-GGUF:Q4_K_M");
    entry(w, "ollama:localhost:5000/library/x:y");
    assert_string_equal(find(w, "ollama:qwen3"), entry(w, "ollama:qwen3:latest")->path);
    assert_string_equal(find(w, "ollama:library/qwen3"), find(w, "ollama:qwen3"));
    assert_string_equal(find(w, "ollama:ollama.com/library/qwen3:latest"), find(w, "ollama:qwen3"));
}

static void a_projector_comes_from_the_manifest(void **state)
{
    struct world *w = *state;
    add(w, PUBLIC "/vision/latest",
        "{\"schemaVersion\":2,\"layers\":[" LAYER("projector", B) "," LAYER("model", A) "," LAYER(
            "draft", C) "," LAYER("license", "x") "]}");
    add(w, OLLAMA "/blobs/sha256-" A, "GGUF");
    add(w, OLLAMA "/blobs/sha256:" B, "GG"); /* as written until 2024 */
    add(w, OLLAMA "/blobs/sha256-" C, "G");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_string_equal(entry(w, "ollama:vision:latest")->mmproj, OLLAMA "/blobs/sha256:" B);
    struct sidecars beside = sidecars_find(&w->a, w->fs, OLLAMA "/blobs/sha256-" A);
    assert_int_equal(beside.n, 2);
    assert_string_equal(beside.v[1].kind, "draft");
    assert_int_equal(beside.v[0].bytes, 2);
}

static void tags_of_one_file_are_one_model(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/m/8b", '8');
    add_ollama(w, "registry.ollama.ai/library/m/latest", '8');
    list_world(w);
    assert_int_equal(w->list.n, 1);
    entry(w, "ollama:m:8b");
    assert_string_equal(find(w, "ollama:m"), w->list.v[0].path);
}

static void the_newer_manifests_win(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/m/latest", '1');
    add_ollama(w, "registry.ollama.ai/library/n/latest", '2');
    add(w, OLLAMA "/manifests-v2/ollama.com/library/m/latest",
        "{\"manifests\":[{\"digest\":\"sha256:" B "\",\"runner\":\"mlx\"},{\"digest\":7},"
        "{\"digest\":\"sha256:" C "\",\"runner\":\"llama.cpp\"}],\"layers\":[]}");
    add(w, OLLAMA "/blobs/sha256-" B, "{\"layers\":[" LAYER("tensor", A) "]}");
    add(w, OLLAMA "/blobs/sha256-" C, "{\"layers\":[" LAYER("model", A) "]}");
    add(w, OLLAMA "/blobs/sha256-" A, "GGUF");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3); /* the older file is still there, by its path */
    assert_string_equal(entry(w, "ollama:m:latest")->path, OLLAMA "/blobs/sha256-" A);
    entry(w, "ollama:n:latest");
}

static void garbage_is_passed_over_and_named(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *manifest, *says;
    } cases[] = {
        {"", "is not readable"},
        {"{\"layers\":", "is not readable"},
        {"[[[[", "is not readable"},
        {"{}", "is not readable"},
        {"null", "is not readable"},
        {"{\"layers\":[]}", "has no GGUF file"},
        {"{\"layers\":[7,null,{},[],{\"mediaType\":3}]}", "has no GGUF file"},
        {"{\"layers\":[" LAYER("tensor", A) "]}", "has no GGUF file"},
        {"{\"layers\":[" LAYER("model", A) "]}", "is missing"},
        {"{\"layers\":[" LAYER("model", "../../../etc/passwd") "]}", "is missing"},
        {"{\"layers\":[" LAYER("model", UP) "]}", "is missing"},
        {"{\"manifests\":[{}],\"layers\":[" LAYER("model", A) "]}", "has no GGUF file"},
        {"{\"layers\":{\"a\":1}}", "is not readable"},
    };
    const char *path = NULL;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        w->fs = fs_memory(&w->a);
        add(w, PUBLIC "/m/latest", cases[i].manifest);
        add(w, OLLAMA "/blobs/sha256-" UP, "what a store must not lead to");
        list_world(w);
        assert_int_equal(w->list.n, 0);
        assert_false(stores_find(&w->a, w->fs, &w->where, "ollama:m", &path, &w->err));
        CHECK_ERR(&w->err, cases[i].says);
        assert_int_equal(w->err.code, ERR_FAILED);
        assert_null(path);
    }
}

static void huge_and_deep_manifests_are_refused(void **state)
{
    struct world *w = *state;
    const size_t n = 2 << 20;
    char *text = arena_alloc(&w->a, n + 1);
    const char *path = NULL;
    memset(text, '[', n);
    fs_memory_add(w->fs, PUBLIC "/huge/latest", text, n);
    fs_memory_add(w->fs, PUBLIC "/deep/latest", text, 1 << 19);
    add_ollama(w, "registry.ollama.ai/library/fine/latest", '1');
    list_world(w);
    assert_int_equal(w->list.n, 1);
    assert_false(stores_find(&w->a, w->fs, &w->where, "ollama:huge", &path, &w->err));
    CHECK_ERR(&w->err, "Ollama's manifest of \"huge\" is not readable");
    CHECK_ERR(&w->err, "ollama pull huge");
}

static void odd_names_go_by_their_paths(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/m/a:b", '1');
    add_ollama(w, "registry.ollama.ai/library/m/sp ace\n", '2');
    add_ollama(w, "registry.ollama.ai/library/m:n/t", '3');
    add(w, OLLAMA "/manifests/stray", "{}");
    add(w, OLLAMA "/manifests/a/b/c/d/e", "{}");
    add(w, PUBLIC "/m/.hidden", "{}");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    assert_string_equal(entry(w, OLLAMA "/blobs/sha256-1111111111111111111111111111111111111111"
                                        "111111111111111111111111")
                            ->store,
                        "ollama");
    entry(w, "ollama:m:sp ace\n");
    entry(w, "ollama:m:n:t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(names_lead_to_blobs),
        TEST_IN_WORLD(a_projector_comes_from_the_manifest),
        TEST_IN_WORLD(tags_of_one_file_are_one_model),
        TEST_IN_WORLD(the_newer_manifests_win),
        TEST_IN_WORLD(garbage_is_passed_over_and_named),
        TEST_IN_WORLD(huge_and_deep_manifests_are_refused),
        TEST_IN_WORLD(odd_names_go_by_their_paths),
    };
    return RUN_TESTS(tests);
}
