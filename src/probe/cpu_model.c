/* /proc/cpuinfo: model, vendor and instruction sets. */
#include "probe/probe_impl.h"

enum { CPUINFO_MAX = 32 << 20 }; /* 8192 CPUs of 2 KiB, and as much again */

void probe_cpu_model(struct probe_run *r)
{
    struct str text;
    struct err ignored = {0};
    if (!fs_read(r->env->fs, r->a, "/proc/cpuinfo", CPUINFO_MAX, &text, &ignored))
        return;
    r->cpuinfo = cpuinfo_parse(r->a, text);
    if (r->cpuinfo.model)
        FACT_FILL(&r->m->cpu.model, r->cpuinfo.model, "cpuinfo");
    if (r->cpuinfo.vendor)
        FACT_FILL(&r->m->cpu.vendor, r->cpuinfo.vendor, "cpuinfo");
    for (size_t i = 0; i < r->cpuinfo.isa.list.n; i++)
        *VEC_PUSH(r->a, &r->m->cpu.isa) = r->cpuinfo.isa.list.v[i];
}
