/* Data: the sources, in the order in which they run; within a phase the order is the priority, for
 * the first to know a fact wins.  A new source is a file and a row here. */
#include "base/attr.h"
#include "probe/probe_impl.h"

const struct probe probe_table[] = {
    {"cpu model", PROBE_READ, PROBE_ANY, probe_cpu_model},
    {"operating system", PROBE_READ, PROBE_ANY, probe_os},
    {"control groups", PROBE_READ, PROBE_ANY, probe_cgroup},
    {"topology", PROBE_READ, PROBE_ANY, probe_topology_hwloc},
    {"topology without sysfs", PROBE_READ, PROBE_ANY, probe_topology_cpuinfo},
    {"affinity", PROBE_READ, PROBE_LIVE, probe_affinity},
    {"memory", PROBE_READ, PROBE_ANY, probe_meminfo},
    {"virtualization", PROBE_READ, PROBE_ANY, probe_virtualization},
    {"container", PROBE_READ, PROBE_ANY, probe_container},
    {"NVIDIA driver", PROBE_READ, PROBE_ANY, probe_gpu_nvidia},
    {"GPUs on PCI", PROBE_READ, PROBE_ANY, probe_gpu_pci},
    {"storage", PROBE_READ, PROBE_ANY, probe_storage},
    {"cpuset", PROBE_CORRECT, PROBE_ANY, probe_cpuset},
    {"core kinds", PROBE_CORRECT, PROBE_ANY, probe_core_kinds},
    {"CPU quota", PROBE_CORRECT, PROBE_ANY, probe_cpu_quota},
    {"memory nodes", PROBE_CORRECT, PROBE_ANY, probe_memory_nodes},
    {"memory limits", PROBE_CORRECT, PROBE_ANY, probe_memory_limits},
    {"GPU kinds", PROBE_CORRECT, PROBE_ANY, probe_gpu_finish},
    {"CPU counts", PROBE_DERIVE, PROBE_ANY, probe_cpu_counts},
    {"threads", PROBE_DERIVE, PROBE_ANY, probe_threads},
    {"names and pools", PROBE_DERIVE, PROBE_ANY, probe_names},
    {"memory bandwidth", PROBE_MEASURE, PROBE_LIVE | PROBE_TIME, probe_bandwidth},
};
const size_t probe_table_n = COUNT_OF(probe_table);
