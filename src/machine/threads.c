/* Physical performance cores within affinity, cpuset and quota. */
#include "machine/threads.h"

static unsigned cores_within(const struct core *cores, size_t n, const struct cpu_set *allowed,
                             enum core_kind kind)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += cores[i].kind == kind && cpu_set_meets(&cores[i].cpus, allowed);
    return count;
}

static unsigned cpus_within(const struct core *cores, size_t n, const struct cpu_set *allowed)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        for (unsigned cpu = cpu_set_first(&cores[i].cpus); cpu < CPU_SET_MAX;
             cpu = cpu_set_next(&cores[i].cpus, cpu))
            count += cpu_set_has(allowed, cpu);
    return count;
}

static unsigned within_quota(unsigned threads, double quota)
{
    if (quota > 0 && quota < threads)
        threads = (unsigned)quota;
    return threads ? threads : 1;
}

struct threads threads_recommend(const struct core *cores, size_t n,
                                 const struct threads_limits *limits)
{
    unsigned strong = cores_within(cores, n, &limits->allowed, CORE_PERFORMANCE);
    unsigned weak = cores_within(cores, n, &limits->allowed, CORE_EFFICIENCY);
    unsigned cpus = cpus_within(cores, n, &limits->allowed);
    if (strong + weak == 0)
        return (struct threads){0};
    double quota = limits->quota_cpus;
    return (struct threads){
        .decode = within_quota(strong ? strong : weak, quota),
        .batch = within_quota(strong + weak, quota),
        .usable_cpus = quota > 0 && quota < cpus ? quota : cpus,
    };
}

struct cpu_set threads_cpus(struct arena *a, const struct core *cores, size_t n,
                            const struct threads_limits *limits)
{
    unsigned left = threads_recommend(cores, n, limits).decode;
    struct cpu_set chosen = {0};
    for (int kind = CORE_PERFORMANCE; kind <= CORE_EFFICIENCY; kind++)
        for (size_t i = 0; left && i < n; i++) {
            if ((int)cores[i].kind != kind || !cpu_set_meets(&cores[i].cpus, &limits->allowed))
                continue;
            struct cpu_set both = cpu_set_and(a, &cores[i].cpus, &limits->allowed);
            cpu_set_add(a, &chosen, cpu_set_first(&both));
            left--;
        }
    return chosen;
}
