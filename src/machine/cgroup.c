/* Control group files, and where they are. */
#include "machine/cgroup.h"

/* Whole pages below 2^63: what v1 says when nobody set a limit.  Kernels differ in the page size,
 * and no machine comes near. */
static const uint64_t V1_UNLIMITED = (uint64_t)1 << 62;

enum { PATH_LONGEST = 4096 }; /* PATH_MAX: longer ones were not written by a kernel */

static bool word(struct str *line, struct str *out)
{
    while (line->n && *line->p == ' ') {
        line->p++;
        line->n--;
    }
    return line->n && str_cut(line, ' ', out);
}

static bool in_list(struct str list, const char *name)
{
    struct str item;
    while (str_cut(&list, ',', &item))
        if (str_eq(item, name))
            return true;
    return false;
}

bool cgroup_is_mount(const struct mount_entry *mount, const char *controller)
{
    if (!controller)
        return strcmp(mount->type, "cgroup2") == 0;
    return strcmp(mount->type, "cgroup") == 0 && in_list(str_from(mount->options), controller);
}

/* ID:CONTROLLERS:PATH, where v2 has id 0 and no controllers. */
const char *cgroup_path(struct arena *a, struct str proc_self_cgroup, const char *controller)
{
    struct str line;
    while (str_line(&proc_self_cgroup, &line)) {
        struct str id, controllers;
        if (!str_cut(&line, ':', &id) || !str_cut(&line, ':', &controllers) || !line.n ||
            *line.p != '/' || line.n > PATH_LONGEST)
            continue;
        bool ours =
            controller ? in_list(controllers, controller) : controllers.n == 0 && str_eq(id, "0");
        if (ours)
            return str_dup(a, line);
    }
    return NULL;
}

/* Where our group lies below the mount: "" at its very root.  A path that is outside of what is
 * mounted (another container's view, or "/../x" seen from a namespace) leaves the mount's root:
 * what is mounted for us is the best that we can see. */
static const char *below(const char *root, const char *path)
{
    size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
        return "";
    if (strncmp(path, "/..", 3) == 0 || strcmp(path + n, "/") == 0)
        return "";
    return path + n;
}

struct cgroup_dirs cgroup_dirs(struct arena *a, const struct mount_entry *mount, const char *path)
{
    struct cgroup_dirs dirs = {0};
    char *dir = arena_printf(a, "%s%s", mount->at, below(mount->root, path));
    size_t top = strlen(mount->at);
    for (size_t n = strlen(dir); n > top;) {
        *VEC_PUSH(a, &dirs.list) = arena_strndup(a, dir, n);
        while (n > top && dir[n - 1] != '/')
            n--;
        while (n > top && dir[n - 1] == '/')
            n--;
    }
    *VEC_PUSH(a, &dirs.list) = mount->at;
    return dirs;
}

static bool quota(struct str max, struct str period, double *cpus)
{
    long long us;
    unsigned long long period_us;
    if (!str_i64(str_trim(max), &us) || !str_u64(str_trim(period), &period_us))
        return false;
    if (us <= 0 || period_us == 0)
        return false;
    *cpus = (double)us / (double)period_us;
    return true;
}

bool cgroup_quota_v2(struct str cpu_max, double *cpus)
{
    struct str max, period;
    cpu_max = str_trim(cpu_max);
    if (!word(&cpu_max, &max))
        return false;
    if (!word(&cpu_max, &period))
        period = STR("100000"); /* the kernel's default period */
    return quota(max, period, cpus);
}

bool cgroup_quota_v1(struct str quota_us, struct str period_us, double *cpus)
{
    return quota(quota_us, period_us, cpus);
}

bool cgroup_bytes(struct str text, uint64_t *bytes)
{
    unsigned long long v;
    if (!str_u64(str_trim(text), &v) || v >= V1_UNLIMITED)
        return false;
    *bytes = v;
    return true;
}

struct str cgroup_stat(struct str memory_stat, const char *key)
{
    struct str line, name;
    while (str_line(&memory_stat, &line))
        if (str_cut(&line, ' ', &name) && str_eq(name, key))
            return line;
    return (struct str){0};
}
