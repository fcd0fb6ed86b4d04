/* ---- machine/meminfo.h: /proc/meminfo and /sys/devices/system/node/nodeN/meminfo. ---- */
#ifndef MACHINE_MEMINFO_H
#define MACHINE_MEMINFO_H

#include <stdint.h>

#include "base/fact.h"
#include "base/str.h"

struct meminfo {
    struct fact_u64 total_bytes;
    /* MemAvailable; before Linux 3.14 the kernel's own estimate made from what there was. */
    struct fact_u64 available_bytes;
    uint64_t free_bytes;       /* MemFree */
    uint64_t file_bytes;       /* page cache that can be given back: active and inactive file */
    uint64_t slab_bytes;       /* SReclaimable */
    uint64_t huge_pages_bytes; /* reserved for hugetlbfs: nobody else can have it */
};

/* min_free_bytes: /proc/sys/vm/min_free_kbytes, 0 when unknown; used for the estimate only. */
struct meminfo meminfo_parse(struct str text, uint64_t min_free_bytes);

#endif
