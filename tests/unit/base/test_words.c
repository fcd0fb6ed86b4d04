#include "base/words.h"
#include "test.h"

static void joining_leaves_plain_words_alone_and_quotes_the_rest(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *words[] = {
        "llama-server", "-m",  "my model.gguf", "-ot", "blk\\.(1|2)=CPU", "",   "it's",
        "$HOME",        "-ts", "3,1",           "=x",  "caf\xc3\xa9",     "#5", "~"};
    assert_string_equal(shell_join(&a, words, COUNT_OF(words)),
                        "llama-server -m 'my model.gguf' -ot 'blk\\.(1|2)=CPU' '' 'it'\\''s' "
                        "'$HOME' -ts 3,1 '=x' caf\xc3\xa9 '#5' '~'");
    arena_release(&a);
}

static void check_split(const char *text, const char *const *expected, size_t n)
{
    struct arena a = {0};
    struct words got = {0};
    struct err err = {0};
    CHECK_OK(shell_split(&a, str_from(text), &got, &err), &err);
    assert_int_equal(got.n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(got.v[i], expected[i]);
    arena_release(&a);
}

#define CHECK_SPLIT(text, ...)                              \
    check_split((text), (const char *const[]){__VA_ARGS__}, \
                COUNT_OF(((const char *const[]){__VA_ARGS__})))

static void splitting_follows_the_rules_of_sh(void **state)
{
    (void)state;
    CHECK_SPLIT("  a\tb \n c ", "a", "b", "c");
    CHECK_SPLIT("'a b' \"c d\" e\\ f", "a b", "c d", "e f");
    CHECK_SPLIT("a''b \"\" ''", "ab", "", "");
    CHECK_SPLIT("\"a\\\"b\\\\ \\n$x\" 'a\\b'", "a\"b\\ \\n$x", "a\\b");
    CHECK_SPLIT("llama-server \\\n  -c 4096 \\\r\n -fa on", "llama-server", "-c", "4096", "-fa",
                "on");
    CHECK_SPLIT("\"a\\\nb\"", "ab");
    CHECK_SPLIT("a # a comment | with ; signs\nb c#d", "a", "b", "c#d");
    CHECK_SPLIT("--port ${PORT} $HOME/x", "--port", "${PORT}", "$HOME/x");
    check_split("", NULL, 0);
}

static void what_a_shell_would_do_more_with_is_refused(void **state)
{
    (void)state;
    const struct {
        struct str text;
        const char *why;
    } cases[] = {
        {STR("a | b"), "'|' is for a shell, not part of a command, at byte 2"},
        {STR("a && b"), "'&' is for a shell"},
        {STR("a > log"), "'>' is for a shell"},
        {STR("a 'b"), "a quote ' is not closed, at byte 2"},
        {STR("a \"b\\\""), "a quote \" is not closed, at byte 2"},
        {STR("a \\"), "a backslash ends the text"},
        {STR("a\0b"), "a NUL byte"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct words got = {0};
        struct err err = {0};
        assert_false(shell_split(&a, cases[i].text, &got, &err));
        CHECK_ERR(&err, cases[i].why);
        assert_int_equal(got.n, 0);
        arena_release(&a);
    }
}

static void any_words_come_back_from_their_text(void **state)
{
    (void)state;
    static const char letters[] = "ab-=,.'\"\\ \t\n$`#|&;<>()*?[]{}~!\r\xc3\xa9";
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 2000; round++) {
        struct arena a = {0};
        struct words words = {0}, back = {0};
        struct err err = {0};
        for (int n = round % 5; n >= 0; n--) {
            char word[12] = "";
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            for (size_t i = 0; i < seed % sizeof(word) && i + 1 < sizeof(word); i++)
                word[i] = letters[(seed >> (5 * i)) % (sizeof(letters) - 1)];
            words_add(&a, &words, arena_strdup(&a, word));
        }
        CHECK_OK(shell_split(&a, str_from(shell_join(&a, words.v, words.n)), &back, &err), &err);
        assert_int_equal(back.n, words.n);
        for (size_t i = 0; i < words.n; i++)
            assert_string_equal(back.v[i], words.v[i]);
        arena_release(&a);
    }
}

static void a_list_ends_in_null_for_exec(void **state)
{
    (void)state;
    struct arena a = {0};
    struct words w = {0};
    assert_null(words_argv(&a, &w)[0]);
    words_add(&a, &w, "x");
    assert_string_equal(words_argv(&a, &w)[0], "x");
    assert_null(words_argv(&a, &w)[1]);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(joining_leaves_plain_words_alone_and_quotes_the_rest),
        TEST(splitting_follows_the_rules_of_sh),
        TEST(what_a_shell_would_do_more_with_is_refused),
        TEST(any_words_come_back_from_their_text),
        TEST(a_list_ends_in_null_for_exec),
    };
    return RUN_TESTS(tests);
}
