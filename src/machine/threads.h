/* ---- machine/threads.h: how many threads to begin with.
 *
 * Decoding waits for memory and meets at a barrier several times a token, so it wants one thread
 * on each performance core: a second SMT sibling adds no bandwidth, and an efficiency core makes
 * all others wait (llama.cpp #842, #27033; 13900K: 8 of 32 best).  Prefill computes and gains from
 * every physical core (13900K: all; Raspberry Pi 5: 2 for decode, 4 for prefill).  Both are held
 * to what the process may really use: affinity, cpuset and cgroup quota, rounded down (8 threads in
 * a quota of 4 CPUs: 0.27 instead of 12.1 tokens/s, ollama #17916).  llama.cpp's own default knows
 * none of the three (common/common.cpp: common_cpu_get_num_math).  These are starting values;
 * tuning measures. */
#ifndef MACHINE_THREADS_H
#define MACHINE_THREADS_H

#include "machine/core.h"

struct threads_limits {
    struct cpu_set allowed; /* affinity and cpuset together */
    double quota_cpus;      /* CPU seconds a second; 0: no quota */
};

struct threads {
    unsigned decode, batch; /* at least 1; 0 when no core is known */
    double usable_cpus;     /* logical CPUs, or the quota where that is less */
};

struct threads threads_recommend(const struct core *cores, size_t n,
                                 const struct threads_limits *limits);

/* The CPUs that `decode` threads should be pinned to for measuring: one of each core, performance
 * cores first. */
struct cpu_set threads_cpus(struct arena *a, const struct core *cores, size_t n,
                            const struct threads_limits *limits);

#endif
