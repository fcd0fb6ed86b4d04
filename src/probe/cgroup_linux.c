/* Control groups: where they are, and the cpuset and CPU quota in them. */
#include "probe/probe_impl.h"

void probe_cgroup(struct probe_run *r)
{
    struct str text = probe_read(r, "/proc/self", "mountinfo");
    if (text.p)
        r->mounts = mounts_parse(r->a, text);
    else if ((text = probe_read(r, "/proc", "mounts")).p)
        r->mounts = mounts_parse_short(r->a, text);
    r->own_cgroups = probe_read(r, "/proc/self", "cgroup");
}

size_t probe_cgroup_views(struct probe_run *r, const char *controller,
                          struct probe_cgroup_view out[2])
{
    const char *hierarchies[2] = {controller, NULL}; /* v1, v2 */
    size_t n = 0;
    for (size_t v2 = 0; r->own_cgroups.p && v2 < 2; v2++) {
        const char *path = cgroup_path(r->a, r->own_cgroups, hierarchies[v2]);
        const struct mount_entry *mount = NULL;
        for (size_t i = 0; path && !mount && i < r->mounts.list.n; i++)
            if (cgroup_is_mount(&r->mounts.list.v[i], hierarchies[v2]))
                mount = &r->mounts.list.v[i];
        if (mount)
            out[n++] = (struct probe_cgroup_view){v2 == 1, v2 ? "cgroup v2" : "cgroup v1",
                                                  cgroup_dirs(r->a, mount, path)};
    }
    return n;
}

/* ---- cpuset ---- */

/* By version; the second name is that of kernels before 3.17. */
static const char *const cpu_files[2][2] = {{"cpuset.effective_cpus", "cpuset.cpus"},
                                            {"cpuset.cpus.effective", NULL}};
static const char *const mem_files[2][2] = {{"cpuset.effective_mems", "cpuset.mems"},
                                            {"cpuset.mems.effective", NULL}};

static bool read_set(struct probe_run *r, const char *dir, const char *const names[2],
                     struct cpu_set *out)
{
    for (size_t i = 0; i < 2 && names[i]; i++) {
        struct str text = probe_read(r, dir, names[i]);
        struct cpu_set s;
        if (text.p && cpu_set_parse(r->a, text, &s) && cpu_set_count(&s)) {
            *out = s;
            return true;
        }
    }
    return false;
}

/* The first of our group and its ancestors that says what is in force; returns its source. */
static const char *effective(struct probe_run *r, const char *const names[2][2],
                             struct cpu_set *out)
{
    struct probe_cgroup_view views[2];
    size_t n = probe_cgroup_views(r, "cpuset", views);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < views[i].dirs.list.n; k++)
            if (read_set(r, views[i].dirs.list.v[k], names[views[i].v2], out))
                return views[i].source;
    return NULL;
}

static void keep_cpus(struct probe_run *r, const struct cpu_set *allowed)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->cores.list.n; i++) {
        struct core core = r->cores.list.v[i];
        core.cpus = cpu_set_and(r->a, &core.cpus, allowed);
        if (cpu_set_count(&core.cpus))
            r->cores.list.v[kept++] = core;
    }
    r->cores.list.n = kept;
}

/* hwloc keeps to the cpuset where it finds it; it does not where the mount's root is not "/". */
void probe_cpuset(struct probe_run *r)
{
    struct cpu_set allowed;
    effective(r, mem_files, &r->nodes);
    for (size_t i = 0; i < r->cores.list.n; i++)
        for (unsigned cpu = cpu_set_first(&r->cores.list.v[i].cpus); cpu < CPU_SET_MAX;
             cpu = cpu_set_next(&r->cores.list.v[i].cpus, cpu))
            cpu_set_add(r->a, &r->cpus, cpu);
    const char *source = effective(r, cpu_files, &allowed);
    if (!source)
        return;
    struct cpu_set both = cpu_set_and(r->a, &r->cpus, &allowed);
    unsigned left = cpu_set_count(&both);
    if (left == 0 || left == cpu_set_count(&r->cpus))
        return; /* nothing to take away; none left: a recording put together of two machines */
    r->cpus = both;
    keep_cpus(r, &allowed);
    r->cores.source = source;
}

/* ---- quota ---- */

static bool quota_of(struct probe_run *r, const struct probe_cgroup_view *view, const char *dir,
                     double *cpus)
{
    if (view->v2)
        return cgroup_quota_v2(probe_read(r, dir, "cpu.max"), cpus);
    return cgroup_quota_v1(probe_read(r, dir, "cpu.cfs_quota_us"),
                           probe_read(r, dir, "cpu.cfs_period_us"), cpus);
}

void probe_cpu_quota(struct probe_run *r)
{
    struct probe_cgroup_view views[2];
    size_t n = probe_cgroup_views(r, "cpu", views);
    const char *where = NULL;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < views[i].dirs.list.n; k++) {
            double cpus;
            if (!quota_of(r, &views[i], views[i].dirs.list.v[k], &cpus) ||
                (where && cpus >= r->limits.quota_cpus))
                continue;
            r->limits.quota_cpus = cpus;
            where = views[i].dirs.list.v[k];
        }
    if (where && r->limits.quota_cpus < cpu_set_count(&r->cpus))
        machine_note(r->m, r->a, "%.4g CPUs' time of %u CPUs may be used: quota in %s",
                     r->limits.quota_cpus, cpu_set_count(&r->cpus), where);
}
