/* ---- machine/mounts.h: /proc/self/mountinfo, and /proc/mounts where a recording has only that. */
#ifndef MACHINE_MOUNTS_H
#define MACHINE_MOUNTS_H

#include <stdbool.h>

#include "base/str.h"
#include "base/vec.h"

struct mount_entry {
    const char *number;  /* "8:1"; "" in /proc/mounts */
    const char *root;    /* the part of the file system that is mounted; "/" in /proc/mounts */
    const char *at;      /* where */
    const char *type;    /* "ext4" */
    const char *source;  /* "/dev/sda1" */
    const char *options; /* of the file system: "rw,cpu,cpuacct" */
};

struct mount_list {
    VEC(struct mount_entry) list;
};

/* Lines that no kernel wrote are passed over. */
struct mount_list mounts_parse(struct arena *a, struct str mountinfo);
struct mount_list mounts_parse_short(struct arena *a, struct str proc_mounts);

/* The mount that a path is on: the deepest one, of several at one place the last.  `number` wins
 * over the path's text, which may lead elsewhere through links; "": unknown.  NULL: none. */
const struct mount_entry *mounts_find(const struct mount_list *mounts, const char *path,
                                      const char *number);

#endif
