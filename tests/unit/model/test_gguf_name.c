#include "base/attr.h"
#include "model/gguf_name.h"
#include "test.h"

static void later_shards_sidecars_and_matrices_are_no_models(void **state)
{
    static const char *const models[] = {
        "a.gguf", "sub/Qwen3-8B-Q4_K_M.gguf", "m-00001-of-00003.gguf", "draft-0.5b.gguf",
        "Qwen3-Next-MTP-Q4_K_M.gguf" /* llama.cpp looks for "mtp-" in small letters */};
    static const char *const others[] = {"a.safetensors",
                                         "a.gguf.etag",
                                         "m-00002-of-00003.gguf",
                                         "mmproj-F16.gguf",
                                         "x_mmproj-model-f16.gguf",
                                         "imatrix.gguf",
                                         "a.imatrix.gguf",
                                         "mtp-GLM-4.5.gguf",
                                         "eagle3-a.gguf",
                                         "dflash-a.gguf",
                                         "dspark-a.gguf",
                                         "sub/._a.gguf",
                                         "",
                                         "a.gguf.downloadInProgress"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(models); i++)
        if (!gguf_name_is_model(models[i]))
            fail_msg("\"%s\" should be a model", models[i]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (gguf_name_is_model(others[i]))
            fail_msg("\"%s\" should be no model", others[i]);
    assert_true(gguf_name_is_sidecar("a/mtp-x-Q8_0.gguf", SIDECAR_MTP));
    assert_false(gguf_name_is_sidecar("a/mtp-x-Q8_0.gguf", SIDECAR_MMPROJ));
    assert_true(gguf_name_is_sidecar("mmproj/x.gguf", SIDECAR_MMPROJ));
    assert_true(gguf_name_is_model("mmproj/x.gguf"));
    assert_false(gguf_name_is_sidecar("mtp-x-00002-of-00002.gguf", SIDECAR_MTP));
}

/* Expected values are those of get_gguf_split_info and extract_quant_bits. */
static void the_tag_is_the_last_word(void **state)
{
    static const struct {
        const char *path, *tag;
        unsigned bits;
    } cases[] = {
        {"Llama-3.2-1B-Instruct-Q4_K_M.gguf", "Q4_K_M", 4},
        {"BF16/model-bf16-00001-of-00002.gguf", "BF16", 16},
        {"gemma.Q8_0.gguf", "Q8_0", 8},
        {"x-UD-IQ2_XXS.gguf", "IQ2_XXS", 2},
        {"gemma-3-it.gguf", "IT", 0},
        {"model.gguf", "", 0},
        {"dir-Q4_0/model.gguf", "", 0},
        {"a-b c.gguf", "", 0},
        {"a-.gguf", "", 0},
        {"a-Q99999999999.gguf", "Q99999999999", 9999},
        {".gguf", "", 0},
        {"", "", 0},
    };
    struct arena a = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(gguf_name_tag(&a, cases[i].path), cases[i].tag);
        assert_int_equal(gguf_name_bits(cases[i].path), cases[i].bits);
    }
    arena_release(&a);
}

static void a_tag_matches_before_a_separator(void **state)
{
    (void)state;
    assert_true(gguf_name_matches("m-Q4_K_M.gguf", "q4_k_m"));
    assert_true(gguf_name_matches("m-UD-Q4_K_XL-00001-of-00002.gguf", "UD-Q4_K_XL"));
    assert_true(gguf_name_matches("Q8_0-sub/m.gguf", "Q8_0"));
    assert_false(gguf_name_matches("m-Q4_K_M.gguf", "Q4_K"));
    assert_false(gguf_name_matches("m-Q4_K_M", "Q4_K_M"));
    assert_false(gguf_name_matches("m.gguf", "a name that is longer than the path"));
}

static void family_is(const char *path, const char *family)
{
    struct str s = gguf_name_family(path);
    if (!str_eq(s, family))
        fail_msg("family of \"%s\" is \"%.*s\", not \"%s\"", path, (int)s.n, s.p, family);
}

static void the_family_has_no_quantization(void **state)
{
    (void)state;
    family_is("a/Qwen3-8B-UD-Q4_K_XL.gguf", "Qwen3-8B");
    family_is("Qwen2.5-7B.i1-IQ3_M.gguf", "Qwen2.5-7B");
    family_is("phi-2_Q4_K_M.gguf", "phi-2");
    family_is("gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b");
    family_is("gemma-3-12b-it-bf16-00001-of-00002.gguf", "gemma-3-12b-it");
    family_is("Q4_K_M.gguf", "");
    family_is("model.gguf", "model");
    family_is("UD.gguf", "");
    family_is("i1", "");
}

static void a_sidecar_is_bound_by_name(void **state)
{
    static const struct {
        const char *sidecar, *model;
        enum sidecar_bond bond;
    } cases[] = {
        {"mmproj-F16.gguf", "gemma-3-12b-it-Q4_K_M.gguf", BOND_UNNAMED},
        {"mmproj-model-f16.gguf", "gemma-3-12b-it-Q4_K_M.gguf", BOND_UNNAMED},
        {"model-mmproj.gguf", "x-Q4_K_M.gguf", BOND_UNNAMED},
        {"mmproj-gemma-3-12b-it-f16.gguf", "google_gemma-3-12b-it-Q4_K_M.gguf", BOND_FAMILY},
        {"mmproj-google_gemma-3-12b-it-f16.gguf", "gemma-3-12b-it-Q4_K_M.gguf", BOND_FAMILY},
        {"gemma-3-12b-it.mmproj-f16.gguf", "Gemma-3-12b-it-Q8_0.gguf", BOND_FAMILY},
        {"gemma-3-4b.mmproj-f16.gguf", "gemma-3-4b-it-Q8_0.gguf", BOND_NONE},
        {"mmproj-Qwen2-VL-7B-Instruct-f16.gguf", "gemma-3-4b-it-Q8_0.gguf", BOND_NONE},
        {"o_r-GGUF_mmproj-model-f16.gguf", "o_r-GGUF_gemma-Q8_0.gguf", BOND_PREFIX},
        {"o_r-GGUF_mmproj-model-f16.gguf", "p_r-GGUF_gemma-Q8_0.gguf", BOND_NONE},
        {"x.gguf", "y.gguf", BOND_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (gguf_name_bond(cases[i].sidecar, SIDECAR_MMPROJ, cases[i].model) != cases[i].bond)
            fail_msg("\"%s\" beside \"%s\"", cases[i].sidecar, cases[i].model);
    assert_int_equal(
        gguf_name_bond("mtp-GLM-4.5-Air-Q4_0.gguf", SIDECAR_MTP, "GLM-4.5-Air-F16.gguf"),
        BOND_FAMILY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(later_shards_sidecars_and_matrices_are_no_models),
        TEST(the_tag_is_the_last_word),
        TEST(a_tag_matches_before_a_separator),
        TEST(the_family_has_no_quantization),
        TEST(a_sidecar_is_bound_by_name),
    };
    return RUN_TESTS(tests);
}
