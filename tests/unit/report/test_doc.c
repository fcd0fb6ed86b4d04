#include "report/doc.h"

#include "report/golden.h"

static void rows_stand_under_each_other_and_wrap_behind_their_label(void **state)
{
    struct paper *p = *state;
    doc_row(&p->d, "model", "8.03B Q4_K_M %s", "4.58 GB");
    doc_row(&p->d, "off the rack", "a text that is longer than the fifty columns of this page");
    assert_string_equal(paper_text(p, NARROW),
                        "model         8.03B Q4_K_M 4.58 GB\n"
                        "off the rack  a text that is longer than the fifty\n"
                        "              columns of this page\n");
    assert_string_equal(
        paper_text(p, WIDE),
        "model         8.03B Q4_K_M 4.58 GB\n"
        "off the rack  a text that is longer than the fifty columns of this page\n");
}

static void short_labels_leave_the_same_room(void **state)
{
    struct paper *p = *state;
    doc_row(&p->d, "a", "x");
    doc_row(&p->d, "", "y");
    assert_string_equal(paper_text(p, WIDE), "a        x\n"
                                             "         y\n");
}

static void a_line_is_full_when_it_is_full(void **state)
{
    struct paper *p = *state;
    doc_text(&p->d, "%s", "0123456789 0123456789 0123456789 0123456789 123456 next");
    doc_text(&p->d, "%s", "0123456789 0123456789 0123456789 0123456789 1234567 next");
    assert_string_equal(paper_text(p, NARROW),
                        "0123456789 0123456789 0123456789 0123456789 123456\n"
                        "next\n"
                        "0123456789 0123456789 0123456789 0123456789\n"
                        "1234567 next\n");
}

static void sections_are_apart_and_align_by_themselves(void **state)
{
    struct paper *p = *state;
    doc_row(&p->d, "a", "x");
    doc_section(&p->d, "next");
    doc_row(&p->d, "a longer label", "y");
    doc_section(&p->d, NULL);
    doc_text(&p->d, "the end");
    assert_string_equal(paper_text(p, WIDE), "a        x\n"
                                             "\n"
                                             "next\n"
                                             "a longer label  y\n"
                                             "\n"
                                             "the end\n");
}

static void a_table_is_as_wide_as_its_widest_cells(void **state)
{
    static const struct doc_column columns[] = {
        {"model", DOC_LEFT}, {"size", DOC_RIGHT}, {"fits", DOC_LEFT}};
    struct paper *p = *state;
    struct doc_table *t = doc_table(&p->d, columns, COUNT_OF(columns));
    doc_cell(&p->d, t, "a/model.gguf");
    doc_cell(&p->d, t, "%d.%d GB", 4, 5);
    doc_cell(&p->d, t, "yes");
    doc_cell(&p->d, t, "b");
    doc_cell(&p->d, t, "%s", "123 GB");
    doc_cell(&p->d, t, "no");
    assert_string_equal(paper_text(p, NARROW), "model           size  fits\n"
                                               "a/model.gguf  4.5 GB  yes\n"
                                               "b             123 GB  no\n");
}

static void letters_count_not_bytes(void **state)
{
    static const struct doc_column columns[] = {{"é", DOC_LEFT}, {"b", DOC_LEFT}};
    struct paper *p = *state;
    struct doc_table *t = doc_table(&p->d, columns, COUNT_OF(columns));
    doc_cell(&p->d, t, "größe");
    doc_cell(&p->d, t, "x");
    doc_section(&p->d, NULL);
    doc_row(&p->d, "größenmaß", "y");
    doc_row(&p->d, "plain-----", "y");
    assert_string_equal(paper_text(p, WIDE), "é      b\n"
                                             "größe  x\n"
                                             "\n"
                                             "größenmaß   y\n"
                                             "plain-----  y\n");
}

static void a_word_that_is_too_long_is_not_cut(void **state)
{
    struct paper *p = *state;
    doc_text(&p->d, "see "
                    "/a/path/that/is/longer/than/the/whole/page/is/wide/and/must/stay/in/one/piece "
                    "for more");
    assert_string_equal(
        paper_text(p, NARROW),
        "see\n"
        "/a/path/that/is/longer/than/the/whole/page/is/wide/and/must/stay/in/one/piece\n"
        "for more\n");
}

static void a_terminal_of_no_width_still_gets_lines(void **state)
{
    struct paper *p = *state;
    doc_row(&p->d, "a", "one two three four five six seven eight nine ten eleven");
    assert_string_equal(paper_text(p, 1), "a        one two three four five six seven eight\n"
                                          "         nine ten eleven\n");
    assert_string_equal(paper_text(p, 0), paper_text(p, 1));
}

static void names_cannot_steer_the_terminal(void **state)
{
    static const struct doc_column columns[] = {{"name", DOC_LEFT}};
    struct paper *p = *state;
    doc_row(&p->d, "model", "%s",
            "a\x1b[2Jb\nc\rd\x7f\xc2\x9b"
            "3J");
    doc_row(&p->d, "CUDA0\x7f", "y");
    doc_text(&p->d, "%s", "x\ty\x07");
    doc_cell(&p->d, doc_table(&p->d, columns, 1), "%s", "evil\n\x1b]0;title\x07");
    assert_string_equal(paper_text(p, WIDE), "model    a?[2Jb?c?d???3J\n"
                                             "CUDA0?   y\n"
                                             "x?y?\n"
                                             "name\n"
                                             "evil??]0;title?\n");
}

static void colours_change_nothing_but_colours(void **state)
{
    static const struct doc_column columns[] = {{"head", DOC_RIGHT}};
    struct paper *p = *state;
    doc_section(&p->d, "title");
    doc_row(&p->d, "label", "text");
    doc_cell(&p->d, doc_table(&p->d, columns, 1), "1");
    const struct doc_style style = {80, true};
    struct strbuf out = {0}, bare = {0};
    doc_write_text(&p->d, &style, &out);
    assert_string_equal(strbuf_cstr(&out), "\x1b[1mtitle\x1b[0m\n"
                                           "\x1b[2mlabel\x1b[0m    text\n"
                                           "\x1b[2mhead\x1b[0m\n"
                                           "   1\n");
    for (const char *c = strbuf_cstr(&out); *c; c++)
        if (*c == '\x1b')
            c = strchr(c, 'm');
        else
            strbuf_addc(&bare, *c);
    assert_string_equal(strbuf_cstr(&bare), paper_text(p, 80));
    strbuf_release(&out);
    strbuf_release(&bare);
}

static void an_empty_document_is_no_text(void **state)
{
    assert_string_equal(paper_text(*state, WIDE), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PAPER_TEST(rows_stand_under_each_other_and_wrap_behind_their_label),
        PAPER_TEST(short_labels_leave_the_same_room),
        PAPER_TEST(a_line_is_full_when_it_is_full),
        PAPER_TEST(sections_are_apart_and_align_by_themselves),
        PAPER_TEST(a_table_is_as_wide_as_its_widest_cells),
        PAPER_TEST(letters_count_not_bytes),
        PAPER_TEST(a_word_that_is_too_long_is_not_cut),
        PAPER_TEST(a_terminal_of_no_width_still_gets_lines),
        PAPER_TEST(names_cannot_steer_the_terminal),
        PAPER_TEST(colours_change_nothing_but_colours),
        PAPER_TEST(an_empty_document_is_no_text),
    };
    return RUN_TESTS(tests);
}
