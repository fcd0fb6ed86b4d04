#include "plan/worlds.h"
#include "report/golden.h"
#include "report/views.h"

static const struct memory_row rows[] = {
    {4096, 1, "f16", "f16", 4 * GIB, GIB / 2, 0, GIB / 8, 0, true},
    {131072, 2, "f16", "f16", 4 * GIB, 32 * GIB, 0, GIB / 4, MIB, false},
};

static const char *shown(struct paper *p, const struct model *m, size_t n)
{
    paper_clear(p);
    view_model(&p->d, m, rows, n);
    return paper_text(p, WIDE);
}

static void a_dense_model_is_told_on_one_page(void **state)
{
    struct paper *p = *state;
    struct model m = model_of(&p->a, "llama-3.1-8b:Q4_K_M");
    m.n_files = 1;
    assert_string_equal(shown(p, &m, 1),
                        "model       Llama 3.1 8B Instruct\n"
                        "file        llama-3.1-8b:Q4_K_M.gguf\n"
                        "size        8.03B parameters, 4.58 GB, 4.89 bits each, Q4_K_M\n"
                        "types       F32 1.02 MB, Q4_K 3.40 GB, Q6_K 1.17 GB\n"
                        "family      llama\n"
                        "layers      32, 4096 wide\n"
                        "attention   32 heads, 8 KV heads of 128\n"
                        "vocabulary  128,256 tokens\n"
                        "trained on  131,072 tokens of context\n"
                        "\n"
                        "memory (on the CPU, closed form)\n"
                        "context  slots  weights      KV  state  compute  output    total\n"
                        "  4,096      1  4.00 GB  512 MB    0 B   128 MB     0 B  4.62 GB\n");
}

static void an_estimate_is_marked_and_explained(void **state)
{
    struct paper *p = *state;
    const struct model m = model_of(&p->a, "llama-3.1-8b:Q4_K_M");
    const char *text = shown(p, &m, 2);
    assert_non_null(strstr(text,
                           "131,072      2  4.00 GB  32.0 GB    0 B  ~256 MB  1.00 MB  36.3 GB\n"
                           "~ is an estimate: tailor plan asks the engine's own dry run.\n"));
}

static void what_is_special_has_a_row(void **state)
{
    static const struct {
        const char *model, *row;
    } cases[] = {
        {"qwen3-30b-a3b:Q4_K_M", "\nexperts     8 of 128 used for each token\n"},
        {"gemma-3-12b:Q4_0", "\nwindow      40 layers see 1,024 tokens\n"},
        {"mamba2-2.7b:F16", "\nrecurrent   64 layers keep a state instead of a cache\n"},
        {"deepseek-v2-lite:Q4_0", ", one latent row a token (MLA)\n"},
        {"llama-3.2-1b:Q8_0", "128,256 tokens, embeddings are the output matrix, too\n"},
    };
    struct paper *p = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct model m = model_of(&p->a, cases[i].model);
        if (!strstr(shown(p, &m, 0), cases[i].row))
            fail_msg("no \"%s\" in\n%s", cases[i].row, shown(p, &m, 0));
    }
}

static void an_unknown_family_shows_what_can_be_read(void **state)
{
    struct paper *p = *state;
    struct model m = model_of(&p->a, "llama-3.2-1b:Q8_0");
    m.arch = NULL;
    m.architecture = "newer";
    m.name = NULL;
    m.n_files = 3;
    m.quantization = NULL;
    const char *text = shown(p, &m, 1);
    assert_non_null(strstr(text, "model    llama-3.2-1b:Q8_0.gguf\n"));
    assert_non_null(strstr(text, "\nfile     llama-3.2-1b:Q8_0.gguf and 2 more\n"));
    assert_non_null(strstr(text, " bits each, unknown quantization\n"));
    assert_true(cstr_ends(
        text, "\nfamily   newer (unknown to llama.cpp v0.5.0: only sizes can be read)\n"));
}

static void a_vocabulary_alone_has_no_sizes(void **state)
{
    struct paper *p = *state;
    struct model m = model_of(&p->a, "llama-3.2-1b:Q8_0");
    m.parameters = m.weights_bytes = 0;
    m.n_tensors = 0;
    const char *text = shown(p, &m, 0);
    assert_non_null(strstr(text, "\nsize        no weights: a vocabulary alone\nfamily "));
    assert_null(strstr(text, "memory"));
}

static void one_line_holds_what_matters(void **state)
{
    static const struct {
        const char *model, *line;
    } cases[] = {
        {"llama-3.1-8b:Q4_K_M", "8.03B Q4_K_M 4.58 GB - llama, trained on 131,072 tokens"},
        {"qwen3-30b-a3b:Q8_0",
         "30.5B Q8_0 30.2 GB - qwen3moe, 8 of 128 experts, trained on 40,960 tokens"},
    };
    struct paper *p = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct model m = model_of(&p->a, cases[i].model);
        m.synthetic = NULL;
        assert_string_equal(view_model_line(&p->a, &m), cases[i].line);
    }
}

static void random_weights_are_told_but_not_of_a_shape(void **state)
{
    struct paper *p = *state;
    struct model m = model_of(&p->a, "llama-3.2-1b:Q8_0");
    m.synthetic = "random";
    assert_true(cstr_ends(view_model_line(&p->a, &m), ", random weights"));
    m.path = "shape:llama-3.2-1b:Q8_0";
    assert_null(strstr(view_model_line(&p->a, &m), "weights"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PAPER_TEST(a_dense_model_is_told_on_one_page),
        PAPER_TEST(an_estimate_is_marked_and_explained),
        PAPER_TEST(what_is_special_has_a_row),
        PAPER_TEST(an_unknown_family_shows_what_can_be_read),
        PAPER_TEST(a_vocabulary_alone_has_no_sizes),
        PAPER_TEST(one_line_holds_what_matters),
        PAPER_TEST(random_weights_are_told_but_not_of_a_shape),
    };
    return RUN_TESTS(tests);
}
