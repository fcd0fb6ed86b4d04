/* ---- os/fs_impl.h: what the worlds of fs share; included by os/fs*.c only. ---- */
#ifndef OS_FS_IMPL_H
#define OS_FS_IMPL_H

#include <sys/types.h>

#include "os/fs.h"

struct fs_ops {
    struct fs_info (*stat)(const struct fs *fs, const char *path);
    bool (*read)(const struct fs *fs, struct arena *a, const char *path, size_t cap,
                 struct str *out, struct err *err);
    struct fs_names (*list)(const struct fs *fs, struct arena *a, const char *path);
    const char *(*readlink)(const struct fs *fs, struct arena *a, const char *path);
    bool (*map)(const struct fs *fs, const char *path, struct fs_map *out, struct err *err);
};

struct fs_entry {
    const char *path;
    struct str bytes;
};

struct fs {
    const struct fs_ops *ops;
    int root_fd; /* rooted world: its directory; -1: the real root */
    const char *root;
    struct arena *arena; /* memory world */
    struct fs_entry *entries;
    size_t n, cap;
};

/* Creates a new file beside `path` under a name of its own and puts the name into *name; -1 with
 * errno when that cannot be. */
int fs_open_beside(const char *path, mode_t mode, struct strbuf *name);

/* What a write to `path` replaces: the file that a link names, not the link. */
const char *fs_target(struct arena *a, const char *path);

#endif
