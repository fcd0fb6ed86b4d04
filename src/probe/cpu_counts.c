/* Affinity, and the counts and threads that follow from cores, affinity and quota. */
#define _GNU_SOURCE
#if defined(__linux__)
#include <sched.h>
#endif

#include "probe/probe_impl.h"

void probe_affinity(struct probe_run *r)
{
#if defined(__linux__)
    /* the kernel refuses a set smaller than its own: ask with more until it fits */
    for (size_t cpus = 1024; cpus <= CPU_SET_MAX; cpus *= 2) {
        size_t size = CPU_ALLOC_SIZE(cpus);
        cpu_set_t *mask = arena_alloc(r->a, size);
        if (sched_getaffinity(0, size, mask) != 0)
            continue;
        for (unsigned cpu = (unsigned)cpus; cpu-- > 0;)
            if (CPU_ISSET_S(cpu, size, mask))
                cpu_set_add(r->a, &r->limits.allowed, cpu);
        return;
    }
#else
    (void)r;
#endif
}

static uint64_t count_packages(const struct probe_run *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->cores.list.n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = r->cores.list.v[k].package == r->cores.list.v[i].package;
        n += !seen;
    }
    return n;
}

void probe_cpu_counts(struct probe_run *r)
{
    struct machine_cpu *cpu = &r->m->cpu;
    if (!r->cores.list.n)
        return;
    FACT_FILL(&cpu->packages, count_packages(r), r->cores.source);
    FACT_FILL(&cpu->physical_cores, r->cores.list.n, r->cores.source);
    FACT_FILL(&cpu->logical_cpus, cpu_set_count(&r->cpus), r->cores.source);
}

static const char *threads_source(const struct probe_run *r)
{
    if (r->limits.quota_cpus > 0)
        return "cores, affinity and cgroup quota";
    return r->env->live ? "cores and affinity" : "cores";
}

void probe_threads(struct probe_run *r)
{
    struct machine_cpu *cpu = &r->m->cpu;
    struct cpu_set allowed = cpu_set_and(r->a, &r->limits.allowed, &r->cpus);
    /* nothing in common: a recording, or nobody could say */
    r->limits.allowed = cpu_set_count(&allowed) ? allowed : r->cpus;
    struct threads t = threads_recommend(r->cores.list.v, r->cores.list.n, &r->limits);
    if (!t.decode)
        return;
    FACT_FILL(&cpu->usable_cpus, t.usable_cpus, threads_source(r));
    FACT_FILL(&cpu->recommended_threads, t.decode, threads_source(r));
    FACT_FILL(&cpu->recommended_threads_batch, t.batch, threads_source(r));
    unsigned used = cpu_set_count(&r->limits.allowed), all = cpu_set_count(&r->cpus);
    if (used < all)
        machine_note(r->m, r->a,
                     "%u of %u CPUs may be used: the affinity that we were started with", used,
                     all);
}
