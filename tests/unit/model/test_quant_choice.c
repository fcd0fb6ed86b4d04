#include "base/attr.h"
#include "base/str.h"
#include "model/ggml_type.h"
#include "model/quant_choice.h"
#include "model/shape.h"
#include "test.h"

/* The types of every tensor of a shape, without its MTP head. */
static struct quant_tensor *choose(struct arena *a, const char *name, uint32_t file_type, size_t *n)
{
    struct shape s;
    assert_true(shape_find(name, &s));
    s.n_nextn = 0;
    struct quant_tensor *t = shape_tensors(a, &s, TYPE_F16, n);
    bool starts_recurrent = !(shape_block(&s, 0) & BLOCK_ATTN);
    const struct quant_model model = {
        .arch = s.arch,
        .n_layer = s.n_layer,
        .n_head = s.n_head,
        .n_head_kv = s.traits & HAS_KV_ARRAY && starts_recurrent ? 0 : s.n_head_kv,
        .n_expert = s.n_expert};
    quant_choose(&model, file_type, t, *n);
    return t;
}

/* llama.cpp's own expectations, tests/snapshots/NAME.schema of v0.5.0: how many quantizable tensors
 * get a type other than the one that gives the file its name. */
static const struct {
    const char *shape;
    uint32_t file_type;
    struct {
        uint32_t type;
        size_t n;
    } others[6];
} snapshots[] = {
    {"llama-3.1-70b", FILE_Q4_K_M, {{TYPE_Q6_K, 81}, {TYPE_Q5_K, 40}}},
    {"llama-3.1-70b", FILE_Q3_K_M, {{TYPE_Q6_K, 1}, {TYPE_Q4_K, 155}, {TYPE_Q5_K, 85}}},
    {"llama-3.1-70b", FILE_IQ2_XS, {{TYPE_Q5_K, 1}, {TYPE_Q2_K, 11}, {TYPE_Q4_K, 80}}},
    {"qwen3-14b", FILE_Q5_K_M, {{TYPE_Q6_K, 41}}},
    {"qwen3-14b", FILE_IQ3_XS, {{TYPE_Q6_K, 1}, {TYPE_IQ3_XXS, 140}, {TYPE_Q4_K, 40}}},
    {"qwen3-0.6b", FILE_Q4_K_S, {{TYPE_Q6_K, 1}, {TYPE_Q5_K, 7}}},
    {"qwen3-0.6b", FILE_IQ4_XS, {{TYPE_Q6_K, 1}, {TYPE_Q5_K, 3}}},
    {"gemma-3-4b", FILE_Q3_K_L, {{TYPE_Q6_K, 1}, {TYPE_Q5_K, 102}}},
    {"gemma-3-4b", FILE_IQ2_M, {{TYPE_Q5_K, 1}, {TYPE_IQ3_S, 72}}},
    {"gpt-oss-120b", FILE_Q4_K_M, {{TYPE_Q8_0, 37}, {TYPE_Q5_0, 181}}},
    {"gpt-oss-120b", FILE_MXFP4, {{TYPE_Q8_0, 146}}},
    {"deepseek-v3", FILE_Q4_K_M, {{TYPE_Q6_K, 58}, {TYPE_Q5_0, 61}}},
    {"deepseek-v3",
     FILE_IQ1_M,
     {{TYPE_Q5_K, 1}, {TYPE_Q2_K, 8}, {TYPE_IQ4_NL, 61}, {TYPE_IQ2_XXS, 61}}},
    {"deepseek-v3", FILE_Q2_K, {{TYPE_Q6_K, 1}, {TYPE_Q4_0, 61}, {TYPE_Q3_K, 180}}},
    {"qwen3-coder-next", FILE_Q4_K_M, {{TYPE_Q6_K, 73}}},
    {"qwen3-coder-next", FILE_IQ3_M, {{TYPE_Q6_K, 1}, {TYPE_Q4_K, 72}}},
    {"qwen3.5-397b-a17b", FILE_Q4_K_M, {{TYPE_Q6_K, 91}}},
    {"qwen3.5-397b-a17b", FILE_IQ2_XXS, {{TYPE_Q5_K, 1}, {TYPE_Q2_K, 8}, {TYPE_Q4_K, 60}}},
    {"qwen3.6-27b", FILE_Q5_K_M, {{TYPE_Q6_K, 65}}},
    {"qwen3.6-27b", FILE_Q3_K_M, {{TYPE_Q6_K, 1}, {TYPE_Q5_K, 6}, {TYPE_Q4_K, 138}}},
    {"nemotron-3-nano-30b-a3b", FILE_Q4_K_M, {{TYPE_Q8_0, 25}, {TYPE_Q5_0, 110}}},
    {"nemotron-3-nano-30b-a3b",
     FILE_IQ3_XXS,
     {{TYPE_Q8_0, 1}, {TYPE_IQ4_NL, 88}, {TYPE_Q5_0, 4}, {TYPE_IQ3_S, 6}, {TYPE_Q4_0, 42}}},
    {"glm-4.5-air", FILE_Q4_K_M, {{TYPE_Q6_K, 23}, {TYPE_Q8_0, 43}, {TYPE_Q5_0, 48}}},
    {"glm-4.5-air", FILE_TQ1_0, {{TYPE_Q6_K, 1}, {TYPE_Q4_K, 1}, {TYPE_Q4_0, 91}}},
};

static void types_are_those_of_llama_cpps_snapshots(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(snapshots); i++) {
        struct arena a = {0};
        size_t n, got[TYPE_COUNT] = {0}, want[TYPE_COUNT] = {0};
        struct quant_tensor *t = choose(&a, snapshots[i].shape, snapshots[i].file_type, &n);
        for (size_t k = 0; k < n; k++)
            if (quant_allowed(&t[k]) && t[k].type != quant_default_type(snapshots[i].file_type))
                got[t[k].type]++;
        for (size_t k = 0; k < COUNT_OF(snapshots[i].others); k++)
            if (snapshots[i].others[k].n)
                want[snapshots[i].others[k].type] = snapshots[i].others[k].n;
        for (uint32_t type = 0; type < TYPE_COUNT; type++)
            if (got[type] != want[type])
                fail_msg("%s %s: %zu tensors of %s, not %zu", snapshots[i].shape,
                         file_type_name(snapshots[i].file_type), got[type],
                         ggml_type_get(type)->name, want[type]);
        arena_release(&a);
    }
}

/* The blocks of Llama 3.1 8B whose attn_v and ffn_down get more bits in every Q4_K_M file. */
static void more_bits_go_to_the_ends_and_every_third_block(void **state)
{
    (void)state;
    static const char blocks[] = "xxxx..x..x..x..x..x..x..x..xxxxx";
    struct arena a = {0};
    size_t n, seen = 0;
    struct quant_tensor *t = choose(&a, "llama-3.1-8b", FILE_Q4_K_M, &n);
    for (size_t i = 0; i < n; i++) {
        if (!strstr(t[i].name, "ffn_down") && !strstr(t[i].name, "attn_v"))
            continue;
        uint32_t want = blocks[strtol(t[i].name + 4, NULL, 10)] == 'x' ? TYPE_Q6_K : TYPE_Q4_K;
        if (t[i].type != want)
            fail_msg("%s is %s", t[i].name, ggml_type_get(t[i].type)->name);
        seen++;
    }
    assert_int_equal(seen, 64);
    arena_release(&a);
}

static void what_must_not_be_quantized_keeps_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t ne[4];
        bool allowed;
    } cases[] = {
        {"blk.0.ffn_up.weight", {256, 2, 1, 1}, true},
        {"blk.0.ffn_up_exps.weight", {256, 2, 8, 1}, true},
        {"blk.0.ffn_up_exps.bias", {256, 8, 1, 1}, false},
        {"blk.0.ffn_gate_inp.weight", {256, 8, 1, 1}, false},
        {"blk.0.ssm_norm.weight", {256, 8, 1, 1}, false},
        {"blk.0.ssm_conv1d.weight", {4, 256, 1, 1}, false},
        {"blk.0.ssm_a", {1, 80, 1, 1}, false},
        {"blk.0.attn_norm.weight", {256, 1, 1, 1}, false},
        {"position_embd.weight", {256, 512, 1, 1}, false},
        {"token_types.weight", {256, 2, 1, 1}, false},
        {"blk.0.shortconv.conv.weight", {3, 256, 1, 1}, false},
        {"blk.0.shortconv.in_proj.weight", {256, 768, 1, 1}, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct quant_tensor t = {.name = cases[i].name};
        memcpy(t.ne, cases[i].ne, sizeof(t.ne));
        if (quant_allowed(&t) != cases[i].allowed)
            fail_msg("%s", cases[i].name);
    }
}

static void odd_widths_fall_back_and_then_give_up(void **state)
{
    (void)state;
    static const struct {
        uint32_t file_type;
        uint64_t width;
        uint32_t want;
    } cases[] = {
        {FILE_Q4_K_S, 256, TYPE_Q4_K},  {FILE_Q4_K_S, 96, TYPE_Q5_0}, {FILE_Q4_K_S, 80, TYPE_F16},
        {FILE_Q6_K, 96, TYPE_Q8_0},     {FILE_Q3_K_S, 96, TYPE_Q4_0}, {FILE_Q5_K_S, 96, TYPE_Q5_1},
        {FILE_IQ4_XS, 96, TYPE_IQ4_NL}, {FILE_Q8_0, 40, TYPE_F16},    {FILE_F16, 7, TYPE_F16},
        {FILE_BF16, 7, TYPE_BF16},
    };
    const struct quant_model model = {.arch = "llama", .n_layer = 64, .n_head = 1, .n_head_kv = 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct quant_tensor t = {
            .name = "blk.30.x.weight", .ne = {cases[i].width, 8, 1, 1}, .source = TYPE_F32};
        quant_choose(&model, cases[i].file_type, &t, 1);
        if (t.type != cases[i].want)
            fail_msg("case %zu: %s", i, ggml_type_get(t.type)->name);
    }
}

static void tensors_stand_by_block_and_name(void **state)
{
    (void)state;
    static const char *const order[] = {"output.weight",     "token_embd.weight",
                                        "blk.0.attn_k.bias", "blk.0.attn_k.weight",
                                        "blk.2.a",           "blk.10.a"};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        for (size_t k = 0; k < COUNT_OF(order); k++)
            assert_int_equal(quant_order(order[i], order[k]) < 0, i < k);
}

static void file_types_that_cannot_be_made_have_no_type(void **state)
{
    (void)state;
    assert_int_equal(quant_default_type(FILE_IQ2_M), TYPE_IQ2_S);
    assert_int_equal(quant_default_type(39), TYPE_COUNT); /* NVFP4 */
    assert_int_equal(quant_default_type(1000), TYPE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(types_are_those_of_llama_cpps_snapshots),
        TEST(more_bits_go_to_the_ends_and_every_third_block),
        TEST(what_must_not_be_quantized_keeps_its_type),
        TEST(odd_widths_fall_back_and_then_give_up),
        TEST(tensors_stand_by_block_and_name),
        TEST(file_types_that_cannot_be_made_have_no_type),
    };
    return RUN_TESTS(tests);
}
