/* Cores by /proc/cpuinfo alone: containers without /sys, and recordings of that file. */
#include "probe/probe_impl.h"

/* The core that a CPU belongs to by package and core id; a CPU that tells neither is one. */
static struct core *core_of(struct probe_run *r, const struct cpuinfo *info, size_t cpu)
{
    const struct cpuinfo_cpu *c = &info->cpus.v[cpu];
    for (size_t i = 0; c->package >= 0 && c->core >= 0 && i < cpu; i++)
        if (info->cpus.v[i].package == c->package && info->cpus.v[i].core == c->core)
            for (size_t k = 0; k < r->cores.list.n; k++)
                if (cpu_set_has(&r->cores.list.v[k].cpus, info->cpus.v[i].cpu))
                    return &r->cores.list.v[k];
    struct core *core = VEC_PUSH(r->a, &r->cores.list);
    *core = (struct core){.package = c->package > 0 ? (uint64_t)c->package : 0};
    return core;
}

void probe_topology_cpuinfo(struct probe_run *r)
{
    enum { MOST_CPUS = 8192 };
    if (r->cores.list.n || r->cpuinfo.cpus.n > MOST_CPUS)
        return;
    for (size_t i = 0; i < r->cpuinfo.cpus.n; i++)
        cpu_set_add(r->a, &core_of(r, &r->cpuinfo, i)->cpus, r->cpuinfo.cpus.v[i].cpu);
    if (r->cores.list.n)
        r->cores.source = "cpuinfo";
}
