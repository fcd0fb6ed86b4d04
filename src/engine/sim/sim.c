/* The ggml side: buffers that hold nothing, streams that compute nothing, devices, the registry. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "engine/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    OFFLOAD_FROM_ROWS = 32, /* GGML_OP_OFFLOAD_MIN_BATCH's default in every backend */
    OBJECT_BYTES = 32,      /* ggml.c: struct ggml_object */
};

static struct {
    struct sim_device device[SIM_MAX_DEVICES];
    size_t n;
    struct ggml_backend_reg reg;
} sim;

static const struct sim_family *const families[SIM_FAMILIES] = {
    [SIM_CUDA] = &sim_cuda,   [SIM_ROCM] = &sim_rocm, [SIM_VULKAN] = &sim_vulkan,
    [SIM_METAL] = &sim_metal, [SIM_SYCL] = &sim_sycl,
};

static struct sim_device *of_device(ggml_backend_dev_t dev)
{
    return dev->context;
}

static struct sim_device *of_type(ggml_backend_buffer_type_t type)
{
    return type->context;
}

/* ---- buffers ---- */

static void buffer_free(ggml_backend_buffer_t buffer)
{
    if (buffer->context)
        munmap(buffer->context, buffer->size);
}

static void *buffer_base(ggml_backend_buffer_t buffer)
{
    return buffer->context;
}

static void buffer_fill(ggml_backend_buffer_t buffer, struct ggml_tensor *t, uint8_t value,
                        size_t offset, size_t size)
{
    (void)buffer, (void)t, (void)value, (void)offset, (void)size;
}

static void buffer_set(ggml_backend_buffer_t buffer, struct ggml_tensor *t, const void *data,
                       size_t offset, size_t size)
{
    (void)buffer, (void)t, (void)data, (void)offset, (void)size;
}

static void buffer_get(ggml_backend_buffer_t buffer, const struct ggml_tensor *t, void *data,
                       size_t offset, size_t size)
{
    (void)buffer, (void)t, (void)offset;
    memset(data, 0, size);
}

static bool buffer_copy(ggml_backend_buffer_t buffer, const struct ggml_tensor *from,
                        struct ggml_tensor *to)
{
    (void)buffer, (void)from, (void)to;
    return true;
}

static void buffer_clear(ggml_backend_buffer_t buffer, uint8_t value)
{
    (void)buffer, (void)value;
}

static const struct ggml_backend_buffer_i buffer_calls = {
    .free_buffer = buffer_free,
    .get_base = buffer_base,
    .memset_tensor = buffer_fill,
    .set_tensor = buffer_set,
    .get_tensor = buffer_get,
    .cpy_tensor = buffer_copy,
    .clear = buffer_clear,
};

/* ---- buffer types ---- */

static const char *type_name(ggml_backend_buffer_type_t type)
{
    return of_type(type)->spec.name;
}

/* Addresses without memory: a stray access dies instead of being a wrong number. */
static ggml_backend_buffer_t type_alloc(ggml_backend_buffer_type_t type, size_t size)
{
    size_t length = size ? size : 1;
    void *base = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    return ggml_backend_buffer_init(type, buffer_calls, base, length);
}

static size_t type_alignment(ggml_backend_buffer_type_t type)
{
    return of_type(type)->family->alignment(of_type(type));
}

static size_t type_max_size(ggml_backend_buffer_type_t type)
{
    const struct sim_device *d = of_type(type);
    return d->family->max_buffer ? d->family->max_buffer(d) : SIZE_MAX;
}

static size_t type_alloc_size(ggml_backend_buffer_type_t type, const struct ggml_tensor *t)
{
    const struct sim_device *d = of_type(type);
    return d->family->alloc_size ? d->family->alloc_size(d, t) : ggml_nbytes(t);
}

static const char *host_name(ggml_backend_buffer_type_t type)
{
    return of_type(type)->family->host_name;
}

/* Pinned memory is plain memory here. */
static ggml_backend_buffer_t host_alloc(ggml_backend_buffer_type_t type, size_t size)
{
    ggml_backend_buffer_t buffer =
        ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size);
    if (buffer)
        buffer->buft = type;
    return buffer;
}

static size_t host_alignment(ggml_backend_buffer_type_t type)
{
    size_t alignment = of_type(type)->family->host_alignment;
    return alignment ? alignment : ggml_backend_buft_get_alignment(ggml_backend_cpu_buffer_type());
}

static size_t host_max_size(ggml_backend_buffer_type_t type)
{
    return of_type(type)->family->host_limited ? type_max_size(type) : SIZE_MAX;
}

static bool host_is_host(ggml_backend_buffer_type_t type)
{
    (void)type;
    return true;
}

static const struct ggml_backend_buffer_type_i type_calls = {
    .get_name = type_name,
    .alloc_buffer = type_alloc,
    .get_alignment = type_alignment,
    .get_max_size = type_max_size,
    .get_alloc_size = type_alloc_size,
};

static const struct ggml_backend_buffer_type_i host_calls = {
    .get_name = host_name,
    .alloc_buffer = host_alloc,
    .get_alignment = host_alignment,
    .get_max_size = host_max_size,
    .is_host = host_is_host,
};

/* ---- streams ---- */

static const char *stream_name(ggml_backend_t backend)
{
    return of_device(backend->device)->spec.name;
}

static void stream_free(ggml_backend_t backend)
{
    free(backend);
}

static void stream_wait(ggml_backend_t backend)
{
    (void)backend;
}

static enum ggml_status stream_compute(ggml_backend_t backend, struct ggml_cgraph *graph)
{
    (void)graph;
    fprintf(stderr, "tailor-sim: %s is simulated and computes nothing\n", stream_name(backend));
    return GGML_STATUS_FAILED;
}

static void stream_event(ggml_backend_t backend, ggml_backend_event_t event)
{
    (void)backend, (void)event;
}

static void stream_optimize(ggml_backend_t backend, struct ggml_cgraph *graph,
                            struct ggml_backend_graph_optimize_params *params)
{
    const struct sim_device *d = of_device(backend->device);
    if (d->family->optimize)
        d->family->optimize(d, graph, params);
}

static const struct ggml_backend_i stream_calls = {
    .get_name = stream_name,
    .free = stream_free,
    .synchronize = stream_wait,
    .graph_compute = stream_compute,
    .event_record = stream_event,
    .event_wait = stream_event,
    .graph_optimize = stream_optimize,
};

/* ---- devices ---- */

static const char *device_name(ggml_backend_dev_t dev)
{
    return of_device(dev)->spec.name;
}

static const char *device_description(ggml_backend_dev_t dev)
{
    return of_device(dev)->spec.description;
}

static void device_memory(ggml_backend_dev_t dev, size_t *available, size_t *total)
{
    *available = of_device(dev)->spec.free_bytes;
    *total = of_device(dev)->spec.total_bytes;
}

/* Metal calls its devices GPUs although they share the host's memory. */
static enum ggml_backend_dev_type device_type(ggml_backend_dev_t dev)
{
    const struct sim_spec *spec = &of_device(dev)->spec;
    return spec->integrated && spec->family != SIM_METAL ? GGML_BACKEND_DEVICE_TYPE_IGPU
                                                         : GGML_BACKEND_DEVICE_TYPE_GPU;
}

static void device_props(ggml_backend_dev_t dev, struct ggml_backend_dev_props *props)
{
    const struct sim_device *d = of_device(dev);
    *props = (struct ggml_backend_dev_props){.name = d->spec.name,
                                             .description = d->spec.description,
                                             .memory_free = d->spec.free_bytes,
                                             .memory_total = d->spec.total_bytes,
                                             .type = device_type(dev)};
    props->caps.async = true;
    props->caps.events = true;
    props->caps.host_buffer = d->family->host_name != NULL;
    props->caps.buffer_from_host_ptr = d->family->maps_host;
    props->caps.mmap_support = !(d->family->no_shared_mmap && d->spec.integrated);
}

static ggml_backend_t device_stream(ggml_backend_dev_t dev, const char *params)
{
    static struct ggml_backend_guid_storage {
        ggml_guid id;
    } guid = {{0x74, 0x61, 0x69, 0x6c, 0x6f, 0x72, 0x2d, 0x73, 0x69, 0x6d}};
    ggml_backend_t backend = malloc(sizeof(*backend));
    (void)params;
    if (backend)
        *backend = (struct ggml_backend){.guid = &guid.id, .iface = stream_calls, .device = dev};
    return backend;
}

static ggml_backend_buffer_type_t device_buffers(ggml_backend_dev_t dev)
{
    return &of_device(dev)->buffers;
}

/* One type a family, as in the backends: their first device's. */
static ggml_backend_buffer_type_t device_host_buffers(ggml_backend_dev_t dev)
{
    const struct sim_family *family = of_device(dev)->family;
    for (size_t i = 0; i < sim.n; i++)
        if (sim.device[i].family == family && family->host_name)
            return &sim.device[i].host_buffers;
    return NULL;
}

static ggml_backend_buffer_t device_map(ggml_backend_dev_t dev, void *data, size_t size,
                                        size_t max_tensor_size)
{
    (void)max_tensor_size;
    ggml_backend_buffer_t buffer = ggml_backend_cpu_buffer_from_ptr(data, size);
    if (buffer)
        buffer->buft = &of_device(dev)->buffers;
    return buffer;
}

static bool device_takes_op(ggml_backend_dev_t dev, const struct ggml_tensor *t)
{
    return sim_op_supported(of_device(dev), t);
}

static bool device_takes_buffers(ggml_backend_dev_t dev, ggml_backend_buffer_type_t type)
{
    const struct sim_device *d = of_device(dev);
    return type == &d->buffers ||
           (d->spec.integrated && d->family->host_when_shared && type == device_host_buffers(dev));
}

static bool device_offloads(ggml_backend_dev_t dev, const struct ggml_tensor *t)
{
    const struct sim_device *d = of_device(dev);
    const char *least = getenv("GGML_OP_OFFLOAD_MIN_BATCH");
    return d->family->batch(t) >=
           (least ? atoi(least) : OFFLOAD_FROM_ROWS); /* NOLINT: as ggml reads it */
}

static ggml_backend_event_t device_event(ggml_backend_dev_t dev)
{
    ggml_backend_event_t event = malloc(sizeof(*event));
    if (event)
        *event = (struct ggml_backend_event){.device = dev};
    return event;
}

static void device_event_free(ggml_backend_dev_t dev, ggml_backend_event_t event)
{
    (void)dev;
    free(event);
}

static void device_event_wait(ggml_backend_dev_t dev, ggml_backend_event_t event)
{
    (void)dev, (void)event;
}

static const struct ggml_backend_device_i device_calls = {
    .get_name = device_name,
    .get_description = device_description,
    .get_memory = device_memory,
    .get_type = device_type,
    .get_props = device_props,
    .init_backend = device_stream,
    .get_buffer_type = device_buffers,
    .get_host_buffer_type = device_host_buffers,
    .supports_op = device_takes_op,
    .supports_buft = device_takes_buffers,
    .offload_op = device_offloads,
    .event_new = device_event,
    .event_free = device_event_free,
    .event_synchronize = device_event_wait,
};

/* ---- registry ---- */

static const char *reg_name(ggml_backend_reg_t reg)
{
    (void)reg;
    return "tailor-sim";
}

static size_t reg_count(ggml_backend_reg_t reg)
{
    (void)reg;
    return sim.n;
}

static ggml_backend_dev_t reg_device(ggml_backend_reg_t reg, size_t i)
{
    (void)reg;
    return &sim.device[i].device;
}

/* The structs of another ggml may differ: sizes and the operations' names tell. */
static bool is_our_ggml(void)
{
    static const struct {
        enum ggml_op op;
        const char *name;
    } known[] = {{GGML_OP_FLASH_ATTN_EXT, "FLASH_ATTN_EXT"},
                 {GGML_OP_SSM_SCAN, "SSM_SCAN"},
                 {GGML_OP_LIGHTNING_INDEXER, "LIGHTNING_INDEXER"},
                 {GGML_OP_GLU, "GLU"}};
    if (ggml_tensor_overhead() != OBJECT_BYTES + sizeof(struct ggml_tensor))
        return false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(ggml_op_name(known[i].op), known[i].name) != 0)
            return false;
    return true;
}

static void add_device(const struct sim_spec *spec)
{
    struct sim_device *d = &sim.device[sim.n++];
    *d = (struct sim_device){.family = families[spec->family], .spec = *spec};
    d->device = (struct ggml_backend_device){.iface = device_calls, .reg = &sim.reg, .context = d};
    d->buffers =
        (struct ggml_backend_buffer_type){.iface = type_calls, .device = &d->device, .context = d};
    d->host_buffers =
        (struct ggml_backend_buffer_type){.iface = host_calls, .device = &d->device, .context = d};
    if (d->family->maps_host)
        d->device.iface.buffer_from_host_ptr = device_map;
    if (!d->family->host_name)
        d->device.iface.get_host_buffer_type = NULL;
}

GGML_BACKEND_API ggml_backend_reg_t ggml_backend_init(void);

__attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init(void)
{
    static struct sim_spec spec[SIM_MAX_DEVICES];
    const char *text = getenv("TAILOR_SIM");
    char why[SIM_TEXT];
    size_t n = 0;
    if (sim.reg.api_version)
        return &sim.reg;
    sim.reg = (struct ggml_backend_reg){
        .api_version = GGML_BACKEND_API_VERSION,
        .iface = {.get_name = reg_name, .get_device_count = reg_count, .get_device = reg_device}};
    if (!is_our_ggml())
        fprintf(stderr, "tailor-sim: this ggml (%s) is not the one that it was built with\n",
                ggml_version());
    else if (!text || !*text)
        fprintf(stderr, "tailor-sim: TAILOR_SIM names no devices, as in \"cuda:8.9:24564\"\n");
    else if (!sim_spec_parse(text, spec, &n, why))
        fprintf(stderr, "tailor-sim: TAILOR_SIM: %s\n", why);
    for (size_t i = 0; i < n; i++)
        add_device(&spec[i]);
    return &sim.reg;
}
