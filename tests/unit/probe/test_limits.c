/* Real limits of this kernel: affinity, and control groups where we may make them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/units.h"
#include "machine/cgroup.h"
#include "os/fs.h"
#include "probe/probe.h"
#include "test.h"

/* What a child under a limit tells its parent. */
struct report {
    uint64_t threads, threads_batch, logical, total, available, limit;
    double usable;
    char limit_source[32];
};

typedef bool enter_limit(const void *limit); /* in the child; false: not possible */

static bool report_from_child(enter_limit *enter, const void *limit, struct report *out)
{
    int pipe_fd[2];
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    if (child == 0) {
        struct arena a = {0};
        struct err err = {0};
        struct machine m = {0};
        struct report r = {0};
        const struct probe_env env = {.fs = fs_real(), .live = true, .quick = true};
        if (!enter(limit) || !probe_machine(&a, &env, &m, &err))
            _exit(1);
        r = (struct report){
            .threads = m.cpu.recommended_threads.v,
            .threads_batch = m.cpu.recommended_threads_batch.v,
            .logical = m.cpu.logical_cpus.v,
            .total = m.memory.total_bytes.v,
            .available = m.memory.available_bytes.v,
            .limit = m.memory.limit_bytes.v,
            .usable = m.cpu.usable_cpus.v,
        };
        if (m.memory.limit_bytes.source)
            strncpy(r.limit_source, m.memory.limit_bytes.source, sizeof(r.limit_source) - 1);
        _exit(write(pipe_fd[1], &r, sizeof(r)) == sizeof(r) ? 0 : 1);
    }
    close(pipe_fd[1]);
    ssize_t got = read(pipe_fd[0], out, sizeof(*out));
    close(pipe_fd[0]);
    int status;
    waitpid(child, &status, 0);
    return got == sizeof(*out);
}

static bool pin_to_first(const void *limit)
{
    (void)limit;
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof(mask), &mask) != 0)
        return false;
    size_t first = 0;
    while (!CPU_ISSET(first, &mask))
        first++;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    return sched_setaffinity(0, sizeof(mask), &mask) == 0;
}

static void affinity_limits_threads_but_not_the_machine(void **state)
{
    (void)state;
    struct report r = {0};
    assert_true(report_from_child(pin_to_first, NULL, &r));
    assert_int_equal(r.threads, 1);
    assert_int_equal(r.threads_batch, 1);
    assert_true(r.usable <= 1);
    assert_true(r.logical >= 1 && r.logical <= (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        print_message("# %llu logical CPUs, 1 used\n", (unsigned long long)r.logical);
}

/* ---- control groups ---- */

struct group {
    struct arena a;
    bool v2;
    const char *dir;
};

static bool write_file(const char *dir, const char *name, const char *text)
{
    struct arena a = {0};
    int fd = open(path_join(&a, dir, name), O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    arena_release(&a);
    return done;
}

static struct str read_text(struct arena *a, const char *path)
{
    struct str text = {0};
    struct err err = {0};
    fs_read(fs_real(), a, path, 1 << 20, &text, &err);
    return text;
}

/* A group of our own below the one that we are in, in the hierarchy that has the controller; skips
 * the test where this kernel, container or user cannot have one. */
static void make_group(struct group *g, const char *controller, const char *probe_file[2])
{
    struct mount_list mounts = mounts_parse(&g->a, read_text(&g->a, "/proc/self/mountinfo"));
    struct str own = read_text(&g->a, "/proc/self/cgroup");
    for (int v2 = 0; v2 < 2; v2++) {
        const char *path = cgroup_path(&g->a, own, v2 ? NULL : controller);
        for (size_t i = 0; path && i < mounts.list.n; i++) {
            if (!cgroup_is_mount(&mounts.list.v[i], v2 ? NULL : controller))
                continue;
            struct cgroup_dirs dirs = cgroup_dirs(&g->a, &mounts.list.v[i], path);
            g->v2 = v2;
            g->dir = arena_printf(&g->a, "%s/tailor-test-%ld", dirs.list.v[0], (long)getpid());
            if (mkdir(g->dir, 0755) != 0)
                continue;
            if (access(path_join(&g->a, g->dir, probe_file[v2]), W_OK) == 0)
                return;
            rmdir(g->dir);
        }
    }
    arena_release(&g->a);
    print_message("no writable %s control group on this machine\n", controller);
    skip();
}

static void drop_group(struct group *g)
{
    int status = rmdir(g->dir);
    arena_release(&g->a);
    assert_int_equal(status, 0);
}

static bool join_group(const void *limit)
{
    const struct group *g = limit;
    return write_file(g->dir, "cgroup.procs", "0");
}

static void a_real_cpu_quota_limits_threads(void **state)
{
    (void)state;
    struct group g = {0};
    struct report r = {0};
    make_group(&g, "cpu", (const char *[2]){"cpu.cfs_quota_us", "cpu.max"});
    bool set = g.v2 ? write_file(g.dir, "cpu.max", "150000 100000")
                    : write_file(g.dir, "cpu.cfs_period_us", "100000") &&
                          write_file(g.dir, "cpu.cfs_quota_us", "150000");
    bool told = set && report_from_child(join_group, &g, &r);
    drop_group(&g);
    assert_true(told);
    print_message("# cgroup v%d: quota 1.5, usable %g of %llu CPUs\n", g.v2 ? 2 : 1, r.usable,
                  (unsigned long long)r.logical);
    assert_int_equal(r.threads, 1);
    assert_true(r.usable == (r.logical > 1 ? 1.5 : 1));
}

static void a_real_memory_limit_is_seen(void **state)
{
    (void)state;
    struct group g = {0};
    struct report r = {0};
    const uint64_t limit = 256 * MIB;
    make_group(&g, "memory", (const char *[2]){"memory.limit_in_bytes", "memory.max"});
    bool set = write_file(g.dir, g.v2 ? "memory.max" : "memory.limit_in_bytes", "268435456");
    bool told = set && report_from_child(join_group, &g, &r);
    drop_group(&g);
    assert_true(told);
    print_message("# %s: limit 256 MB, %.0f MB available\n", r.limit_source,
                  (double)r.available / (double)MIB);
    assert_int_equal(r.limit, limit);
    assert_true(r.total > limit);
    assert_in_range(r.available, limit - 64 * MIB, limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(affinity_limits_threads_but_not_the_machine),
        TEST(a_real_cpu_quota_limits_threads),
        TEST(a_real_memory_limit_is_seen),
    };
    return RUN_TESTS(tests);
}
