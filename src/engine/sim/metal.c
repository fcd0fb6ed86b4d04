/* Metal.  UNPROVEN: never compared with a real device.
 *
 * ggml/src/ggml-metal/ggml-metal-device.m: ggml_metal_device_supports_op; ggml-metal.cpp:
 * ggml_backend_metal_buffer_type_get_alloc_size, get_op_batch_size; ggml-metal-ops.cpp: the _extra_
 * sizes.  For Apple's own GPUs, which all have simdgroup matrices and bfloat.  Not simulated: the
 * order in which graphs run (ggml_graph_optimize), inputs kept for fused kernels, and the longest
 * buffer, which macOS chooses. */
#include "engine/sim/sim.h"

/* ggml-metal-impl.h */
enum {
    QUERIES_A_GROUP = 8,
    CELLS_A_GROUP = 64,
    VECTOR_CELLS_A_GROUP = 32,
    AMAX_PARTS = 256,
    WORKGROUPS = 32,
    STAGED_FROM_QUERIES = 32,
    VECTOR_BELOW_QUERIES = 20,
};

/* ---- operations ---- */

static bool matrix_product(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    (void)d;
    if (b->type != GGML_TYPE_F16)
        return true;
    return a->type != GGML_TYPE_BF16 && t->op == GGML_OP_MUL_MAT && a->type == GGML_TYPE_F16;
}

static bool attention(const struct sim_device *d, const struct ggml_tensor *t)
{
    static const int16_t heads[] = {32, 40, 48, 64, 72, 80, 96, 112, 128, 192, 256, 320, 512, 576};
    int64_t head = t->src[0]->ne[0], k = t->src[1]->ne[0], v = t->src[2]->ne[0];
    bool known = false;
    (void)d;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        known |= head == heads[i];
    return known && !(k == 72 && v != 72) && k >= v && t->src[1]->type == t->src[2]->type;
}

static bool pad_behind(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    for (uint32_t i = 0; i <= 8; i += 2) /* paddings in front, and circular */
        if (ggml_get_op_params_i32(t, i) != 0)
            return false;
    return true;
}

static bool head_of_32s(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    return t->src[2]->ne[0] % 32 == 0;
}

static bool indexer(const struct sim_device *d, const struct ggml_tensor *t)
{
    (void)d;
    if (t->src[0]->ne[0] != 128 || t->src[0]->ne[1] != 64)
        return false;
    for (int i = 0; i < 4; i++)
        if (!ggml_is_contiguous_rows(t->src[i]))
            return false;
    return sim_is_type(t->src[2], T(F32)) && sim_is_type(t->src[3], T(F16));
}

#define T_MATRIX \
    (T_FLOATS | T_LEGACY | T_K | T_IQ | T(Q1_0) | T(Q2_0) | T(IQ4_NL) | T(MXFP4) | T(TQ2_0))
#define T_COPIED (T(Q1_0) | T(Q2_0) | T_LEGACY | T(TQ2_0))
#define T_WRITTEN (T_FLOATS | T_LEGACY | T(IQ4_NL) | T(TQ2_0))

/* GGML_OP_CPY, DUP, CONT and SET take the same pairs of types. */
#define COPIES(op)                                                           \
    {(op), .src0 = T(F32), .dst = T_FLOATS | T_COPIED | T(IQ4_NL) | T(I32)}, \
        {(op), .src0 = T(F16) | T_COPIED, .dst = T_FLOAT},                   \
        {(op), .src0 = T(BF16), .dst = T(F32) | T(BF16)},                    \
    {                                                                        \
        (op), .src0 = T(I32), .dst = T(F32) | T(I32)                         \
    }

/* One type on both sides, contiguous within rows. */
#define ELEMENTWISE(op)                                           \
    {                                                             \
        (op), SIM_ROWS0 | SIM_ROWS1 | SIM_SAME01, .src0 = T_FLOAT \
    }

static const struct sim_op ops[] = {
    {GGML_OP_NONE},
    {GGML_OP_RESHAPE},
    {GGML_OP_VIEW},
    {GGML_OP_TRANSPOSE},
    {GGML_OP_PERMUTE},
    {GGML_OP_SCALE, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_FILL, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_CLAMP, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_SQR, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_SQRT, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_SIN, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_COS, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_LOG, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_UNARY, SIM_ROWS0, .src0 = T_FLOAT},
    {GGML_OP_GLU, SIM_PLANES0, .src0 = T_FLOAT},
    {GGML_OP_CONCAT, SIM_SAME01 | SIM_SAME0D,
     .src0 = T_FLOATS | T(I8) | T(I16) | T(I32) | T(I64) | T_LEGACY},
    ELEMENTWISE(GGML_OP_ADD),
    ELEMENTWISE(GGML_OP_SUB),
    ELEMENTWISE(GGML_OP_MUL),
    ELEMENTWISE(GGML_OP_DIV),
    ELEMENTWISE(GGML_OP_ADD_ID),
    {GGML_OP_ACC, SIM_ROWS0 | SIM_ROWS1, .src0 = T(F32)},
    {GGML_OP_REPEAT},
    {GGML_OP_CONV_TRANSPOSE_1D},
    {GGML_OP_SUM, SIM_CONT0},
    {GGML_OP_TRI, SIM_ROWS0},
    {GGML_OP_SUM_ROWS, SIM_ROWS0},
    {GGML_OP_CUMSUM, SIM_ROWS0},
    {GGML_OP_MEAN, SIM_ROWS0},
    {GGML_OP_SOFT_MAX, SIM_ROWS0},
    {GGML_OP_GROUP_NORM, SIM_ROWS0},
    {GGML_OP_L2_NORM, SIM_ROWS0},
    {GGML_OP_NORM, SIM_ROWS0},
    {GGML_OP_RMS_NORM, SIM_ROWS0},
    {GGML_OP_ARGMAX},
    {GGML_OP_ROPE},
    {GGML_OP_ROPE_BACK},
    {GGML_OP_IM2COL, SIM_CONT1, .src1 = T(F32), .dst = T_FLOAT},
    {GGML_OP_CONV_2D, SIM_CONT0, .src0 = T_FLOAT, .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_CONV_2D_DW, .src0 = T_FLOAT, .src1 = T(F32), .dst = T(F32)},
    {GGML_OP_UPSCALE, .src0 = T(F32)},
    {GGML_OP_POOL_1D, SIM_CONT0, .src0 = T(F32)},
    {GGML_OP_POOL_2D, .src0 = T(F32)},
    {GGML_OP_PAD, .also = pad_behind},
    {GGML_OP_PAD_REFLECT_1D, .src0 = T(F32)},
    {GGML_OP_TIMESTEP_EMBEDDING, .src0 = T(F32)},
    {GGML_OP_LEAKY_RELU, .src0 = T_FLOAT},
    {GGML_OP_ARGSORT},
    {GGML_OP_TOP_K},
    {GGML_OP_ARANGE},
    {GGML_OP_ROLL, SIM_CONT0},
    {GGML_OP_FLASH_ATTN_EXT, .src1 = T_FLOATS | T_LEGACY, .also = attention},
    {GGML_OP_LIGHTNING_INDEXER, .src0 = T(F32), .src1 = T_FLOATS | T_LEGACY, .dst = T(F32),
     .also = indexer},
    {GGML_OP_SSM_SCAN},
    {GGML_OP_SSM_CONV},
    {GGML_OP_RWKV_WKV6},
    {GGML_OP_RWKV_WKV7},
    {GGML_OP_GATED_DELTA_NET, .also = head_of_32s},
    {GGML_OP_SOLVE_TRI, .src0 = T(F32)},
    {GGML_OP_MUL_MAT, .src0 = T_MATRIX, .also = matrix_product},
    {GGML_OP_MUL_MAT_ID, .src0 = T_MATRIX, .also = matrix_product},
    COPIES(GGML_OP_SET),
    COPIES(GGML_OP_CPY),
    COPIES(GGML_OP_DUP),
    COPIES(GGML_OP_CONT),
    {GGML_OP_GET_ROWS, .src0 = T_MATRIX | T(I32)},
    {GGML_OP_SET_ROWS, .src0 = T(F32), .dst = T_WRITTEN},
    {GGML_OP_SET_ROWS, .src0 = T(F16), .dst = T(F16)},
    {GGML_OP_DIAG},
};

/* ---- memory ---- */

static size_t f16_copy(const struct ggml_tensor *t)
{
    return GGML_PAD((size_t)ggml_nelements(t) * sizeof(ggml_fp16_t), (size_t)16);
}

/* The last chunk of K, V and mask, padded; as F16 where the cache is staged. */
static size_t tail_chunk(const struct ggml_tensor *t, bool view)
{
    const struct ggml_tensor *q = t->src[0], *k = t->src[1], *v = t->src[2], *mask = t->src[3];
    bool staged = q->ne[1] >= STAGED_FROM_QUERIES && ggml_is_quantized(k->type);
    size_t k_row = staged ? sizeof(ggml_fp16_t) * (size_t)k->ne[0] : k->nb[1];
    size_t v_row = staged ? sizeof(ggml_fp16_t) * (size_t)(view ? k : v)->ne[0] : v->nb[1];
    size_t bytes = k_row * (size_t)(k->ne[2] * k->ne[3]) + v_row * (size_t)(v->ne[2] * v->ne[3]);
    if (mask)
        bytes += sizeof(ggml_fp16_t) * (size_t)(mask->ne[1] * mask->ne[2] * mask->ne[3]);
    return CELLS_A_GROUP * bytes;
}

/* Which blocks of the mask hold anything. */
static size_t mask_blocks(const struct ggml_tensor *t)
{
    const struct ggml_tensor *q = t->src[0], *mask = t->src[3];
    bool vector = q->ne[1] < VECTOR_BELOW_QUERIES && q->ne[0] % 32 == 0;
    int64_t queries = vector ? 1 : QUERIES_A_GROUP;
    int64_t cells = vector ? VECTOR_CELLS_A_GROUP : CELLS_A_GROUP;
    if (!mask)
        return 0;
    int64_t rows = (q->ne[1] + queries - 1) / queries, columns = (mask->ne[0] + cells - 1) / cells;
    return GGML_PAD((size_t)(rows * columns * mask->ne[2] * mask->ne[3]), (size_t)32);
}

/* Everything is always reserved: a copy of K and V also where they are F16 already. */
static size_t attention_extra(const struct ggml_tensor *t)
{
    const struct ggml_tensor *q = t->src[0], *k = t->src[1], *v = t->src[2];
    bool view = v->view_src &&
                (v->view_src == k || (v->view_src == k->view_src && v->view_offs == k->view_offs));
    int64_t queries = q->ne[1] < WORKGROUPS ? q->ne[1] : WORKGROUPS;
    size_t partial =
        sizeof(float) * (size_t)(queries * q->ne[2] * q->ne[3] * WORKGROUPS * (v->ne[0] + 2));
    return tail_chunk(t, view) + mask_blocks(t) + partial + f16_copy(k) + (view ? 0 : f16_copy(v));
}

static size_t alloc_size(const struct sim_device *d, const struct ggml_tensor *t)
{
    size_t size = ggml_nbytes(t);
    (void)d;
    switch (t->op) {
    case GGML_OP_MUL_MAT_ID: /* tokens of each expert, their ids, scales */
        return size + sizeof(int32_t) * (size_t)t->src[0]->ne[2] * (size_t)(1 + t->src[2]->ne[1]) +
               8 + AMAX_PARTS * sizeof(float);
    case GGML_OP_FLASH_ATTN_EXT:
        return size + attention_extra(t);
    case GGML_OP_CUMSUM:
    case GGML_OP_ARGSORT:
        return 2 * size;
    case GGML_OP_TOP_K:
        return 2 * sizeof(int32_t) * (size_t)ggml_nelements(t->src[0]);
    default:
        return size;
    }
}

static size_t alignment(const struct sim_device *d)
{
    (void)d;
    return 32;
}

/* Only products are moved. */
static int64_t batch(const struct ggml_tensor *t)
{
    return t->op == GGML_OP_MUL_MAT || t->op == GGML_OP_MUL_MAT_ID ? sim_batch_rows(t) : 0;
}

const struct sim_family sim_metal = {
    .maps_host = true,
    .ops = ops,
    .n_ops = sizeof(ops) / sizeof(ops[0]),
    .batch = batch,
    .alignment = alignment,
    .alloc_size = alloc_size,
};
