/* ---- machine/cgroup.h: the texts by which a Linux control group limits us, v1 and v2.
 *
 * Where our group's directory is follows from /proc/self/cgroup (our path in each hierarchy) and
 * /proc/self/mountinfo (which part of a hierarchy is mounted where): in a container without a
 * cgroup namespace the path and the mount's root share a prefix that must be taken off, and with
 * nested mounts the path may not be visible at all. */
#ifndef MACHINE_CGROUP_H
#define MACHINE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "machine/mounts.h"

/* A mount of the v1 hierarchy that has `controller`, or of the v2 one (NULL)? */
bool cgroup_is_mount(const struct mount_entry *mount, const char *controller);

/* Our path in the v1 hierarchy that has `controller`, or in the v2 one (NULL); NULL: not there. */
const char *cgroup_path(struct arena *a, struct str proc_self_cgroup, const char *controller);

/* Directories that may limit us, our own group first, the mount point last. */
struct cgroup_dirs {
    VEC(const char *) list;
};
struct cgroup_dirs cgroup_dirs(struct arena *a, const struct mount_entry *mount, const char *path);

/* cpu.max, "MAX PERIOD": CPUs worth of time; false for "max" and for what is no quota. */
bool cgroup_quota_v2(struct str cpu_max, double *cpus);
/* cpu.cfs_quota_us and cpu.cfs_period_us: the same; -1 is no quota. */
bool cgroup_quota_v1(struct str quota_us, struct str period_us, double *cpus);

/* memory.max, memory.high, memory.limit_in_bytes and the like; false for "max" and for v1's no
 * limit, the largest page-aligned signed number. */
bool cgroup_bytes(struct str text, uint64_t *bytes);
/* The value in a line "KEY VALUE" of memory.stat, as text for cgroup_bytes; empty when missing. */
struct str cgroup_stat(struct str memory_stat, const char *key);

#endif
