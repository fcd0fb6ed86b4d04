#include "report/view_library.h"

#include "base/units.h"
#include "report/golden.h"

static struct library_item items[] = {
    {.entry = {.name = "a/small.gguf"},
     .known = true,
     .fits = true,
     .quantization = "Q4_K_M",
     .weights_bytes = 158 * MIB,
     .ctx = 32768,
     .speed = {.gen_tok_s = {101, 168, 244}}},
    {.entry = {.name = "b/large.gguf"},
     .known = true,
     .quantization = "Q8_0",
     .weights_bytes = 70 * GIB,
     .problem = "the model does not fit"},
    {.entry = {.name = "c/broken.gguf"}, .problem = "bad magic"},
    {.entry = {.name = "d/unmeasured.gguf"},
     .known = true,
     .fits = true,
     .weights_bytes = GIB,
     .ctx = 4096},
};

static void each_model_has_a_row(void **state)
{
    struct paper *p = *state;
    const struct library l = {.v = items, .n = COUNT_OF(items)};
    view_library(&p->d, &l, 0);
    assert_string_equal(paper_text(p, WIDE),
                        "model              quant      size  fits        context    tok/s\n"
                        "a/small.gguf       Q4_K_M   158 MB  yes          32,768  101-244\n"
                        "b/large.gguf       Q8_0    70.0 GB  no                -        -\n"
                        "c/broken.gguf      ?             ?  unreadable        -        -\n"
                        "d/unmeasured.gguf  ?       1.00 GB  yes           4,096        ?\n");
}

static void a_long_list_is_cut_and_says_by_how_much(void **state)
{
    struct paper *p = *state;
    const struct library l = {.v = items, .n = COUNT_OF(items)};
    view_library(&p->d, &l, 1);
    assert_string_equal(paper_text(p, WIDE),
                        "model         quant     size  fits  context    tok/s\n"
                        "a/small.gguf  Q4_K_M  158 MB  yes    32,768  101-244\n"
                        "and 3 more: tailor models\n");
}

static void a_search_that_ended_early_says_where(void **state)
{
    struct paper *p = *state;
    const struct library l = {.v = items, .n = 1, .cut = "/mnt/huge", .unreadable = "/root/models"};
    view_library(&p->d, &l, 10);
    assert_true(cstr_ends(paper_text(p, WIDE),
                          "\nThe search ended at \"/mnt/huge\": there is too much below it.\n"
                          "\"/root/models\" cannot be read.\n"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PAPER_TEST(each_model_has_a_row),
        PAPER_TEST(a_long_list_is_cut_and_says_by_how_much),
        PAPER_TEST(a_search_that_ended_early_says_where),
    };
    return RUN_TESTS(tests);
}
