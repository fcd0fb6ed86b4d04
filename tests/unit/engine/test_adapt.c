#include "engine/adapt.h"

#include "test.h"

struct world {
    struct arena a;
    struct engine engine;
    struct words out, notes;
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

/* An engine whose --help lists these options, and a command line for it. */
static const char *adapted(struct world *w, const char *options, const char *line)
{
    struct words words = {0};
    struct err err = {0};
    w->engine.options = arena_printf(&w->a, " %s ", options);
    w->out = w->notes = (struct words){0};
    CHECK_OK(shell_split(&w->a, str_from(line), &words, &err), &err);
    engine_adapt(&w->a, &w->engine, words.v, words.n, &w->out, &w->notes);
    return shell_join(&w->a, w->out.v, w->out.n);
}

static void what_the_engine_lists_stays_as_it_is(void **state)
{
    struct world *w = *state;
    static const char line[] = "llama-server -m x.gguf -c 4096 --load-mode none --fit off -kvu";
    assert_string_equal(
        adapted(w, "-m --model -c --ctx-size --load-mode --fit -kvu --kv-unified", line), line);
    assert_int_equal(w->notes.n, 0);
}

static void load_modes_become_the_flags_they_replaced(void **state)
{
    static const struct {
        const char *modern, *older;
    } pairs[] = {{"none", "llama-server --no-mmap"},
                 {"mmap", "llama-server"},
                 {"mlock", "llama-server --mlock"},
                 {"mmap+mlock", "llama-server --mlock"}};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        const char *line = arena_printf(&w->a, "llama-server --load-mode %s", pairs[i].modern);
        assert_string_equal(adapted(w, "--no-mmap --mlock", line), pairs[i].older);
        assert_int_equal(w->notes.n, 0);
    }
}

static void an_engine_that_does_not_fit_by_itself_need_not_be_told(void **state)
{
    struct world *w = *state;
    assert_string_equal(adapted(w, "-c", "llama-server --fit off -c 1"), "llama-server -c 1");
    assert_int_equal(w->notes.n, 0);
}

static void what_it_does_not_have_is_left_out_with_its_value_and_told(void **state)
{
    struct world *w = *state;
    assert_string_equal(adapted(w, "-c", "llama-server --cache-ram 512 -c 1 -kvu"),
                        "llama-server -c 1");
    assert_int_equal(w->notes.n, 2);
    assert_string_equal(w->notes.v[0], "this llama.cpp has no --cache-ram: it was left out");
    assert_string_equal(w->notes.v[1], "this llama.cpp has no -kvu: it was left out");
}

static void another_spelling_in_its_help_is_enough(void **state)
{
    struct world *w = *state;
    assert_string_equal(adapted(w, "--gpu-layers", "llama-server -ngl 99"), "llama-server -ngl 99");
}

static void the_start_of_a_longer_word_is_not_the_option(void **state)
{
    struct world *w = *state;
    assert_string_equal(adapted(w, "-cb --cache-ram-x x--cache-ram", "llama-server --cache-ram 1"),
                        "llama-server");
}

static void words_of_the_user_that_we_do_not_know_go_through(void **state)
{
    struct world *w = *state;
    static const char line[] = "llama-server --brand-new 3 loose";
    assert_string_equal(adapted(w, "-c", line), line);
}

static void a_value_that_is_missing_is_not_invented(void **state)
{
    struct world *w = *state;
    assert_string_equal(adapted(w, "-c", "llama-server -c"), "llama-server -c");
    assert_string_equal(adapted(w, "-c", "llama-server --cache-ram"), "llama-server");
    assert_string_equal(adapted(w, "-c", ""), "");
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(what_the_engine_lists_stays_as_it_is),
        WORLD_TEST(load_modes_become_the_flags_they_replaced),
        WORLD_TEST(an_engine_that_does_not_fit_by_itself_need_not_be_told),
        WORLD_TEST(what_it_does_not_have_is_left_out_with_its_value_and_told),
        WORLD_TEST(another_spelling_in_its_help_is_enough),
        WORLD_TEST(the_start_of_a_longer_word_is_not_the_option),
        WORLD_TEST(words_of_the_user_that_we_do_not_know_go_through),
        WORLD_TEST(a_value_that_is_missing_is_not_invented),
    };
    return RUN_TESTS(tests);
}
