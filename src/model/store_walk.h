/* ---- model/store_walk.h: the GGUF files below a folder, with bounded work.
 *
 * A walk looks at no more than WALK_NAMES_MAX names in all its folders together, goes no deeper
 * than asked, follows links, leaves a folder that it is already in (a loop of links) and passes
 * over hidden names, what it cannot read, broken links, devices and pipes. */
#ifndef MODEL_STORE_WALK_H
#define MODEL_STORE_WALK_H

#include "base/arena.h"
#include "os/fs.h"

enum { WALK_NAMES_MAX = 250000, WALK_DEPTH = 4 };

struct walk {
    struct arena *a; /* results live here */
    const struct fs *fs;
    size_t left;     /* names that may still be looked at */
    const char *cut; /* the folder where they ran out, or NULL */
};

struct gguf_file {
    const char *path;
    const char *rel; /* below the folder of the walk: "BF16/model-00001-of-00002.gguf" */
    const char *dir; /* files of one folder share this pointer and stand together */
    struct fs_info info;
};

struct gguf_files {
    struct gguf_file *v;
    size_t n, cap;
};

struct walk walk_begin(struct arena *a, const struct fs *fs);

/* Names in a folder, sorted, hidden ones left out; they live in `names_arena`. */
struct fs_names walk_names(struct walk *w, struct arena *names_arena, const char *dir);

/* Adds every file named *.gguf in dir and in folders up to `depth` below it: the files of a folder
 * first, in the order of their names, then its folders. */
void walk_gguf(struct walk *w, const char *dir, unsigned depth, struct gguf_files *out);

#endif
