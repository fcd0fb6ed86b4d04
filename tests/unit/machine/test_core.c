#include "machine/core.h"
#include "test.h"

/* Rows of equal cores. */
struct row {
    size_t n;
    struct core_evidence evidence;
};

static const char *decide(const struct row *rows, size_t n_rows, bool amd, size_t *weak)
{
    static struct core cores[64];
    size_t n = 0;
    for (size_t i = 0; i < n_rows; i++)
        for (size_t k = 0; k < rows[i].n; k++)
            cores[n++] = (struct core){.evidence = rows[i].evidence};
    const char *source = core_decide_kinds(cores, n, amd);
    *weak = core_count_kind(cores, n, CORE_EFFICIENCY);
    assert_int_equal(core_count_kind(cores, n, CORE_PERFORMANCE), n - *weak);
    return source;
}

static void recorded_machines_have_the_kinds_their_makers_say(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct row rows[5];
        bool amd;
        size_t weak;
        const char *source;
    } machines[] = {
        {"GB10: 10 X925 and 10 A725, five capacities",
         {{5, {.capacity = 718, .midr = 0x410fd871}},
          {5, {.capacity = 997, .midr = 0x410fd851}},
          {5, {.capacity = 731, .midr = 0x410fd871}},
          {4, {.capacity = 1017, .midr = 0x410fd851}},
          {1, {.capacity = 1024, .midr = 0x410fd851}}},
         false,
         10,
         "cpu_capacity"},
        {"Snapdragon 8 Gen 2: A510 beside A710, A715 and X3",
         {{3, {.capacity = 280}}, {4, {.capacity = 855}}, {1, {.capacity = 1024}}},
         false,
         3,
         "cpu_capacity"},
        {"M1 Pro", {{2, {.capacity = 485}}, {6, {.capacity = 1024}}}, false, 2, "cpu_capacity"},
        {"i7-1370P, hybrid PMUs",
         {{6, {.hybrid = HYBRID_CORE}}, {8, {.hybrid = HYBRID_ATOM}}},
         false,
         8,
         "cpu_core and cpu_atom"},
        {"i7-1370P, CPPC with favoured cores",
         {{4, {.highest_perf = 64, .max_khz = 5000000}},
          {2, {.highest_perf = 67, .max_khz = 5200000}},
          {8, {.highest_perf = 39, .max_khz = 3900000}}},
         false,
         8,
         "acpi_cppc"},
        {"Lakefield: near in frequency, far in CPPC",
         {{1, {.highest_perf = 43, .max_khz = 3000000}},
          {4, {.highest_perf = 28, .max_khz = 2800000}}},
         false,
         4,
         "acpi_cppc"},
        {"AMD preferred cores are one kind",
         {{4, {.highest_perf = 236, .max_khz = 5700000}},
          {12, {.highest_perf = 166, .max_khz = 5500000}}},
         true,
         0,
         "cpufreq"},
        {"HX 370: Zen 5c by frequency",
         {{4, {.highest_perf = 196, .max_khz = 5150000}},
          {8, {.highest_perf = 136, .max_khz = 3300000}}},
         true,
         8,
         "cpufreq"},
        {"Kunpeng: one capacity", {{64, {.capacity = 1024}}}, false, 0, "cpu_capacity"},
        {"i7-1270P without frequencies",
         {{4, {.smt = 2, .l2_cores = 1}}, {8, {.smt = 1, .l2_cores = 4}}},
         false,
         8,
         "SMT and shared caches"},
        {"some siblings offline",
         {{4, {.smt = 2, .l2_cores = 1}}, {8, {.smt = 1, .l2_cores = 1}}},
         false,
         0,
         NULL},
        {"a small cache tells less than a frequency",
         {{4, {.smt = 2, .l2_cores = 1, .max_khz = 4000000}},
          {8, {.smt = 1, .l2_cores = 4, .max_khz = 4000000}}},
         false,
         0,
         "cpufreq"},
        {"nothing known", {{8, {0}}}, false, 0, NULL},
        {"known of some only", {{4, {.capacity = 1024}}, {4, {0}}}, false, 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        size_t weak;
        const char *source = decide(machines[i].rows, 5, machines[i].amd, &weak);
        if (weak != machines[i].weak)
            fail_msg("%s: %zu efficiency cores", machines[i].name, weak);
        if (!source != !machines[i].source || (source && strcmp(source, machines[i].source) != 0))
            fail_msg("%s: decided by %s", machines[i].name, source ? source : "nothing");
    }
}

static void a_design_is_one_kind_however_its_cores_are_clocked(void **state)
{
    (void)state;
    size_t weak;
    const struct row rows[] = {{1, {.capacity = 1024, .midr = 0x411fd4f0}},
                               {7, {.capacity = 700, .midr = 0x412fd4f1}}};
    decide(rows, 2, false, &weak);
    assert_int_equal(weak, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(recorded_machines_have_the_kinds_their_makers_say),
        TEST(a_design_is_one_kind_however_its_cores_are_clocked),
    };
    return RUN_TESTS(tests);
}
