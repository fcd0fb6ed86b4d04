/* The calls that do not care which world they are in, and paths. */
#include "os/fs.h"

#include <string.h>

#include "base/vec.h"
#include "os/fs_impl.h"

enum { WORD_MAX = 1 << 20 };

struct fs_info fs_stat(const struct fs *fs, const char *path)
{
    return fs->ops->stat(fs, path);
}

bool fs_read(const struct fs *fs, struct arena *a, const char *path, size_t cap, struct str *out,
             struct err *err)
{
    return fs->ops->read(fs, a, path, cap, out, err);
}

const char *fs_read_word(const struct fs *fs, struct arena *a, const char *path)
{
    struct err ignored = {0};
    struct str text;
    if (!fs_read(fs, a, path, WORD_MAX, &text, &ignored))
        return NULL;
    return str_dup(a, str_trim(text));
}

bool fs_read_u64(const struct fs *fs, struct arena *a, const char *path, uint64_t *out)
{
    const char *word = fs_read_word(fs, a, path);
    unsigned long long v;
    if (!word || !str_u64(str_from(word), &v))
        return false;
    *out = v;
    return true;
}

struct fs_names fs_list(const struct fs *fs, struct arena *a, const char *path)
{
    return fs->ops->list(fs, a, path);
}

const char *fs_root(const struct fs *fs)
{
    return fs->root;
}

const char *fs_readlink(const struct fs *fs, struct arena *a, const char *path)
{
    return fs->ops->readlink(fs, a, path);
}

bool fs_map(const struct fs *fs, const char *path, struct fs_map *out, struct err *err)
{
    return fs->ops->map(fs, path, out, err);
}

const char *path_join(struct arena *a, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    bool slash = n && dir[n - 1] == '/';
    return arena_printf(a, "%s%s%s", dir, slash || n == 0 ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *path_dir(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}
