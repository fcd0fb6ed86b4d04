/* ---- model/quant_choice.h: which type llama-quantize gives each tensor.
 *
 * A file called Q4_K_M holds several types: the mixture depends on the tensor's role, its block,
 * the number of experts, how many heads share a KV head, and on widths that do not fit the blocks.
 * These are the rules of llama.cpp v0.5.0 (src/llama-quant.cpp: tensor_allows_quantization,
 * llama_tensor_get_type_impl, tensor_type_fallback) without an importance matrix; a live test
 * compares every tensor of every shape with `llama-quantize --dry-run`.  Left out: the exceptions
 * for the architectures falcon and bailingmoe3, of which no shape of ours is. */
#ifndef MODEL_QUANT_CHOICE_H
#define MODEL_QUANT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* llama_ftype (include/llama.h): what general.file_type says. */
enum file_type_id {
    FILE_F32 = 0,
    FILE_F16 = 1,
    FILE_Q4_0 = 2,
    FILE_Q4_1 = 3,
    FILE_Q8_0 = 7,
    FILE_Q5_0 = 8,
    FILE_Q5_1 = 9,
    FILE_Q2_K = 10,
    FILE_Q3_K_S = 11,
    FILE_Q3_K_M = 12,
    FILE_Q3_K_L = 13,
    FILE_Q4_K_S = 14,
    FILE_Q4_K_M = 15,
    FILE_Q5_K_S = 16,
    FILE_Q5_K_M = 17,
    FILE_Q6_K = 18,
    FILE_IQ2_XXS = 19,
    FILE_IQ2_XS = 20,
    FILE_Q2_K_S = 21,
    FILE_IQ3_XS = 22,
    FILE_IQ3_XXS = 23,
    FILE_IQ1_S = 24,
    FILE_IQ4_NL = 25,
    FILE_IQ3_S = 26,
    FILE_IQ3_M = 27,
    FILE_IQ2_S = 28,
    FILE_IQ2_M = 29,
    FILE_IQ4_XS = 30,
    FILE_IQ1_M = 31,
    FILE_BF16 = 32,
    FILE_TQ1_0 = 36,
    FILE_TQ2_0 = 37,
    FILE_MXFP4 = 38, /* experts in MXFP4, the rest in Q8_0 */
    FILE_Q2_0 = 41,
};

/* What the rules ask of a model. */
struct quant_model {
    const char *arch;           /* general.architecture */
    uint32_t n_layer;           /* all blocks, those of an MTP head included */
    uint32_t n_head, n_head_kv; /* of block 0 */
    uint32_t n_expert;          /* 0: dense */
};

struct quant_tensor {
    const char *name;
    uint64_t ne[4];  /* dimensions that are not used are 1 */
    uint32_t source; /* type in the file that is quantized; kept where it must not be touched */
    uint32_t type;   /* the answer */
};

/* The type that gives a file type its name; TYPE_COUNT when llama-quantize does not make it. */
uint32_t quant_default_type(uint32_t file_type);

/* False for norms, biases, routers and other small tensors, which keep their source type. */
bool quant_allowed(const struct quant_tensor *tensor);

/* The order of tensors in llama-quantize's files, as strcmp answers: block, then name. */
int quant_order(const char *a, const char *b);

/* Fills every tensor's type.  They stand in quant_order: some rules count what came before. */
void quant_choose(const struct quant_model *model, uint32_t file_type, struct quant_tensor *tensors,
                  size_t n);

#endif
