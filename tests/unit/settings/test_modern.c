/* Old command lines in today's words. */
#include "settings/modern.h"
#include "test.h"

static void becomes(const char *old, const char *modern, size_t n_notes)
{
    struct arena a = {0};
    struct words in = {0}, out = {0}, notes = {0};
    struct err err = {0};
    assert_true(shell_split(&a, str_from(old), &in, &err));
    modern_words(&a, TOOL_SERVER, in.v, in.n, &out, &notes);
    assert_string_equal(shell_join(&a, out.v, out.n), modern);
    assert_int_equal(notes.n, n_notes);
    arena_release(&a);
}

static void todays_words_stay(void **state)
{
    (void)state;
    becomes("", "", 0);
    becomes("-c 4096 -fa on --temp 0.5", "-c 4096 -fa on --temp 0.5", 0);
    becomes("llama-server -m 'my model.gguf'", "-m 'my model.gguf'", 0);
    becomes("--frobnicate 7 -c", "--frobnicate 7 -c", 0);
}

static void removed_options_get_their_successor(void **state)
{
    (void)state;
    becomes("-c 1 --no-mmap -np 2", "-c 1 --load-mode none -np 2", 1);
    becomes("--mlock", "--load-mode mlock", 1);
    becomes("--draft-max 7", "--spec-draft-n-max 7", 1);
}

static void options_without_a_successor_are_left_out_with_their_value(void **state)
{
    (void)state;
    becomes("-c 1 --tfs 0.5 -np 2", "-c 1 -np 2", 1);
    becomes("--tfs", "", 1);
}

static void switches_that_became_options_get_their_value_back(void **state)
{
    (void)state;
    becomes("-fa", "-fa on", 1);
    becomes("-fa -ngl 99", "-fa on -ngl 99", 1);
    becomes("-fa --no-mmap -fa -c 5", "-fa on --load-mode none -fa on -c 5", 3);
    becomes("--numa -t 4", "--numa distribute -t 4", 1);
    becomes("-fa auto", "-fa auto", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(todays_words_stay),
        cmocka_unit_test(removed_options_get_their_successor),
        cmocka_unit_test(options_without_a_successor_are_left_out_with_their_value),
        cmocka_unit_test(switches_that_became_options_get_their_value_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
