/* Memory: /proc/meminfo, nodes that are no RAM of ours, cgroup limits. */
#include "base/units.h"
#include "probe/probe_impl.h"

void probe_meminfo(struct probe_run *r)
{
    uint64_t min_free_kib = 0;
    struct str text = probe_read(r, "/proc", "meminfo");
    if (!text.p)
        return;
    fs_read_u64(r->env->fs, r->a, "/proc/sys/vm/min_free_kbytes", &min_free_kib);
    r->meminfo = meminfo_parse(text, units_mul(min_free_kib, KIB));
    r->m->memory.total_bytes = r->meminfo.total_bytes;
    r->m->memory.available_bytes = r->meminfo.available_bytes;
    char size[UNITS_TEXT];
    if (r->meminfo.total_bytes.source &&
        r->meminfo.huge_pages_bytes > r->meminfo.total_bytes.v / 20)
        machine_note(r->m, r->a, "%s are reserved as huge pages, which models do not use",
                     units_bytes(r->meminfo.huge_pages_bytes, size));
}

/* ---- nodes ---- */

static struct meminfo node_meminfo(struct probe_run *r, unsigned node)
{
    const char *dir = arena_printf(r->a, "/sys/devices/system/node/node%u", node);
    return meminfo_parse(probe_read(r, dir, "meminfo"), 0);
}

/* POWER9 with NVLink: the cards' memory is NUMA nodes, and MemTotal counts them.  "Node: 255" */
static struct cpu_set gpu_nodes(struct probe_run *r)
{
    static const char dir[] = "/proc/driver/nvidia/gpus";
    struct cpu_set nodes = {0};
    struct fs_names gpus = fs_list(r->env->fs, r->a, dir);
    for (size_t i = 0; i < gpus.n; i++) {
        struct str text = probe_read(r, path_join(r->a, dir, gpus.v[i]), "numa_status"), line, key;
        unsigned long long node;
        while (str_line(&text, &line))
            if (str_cut(&line, ':', &key) && str_eq(str_trim(key), "Node") &&
                str_u64(str_trim(line), &node) && node < CPU_SET_MAX)
                cpu_set_add(r->a, &nodes, (unsigned)node);
    }
    return nodes;
}

static void take_away_gpu_nodes(struct probe_run *r)
{
    struct machine_memory *memory = &r->m->memory;
    struct cpu_set nodes = gpu_nodes(r);
    uint64_t total = 0, available = 0;
    for (unsigned n = cpu_set_first(&nodes); n < CPU_SET_MAX; n = cpu_set_next(&nodes, n)) {
        struct meminfo node = node_meminfo(r, n);
        total = units_add(total, node.total_bytes.v);
        available = units_add(available, units_add(node.free_bytes, node.file_bytes));
    }
    if (!total || !memory->total_bytes.source || total >= memory->total_bytes.v)
        return;
    char size[UNITS_TEXT];
    FACT_SET(&memory->total_bytes, memory->total_bytes.v - total, "meminfo without GPU nodes");
    if (memory->available_bytes.source)
        FACT_SET(&memory->available_bytes,
                 memory->available_bytes.v > available ? memory->available_bytes.v - available : 0,
                 "meminfo without GPU nodes");
    machine_note(r->m, r->a, "%s of what the kernel calls memory belong to the GPUs",
                 units_bytes(total, size));
}

/* The list of nodes, where hwloc did not see the cpuset itself. */
static void keep_nodes(struct probe_run *r, const struct cpu_set *allowed)
{
    struct machine_memory *memory = &r->m->memory;
    size_t kept = 0;
    for (size_t i = 0; i < memory->nodes.n; i++) {
        struct machine_node node = memory->nodes.v[i];
        struct cpu_set cpus;
        if (node.id >= CPU_SET_MAX || !cpu_set_has(allowed, (unsigned)node.id))
            continue;
        if (cpu_set_parse(r->a, str_from(node.cpus), &cpus)) {
            cpus = cpu_set_and(r->a, &cpus, &r->cpus);
            node.cpus = cpu_set_text(r->a, &cpus);
        }
        memory->nodes.v[kept++] = node;
    }
    if (kept == 0 || kept == memory->nodes.n)
        return;
    memory->nodes.n = kept;
    FACT_SET(&r->m->cpu.numa_nodes, kept, "cpuset memory nodes");
}

/* A cpuset may keep us to some of the nodes. */
static void keep_to_allowed_nodes(struct probe_run *r)
{
    struct machine_memory *memory = &r->m->memory;
    struct cpu_set online = {0};
    struct str text = probe_read(r, "/sys/devices/system/node", "has_memory");
    if (!text.p || !cpu_set_parse(r->a, text, &online) || cpu_set_count(&r->nodes) == 0)
        return;
    struct cpu_set ours = cpu_set_and(r->a, &online, &r->nodes);
    if (cpu_set_count(&ours) == 0 || cpu_set_count(&ours) == cpu_set_count(&online))
        return;
    keep_nodes(r, &ours);
    uint64_t total = 0, available = 0;
    for (unsigned n = cpu_set_first(&ours); n < CPU_SET_MAX; n = cpu_set_next(&ours, n)) {
        struct meminfo node = node_meminfo(r, n);
        total = units_add(total, node.total_bytes.v);
        available = units_add(available, units_add(node.free_bytes, node.file_bytes));
        available = units_add(available, node.slab_bytes);
    }
    if (!total || !memory->total_bytes.source || total >= memory->total_bytes.v)
        return;
    FACT_SET(&memory->limit_bytes, total, "cpuset memory nodes");
    if (memory->available_bytes.source && available < memory->available_bytes.v)
        FACT_SET(&memory->available_bytes, available, "cpuset memory nodes");
    machine_note(r->m, r->a, "memory of node %s only may be used: cpuset",
                 cpu_set_text(r->a, &ours));
}

void probe_memory_nodes(struct probe_run *r)
{
    take_away_gpu_nodes(r);
    keep_to_allowed_nodes(r);
}

/* ---- control groups ---- */

/* What a group still lets us have.  Page cache that nobody uses (inactive_file) counts as current
 * in both versions and is given back under pressure: subtracting it is what LXCFS shows as
 * available (ollama #15474: without it, one load of a model fills the limit for good). */
struct room {
    bool limited;
    uint64_t limit, left;
};

static void tighten(struct room *room, struct str text)
{
    uint64_t limit;
    if (!cgroup_bytes(text, &limit) || (room->limited && limit >= room->limit))
        return;
    room->limited = true;
    room->limit = limit;
}

static struct room room_of(struct probe_run *r, const struct probe_cgroup_view *view,
                           const char *dir)
{
    struct room room = {0};
    struct str stat = probe_read(r, dir, "memory.stat");
    const char *current_file = view->v2 ? "memory.current" : "memory.usage_in_bytes";
    const char *inactive_key = view->v2 ? "inactive_file" : "total_inactive_file";
    if (view->v2) {
        tighten(&room, probe_read(r, dir, "memory.max"));
        tighten(&room, probe_read(r, dir, "memory.high")); /* above it we would be slowed down */
    } else {
        tighten(&room, probe_read(r, dir, "memory.limit_in_bytes"));
        tighten(&room, cgroup_stat(stat, "hierarchical_memory_limit")); /* ancestors out of sight */
    }
    uint64_t current = 0, inactive = 0;
    cgroup_bytes(probe_read(r, dir, current_file), &current);
    cgroup_bytes(cgroup_stat(stat, inactive_key), &inactive);
    uint64_t held = current > inactive ? current - inactive : 0;
    room.left = room.limit > held ? room.limit - held : 0;
    return room;
}

static void apply(struct probe_run *r, const struct probe_cgroup_view *view, const char *dir)
{
    struct machine_memory *memory = &r->m->memory;
    struct room room = room_of(r, view, dir);
    if (!room.limited || (memory->total_bytes.source && room.limit >= memory->total_bytes.v))
        return;
    if (!memory->limit_bytes.source || room.limit < memory->limit_bytes.v) {
        char size[UNITS_TEXT];
        FACT_SET(&memory->limit_bytes, room.limit, view->source);
        machine_note(r->m, r->a, "%s of memory at most: limit in %s", units_bytes(room.limit, size),
                     dir);
    }
    if (!memory->available_bytes.source || room.left < memory->available_bytes.v)
        FACT_SET(&memory->available_bytes, room.left, view->source);
}

void probe_memory_limits(struct probe_run *r)
{
    struct probe_cgroup_view views[2];
    size_t n = probe_cgroup_views(r, "memory", views);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < views[i].dirs.list.n; k++)
            apply(r, &views[i], views[i].dirs.list.v[k]);
}
