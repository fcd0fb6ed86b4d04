/* Placement of tensors and the padding of their buffers. */
#include "plan/weights.h"

#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"

enum { HOST_ALIGNMENT = 32 /* ggml-cpu: TENSOR_ALIGNMENT */ };

/* Where each device's run of layers ends, as a share of all layers on devices. */
static void ends(const struct placement *p, float *end)
{
    float sum = 0, upto = 0; /* floats, as in llama.cpp: their rounding decides */
    for (uint32_t i = 0; i < p->n_devices; i++)
        sum += p->split[i];
    for (uint32_t i = 0; i < p->n_devices; i++) {
        upto += sum > 0 ? p->split[i] : 1;
        end[i] = upto / (sum > 0 ? sum : (float)p->n_devices);
    }
}

void placement_map(const struct placement *p, const struct model *m, struct place_map *map)
{
    float end[PLACE_MAX_DEVICES] = {0};
    uint32_t layers = m->n_layer + m->n_layer_nextn, device = 0;
    uint32_t output = layers < PLACE_MAX_SLOTS ? layers : PLACE_MAX_SLOTS - 1;
    uint32_t on_gpu = p->n_gpu_layers <= output ? p->n_gpu_layers : output + 1;
    uint32_t first = p->n_devices ? output + 1 - on_gpu : output + 1;
    ends(p, end);
    map->output = output;
    for (uint32_t slot = 0; slot <= output; slot++) {
        if (slot < first) {
            map->slot[slot] = PLACE_HOST;
            continue;
        }
        float at = (float)(slot - first) / (float)on_gpu;
        while (device + 1 < p->n_devices && at >= end[device])
            device++;
        map->slot[slot] = (int8_t)device;
    }
}

int placement_of(const struct placement *p, const struct model *m, uint32_t slot)
{
    struct place_map map;
    placement_map(p, m, &map);
    return slot <= map.output ? map.slot[slot] : PLACE_HOST;
}

int placement_of_tensor(const struct placement *p, const struct place_map *map,
                        const struct model *m, size_t tensor)
{
    const struct model_tensor *t = &m->tensors[tensor];
    if (t->class == TENSOR_INPUT)
        return PLACE_HOST;
    if (p->n_devices && p->override && p->override[tensor] != PLACE_WITH_LAYER)
        return p->override[tensor];
    if (t->class == TENSOR_OUTPUT)
        return map->slot[map->output];
    if (t->layer > map->output || (t->expert && t->layer < p->n_cpu_moe))
        return PLACE_HOST;
    return map->slot[t->layer];
}

bool placement_spills(const struct placement *p, const struct model *m)
{
    if (p->n_devices == 0)
        return false;
    if (p->n_cpu_moe || p->n_gpu_layers <= m->n_layer + m->n_layer_nextn)
        return true;
    for (size_t i = 0; p->override && i < m->n_tensors; i++)
        if (p->override[i] == PLACE_HOST && m->tensors[i].class != TENSOR_INPUT)
            return true;
    return false;
}

static uint64_t padded_rows(const struct model_tensor *t, uint32_t row_pad)
{
    const struct ggml_type *type = ggml_type_get(t->type);
    uint64_t over = row_pad && type->quantized ? t->dims[0] % row_pad : 0;
    return t->bytes + (over ? ggml_type_row_bytes(type, row_pad - over) : 0);
}

uint64_t weights_bytes_on(const struct backend_rules *rules, const struct model_tensor *t)
{
    return units_round_up(padded_rows(t, rules->quant_row_pad), rules->alignment);
}

static uint64_t bytes_on(const struct placement *p, int device, const struct model_tensor *t)
{
    if (device == PLACE_HOST)
        return units_round_up(t->bytes, HOST_ALIGNMENT);
    return weights_bytes_on(p->rules[device], t);
}

static void add(struct weights *w, const struct placement *p, int device,
                const struct model_tensor *t)
{
    uint64_t bytes = bytes_on(p, device, t);
    if (device == PLACE_HOST) {
        bool repacked = p->repack && p->n_devices == 0 && t->dims[1] > 1 &&
                        weights_repacked(t->type, t->dims[1], p->isa, p->n_isa);
        w->host += bytes;
        w->host_experts += t->expert ? bytes : 0;
        w->host_repacked += repacked && t->class != TENSOR_INPUT ? bytes : 0;
    } else {
        w->device[device] += bytes;
    }
}

/* Is any layer (not the output) on this device? */
static bool has_layer(const struct place_map *map, int device)
{
    for (uint32_t il = 0; il < map->output; il++)
        if (map->slot[il] == device)
            return true;
    return false;
}

/* RoPE factors: one copy in every buffer type that holds a layer. */
static void add_per_device(struct weights *w, const struct placement *p,
                           const struct place_map *map, const struct model_tensor *t)
{
    for (int device = PLACE_HOST; device < (int)p->n_devices; device++)
        if (has_layer(map, device))
            add(w, p, device, t);
}

/* A tied output matrix is token_embd again: a copy on the output's device, or in the repacked
 * buffer where the host repacks that type; else it is shared. */
static void add_tied_output(struct weights *w, const struct placement *p,
                            const struct place_map *map, const struct model_tensor *t)
{
    int device = map->slot[map->output];
    bool copied = device != PLACE_HOST || (p->repack && p->n_devices == 0 &&
                                           weights_repacked(t->type, t->dims[1], p->isa, p->n_isa));
    if (copied)
        add(w, p, device, t);
    if (copied && device == PLACE_HOST)
        w->host_repacked += bytes_on(p, device, t);
}

void weights_place(const struct model *m, const struct placement *p, struct weights *out)
{
    struct weights w = {0};
    struct place_map map;
    placement_map(p, m, &map);
    for (size_t i = 0; i < m->n_tensors; i++) {
        const struct model_tensor *t = &m->tensors[i];
        if (t->skipped)
            continue;
        if (t->per_device)
            add_per_device(&w, p, &map, t);
        else
            add(&w, p, placement_of_tensor(p, &map, m, i), t);
        if (m->tied_embeddings && str_eq(t->name, "token_embd.weight"))
            add_tied_output(&w, p, &map, t);
    }
    *out = w;
}

/* ---- repacking ---- */

static const struct {
    uint32_t type;
    uint32_t rows; /* ne1 must be a multiple */
    const char *isa[2];
} repacks[] = {
    {TYPE_Q4_0, 8, {"avx2"}},
    {TYPE_Q4_0, 4, {"neon", "i8mm"}},
    {TYPE_Q4_0, 4, {"neon", "dotprod"}},
    {TYPE_Q4_K, 8, {"avx2"}},
    {TYPE_Q4_K, 8, {"neon", "i8mm"}},
    {TYPE_Q4_K, 8, {"neon", "dotprod"}},
    {TYPE_Q2_K, 8, {"avx512f"}},
    {TYPE_Q5_K, 8, {"neon", "i8mm"}},
    {TYPE_Q5_K, 8, {"neon", "dotprod"}},
    {TYPE_Q6_K, 8, {"neon", "i8mm"}},
    {TYPE_Q6_K, 8, {"neon", "dotprod"}},
    {TYPE_IQ4_NL, 8, {"avx2"}},
    {TYPE_IQ4_NL, 4, {"neon", "dotprod"}},
    {TYPE_MXFP4, 8, {"avx2"}},
    {TYPE_MXFP4, 4, {"neon", "dotprod"}},
    {TYPE_Q8_0, 4, {"neon", "i8mm"}},
    {TYPE_Q8_0, 4, {"neon", "dotprod"}},
    {TYPE_Q1_0, 4, {"neon", "dotprod"}},
};

static bool has_isa(const char *const *isa, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(isa[i], name) == 0)
            return true;
    return false;
}

bool weights_repacked(uint32_t type, uint64_t ne1, const char *const *isa, size_t n_isa)
{
    for (size_t i = 0; i < COUNT_OF(repacks); i++)
        if (repacks[i].type == type && ne1 % repacks[i].rows == 0 &&
            has_isa(isa, n_isa, repacks[i].isa[0]) &&
            (!repacks[i].isa[1] || has_isa(isa, n_isa, repacks[i].isa[1])))
            return true;
    return false;
}
