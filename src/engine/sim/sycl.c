/* SYCL.  UNPROVEN: never compared with a real device.
 *
 * ggml/src/ggml-sycl/ggml-sycl.cpp: do_ggml_backend_sycl_device_supports_op,
 * ggml_backend_sycl_buffer_type_get_alloc_size; fattn.cpp: ggml_sycl_get_best_fattn_kernel,
 * ggml_sycl_fattn_get_extra; fattn-onednn.cpp: ggml_sycl_flash_attn_ext_onednn_supported.  For a
 * build with oneDNN on a card that is not an Alchemist; the longest buffer is the driver's and not
 * simulated. */
#include <string.h>

#include "engine/sim/sim.h"

enum { KQ_STRIDE = 256, WARP = 16, TRIANGLE = 64 };
static const size_t ALIGNMENT = 128, ROW_PADDING = 512;

static bool is_view_of(const struct ggml_tensor *v, const struct ggml_tensor *k)
{
    return v->view_src &&
           (v->view_src == k || (v->view_src == k->view_src && v->view_offs == k->view_offs));
}

static float param(const struct ggml_tensor *t, int i)
{
    float v;
    memcpy(&v, (const char *)t->op_params + (size_t)i * sizeof(v), sizeof(v));
    return v;
}

/* ---- attention ---- */

/* Without the limits on shapes: what is reserved must hold for any. */
static bool onednn(const struct ggml_tensor *t)
{
    const struct ggml_tensor *k = t->src[1], *v = t->src[2], *mask = t->src[3];
    bool f16 = k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16;
    if (!f16 && (!sim_is_type(k, T(F32) | T_LEGACY) || !sim_is_type(v, T(F32) | T_LEGACY)))
        return false;
    return mask && mask->type == GGML_TYPE_F16 && mask->ne[2] == 1 && mask->ne[3] == 1 &&
           !t->src[4] && param(t, 1) == 0.0f && param(t, 2) == 0.0f && k->ne[0] == v->ne[0] &&
           t->src[0]->ne[3] == 1;
}

static bool grouped(const struct ggml_tensor *t)
{
    return t->src[0]->ne[2] / t->src[1]->ne[2] >= 2 && t->src[3] && param(t, 1) == 0.0f &&
           t->src[1]->ne[1] % KQ_STRIDE == 0;
}

static bool attention(const struct sim_device *d, const struct ggml_tensor *t)
{
    static const int16_t heads[] = {40, 64, 72, 80, 96, 112, 128, 256, 512};
    int64_t k = t->src[1]->ne[0], v = t->src[2]->ne[0];
    bool known = k == 576 && v == 512 && grouped(t);
    (void)d;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        known |= k == heads[i] && v == k;
    if (t->src[0]->ne[1] >= (int64_t)WARP * 2 && onednn(t))
        return true;
    return known && t->src[1]->type == t->src[2]->type &&
           sim_is_type(t->src[1], T_FLOATS | T(Q4_0) | T(Q8_0)) &&
           !(t->src[3] && t->src[3]->ne[2] != 1);
}

static size_t halves(size_t end, size_t n)
{
    return n ? GGML_PAD(end, ALIGNMENT) + n * sizeof(ggml_fp16_t) : end;
}

static size_t attention_size(const struct ggml_tensor *t)
{
    const struct ggml_tensor *q = t->src[0], *k = t->src[1], *v = t->src[2];
    bool fused = onednn(t), bound = k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16;
    size_t queries = fused ? (size_t)(q->ne[2] * q->ne[1] * k->ne[0]) : 0;
    size_t keys = k->type != GGML_TYPE_F16 || (fused && !bound) ? (size_t)ggml_nelements(k) : 0;
    size_t values = v->type != GGML_TYPE_F16 || (fused && !bound) ? (size_t)ggml_nelements(v) : 0;
    size_t end = halves(ggml_nbytes(t), queries);
    end = halves(end, keys);
    if (!is_view_of(v, k) || fused)
        end = halves(end, values);
    end = halves(end, fused ? 1 : 0); /* the scale */
    return halves(end, queries);      /* the output */
}

/* ---- operations ---- */

static bool matrix_product(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    bool f16 = a->type == GGML_TYPE_F16;
    (void)d;
    if (a->ne[3] != b->ne[3])
        return false;
    if (f16 && ggml_is_permuted(a) && !ggml_is_contiguous(a) && a->ne[2] > 1 && a->ne[3] > 1)
        return false;
    return !(f16 && !ggml_is_permuted(a) && ggml_is_permuted(b) && b->ne[2] > 1 && b->ne[3] > 1 &&
             a->ne[0] > 128 && a->ne[2] == 1);
}

static bool ssm_scan(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *state = t->src[0];
    (void)d;
    return t->src[3]->ne[0] == 1 && (state->ne[0] == 128 || state->ne[0] == 256) &&
           state->ne[1] % WARP == 0;
}

static bool small_triangle(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[0]->ne[0] <= TRIANGLE && t->src[1]->ne[0] <= TRIANGLE;
}

static bool not_circular(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return ggml_get_op_params_i32(t, 8) == 0;
}

static bool f32_sources(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    for (int i = 0; i < 4; i++)
        if (!sim_is_type(t->src[i], T(F32)))
            return false;
    return true;
}

#define T_MATRIX                                                                             \
    (T_FLOATS | T_LEGACY | T_K | T_IQ | T(Q1_0) | T(Q2_0) | T(Q8_K) | T(IQ4_NL) | T(MXFP4) | \
     T(NVFP4))
#define T_PLAIN (T_FLOATS | T_LEGACY | T(I32) | T(I64) | T(MXFP4))

static const struct sim_op ops[] = {
    {GGML_OP_NONE},
    {GGML_OP_RESHAPE},
    {GGML_OP_VIEW},
    {GGML_OP_PERMUTE},
    {GGML_OP_TRANSPOSE},
    {GGML_OP_UNARY},
    {GGML_OP_GLU, SIM_PLANES0},
    {GGML_OP_MUL_MAT, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_MUL_MAT_ID, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_OUT_PROD, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_GET_ROWS,
     .src0 = T_FLOATS | T_LEGACY | T_K | T_IQ | T(I32) | T(Q1_0) | T(IQ4_NL) | T(MXFP4) | T(NVFP4)},
    {GGML_OP_SET_ROWS, .src0 = T_FLOATS, .src1 = T(I32) | T(I64), .dst = T_MATRIX},
    {GGML_OP_SET, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_CPY, .src0 = T_PLAIN, .src1 = T_PLAIN},
    {GGML_OP_CPY, .src0 = T(F32), .src1 = T(IQ4_NL)},
    {GGML_OP_CONCAT},
    {GGML_OP_DUP},
    {GGML_OP_CONT},
    {GGML_OP_REPEAT},
    {GGML_OP_ARGMAX},
    {GGML_OP_ADD},
    {GGML_OP_ADD1},
    {GGML_OP_ADD_ID},
    {GGML_OP_SUB},
    {GGML_OP_MUL},
    {GGML_OP_DIV},
    {GGML_OP_ACC},
    {GGML_OP_COUNT_EQUAL},
    {GGML_OP_SQR},
    {GGML_OP_SQRT},
    {GGML_OP_SIN},
    {GGML_OP_COS},
    {GGML_OP_CLAMP},
    {GGML_OP_LOG},
    {GGML_OP_NORM},
    {GGML_OP_L2_NORM},
    {GGML_OP_GROUP_NORM},
    {GGML_OP_RMS_NORM},
    {GGML_OP_SCALE},
    {GGML_OP_TRI, SIM_CONT0, .dst = T(F32)},
    {GGML_OP_DIAG_MASK_INF},
    {GGML_OP_SOFT_MAX},
    {GGML_OP_ROPE},
    {GGML_OP_ROPE_BACK},
    {GGML_OP_IM2COL},
    {GGML_OP_IM2COL_3D},
    {GGML_OP_UPSCALE},
    {GGML_OP_CONV_2D},
    {GGML_OP_CONV_2D_DW},
    {GGML_OP_CONV_TRANSPOSE_2D},
    {GGML_OP_CONV_TRANSPOSE_1D, .src0 = T(F32), .src1 = T(F32)},
    {GGML_OP_POOL_1D},
    {GGML_OP_POOL_2D},
    {GGML_OP_SUM, SIM_CONT0},
    {GGML_OP_SUM_ROWS, SIM_CONT0},
    {GGML_OP_MEAN, SIM_CONT0},
    {GGML_OP_ARGSORT},
    {GGML_OP_TOP_K, SIM_CONT0, .src0 = T(F32), .dst = T(I32)},
    {GGML_OP_PAD, .also = not_circular},
    {GGML_OP_PAD_REFLECT_1D, SIM_CONT0, .src0 = T(F32), .dst = T(F32)},
    {GGML_OP_LEAKY_RELU},
    {GGML_OP_TIMESTEP_EMBEDDING},
    {GGML_OP_ROLL, .dst = T(F32)},
    {GGML_OP_ARANGE, .dst = T(F32)},
    {GGML_OP_FILL},
    {GGML_OP_CUMSUM},
    {GGML_OP_DIAG},
    {GGML_OP_SOLVE_TRI, .also = small_triangle},
    {GGML_OP_RWKV_WKV6},
    {GGML_OP_RWKV_WKV7},
    {GGML_OP_GATED_LINEAR_ATTN},
    {GGML_OP_GATED_DELTA_NET},
    {GGML_OP_SSM_CONV, .src0 = T(F32), .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_SSM_SCAN, .also = ssm_scan},
    {GGML_OP_DSV4_HC_COMB, .dst = T(F32), .also = f32_sources},
    {GGML_OP_DSV4_HC_PRE, .dst = T(F32), .also = f32_sources},
    {GGML_OP_DSV4_HC_POST, .dst = T(F32), .also = f32_sources},
    {GGML_OP_FLASH_ATTN_EXT, .also = attention},
};

/* ---- memory ---- */

static size_t alignment(const struct sim_device *d)
{
    (void)d;
    return ALIGNMENT;
}

static size_t alloc_size(const struct sim_device *d, const struct ggml_tensor *t)
{
    size_t size = t->op == GGML_OP_FLASH_ATTN_EXT ? attention_size(t) : ggml_nbytes(t);
    size_t rest = (size_t)t->ne[0] % ROW_PADDING;
    (void)d;
    if (ggml_is_quantized(t->type) && rest != 0)
        size += ggml_row_size(t->type, (int64_t)(ROW_PADDING - rest));
    return size;
}

const struct sim_family sim_sycl = {
    .host_name = "SYCL_Host",
    .ops = ops,
    .n_ops = sizeof(ops) / sizeof(ops[0]),
    .batch = sim_batch_rows,
    .alignment = alignment,
    .alloc_size = alloc_size,
};
