/* Flash attention on CUDA: which kernel a card would choose, and the f16 copies that it stages.
 *
 * ggml/src/ggml-cuda/fattn.cu: ggml_cuda_get_best_fattn_kernel,
 * ggml_cuda_flash_attn_ext_get_alloc_size, ggml_cuda_get_fattn_vec_case; fattn-common.cuh:
 * ggml_cuda_flash_attn_ext_get_f16_extra_data; common.cuh for the generations.  As CMake builds by
 * default: GGML_CUDA_FA_QUANTS "q4_0-q4_0;q8_0-q8_0;f16-f16;bf16-bf16". */
#include <string.h>

#include "engine/sim/sim.h"

enum kernel { NO_KERNEL, KERNEL_TILE, KERNEL_VECTOR, KERNEL_MATRIX };

enum { KQ_STRIDE = 256 };
static const size_t STAGING_ALIGNMENT = 128;

#define T_KV (T_FLOATS | T_LEGACY)

struct attention {
    const struct ggml_tensor *q, *k, *v, *mask, *result;
    int64_t gqa; /* query heads per KV head */
    bool gqa_kernel, vector_kernel;
};

/* ---- generations ---- */

static bool is_nvidia(const struct sim_device *d)
{
    return d->spec.family == SIM_CUDA;
}

static bool turing_up(const struct sim_device *d)
{
    return is_nvidia(d) && d->spec.generation >= 750;
}

static bool volta(const struct sim_device *d)
{
    return is_nvidia(d) && d->spec.generation >= 700 && d->spec.generation < 750;
}

static bool ada_up(const struct sim_device *d)
{
    return is_nvidia(d) && d->spec.generation >= 890;
}

static bool cdna(const struct sim_device *d)
{
    int gfx = d->spec.generation;
    return !is_nvidia(d) && gfx >= 0x908 && gfx < 0x1010 && gfx != 0x909 && gfx != 0x90c;
}

static bool rdna3_up(const struct sim_device *d)
{
    return !is_nvidia(d) && d->spec.generation >= 0x1100;
}

/* ---- the choice ---- */

static float param(const struct ggml_tensor *t, int i)
{
    float v;
    memcpy(&v, (const char *)t->op_params + (size_t)i * sizeof(v), sizeof(v));
    return v;
}

/* Large loads need strides of 16 bytes. */
static bool strides_fit(const struct attention *at)
{
    const struct ggml_tensor *all[] = {at->q, at->k, at->v, at->mask};
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++)
        for (int i = 1; all[n] && !ggml_is_quantized(all[n]->type) && i < GGML_MAX_DIMS; i++)
            if (all[n]->nb[i] % 16 != 0)
                return false;
    return true;
}

static struct attention attention_of(const struct ggml_tensor *t)
{
    struct attention at = {t->src[0], t->src[1], t->src[2], t->src[3], t, 0, false, false};
    int64_t head = at.q->ne[0];
    bool padded = at.k->ne[1] % KQ_STRIDE == 0;
    at.gqa = at.q->ne[2] / at.k->ne[2];
    at.gqa_kernel = at.gqa >= 2 && at.mask && param(t, 1) == 0.0f && padded && strides_fit(&at);
    at.vector_kernel = head <= 256 && head % 64 == 0 && head != 192 && padded;
    return at;
}

static bool head_size_known(const struct attention *at)
{
    static const struct {
        int16_t k, v, gqa_multiple; /* 0: any grouping, and none */
    } sizes[] = {{40, 40, 0},   {64, 64, 0},    {72, 72, 0},   {80, 80, 0},
                 {96, 96, 0},   {112, 112, 0},  {128, 128, 0}, {256, 256, 0},
                 {192, 128, 8}, {320, 256, 32}, {512, 512, 1}, {576, 512, 1}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (at->k->ne[0] == sizes[i].k)
            return at->v->ne[0] == sizes[i].v &&
                   (!sizes[i].gqa_multiple ||
                    (at->gqa_kernel && at->gqa % sizes[i].gqa_multiple == 0));
    return false;
}

/* ggml_cuda_flash_attn_ext_mma_f16_shall_use_sparse with ncols1 = 1, ncols2 = 8 */
static bool sparse_decode(const struct sim_device *d, const struct attention *at)
{
    int64_t most = ggml_get_op_params_i32(at->result, 4), queries = at->q->ne[1];
    int64_t gather = (queries < 8 ? queries : 8) * most;
    return at->gqa_kernel && at->gqa > 4 && at->k->ne[0] == 256 && at->v->ne[0] == 256 &&
           turing_up(d) && at->mask && most > 0 && param(at->result, 1) == 0.0f &&
           param(at->result, 2) == 0.0f && at->mask->ne[0] == at->k->ne[1] &&
           at->mask->ne[1] >= queries && at->mask->ne[2] == 1 &&
           at->k->ne[1] >= (2 * gather > 4096 ? 2 * gather : 4096);
}

static enum kernel best_since_turing(const struct sim_device *d, const struct attention *at)
{
    bool quantized = ggml_is_quantized(at->k->type) || ggml_is_quantized(at->v->type);
    int64_t queries = at->q->ne[1];
    if (!at->vector_kernel)
        return KERNEL_MATRIX;
    if (quantized) {
        if (queries <= (ada_up(d) ? 2 : 1))
            return KERNEL_VECTOR;
    } else if (ada_up(d) && queries == 1 && at->q->ne[3] == 1 && !sparse_decode(d, at) &&
               !(at->gqa > 4 && (at->q->ne[0] >= 256 || at->k->ne[1] >= 8192))) {
        return KERNEL_VECTOR;
    }
    return !at->gqa_kernel && queries == 1 ? KERNEL_VECTOR : KERNEL_MATRIX;
}

/* The largest power of two in the grouping, up to what a kernel takes at once. */
static int64_t effective_gqa(const struct attention *at)
{
    int64_t head = at->q->ne[0], most = head == 320 ? 32 : head == 576 || head == 192 ? 16 : 8;
    int64_t n = 1;
    while (at->gqa % (2 * n) == 0 && n < most)
        n *= 2;
    return n;
}

static bool amd_matrix(const struct sim_device *d, const struct attention *at, int64_t batch)
{
    int64_t head = at->q->ne[0];
    if (head > 256)
        return false;
    if (cdna(d))
        return batch > (head <= 64 ? 8 : head <= 128 ? 16 : 64);
    return rdna3_up(d) && at->gqa_kernel && batch > (head <= 128 ? 8 : 16);
}

static enum kernel best_without_tensor_cores(const struct attention *at)
{
    bool quantized = ggml_is_quantized(at->k->type) || ggml_is_quantized(at->v->type);
    int64_t queries = at->q->ne[1];
    if (at->vector_kernel && (quantized ? queries <= 2 : queries == 1 && !at->gqa_kernel))
        return KERNEL_VECTOR;
    return KERNEL_TILE;
}

static enum kernel best(const struct sim_device *d, const struct attention *at)
{
    if (!head_size_known(at) || !sim_is_type(at->k, T_KV) || !sim_is_type(at->v, T_KV) ||
        (at->mask && at->mask->ne[2] != 1))
        return NO_KERNEL;
    bool matrix_head = at->q->ne[0] != 40 && at->q->ne[0] != 72;
    int64_t batch = at->q->ne[1] * effective_gqa(at);
    if (matrix_head && turing_up(d))
        return best_since_turing(d, at);
    if (matrix_head && volta(d)) {
        if (at->vector_kernel && batch <= 2)
            return KERNEL_VECTOR;
        return batch <= 16 ? KERNEL_TILE : KERNEL_MATRIX;
    }
    if (matrix_head && amd_matrix(d, at, batch))
        return KERNEL_MATRIX;
    return best_without_tensor_cores(at);
}

bool sim_cuda_attention(const struct sim_device *d, const struct ggml_tensor *t)
{
    struct attention at = attention_of(t);
    return best(d, &at) != NO_KERNEL;
}

/* ---- staging ---- */

static enum ggml_type as_compiled(enum ggml_type type)
{
    return type == GGML_TYPE_F32 ? GGML_TYPE_F16 : type;
}

/* Without a vector kernel for the types, K and V are converted for the f16 one. */
static bool vector_kernel_compiled(const struct attention *at)
{
    int64_t head = at->q->ne[0];
    enum ggml_type type = as_compiled(at->k->type);
    return (head == 64 || head == 128 || head == 256) && type == as_compiled(at->v->type) &&
           (type == GGML_TYPE_F16 || type == GGML_TYPE_BF16 || type == GGML_TYPE_Q4_0 ||
            type == GGML_TYPE_Q8_0);
}

static size_t staged(size_t end, const struct ggml_tensor *t)
{
    return GGML_PAD(end, STAGING_ALIGNMENT) + (size_t)ggml_nelements(t) * sizeof(ggml_fp16_t);
}

size_t sim_cuda_attention_size(const struct sim_device *d, const struct ggml_tensor *t)
{
    struct attention at = attention_of(t);
    const struct ggml_tensor *k = at.k, *v = at.v;
    enum kernel kernel = best(d, &at);
    bool all = kernel == KERNEL_TILE || kernel == KERNEL_MATRIX ||
               (kernel == KERNEL_VECTOR && !vector_kernel_compiled(&at));
    bool need_k = all || (kernel == KERNEL_VECTOR && k->type == GGML_TYPE_F32);
    bool need_v = all || (kernel == KERNEL_VECTOR && v->type == GGML_TYPE_F32);
    bool one = v->view_src &&
               (v->view_src == k || (v->view_src == k->view_src && v->view_offs == k->view_offs));
    size_t end = ggml_nbytes(t);
    if (need_k && k->type != GGML_TYPE_F16)
        end = staged(end, k);
    if (need_v && v->type != GGML_TYPE_F16 && !one)
        end = staged(end, v);
    return end;
}
