#include "base/units.h"
#include "machine/meminfo.h"
#include "test.h"

static void available_is_what_the_kernel_says(void **state)
{
    (void)state;
    struct meminfo m = meminfo_parse(STR("MemTotal:       24684084 kB\n"
                                         "MemFree:        23215324 kB\n"
                                         "MemAvailable:   24268504 kB\n"
                                         "Active(file):     394040 kB\n"
                                         "Inactive(file):   625756 kB\n"
                                         "HugePages_Total:    1024\n"
                                         "Hugepagesize:       2048 kB\n"),
                                     0);
    assert_int_equal(m.total_bytes.v, 24684084 * KIB);
    assert_int_equal(m.available_bytes.v, 24268504 * KIB);
    assert_string_equal(m.available_bytes.source, "meminfo");
    assert_int_equal(m.free_bytes, 23215324 * KIB);
    assert_int_equal(m.file_bytes, (394040 + 625756) * KIB);
    assert_int_equal(m.huge_pages_bytes, 2 * GIB);
}

static void an_old_kernel_gets_the_kernels_own_estimate(void **state)
{
    (void)state;
    /* free 1000, file 400 of which 50 are kept, slab 60 of which 30 are, minus the mark of 50 */
    struct meminfo m = meminfo_parse(STR("MemTotal: 4000 kB\nMemFree: 1000 kB\nCached: 500 kB\n"
                                         "Active(file): 100 kB\nInactive(file): 300 kB\n"
                                         "SReclaimable: 60 kB\n"),
                                     40 * KIB);
    assert_int_equal(m.available_bytes.v, (1000 + 350 + 30 - 50) * KIB);
    assert_string_equal(m.available_bytes.source, "meminfo, estimated");
    /* before split lists: cache without shared memory */
    m = meminfo_parse(STR("MemTotal: 4000 kB\nMemFree: 1000 kB\nBuffers: 20 kB\nCached: 500 kB\n"
                          "Shmem: 120 kB\n"),
                      0);
    assert_int_equal(m.available_bytes.v, 1400 * KIB);
}

static void available_above_total_is_not_believed(void **state)
{
    (void)state;
    struct meminfo m = meminfo_parse(
        STR("MemTotal: 1000 kB\nMemFree: 200 kB\nMemAvailable: 18014398509481984 kB\n"), 0);
    assert_int_equal(m.available_bytes.v, 200 * KIB);
}

static void a_nodes_lines_are_read_too(void **state)
{
    (void)state;
    struct meminfo m = meminfo_parse(STR("Node 1 MemTotal:       8388608 kB\n"
                                         "Node 1 MemFree:        4194304 kB\n"
                                         "Node 1 Active(file):    100 kB\n"
                                         "Node 1 SReclaimable:     7 kB\n"),
                                     0);
    assert_int_equal(m.total_bytes.v, 8 * GIB);
    assert_int_equal(m.free_bytes, 4 * GIB);
    assert_int_equal(m.file_bytes, 100 * KIB);
    assert_int_equal(m.slab_bytes, 7 * KIB);
}

static void nonsense_stays_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "MemTotal: many kB\n", "MemTotal 12 kB\n",
                                        "MemTotal: -5 kB\n", "MemTotal: 0 kB\nMemFree: 1 kB\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct meminfo m = meminfo_parse(str_from(texts[i]), 0);
        assert_null(m.total_bytes.source);
        assert_null(m.available_bytes.source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(available_is_what_the_kernel_says),
        TEST(an_old_kernel_gets_the_kernels_own_estimate),
        TEST(available_above_total_is_not_believed),
        TEST(a_nodes_lines_are_read_too),
        TEST(nonsense_stays_unknown),
    };
    return RUN_TESTS(tests);
}
