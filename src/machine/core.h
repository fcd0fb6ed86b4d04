/* ---- machine/core.h: a physical core, and which kind it is.
 *
 * The kinds are two, because that is what a thread count needs: cores that decoding should run on,
 * and cores that a barrier would wait for.  hwloc 2.9 groups by frequency and capacity as they
 * stand and finds five kinds on a GB10, which has two; the rules here are ours (core.c). */
#ifndef MACHINE_CORE_H
#define MACHINE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/cpu_set.h"

enum core_kind { CORE_PERFORMANCE, CORE_EFFICIENCY };

/* What sysfs says about a core; 0: unknown. */
struct core_evidence {
    enum { HYBRID_UNKNOWN, HYBRID_CORE, HYBRID_ATOM } hybrid; /* /sys/devices/cpu_core, cpu_atom */
    uint64_t capacity;     /* cpuN/cpu_capacity: 1024 is the strongest */
    uint64_t midr;         /* cpuN/regs/identification/midr_el1 */
    uint64_t highest_perf; /* cpuN/acpi_cppc/highest_perf */
    uint64_t max_khz;      /* cpuN/cpufreq/cpuinfo_max_freq */
    unsigned smt;          /* its logical CPUs that are online */
    unsigned l2_cores;     /* cores that share its L2 cache, itself among them */
};

struct core {
    struct cpu_set cpus; /* its logical CPUs (SMT siblings) that are online and in our cpuset */
    uint64_t package;    /* physical id, for counting */
    uint64_t node;       /* NUMA node */
    struct core_evidence evidence;
    enum core_kind kind;
};

/* Sets every core's kind and returns which evidence decided it; NULL when there was none, and then
 * all are performance cores, as they are where the evidence shows one kind. */
const char *core_decide_kinds(struct core *cores, size_t n, bool amd);

size_t core_count_kind(const struct core *cores, size_t n, enum core_kind kind);

#endif
