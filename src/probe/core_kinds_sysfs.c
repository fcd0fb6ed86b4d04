/* What sysfs says about each core, and the kinds that follow. */
#include <stdlib.h>

#include "probe/probe_impl.h"

static struct cpu_set pmu_cpus(struct probe_run *r, const char *pmu)
{
    struct cpu_set s = {0};
    struct str text = probe_read(r, arena_printf(r->a, "/sys/devices/%s", pmu), "cpus");
    if (text.p)
        cpu_set_parse(r->a, text, &s);
    return s;
}

static uint64_t number(struct probe_run *r, const char *cpu_dir, const char *name)
{
    const char *word = fs_read_word(r->env->fs, r->a, path_join(r->a, cpu_dir, name));
    return word ? strtoull(word, NULL, 0) : 0; /* midr_el1 is in hexadecimal, "0x41..." */
}

static void add_evidence(struct probe_run *r, struct core *core)
{
    const char *dir =
        arena_printf(r->a, "/sys/devices/system/cpu/cpu%u", cpu_set_first(&core->cpus));
    core->evidence.capacity = number(r, dir, "cpu_capacity");
    core->evidence.midr = number(r, dir, "regs/identification/midr_el1");
    core->evidence.highest_perf = number(r, dir, "acpi_cppc/highest_perf");
    core->evidence.max_khz = number(r, dir, "cpufreq/cpuinfo_max_freq");
}

/* Kernels since 6.11 list low-power efficiency cores apart. */
static void add_hybrid(struct probe_run *r)
{
    struct cpu_set strong = pmu_cpus(r, "cpu_core");
    struct cpu_set weak = pmu_cpus(r, "cpu_atom"), weakest = pmu_cpus(r, "cpu_lowpower");
    for (size_t i = 0; i < r->cores.list.n; i++) {
        struct core *core = &r->cores.list.v[i];
        if (cpu_set_meets(&core->cpus, &strong))
            core->evidence.hybrid = HYBRID_CORE;
        else if (cpu_set_meets(&core->cpus, &weak) || cpu_set_meets(&core->cpus, &weakest))
            core->evidence.hybrid = HYBRID_ATOM;
    }
}

void probe_core_kinds(struct probe_run *r)
{
    size_t n = r->cores.list.n;
    for (size_t i = 0; i < n; i++)
        add_evidence(r, &r->cores.list.v[i]);
    add_hybrid(r);
    bool amd = r->cpuinfo.vendor && strcmp(r->cpuinfo.vendor, "amd") == 0;
    const char *source = core_decide_kinds(r->cores.list.v, n, amd);
    if (n == 0)
        return;
    /* one kind of core is the rule where nothing speaks of two */
    source = source ? source : r->cores.source;
    FACT_FILL(&r->m->cpu.performance_cores, core_count_kind(r->cores.list.v, n, CORE_PERFORMANCE),
              source);
    FACT_FILL(&r->m->cpu.efficiency_cores, core_count_kind(r->cores.list.v, n, CORE_EFFICIENCY),
              source);
}
