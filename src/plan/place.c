/* From settings to devices, bytes and seconds. */
#include "plan/place.h"

#include <string.h>

bool place_gpu_usable(const struct machine_gpu *gpu)
{
    bool software = gpu->vendor.source && strcmp(gpu->vendor.v, "software") == 0;
    return gpu->engine_device.source && gpu->memory_total_bytes.source && !software &&
           backend_find(gpu->engine_device.v) != NULL;
}

static void add_device(struct placement *p, const struct settings *s, const struct machine *machine,
                       uint32_t index, uint32_t *gpu)
{
    const struct fact_str *device = &machine->gpus.v[index].engine_device;
    const struct backend_rules *rules = device->source ? backend_find(device->v) : NULL;
    if (!rules || p->n_devices == PLACE_MAX_DEVICES)
        return;
    gpu[p->n_devices] = index;
    p->rules[p->n_devices] = rules;
    if (s->n_tensor_split > p->n_devices)
        p->split[p->n_devices] = (double)s->tensor_split[p->n_devices];
    p->n_devices++;
}

/* In the order of --device, else in the machine's. */
static void add_devices(struct placement *p, const struct settings *s,
                        const struct machine *machine, uint32_t *gpu)
{
    bool named = settings_has(s, SET_DEVICE);
    for (uint32_t name = 0; name < (named ? s->n_device : 1); name++)
        for (uint32_t i = 0; i < machine->gpus.n; i++) {
            const struct fact_str *device = &machine->gpus.v[i].engine_device;
            if (!named || (device->source && strcmp(device->v, s->device[name]) == 0))
                add_device(p, s, machine, i, gpu);
        }
}

void place_from_settings(const struct settings *s, const struct model *m,
                         const struct machine *machine, struct placement *p, uint32_t *gpu)
{
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    *p = (struct placement){.isa = machine->cpu.isa.v, .n_isa = machine->cpu.isa.n};
    add_devices(p, s, machine, gpu);
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
}

void place_evaluate(struct candidate *c, const struct model *m, const struct machine *machine,
                    const struct workload *w)
{
    struct context context;
    struct rates rates;
    place_from_settings(&c->settings, m, machine, &c->placement, c->gpu);
    c->placement.override = c->override;
    ledger_fill(&c->ledger, m, &c->settings, &c->placement, c->gpu);
    c->lack = ledger_lack(&c->ledger, NULL);
    context_resolve(m, &c->settings, &context);
    speed_rates(machine, c->settings.threads_batch, c->gpu, c->placement.n_devices, &rates);
    speed_predict(m, &context, &c->placement, &rates, w->depth, &c->speed);
    c->turn_s = speed_turn_s(&c->speed, w);
}
