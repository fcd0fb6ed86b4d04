/* ---- engine/sim/sim.h: libtailor-sim.so, a ggml backend whose devices are not there.
 *
 *     TAILOR_SIM="cuda:8.9:24564;cuda:8.6:12288" GGML_BACKEND_PATH=build/libtailor-sim.so \
 *         llama-fit-params -m model.gguf -c 32768
 *
 * (sim_spec.h has the grammar.)  Any stock llama.cpp binary then sees these devices, and its own
 * allocator plans for them: which operations a device takes, how large a tensor is there, which
 * buffers must live longer.  These rules were read off the source of v0.5.0, a file each:
 *
 *     cuda.c cuda_attention.c cuda_fusion.c   byte-exact by the source; ROCm shares them, unproven
 *     vulkan.c vulkan_order.c                 compared with the software Vulkan device
 *     metal.c sycl.c                          unproven
 *
 * Nothing is allocated on a device but addresses; what is written there is gone, what is read is
 * zero, and computing fails.  Host buffers are real.  The library runs with the ggml that it was
 * built from and refuses another. */
#ifndef ENGINE_SIM_SIM_H
#define ENGINE_SIM_SIM_H

#include "engine/sim/sim_spec.h"
#include "ggml-backend-impl.h"
#include "ggml-impl.h"
#include "ggml.h"

/* Sets of tensor types. */
#define T(name) ((uint64_t)1 << GGML_TYPE_##name)
#define T_FLOAT (T(F32) | T(F16))
#define T_FLOATS (T_FLOAT | T(BF16))
#define T_LEGACY (T(Q4_0) | T(Q4_1) | T(Q5_0) | T(Q5_1) | T(Q8_0))
#define T_K (T(Q2_K) | T(Q3_K) | T(Q4_K) | T(Q5_K) | T(Q6_K))
#define T_IQ \
    (T(IQ1_S) | T(IQ1_M) | T(IQ2_XXS) | T(IQ2_XS) | T(IQ2_S) | T(IQ3_XXS) | T(IQ3_S) | T(IQ4_XS))

struct sim_device;

/* What a row of an operator table asks of its sources. */
enum sim_need {
    SIM_CONT0 = 1 << 0, /* src0 contiguous */
    SIM_CONT1 = 1 << 1,
    SIM_CONT_DST = 1 << 2,
    SIM_ROWS0 = 1 << 3, /* src0 contiguous within its rows */
    SIM_ROWS1 = 1 << 4,
    SIM_SAME01 = 1 << 5,  /* src0 and src1 of one type */
    SIM_SAME0D = 1 << 6,  /* src0 and the result of one type */
    SIM_PLANES0 = 1 << 7, /* src0 contiguous from the second dimension on */
};

/* One way in which a backend takes an operation; several rows of one operation are alternatives.
 * A set of types that is 0 allows all. */
struct sim_op {
    enum ggml_op op;
    unsigned need;            /* enum sim_need */
    uint64_t src0, src1, dst; /* types */
    bool (*also)(const struct sim_device *d, const struct ggml_tensor *t);
};

struct sim_family {
    const char *host_name; /* "CUDA_Host"; NULL: no pinned host buffers */
    size_t host_alignment; /* 0: as the CPU's */
    bool host_limited;     /* host buffers are no longer than the device's */
    bool device_only;      /* tensors on a sibling's buffers are refused by supports_op */
    bool host_when_shared; /* an integrated device uses pinned host buffers as its own */
    bool maps_host;        /* buffer_from_host_ptr */
    bool no_shared_mmap;   /* an integrated device does without mmap */
    const struct sim_op *ops;
    size_t n_ops;
    int64_t (*batch)(const struct ggml_tensor *t); /* offload_op, from 32 on */
    bool (*fits)(const struct sim_device *d, const struct ggml_tensor *t); /* before ops; or NULL */
    size_t (*alignment)(const struct sim_device *d);
    size_t (*max_buffer)(const struct sim_device *d); /* NULL: none */
    size_t (*alloc_size)(const struct sim_device *d, const struct ggml_tensor *t);
    void (*optimize)(const struct sim_device *d, struct ggml_cgraph *graph,
                     struct ggml_backend_graph_optimize_params *params); /* NULL: nothing */
};

struct sim_device {
    const struct sim_family *family;
    struct sim_spec spec;
    struct ggml_backend_device device;
    struct ggml_backend_buffer_type buffers, host_buffers;
};

extern const struct sim_family sim_cuda, sim_rocm, sim_vulkan, sim_metal, sim_sycl;

/* ops.c */
bool sim_op_supported(const struct sim_device *d, const struct ggml_tensor *t);
/* CUDA's rule: GET_ROWS is never moved; rows of the batch for the others. */
int64_t sim_batch_rows(const struct ggml_tensor *t);
bool sim_is_type(const struct ggml_tensor *t, uint64_t types); /* also where t is NULL */

/* cuda_attention.c */
bool sim_cuda_attention(const struct sim_device *d, const struct ggml_tensor *t);
size_t sim_cuda_attention_size(const struct sim_device *d, const struct ggml_tensor *t);

/* cuda_fusion.c */
void sim_cuda_optimize(const struct sim_device *d, struct ggml_cgraph *graph,
                       struct ggml_backend_graph_optimize_params *params);

/* vulkan_order.c */
void sim_vulkan_optimize(const struct sim_device *d, struct ggml_cgraph *graph,
                         struct ggml_backend_graph_optimize_params *params);

#endif
