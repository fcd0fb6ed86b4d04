/* ---- plan/weights.h: where every tensor lies, and how many bytes its buffer needs for it.
 *
 * src/llama-model.cpp: load_tensors (which device), src/llama-model-loader.cpp: create_tensor
 * (which buffer), ggml/src/ggml-alloc.c (padding), v0.5.0.  Exact for CPU and CUDA. */
#ifndef PLAN_WEIGHTS_H
#define PLAN_WEIGHTS_H

#include "model/model.h"
#include "plan/backend.h"

enum {
    PLACE_MAX_DEVICES = 16,
    PLACE_MAX_SLOTS = 1024, /* layers and the output; llama.cpp's LLAMA_MAX_LAYERS is 512 */
    PLACE_HOST = -1,
    PLACE_WITH_LAYER = -2, /* of a tensor: where its layer is */
};

/* Where the layers go.  Slot n_layer_all is the output layer. */
struct placement {
    uint32_t n_devices;
    const struct backend_rules *rules[PLACE_MAX_DEVICES];
    uint32_t n_gpu_layers;          /* as -ngl: the last so many slots, the output layer first */
    uint32_t n_cpu_moe;             /* experts of the first so many layers stay in host memory */
    const int8_t *override;         /* place of each tensor of the model; NULL: with its layer */
    float split[PLACE_MAX_DEVICES]; /* share of each device; all zero: equal */
    bool pipelined;                 /* ubatches overlap on several devices: inputs fourfold */
    bool repack;                    /* host weights may be repacked (never where a GPU is used) */
    const char *const *isa;         /* of the host CPU, for repacking */
    size_t n_isa;
    const struct weight_parts *parts; /* the model's, for such cards; NULL: tensor by tensor */
};

/* Tensors that always lie together: one, or what is alike in a layer. */
struct weight_part {
    size_t tensor; /* the first one */
    enum tensor_class class;
    uint32_t layer;
    bool expert, per_device;
    bool tied; /* the output matrix, too */
    uint64_t bytes, largest;
    uint64_t host_bytes, card_bytes; /* padded */
    double params;
};

/* A model's tensors, looked at once so that many placements can be weighed. */
struct weight_parts {
    const struct weight_part *joined, *each; /* by layer; tensor by tensor */
    size_t n_joined, n_each;
    const struct backend_rules *rules; /* by which card_bytes were padded; NULL: not */
};
struct weight_parts *weights_parts(struct arena *a, const struct model *m,
                                   const struct backend_rules *rules);

/* The parts of which a placement's weights consist. */
struct weight_list {
    const struct weight_part *v; /* NULL: made one by one */
    size_t n;
    struct weight_part own;
};
struct weight_list weights_list(const struct placement *p, const struct model *m);
const struct weight_part *weights_at(struct weight_list *list, const struct model *m, size_t i);

/* Device index of a slot, or PLACE_HOST (load_tensors: get_layer_buft_list). */
int placement_of(const struct placement *p, const struct model *m, uint32_t slot);

/* The same for all slots of a model at once. */
struct place_map {
    int8_t slot[PLACE_MAX_SLOTS];
    uint32_t output; /* index of the output layer's slot */
};
void placement_map(const struct placement *p, const struct model *m, struct place_map *map);

/* Device index of a part, or PLACE_HOST: -ot first, then --n-cpu-moe, then its layer. */
int placement_of_part(const struct placement *p, const struct place_map *map,
                      const struct weight_part *part);

/* Is a weight of a layer on the host while cards compute? */
bool placement_spills(const struct placement *p, const struct model *m);

struct weights {
    uint64_t device[PLACE_MAX_DEVICES];
    uint64_t host;
    uint64_t host_experts;  /* of host: expert stacks */
    uint64_t host_repacked; /* of host: in the repacked buffer, which --fit does not see */
};

void weights_place(const struct model *m, const struct placement *p, struct weights *out);

/* Bytes that a tensor takes in a buffer of such a backend. */
uint64_t weights_bytes_on(const struct backend_rules *rules, const struct model_tensor *t);

/* Would llama.cpp keep a repacked copy of a matrix of this type with ne1 rows on such a CPU?
 * (ggml/src/ggml-cpu/repack.cpp: ggml_repack_get_optimal_repack_type) */
bool weights_repacked(uint32_t type, uint64_t ne1, const char *const *isa, size_t n_isa);

#endif
