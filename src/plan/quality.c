/* Tables of measured divergences. */
#include "plan/quality.h"

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/ggml_type.h"

/* Llama 3 8B against F16; with an importance matrix where the README has one for the type. */
static const char of_weights[] = "llama.cpp v0.5.0, tools/perplexity/README.md, Llama 3 8B";
static const struct {
    const char *quantization;
    double kld;
} weights[] = {
    {"F32", 0},
    {"F16", 0},
    {"BF16", 0},
    {"Q8_0", 0.001355},
    {"Q6_K", 0.005452},
    {"Q5_K_M", 0.010762},
    {"Q5_K_S", 0.016595},
    {"Q5_1", 0.018045},
    {"Q5_0", 0.022239},
    {"Q4_K_M", 0.031273},
    {"Q4_K_S", 0.043136},
    {"IQ4_NL", 0.035742},
    {"IQ4_XS", 0.036334},
    {"Q4_1", 0.071683},
    {"Q4_0", 0.071940},
    {"Q3_K_L", 0.087176},
    {"Q3_K_M", 0.101913},
    {"IQ3_M", 0.102534},
    {"IQ3_S", 0.111278},
    {"IQ3_XS", 0.138693},
    {"IQ3_XXS", 0.183625},
    {"Q3_K_S", 0.228217},
    {"IQ2_M", 0.325989},
    {"Q2_K", 0.445132},
    {"Q2_K_S", 0.403360},
    {"IQ2_S", 0.439197},
    {"IQ2_XS", 0.546290},
    {"IQ2_XXS", 0.812022},
    {"IQ1_M", 1.393084},
    {"IQ1_S", 2.214858},
};

/* The same model, F16 weights, less the 0.000189 of an F16 cache computed another way. */
static const char of_cache[] = "llama.cpp pull request 7412, Llama 3 8B";
static const struct {
    uint32_t k, v;
    double kld;
} caches[] = {
    {TYPE_F32, TYPE_F32, 0},         {TYPE_F16, TYPE_F16, 0},
    {TYPE_BF16, TYPE_BF16, 0},       {TYPE_F16, TYPE_Q8_0, 0.000554},
    {TYPE_Q8_0, TYPE_F16, 0.000755}, {TYPE_Q8_0, TYPE_Q8_0, 0.000791},
    {TYPE_F16, TYPE_Q5_1, 0.001570},
};

struct quality quality_of_weights(const char *quantization)
{
    for (size_t i = 0; quantization && i < COUNT_OF(weights); i++)
        if (cstr_ieq(weights[i].quantization, quantization))
            return (struct quality){weights[i].kld, of_weights};
    return (struct quality){0, NULL};
}

struct quality quality_of_cache(uint32_t type_k, uint32_t type_v)
{
    for (size_t i = 0; i < COUNT_OF(caches); i++)
        if (caches[i].k == type_k && caches[i].v == type_v)
            return (struct quality){caches[i].kld, of_cache};
    return (struct quality){0, NULL};
}
