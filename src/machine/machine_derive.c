/* Pools, names, the backend to want. */
#include "machine/machine_derive.h"

#include <string.h>

#include "base/units.h"
#include "machine/cpuinfo.h"
#include "machine/device_table.h"
#include "machine/engine_devices.h"
#include "machine/gpu_name.h"

/* ---- pools ---- */

static struct machine_pool *pool(struct arena *a, struct machine *m, const char *id,
                                 enum pool_kind kind)
{
    struct machine_pool *p = machine_find_pool(m, id);
    if (!p) {
        p = VEC_PUSH(a, &m->pools);
        *p = (struct machine_pool){.id = id};
    }
    p->kind = kind;
    return p;
}

static bool is_shared(const struct machine_gpu *gpu)
{
    return gpu->integrated.source && gpu->integrated.v;
}

static void derive_card_pool(struct arena *a, struct machine *m, struct machine_gpu *gpu)
{
    if (!gpu->memory_total_bytes.source)
        return;
    gpu->pool = arena_printf(a, "vram%llu", (unsigned long long)gpu->index);
    struct machine_pool *p = pool(a, m, gpu->pool, POOL_VRAM);
    p->total_bytes = gpu->memory_total_bytes;
    p->free_bytes = p->allocatable_bytes = gpu->memory_free_bytes;
    p->max_buffer_bytes = gpu->max_buffer_bytes;
}

static void derive_shared_pool(struct arena *a, struct machine *m, struct machine_gpu *gpu)
{
    const struct fact_u64 *carved = &gpu->carveout_total_bytes;
    gpu->pool = "host";
    if (!carved->source || !carved->v)
        return;
    const char *id = arena_printf(a, "carveout%llu", (unsigned long long)gpu->index);
    struct machine_pool *p = pool(a, m, id, POOL_CARVEOUT);
    p->total_bytes = *carved;
    p->free_bytes = p->allocatable_bytes = gpu->carveout_free_bytes;
    if (gpu->memory_total_bytes.source && carved->v >= gpu->memory_total_bytes.v / 2)
        gpu->pool = id;
}

const char fact_device_table[] = "device table";

/* The smallest size that a card of this name is sold with. */
static void look_up_memory(struct machine_gpu *gpu)
{
    const struct device *d = gpu->name.source ? device_of_driver(gpu->name.v) : NULL;
    uint64_t least = 0;
    if (!d || d->class != DEVICE_CARD || is_shared(gpu))
        return;
    for (size_t i = 0; i < COUNT_OF(d->memory_gb) && d->memory_gb[i]; i++)
        if (!least || d->memory_gb[i] < least)
            least = d->memory_gb[i];
    if (least)
        FACT_FILL(&gpu->memory_total_bytes, least * GIB, fact_device_table);
}

void machine_derive_pools(struct arena *a, struct machine *m)
{
    for (size_t i = 0; i < m->gpus.n; i++)
        look_up_memory(&m->gpus.v[i]);
    struct machine_pool *host = pool(a, m, "host", POOL_HOST);
    host->total_bytes = m->memory.total_bytes;
    host->free_bytes = host->allocatable_bytes = m->memory.available_bytes;
    for (size_t i = 0; i < m->gpus.n; i++) {
        if (is_shared(&m->gpus.v[i]))
            derive_shared_pool(a, m, &m->gpus.v[i]);
        else
            derive_card_pool(a, m, &m->gpus.v[i]);
    }
}

/* ---- the backend to want ---- */

static const struct {
    const char *vendor;
    const char *card, *shared; /* backend for a card, for an integrated GPU */
    bool always;               /* better than any other backend that can use it */
} vendor_backends[] = {
    {"nvidia", "cuda", "cuda", true},        {"amd", "rocm", "vulkan", false},
    {"intel", "vulkan", "vulkan", false},    {"apple", "metal", "metal", true},
    {"mthreads", "musa", "musa", true},      {"huawei", "cann", "cann", true},
    {"qualcomm", "opencl", "opencl", false},
};

static bool is_software(const struct machine_gpu *gpu)
{
    return gpu->vendor.source && strcmp(gpu->vendor.v, "software") == 0;
}

/* The backend that a GPU is best used with; for AMD and Intel what an engine uses already. */
static const char *backend_for(const struct machine_gpu *gpu)
{
    const char *listed = gpu->backend.source ? gpu->backend.v : NULL;
    if (is_software(gpu) || (gpu->driver.source && strcmp(gpu->driver.v, "vfio-pci") == 0))
        return NULL; /* vfio-pci: given to a virtual machine */
    for (size_t i = 0; gpu->vendor.source && i < COUNT_OF(vendor_backends); i++) {
        if (strcmp(vendor_backends[i].vendor, gpu->vendor.v) != 0)
            continue;
        if (listed && !vendor_backends[i].always)
            return listed;
        return is_shared(gpu) ? vendor_backends[i].shared : vendor_backends[i].card;
    }
    return listed;
}

static const char *recommended(const struct machine *m)
{
    const char *card = NULL, *shared = NULL;
    for (size_t i = 0; i < m->gpus.n; i++) {
        const char **slot = is_shared(&m->gpus.v[i]) ? &shared : &card;
        if (!*slot)
            *slot = backend_for(&m->gpus.v[i]);
    }
    return card ? card : shared ? shared : "cpu";
}

/* ---- names ---- */

static void add_once(struct arena *a, struct machine *m, const char *capability)
{
    for (size_t i = 0; i < m->capabilities.n; i++)
        if (strcmp(m->capabilities.v[i], capability) == 0)
            return;
    *VEC_PUSH(a, &m->capabilities) = capability;
}

static void derive_capabilities(struct arena *a, struct machine *m)
{
    m->capabilities.n = 0;
    bool shared = false;
    for (size_t i = 0; i < m->gpus.n; i++) {
        const char *backend = backend_for(&m->gpus.v[i]);
        if (backend)
            add_once(a, m, backend);
        shared |= is_shared(&m->gpus.v[i]) && !is_software(&m->gpus.v[i]);
    }
    for (size_t i = 0; i < m->cpu.isa.n; i++)
        add_once(a, m, m->cpu.isa.v[i]);
    if (shared)
        add_once(a, m, "unified_memory");
    if (m->cpu.numa_nodes.source && m->cpu.numa_nodes.v > 1)
        add_once(a, m, "numa");
}

static void comma(struct strbuf *text)
{
    if (text->len)
        strbuf_adds(text, ", ");
}

/* "RTX 3090", "AMD GPU" where nobody knows more; NULL: not worth a word. */
static const char *gpu_title(struct arena *a, const struct machine_gpu *gpu)
{
    if (is_software(gpu))
        return NULL;
    if (gpu->name.source)
        return gpu_name_short(a, gpu->name.v);
    return gpu->vendor.source ? arena_printf(a, "%s GPU", gpu_vendor_title(gpu->vendor.v)) : NULL;
}

/* "RTX 4090 24.0 GB"; what an integrated GPU uses is the machine's memory, said already. */
static const char *gpu_text(struct arena *a, const struct machine_gpu *gpu)
{
    char size[UNITS_TEXT];
    const char *title = gpu_title(a, gpu);
    if (!title || is_shared(gpu) || !gpu->memory_total_bytes.source)
        return title;
    return arena_printf(a, "%s %s", title, units_bytes(gpu->memory_total_bytes.v, size));
}

/* "2x RTX 3090 24.0 GB": equal cards are said once. */
static void name_gpus(struct arena *a, const struct machine *m, struct strbuf *text)
{
    for (size_t i = 0; i < m->gpus.n; i++) {
        const char *name = gpu_text(a, &m->gpus.v[i]);
        size_t same = 0, before = 0;
        for (size_t k = 0; name && k < m->gpus.n; k++) {
            const char *other = gpu_text(a, &m->gpus.v[k]);
            if (other && strcmp(other, name) == 0) {
                same++;
                before += k < i;
            }
        }
        if (!name || before)
            continue;
        comma(text);
        if (same > 1)
            strbuf_addf(text, "%zux ", same);
        strbuf_adds(text, name);
    }
}

static const char *display_name(struct arena *a, const struct machine *m)
{
    struct strbuf text = {0};
    char size[UNITS_TEXT];
    if (m->cpu.model.source)
        strbuf_adds(&text, cpuinfo_short_model(a, m->cpu.model.v));
    if (m->cpu.physical_cores.source) {
        comma(&text);
        strbuf_addf(&text, "%llu core%s", (unsigned long long)m->cpu.physical_cores.v,
                    m->cpu.physical_cores.v == 1 ? "" : "s");
    }
    if (m->memory.total_bytes.source) {
        comma(&text);
        strbuf_adds(&text, units_bytes(m->memory.total_bytes.v, size));
    }
    name_gpus(a, m, &text);
    return strbuf_take(&text, a);
}

/* Bandwidth and generation, where only the name is known. */
static void look_up_gpu(struct machine_gpu *gpu)
{
    const struct device *d = gpu->name.source ? device_of_driver(gpu->name.v) : NULL;
    if (d && d->bandwidth_gb_s > 0)
        FACT_FILL(&gpu->bandwidth_gb_s, d->bandwidth_gb_s, fact_device_table);
    if (d && d->generation)
        FACT_FILL(&gpu->compute_capability, d->generation, fact_device_table);
}

void machine_derive_names(struct arena *a, struct machine *m)
{
    static const char from[] = "derived";
    for (size_t i = 0; i < m->gpus.n; i++)
        look_up_gpu(&m->gpus.v[i]);
    if (m->os.arch.source)
        FACT_FILL(&m->platform_id, arena_printf(a, "linux-%s", m->os.arch.v), from);
    FACT_SET(&m->recommended_backend, recommended(m), from);
    derive_capabilities(a, m);
    const char *name = display_name(a, m);
    if (*name)
        FACT_SET(&m->display_name, name, from);
}

/* ---- devices that no engine has listed ---- */

static size_t devices_of(const struct machine *m, const struct engine_backend *backend)
{
    size_t n = 0;
    for (size_t i = 0; i < m->gpus.n; i++)
        n += m->gpus.v[i].engine_device.source &&
             engine_backend_of(m->gpus.v[i].engine_device.v) == backend;
    return n;
}

void machine_assume_devices(struct arena *a, struct machine *m)
{
    bool engine_known = m->engine.path.source || m->engine.devices.n;
    for (size_t i = 0; i < m->gpus.n; i++) {
        struct machine_gpu *gpu = &m->gpus.v[i];
        if (gpu->engine_device.source || (engine_known && !gpu->backend.source))
            continue;
        const char *name = backend_for(gpu);
        const struct engine_backend *backend = name ? engine_backend_named(name) : NULL;
        if (!backend)
            continue;
        FACT_FILL(&gpu->backend, backend->backend, "assumed");
        FACT_SET(&gpu->engine_device,
                 arena_printf(a, "%s%zu", backend->prefix, devices_of(m, backend)), "assumed");
    }
}
