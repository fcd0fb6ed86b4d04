/* ---- probe/bandwidth.h: how fast memory can be read.
 *
 * Decoding reads every weight once a token, so this is the planner's most important figure, and
 * only measuring tells it: SMBIOS and tables are often wrong.  One thread on each of the CPUs given
 * reads a buffer of its own, touched first by itself (so it lies on its own NUMA node), all buffers
 * together several times the caches; the best of several runs counts, as in STREAM. */
#ifndef PROBE_BANDWIDTH_H
#define PROBE_BANDWIDTH_H

#include <stdint.h>

#include "base/err.h"
#include "machine/cpu_set.h"

struct bandwidth_order {
    struct cpu_set cpus;  /* one thread is pinned to each */
    uint64_t cache_bytes; /* last-level caches together; 0: unknown */
    uint64_t room_bytes;  /* what may be allocated; a quarter of it is used at most */
    unsigned budget_ms;   /* wall clock, all in all */
};

struct bandwidth {
    double gb_s;         /* all threads together, 10^9 bytes a second */
    double *thread_gb_s; /* each thread in the best run, in the order of cpus; in the arena */
    unsigned runs;
    bool busy; /* others used the machine meanwhile, or too few runs fitted: provisional */
};

/* Fails where memory or time do not suffice for one honest run.  All memory is given back. */
bool bandwidth_measure(struct arena *a, const struct bandwidth_order *order, struct bandwidth *out,
                       struct err *err);

/* Bytes that each of n threads reads; 0: room does not suffice to leave the caches behind. */
uint64_t bandwidth_buffer_bytes(uint64_t cache_bytes, uint64_t room_bytes, unsigned n);

#endif
