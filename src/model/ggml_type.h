/* ---- model/ggml_type.h: the tensor types of llama.cpp v0.5.0.
 *
 * Ids are those of enum ggml_type (ggml/include/ggml.h); sizes are ggml_blck_size and
 * ggml_type_size.  A live test compares every row with the engine's own. */
#ifndef MODEL_GGML_TYPE_H
#define MODEL_GGML_TYPE_H

#include <stdbool.h>
#include <stdint.h>

enum ggml_type_id {
    TYPE_F32 = 0,
    TYPE_F16 = 1,
    TYPE_Q4_0 = 2,
    TYPE_Q4_1 = 3,
    TYPE_Q5_0 = 6,
    TYPE_Q5_1 = 7,
    TYPE_Q8_0 = 8,
    TYPE_Q8_1 = 9,
    TYPE_Q2_K = 10,
    TYPE_Q3_K = 11,
    TYPE_Q4_K = 12,
    TYPE_Q5_K = 13,
    TYPE_Q6_K = 14,
    TYPE_Q8_K = 15,
    TYPE_IQ2_XXS = 16,
    TYPE_IQ2_XS = 17,
    TYPE_IQ3_XXS = 18,
    TYPE_IQ1_S = 19,
    TYPE_IQ4_NL = 20,
    TYPE_IQ3_S = 21,
    TYPE_IQ2_S = 22,
    TYPE_IQ4_XS = 23,
    TYPE_I8 = 24,
    TYPE_I16 = 25,
    TYPE_I32 = 26,
    TYPE_I64 = 27,
    TYPE_F64 = 28,
    TYPE_IQ1_M = 29,
    TYPE_BF16 = 30,
    TYPE_TQ1_0 = 34,
    TYPE_TQ2_0 = 35,
    TYPE_MXFP4 = 39,
    TYPE_NVFP4 = 40,
    TYPE_Q1_0 = 41,
    TYPE_Q2_0 = 42,
    TYPE_COUNT = 43, /* one past the last id */
};

struct ggml_type {
    const char *name; /* "Q4_K", as people write it; NULL: no such type (removed or unused id) */
    uint32_t block_elems; /* elements per block */
    uint32_t block_bytes; /* bytes per block */
    bool quantized;
};

/* NULL for an id that llama.cpp v0.5.0 does not know. */
const struct ggml_type *ggml_type_get(uint32_t id);
/* By name, case ignored ("q4_k"); TYPE_COUNT when unknown. */
uint32_t ggml_type_find(const char *name);

/* Bytes of a row of n elements; n must be a multiple of block_elems (the caller has checked). */
uint64_t ggml_type_row_bytes(const struct ggml_type *type, uint64_t n);

/* llama_ftype (include/llama.h): what general.file_type says.  NULL when unknown. */
const char *file_type_name(uint32_t file_type); /* "Q4_K_M" */
/* By name, case ignored; false when unknown. */
bool file_type_find(const char *name, uint32_t *file_type);

#endif
