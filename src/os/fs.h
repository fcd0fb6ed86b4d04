/* ---- os/fs.h: every file access of the program goes through a `struct fs`.
 *
 * Three worlds: the real one, one rooted at a recorded tree ("/proc/cpuinfo" is read from
 * ROOT/proc/cpuinfo, and links never leave ROOT), and one in memory for tests and fuzzers.  Paths
 * are absolute or relative as in the real world; results live in the arena given. */
#ifndef OS_FS_H
#define OS_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct fs;

const struct fs *fs_real(void);
/* The directory must exist. */
bool fs_rooted(struct arena *a, const char *root, const struct fs **out, struct err *err);
/* An empty world; fs_memory_add copies nothing: the bytes must outlive the world. */
struct fs *fs_memory(struct arena *a);
void fs_memory_add(struct fs *fs, const char *path, const void *bytes, size_t n);

bool fs_is_real(const struct fs *fs);
/* The directory that stands for "/", for libraries that open files themselves; NULL in memory. */
const char *fs_root(const struct fs *fs);

enum fs_kind { FS_NONE, FS_FILE, FS_DIR, FS_OTHER };

struct fs_info {
    enum fs_kind kind; /* links are followed; FS_NONE: not there */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t device, inode; /* 0 in memory */
};

struct fs_info fs_stat(const struct fs *fs, const char *path);

/* The whole file, followed by a NUL that is not counted; refused when longer than cap. */
bool fs_read(const struct fs *fs, struct arena *a, const char *path, size_t cap, struct str *out,
             struct err *err);
/* For /proc and /sys: the file's text without blanks at the ends, or NULL when it cannot be read
 * (missing, no permission, longer than 1 MiB). */
const char *fs_read_word(const struct fs *fs, struct arena *a, const char *path);
/* The same as a whole number; false when missing or not a number. */
bool fs_read_u64(const struct fs *fs, struct arena *a, const char *path, uint64_t *out);

/* Names in a directory, sorted, without "." and ".."; a missing directory gives n = 0. */
struct fs_names {
    const char **v;
    size_t n;
};
struct fs_names fs_list(const struct fs *fs, struct arena *a, const char *path);

/* Where a symbolic link points, as written; NULL when it is none. */
const char *fs_readlink(const struct fs *fs, struct arena *a, const char *path);

/* A read-only view of a whole file. */
struct fs_map {
    const unsigned char *p;
    uint64_t size;
    bool mapped; /* munmap on close */
};
bool fs_map(const struct fs *fs, const char *path, struct fs_map *out, struct err *err);
void fs_unmap(struct fs_map *m);

/* ---- the real world only ---- */

/* Files that match a shell pattern, sorted; n = 0 when none does. */
struct fs_names fs_glob(struct arena *a, const char *pattern);

/* Writes a new file beside `path`, syncs it and renames it over: others see the old or the new.  A
 * link stays and its file is replaced; a device or pipe is written into. */
bool fs_replace(const char *path, const void *bytes, size_t n, struct err *err);
/* mkdir -p, mode 0700 for what is created. */
bool fs_make_dirs(const char *path, struct err *err);

/* ---- paths (pure) ---- */

const char *path_join(struct arena *a, const char *dir, const char *name);
const char *path_base(const char *path);                 /* after the last slash; borrowed */
const char *path_dir(struct arena *a, const char *path); /* "." when there is no slash */

#endif
