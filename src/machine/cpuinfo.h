/* ---- machine/cpuinfo.h: /proc/cpuinfo of x86, ARM, RISC-V, POWER, s390 and LoongArch. ---- */
#ifndef MACHINE_CPUINFO_H
#define MACHINE_CPUINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/isa.h"

struct cpuinfo_cpu {
    unsigned cpu;
    int64_t package, core; /* -1: not told */
};

struct cpuinfo {
    const char *model;  /* "AMD EPYC 9654", "Cortex-A725 + Cortex-X925"; NULL: not told */
    const char *vendor; /* "intel", "amd", "arm", "apple", "ibm"...; NULL: not told */
    const char *arch;   /* as uname -m says it, where the text shows it */
    bool hypervisor;    /* x86: the CPUID bit that says we are a guest */
    bool x86;
    struct isa_list isa;          /* what every CPU has */
    VEC(struct cpuinfo_cpu) cpus; /* online ones */
};

struct cpuinfo cpuinfo_parse(struct arena *a, struct str text);

/* "Intel(R) Core(TM) i7-9700K CPU @ 3.60GHz" is "Intel Core i7-9700K" to people. */
const char *cpuinfo_short_model(struct arena *a, const char *model);

#endif
