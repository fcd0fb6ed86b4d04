/* ---- probe/probe_impl.h: what the sources share; included by probe/ only. ---- */
#ifndef PROBE_PROBE_IMPL_H
#define PROBE_PROBE_IMPL_H

#include "machine/cgroup.h"
#include "machine/core.h"
#include "machine/cpuinfo.h"
#include "machine/meminfo.h"
#include "machine/threads.h"
#include "probe/probe.h"

/* What one source leaves for the next. */
struct probe_run {
    struct arena *a;
    const struct probe_env *env;
    struct machine *m;
    struct cpuinfo cpuinfo;
    struct mount_list mounts;
    struct str own_cgroups; /* /proc/self/cgroup; p NULL: not read */
    struct {
        VEC(struct core) list; /* online, and in our cpuset once that is read */
        const char *source;
    } cores;
    struct cpu_set cpus;  /* logical CPUs of those cores that we may use by cpuset */
    struct cpu_set nodes; /* memory nodes by cpuset; empty: not told */
    struct threads_limits limits;
    struct meminfo meminfo;
};

/* In the order in which they run. */
enum probe_phase {
    PROBE_READ,    /* sources */
    PROBE_CORRECT, /* what a better source says of what was read */
    PROBE_DERIVE,  /* what follows */
    PROBE_MEASURE, /* takes time */
};

enum probe_needs {
    PROBE_ANY = 0,
    PROBE_LIVE = 1, /* the machine itself, no recording */
    PROBE_TIME = 2, /* not with --quick */
};

struct probe {
    const char *name;
    enum probe_phase phase;
    unsigned needs;
    void (*run)(struct probe_run *r);
};

extern const struct probe probe_table[];
extern const size_t probe_table_n;

/* ---- the sources ---- */

typedef void probe_source(struct probe_run *r);

probe_source probe_cpu_model, probe_os, probe_cgroup, probe_topology_hwloc, probe_topology_cpuinfo;
probe_source probe_affinity, probe_meminfo, probe_virtualization, probe_container;
probe_source probe_gpu_pci, probe_gpu_nvidia, probe_storage;
probe_source probe_cpuset, probe_core_kinds, probe_cpu_quota, probe_memory_nodes;
probe_source probe_memory_limits, probe_gpu_finish;
probe_source probe_cpu_counts, probe_threads, probe_names;
probe_source probe_bandwidth;

/* ---- what several of them need ---- */

/* Our groups' directories in the hierarchies that have a controller: at most one of each version.
 * Where a file is in both, the tighter limit counts. */
struct probe_cgroup_view {
    bool v2;
    const char *source; /* "cgroup v2" */
    struct cgroup_dirs dirs;
};
size_t probe_cgroup_views(struct probe_run *r, const char *controller,
                          struct probe_cgroup_view out[2]);

/* The file DIR/NAME; p NULL when it cannot be read. */
struct str probe_read(struct probe_run *r, const char *dir, const char *name);

#endif
