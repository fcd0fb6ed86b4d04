/* Data: keys, kinds, offsets. */
#include "machine/machine_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"

const uint64_t FIELD_BYTES_MAX = (uint64_t)1 << 60; /* 1 EiB */
const uint64_t FIELD_COUNT_MAX = (uint64_t)1 << 24;
const double FIELD_RATE_MAX = 1e6; /* GB/s, CPUs */

#define ROW(key, kind, type, member)                   \
    {                                                  \
        key, kind, offsetof(struct type, member), NULL \
    }
#define PART(key, kind, type, member, table)               \
    {                                                      \
        key, kind, offsetof(struct type, member), &(table) \
    }
#define TABLE(rows, type, longest)                         \
    {                                                      \
        rows, COUNT_OF(rows), sizeof(struct type), longest \
    }

static const struct field os_rows[] = {
    ROW("name", FIELD_STR, machine_os, name),
    ROW("version", FIELD_STR, machine_os, version),
    ROW("kernel", FIELD_STR, machine_os, kernel),
    ROW("arch", FIELD_STR, machine_os, arch),
    ROW("container", FIELD_STR, machine_os, container),
    ROW("virtualization", FIELD_STR, machine_os, virtualization),
};
static const struct field_table os_table = TABLE(os_rows, machine_os, 1);

static const struct field cpu_rows[] = {
    ROW("model", FIELD_STR, machine_cpu, model),
    ROW("vendor", FIELD_STR, machine_cpu, vendor),
    ROW("packages", FIELD_COUNT, machine_cpu, packages),
    ROW("physical_cores", FIELD_COUNT, machine_cpu, physical_cores),
    ROW("performance_cores", FIELD_COUNT, machine_cpu, performance_cores),
    ROW("efficiency_cores", FIELD_COUNT, machine_cpu, efficiency_cores),
    ROW("logical_cpus", FIELD_COUNT, machine_cpu, logical_cpus),
    ROW("usable_cpus", FIELD_RATE, machine_cpu, usable_cpus),
    ROW("recommended_threads", FIELD_COUNT, machine_cpu, recommended_threads),
    ROW("recommended_threads_batch", FIELD_COUNT, machine_cpu, recommended_threads_batch),
    ROW("isa", FIELD_TEXTS, machine_cpu, isa),
    ROW("numa_nodes", FIELD_COUNT, machine_cpu, numa_nodes),
    ROW("llc_bytes", FIELD_BYTES, machine_cpu, llc_bytes),
};
static const struct field_table cpu_table = TABLE(cpu_rows, machine_cpu, 1);

static const struct field node_rows[] = {
    ROW("id", FIELD_ID, machine_node, id),
    ROW("cpus", FIELD_TEXT, machine_node, cpus),
    ROW("total_bytes", FIELD_BYTES, machine_node, total_bytes),
    ROW("bandwidth_gb_s", FIELD_RATE, machine_node, bandwidth_gb_s),
};
static const struct field_table node_table = TABLE(node_rows, machine_node, 4096);

static const struct field memory_rows[] = {
    ROW("total_bytes", FIELD_BYTES, machine_memory, total_bytes),
    ROW("available_bytes", FIELD_BYTES, machine_memory, available_bytes),
    ROW("limit_bytes", FIELD_BYTES, machine_memory, limit_bytes),
    ROW("bandwidth_gb_s", FIELD_RATE, machine_memory, bandwidth_gb_s),
    ROW("bandwidth_source", FIELD_RATE_SOURCE, machine_memory, bandwidth_gb_s),
    PART("nodes", FIELD_ARRAY, machine_memory, nodes, node_table),
};
static const struct field_table memory_table = TABLE(memory_rows, machine_memory, 1);

static const struct field storage_rows[] = {
    ROW("mount", FIELD_TEXT, machine_storage, mount),
    ROW("device", FIELD_TEXT, machine_storage, device),
    ROW("rotational", FIELD_BOOL, machine_storage, rotational),
    ROW("read_gb_s", FIELD_RATE, machine_storage, read_gb_s),
};
static const struct field_table storage_table = TABLE(storage_rows, machine_storage, 256);

static const struct field holder_rows[] = {
    ROW("process", FIELD_TEXT, machine_holder, process),
    ROW("bytes", FIELD_SIZE, machine_holder, bytes),
};
static const struct field_table holder_table = TABLE(holder_rows, machine_holder, 1024);

static const struct field pool_rows[] = {
    ROW("id", FIELD_TEXT, machine_pool, id),
    ROW("kind", FIELD_POOL_KIND, machine_pool, kind),
    ROW("total_bytes", FIELD_BYTES, machine_pool, total_bytes),
    ROW("free_bytes", FIELD_BYTES, machine_pool, free_bytes),
    ROW("allocatable_bytes", FIELD_BYTES, machine_pool, allocatable_bytes),
    ROW("max_buffer_bytes", FIELD_BYTES, machine_pool, max_buffer_bytes),
    PART("holders", FIELD_ARRAY, machine_pool, holders, holder_table),
};
static const struct field_table pool_table = TABLE(pool_rows, machine_pool, 256);

static const struct field gpu_rows[] = {
    ROW("index", FIELD_ID, machine_gpu, index),
    ROW("name", FIELD_STR, machine_gpu, name),
    ROW("vendor", FIELD_STR, machine_gpu, vendor),
    ROW("backend", FIELD_STR, machine_gpu, backend),
    ROW("pool", FIELD_REF, machine_gpu, pool),
    ROW("integrated", FIELD_BOOL, machine_gpu, integrated),
    ROW("memory_total_bytes", FIELD_BYTES, machine_gpu, memory_total_bytes),
    ROW("memory_free_bytes", FIELD_BYTES, machine_gpu, memory_free_bytes),
    ROW("max_buffer_bytes", FIELD_BYTES, machine_gpu, max_buffer_bytes),
    ROW("bandwidth_gb_s", FIELD_RATE, machine_gpu, bandwidth_gb_s),
    ROW("compute_capability", FIELD_STR, machine_gpu, compute_capability),
    ROW("pci_id", FIELD_STR, machine_gpu, pci_id),
    ROW("display", FIELD_BOOL, machine_gpu, display),
    ROW("engine_device", FIELD_STR, machine_gpu, engine_device),
    ROW("pci_address", FIELD_STR, machine_gpu, pci_address),
    ROW("driver", FIELD_STR, machine_gpu, driver),
    ROW("carveout_total_bytes", FIELD_BYTES, machine_gpu, carveout_total_bytes),
    ROW("carveout_free_bytes", FIELD_BYTES, machine_gpu, carveout_free_bytes),
};
static const struct field_table gpu_table = TABLE(gpu_rows, machine_gpu, 256);

static const struct field engine_device_rows[] = {
    ROW("name", FIELD_TEXT, machine_engine_device, name),
    ROW("description", FIELD_TEXT, machine_engine_device, description),
    ROW("total_bytes", FIELD_BYTES, machine_engine_device, total_bytes),
    ROW("free_bytes", FIELD_BYTES, machine_engine_device, free_bytes),
};
static const struct field_table engine_device_table =
    TABLE(engine_device_rows, machine_engine_device, 256);

static const struct field engine_rows[] = {
    ROW("path", FIELD_STR, machine_engine, path),
    ROW("version", FIELD_STR, machine_engine, version),
    PART("devices", FIELD_ARRAY, machine_engine, devices, engine_device_table),
};
static const struct field_table engine_table = TABLE(engine_rows, machine_engine, 1);

static const struct field machine_rows[] = {
    ROW("platform_id", FIELD_STR, machine, platform_id),
    ROW("display_name", FIELD_STR, machine, display_name),
    ROW("profile_id", FIELD_STR, machine, profile_id),
    ROW("recommended_backend", FIELD_STR, machine, recommended_backend),
    ROW("capabilities", FIELD_TEXTS, machine, capabilities),
    PART("os", FIELD_OBJECT, machine, os, os_table),
    PART("cpu", FIELD_OBJECT, machine, cpu, cpu_table),
    PART("memory", FIELD_OBJECT, machine, memory, memory_table),
    PART("storage", FIELD_ARRAY, machine, storage, storage_table),
    PART("pools", FIELD_ARRAY, machine, pools, pool_table),
    PART("gpus", FIELD_ARRAY, machine, gpus, gpu_table),
    PART("engine", FIELD_OBJECT, machine, engine, engine_table),
};
const struct field_table machine_fields = TABLE(machine_rows, machine, 1);

const char *field_pool_kind(unsigned kind)
{
    static const char *const names[] = {"host", "vram", "carveout"};
    return kind < COUNT_OF(names) ? names[kind] : NULL;
}

struct field_vec field_vec_of(const void *member)
{
    struct field_vec vec;
    memcpy(&vec, member, sizeof(vec));
    return vec;
}

void field_vec_set(void *member, struct field_vec vec)
{
    memcpy(member, &vec, sizeof(vec));
}

const char *field_path(char buf[FIELD_PATH], const char *prefix, const char *key, long index)
{
    int n = snprintf(buf, FIELD_PATH, "%s%s%s", prefix, *prefix && *key ? "." : "", key);
    if (index >= 0 && n >= 0 && n < FIELD_PATH)
        snprintf(buf + n, FIELD_PATH - (size_t)n, ".%ld", index);
    return buf;
}
