#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)

static void fails(struct world *w, const char *argument, enum err_code code, const char *says)
{
    const char *path = "untouched";
    assert_false(stores_find(&w->a, w->fs, &w->where, argument, &path, &w->err));
    assert_string_equal(path, "untouched");
    assert_int_equal(w->err.code, code);
    CHECK_ERR(&w->err, says);
}

static void another_quantization_is_named(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--o--r-GGUF", "r-Q4_K_M.gguf");
    add_hub(w, "models--o--r-GGUF", "r-Q8_0.gguf");
    fails(w, "hf:o/r-GGUF:Q5_K_M", ERR_FAILED,
          "no file of \"o/r-GGUF\" on this disk matches \"Q5_K_M\"; there is Q4_K_M, Q8_0; "
          "\"llama-server -hf o/r-GGUF:Q5_K_M\" downloads it");
}

static void a_near_repository_is_named(void **state)
{
    struct world *w = *state;
    add_hub(w, "models--unsloth--Qwen3-30B-A3B-Instruct-2507-and-a-name-beyond-63-bytes-GGUF",
            "r-Q4_K_M.gguf");
    add_hub(w, "models--bartowski--gemma-GGUF", "r-Q4_K_M.gguf");
    fails(w, "hf:unsloht/Qwen3-30B-A3B-Instruct-2507-and-a-name-beyond-63-bytes-GGUF:Q4_K_M",
          ERR_FAILED,
          "did you mean \"hf:unsloth/Qwen3-30B-A3B-Instruct-2507-and-a-name-beyond-63-bytes-GGUF");
    fails(w, "hf:someone/Gemma", ERR_FAILED, "did you mean \"hf:bartowski/gemma-GGUF\"?");
    fails(w, "hf:bartowski/gemna-GGUF:Q4_K_M", ERR_FAILED,
          "did you mean \"hf:bartowski/gemma-GGUF\"? \"llama-server -hf "
          "bartowski/gemna-GGUF:Q4_K_M\" downloads it");
    fails(w, "hf:x/y", ERR_FAILED,
          "no model of \"x/y\" is on this disk; \"llama-server -hf x/y\" downloads it");
}

static void what_is_no_repository_is_a_usage_error(void **state)
{
    struct world *w = *state;
    fails(w, "hf:", ERR_USAGE, "is not hf:OWNER/REPO[:QUANT]");
    fails(w, "hf:../../etc", ERR_USAGE, "tailor models lists");
    add_hub(w, "models--o--gemma-GGUF", "r-Q4_K_M.gguf");
    fails(w, "hf:gemma", ERR_USAGE, "did you mean \"hf:o/gemma-GGUF\"?");
    fails(w, "hf:o/r/f.gguf", ERR_USAGE, "on this disk: o/gemma-GGUF");
    fails(w, "hf:o/\xc3\xa9", ERR_USAGE, "is not");
    fails(w, "hf:a\nb", ERR_USAGE, "\"hf:a?b\"");
    fails(w, "s3:o/r", ERR_USAGE, "names no store");
    fails(w, "", ERR_USAGE, "names no store");
    fails(w, "ollama:a/b/c/d", ERR_USAGE, "is not ollama:NAME[:TAG]");
    fails(w, "ollama:a/b/c/d/e", ERR_USAGE, "is not ollama:NAME[:TAG]");
    fails(w, "ollama:", ERR_USAGE, "is not ollama:NAME[:TAG]");
    fails(w, "ollama:m:", ERR_USAGE, "ollama list");
    fails(w, "ollama:../m", ERR_USAGE, "is not");
    fails(w, "ollama:.:.", ERR_USAGE, "is not");
}

static void a_long_argument_is_cut_in_the_message(void **state)
{
    struct world *w = *state;
    char *text = arena_alloc(&w->a, 100001);
    memset(text, 'a', 100000);
    memcpy(text, "hf:o/", 5);
    fails(w, text, ERR_USAGE, "aaaa");
    memcpy(text, "ollama:", 7);
    fails(w, text, ERR_FAILED, "aaaa");
}

static void a_near_model_of_ollama_is_named(void **state)
{
    struct world *w = *state;
    fails(w, "ollama:llama3", ERR_FAILED,
          "Ollama has no \"llama3\" on this disk; \"ollama pull llama3\" downloads it");
    add_ollama(w, "registry.ollama.ai/library/llama3.2/3b", '3');
    fails(w, "ollama:lama3.2:3b", ERR_FAILED, "did you mean \"ollama:llama3.2:3b\"?");
    fails(w, "ollama:LLAMA3.2", ERR_FAILED, "did you mean \"ollama:llama3.2:3b\"?");
    fails(w, "ollama:phi", ERR_FAILED, "there is llama3.2:3b; \"ollama pull phi\"");
}

static void no_stores_at_all_is_no_crash(void **state)
{
    struct world *w = *state;
    const char *path = NULL;
    assert_false(stores_find(&w->a, w->fs, NULL, "hf:o/r", &path, &w->err));
    assert_false(stores_find(&w->a, w->fs, NULL, "ollama:m", &path, &w->err));
    stores_list(&w->a, w->fs, NULL, &w->list);
    assert_int_equal(w->list.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(another_quantization_is_named),
        TEST_IN_WORLD(a_near_repository_is_named),
        TEST_IN_WORLD(what_is_no_repository_is_a_usage_error),
        TEST_IN_WORLD(a_long_argument_is_cut_in_the_message),
        TEST_IN_WORLD(a_near_model_of_ollama_is_named),
        TEST_IN_WORLD(no_stores_at_all_is_no_crash),
    };
    return RUN_TESTS(tests);
}
