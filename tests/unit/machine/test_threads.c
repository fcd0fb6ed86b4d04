#include "machine/threads.h"
#include "test.h"

/* `n` cores of `smt` CPUs each; `step` apart are a core's siblings (1: side by side). */
struct layout {
    unsigned strong, weak, smt;
    bool siblings_apart; /* cpu N and N + cores, as Intel and AMD number them */
};

static struct core *lay_out(struct arena *a, struct layout l, size_t *n)
{
    unsigned strong_cpus = l.strong * l.smt;
    *n = l.strong + l.weak;
    struct core *cores = arena_array(a, *n, sizeof(*cores));
    for (unsigned i = 0; i < *n; i++) {
        cores[i].kind = i < l.strong ? CORE_PERFORMANCE : CORE_EFFICIENCY;
        for (unsigned k = 0; i < l.strong && k < l.smt; k++)
            cpu_set_add(a, &cores[i].cpus, l.siblings_apart ? i + k * l.strong : i * l.smt + k);
        if (i >= l.strong)
            cpu_set_add(a, &cores[i].cpus, strong_cpus + i - l.strong);
    }
    return cores;
}

static void the_documented_machines_get_their_threads(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct layout layout;
        const char *allowed;
        double quota;
        unsigned decode, batch;
        double usable;
    } cases[] = {
        {"8 threads in a quota of 4 (ollama #17916)", {8, 0, 1, 0}, "0-7", 4, 4, 4, 4},
        {"the same without quota", {8, 0, 1, 0}, "0-7", 0, 8, 8, 8},
        {"a quota above the CPUs", {4, 0, 1, 0}, "0-3", 16, 4, 4, 4},
        {"half a CPU", {8, 0, 2, 1}, "0-15", 0.5, 1, 1, 0.5},
        {"2.5 CPUs", {8, 0, 2, 1}, "0-15", 2.5, 2, 2, 2.5},
        {"a container sees the host's 32 cores (ollama #5554)", {32, 0, 1, 0}, "4-7", 0, 4, 4, 4},
        {"a cpuset counts siblings (llmman #331)", {16, 0, 2, 0}, "0-7", 0, 4, 4, 8},
        {"a cpuset of one sibling each", {16, 0, 2, 1}, "0-7", 0, 8, 8, 8},
        {"265K: 8 P and 12 E without SMT (llama.cpp #28625)", {8, 12, 1, 0}, "0-19", 0, 8, 20, 20},
        {"i7-1370P: 6 P with SMT, 8 E (llama.cpp #842)", {6, 8, 2, 0}, "0-19", 0, 6, 14, 20},
        {"i7-1370P pinned to its E-cores", {6, 8, 2, 0}, "12-19", 0, 8, 8, 8},
        {"i7-1370P pinned to a P-core and two E-cores", {6, 8, 2, 0}, "0,12-13", 0, 1, 3, 3},
        {"VM with six sockets of one core (ollama #7359)", {6, 0, 1, 0}, "0-5", 0, 6, 6, 6},
        {"VM with one core", {1, 0, 1, 0}, "0", 0, 1, 1, 1},
        {"Graviton 4: no SMT, no halving (ollama #2496)", {96, 0, 1, 0}, "0-95", 0, 96, 96, 96},
        {"two sockets of 32, siblings far apart", {64, 0, 2, 1}, "0-127", 0, 64, 64, 128},
        {"one node of it: 0-31,64-95", {64, 0, 2, 1}, "0-31,64-95", 0, 32, 32, 64},
        {"POWER: 4 cores of 4 threads (llama.cpp #9623)", {4, 0, 4, 0}, "0-15", 0, 4, 4, 16},
        {"CPU 0 offline: its sibling runs", {12, 0, 2, 1}, "1-23", 0, 12, 12, 23},
        {"a whole core offline", {12, 0, 2, 1}, "1-11,13-23", 0, 11, 11, 22},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        size_t n;
        struct core *cores = lay_out(&a, cases[i].layout, &n);
        struct threads_limits limits = {.quota_cpus = cases[i].quota};
        assert_true(cpu_set_parse(&a, str_from(cases[i].allowed), &limits.allowed));
        struct threads t = threads_recommend(cores, n, &limits);
        if (t.decode != cases[i].decode || t.batch != cases[i].batch ||
            t.usable_cpus != cases[i].usable)
            fail_msg("%s: %u, %u, %g", cases[i].name, t.decode, t.batch, t.usable_cpus);
        struct cpu_set pins = threads_cpus(&a, cores, n, &limits);
        assert_int_equal(cpu_set_count(&pins), t.decode);
        arena_release(&a);
    }
}

static void threads_are_pinned_to_one_sibling_of_each_strong_core(void **state)
{
    (void)state;
    struct arena a = {0};
    size_t n;
    struct core *cores = lay_out(&a, (struct layout){3, 4, 2, 0}, &n);
    struct threads_limits limits = {0};
    cpu_set_parse(&a, STR("1-9"), &limits.allowed);
    struct cpu_set pins = threads_cpus(&a, cores, n, &limits);
    assert_string_equal(cpu_set_text(&a, &pins), "1-2,4");
    arena_release(&a);
}

static void without_cores_nothing_is_recommended(void **state)
{
    (void)state;
    struct threads_limits limits = {.quota_cpus = 2};
    struct threads t = threads_recommend(NULL, 0, &limits);
    assert_int_equal(t.decode, 0);
    assert_int_equal(t.batch, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_documented_machines_get_their_threads),
        TEST(threads_are_pinned_to_one_sibling_of_each_strong_core),
        TEST(without_cores_nothing_is_recommended),
    };
    return RUN_TESTS(tests);
}
