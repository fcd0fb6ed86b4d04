#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/machine_json.h"
#include "os/clock.h"
#include "probe/probe.h"
#include "probe/probe_impl.h"
#include "test.h"

static struct machine probe(struct arena *a, const struct probe_env *env)
{
    struct machine m = {0};
    struct err err = {0};
    CHECK_OK(probe_machine(a, env, &m, &err), &err);
    return m;
}

static struct machine here(struct arena *a)
{
    const struct probe_env env = {.fs = fs_real(), .live = true, .quick = true};
    return probe(a, &env);
}

static void the_table_is_in_the_order_of_its_phases(void **state)
{
    (void)state;
    for (size_t i = 1; i < probe_table_n; i++) {
        if (probe_table[i].phase < probe_table[i - 1].phase)
            fail_msg("\"%s\" runs too late", probe_table[i].name);
        assert_non_null(probe_table[i].run);
    }
    assert_int_equal(probe_table[probe_table_n - 1].phase, PROBE_MEASURE);
}

static void this_machine_is_plausible(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = here(&a);
    uint64_t online = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t ram = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_in_range(m.cpu.physical_cores.v, 1, online);
    assert_in_range(m.cpu.logical_cpus.v, m.cpu.physical_cores.v, online);
    assert_int_equal(m.cpu.performance_cores.v + m.cpu.efficiency_cores.v, m.cpu.physical_cores.v);
    assert_true(m.cpu.usable_cpus.v > 0 && m.cpu.usable_cpus.v <= (double)online);
    assert_in_range(m.cpu.recommended_threads.v, 1, m.cpu.physical_cores.v);
    assert_in_range(m.cpu.recommended_threads_batch.v, m.cpu.recommended_threads.v,
                    m.cpu.physical_cores.v);
    assert_in_range(m.memory.total_bytes.v, 1, ram + ram / 8);
    assert_in_range(m.memory.available_bytes.v, 1, m.memory.total_bytes.v);
    assert_non_null(m.os.kernel.source);
    assert_non_null(m.os.arch.source);
    assert_non_null(m.display_name.source);
    assert_null(m.memory.bandwidth_gb_s.source); /* quick measures nothing */
    assert_non_null(machine_find_pool(&m, "host"));
    arena_release(&a);
}

static void a_quick_look_takes_milliseconds(void **state)
{
    (void)state;
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        struct arena a = {0};
        double start = clock_s();
        here(&a);
        double ms = (clock_s() - start) * 1e3;
        best = ms < best ? ms : best;
        arena_release(&a);
    }
    print_message("# best of 5 quick looks: %.2f ms\n", best);
    assert_true(best < 60);
}

static void the_environment_of_hwloc_is_left_as_it_was(void **state)
{
    (void)state;
    struct arena a = {0};
    setenv("HWLOC_SYNTHETIC", "pack:2 core:8 pu:2", 1);
    unsetenv("HWLOC_PLUGINS_PATH");
    struct machine m = here(&a);
    assert_in_range(m.cpu.physical_cores.v, 1, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    assert_string_equal(getenv("HWLOC_SYNTHETIC"), "pack:2 core:8 pu:2");
    assert_null(getenv("HWLOC_PLUGINS_PATH"));
    unsetenv("HWLOC_SYNTHETIC");
    arena_release(&a);
}

/* ---- worlds in memory ---- */

static void add(struct fs *fs, const char *path, const char *text)
{
    fs_memory_add(fs, path, text, strlen(text));
}

static void a_tree_that_is_no_machine_is_refused(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct machine m = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/home/x", "y");
    const struct probe_env env = {.fs = fs};
    assert_false(probe_machine(&a, &env, &m, &err));
    CHECK_ERR(&err, "neither proc nor sys");
    arena_release(&a);
}

static void nothing_known_is_no_failure(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/proc/nothing", "");
    const struct probe_env env = {.fs = fs};
    struct machine m = probe(&a, &env);
    assert_null(m.cpu.physical_cores.source);
    assert_null(m.cpu.recommended_threads.source);
    assert_null(m.memory.total_bytes.source);
    assert_int_equal(m.gpus.n, 0);
    assert_int_equal(m.notes.n, 0);
    assert_string_equal(m.recommended_backend.v, "cpu");
    assert_null(machine_find_pool(&m, "host")->total_bytes.source);
    arena_release(&a);
}

static void cores_without_sysfs_come_from_cpuinfo(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/proc/cpuinfo",
        "processor : 0\nphysical id : 0\ncore id : 0\n\nprocessor : 1\nphysical id : 0\n"
        "core id : 1\n\nprocessor : 2\nphysical id : 0\ncore id : 0\n\nprocessor : 3\n"
        "physical id : 1\ncore id : 0\n");
    const struct probe_env env = {.fs = fs};
    struct machine m = probe(&a, &env);
    assert_int_equal(m.cpu.physical_cores.v, 3);
    assert_int_equal(m.cpu.logical_cpus.v, 4);
    assert_int_equal(m.cpu.packages.v, 2);
    assert_int_equal(m.cpu.recommended_threads.v, 3);
    assert_string_equal(m.cpu.physical_cores.source, "cpuinfo");
    arena_release(&a);
}

static void limits_of_both_hierarchies_are_walked(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\n");
    add(fs, "/proc/cpuinfo", "processor : 0\n\nprocessor : 1\n\nprocessor : 2\n\nprocessor : 3\n");
    add(fs, "/proc/self/cgroup", "4:memory:/a/b\n3:cpu:/c\n0::/u\n");
    add(fs, "/proc/self/mountinfo",
        "1 0 0:1 / /cg/memory rw - cgroup cgroup rw,memory\n"
        "2 0 0:2 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
        "3 0 0:3 / /cg/unified rw - cgroup2 cgroup2 rw\n");
    add(fs, "/cg/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    add(fs, "/cg/memory/a/memory.limit_in_bytes", "4294967296\n");
    add(fs, "/cg/memory/a/memory.usage_in_bytes", "536870912\n");
    add(fs, "/cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
    add(fs, "/cg/unified/u/memory.max", "3221225472\n"); /* tighter, but all of it free */
    add(fs, "/cg/cpu/c/cpu.cfs_quota_us", "300000\n");
    add(fs, "/cg/cpu/cpu.cfs_quota_us", "200000\n");
    add(fs, "/cg/cpu/cpu.cfs_period_us", "100000\n");
    add(fs, "/cg/cpu/c/cpu.cfs_period_us", "100000\n");
    add(fs, "/cg/unified/u/cpu.max", "max 100000\n");
    const struct probe_env env = {.fs = fs};
    struct machine m = probe(&a, &env);
    assert_int_equal(m.memory.limit_bytes.v, 3221225472u);
    assert_string_equal(m.memory.limit_bytes.source, "cgroup v2");
    assert_int_equal(m.memory.available_bytes.v, 3221225472u);
    assert_true(m.cpu.usable_cpus.v == 2);
    assert_int_equal(m.cpu.recommended_threads.v, 2);
    assert_string_equal(machine_find_pool(&m, "host")->allocatable_bytes.source, "cgroup v2");
    arena_release(&a);
}

static void a_limit_above_the_memory_is_none(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n");
    add(fs, "/proc/self/cgroup", "0::/\n");
    add(fs, "/proc/self/mountinfo", "3 0 0:3 / /cg rw - cgroup2 cgroup2 rw\n");
    add(fs, "/cg/memory.max", "1073741824\n"); /* the total, to the byte */
    add(fs, "/cg/memory.current", "1073741824\n");
    const struct probe_env env = {.fs = fs};
    struct machine m = probe(&a, &env);
    assert_null(m.memory.limit_bytes.source);
    assert_int_equal(m.memory.available_bytes.v, 536870912);
    assert_string_equal(m.memory.available_bytes.source, "meminfo");
    arena_release(&a);
}

static void a_card_without_a_driver_is_there_and_said_so(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fs *fs = fs_memory(&a);
    add(fs, "/sys/bus/pci/devices/0000:01:00.0/uevent",
        "PCI_CLASS=30200\nPCI_ID=10DE:20B0\nPCI_SLOT_NAME=0000:01:00.0\n");
    add(fs, "/sys/bus/pci/devices/0000:02:00.0/uevent",
        "DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:02:00.0\n");
    add(fs, "/sys/bus/pci/devices/0000:03:00.0/uevent",
        "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=8086:0975\nPCI_SLOT_NAME=0000:03:00.0\n");
    const struct probe_env env = {.fs = fs};
    struct machine m = probe(&a, &env);
    assert_int_equal(m.gpus.n, 2);
    assert_string_equal(m.gpus.v[0].driver.v, "none");
    assert_string_equal(m.gpus.v[0].pci_id.v, "10de:20b0");
    assert_null(m.gpus.v[0].memory_total_bytes.source);
    assert_int_equal(m.notes.n, 2);
    assert_non_null(strstr(m.notes.v[0], "no driver is bound to the GPU 0000:01:00.0"));
    assert_non_null(strstr(m.notes.v[1], "set aside for a virtual machine"));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_table_is_in_the_order_of_its_phases),
        TEST(this_machine_is_plausible),
        TEST(a_quick_look_takes_milliseconds),
        TEST(the_environment_of_hwloc_is_left_as_it_was),
        TEST(a_tree_that_is_no_machine_is_refused),
        TEST(nothing_known_is_no_failure),
        TEST(cores_without_sysfs_come_from_cpuinfo),
        TEST(limits_of_both_hierarchies_are_walked),
        TEST(a_limit_above_the_memory_is_none),
        TEST(a_card_without_a_driver_is_there_and_said_so),
    };
    return RUN_TESTS(tests);
}
