/* Choosing and naming the files of repositories. */
#include "model/store_shelf.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/vec.h"

/* Naming tries a few tags per file, and each try reads the names of the repository: enough for
 * repositories of some thousand files; what comes later goes by its path. */
enum { NAMING_READS = 4000000 };

static const struct gguf_file *shelf_match(const struct shelf *s, const char *tag)
{
    for (size_t i = 0; i < s->n; i++)
        if (gguf_name_is_model(s->v[i].rel) && (!*tag || gguf_name_matches(s->v[i].rel, tag)))
            return &s->v[i];
    return NULL;
}

static const struct gguf_file *shelf_find(const struct shelf *s, const char *tag)
{
    static const char *const usual[] = {"Q4_K_M", "Q8_0", ""};
    const struct gguf_file *found = NULL;
    if (*tag)
        return shelf_match(s, tag);
    for (size_t i = 0; i < COUNT_OF(usual) && !found; i++)
        found = shelf_match(s, usual[i]);
    return found;
}

const struct gguf_file *shelves_find(const struct shelf *v, size_t n, const char *tag)
{
    const struct gguf_file *found = NULL;
    for (size_t i = 0; i < n && !found; i++)
        found = shelf_find(&v[i], tag);
    return found;
}

/* Shelves of one repository, and how many names may still be read to name their files. */
struct group {
    const struct shelf *v;
    size_t n, files;
    size_t reads_left;
};

static const char *name_of(struct arena *a, struct group *g, const struct gguf_file *file)
{
    const char *id = g->v[0].id;
    if (!id)
        return file->path;
    const char *whole = arena_strndup(a, file->rel, strlen(file->rel) - strlen(".gguf"));
    const char *const tags[] = {gguf_name_tag(a, file->rel), "",
                                str_dup(a, gguf_name_stem(file->rel)), whole};
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        if ((i == 0 && !*tags[0]) || g->files > g->reads_left)
            continue;
        g->reads_left -= g->files;
        if (shelves_find(g->v, g->n, tags[i]) == file)
            return arena_printf(a, "hf:%s%s%s", id, *tags[i] ? ":" : "", tags[i]);
    }
    return file->path;
}

static void add_entry(struct arena *a, struct group *g, const struct shelf *s,
                      const struct gguf_file *file, const struct sidecar_pool *projectors,
                      struct store_list *out)
{
    const struct gguf_file *mmproj = sidecar_choose(projectors, file);
    *VEC_PUSH(a, out) = (struct store_entry){.store = s->store,
                                             .name = name_of(a, g, file),
                                             .path = file->path,
                                             .mmproj = mmproj ? mmproj->path : NULL,
                                             .device = file->info.device,
                                             .inode = file->info.inode};
}

static void list_shelf(struct arena *a, struct group *g, const struct shelf *s,
                       struct store_list *out)
{
    struct sidecar_pool pool = {0};
    const char *dir = NULL;
    if (s->scope == SCOPE_REPO)
        pool = sidecar_pool(s->v, s->n, SIDECAR_MMPROJ, SCOPE_REPO);
    else if (s->projectors)
        pool = *s->projectors;
    for (size_t i = 0; i < s->n; i++) {
        if (s->scope == SCOPE_FOLDER && !s->projectors && s->v[i].dir != dir) {
            size_t end = i;
            dir = s->v[i].dir;
            while (end < s->n && s->v[end].dir == dir)
                end++;
            pool = sidecar_pool(s->v + i, end - i, SIDECAR_MMPROJ, SCOPE_FOLDER);
        }
        if (gguf_name_is_model(s->v[i].rel))
            add_entry(a, g, s, &s->v[i], &pool, out);
    }
}

/* A shelf while the shelves are sorted by repository, and what it gave. */
struct sorted {
    struct shelf shelf;
    size_t order;
    struct store_list found;
};

static int by_id(const void *a_, const void *b_)
{
    const struct sorted *a = a_, *b = b_;
    int d = strcmp(a->shelf.id ? a->shelf.id : "", b->shelf.id ? b->shelf.id : "");
    return d ? d : (a->order > b->order) - (a->order < b->order);
}

static int by_order(const void *a_, const void *b_)
{
    const struct sorted *a = a_, *b = b_;
    return (a->order > b->order) - (a->order < b->order);
}

static bool same_id(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The shelves of one repository, from v on; returns how many they are. */
static size_t list_group(struct arena *a, struct sorted *v, size_t n)
{
    struct arena scratch = {0};
    struct group g = {.n = 1, .reads_left = NAMING_READS};
    while (g.n < n && same_id(v[0].shelf.id, v[g.n].shelf.id))
        g.n++;
    struct shelf *shelves = arena_array(&scratch, g.n, sizeof(*shelves));
    for (size_t i = 0; i < g.n; i++) {
        shelves[i] = v[i].shelf;
        g.files += shelves[i].n;
    }
    g.v = shelves;
    for (size_t i = 0; i < g.n; i++)
        list_shelf(a, &g, &shelves[i], &v[i].found);
    arena_release(&scratch);
    return g.n;
}

void shelves_list(struct arena *a, const struct shelves *shelves, struct store_list *out)
{
    struct arena scratch = {0};
    struct sorted *v = arena_array(&scratch, shelves->n, sizeof(*v));
    for (size_t i = 0; i < shelves->n; i++)
        v[i] = (struct sorted){.shelf = shelves->v[i], .order = i};
    if (shelves->n)
        qsort(v, shelves->n, sizeof(*v), by_id);
    for (size_t i = 0; i < shelves->n;)
        i += list_group(a, v + i, shelves->n - i);
    if (shelves->n)
        qsort(v, shelves->n, sizeof(*v), by_order);
    for (size_t i = 0; i < shelves->n; i++)
        for (size_t k = 0; k < v[i].found.n; k++)
            *VEC_PUSH(a, out) = v[i].found.v[k];
    arena_release(&scratch);
}
