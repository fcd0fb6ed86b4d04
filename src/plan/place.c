/* From settings to devices, bytes and seconds. */
#include "plan/place.h"

#include <string.h>

bool place_gpu_usable(const struct machine_gpu *gpu)
{
    bool software = gpu->vendor.source && strcmp(gpu->vendor.v, "software") == 0;
    return gpu->engine_device.source && gpu->memory_total_bytes.source && !software &&
           backend_find(gpu->engine_device.v) != NULL;
}

const struct weight_parts *place_parts(struct arena *a, const struct model *m,
                                       const struct machine *machine)
{
    const struct backend_rules *rules = NULL;
    for (size_t i = 0; i < machine->gpus.n && !rules; i++)
        if (place_gpu_usable(&machine->gpus.v[i]))
            rules = backend_find(machine->gpus.v[i].engine_device.v);
    return weights_parts(a, m, rules);
}

static void add_device(const struct machine *machine, size_t i, struct placement *p, uint32_t *gpu)
{
    const struct fact_str *name = &machine->gpus.v[i].engine_device;
    const struct backend_rules *rules = name->source ? backend_find(name->v) : NULL;
    if (!rules || p->n_devices == PLACE_MAX_DEVICES)
        return;
    gpu[p->n_devices] = (uint32_t)i;
    p->rules[p->n_devices++] = rules;
}

/* In the order of --device, which --main-gpu and --tensor-split count by; else of the machine. */
static void add_devices(const struct settings *s, const struct machine *machine,
                        struct placement *p, uint32_t *gpu)
{
    bool named = settings_has(s, SET_DEVICE);
    for (uint32_t k = 0; k < (named ? s->n_device : 1); k++)
        for (size_t i = 0; i < machine->gpus.n; i++) {
            const struct fact_str *name = &machine->gpus.v[i].engine_device;
            if (!named || (name->source && strcmp(name->v, s->device[k]) == 0))
                add_device(machine, i, p, gpu);
        }
    for (uint32_t i = 0; i < p->n_devices && i < s->n_tensor_split; i++)
        p->split[i] = s->tensor_split[i];
}

/* llama_context: "enabling pipeline parallelism"; any -ot or --n-cpu-moe turns it off. */
static bool pipelined(const struct settings *s, const struct placement *p, uint32_t slots)
{
    bool layers = !settings_has(s, SET_SPLIT_MODE) || s->split_mode == SPLIT_LAYER;
    bool cache = !settings_has(s, SET_KV_OFFLOAD) || s->kv_offload;
    bool overrides = p->n_cpu_moe || settings_has(s, SET_OVERRIDE_TENSOR);
    return p->n_devices > 1 && p->n_gpu_layers >= slots && layers && cache && !overrides;
}

void place_from_settings(const struct settings *s, const struct model *m,
                         const struct machine *machine, struct placement *p, uint32_t *gpu)
{
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    *p = (struct placement){.isa = machine->cpu.isa.v, .n_isa = machine->cpu.isa.n};
    add_devices(s, machine, p, gpu);
    if (settings_has(s, SET_SPLIT_MODE) && s->split_mode == SPLIT_NONE && p->n_devices > 1) {
        uint32_t main_gpu = s->main_gpu < p->n_devices ? s->main_gpu : 0;
        gpu[0] = gpu[main_gpu];
        p->rules[0] = p->rules[main_gpu];
        p->n_devices = 1;
    }
    bool number = settings_has(s, SET_N_GPU_LAYERS) && s->n_gpu_layers >= 0;
    p->n_gpu_layers = number ? (uint32_t)s->n_gpu_layers : slots;
    if (p->n_gpu_layers > slots)
        p->n_gpu_layers = slots;
    if (settings_has(s, SET_N_CPU_MOE))
        p->n_cpu_moe = s->n_cpu_moe;
    p->repack = !settings_has(s, SET_REPACK) || s->repack;
    p->pipelined = pipelined(s, p, slots);
}

void place_weigh(struct candidate *c, const struct model *m, const struct machine *machine)
{
    place_from_settings(&c->settings, m, machine, &c->placement, c->gpu);
    c->placement.override = c->override;
    c->placement.parts = c->parts;
    ledger_fill(&c->ledger, m, &c->settings, &c->placement, c->gpu);
    c->lack = ledger_lack(&c->ledger, NULL);
}

void place_predict(struct candidate *c, const struct model *m, const struct machine *machine,
                   const struct workload *w)
{
    struct context context;
    struct rates rates;
    context_resolve(m, &c->settings, &context);
    speed_rates(machine, c->settings.threads_batch, c->gpu, c->placement.n_devices, &rates);
    speed_predict(m, &context, &c->placement, &rates, w->depth, &c->speed);
    c->turn_s = speed_turn_s(&c->speed, w);
}

void place_evaluate(struct candidate *c, const struct model *m, const struct machine *machine,
                    const struct workload *w)
{
    place_weigh(c, m, machine);
    place_predict(c, m, machine, w);
}
