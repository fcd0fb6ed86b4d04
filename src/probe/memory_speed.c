/* The measured memory bandwidth, of the machine and of each NUMA node. */
#include "base/log.h"
#include "probe/bandwidth.h"
#include "probe/probe_impl.h"

enum { BUDGET_MS = 1500 };

/* A loop that was not optimized measures itself, not the memory. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
enum { CAN_MEASURE = 1 };
#else
enum { CAN_MEASURE = 0 };
#endif

static const struct core *core_with(const struct probe_run *r, unsigned cpu)
{
    for (size_t i = 0; i < r->cores.list.n; i++)
        if (cpu_set_has(&r->cores.list.v[i].cpus, cpu))
            return &r->cores.list.v[i];
    return NULL;
}

static void take_nodes(struct probe_run *r, const struct cpu_set *cpus, const struct bandwidth *b,
                       const char *source)
{
    unsigned i = 0;
    for (unsigned cpu = cpu_set_first(cpus); cpu < CPU_SET_MAX; cpu = cpu_set_next(cpus, cpu)) {
        const struct core *core = core_with(r, cpu);
        double gb_s = b->thread_gb_s[i++];
        for (size_t k = 0; core && k < r->m->memory.nodes.n; k++) {
            struct machine_node *node = &r->m->memory.nodes.v[k];
            if (node->id == core->node)
                node->bandwidth_gb_s = (struct fact_f64){node->bandwidth_gb_s.v + gb_s, source};
        }
    }
}

/* With less than a CPU's time for each thread, the best run is one that fell between two pauses:
 * what lasts is its share. */
static void spread_over_quota(const struct probe_run *r, const struct cpu_set *cpus,
                              struct bandwidth *b)
{
    unsigned n = cpu_set_count(cpus);
    if (r->limits.quota_cpus <= 0 || r->limits.quota_cpus >= n)
        return;
    double share = r->limits.quota_cpus / n;
    b->gb_s *= share;
    for (unsigned i = 0; i < n; i++)
        b->thread_gb_s[i] *= share;
}

void probe_bandwidth(struct probe_run *r)
{
    struct bandwidth_order order = {
        .cpus = threads_cpus(r->a, r->cores.list.v, r->cores.list.n, &r->limits),
        .cache_bytes = r->m->cpu.llc_bytes.v,
        .room_bytes = r->m->memory.available_bytes.v,
        .budget_ms = BUDGET_MS,
    };
    struct bandwidth b;
    struct err err = {0};
    if (!CAN_MEASURE) {
        machine_note(r->m, r->a, "this build is for finding bugs: it measures no bandwidth");
        return;
    }
    if (!bandwidth_measure(r->a, &order, &b, &err)) {
        char text[1400];
        machine_note(r->m, r->a, "%s", err_text(&err, text, sizeof(text)));
        return;
    }
    log_detail("memory bandwidth: %.1f GB/s, best of %u runs of %u threads%s", b.gb_s, b.runs,
               cpu_set_count(&order.cpus), b.busy ? ", while others used the machine" : "");
    const char *source = b.busy ? "measured while busy" : "measured";
    spread_over_quota(r, &order.cpus, &b);
    FACT_FILL(&r->m->memory.bandwidth_gb_s, b.gb_s, source);
    take_nodes(r, &order.cpus, &b, source);
    if (b.busy)
        machine_note(r->m, r->a,
                     "the memory bandwidth was measured while others used the machine: "
                     "it is provisional");
}
