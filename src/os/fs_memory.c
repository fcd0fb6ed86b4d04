/* A world in memory: files are pairs of path and bytes, directories are implied by them. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "os/fs_impl.h"

static const struct fs_entry *find(const struct fs *fs, const char *path)
{
    for (size_t i = 0; i < fs->n; i++)
        if (strcmp(fs->entries[i].path, path) == 0)
            return &fs->entries[i];
    return NULL;
}

/* What of an entry's path lies below dir, or NULL. */
static const char *below(const struct fs_entry *entry, const char *dir)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (strncmp(entry->path, dir, n) != 0)
        return NULL;
    const char *rest = entry->path + n;
    if (n == 1 && dir[0] == '/')
        return rest;
    return *rest == '/' ? rest + 1 : NULL;
}

static struct fs_info memory_stat(const struct fs *fs, const char *path)
{
    const struct fs_entry *entry = find(fs, path);
    if (entry)
        return (struct fs_info){.kind = FS_FILE, .size = entry->bytes.n};
    for (size_t i = 0; i < fs->n; i++)
        if (below(&fs->entries[i], path))
            return (struct fs_info){.kind = FS_DIR};
    return (struct fs_info){0};
}

static bool not_found(const char *path, struct err *err)
{
    return err_set(err, ERR_FAILED, "cannot open \"%s\": No such file or directory", path);
}

static bool memory_read(const struct fs *fs, struct arena *a, const char *path, size_t cap,
                        struct str *out, struct err *err)
{
    const struct fs_entry *entry = find(fs, path);
    if (!entry)
        return not_found(path, err);
    if (entry->bytes.n > cap)
        return err_set(err, ERR_FAILED, "\"%s\" is larger than the %zu bytes we read", path, cap);
    char *copy = arena_alloc(a, entry->bytes.n + 1);
    memcpy(copy, entry->bytes.p, entry->bytes.n);
    *out = (struct str){copy, entry->bytes.n};
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct fs_names memory_list(const struct fs *fs, struct arena *a, const char *path)
{
    VEC(const char *) names = {0};
    for (size_t i = 0; i < fs->n; i++) {
        const char *rest = below(&fs->entries[i], path);
        if (!rest || !*rest)
            continue;
        const char *name = arena_strndup(a, rest, strcspn(rest, "/"));
        bool seen = false;
        for (size_t k = 0; k < names.n && !seen; k++)
            seen = strcmp(names.v[k], name) == 0;
        if (!seen)
            *VEC_PUSH(a, &names) = name;
    }
    if (names.n)
        qsort(names.v, names.n, sizeof(*names.v), by_name);
    return (struct fs_names){names.v, names.n};
}

static const char *memory_readlink(const struct fs *fs, struct arena *a, const char *path)
{
    (void)fs;
    (void)a;
    (void)path;
    return NULL;
}

static bool memory_map(const struct fs *fs, const char *path, struct fs_map *out, struct err *err)
{
    const struct fs_entry *entry = find(fs, path);
    if (!entry)
        return not_found(path, err);
    *out = (struct fs_map){(const unsigned char *)entry->bytes.p, entry->bytes.n, false};
    return true;
}

static const struct fs_ops memory_ops = {
    .stat = memory_stat,
    .read = memory_read,
    .list = memory_list,
    .readlink = memory_readlink,
    .map = memory_map,
};

struct fs *fs_memory(struct arena *a)
{
    struct fs *fs = arena_alloc(a, sizeof(*fs));
    *fs = (struct fs){.ops = &memory_ops, .root_fd = -1, .arena = a};
    return fs;
}

void fs_memory_add(struct fs *fs, const char *path, const void *bytes, size_t n)
{
    fs->entries = vec_grow(fs->arena, fs->entries, fs->n, &fs->cap, sizeof(*fs->entries));
    fs->entries[fs->n++] = (struct fs_entry){arena_strdup(fs->arena, path), {bytes, n}};
}
