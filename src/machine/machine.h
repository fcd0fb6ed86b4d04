/* ---- machine/machine.h: what a machine is.
 *
 * A plain struct that can be written as JSON and read back (machine_json.h).  Every scalar is a
 * fact with its source; unknown is not zero.  Memory is pools (host RAM, VRAM of a card, a BIOS
 * carve-out); devices draw on pools, and a shared pool is counted once.  All strings live in the
 * arena of whoever filled the struct. */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/fact.h"
#include "base/vec.h"

struct machine_os {
    struct fact_str name;           /* "Debian GNU/Linux 12 (bookworm)" */
    struct fact_str version;        /* "12" */
    struct fact_str kernel;         /* "6.1.0-18-amd64" */
    struct fact_str arch;           /* "x86_64", "aarch64" */
    struct fact_str container;      /* "docker", "podman", "lxc"..., "none" when known to be none */
    struct fact_str virtualization; /* "kvm", "vmware", "wsl"..., "none" */
};

struct machine_cpu {
    struct fact_str model, vendor;
    struct fact_u64 packages;          /* sockets with a usable CPU */
    struct fact_u64 physical_cores;    /* of the online CPUs in our cpuset */
    struct fact_u64 performance_cores; /* of those; all of them where cores are of one kind */
    struct fact_u64 efficiency_cores;
    struct fact_u64 logical_cpus;
    struct fact_f64 usable_cpus; /* affinity and cgroup quota applied too; may be fractional */
    struct fact_u64 recommended_threads, recommended_threads_batch;
    struct fact_u64 numa_nodes;
    struct fact_u64 llc_bytes; /* last-level cache, summed over the sockets */
    VEC(const char *) isa;     /* "avx2", "avx512_vnni", "i8mm"...; empty: unknown */
};

struct machine_node {
    uint64_t id;
    const char *cpus; /* "0-7,16-23" */
    struct fact_u64 total_bytes;
    struct fact_f64 bandwidth_gb_s;
};

struct machine_memory {
    struct fact_u64 total_bytes;     /* MemTotal */
    struct fact_u64 available_bytes; /* what may be allocated now: MemAvailable and cgroup room */
    struct fact_u64 limit_bytes;     /* tightest cgroup limit; unknown: none found */
    struct fact_f64 bandwidth_gb_s;  /* read, all usable cores together, 10^9 bytes/s */
    VEC(struct machine_node) nodes;
};

struct machine_storage {
    const char *mount, *device;
    struct fact_bool rotational;
    struct fact_f64 read_gb_s;
};

struct machine_holder {
    const char *process;
    uint64_t bytes;
};

enum pool_kind { POOL_HOST, POOL_VRAM, POOL_CARVEOUT };

struct machine_pool {
    const char *id; /* "host", "vram0" */
    enum pool_kind kind;
    struct fact_u64 total_bytes, free_bytes; /* free: as the driver reports it */
    struct fact_u64 allocatable_bytes;       /* free after limits, working set, overhead */
    struct fact_u64 max_buffer_bytes;        /* largest single allocation */
    VEC(struct machine_holder) holders;      /* largest first */
};

struct machine_gpu {
    uint64_t index;
    struct fact_str name, vendor;  /* vendor: "nvidia", "amd", "intel", "apple", "software" */
    struct fact_str backend;       /* "cuda", "rocm", "vulkan", "metal", "sycl" */
    struct fact_str engine_device; /* "CUDA0": unknown until an engine listed it */
    const char *pool;              /* id of a pool, or NULL */
    struct fact_bool integrated;
    struct fact_u64 memory_total_bytes, memory_free_bytes, max_buffer_bytes;
    struct fact_u64 carveout_total_bytes, carveout_free_bytes; /* of those: set aside by the BIOS */
    struct fact_f64 bandwidth_gb_s;
    struct fact_str compute_capability; /* "8.9", "gfx1100" */
    struct fact_str pci_id;             /* "10de:2684" */
    struct fact_str pci_address;        /* "0000:01:00.0" */
    struct fact_bool display;           /* drives a screen */
    struct fact_str driver;             /* kernel driver, "none" when no driver is bound */
};

struct machine_engine_device {
    const char *name, *description; /* "CUDA0", "NVIDIA GeForce RTX 4090" */
    struct fact_u64 total_bytes, free_bytes;
};

struct machine_engine {
    struct fact_str path, version;
    VEC(struct machine_engine_device) devices;
};

struct machine {
    struct fact_str platform_id;  /* "linux-x86_64" */
    struct fact_str display_name; /* "AMD EPYC 9254, 24 cores, 128 GB, RTX 4090 24 GB" */
    struct fact_str profile_id;   /* hardware profile database; unknown until it exists */
    struct fact_str recommended_backend;
    VEC(const char *) capabilities;
    struct machine_os os;
    struct machine_cpu cpu;
    struct machine_memory memory;
    VEC(struct machine_storage) storage;
    VEC(struct machine_pool) pools;
    VEC(struct machine_gpu) gpus;
    struct machine_engine engine;
    VEC(const char *) notes; /* sentences for people: what was corrected, what is missing */
};

struct machine_pool *machine_find_pool(struct machine *m, const char *id); /* NULL: none */

void machine_note(struct machine *m, struct arena *a, const char *fmt, ...) ATTR_PRINTF(3, 4);

#endif
