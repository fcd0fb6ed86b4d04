#include "machine/cgroup.h"
#include "test.h"

static const char docker_v1[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "709 632 0:26 /docker/4f5a /sys/fs/cgroup/memory ro,nosuid master:11 - cgroup cgroup "
    "rw,memory\n"
    "710 632 0:27 /docker/4f5a /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
    "this is no line of a kernel\n"
    "711 632 0:28 / /sys/fs/my\\040unified rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

static void hierarchies_are_known_by_their_mounts(void **state)
{
    (void)state;
    struct arena a = {0};
    struct mount_list m = mounts_parse(&a, str_from(docker_v1));
    const struct mount_entry *proc = &m.list.v[0], *memory = &m.list.v[1], *cpu = &m.list.v[2],
                             *v2 = &m.list.v[3];
    assert_true(cgroup_is_mount(memory, "memory"));
    assert_false(cgroup_is_mount(memory, "mem"));
    assert_false(cgroup_is_mount(memory, NULL));
    assert_true(cgroup_is_mount(cpu, "cpu"));
    assert_true(cgroup_is_mount(cpu, "cpuacct"));
    assert_true(cgroup_is_mount(v2, NULL));
    assert_false(cgroup_is_mount(v2, "memory"));
    assert_false(cgroup_is_mount(proc, NULL));
    arena_release(&a);
}

static void our_path_is_taken_from_the_right_line(void **state)
{
    (void)state;
    struct arena a = {0};
    struct str text =
        STR("4:memory:/user/x:y\n3:cpu,cpuacct:/\n1:name=systemd:/s\n0::/u.slice/a\n");
    assert_string_equal(cgroup_path(&a, text, "memory"), "/user/x:y");
    assert_string_equal(cgroup_path(&a, text, "cpuacct"), "/");
    assert_string_equal(cgroup_path(&a, text, NULL), "/u.slice/a");
    assert_null(cgroup_path(&a, text, "cpuset"));
    assert_null(cgroup_path(&a, STR("0\\using\\colons\n:::\n1:cpu\n"), "cpu"));
    assert_null(cgroup_path(&a, STR("1::/"), NULL));
    arena_release(&a);
}

static void directories_lead_from_our_group_to_the_mount(void **state)
{
    (void)state;
    static const struct {
        const char *root, *path, *dirs;
    } cases[] = {
        {"/", "/", "/m"},
        {"/", "/a/b.slice/c", "/m/a/b.slice/c /m/a/b.slice /m/a /m"},
        {"/docker/4f5a", "/docker/4f5a", "/m"},        /* container without a namespace */
        {"/docker/4f5a", "/docker/4f5a/x", "/m/x /m"}, /* nested */
        {"/docker/4f5a", "/docker/4f5abc", "/m"},      /* a prefix in letters only */
        {"/docker/0123", "/docker", "/m"},             /* not visible */
        {"/", "/../other", "/m"},                      /* outside of our namespace */
        {"/..", "/", "/m"},                            /* mounted from outside */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct strbuf got = {0};
        struct mount_entry m = {.root = cases[i].root, .at = "/m"};
        struct cgroup_dirs dirs = cgroup_dirs(&a, &m, cases[i].path);
        for (size_t k = 0; k < dirs.list.n; k++)
            strbuf_addf(&got, "%s%s", k ? " " : "", dirs.list.v[k]);
        assert_string_equal(strbuf_cstr(&got), cases[i].dirs);
        strbuf_release(&got);
        arena_release(&a);
    }
}

static void quotas_are_cpus_and_no_quota_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *max;
        double cpus; /* 0: none */
    } v2[] = {
        {"max 100000\n", 0}, {"250000 100000", 2.5}, {"500000", 5},   {"50000 100000\n", 0.5},
        {"asdf 100000", 0},  {"500000 njn", 0},      {"250000 0", 0}, {"", 0},
        {"-1 100000", 0},    {"0 100000", 0},
    };
    for (size_t i = 0; i < COUNT_OF(v2); i++) {
        double cpus = 0;
        assert_true(cgroup_quota_v2(str_from(v2[i].max), &cpus) == (v2[i].cpus > 0));
        assert_true(cpus == v2[i].cpus);
    }
    double cpus = 0;
    assert_true(cgroup_quota_v1(STR("600000\n"), STR("100000\n"), &cpus) && cpus == 6);
    assert_false(cgroup_quota_v1(STR("-1\n"), STR("100000\n"), &cpus));
    assert_false(cgroup_quota_v1(STR("600000"), STR("0"), &cpus));
    assert_false(cgroup_quota_v1(STR("800000"), STR(""), &cpus));
    assert_true(cpus == 6);
}

static void memory_limits_and_statistics_are_read(void **state)
{
    (void)state;
    uint64_t v = 1;
    assert_true(cgroup_bytes(STR("2147483648\n"), &v) && v == 2147483648u);
    assert_false(cgroup_bytes(STR("max\n"), &v));
    assert_false(cgroup_bytes(STR("9223372036854771712\n"), &v)); /* v1, pages of 4 KiB */
    assert_false(cgroup_bytes(STR("9223372036854710272\n"), &v)); /* v1, pages of 64 KiB */
    assert_false(cgroup_bytes(STR(""), &v));
    assert_int_equal(v, 2147483648u);
    struct str stat = STR("cache 5\ninactive_file 4096\ntotal_inactive_file 8192\n");
    assert_true(str_eq(cgroup_stat(stat, "inactive_file"), "4096"));
    assert_true(str_eq(cgroup_stat(stat, "total_inactive_file"), "8192"));
    assert_int_equal(cgroup_stat(stat, "file").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hierarchies_are_known_by_their_mounts),
        TEST(our_path_is_taken_from_the_right_line),
        TEST(directories_lead_from_our_group_to_the_mount),
        TEST(quotas_are_cpus_and_no_quota_is_none),
        TEST(memory_limits_and_statistics_are_read),
    };
    return RUN_TESTS(tests);
}
