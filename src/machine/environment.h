/* ---- machine/environment.h: operating system, container and virtual machine, from their traces.
 *
 * The order of belief follows systemd's detect-virt, with two traces more (kernel threads, the
 * root's mount) for images that are started as virtual machines and carry /.dockerenv along. */
#ifndef MACHINE_ENVIRONMENT_H
#define MACHINE_ENVIRONMENT_H

#include <stdbool.h>

#include "base/str.h"

/* ---- /etc/os-release ---- */

/* The value of KEY, unquoted; NULL when it is not there. */
const char *os_release_value(struct arena *a, struct str text, const char *key);

/* ---- containers ---- */

struct container_traces {
    const char *systemd_container; /* /run/systemd/container, or container= of process 1 */
    bool dockerenv, containerenv;  /* /.dockerenv, /run/.containerenv */
    bool kubernetes;               /* service account or KUBERNETES_SERVICE_HOST */
    bool kernel_threads;           /* process 2 is kthreadd: the machine's own process table */
    bool openvz;                   /* /proc/vz without /proc/bc */
    struct str cgroup_of_1;        /* /proc/1/cgroup; p NULL: not read */
    const char *root_fs;           /* file system type of / */
    const char *root_options;      /* its mount options: overlay directories */
};

/* "docker", "podman", "kubernetes", "lxc"..., "none"; NULL: nothing was read that could
 * tell.  *why names the trace. */
const char *container_from(const struct container_traces *t, const char **why);

/* ---- virtual machines ---- */

struct vm_traces {
    const char *kernel;          /* /proc/sys/kernel/osrelease */
    const char *cpuid;           /* the hypervisor's CPUID signature; NULL: not asked */
    const char *dmi[4];          /* sys_vendor, product_name, board_vendor, bios_vendor; NULLs */
    const char *hypervisor_type; /* /sys/hypervisor/type */
    const char *device_tree;     /* /proc/device-tree/hypervisor/compatible */
    bool x86, hypervisor_flag;   /* cpuinfo */
};

/* "kvm", "vmware", "hyperv", "wsl"..., "vm" where only the flag shows it, "none"; NULL: unknown. */
const char *vm_from(const struct vm_traces *t, const char **why);

#endif
