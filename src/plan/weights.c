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

int placement_of_part(const struct placement *p, const struct place_map *map,
                      const struct weight_part *part)
{
    if (part->class == TENSOR_INPUT)
        return PLACE_HOST;
    if (p->n_devices && p->override && p->override[part->tensor] != PLACE_WITH_LAYER)
        return p->override[part->tensor];
    if (part->class == TENSOR_OUTPUT)
        return map->slot[map->output];
    if (part->layer > map->output || (part->expert && part->layer < p->n_cpu_moe))
        return PLACE_HOST;
    return map->slot[part->layer];
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

/* ---- parts ---- */

static struct weight_part part_of(const struct model *m, size_t i,
                                  const struct backend_rules *rules)
{
    const struct model_tensor *t = &m->tensors[i];
    if (t->skipped)
        return (struct weight_part){.tensor = i, .class = t->class, .layer = t->layer};
    return (struct weight_part){
        .tensor = i,
        .class = t->class,
        .layer = t->layer,
        .expert = t->expert,
        .per_device = t->per_device,
        .tied =
            m->tied_embeddings && t->class == TENSOR_INPUT && str_eq(t->name, "token_embd.weight"),
        .bytes = t->bytes,
        .largest = t->bytes,
        .host_bytes = units_round_up(t->bytes, HOST_ALIGNMENT),
        .card_bytes = rules ? weights_bytes_on(rules, t) : 0,
        .params = (double)t->dims[0] * (double)t->dims[1] * (double)t->dims[2],
    };
}

/* What of a layer moves together: its experts, or the rest. */
static bool together(const struct weight_part *a, const struct weight_part *b)
{
    return a->class == b->class && a->layer == b->layer && a->expert == b->expert &&
           !a->per_device && !b->per_device && !a->tied && !b->tied;
}

static void join(struct weight_part *to, const struct weight_part *from)
{
    to->bytes += from->bytes;
    to->largest = from->largest > to->largest ? from->largest : to->largest;
    to->host_bytes += from->host_bytes;
    to->card_bytes += from->card_bytes;
    to->params += from->params;
}

struct weight_parts *weights_parts(struct arena *a, const struct model *m,
                                   const struct backend_rules *rules)
{
    enum { BACK = 4 }; /* a layer's tensors stand together, experts and others mixed */
    struct weight_part *v = arena_array(a, m->n_tensors + 1, sizeof(*v));
    struct weight_part *each = arena_array(a, m->n_tensors + 1, sizeof(*each));
    struct weight_parts *parts = arena_alloc(a, sizeof(*parts));
    size_t n = 0;
    for (size_t i = 0; i < m->n_tensors; i++) {
        size_t back = 1;
        each[i] = part_of(m, i, rules);
        while (back <= BACK && back <= n && !together(&v[n - back], &each[i]))
            back++;
        if (back <= BACK && back <= n)
            join(&v[n - back], &each[i]);
        else if (each[i].bytes)
            v[n++] = each[i];
    }
    *parts = (struct weight_parts){v, each, n, m->n_tensors, rules};
    return parts;
}

/* Are all cards of the kind by which the parts were padded? */
static bool padded_so(const struct placement *p)
{
    for (uint32_t i = 0; i < p->n_devices; i++)
        if (p->rules[i] != p->parts->rules)
            return false;
    return true;
}

/* -ot and repacking look at single tensors. */
struct weight_list weights_list(const struct placement *p, const struct model *m)
{
    if (!p->parts || !padded_so(p))
        return (struct weight_list){.n = m->n_tensors};
    if (p->override || p->n_devices == 0)
        return (struct weight_list){.v = p->parts->each, .n = p->parts->n_each};
    return (struct weight_list){.v = p->parts->joined, .n = p->parts->n_joined};
}

const struct weight_part *weights_at(struct weight_list *list, const struct model *m, size_t i)
{
    if (list->v)
        return &list->v[i];
    list->own = part_of(m, i, NULL);
    return &list->own;
}

/* ---- sums ---- */

static bool is_repacked(const struct placement *p, const struct model_tensor *t)
{
    return p->repack && p->n_devices == 0 && t->dims[1] > 1 &&
           weights_repacked(t->type, t->dims[1], p->isa, p->n_isa);
}

static uint64_t on_card(const struct placement *p, const struct model *m, int device,
                        const struct weight_part *part)
{
    return part->card_bytes ? part->card_bytes
                            : weights_bytes_on(p->rules[device], &m->tensors[part->tensor]);
}

static void add(struct weights *w, const struct placement *p, const struct model *m, int device,
                const struct weight_part *part)
{
    if (part->bytes == 0)
        return;
    if (device == PLACE_HOST) {
        bool repacked = part->class != TENSOR_INPUT && is_repacked(p, &m->tensors[part->tensor]);
        w->host += part->host_bytes;
        w->host_experts += part->expert ? part->host_bytes : 0;
        w->host_repacked += repacked ? part->host_bytes : 0;
    } else {
        w->device[device] += on_card(p, m, device, part);
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
static void add_per_device(struct weights *w, const struct placement *p, const struct model *m,
                           const struct place_map *map, const struct weight_part *part)
{
    for (int device = PLACE_HOST; device < (int)p->n_devices; device++)
        if (has_layer(map, device))
            add(w, p, m, device, part);
}

/* A tied output matrix is token_embd again: a copy on the output's device, or in the repacked
 * buffer where the host repacks that type; else it is shared. */
static void add_tied_output(struct weights *w, const struct placement *p, const struct model *m,
                            const struct place_map *map, const struct weight_part *part)
{
    int device = map->slot[map->output];
    bool repacked = device == PLACE_HOST && is_repacked(p, &m->tensors[part->tensor]);
    if (device != PLACE_HOST || repacked)
        add(w, p, m, device, part);
    if (repacked)
        w->host_repacked += part->host_bytes;
}

void weights_place(const struct model *m, const struct placement *p, struct weights *out)
{
    struct weights w = {0};
    struct place_map map;
    struct weight_list list = weights_list(p, m);
    placement_map(p, m, &map);
    for (size_t i = 0; i < list.n; i++) {
        const struct weight_part *part = weights_at(&list, m, i);
        if (part->per_device)
            add_per_device(&w, p, m, &map, part);
        else
            add(&w, p, m, placement_of_part(p, &map, part), part);
        if (part->tied)
            add_tied_output(&w, p, m, &map, part);
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
