#include "cli/opt.h"

#include "base/str.h"
#include "test.h"

struct fields {
    bool flag, off;
    const char *text;
    struct opt_texts texts;
    uint32_t count;
    struct opt_counts counts;
    double number;
    int choice;
    bool other; /* of the second table */
};

#define FIELD(name) offsetof(struct fields, name)

static const struct opt first[] = {
    {"flag", 'f', OPT_FLAG, FIELD(flag), NULL, "."},
    {"on", 0, OPT_UNFLAG, FIELD(off), NULL, "."},
    {"text", 't', OPT_TEXT, FIELD(text), "T", "."},
    {"some-texts", 0, OPT_TEXTS, FIELD(texts), "T", "."},
    {"count", 'n', OPT_COUNT, FIELD(count), "N", ".", NULL, 2, 65536},
    {"counts", 0, OPT_COUNTS, FIELD(counts), "N,N", ".", NULL, 1, 65536},
    {"number", 0, OPT_NUMBER, FIELD(number), "X", "."},
    {"choice", 0, OPT_CHOICE, FIELD(choice), NULL, ".", "red|green|blue"},
    {"model", 'm', OPT_ARGUMENT, 0, "M", "."},
};
static const struct opt second[] = {{"other", 'o', OPT_FLAG, FIELD(other), NULL, "."}};
static const struct opt_list first_list = OPT_LIST(first), second_list = OPT_LIST(second);

struct world {
    struct arena a;
    struct fields f;
    struct opt_rest rest;
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

/* Words are separated by one blank each; two blanks give an empty word. */
static bool parse(struct world *w, const char *line)
{
    char *words[64];
    int n = 0;
    struct str rest = str_from(line), word;
    const struct opt_table tables[OPT_TABLES] = {
        {&first_list, &w->f}, {NULL, NULL}, {&second_list, &w->f}};
    w->f = (struct fields){.off = true};
    w->err = (struct err){0};
    while (*line && str_cut(&rest, ' ', &word))
        words[n++] = str_dup(&w->a, word);
    char **kept = arena_array(&w->a, 64, sizeof(*kept)); /* rest.engine points into it */
    memcpy(kept, words, sizeof(words[0]) * (size_t)n);
    return opt_parse(&w->a, tables, n, kept, &w->rest, &w->err);
}

static void parses(struct world *w, const char *line)
{
    CHECK_OK(parse(w, line), &w->err);
}

static void refused(struct world *w, const char *line, const char *part)
{
    if (parse(w, line))
        fail_msg("\"%s\" was taken", line);
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, part);
}

static void each_kind_fills_its_field(void **state)
{
    struct world *w = *state;
    parses(w, "--flag --on --text x --some-texts a --some-texts b --count 7 --counts 1,2 --number "
              "2.5 --choice blue --other");
    assert_true(w->f.flag && !w->f.off && w->f.other);
    assert_string_equal(w->f.text, "x");
    assert_int_equal(w->f.texts.n, 2);
    assert_string_equal(w->f.texts.v[1], "b");
    assert_int_equal(w->f.count, 7);
    assert_int_equal(w->f.counts.n, 2);
    assert_int_equal(w->f.counts.v[1], 2);
    assert_true(w->f.number == 2.5);
    assert_int_equal(w->f.choice, 2);
}

static void every_spelling_means_the_same(void **state)
{
    static const char *const lines[] = {"--some-texts=a=b -n5 -f", "--some_texts a=b -n 5 -f",
                                        "-fn5 --some_texts=a=b", "-fn 5 --some-texts a=b",
                                        "--some-texts a=b --count=5 --flag"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        parses(w, lines[i]);
        assert_true(w->f.flag);
        assert_int_equal(w->f.count, 5);
        assert_int_equal(w->f.texts.n, 1);
        assert_string_equal(w->f.texts.v[0], "a=b");
    }
}

static void k_stands_for_1024(void **state)
{
    struct world *w = *state;
    parses(w, "--count 32k --counts 4K,1,64k");
    assert_int_equal(w->f.count, 32768);
    assert_int_equal(w->f.counts.v[0], 4096);
    assert_int_equal(w->f.counts.v[2], 65536);
}

static void of_several_the_last_one_counts(void **state)
{
    struct world *w = *state;
    parses(w, "-n 5 -n 6 --counts 1,2,3 --counts 4 --choice red --choice green -t a -t b");
    assert_int_equal(w->f.count, 6);
    assert_int_equal(w->f.counts.n, 1);
    assert_int_equal(w->f.counts.v[0], 4);
    assert_int_equal(w->f.choice, 1);
    assert_string_equal(w->f.text, "b");
}

static void other_words_are_arguments_wherever_they_stand(void **state)
{
    static const char *const want[] = {"a", "b", "-", "-5", "c", "d"};
    struct world *w = *state;
    parses(w, "a -f b - -5 -m c --model=d");
    assert_int_equal(w->rest.args.n, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        assert_string_equal(w->rest.args.v[i], want[i]);
    assert_false(w->rest.has_engine);
}

static void words_behind_two_dashes_are_the_engines(void **state)
{
    struct world *w = *state;
    parses(w, "a -- -c 5 --flag -- b");
    assert_true(w->rest.has_engine);
    assert_int_equal(w->rest.n_engine, 5);
    assert_string_equal(w->rest.engine[0], "-c");
    assert_string_equal(w->rest.engine[3], "--");
    assert_false(w->f.flag);
    assert_int_equal(w->rest.args.n, 1);
    parses(w, "--");
    assert_true(w->rest.has_engine);
    assert_int_equal(w->rest.n_engine, 0);
}

static void an_unknown_option_has_a_nearest_one(void **state)
{
    struct world *w = *state;
    refused(w, "--flga", "unknown option \"--flga\"; did you mean --flag?");
    refused(w, "--othr=3", "unknown option \"--othr\"; did you mean --other?");
    refused(w, "--coutn", "unknown option \"--coutn\"; did you mean --count?");
    refused(w, "--temperature", "options of llama.cpp itself go after \"--\"");
    refused(w, "-x", "unknown option \"-x\"");
    refused(w, "-fx", "unknown option \"-fx\"");
    refused(w, "--=3", "unknown option \"--\"");
}

static void a_value_that_is_missing_is_named(void **state)
{
    struct world *w = *state;
    refused(w, "--text", "\"--text\" needs a value");
    refused(w, "-f -t", "\"-t\" needs a value");
    refused(w, "-ft", "\"-ft\" needs a value");
    refused(w, "--count -- 5", "\"--count\" needs a value");
    refused(w, "--flag=yes", "--flag takes no value");
}

static void a_value_may_look_like_an_option(void **state)
{
    struct world *w = *state;
    parses(w, "--text --flag");
    assert_string_equal(w->f.text, "--flag");
    assert_false(w->f.flag);
    parses(w, "--text=");
    assert_string_equal(w->f.text, "");
}

static void numbers_keep_to_their_range(void **state)
{
    static const char *const bad[] = {"1",    "65537",
                                      "65k",  "-5",
                                      "many", "5.5",
                                      "1e3",  "k",
                                      "5kk",  "99999999999999999999",
                                      "0x10", "",
                                      "+5",   "18446744073709551k"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        refused(w, arena_printf(&w->a, "--count=%s", bad[i]),
                "is not a whole number from 2 to 65536 for --count");
        assert_int_equal(w->f.count, 0);
    }
    parses(w, "--count 2");
    parses(w, "--count 64k");
    refused(w, "--counts 1,,2", "\"\" is not a whole number from 1 to 65536 for --counts");
    refused(w, "--counts 1,", "--counts");
    refused(w, "--counts=", "--counts");
    refused(w, "--counts 0", "--counts");
}

static void quantities_are_larger_than_nothing(void **state)
{
    static const char *const bad[] = {"0", "-1", "nan", "inf", "1e99", "x", "", "1.5x"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        refused(w, arena_printf(&w->a, "--number=%s", bad[i]),
                "is not a number larger than 0 for --number");
    parses(w, "--number 0.25");
    assert_true(w->f.number == 0.25);
}

static void a_choice_is_one_of_its_words(void **state)
{
    struct world *w = *state;
    refused(w, "--choice yellow", "\"yellow\" is no choice for --choice; one of red|green|blue");
    refused(w, "--choice=", "no choice");
    refused(w, "--choice red|green", "no choice");
    assert_string_equal(opt_word(&w->a, "red|green", 1), "green");
    assert_null(opt_word(&w->a, "red|green", 2));
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(each_kind_fills_its_field),
        WORLD_TEST(every_spelling_means_the_same),
        WORLD_TEST(k_stands_for_1024),
        WORLD_TEST(of_several_the_last_one_counts),
        WORLD_TEST(other_words_are_arguments_wherever_they_stand),
        WORLD_TEST(words_behind_two_dashes_are_the_engines),
        WORLD_TEST(an_unknown_option_has_a_nearest_one),
        WORLD_TEST(a_value_that_is_missing_is_named),
        WORLD_TEST(a_value_may_look_like_an_option),
        WORLD_TEST(numbers_keep_to_their_range),
        WORLD_TEST(quantities_are_larger_than_nothing),
        WORLD_TEST(a_choice_is_one_of_its_words),
    };
    return RUN_TESTS(tests);
}
