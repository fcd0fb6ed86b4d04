/* Layers are taken from the first on a card to the last, card by card. */
#include "plan/spread.h"

#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"
#include "plan/kv.h"

enum { EVEN_STEPS = 12 /* bisections of the common filling: 1/4096 of a card */ };
static const double one_speed = 0.05;          /* cards that differ by less are of one speed */
static const uint64_t slack_bytes = 256 * KIB; /* RoPE factors and alignment of a buffer */

static const struct backend_rules *rules_of(const struct machine *machine)
{
    const struct backend_rules *first = NULL;
    size_t usable = 0;
    for (size_t i = 0; i < machine->gpus.n; i++)
        if (place_gpu_usable(&machine->gpus.v[i]) && usable++ == 0)
            first = backend_find(machine->gpus.v[i].engine_device.v);
    return usable > 1 ? first : NULL;
}

struct spread_costs spread_costs_of(struct arena *a, const struct model *m,
                                    const struct machine *machine)
{
    const struct backend_rules *rules = rules_of(machine);
    uint32_t n = m->n_layer + m->n_layer_nextn + 1;
    if (!rules)
        return (struct spread_costs){0};
    uint64_t *dense = arena_array(a, n, sizeof(*dense));
    uint64_t *experts = arena_array(a, n, sizeof(*experts));
    memset(dense, 0, n * sizeof(*dense));
    memset(experts, 0, n * sizeof(*experts));
    for (size_t i = 0; i < m->n_tensors; i++) {
        const struct model_tensor *t = &m->tensors[i];
        uint64_t bytes = weights_bytes_on(rules, t);
        bool tied = m->tied_embeddings && str_eq(t->name, "token_embd.weight");
        if (t->skipped || (t->class == TENSOR_INPUT && !tied))
            continue;
        if (t->class != TENSOR_LAYER)
            dense[n - 1] += bytes;
        else if (t->layer < n)
            *(t->expert ? &experts[t->layer] : &dense[t->layer]) += bytes;
    }
    return (struct spread_costs){dense, experts, n, place_parts(a, m, machine)};
}

struct spread {
    uint64_t *bytes; /* of each layer on a card, with its cache */
    uint32_t n;
    uint64_t room[PLACE_MAX_DEVICES];
    uint32_t n_devices;
    uint32_t count[PLACE_MAX_DEVICES];
};

/* Fills the cards up to a share of their room; the last one takes the rest. */
static bool fill(struct spread *s, double share)
{
    uint32_t device = 0;
    uint64_t room = (uint64_t)((double)s->room[0] * share);
    memset(s->count, 0, sizeof(s->count));
    for (uint32_t i = 0; i < s->n; i++) {
        while (s->bytes[i] > room && device + 1 < s->n_devices)
            room = (uint64_t)((double)s->room[++device] * share);
        s->count[device]++;
        if (s->bytes[i] > room)
            return s->count[device] += s->n - i - 1, false;
        room -= s->bytes[i];
    }
    for (uint32_t i = 0; i < s->n_devices; i++)
        if (s->count[i] == 0)
            return false;
    return true;
}

static bool of_one_speed(const struct machine *machine, const uint32_t *gpu, uint32_t n)
{
    const struct fact_f64 *first = &machine->gpus.v[gpu[0]].bandwidth_gb_s;
    for (uint32_t i = 1; i < n; i++) {
        const struct fact_f64 *other = &machine->gpus.v[gpu[i]].bandwidth_gb_s;
        double ratio = first->source && other->source ? other->v / first->v : 1;
        if (ratio < 1 - one_speed || ratio > 1 + one_speed)
            return false;
    }
    return true;
}

/* The smallest common share that holds everything. */
static void even_out(struct spread *s)
{
    double low = 0, high = 1;
    for (int i = 0; i < EVEN_STEPS; i++) {
        double middle = (low + high) / 2;
        *(fill(s, middle) ? &high : &low) = middle;
    }
    fill(s, high);
}

bool spread_layers(const struct spread_costs *costs, const struct model *m,
                   const struct machine *machine, const struct ledger *budgets, struct settings *s)
{
    struct placement p;
    struct context c;
    struct compute compute;
    uint32_t gpu[PLACE_MAX_DEVICES];
    uint64_t bytes[PLACE_MAX_SLOTS];
    place_from_settings(s, m, machine, &p, gpu);
    p.parts = costs->parts;
    if (p.n_devices < 2 || p.n_gpu_layers == 0 || costs->n_slots > PLACE_MAX_SLOTS)
        return true;
    context_resolve(m, s, &c);
    compute_estimate(m, &c, &p, &compute);
    struct spread spread = {.bytes = bytes, .n_devices = p.n_devices};
    for (uint32_t i = 0; i < p.n_devices; i++) {
        uint64_t fixed = compute.device[i] + p.rules[i]->driver_bytes + slack_bytes;
        uint64_t budget = budgets->device[gpu[i]].budget;
        spread.room[i] = budget > fixed ? budget - fixed : 0;
    }
    bool cache = !settings_has(s, SET_KV_OFFLOAD) || s->kv_offload;
    for (uint32_t slot = costs->n_slots - p.n_gpu_layers; slot < costs->n_slots; slot++) {
        uint64_t *b = &bytes[spread.n++];
        *b = costs->dense[slot] + (slot < p.n_cpu_moe ? 0 : costs->experts[slot]);
        if (slot < m->n_layer && cache)
            *b += kv_layer_bytes_on(p.rules[0], m, &c, slot) + state_layer_bytes(m, &c, slot);
    }
    bool fits = fill(&spread, 1);
    if (fits && of_one_speed(machine, gpu, p.n_devices))
        even_out(&spread);
    s->n_tensor_split = p.n_devices;
    for (uint32_t i = 0; i < p.n_devices; i++)
        s->tensor_split[i] = (float)spread.count[i];
    settings_mark(s, SET_TENSOR_SPLIT);
    return fits;
}
