#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "base/units.h"
#include "os/clock.h"
#include "os/proc.h"
#include "probe/bandwidth.h"
#include "test.h"

static void buffers_leave_the_caches_behind(void **state)
{
    (void)state;
    static const struct {
        uint64_t cache, room;
        unsigned n;
        uint64_t total; /* of all buffers; 0: refused */
    } cases[] = {
        {32 * MIB, 16 * GIB, 2, 256 * MIB},   /* eight times the cache */
        {1 * MIB, 4 * GIB, 4, 128 * MIB},     /* never less */
        {32 * MIB, 64 * GIB, 32, 512 * MIB},  /* 16 MiB a thread at least */
        {32 * MIB, 800 * MIB, 2, 200 * MIB},  /* a quarter of what is free */
        {32 * MIB, 500 * MIB, 2, 0},          /* not even four times the cache */
        {768 * MIB, 512 * GIB, 192, 4 * GIB}, /* two sockets with much cache */
        {2 * GIB, 512 * GIB, 192, 0},         /* 4 GiB are not enough there */
        {0, 16 * GIB, 2, 512 * MIB},          /* cache unknown: taken for large */
        {32 * MIB, 16 * GIB, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t each = bandwidth_buffer_bytes(cases[i].cache, cases[i].room, cases[i].n);
        uint64_t least = cases[i].total - cases[i].total / 16; /* whole chunks */
        if (each * cases[i].n > cases[i].total || each * cases[i].n < least)
            fail_msg("case %zu: %llu MiB each", i, (unsigned long long)(each / MIB));
    }
}

static struct cpu_set own_cpus(struct arena *a)
{
    struct cpu_set cpus = {0};
    cpu_set_t mask;
    assert_int_equal(sched_getaffinity(0, sizeof(mask), &mask), 0);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpu_set_count(&cpus) < 4; cpu++)
        if (CPU_ISSET(cpu, &mask))
            cpu_set_add(a, &cpus, cpu);
    return cpus;
}

static void reading_is_measured_in_time_and_memory_is_given_back(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct bandwidth b = {0};
    struct bandwidth_order order = {
        .cpus = own_cpus(&a), .cache_bytes = 8 * MIB, .room_bytes = 2 * GIB, .budget_ms = 1500};
    uint64_t before = proc_memory(getpid()).resident;
    double start = clock_s();
    CHECK_OK(bandwidth_measure(&a, &order, &b, &err), &err);
    double seconds = clock_s() - start;
    uint64_t after = proc_memory(getpid()).resident;
    print_message("# %.1f GB/s, %u runs, %.2f s%s\n", b.gb_s, b.runs, seconds,
                  b.busy ? ", others were busy" : "");
    assert_true(b.gb_s > 0.1 && b.gb_s < 10000);
    assert_true(b.runs >= 1);
    assert_true(b.thread_gb_s[0] > 0);
    assert_true(seconds < 2);
    assert_true(after < before + 32 * MIB);
    arena_release(&a);
}

static void without_time_or_memory_there_is_no_figure(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct bandwidth b = {.gb_s = -1};
    struct bandwidth_order order = {
        .cpus = own_cpus(&a), .cache_bytes = 8 * MIB, .room_bytes = 2 * GIB, .budget_ms = 0};
    assert_false(bandwidth_measure(&a, &order, &b, &err));
    CHECK_ERR(&err, "no time or no memory");
    order.room_bytes = 64 * MIB;
    assert_false(bandwidth_measure(&a, &order, &b, &err));
    CHECK_ERR(&err, "too little memory");
    assert_true(b.gb_s == -1); /* left alone */
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(buffers_leave_the_caches_behind),
        TEST(reading_is_measured_in_time_and_memory_is_given_back),
        TEST(without_time_or_memory_there_is_no_figure),
    };
    return RUN_TESTS(tests);
}
