/* Which cores are efficiency cores, from what the kernel knows about them. */
#include "machine/core.h"

/* A core below this share of the strongest is an efficiency core.  Shares read from recorded
 * machines: Apple Icestorm 0.47, Cortex-A510 0.27, Cortex-A725 in GB10 0.71, Gracemont in an
 * i7-1370P 0.58, Tremont in Lakefield 0.65; Zen 5c 0.64 by frequency (3.3 of 5.15 GHz, HX 370).
 * Not below it: Cortex-A710 and A715 beside an X3 0.83, and cores of one kind that are not the
 * favoured ones: 0.96 (i7-1370P), 0.97 (Cortex-X925 in GB10). */
static const double EFFICIENCY_BELOW = 0.8;

/* Implementer and part number: the same design, whatever its stepping or clock. */
static const uint64_t MIDR_DESIGN = 0xff00fff0;

typedef uint64_t strength(const struct core_evidence *e);

static uint64_t by_capacity(const struct core_evidence *e)
{
    return e->capacity;
}

static uint64_t by_highest_perf(const struct core_evidence *e)
{
    return e->highest_perf;
}

static uint64_t by_max_khz(const struct core_evidence *e)
{
    return e->max_khz;
}

static bool known_of_all(const struct core *cores, size_t n, strength *of)
{
    for (size_t i = 0; i < n; i++)
        if (!of(&cores[i].evidence))
            return false;
    return n > 0;
}

/* A core is as strong as the strongest of its design: a favoured core runs higher, and its
 * twins are no weaker kind for that. */
static uint64_t design_strength(const struct core *cores, size_t n, size_t which, strength *of)
{
    uint64_t design = cores[which].evidence.midr & MIDR_DESIGN;
    uint64_t best = of(&cores[which].evidence);
    for (size_t i = 0; design && i < n; i++)
        if ((cores[i].evidence.midr & MIDR_DESIGN) == design && of(&cores[i].evidence) > best)
            best = of(&cores[i].evidence);
    return best;
}

static bool split_by(struct core *cores, size_t n, strength *of)
{
    uint64_t best = 0;
    for (size_t i = 0; i < n; i++)
        if (of(&cores[i].evidence) > best)
            best = of(&cores[i].evidence);
    bool split = false;
    for (size_t i = 0; i < n; i++) {
        double share = (double)design_strength(cores, n, i, of) / (double)best;
        cores[i].kind = share < EFFICIENCY_BELOW ? CORE_EFFICIENCY : CORE_PERFORMANCE;
        split |= cores[i].kind == CORE_EFFICIENCY;
    }
    return split;
}

static bool split_by_hybrid(struct core *cores, size_t n)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        known += cores[i].evidence.hybrid != HYBRID_UNKNOWN;
    for (size_t i = 0; known == n && i < n; i++)
        cores[i].kind =
            cores[i].evidence.hybrid == HYBRID_ATOM ? CORE_EFFICIENCY : CORE_PERFORMANCE;
    return n > 0 && known == n;
}

/* In a virtual machine the frequencies and PMUs are often hidden, the topology is not: Intel's
 * efficiency cores have no SMT and share an L2 cache, beside performance cores with both. */
static bool split_by_modules(struct core *cores, size_t n)
{
    size_t strong = 0, weak = 0;
    for (size_t i = 0; i < n; i++) {
        const struct core_evidence *e = &cores[i].evidence;
        strong += e->smt > 1 && e->l2_cores == 1;
        weak += e->smt == 1 && e->l2_cores > 1;
    }
    if (!strong || !weak || strong + weak != n)
        return false;
    for (size_t i = 0; i < n; i++)
        cores[i].kind = cores[i].evidence.smt > 1 ? CORE_PERFORMANCE : CORE_EFFICIENCY;
    return true;
}

const char *core_decide_kinds(struct core *cores, size_t n, bool amd)
{
    /* AMD ranks cores of one kind in highest_perf (preferred cores; kernel documentation,
     * admin-guide/pm/amd-pstate): only the frequency tells Zen 5c from Zen 5 there. */
    const struct {
        strength *of;
        const char *source;
        bool usable;
    } measures[] = {
        {by_capacity, "cpu_capacity", true},
        {by_highest_perf, "acpi_cppc", !amd},
        {by_max_khz, "cpufreq", true},
    };
    for (size_t i = 0; i < n; i++)
        cores[i].kind = CORE_PERFORMANCE;
    if (split_by_hybrid(cores, n))
        return "cpu_core and cpu_atom";
    const char *source = NULL;
    for (size_t i = 0; i < COUNT_OF(measures); i++) {
        if (!measures[i].usable || !known_of_all(cores, n, measures[i].of))
            continue;
        source = source ? source : measures[i].source;
        if (split_by(cores, n, measures[i].of))
            return measures[i].source;
    }
    if (!source && split_by_modules(cores, n))
        return "SMT and shared caches";
    return source;
}

size_t core_count_kind(const struct core *cores, size_t n, enum core_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += cores[i].kind == kind;
    return count;
}
