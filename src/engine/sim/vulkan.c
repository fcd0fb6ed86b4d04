/* Vulkan.
 *
 * ggml/src/ggml-vulkan/ggml-vulkan.cpp: ggml_backend_vk_device_supports_op,
 * ggml_backend_vk_buffer_type_get_alignment, ..._get_max_size, ..._get_alloc_size,
 * ggml_vk_get_op_batch_size.  Limits are the driver's; those of the software device were read off
 * Mesa's llvmpipe, the others are the usual ones and unproven. */
#include <math.h>
#include <string.h>

#include "engine/sim/sim.h"

#define KIB_BYTES ((size_t)1 << 10)
#define MIB_BYTES ((size_t)1 << 20)
#define GIB_BYTES ((size_t)1 << 30)

/* VkPhysicalDeviceLimits and its relatives, as far as they matter. */
struct limits {
    size_t alignment;     /* minStorageBufferOffsetAlignment */
    size_t max_buffer;    /* maxBufferSize */
    size_t max_range;     /* maxStorageBufferRange */
    size_t shared_memory; /* maxComputeSharedMemorySize */
};

static const struct limits drivers[] = {
    [SIM_VK_NVIDIA] = {16, 4 * GIB_BYTES, 4 * GIB_BYTES - 1, 48 * KIB_BYTES},
    [SIM_VK_AMD] = {4, 4 * GIB_BYTES - 4, 4 * GIB_BYTES - 1, 64 * KIB_BYTES},
    [SIM_VK_INTEL] = {4, 4 * GIB_BYTES, GIB_BYTES, 32 * KIB_BYTES},
    [SIM_VK_SOFTWARE] = {16, 2 * GIB_BYTES, 128 * MIB_BYTES, 32 * KIB_BYTES},
};

enum { MAX_WORKGROUP = 1024, INDEXER_HEAD = 128, HYPER_STREAMS = 4 };

static const struct limits *limits_of(const struct sim_device *d)
{
    return &drivers[d->spec.generation];
}

/* ---- operations ---- */

static bool size_fits(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct limits *l = limits_of(d);
    size_t bytes = ggml_nbytes(t);
    return bytes <= l->max_buffer && bytes <= l->max_range;
}

static bool fits(const struct sim_device *d, const struct ggml_tensor *t)
{
    for (int i = 0; i < GGML_MAX_SRC; i++)
        if (t->src[i] && !size_fits(d, t->src[i]))
            return false;
    return size_fits(d, t);
}

/* ggml_vk_dim01_contiguous */
static bool plane_contiguous(const struct ggml_tensor *t)
{
    return t->nb[0] == ggml_type_size(t->type) &&
           t->nb[1] == t->nb[0] * (size_t)t->ne[0] / (size_t)ggml_blck_size(t->type) &&
           (t->ne[3] == 1 || t->nb[3] == t->nb[2] * (size_t)t->ne[2]);
}

static bool matrix_product(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    const struct ggml_tensor *batch = t->op == GGML_OP_MUL_MAT_ID ? t->src[2] : a;
    (void)d;
    if (t->op == GGML_OP_MUL_MAT_ID && ggml_get_op_params_i32(t, 3) == GGML_PREC_F32)
        return false;
    return batch->ne[3] == b->ne[3] && (plane_contiguous(a) || sim_is_type(a, T_FLOATS)) &&
           (plane_contiguous(b) || sim_is_type(b, T_FLOAT)) &&
           !(a->type == GGML_TYPE_BF16 && b->type == GGML_TYPE_F16);
}

static bool attention(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *k = t->src[1], *v = t->src[2];
    (void)d;
    return k->ne[0] % 8 == 0 && v->ne[0] % 8 == 0 && sim_is_type(t->src[4], T(F32)) &&
           sim_is_type(t->src[3], T(F16)) && sim_is_type(v, T_FLOATS | T_LEGACY | T(IQ4_NL)) &&
           (k->type == GGML_TYPE_BF16) == (v->type == GGML_TYPE_BF16);
}

/* Copies within one type work in units of two bytes. */
static bool same_type_copy(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0];
    enum ggml_type to = t->src[1] ? t->src[1]->type : a->type;
    (void)d;
    return to == a->type && ggml_type_size(to) % 2 == 0 &&
           (!ggml_is_quantized(to) || (ggml_is_contiguous(a) && ggml_is_contiguous(t)));
}

static bool repeat(const struct sim_device *d, const struct ggml_tensor *t)
{
    size_t size = ggml_type_size(t->type);
    (void)d;
    return size == ggml_type_size(t->src[0]->type) && (size == 4 || size == 2);
}

static bool rope(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return ggml_is_contiguous_rows(t) && ggml_is_contiguous_rows(t->src[0]);
}

static bool gated_types(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return !t->src[1] || t->src[1]->type == t->src[0]->type;
}

/* ggml_vk_concat_supported */
static bool concat(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return !ggml_is_quantized(t->type) ||
           (ggml_is_contiguous_rows(t->src[0]) && ggml_is_contiguous_rows(t->src[1]) &&
            ggml_is_contiguous_rows(t));
}

static bool mask_types(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return sim_is_type(t->src[1], T_FLOAT);
}

static bool f32_sources(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    for (int i = 0; i < GGML_MAX_SRC; i++)
        if (!sim_is_type(t->src[i], T(F32)))
            return false;
    return true;
}

static bool hyper_connection(const struct sim_device *d, const struct ggml_tensor *t)
{
    int streams = t->op == GGML_OP_DSV4_HC_PRE ? 0 : 1;
    return f32_sources(d, t) &&
           (t->op == GGML_OP_DSV4_HC_COMB || t->src[streams]->ne[1] == HYPER_STREAMS);
}

static bool triangle(const struct sim_device *d, const struct ggml_tensor *t)
{
    size_t n = (size_t)t->src[0]->ne[0], k = (size_t)t->src[1]->ne[0];
    return k <= MAX_WORKGROUP && limits_of(d)->shared_memory / ((n + k) * sizeof(float)) > 0;
}

static bool head_of_64(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[0]->ne[0] == 64;
}

static bool delta_net(const struct sim_device *d, const struct ggml_tensor *t)
{
    int64_t head = t->src[2]->ne[0];
    (void)d;
    if (head != 16 && head != 32 && head != 64 && head != 128)
        return false;
    for (int i = 0; i < 6; i++)
        if (!t->src[i] || t->src[i]->type != GGML_TYPE_F32)
            return false;
    return true;
}

/* Only mamba2 has a kernel. */
static bool ssm_scan(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *state = t->src[0];
    for (int i = 0; i < 6; i++)
        if (t->src[i] && ggml_is_quantized(t->src[i]->type))
            return false;
    return sim_is_type(t->src[6], T(I32)) && t->src[3] && t->src[3]->nb[1] == sizeof(float) &&
           (state->ne[0] == 128 || state->ne[0] == 256) && state->ne[1] % 16 == 0 &&
           (size_t)state->ne[0] * sizeof(float) <= limits_of(d)->shared_memory;
}

static bool indexer(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *all[] = {t->src[0], t->src[1], t->src[2], t->src[3], t};
    if (t->src[0]->ne[0] != INDEXER_HEAD)
        return false;
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        size_t size = ggml_type_size(all[n]->type);
        if (all[n]->nb[0] != size || all[n]->view_offs % limits_of(d)->alignment != 0)
            return false;
        for (int i = 1; i < GGML_MAX_DIMS; i++)
            if (all[n]->nb[i] % size != 0)
                return false;
    }
    return true;
}

static bool convolution_input(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return ggml_is_contiguous(t->src[1]) && t->src[1]->type == GGML_TYPE_F32;
}

#define T_MATRIX                                                                              \
    (T_FLOATS | T_LEGACY | T_K | T_IQ | T(Q1_0) | T(Q2_0) | T(IQ4_NL) | T(MXFP4) | T(NVFP4) | \
     T(TQ1_0) | T(TQ2_0))
#define T_COPIED (T(F16) | T(BF16) | T(Q1_0) | T(Q2_0) | T_LEGACY | T(IQ4_NL))

/* GGML_OP_CONT, CPY and DUP take the same pairs of types; without src1 it is src0's. */
#define COPIES(op)                                                             \
    {(op), .src0 = T(F32), .src1 = T_COPIED | T(F32) | T(I32)},                \
        {(op), .src0 = T_COPIED | T(I32), .src1 = T(F32), .also = has_target}, \
    {                                                                          \
        (op), .also = same_type_copy                                           \
    }

static bool has_target(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[1] != NULL;
}

static const struct sim_op ops[] = {
    {GGML_OP_NONE},
    {GGML_OP_RESHAPE},
    {GGML_OP_VIEW},
    {GGML_OP_PERMUTE},
    {GGML_OP_TRANSPOSE},
    {GGML_OP_UNARY, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_GLU, SIM_SAME0D, .src0 = T_FLOAT, .also = gated_types},
    {GGML_OP_MUL_MAT, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_MUL_MAT_ID, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_FLASH_ATTN_EXT, .src0 = T(F32), .src1 = T_FLOATS | T_LEGACY | T(IQ4_NL), .dst = T(F32),
     .also = attention},
    {GGML_OP_GET_ROWS, .src0 = T_MATRIX | T(I32)},
    {GGML_OP_SET_ROWS, .src0 = T_FLOAT, .src1 = T(I32) | T(I64), .dst = T_COPIED | T(F32)},
    COPIES(GGML_OP_CONT),
    COPIES(GGML_OP_CPY),
    COPIES(GGML_OP_DUP),
    {GGML_OP_REPEAT, .also = repeat},
    {GGML_OP_ROPE, .also = rope},
    {GGML_OP_ROPE_BACK},
    {GGML_OP_RMS_NORM},
    {GGML_OP_NORM, .src0 = T(F32), .dst = T(F32)},
    {GGML_OP_L2_NORM, .src0 = T(F32), .dst = T(F32)},
    {GGML_OP_GROUP_NORM, SIM_CONT0},
    {GGML_OP_ADD, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_SUB, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_MUL, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_DIV, .src0 = T_FLOAT, .src1 = T_FLOAT, .dst = T_FLOAT},
    {GGML_OP_ADD_ID, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_ADD1, .src0 = T_FLOAT, .src1 = T(F32)},
    {GGML_OP_ADD1, .src0 = T(F16), .src1 = T(F16)},
    {GGML_OP_SQR, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_SQRT, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_SIN, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_COS, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_CLAMP, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_LEAKY_RELU, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_LOG, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_TRI, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_DIAG, SIM_SAME0D, .src0 = T_FLOAT},
    {GGML_OP_OUT_PROD, SIM_CONT0 | SIM_CONT1, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_ARGSORT, SIM_CONT0 | SIM_CONT_DST},
    {GGML_OP_TOP_K, SIM_CONT0 | SIM_CONT_DST},
    {GGML_OP_ACC, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_SET, SIM_SAME01 | SIM_SAME0D, .src0 = T(F32) | T(I32)},
    {GGML_OP_CONCAT, SIM_SAME01 | SIM_SAME0D, .also = concat},
    {GGML_OP_ARANGE, .dst = T(F32)},
    {GGML_OP_FILL, .dst = T_FLOAT},
    {GGML_OP_SCALE, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_UPSCALE, .src0 = T(F32)},
    {GGML_OP_PAD, .src0 = T(F32)},
    {GGML_OP_PAD_REFLECT_1D, .src0 = T(F32)},
    {GGML_OP_ROLL, .src0 = T(F32)},
    {GGML_OP_DIAG_MASK_INF, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_SOFT_MAX, SIM_CONT0, .src0 = T(F32), .also = mask_types},
    {GGML_OP_SUM, SIM_ROWS0, .src0 = T(F32)},
    {GGML_OP_SUM_ROWS, SIM_ROWS0, .src0 = T(F32)},
    {GGML_OP_MEAN, SIM_ROWS0, .src0 = T(F32)},
    {GGML_OP_CUMSUM, SIM_ROWS0, .src0 = T(F32)},
    {GGML_OP_DSV4_HC_COMB, .dst = T(F32), .also = hyper_connection},
    {GGML_OP_DSV4_HC_PRE, .dst = T(F32), .also = hyper_connection},
    {GGML_OP_DSV4_HC_POST, .dst = T(F32), .also = hyper_connection},
    {GGML_OP_SOLVE_TRI, .src0 = T(F32), .dst = T(F32), .also = triangle},
    {GGML_OP_ARGMAX, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_COUNT_EQUAL, SIM_CONT0 | SIM_CONT1, .src0 = T(I32), .src1 = T(I32)},
    {GGML_OP_IM2COL, .dst = T_FLOAT, .also = convolution_input},
    {GGML_OP_TIMESTEP_EMBEDDING, .src0 = T(F32)},
    {GGML_OP_CONV_2D_DW, .src0 = T_FLOAT, .src1 = T(F32)},
    {GGML_OP_CONV_2D, SIM_CONT0 | SIM_CONT1 | SIM_CONT_DST, .src0 = T_FLOAT, .src1 = T(F32),
     .dst = T(F32)},
    {GGML_OP_CONV_TRANSPOSE_1D, .src0 = T(F32), .src1 = T(F32)},
    {GGML_OP_POOL_1D, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_POOL_2D, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_RWKV_WKV6},
    {GGML_OP_RWKV_WKV7},
    {GGML_OP_GATED_LINEAR_ATTN, .src0 = T(F32), .dst = T(F32), .also = head_of_64},
    {GGML_OP_LIGHTNING_INDEXER, .src1 = T_FLOATS | T_LEGACY, .also = indexer},
    {GGML_OP_GATED_DELTA_NET, .dst = T(F32), .also = delta_net},
    {GGML_OP_SSM_SCAN, .src0 = T(F32), .dst = T(F32), .also = ssm_scan},
    {GGML_OP_SSM_CONV, .src0 = T(F32)},
};

/* ---- memory ---- */

static size_t alignment(const struct sim_device *d)
{
    return limits_of(d)->alignment;
}

/* suballocation_block_size: larger buffers come in blocks */
static size_t max_buffer(const struct sim_device *d)
{
    return limits_of(d)->max_buffer < GIB_BYTES ? limits_of(d)->max_buffer : GIB_BYTES;
}

const struct sim_family sim_vulkan = {
    .host_name = "Vulkan_Host",
    .host_alignment = 64, /* minMemoryMapAlignment */
    .host_limited = true,
    .no_shared_mmap = true,
    .ops = ops,
    .n_ops = sizeof(ops) / sizeof(ops[0]),
    .batch = sim_batch_rows,
    .fits = fits,
    .alignment = alignment,
    .max_buffer = max_buffer,
    .optimize = sim_vulkan_optimize,
};
