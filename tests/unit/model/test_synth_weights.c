#include <math.h>

#include "base/attr.h"
#include "model/ggml_type.h"
#include "model/quant_choice.h"
#include "model/synth_weights.h"
#include "test.h"

static float half(const unsigned char *p)
{
    unsigned bits = p[0] | (unsigned)p[1] << 8, exponent = bits >> 10 & 31, mantissa = bits & 1023;
    float v = exponent ? ldexpf(1024 + (float)mantissa, (int)exponent - 25)
                       : ldexpf((float)mantissa, -24);
    return bits >> 15 ? -v : v;
}

static void half_precision_is_rounded_to_nearest(void **state)
{
    (void)state;
    static const struct {
        float v;
        uint16_t bits;
    } cases[] = {
        {0, 0},
        {1, 0x3c00},
        {-2, 0xc000},
        {65504, 0x7bff},
        {1e9F, 0x7bff},
        {0.1F, 0x2e66},
        {6.103515625e-5F, 0x0400},
        {5.96e-8F, 1},
        {-3e-5F, 0x81f7},
        {1.9999F, 0x4000},
        {6.1e-5F, 0x03ff},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (synth_f16(cases[i].v) != cases[i].bits)
            fail_msg("%g gives %04x, not %04x", (double)cases[i].v, synth_f16(cases[i].v),
                     cases[i].bits);
    for (unsigned bits = 0; bits < 0x7c00; bits++) { /* what is exact stays */
        const unsigned char p[2] = {(unsigned char)bits, (unsigned char)(bits >> 8)};
        assert_int_equal(synth_f16(half(p)), bits);
    }
}

/* Where each type keeps its half-precision scales. */
static const struct {
    uint32_t type;
    int at[2];
} scales[] = {
    {TYPE_Q4_0, {0, -1}},   {TYPE_Q4_1, {0, 2}},     {TYPE_Q5_0, {0, -1}},
    {TYPE_Q5_1, {0, 2}},    {TYPE_Q8_0, {0, -1}},    {TYPE_Q2_K, {80, 82}},
    {TYPE_Q3_K, {108, -1}}, {TYPE_Q4_K, {0, 2}},     {TYPE_Q5_K, {0, 2}},
    {TYPE_Q6_K, {208, -1}}, {TYPE_IQ2_XXS, {0, -1}}, {TYPE_IQ2_XS, {0, -1}},
    {TYPE_IQ2_S, {0, -1}},  {TYPE_IQ3_XXS, {0, -1}}, {TYPE_IQ3_S, {0, -1}},
    {TYPE_IQ1_S, {0, -1}},  {TYPE_IQ4_NL, {0, -1}},  {TYPE_IQ4_XS, {0, -1}},
    {TYPE_TQ1_0, {52, -1}}, {TYPE_TQ2_0, {64, -1}},  {TYPE_Q2_0, {0, -1}},
};

static void scales_are_small_and_finite_in_every_block(void **state)
{
    (void)state;
    unsigned char bytes[8 * 292];
    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        const struct ggml_type *type = ggml_type_get(scales[i].type);
        const struct synth_fill fill = {
            .name = "blk.0.ffn_up.weight", .type = scales[i].type, .width = 4096, .seed = 7};
        synth_fill(&fill, 0, bytes, 8 * type->block_bytes);
        for (unsigned block = 0; block < 8; block++)
            for (unsigned k = 0; k < 2; k++)
                if (scales[i].at[k] >= 0) {
                    float v = half(bytes + block * type->block_bytes + scales[i].at[k]);
                    if (!(fabsf(v) > 0 && fabsf(v) < 1))
                        fail_msg("%s: %g", type->name, (double)v);
                }
    }
}

static void values_of_floats_have_the_size_of_a_fresh_network(void **state)
{
    (void)state;
    static float f32[4096];
    static unsigned char f16[2 * 4096], bf16[2 * 4096];
    struct synth_fill fill = {.name = "blk.0.ffn_up.weight", .type = TYPE_F32, .width = 1024};
    double sum[3] = {0}, squares[3] = {0};
    synth_fill(&fill, 0, (unsigned char *)f32, sizeof(f32));
    fill.type = TYPE_F16;
    synth_fill(&fill, 0, f16, sizeof(f16));
    fill.type = TYPE_BF16;
    synth_fill(&fill, 0, bf16, sizeof(bf16));
    for (size_t i = 0; i < 4096; i++) {
        uint32_t bits = (uint32_t)bf16[2 * i] << 16 | (uint32_t)bf16[2 * i + 1] << 24;
        float wide;
        memcpy(&wide, &bits, sizeof(wide));
        const double v[] = {f32[i], half(f16 + 2 * i), wide};
        for (size_t k = 0; k < COUNT_OF(v); k++) {
            sum[k] += v[k];
            squares[k] += v[k] * v[k];
        }
    }
    for (size_t k = 0; k < COUNT_OF(sum); k++) {
        double rms = sqrt(squares[k] / 4096);
        assert_true(rms > 1.0 / 32 / 1.5 && rms < 1.0 / 32 * 1.5);
        assert_true(fabs(sum[k] / 4096) < rms / 10);
    }
}

static void the_stream_does_not_depend_on_its_pieces(void **state)
{
    (void)state;
    static const uint32_t types[] = {TYPE_Q4_0, TYPE_Q6_K, TYPE_F16, TYPE_MXFP4, TYPE_IQ1_M};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        size_t unit = 8 * (size_t)ggml_type_get(types[i])->block_bytes;
        unsigned char *whole = malloc(4 * unit), *parts = malloc(4 * unit);
        struct synth_fill fill = {.name = "x.weight", .type = types[i], .width = 512, .seed = 3};
        synth_fill(&fill, 0, whole, 4 * unit);
        synth_fill(&fill, 0, parts, unit);
        synth_fill(&fill, unit, parts + unit, 3 * unit);
        assert_memory_equal(whole, parts, 4 * unit);
        size_t odd = 5 * (size_t)ggml_type_get(types[i])->block_bytes; /* no multiple of 8 */
        synth_fill(&fill, 0, parts, odd);
        assert_memory_equal(whole, parts, odd);
        fill.seed = 4;
        synth_fill(&fill, 0, parts, 4 * unit);
        assert_true(memcmp(whole, parts, 4 * unit) != 0);
        fill.seed = 3;
        fill.name = "y.weight";
        synth_fill(&fill, 0, parts, 4 * unit);
        assert_true(memcmp(whole, parts, 4 * unit) != 0);
        free(whole);
        free(parts);
    }
}

static void small_tensors_have_sensible_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float low, high;
    } cases[] = {
        {"blk.0.attn_norm.weight", 0.9F, 1.1F},
        {"blk.1.nextn.enorm.weight", 0.9F, 1.1F},
        {"token_embd_norm.bias", -0.02F, 0.02F},
        {"blk.0.attn_q.bias", -0.02F, 0.02F},
        {"blk.0.ssm_a", -8, -1},
        {"blk.0.ssm_d", 0.9F, 1.1F},
        {"blk.0.attn_sinks.weight", -0.02F, 0.02F},
    };
    float v[64];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct synth_fill fill = {.name = cases[i].name, .type = TYPE_F32, .width = 64};
        synth_fill(&fill, 0, (unsigned char *)v, sizeof(v));
        for (size_t k = 0; k < COUNT_OF(v); k++)
            if (v[k] < cases[i].low || v[k] > cases[i].high)
                fail_msg("%s: %g", cases[i].name, (double)v[k]);
    }
}

/* The factors in every Llama 3.1 file: 1 for short waves, 8 for long ones, a ramp between. */
static void rope_factors_are_those_of_llama_3(void **state)
{
    (void)state;
    float v[64];
    const struct synth_fill fill = {.name = "rope_freqs.weight",
                                    .type = TYPE_F32,
                                    .width = 64,
                                    .rope_base = 5e5F,
                                    .rope_freqs_factor = 8};
    synth_fill(&fill, 0, (unsigned char *)v, sizeof(v));
    assert_true(v[0] == 1 && v[28] == 1 && v[35] == 8 && v[63] == 8);
    for (size_t i = 1; i < COUNT_OF(v); i++)
        assert_true(v[i] >= v[i - 1]);
    assert_true(v[31] > 1.5F && v[31] < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(half_precision_is_rounded_to_nearest),
        TEST(scales_are_small_and_finite_in_every_block),
        TEST(values_of_floats_have_the_size_of_a_fresh_network),
        TEST(the_stream_does_not_depend_on_its_pieces),
        TEST(small_tensors_have_sensible_values),
        TEST(rope_factors_are_those_of_llama_3),
    };
    return RUN_TESTS(tests);
}
