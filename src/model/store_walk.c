/* Folders of GGUF files. */
#include "model/store_walk.h"

#include "base/str.h"
#include "base/vec.h"

/* A folder on the way down. */
struct step {
    const struct step *up;
    const char *path, *rel; /* rel: "" or "SUB/FOLDER/" */
    uint64_t device, inode;
    unsigned depth; /* levels that may follow */
};

struct walk walk_begin(struct arena *a, const struct fs *fs)
{
    return (struct walk){.a = a, .fs = fs, .left = WALK_NAMES_MAX};
}

static void walk_cut(struct walk *w, const char *dir)
{
    if (!w->cut)
        w->cut = arena_strdup(w->a, dir);
}

struct fs_names walk_names(struct walk *w, struct arena *names_arena, const char *dir)
{
    struct fs_names all = fs_list(w->fs, names_arena, dir);
    if (all.n > w->left) {
        all.n = w->left;
        walk_cut(w, dir);
    }
    w->left -= all.n;
    size_t kept = 0;
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i][0] != '.')
            all.v[kept++] = all.v[i];
    all.n = kept;
    return all;
}

static bool is_above(const struct step *at, const struct fs_info *dir)
{
    for (; at; at = at->up)
        if (dir->inode && at->inode == dir->inode && at->device == dir->device)
            return true;
    return false;
}

static void walk_step(struct walk *w, const struct step *at, struct gguf_files *out)
{
    struct arena scratch = {0};
    VEC(struct step) below = {0};
    const char *dir = NULL;
    struct fs_names names = walk_names(w, &scratch, at->path);
    for (size_t i = 0; i < names.n; i++) {
        bool named = cstr_ends(names.v[i], ".gguf");
        if (!named && at->depth == 0)
            continue;
        const char *path = path_join(&scratch, at->path, names.v[i]);
        struct fs_info info = fs_stat(w->fs, path);
        if (info.kind == FS_FILE && named) {
            if (!dir)
                dir = arena_strdup(w->a, at->path);
            *VEC_PUSH(w->a, out) =
                (struct gguf_file){.path = arena_strdup(w->a, path),
                                   .rel = arena_printf(w->a, "%s%s", at->rel, names.v[i]),
                                   .dir = dir,
                                   .info = info};
        } else if (info.kind == FS_DIR && at->depth > 0 && !is_above(at, &info)) {
            *VEC_PUSH(&scratch, &below) =
                (struct step){.up = at,
                              .path = path,
                              .rel = arena_printf(&scratch, "%s%s/", at->rel, names.v[i]),
                              .device = info.device,
                              .inode = info.inode,
                              .depth = at->depth - 1};
        }
    }
    for (size_t i = 0; i < below.n && w->left; i++)
        walk_step(w, &below.v[i], out);
    if (below.n && !w->left)
        walk_cut(w, at->path);
    arena_release(&scratch);
}

void walk_gguf(struct walk *w, const char *dir, unsigned depth, struct gguf_files *out)
{
    struct fs_info info = fs_stat(w->fs, dir);
    struct step start = {
        .path = dir, .rel = "", .device = info.device, .inode = info.inode, .depth = depth};
    if (info.kind == FS_DIR)
        walk_step(w, &start, out);
}
