/* CUDA, and ROCm by the same source.
 *
 * ggml/src/ggml-cuda/ggml-cuda.cu: ggml_backend_cuda_device_supports_op, get_op_batch_size,
 * ggml_backend_cuda_buffer_type_get_alloc_size, ..._get_alignment, ..._device_get_props. Operations
 * of training and of vision are left out where no graph of llama.cpp's text models has them. */
#include <string.h>

#include "engine/sim/sim.h"

enum { ALIGNMENT = 128, ROW_PADDING = 512 /* MATRIX_ROW_PADDING, common.cuh */ };

/* ---- operations ---- */

#define T_MATRIX                                                                             \
    (T_FLOATS | T_LEGACY | T_K | T_IQ | T(Q1_0) | T(Q2_0) | T(Q8_K) | T(IQ4_NL) | T(MXFP4) | \
     T(NVFP4))

static bool matrix_product(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    (void)d;
    if (a->nb[0] != ggml_element_size(a) || b->nb[0] != ggml_element_size(b))
        return false;
    if (b->type == GGML_TYPE_F16 && a->type != GGML_TYPE_F16)
        return false;
    return t->op != GGML_OP_MUL_MAT_ID || ggml_get_op_params_i32(t, 3) != GGML_PREC_F32;
}

static bool whole_blocks(const struct sim_device *d, const struct ggml_tensor *t)
{
    const int qk_k = 256;
    (void)d;
    return t->src[0]->ne[0] % qk_k == 0;
}

static bool quantized_concat(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    int64_t block = ggml_blck_size(a->type);
    (void)d;
    if (!ggml_is_quantized(a->type))
        return ggml_blck_size(a->type) == 1;
    if (a->ne[0] % block != 0 || b->ne[0] % block != 0)
        return false;
    if (ggml_get_op_params_i32(t, 0) == 3)
        return ggml_is_contiguous(a) && ggml_is_contiguous(b);
    return ggml_is_contiguous_to_3(a) && ggml_is_contiguous_to_3(b);
}

/* mamba2: d_state 128 or 256; mamba: d_state 16 and one head of one value */
static bool ssm_scan(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *state = t->src[0];
    (void)d;
    if (t->src[3]->ne[0] == 1)
        return (state->ne[0] == 128 || state->ne[0] == 256) && state->ne[1] % 16 == 0;
    return ggml_get_op_params_i32(t, 0) <= 1 && state->ne[0] == 16 && state->ne[1] == 1 &&
           state->ne[2] % 128 == 0 && t->src[4]->ne[1] == 1;
}

static bool ssm_conv(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[0]->ne[1] % 128 == 0;
}

static bool rope(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[0]->nb[0] == ggml_type_size(t->src[0]->type) && ggml_is_contiguous_2(t->src[0]);
}

/* CUB sorts rows of any length; HIP is built without it. */
static bool sortable(const struct sim_device *d, const struct ggml_tensor *t)
{
    return d->spec.family == SIM_CUDA || t->src[0]->ne[0] <= 1024;
}

static bool no_alibi(const struct sim_device *d, const struct ggml_tensor *t)
{
    float max_bias;
    (void)d;
    memcpy(&max_bias, (const char *)t->op_params + sizeof(float), sizeof(max_bias));
    return max_bias == 0.0f;
}

/* lightning-indexer.cu: ggml_cuda_lightning_indexer_supported */
static bool indexer(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    if (t->src[0]->ne[0] != 128 || (t->src[0]->ne[1] != 64 && t->src[0]->ne[1] != 32))
        return false;
    for (int k = 0; k < 2; k++)
        for (int i = 1; !ggml_is_quantized(t->src[k]->type) && i < GGML_MAX_DIMS; i++)
            if (t->src[k]->nb[i] % 16 != 0)
                return false;
    return true;
}

static bool f32_sources(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    for (int i = 0; i < 4; i++)
        if (!sim_is_type(t->src[i], T(F32)))
            return false;
    return true;
}

static const struct sim_op ops[] = {
    {GGML_OP_NONE},
    {GGML_OP_RESHAPE},
    {GGML_OP_VIEW},
    {GGML_OP_PERMUTE},
    {GGML_OP_TRANSPOSE},
    {GGML_OP_UNARY, SIM_CONT0},
    {GGML_OP_GLU, SIM_PLANES0},
    {GGML_OP_MUL_MAT, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_MUL_MAT_ID, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_OUT_PROD, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_GET_ROWS, .src0 = T_FLOATS | T_LEGACY | T_K | T_IQ | T(I32) | T(Q1_0) | T(Q2_0)},
    {GGML_OP_GET_ROWS, .src0 = T(IQ4_NL) | T(MXFP4), .also = whole_blocks},
    {GGML_OP_SET_ROWS, .src0 = T(F32), .src1 = T(I64) | T(I32),
     .dst = T_FLOATS | T_LEGACY | T(IQ4_NL)},
    {GGML_OP_SET_ROWS, .src0 = T(F16), .src1 = T(I64) | T(I32), .dst = T(F16)},
    {GGML_OP_SET, SIM_SAME01 | SIM_SAME0D, .src0 = T(F32) | T(I32)},
    {GGML_OP_CPY, .src0 = T_FLOATS, .src1 = T_FLOATS},
    {GGML_OP_CPY, .src0 = T(F32), .src1 = T_LEGACY | T(IQ4_NL) | T(I32)},
    {GGML_OP_CPY, .src0 = T_LEGACY | T(I32), .src1 = T(F32)},
    {GGML_OP_CPY, .src0 = T(I32), .src1 = T(I32)},
    {GGML_OP_CPY, SIM_SAME01 | SIM_CONT0 | SIM_CONT1},
    {GGML_OP_DUP},
    {GGML_OP_CONT},
    {GGML_OP_ARGMAX},
    {GGML_OP_COUNT_EQUAL},
    {GGML_OP_REPEAT, .src0 = T_FLOAT},
    {GGML_OP_CONCAT, SIM_SAME01 | SIM_SAME0D, .also = quantized_concat},
    {GGML_OP_NORM, SIM_ROWS0},
    {GGML_OP_RMS_NORM, SIM_ROWS0},
    {GGML_OP_L2_NORM, SIM_ROWS0},
    {GGML_OP_GROUP_NORM, SIM_CONT0},
    {GGML_OP_ADD, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_SUB, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_MUL, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_DIV, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_ADD_ID},
    {GGML_OP_ADD1},
    {GGML_OP_ACC, SIM_CONT0 | SIM_CONT1},
    {GGML_OP_SCALE},
    {GGML_OP_SQR},
    {GGML_OP_SQRT},
    {GGML_OP_SIN},
    {GGML_OP_COS},
    {GGML_OP_CLAMP},
    {GGML_OP_LOG},
    {GGML_OP_SOFT_MAX},
    {GGML_OP_SOFT_MAX_BACK, .also = no_alibi},
    {GGML_OP_DIAG_MASK_INF},
    {GGML_OP_ROLL, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_ROPE, .also = rope},
    {GGML_OP_ROPE_BACK, .also = rope},
    {GGML_OP_IM2COL, SIM_CONT0 | SIM_CONT1},
    {GGML_OP_IM2COL_3D, SIM_CONT0 | SIM_CONT1},
    {GGML_OP_CONV_2D, SIM_CONT0 | SIM_CONT1},
    {GGML_OP_CONV_2D_DW, .src0 = T(F32)},
    {GGML_OP_CONV_TRANSPOSE_1D, .src0 = T(F32), .src1 = T(F32)},
    {GGML_OP_CONV_TRANSPOSE_2D},
    {GGML_OP_POOL_1D},
    {GGML_OP_POOL_2D},
    {GGML_OP_SUM, SIM_ROWS0},
    {GGML_OP_SUM_ROWS, SIM_ROWS0, .src0 = T(F32), .dst = T(F32)},
    {GGML_OP_MEAN, SIM_ROWS0, .src0 = T(F32), .dst = T(F32)},
    {GGML_OP_CUMSUM},
    {GGML_OP_TOP_K},
    {GGML_OP_ARGSORT, .also = sortable},
    {GGML_OP_PAD},
    {GGML_OP_PAD_REFLECT_1D},
    {GGML_OP_UPSCALE},
    {GGML_OP_ARANGE},
    {GGML_OP_TIMESTEP_EMBEDDING},
    {GGML_OP_LEAKY_RELU},
    {GGML_OP_FILL},
    {GGML_OP_TRI},
    {GGML_OP_DIAG},
    {GGML_OP_SOLVE_TRI},
    {GGML_OP_SSM_SCAN, .also = ssm_scan},
    {GGML_OP_SSM_CONV, .also = ssm_conv},
    {GGML_OP_RWKV_WKV6},
    {GGML_OP_RWKV_WKV7},
    {GGML_OP_GATED_LINEAR_ATTN},
    {GGML_OP_GATED_DELTA_NET},
    {GGML_OP_DSV4_HC_COMB, .dst = T(F32), .also = f32_sources},
    {GGML_OP_DSV4_HC_PRE, .dst = T(F32), .also = f32_sources},
    {GGML_OP_DSV4_HC_POST, .dst = T(F32), .also = f32_sources},
    {GGML_OP_FLASH_ATTN_EXT, .also = sim_cuda_attention},
    {GGML_OP_LIGHTNING_INDEXER, .src1 = T_FLOATS | T_LEGACY, .also = indexer},
};

/* ---- memory ---- */

static size_t alignment(const struct sim_device *d)
{
    (void)d;
    return ALIGNMENT;
}

/* Quantised rows are read past their end, so the last one is padded. */
static size_t alloc_size(const struct sim_device *d, const struct ggml_tensor *t)
{
    size_t size = t->op == GGML_OP_FLASH_ATTN_EXT ? sim_cuda_attention_size(d, t) : ggml_nbytes(t);
    int64_t rest = t->ne[0] % ROW_PADDING;
    if (ggml_is_quantized(t->type) && rest != 0)
        size += ggml_row_size(t->type, ROW_PADDING - rest);
    return size;
}

#define CUDA_FAMILY(host)                                                          \
    {                                                                              \
        .host_name = (host), .device_only = true, .host_when_shared = true,        \
        .no_shared_mmap = true, .ops = ops, .n_ops = sizeof(ops) / sizeof(ops[0]), \
        .batch = sim_batch_rows, .alignment = alignment, .alloc_size = alloc_size, \
        .optimize = sim_cuda_optimize                                              \
    }

const struct sim_family sim_cuda = CUDA_FAMILY("CUDA_Host");
const struct sim_family sim_rocm = CUDA_FAMILY("ROCm_Host");
