#include "machine/environment.h"
#include "test.h"

static void os_release_values_are_unquoted(void **state)
{
    (void)state;
    struct arena a = {0};
    struct str text = STR("# comment\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
                          "VERSION_ID='12'\nID=debian\nODD=\"a \\\"b\\\" \\$c\"\nEMPTY=\nBAD=\"\n");
    assert_string_equal(os_release_value(&a, text, "PRETTY_NAME"),
                        "Debian GNU/Linux 12 (bookworm)");
    assert_string_equal(os_release_value(&a, text, "VERSION_ID"), "12");
    assert_string_equal(os_release_value(&a, text, "ID"), "debian");
    assert_string_equal(os_release_value(&a, text, "ODD"), "a \"b\" $c");
    assert_string_equal(os_release_value(&a, text, "EMPTY"), "");
    assert_string_equal(os_release_value(&a, text, "BAD"), "\"");
    assert_null(os_release_value(&a, text, "NONE"));
    arena_release(&a);
}

static void containers_are_known_by_their_traces(void **state)
{
    (void)state;
    static const struct {
        struct container_traces t;
        const char *name, *why;
    } cases[] = {
        {{.dockerenv = true, .root_fs = "overlay"}, "docker", "/.dockerenv"},
        {{.containerenv = true, .root_fs = "overlay"}, "podman", "/run/.containerenv"},
        {{.systemd_container = "podman", .dockerenv = true},
         "podman",
         "container variable of process 1"},
        {{.systemd_container = "lxc", .cgroup_of_1 = {"0::/", 4}},
         "lxc",
         "container variable of process 1"},
        {{.kubernetes = true, .systemd_container = "docker"},
         "kubernetes",
         "environment of process 1"},
        {{.cgroup_of_1 = {"4:memory:/docker/4f5a\n", 22}}, "docker", "/proc/1/cgroup"},
        {{.cgroup_of_1 = {"0::/kubepods/burstable/docker-1", 31}}, "kubernetes", "/proc/1/cgroup"},
        {{.root_fs = "overlay",
          .root_options = "rw,upperdir=/var/lib/containers/storage/overlay/1/diff",
          .cgroup_of_1 = {"0::/", 4}},
         "podman",
         "mount of /"},
        {{.openvz = true, .cgroup_of_1 = {"0::/", 4}}, "openvz", "/proc/vz"},
        {{.cgroup_of_1 = {"0::/init.scope\n", 15}, .root_fs = "ext4"}, "none", "/proc/1/cgroup"},
        {{.dockerenv = true, .root_fs = "ext4", .cgroup_of_1 = {"0::/", 4}},
         "docker",
         "/.dockerenv"}, /* storage driver devicemapper */
        /* a virtual machine started from a container image; docker run --pid=host */
        {{.dockerenv = true, .kernel_threads = true, .root_fs = "ext4", .cgroup_of_1 = {"0::/", 4}},
         "none",
         "/proc/1/cgroup"},
        {{.dockerenv = true, .kernel_threads = true, .root_fs = "overlay"},
         "docker",
         "/.dockerenv"},
        {{.root_fs = "ext4"}, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *why = NULL, *name = container_from(&cases[i].t, &why);
        if (!name != !cases[i].name || (name && strcmp(name, cases[i].name) != 0) ||
            (name && strcmp(why, cases[i].why) != 0))
            fail_msg("case %zu: %s by %s", i, name ? name : "unknown", why ? why : "nothing");
    }
}

static void virtual_machines_are_known_by_their_traces(void **state)
{
    (void)state;
    static const struct {
        struct vm_traces t;
        const char *name, *why;
    } cases[] = {
        {{.x86 = true, .hypervisor_flag = true, .cpuid = "KVMKVMKVM"}, "kvm", "CPUID"},
        {{.x86 = true, .hypervisor_flag = true, .cpuid = "KVMKVMKVM", .dmi = {"QEMU"}},
         "kvm",
         "CPUID"},
        {{.x86 = true, .hypervisor_flag = true, .cpuid = "KVMKVMKVM", .dmi = {"innotek GmbH"}},
         "virtualbox",
         "DMI"},
        {{.x86 = true, .hypervisor_flag = true, .cpuid = "VMwareVMware"}, "vmware", "CPUID"},
        {{.x86 = true,
          .hypervisor_flag = true,
          .dmi = {"Microsoft Corporation", "Virtual Machine"}},
         "hyperv",
         "DMI"},
        {{.x86 = true,
          .hypervisor_flag = true,
          .cpuid = "Microsoft Hv",
          .kernel = "5.15.90.1-microsoft-standard-WSL2"},
         "wsl",
         "kernel release"},
        {{.x86 = true, .hypervisor_flag = true}, "vm", "cpuinfo"},
        {{.x86 = true, .dmi = {"Amazon EC2", "m5.metal"}}, "none", "cpuinfo"},
        {{.x86 = true, .dmi = {"LENOVO", "20XW"}}, "none", "cpuinfo"},
        {{.x86 = true, .hypervisor_type = "xen"}, "xen", "/sys/hypervisor/type"},
        {{.dmi = {"Amazon EC2", "c8g.24xlarge"}}, "kvm", "DMI"}, /* ARM has no flag */
        {{.device_tree = "linux,kvm"}, "kvm", "device tree"},
        {{.kernel = "6.1.0-18-arm64"}, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *why = NULL, *name = vm_from(&cases[i].t, &why);
        if (!name != !cases[i].name || (name && strcmp(name, cases[i].name) != 0) ||
            (name && strcmp(why, cases[i].why) != 0))
            fail_msg("case %zu: %s by %s", i, name ? name : "unknown", why ? why : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(os_release_values_are_unquoted),
        TEST(containers_are_known_by_their_traces),
        TEST(virtual_machines_are_known_by_their_traces),
    };
    return RUN_TESTS(tests);
}
