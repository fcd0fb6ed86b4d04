/* The volumes that the model folders are on. */
#include <sys/types.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

#include "probe/probe_impl.h"

/* The device number as the kernel writes it; "" in a recording, whose files lie on our own disk. */
static const char *number_of(struct probe_run *r, uint64_t device)
{
#if defined(__linux__)
    if (r->env->live)
        return arena_printf(r->a, "%u:%u", major((dev_t)device), minor((dev_t)device));
#endif
    (void)device;
    return "";
}

static bool read_rotational(struct probe_run *r, const char *dir, uint64_t *out)
{
    return fs_read_u64(r->env->fs, r->a, path_join(r->a, dir, "queue/rotational"), out);
}

/* A partition has no queue: its disk's directory holds it, in /sys/dev/block through a link and in
 * /sys/block by name. */
static bool find_rotational(struct probe_run *r, const struct mount_entry *m, uint64_t *out)
{
    const char *by_number = arena_printf(r->a, "/sys/dev/block/%s", m->number);
    const char *name = path_base(m->source);
    if (read_rotational(r, by_number, out) ||
        read_rotational(r, path_join(r->a, by_number, ".."), out) ||
        read_rotational(r, path_join(r->a, "/sys/block", name), out))
        return true;
    struct fs_names disks = fs_list(r->env->fs, r->a, "/sys/block");
    for (size_t i = 0; *name && i < disks.n; i++) {
        const char *disk = path_join(r->a, "/sys/block", disks.v[i]);
        if (fs_stat(r->env->fs, path_join(r->a, disk, name)).kind == FS_DIR)
            return read_rotational(r, disk, out);
    }
    return false;
}

static bool is_virtual_machine(const struct probe_run *r)
{
    return r->m->os.virtualization.source && strcmp(r->m->os.virtualization.v, "none") != 0;
}

static void add_volume(struct probe_run *r, const struct mount_entry *m)
{
    for (size_t i = 0; i < r->m->storage.n; i++)
        if (strcmp(m->at, r->m->storage.v[i].mount) == 0)
            return;
    struct machine_storage volume = {.mount = m->at, .device = m->source};
    uint64_t rotational;
    /* virtual disks say that they turn, whatever lies below them */
    if (find_rotational(r, m, &rotational) && !(rotational && is_virtual_machine(r)))
        FACT_SET(&volume.rotational, rotational != 0, "sysfs");
    *VEC_PUSH(r->a, &r->m->storage) = volume;
}

void probe_storage(struct probe_run *r)
{
    for (size_t i = 0; i < r->env->n_model_dirs; i++) {
        const char *dir = r->env->model_dirs[i];
        struct fs_info info = fs_stat(r->env->fs, dir);
        while (info.kind == FS_NONE && strcmp(dir, "/") != 0 && strcmp(dir, ".") != 0) {
            dir = path_dir(r->a, dir);
            info = fs_stat(r->env->fs, dir);
        }
        const struct mount_entry *m = mounts_find(&r->mounts, dir, number_of(r, info.device));
        if (m)
            add_volume(r, m);
    }
}
