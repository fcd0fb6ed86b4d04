/* Tables of tensor and file types. */
#include "model/ggml_type.h"

#include "base/attr.h"
#include "base/str.h"

static const struct ggml_type types[TYPE_COUNT] = {
    [TYPE_F32] = {"F32", 1, 4, false},
    [TYPE_F16] = {"F16", 1, 2, false},
    [TYPE_Q4_0] = {"Q4_0", 32, 18, true},
    [TYPE_Q4_1] = {"Q4_1", 32, 20, true},
    [TYPE_Q5_0] = {"Q5_0", 32, 22, true},
    [TYPE_Q5_1] = {"Q5_1", 32, 24, true},
    [TYPE_Q8_0] = {"Q8_0", 32, 34, true},
    [TYPE_Q8_1] = {"Q8_1", 32, 36, true},
    [TYPE_Q2_K] = {"Q2_K", 256, 84, true},
    [TYPE_Q3_K] = {"Q3_K", 256, 110, true},
    [TYPE_Q4_K] = {"Q4_K", 256, 144, true},
    [TYPE_Q5_K] = {"Q5_K", 256, 176, true},
    [TYPE_Q6_K] = {"Q6_K", 256, 210, true},
    [TYPE_Q8_K] = {"Q8_K", 256, 292, true},
    [TYPE_IQ2_XXS] = {"IQ2_XXS", 256, 66, true},
    [TYPE_IQ2_XS] = {"IQ2_XS", 256, 74, true},
    [TYPE_IQ3_XXS] = {"IQ3_XXS", 256, 98, true},
    [TYPE_IQ1_S] = {"IQ1_S", 256, 50, true},
    [TYPE_IQ4_NL] = {"IQ4_NL", 32, 18, true},
    [TYPE_IQ3_S] = {"IQ3_S", 256, 110, true},
    [TYPE_IQ2_S] = {"IQ2_S", 256, 82, true},
    [TYPE_IQ4_XS] = {"IQ4_XS", 256, 136, true},
    [TYPE_I8] = {"I8", 1, 1, false},
    [TYPE_I16] = {"I16", 1, 2, false},
    [TYPE_I32] = {"I32", 1, 4, false},
    [TYPE_I64] = {"I64", 1, 8, false},
    [TYPE_F64] = {"F64", 1, 8, false},
    [TYPE_IQ1_M] = {"IQ1_M", 256, 56, true},
    [TYPE_BF16] = {"BF16", 1, 2, false},
    [TYPE_TQ1_0] = {"TQ1_0", 256, 54, true},
    [TYPE_TQ2_0] = {"TQ2_0", 256, 66, true},
    [TYPE_MXFP4] = {"MXFP4", 32, 17, true},
    [TYPE_NVFP4] = {"NVFP4", 64, 36, true},
    [TYPE_Q1_0] = {"Q1_0", 128, 18, true},
    [TYPE_Q2_0] = {"Q2_0", 64, 18, true},
};

static const struct {
    uint32_t id;
    const char *name;
} file_types[] = {
    {0, "F32"},      {1, "F16"},      {2, "Q4_0"},    {3, "Q4_1"},    {7, "Q8_0"},
    {8, "Q5_0"},     {9, "Q5_1"},     {10, "Q2_K"},   {11, "Q3_K_S"}, {12, "Q3_K_M"},
    {13, "Q3_K_L"},  {14, "Q4_K_S"},  {15, "Q4_K_M"}, {16, "Q5_K_S"}, {17, "Q5_K_M"},
    {18, "Q6_K"},    {19, "IQ2_XXS"}, {20, "IQ2_XS"}, {21, "Q2_K_S"}, {22, "IQ3_XS"},
    {23, "IQ3_XXS"}, {24, "IQ1_S"},   {25, "IQ4_NL"}, {26, "IQ3_S"},  {27, "IQ3_M"},
    {28, "IQ2_S"},   {29, "IQ2_M"},   {30, "IQ4_XS"}, {31, "IQ1_M"},  {32, "BF16"},
    {36, "TQ1_0"},   {37, "TQ2_0"},   {38, "MXFP4"},  {39, "NVFP4"},  {40, "Q1_0"},
    {41, "Q2_0"},
};

const struct ggml_type *ggml_type_get(uint32_t id)
{
    return id < TYPE_COUNT && types[id].name ? &types[id] : NULL;
}

uint32_t ggml_type_find(const char *name)
{
    for (uint32_t id = 0; id < TYPE_COUNT; id++)
        if (types[id].name && cstr_ieq(types[id].name, name))
            return id;
    return TYPE_COUNT;
}

uint64_t ggml_type_row_bytes(const struct ggml_type *type, uint64_t n)
{
    return n / type->block_elems * type->block_bytes;
}

const char *file_type_name(uint32_t file_type)
{
    for (size_t i = 0; i < COUNT_OF(file_types); i++)
        if (file_types[i].id == file_type)
            return file_types[i].name;
    return NULL;
}

bool file_type_find(const char *name, uint32_t *file_type)
{
    for (size_t i = 0; i < COUNT_OF(file_types); i++) {
        if (cstr_ieq(file_types[i].name, name)) {
            *file_type = file_types[i].id;
            return true;
        }
    }
    return false;
}
