/* Tables of traces, most telling first. */
#include "machine/environment.h"

/* ---- os-release: shell assignments ---- */

static const char *unquote(struct arena *a, struct str v)
{
    struct strbuf text = {0};
    bool quoted = v.n >= 2 && (*v.p == '"' || *v.p == '\'') && v.p[v.n - 1] == *v.p;
    for (size_t i = quoted; i < v.n - quoted; i++) {
        if (v.p[i] == '\\' && quoted && i + 1 < v.n - 1)
            i++;
        strbuf_addc(&text, v.p[i]);
    }
    return strbuf_take(&text, a);
}

const char *os_release_value(struct arena *a, struct str text, const char *key)
{
    struct str line, name;
    while (str_line(&text, &line))
        if (str_cut(&line, '=', &name) && line.p && str_eq(str_trim(name), key))
            return unquote(a, str_trim(line));
    return NULL;
}

/* ---- containers ---- */

struct trace {
    const char *part, *name;
};

/* In a path of /proc/1/cgroup, or in the directories of an overlay root. */
static const struct trace container_paths[] = {
    {"kubepods", "kubernetes"},   {"libpod", "podman"},   {"containers/storage", "podman"},
    {"docker", "docker"},         {"lxc.payload", "lxc"}, {"/lxc/", "lxc"},
    {"containerd", "containerd"}, {"garden", "garden"},   {"buildkit", "buildkit"},
};

static bool contains(struct str text, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; text.n >= n && i <= text.n - n; i++)
        if (memcmp(text.p + i, part, n) == 0)
            return true;
    return false;
}

static const char *find_trace(const struct trace *table, size_t n, struct str text)
{
    for (size_t i = 0; text.p && i < n; i++)
        if (contains(text, table[i].part))
            return table[i].name;
    return NULL;
}

static bool is_wsl(const char *kernel)
{
    return kernel && (strstr(kernel, "icrosoft") || strstr(kernel, "WSL"));
}

/* A disk with the kernel's own process table around it is a machine, whatever its image was built
 * from. */
static bool own_machine(const struct container_traces *t)
{
    return t->kernel_threads && t->root_fs && strcmp(t->root_fs, "overlay") != 0 &&
           strcmp(t->root_fs, "aufs") != 0;
}

const char *container_from(const struct container_traces *t, const char **why)
{
    const char *by_cgroup = find_trace(container_paths, COUNT_OF(container_paths), t->cgroup_of_1);
    const char *by_root =
        t->root_fs && strcmp(t->root_fs, "overlay") == 0
            ? find_trace(container_paths, COUNT_OF(container_paths), str_from(t->root_options))
            : NULL;
    const struct {
        const char *name, *why;
        bool seen;
    } rules[] = {
        {"openvz", "/proc/vz", t->openvz},
        {"kubernetes", "environment of process 1", t->kubernetes},
        {t->systemd_container, "container variable of process 1", t->systemd_container != NULL},
        {"podman", "/run/.containerenv", t->containerenv && !own_machine(t)},
        {"docker", "/.dockerenv", t->dockerenv && !own_machine(t)},
        {by_cgroup, "/proc/1/cgroup", by_cgroup != NULL},
        {by_root, "mount of /", by_root != NULL && !own_machine(t)},
        {"none", "/proc/1/cgroup", t->cgroup_of_1.p != NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].seen) {
            *why = rules[i].why;
            return rules[i].name;
        }
    return NULL;
}

/* ---- virtual machines ---- */

static const struct trace signatures[] = {
    {"KVMKVMKVM", "kvm"},           {"Linux KVM Hv", "kvm"},     {"Microsoft Hv", "hyperv"},
    {"VMwareVMware", "vmware"},     {"XenVMMXenVMM", "xen"},     {"TCGTCGTCGTCG", "qemu"},
    {"VBoxVBoxVBox", "virtualbox"}, {"bhyve bhyve", "bhyve"},    {"ACRNACRNACRN", "acrn"},
    {" lrpepyh vr", "parallels"},   {"prl hyperv", "parallels"}, {"QNXQVMBSQG", "qnx"},
    {"SRESRESRESRE", "sre"},
};

static const struct trace dmi_names[] = {
    {"KVM", "kvm"},
    {"OpenStack", "kvm"},
    {"KubeVirt", "kvm"},
    {"Amazon EC2", "kvm"},
    {"Google", "kvm"}, /* Google Compute Engine */
    {"QEMU", "qemu"},
    {"VMware", "vmware"},
    {"VMW", "vmware"},
    {"innotek GmbH", "virtualbox"},
    {"VirtualBox", "virtualbox"},
    {"Xen", "xen"},
    {"Bochs", "bochs"},
    {"Parallels", "parallels"},
    {"BHYVE", "bhyve"},
    {"Virtual Machine", "hyperv"}, /* product of Microsoft Corporation */
    {"Apple Virtualization", "apple"},
};

static const char *from_dmi(const struct vm_traces *t)
{
    for (size_t i = 0; i < COUNT_OF(t->dmi); i++) {
        const char *name =
            t->dmi[i] ? find_trace(dmi_names, COUNT_OF(dmi_names), str_from(t->dmi[i])) : NULL;
        if (name)
            return name;
    }
    return NULL;
}

const char *vm_from(const struct vm_traces *t, const char **why)
{
    const char *cpuid =
        t->cpuid ? find_trace(signatures, COUNT_OF(signatures), str_from(t->cpuid)) : NULL;
    /* Clouds put their DMI names on whole machines too ("metal"): the CPU's flag decides. */
    const char *dmi = !t->x86 || t->hypervisor_flag ? from_dmi(t) : NULL;
    const struct {
        const char *name, *why;
        bool seen;
    } rules[] = {
        {"wsl", "kernel release", is_wsl(t->kernel)},
        /* VirtualBox and others speak KVM's interface to their guests; QEMU runs on KVM */
        {dmi, "DMI", dmi && cpuid && strcmp(cpuid, "kvm") == 0 && strcmp(dmi, "qemu") != 0},
        {cpuid, "CPUID", cpuid != NULL},
        {dmi, "DMI", dmi != NULL},
        {"xen", "/sys/hypervisor/type",
         t->hypervisor_type && strcmp(t->hypervisor_type, "xen") == 0},
        {"kvm", "device tree", t->device_tree && strstr(t->device_tree, "kvm")},
        {"vm", "cpuinfo", t->x86 && t->hypervisor_flag},
        {"none", "cpuinfo", t->x86},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].seen) {
            *why = rules[i].why;
            return rules[i].name;
        }
    return NULL;
}
