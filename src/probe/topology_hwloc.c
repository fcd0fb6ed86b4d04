/* Cores, caches and NUMA nodes by hwloc: topology only.
 *
 * No I/O discovery and no plug-ins: libhwloc-plugins loads OpenCL, CUDA and X11 when it starts,
 * 220 ms where hwloc alone takes 2.  No x86 component: it binds us to every CPU in turn to ask
 * CPUID, and the kernel's hybrid PMUs tell core kinds as well. */
#define _GNU_SOURCE
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probe/probe_impl.h"

/* hwloc takes a recorded tree, and its users' wishes, by environment only.  Whatever a user set for
 * other programs would describe another machine than the one asked for.  All is put back before
 * anything else runs; probing is done by one thread. */
static const char *const hwloc_variables[] = {
    "HWLOC_FSROOT",
    "HWLOC_PLUGINS_PATH",
    "HWLOC_HIDE_ERRORS",
    "HWLOC_XMLFILE",
    "HWLOC_SYNTHETIC",
    "HWLOC_COMPONENTS",
    "HWLOC_CPUID_PATH",
    "HWLOC_THISSYSTEM",
    "HWLOC_CPUKINDS",
    "HWLOC_ALLOW",
    "HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES",
    "HWLOC_DUMPED_HWDATA_DIR",
};

struct saved {
    char *values[COUNT_OF(hwloc_variables)];
};

static void set_environment(struct saved *saved, const char *root)
{
    for (size_t i = 0; i < COUNT_OF(hwloc_variables); i++) {
        const char *v = getenv(hwloc_variables[i]);
        saved->values[i] = v ? strdup(v) : NULL;
        unsetenv(hwloc_variables[i]);
    }
    if (strcmp(root, "/") != 0)
        setenv("HWLOC_FSROOT", root, 1);
    setenv("HWLOC_PLUGINS_PATH", "/dev/null", 1);
    setenv("HWLOC_HIDE_ERRORS", "2", 1);
}

static void restore_environment(struct saved *saved)
{
    for (size_t i = 0; i < COUNT_OF(hwloc_variables); i++) {
        if (saved->values[i])
            setenv(hwloc_variables[i], saved->values[i], 1);
        else
            unsetenv(hwloc_variables[i]);
        free(saved->values[i]);
    }
}

/* Without these files hwloc would describe the machine that we run on, or make one up. */
static bool tree_has_topology(struct probe_run *r)
{
    static const char dir[] = "/sys/devices/system/cpu";
    struct fs_names names = fs_list(r->env->fs, r->a, dir);
    for (size_t i = 0; i < names.n; i++) {
        bool is_cpu = cstr_starts(names.v[i], "cpu") && strspn(names.v[i] + 3, "0123456789") > 0;
        if (is_cpu &&
            fs_list(r->env->fs, r->a, arena_printf(r->a, "%s/%s/topology", dir, names.v[i])).n > 0)
            return true;
    }
    return false;
}

/* hwloc makes up a topology from the number of processors of the machine that we run on when it
 * cannot read the tree: then there are no cores, or it speaks of the wrong machine. */
static bool is_of_tree(hwloc_topology_t t, const char *root)
{
    bool recorded = strcmp(root, "/") != 0;
    return hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_CORE) > 0 &&
           hwloc_topology_is_thissystem(t) == !recorded;
}

static hwloc_topology_t load(const char *root)
{
    hwloc_topology_t t;
    unsigned long flags = 0;
#if HWLOC_API_VERSION >= 0x00020800
    flags = HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
            HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
    if (hwloc_topology_init(&t) != 0)
        return NULL;
    hwloc_topology_set_components(t, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    hwloc_topology_set_flags(t, flags);
    hwloc_topology_set_io_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter(t, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_NONE);
    if (hwloc_topology_load(t) == 0 && is_of_tree(t, root))
        return t;
    hwloc_topology_destroy(t);
    return NULL;
}

static struct cpu_set set_of(struct probe_run *r, hwloc_const_cpuset_t cpus)
{
    struct cpu_set s = {0};
    for (int cpu = hwloc_bitmap_last(cpus); cpu >= 0 && cpu < CPU_SET_MAX; cpu--)
        if (hwloc_bitmap_isset(cpus, (unsigned)cpu))
            cpu_set_add(r->a, &s, (unsigned)cpu);
    return s;
}

static unsigned cores_of_l2(hwloc_topology_t t, hwloc_obj_t core)
{
    hwloc_obj_t l2 = hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_L2CACHE, core);
    int n = l2 ? hwloc_get_nbobjs_inside_cpuset_by_type(t, l2->cpuset, HWLOC_OBJ_CORE) : 0;
    return n > 0 ? (unsigned)n : 0;
}

static void take_cores(struct probe_run *r, hwloc_topology_t t)
{
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_CORE, o)) != NULL;) {
        struct core core = {.cpus = set_of(r, o->cpuset)};
        hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_PACKAGE, o);
        int node = hwloc_bitmap_first(o->nodeset);
        core.package = package ? package->logical_index : 0;
        core.node = node > 0 ? (uint64_t)node : 0;
        core.evidence.smt = cpu_set_count(&core.cpus);
        core.evidence.l2_cores = cores_of_l2(t, o);
        *VEC_PUSH(r->a, &r->cores.list) = core;
    }
    r->cores.source = "hwloc";
}

static void take_nodes(struct probe_run *r, hwloc_topology_t t)
{
    struct machine *m = r->m;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, o));) {
        struct cpu_set cpus = set_of(r, o->cpuset);
        struct machine_node node = {.id = o->os_index, .cpus = cpu_set_text(r->a, &cpus)};
        if (o->attr->numanode.local_memory)
            FACT_SET(&node.total_bytes, o->attr->numanode.local_memory, "hwloc");
        *VEC_PUSH(r->a, &m->memory.nodes) = node;
    }
    if (m->memory.nodes.n)
        FACT_FILL(&m->cpu.numa_nodes, m->memory.nodes.n, "hwloc");
}

/* The outermost level of cache that there is. */
static void take_caches(struct probe_run *r, hwloc_topology_t t)
{
    static const hwloc_obj_type_t levels[] = {HWLOC_OBJ_L5CACHE, HWLOC_OBJ_L4CACHE,
                                              HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L2CACHE,
                                              HWLOC_OBJ_L1CACHE};
    uint64_t sum = 0;
    for (size_t i = 0; sum == 0 && i < COUNT_OF(levels); i++)
        for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t, levels[i], o)) != NULL;)
            sum += o->attr->cache.size;
    if (sum)
        FACT_FILL(&r->m->cpu.llc_bytes, sum, "hwloc");
}

void probe_topology_hwloc(struct probe_run *r)
{
    const char *root = fs_root(r->env->fs);
    if (!root || !tree_has_topology(r))
        return;
    struct saved saved;
    set_environment(&saved, root);
    hwloc_topology_t t = load(root);
    restore_environment(&saved);
    if (!t) {
        log_detail("hwloc could not read the topology below \"%s\"", root);
        return;
    }
    take_cores(r, t);
    take_nodes(r, t);
    take_caches(r, t);
    hwloc_topology_destroy(t);
}
