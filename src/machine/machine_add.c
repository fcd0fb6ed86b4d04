/* Matching and checking the engine's device list. */
#include "machine/machine_add.h"

#include <string.h>

#include "base/units.h"
#include "machine/machine_derive.h"

static const char from[] = "engine";

/* No memory is this large: it was a small negative number. */
static const uint64_t WRAPPED_FROM = (uint64_t)1 << 62;

/* Totals of one card that differ by less than this are the same figure (reserved areas). */
static const double SAME_TOTAL = 0.04;

enum { NO_GPU = -1 };

struct merge {
    struct arena *a;
    struct machine *m;
    const struct engine_devices *devices;
    int *gpu_of; /* index of each device's GPU, NO_GPU */
};

/* ---- what the engine said, in sane figures ---- */

struct memory {
    struct fact_u64 total, free;
};

static struct memory judged(struct merge *g, const struct engine_device *d)
{
    struct memory said = {0};
    char total[UNITS_TEXT], free_text[UNITS_TEXT];
    if (d->total_bytes == 0 || d->total_bytes >= WRAPPED_FROM)
        return said;
    FACT_SET(&said.total, d->total_bytes, from);
    FACT_SET(&said.free, d->free_bytes, from);
    units_bytes(d->total_bytes, total);
    if (d->free_bytes >= WRAPPED_FROM) {
        FACT_SET(&said.free, 0, "engine, corrected");
        machine_note(g->m, g->a, "%s reports a negative amount of free memory: taken as none",
                     d->name);
    } else if (d->free_bytes > d->total_bytes) {
        FACT_SET(&said.free, d->total_bytes, "engine, corrected");
        machine_note(g->m, g->a, "%s reports %s free of %s: taken as %s", d->name,
                     units_bytes(d->free_bytes, free_text), total, total);
    }
    return said;
}

/* ---- which GPU is it ---- */

static bool same_backend(const struct engine_device *x, const struct engine_device *y)
{
    return engine_backend_of(x->name) == engine_backend_of(y->name);
}

/* Each device of a backend is another GPU. */
static bool taken(const struct merge *g, size_t device, size_t gpu)
{
    for (size_t i = 0; i < device; i++)
        if (g->gpu_of[i] == (int)gpu &&
            same_backend(&g->devices->list.v[i], &g->devices->list.v[device]))
            return true;
    return false;
}

static bool differ(struct fact_str known, const char *v)
{
    return known.source && v && strcmp(known.v, v) != 0;
}

static bool about_equal(uint64_t x, uint64_t y)
{
    double larger = (double)(x > y ? x : y), difference = larger - (double)(x < y ? x : y);
    return difference <= larger * SAME_TOTAL;
}

/* pci.ids knows the chip, the driver knows the product. */
static bool is_chip_name(struct fact_str name)
{
    return strcmp(name.source, "pci.ids") == 0;
}

/* No driver, or given to a virtual machine: no engine lists it. */
static bool is_out_of_reach(const struct machine_gpu *gpu)
{
    return gpu->driver.source &&
           (strcmp(gpu->driver.v, "none") == 0 || strcmp(gpu->driver.v, "vfio-pci") == 0);
}

/* How well a GPU fits; below 0 it cannot be this one. */
static int fitness(const struct machine_gpu *gpu, const struct engine_device *d)
{
    if (d->pci_address && gpu->pci_address.source)
        return cstr_ieq(d->pci_address, gpu->pci_address.v) ? 100 : -1;
    if (is_out_of_reach(gpu))
        return -1;
    if (differ(gpu->vendor, engine_device_vendor(d)) ||
        (!gpu->vendor.source && engine_device_vendor(d)))
        return -1;
    enum gpu_kind kind = engine_device_kind(d);
    bool kinds_known = gpu->integrated.source && kind != GPU_KIND_UNKNOWN;
    if (kinds_known && gpu->integrated.v != (kind == GPU_KIND_SHARED))
        return -1;
    bool same_name = gpu->name.source && gpu_name_same(gpu->name.v, d->description);
    bool same_total =
        gpu->memory_total_bytes.source && about_equal(gpu->memory_total_bytes.v, d->total_bytes);
    /* drivers spell a product differently ("AMD Radeon Graphics"), but then the memory agrees */
    bool other_product = gpu->name.source && !is_chip_name(gpu->name) && !same_name &&
                         gpu->memory_total_bytes.source && !same_total;
    if (other_product)
        return -1;
    return 1 + (kinds_known ? 2 : 0) + (same_total ? 4 : 0) + (same_name ? 8 : 0);
}

static int best_gpu(const struct merge *g, size_t device)
{
    int best = NO_GPU, best_score = 0;
    for (size_t i = 0; i < g->m->gpus.n; i++) {
        int score = fitness(&g->m->gpus.v[i], &g->devices->list.v[device]);
        if (score > best_score && !taken(g, device, i)) {
            best = (int)i;
            best_score = score;
        }
    }
    return best;
}

static int append_gpu(struct merge *g)
{
    struct machine_gpu *gpu = VEC_PUSH(g->a, &g->m->gpus);
    *gpu = (struct machine_gpu){.index = g->m->gpus.n - 1};
    return (int)gpu->index;
}

/* ---- merging ---- */

/* Two sources for one card's total: what one counts too much the other does not have. */
static void merge_card(struct merge *g, struct machine_gpu *gpu, const struct engine_device *d,
                       const struct memory *said)
{
    char here[UNITS_TEXT], there[UNITS_TEXT];
    struct fact_u64 *total = &gpu->memory_total_bytes, *free_bytes = &gpu->memory_free_bytes;
    if (total->source && !about_equal(total->v, said->total.v)) {
        machine_note(g->m, g->a, "%s has %s by %s but %s by the engine (%s): the smaller counts",
                     gpu->name.source ? gpu->name.v : d->description, units_bytes(total->v, here),
                     total->source, units_bytes(said->total.v, there), d->name);
        if (said->total.v < total->v)
            *total = said->total;
    }
    FACT_FILL(total, said->total.v, said->total.source);
    if (!free_bytes->source || said->free.v < free_bytes->v)
        *free_bytes = said->free;
    if (free_bytes->v > total->v)
        free_bytes->v = total->v;
}

/* What the engine may take of the host's memory is the engine's to say. */
static void merge_memory(struct merge *g, struct machine_gpu *gpu, const struct engine_device *d)
{
    struct memory said = judged(g, d);
    if (!said.total.source)
        return;
    bool shared = gpu->integrated.source && gpu->integrated.v;
    if (!shared) {
        merge_card(g, gpu, d, &said);
    } else if (strcmp(gpu->engine_device.v, d->name) == 0) { /* not a second backend's */
        gpu->memory_total_bytes = said.total;
        gpu->memory_free_bytes = said.free;
    }
}

static void merge_device(struct merge *g, struct machine_gpu *gpu, const struct engine_device *d)
{
    const struct engine_backend *backend = engine_backend_of(d->name);
    const char *vendor = engine_device_vendor(d);
    enum gpu_kind kind = engine_device_kind(d);
    if (vendor)
        FACT_FILL(&gpu->vendor, vendor, from);
    if (!gpu->name.source || is_chip_name(gpu->name))
        FACT_SET(&gpu->name, d->description, from);
    if (kind != GPU_KIND_UNKNOWN)
        FACT_FILL(&gpu->integrated, kind == GPU_KIND_SHARED, from);
    if (d->pci_address)
        FACT_FILL(&gpu->pci_address, d->pci_address, from);
    if (d->compute_capability)
        FACT_FILL(&gpu->compute_capability, d->compute_capability, from);
    FACT_FILL(&gpu->backend, backend->backend, from);
    FACT_FILL(&gpu->engine_device, d->name, from);
    merge_memory(g, gpu, d);
    if (vendor && strcmp(vendor, "software") == 0)
        machine_note(g->m, g->a, "%s (%s) computes on the CPU: it is no GPU", d->name,
                     d->description);
}

static bool is_guess(const struct fact_u64 *f)
{
    return f->source && strcmp(f->source, fact_device_table) == 0;
}

/* With it what was taken from a table as long as no engine spoke. */
static void forget_engine(struct machine *m)
{
    m->engine.devices.n = 0;
    for (size_t i = 0; i < m->gpus.n; i++) {
        if (is_guess(&m->gpus.v[i].memory_total_bytes))
            m->gpus.v[i].memory_total_bytes = (struct fact_u64){0};
        m->gpus.v[i].backend = (struct fact_str){0};
        m->gpus.v[i].engine_device = (struct fact_str){0};
    }
}

void machine_add_engine(struct arena *a, struct machine *m, const struct engine_devices *devices)
{
    size_t n = devices->list.n;
    struct merge g = {a, m, devices, arena_array(a, n, sizeof(int))};
    forget_engine(m);
    for (size_t i = 0; i < n; i++) {
        const struct engine_device *d = &devices->list.v[i];
        struct memory said = judged(&g, d);
        *VEC_PUSH(a, &m->engine.devices) =
            (struct machine_engine_device){d->name, d->description, said.total, said.free};
        g.gpu_of[i] = NO_GPU;
        if (!engine_backend_of(d->name))
            continue;
        g.gpu_of[i] = best_gpu(&g, i);
        if (g.gpu_of[i] == NO_GPU)
            g.gpu_of[i] = append_gpu(&g);
        merge_device(&g, &m->gpus.v[g.gpu_of[i]], d);
    }
    machine_derive_pools(a, m);
    machine_derive_names(a, m);
}
