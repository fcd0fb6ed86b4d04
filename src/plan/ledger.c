/* Budgets, bytes, and what is left. */
#include "plan/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "machine/machine_described.h"
#include "plan/kv.h"

enum {
    HOST_MARGIN_SHARE = 16, /* a sixteenth of the RAM stays free... */
    VRAM_MARGIN_SHARE = 50, /* two percent of a card... */
};
static const uint64_t host_margin_least = 512 * MIB, host_margin_most = 2 * GIB;
static const uint64_t described_system = 2 * GIB;
static const uint64_t vram_margin_least = 256 * MIB, vram_margin_display = 512 * MIB;

/* llama-server beside its counted buffers: code, heap, HTTP threads; and its vocabulary, measured
 * at about 500 bytes a token. */
static const uint64_t server_bytes = 64 * MIB, vocab_token_bytes = 500;

static uint64_t clamp(uint64_t v, uint64_t low, uint64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t limited(uint64_t budget, uint64_t limit)
{
    return limit && limit < budget ? limit : budget;
}

static uint64_t host_budget(const struct machine *machine, uint64_t limit)
{
    const struct machine_memory *memory = &machine->memory;
    uint64_t total = memory->total_bytes.source ? memory->total_bytes.v : 0;
    uint64_t margin = clamp(total / HOST_MARGIN_SHARE, host_margin_least, host_margin_most);
    if (memory->limit_bytes.source && memory->limit_bytes.v < total)
        margin = clamp(memory->limit_bytes.v / HOST_MARGIN_SHARE, 0, host_margin_most);
    uint64_t available = memory->available_bytes.source ? memory->available_bytes.v : total;
    if (!memory->available_bytes.source && !total)
        return limited(UINT64_MAX, limit);
    if (memory->total_bytes.source == fact_described) /* nothing else runs there, but a system */
        margin = described_system;
    return limited(less(available, margin), limit);
}

static bool from_engine(const struct fact_u64 *f)
{
    return f->source && strcmp(f->source, "engine") == 0;
}

/* Integrated GPUs allocate from the RAM: one pool, charged once. */
static bool shares_host(const struct machine_gpu *gpu)
{
    return gpu->pool && strcmp(gpu->pool, "host") == 0;
}

/* The engine measures free memory with a context of its own open, so that is not charged again. */
static uint64_t gpu_budget(const struct machine_gpu *gpu, uint64_t limit)
{
    const struct backend_rules *rules = gpu->backend.source ? backend_find(gpu->backend.v) : NULL;
    uint64_t total = gpu->memory_total_bytes.source ? gpu->memory_total_bytes.v : 0;
    uint64_t available = gpu->memory_free_bytes.source ? gpu->memory_free_bytes.v : total;
    uint64_t margin = clamp(total / VRAM_MARGIN_SHARE, vram_margin_least, GIB);
    if (gpu->display.source && gpu->display.v)
        margin += vram_margin_display;
    if (rules && from_engine(&gpu->memory_free_bytes))
        available += rules->driver_bytes;
    return limited(less(available, margin), limit);
}

bool ledger_names_gpu(const char *text, const struct machine_gpu *gpu, uint32_t index)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", (unsigned)index);
    return strcmp(text, number) == 0 ||
           (gpu->engine_device.source && strcmp(text, gpu->engine_device.v) == 0);
}

static uint64_t vram_limit(const struct limits *limits, const struct machine_gpu *gpu,
                           uint32_t index)
{
    for (uint32_t i = 0; i < limits->n_vram; i++)
        if (ledger_names_gpu(limits->vram[i].gpu, gpu, index))
            return limits->vram[i].bytes;
    return limits->vram_bytes;
}

void ledger_budgets(struct ledger *l, const struct machine *machine, const struct limits *limits)
{
    static const struct limits none = {0};
    if (!limits)
        limits = &none;
    l->host =
        (struct ledger_line){.name = "host", .budget = host_budget(machine, limits->ram_bytes)};
    if (l->host.budget != UINT64_MAX)
        l->host.budget = less(l->host.budget, limits->kept_host);
    l->n_devices = 0;
    for (size_t i = 0; i < machine->gpus.n && i < PLACE_MAX_DEVICES; i++) {
        const struct machine_gpu *gpu = &machine->gpus.v[i];
        const char *name = gpu->engine_device.source ? gpu->engine_device.v : NULL;
        uint64_t limit = vram_limit(limits, gpu, (uint32_t)i);
        l->device[l->n_devices++] =
            (struct ledger_line){.name = name,
                                 .budget = less(gpu_budget(gpu, limit), limits->kept[i]),
                                 .on_host = shares_host(gpu)};
    }
}

static void place_cache(struct ledger *l, const struct model *m, const struct settings *s,
                        const struct context *c, const struct placement *p, const uint32_t *gpu)
{
    bool on_host = settings_has(s, SET_KV_OFFLOAD) && !s->kv_offload;
    struct place_map map;
    placement_map(p, m, &map);
    for (uint32_t il = 0; il < m->n_layer; il++) {
        int place = on_host ? PLACE_HOST : map.slot[il];
        struct ledger_line *line = place == PLACE_HOST ? &l->host : &l->device[gpu[place]];
        uint64_t kv = place == PLACE_HOST ? kv_layer_bytes(m, c, il)
                                          : kv_layer_bytes_on(p->rules[place], m, c, il);
        line->kv = units_add(line->kv, units_add(kv, state_layer_bytes(m, c, il)));
    }
}

static void sum(struct ledger_line *line)
{
    line->total = units_add(line->weights, line->kv);
    line->total = units_add(line->total, line->compute);
    line->total = units_add(line->total, units_add(line->cache, line->other));
}

void ledger_fill(struct ledger *l, const struct model *m, const struct settings *s,
                 const struct placement *p, const uint32_t *gpu)
{
    struct context c;
    struct weights w;
    struct compute compute;
    context_resolve(m, s, &c);
    weights_place(m, p, &w);
    compute_estimate(m, &c, p, &compute);
    struct ledger_line host = {.name = l->host.name, .budget = l->host.budget};
    l->host = host;
    for (uint32_t i = 0; i < l->n_devices; i++)
        l->device[i] = (struct ledger_line){.name = l->device[i].name,
                                            .budget = l->device[i].budget,
                                            .on_host = l->device[i].on_host};
    place_cache(l, m, s, &c, p, gpu);
    l->host.weights = w.host;
    bool mapped = settings_has(s, SET_LOAD_MODE) && s->load_mode == LOAD_MMAP;
    l->host.mapped = mapped ? w.host - w.host_repacked : 0;
    l->host.compute = compute.host;
    l->host.other = server_bytes + compute.output + vocab_token_bytes * m->n_vocab;
    if (settings_has(s, SET_CACHE_RAM) && s->cache_ram_mib > 0)
        l->host.cache = (uint64_t)s->cache_ram_mib * MIB;
    for (uint32_t i = 0; i < p->n_devices; i++) {
        struct ledger_line *line = &l->device[gpu[i]];
        line->weights = w.device[i];
        line->compute = compute.device[i];
        line->other = p->rules[i]->driver_bytes;
        sum(line);
    }
    sum(&l->host);
    l->basis = "closed-form";
    l->claimed = compute.claimed && m->arch && m->arch->kv != KV_ORACLE;
}

uint64_t ledger_host_used(const struct ledger *l)
{
    uint64_t host = l->host.total;
    for (uint32_t i = 0; i < l->n_devices; i++)
        host = units_add(host, l->device[i].on_host ? l->device[i].total : 0);
    return host;
}

int64_t ledger_headroom(const struct ledger *l, const struct ledger_line *line)
{
    int64_t own = (int64_t)(line->budget - line->total);
    int64_t host = (int64_t)(l->host.budget - ledger_host_used(l));
    if (line == &l->host)
        return host;
    return line->on_host && l->host.budget != UINT64_MAX && host < own ? host : own;
}

uint64_t ledger_lack(const struct ledger *l, const struct ledger_line **line)
{
    uint64_t worst = less(ledger_host_used(l), l->host.budget);
    const struct ledger_line *where = &l->host;
    for (uint32_t i = 0; i < l->n_devices; i++) {
        uint64_t lack = less(l->device[i].total, l->device[i].budget);
        if (lack > worst) {
            worst = lack;
            where = &l->device[i];
        }
    }
    if (line)
        *line = where;
    return worst;
}

uint64_t ledger_lack_on_cards(const struct ledger *l)
{
    uint64_t worst = 0;
    for (uint32_t i = 0; i < l->n_devices; i++) {
        uint64_t lack = less(l->device[i].total, l->device[i].budget);
        worst = lack > worst ? lack : worst;
    }
    return worst;
}

static json_t *line_json(const struct ledger *l, const struct ledger_line *line)
{
    json_t *o = json_object();
    bool known = line->budget != UINT64_MAX, host = line == &l->host;
    if (!host)
        js_put_str(o, "name", line->name);
    if (known)
        js_put_u64(o, "budget_bytes", line->budget);
    else
        js_put_null(o, "budget_bytes");
    js_put_u64(o, "weights_bytes", line->weights);
    js_put_u64(o, "kv_bytes", line->kv);
    js_put_u64(o, "compute_bytes", line->compute);
    if (host)
        js_put_u64(o, "cache_bytes", line->cache);
    js_put_u64(o, "other_bytes", line->other);
    js_put_u64(o, "total_bytes", line->total);
    if (known)
        js_put_i64(o, "headroom_bytes", ledger_headroom(l, line));
    else
        js_put_null(o, "headroom_bytes");
    return o;
}

json_t *ledger_to_json(const struct ledger *l)
{
    json_t *o = json_object(), *devices = json_array();
    js_put_str(o, "basis", l->basis);
    for (uint32_t i = 0; i < l->n_devices; i++)
        json_array_append_new(devices, line_json(l, &l->device[i]));
    js_put(o, "devices", devices);
    js_put(o, "host", line_json(l, &l->host));
    return o;
}
