#include "base/str.h"
#include "test.h"

static void cutting_gives_every_part_also_empty_ones(void **state)
{
    (void)state;
    struct str rest = STR("a,,b"), part;
    assert_true(str_cut(&rest, ',', &part) && str_eq(part, "a"));
    assert_true(str_cut(&rest, ',', &part) && str_eq(part, ""));
    assert_true(str_cut(&rest, ',', &part) && str_eq(part, "b"));
    assert_false(str_cut(&rest, ',', &part));
}

static void lines_end_in_lf_or_crlf(void **state)
{
    (void)state;
    struct str rest = STR("one\r\ntwo\n\nlast"), line;
    assert_true(str_line(&rest, &line) && str_eq(line, "one"));
    assert_true(str_line(&rest, &line) && str_eq(line, "two"));
    assert_true(str_line(&rest, &line) && str_eq(line, ""));
    assert_true(str_line(&rest, &line) && str_eq(line, "last"));
    assert_false(str_line(&rest, &line));
}

static void numbers_are_whole_strings(void **state)
{
    (void)state;
    unsigned long long u = 7;
    long long i = 7;
    double f = 7;
    assert_true(str_u64(STR("18446744073709551615"), &u) && u == 18446744073709551615u);
    assert_false(str_u64(STR("18446744073709551616"), &u));
    assert_false(str_u64(STR("-1"), &u));
    assert_false(str_u64(STR("12x"), &u));
    assert_false(str_u64(STR(""), &u));
    assert_true(u == 18446744073709551615u);
    assert_true(str_i64(STR("-5"), &i) && i == -5);
    assert_true(str_f64(STR("2.5"), &f) && f == 2.5);
    assert_false(str_f64(STR(" 2.5"), &f));
}

static void distance_counts_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(str_distance("plan", "plan"), 0);
    assert_int_equal(str_distance("plna", "plan"), 1);
    assert_int_equal(str_distance("detct", "detect"), 1);
    assert_int_equal(str_distance("", "abc"), 3);
    assert_int_equal(str_distance("kitten", "sitting"), 3);
}

static void a_buffer_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct strbuf b = {0};
    struct arena a = {0};
    assert_string_equal(strbuf_cstr(&b), "");
    for (int i = 0; i < 1000; i++)
        strbuf_addf(&b, "%d,", i);
    strbuf_pad(&b, ' ', 3);
    assert_int_equal(b.len, 3890 + 3);
    assert_int_equal(strlen(strbuf_cstr(&b)), b.len);
    char *copy = strbuf_take(&b, &a);
    assert_int_equal(b.len, 0);
    assert_memory_equal(copy, "0,1,2,3,", 8);
    strbuf_add(&b, "GGUF\0\3", 7);
    assert_memory_equal(strbuf_take(&b, &a), "GGUF\0\3", 7);
    arena_release(&a);
}

static void trimming_and_tests_of_ends(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t x y \r\n")), "x y"));
    assert_true(str_eq(str_trim(STR("   ")), ""));
    assert_true(cstr_starts("--verbose", "--"));
    assert_true(cstr_ends("model.gguf", ".gguf"));
    assert_false(cstr_ends("gguf", "x.gguf"));
    assert_true(cstr_ieq("Q4_k_M", "q4_K_m"));
    assert_false(cstr_ieq("q4", "q4_0"));
}

static void control_characters_become_question_marks(void **state)
{
    static const struct {
        const char *text, *keep, *harmless;
    } cases[] = {
        {"a\x1b[2Jb\x7f\r\n", "", "a?[2Jb???"},
        {"one\ntwo\x07", "\n", "one\ntwo?"},
        {"csi \xc2\x9b end \xc2\x80\xc2\x9f", "", "csi ?? end ????"},
        {"caf\xc3\xa9 \xc2\xa0 \xe2\x82\xac \xc2", "", "caf\xc3\xa9 \xc2\xa0 \xe2\x82\xac \xc2"},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[64];
        strcpy(text, cases[i].text);
        cstr_harmless(text, cases[i].keep);
        assert_string_equal(text, cases[i].harmless);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cutting_gives_every_part_also_empty_ones),
        TEST(lines_end_in_lf_or_crlf),
        TEST(numbers_are_whole_strings),
        TEST(distance_counts_edits_and_swaps),
        TEST(a_buffer_grows_and_stays_terminated),
        TEST(trimming_and_tests_of_ends),
        TEST(control_characters_become_question_marks),
    };
    return RUN_TESTS(tests);
}
