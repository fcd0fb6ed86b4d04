/* Traces of containers and virtual machines. */
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "machine/environment.h"
#include "probe/probe_impl.h"

static bool exists(struct probe_run *r, const char *path)
{
    return fs_stat(r->env->fs, path).kind != FS_NONE;
}

static const char *word(struct probe_run *r, const char *path)
{
    const char *text = fs_read_word(r->env->fs, r->a, path);
    return text && *text ? text : NULL;
}

/* The hypervisor's signature: CPUID leaf 0x40000000 in EBX, ECX, EDX. */
static const char *cpuid_signature(struct probe_run *r)
{
#if defined(__x86_64__) || defined(__i386__)
    unsigned eax, ebx, ecx, edx;
    if (!r->env->live || !r->cpuinfo.hypervisor)
        return NULL;
    __cpuid(0x40000000, eax, ebx, ecx, edx);
    unsigned registers[3] = {ebx, ecx, edx};
    return arena_strndup(r->a, (const char *)registers, sizeof(registers));
#else
    (void)r;
    return NULL;
#endif
}

void probe_virtualization(struct probe_run *r)
{
    struct vm_traces t = {
        .kernel = r->m->os.kernel.source ? r->m->os.kernel.v : NULL,
        .cpuid = cpuid_signature(r),
        .dmi = {word(r, "/sys/class/dmi/id/sys_vendor"), word(r, "/sys/class/dmi/id/product_name"),
                word(r, "/sys/class/dmi/id/board_vendor"),
                word(r, "/sys/class/dmi/id/bios_vendor")},
        .hypervisor_type = word(r, "/sys/hypervisor/type"),
        .device_tree = word(r, "/proc/device-tree/hypervisor/compatible"),
        .x86 = r->cpuinfo.x86,
        .hypervisor_flag = r->cpuinfo.hypervisor,
    };
    const char *why, *name = vm_from(&t, &why);
    if (name)
        FACT_FILL(&r->m->os.virtualization, name, why);
}

/* ---- containers ---- */

/* The value of NAME in "A=1\0B=2\0", or with blanks between, as some recordings have it. */
static const char *variable(struct probe_run *r, struct str environ, const char *name)
{
    struct str pair, key;
    char separator = environ.p && memchr(environ.p, '\0', environ.n) ? '\0' : ' ';
    while (str_cut(&environ, separator, &pair))
        if (str_cut(&pair, '=', &key) && str_eq(key, name) && pair.p && pair.n)
            return str_dup(r->a, str_trim(pair));
    return NULL;
}

void probe_container(struct probe_run *r)
{
    struct str environ = probe_read(r, "/proc/1", "environ");
    const char *process_2 = word(r, "/proc/2/comm");
    struct container_traces t = {
        .systemd_container = variable(r, environ, "container"),
        .dockerenv = exists(r, "/.dockerenv"),
        .containerenv = exists(r, "/run/.containerenv"),
        .kubernetes = variable(r, environ, "KUBERNETES_SERVICE_HOST") ||
                      exists(r, "/var/run/secrets/kubernetes.io"),
        .kernel_threads = process_2 && strcmp(process_2, "kthreadd") == 0,
        .openvz = exists(r, "/proc/vz") && !exists(r, "/proc/bc"),
        .cgroup_of_1 = probe_read(r, "/proc/1", "cgroup"),
    };
    if (!t.systemd_container)
        t.systemd_container = word(r, "/run/systemd/container");
    const struct mount_entry *root = mounts_find(&r->mounts, "/", "");
    if (root) {
        t.root_fs = root->type;
        t.root_options = root->options;
    }
    const char *why, *name = container_from(&t, &why);
    if (name)
        FACT_FILL(&r->m->os.container, name, why);
}
