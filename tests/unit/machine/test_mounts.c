#include "machine/mounts.h"
#include "test.h"

static const char mountinfo[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n"
    "709 632 0:26 /docker/4f5a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    "this is no line of a kernel\n"
    "30 27 8:17 / /mnt/my\\040models rw - btrfs /dev/sdb1 rw\n"
    "31 27 8:18 / /mnt rw - xfs /dev/sdb2 rw\n"
    "32 30 8:19 / /mnt/my\\040models rw - ext4 /dev/sdb3\n"
    "33 30 8:20 / /mnt/x rw -\n";

static void entries_have_their_parts(void **state)
{
    (void)state;
    struct arena a = {0};
    struct mount_list m = mounts_parse(&a, str_from(mountinfo));
    assert_int_equal(m.list.n, 6);
    assert_string_equal(m.list.v[1].number, "254:0");
    assert_string_equal(m.list.v[1].type, "ext4");
    assert_string_equal(m.list.v[1].source, "/dev/vda");
    assert_string_equal(m.list.v[2].root, "/docker/4f5a");
    assert_string_equal(m.list.v[2].options, "rw,memory");
    assert_string_equal(m.list.v[3].at, "/mnt/my models");
    assert_string_equal(m.list.v[5].options, "");
    m = mounts_parse_short(&a, STR("none /cgroup/memory cgroup rw,relatime,memory 0 0\n"
                                   "none /cgroup/unified cgroup2 rw 0 0\nproc /proc\n"));
    assert_int_equal(m.list.n, 2);
    assert_string_equal(m.list.v[0].at, "/cgroup/memory");
    assert_string_equal(m.list.v[0].root, "/");
    assert_string_equal(m.list.v[0].options, "rw,relatime,memory");
    arena_release(&a);
}

static void a_path_is_on_the_deepest_and_last_mount(void **state)
{
    (void)state;
    struct arena a = {0};
    struct mount_list m = mounts_parse(&a, str_from(mountinfo));
    assert_string_equal(mounts_find(&m, "/home/x", "")->source, "/dev/vda");
    assert_string_equal(mounts_find(&m, "/mnt/other", "")->source, "/dev/sdb2");
    assert_string_equal(mounts_find(&m, "/mnt/my models", "")->source, "/dev/sdb3");
    assert_string_equal(mounts_find(&m, "/mnt/my models/a", "")->source, "/dev/sdb3");
    assert_string_equal(mounts_find(&m, "/mntx", "")->source, "/dev/vda");
    /* /home/x is a link to the other disk */
    assert_string_equal(mounts_find(&m, "/home/x", "8:18")->source, "/dev/sdb2");
    assert_string_equal(mounts_find(&m, "/home/x", "9:99")->source, "/dev/vda");
    m.list.n = 0;
    assert_null(mounts_find(&m, "/", ""));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_have_their_parts),
        TEST(a_path_is_on_the_deepest_and_last_mount),
    };
    return RUN_TESTS(tests);
}
