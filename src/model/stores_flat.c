/* llama.cpp's older cache: all files in one folder, slashes made underscores.
 *
 *     OWNER_REPO_FILE.gguf
 *     manifest=OWNER=REPO=TAG.json       written beside it by -hf until March 2026
 *     FILE.gguf                          --model-url and others, still in use
 *
 * Where OWNER_REPO ends and FILE begins is told by a manifest's name; without one by "-GGUF_", with
 * which most repositories of GGUF files end; else the file goes by its path, and who asks for a
 * repository says where its name ends. */
#include <stdlib.h>

#include "base/vec.h"
#include "model/stores_impl.h"

/* A repository and how its files begin. */
struct owner {
    struct str begin; /* "OWNER_REPO_" */
    const char *id;
};

struct owners {
    struct owner *v;
    size_t n, cap;
};

struct placed {
    const char *id; /* "" when not known */
    struct gguf_file file;
    size_t order;
};

static int by_begin(const void *a_, const void *b_)
{
    const struct str *a = &((const struct owner *)a_)->begin;
    const struct str *b = &((const struct owner *)b_)->begin;
    int d = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return d ? d : (a->n > b->n) - (a->n < b->n);
}

/* "a/b_c" and "a_b/c" begin alike: the smaller id has the files. */
static int by_begin_and_id(const void *a, const void *b)
{
    int d = by_begin(a, b);
    return d ? d : strcmp(((const struct owner *)a)->id, ((const struct owner *)b)->id);
}

static void add_owner(struct arena *a, struct owners *owners, const char *id)
{
    char *begin = arena_printf(a, "%s_", id);
    *strchr(begin, '/') = '_';
    *VEC_PUSH(a, owners) = (struct owner){str_from(begin), id};
}

/* "manifest=OWNER=REPO=TAG.json" */
static void add_manifest(struct arena *a, struct owners *owners, const char *name)
{
    struct str rest = str_from(name), word, owner, repo, tag;
    if (!str_cut(&rest, '=', &word) || !str_eq(word, "manifest") || !str_cut(&rest, '=', &owner) ||
        !str_cut(&rest, '=', &repo) || !str_cut(&rest, '=', &tag) || rest.p ||
        !str_ends(tag, ".json"))
        return;
    const char *id = arena_printf(a, "%.*s/%.*s", (int)owner.n, owner.p, (int)repo.n, repo.p);
    if (repo_id_valid(id))
        add_owner(a, owners, id);
}

/* "OWNER_SOME-GGUF_FILE.gguf" */
static const char *guess_id(struct arena *a, const char *name)
{
    const char *owner_end = strchr(name, '_');
    if (!owner_end || owner_end == name)
        return NULL;
    for (const char *p = owner_end + 1; *p; p++) {
        if (strncmp(p, "-GGUF_", 6) != 0 && strncmp(p, "-gguf_", 6) != 0)
            continue;
        const char *id = arena_printf(a, "%.*s/%.*s", (int)(owner_end - name), name,
                                      (int)(p + strlen("-GGUF") - owner_end - 1), owner_end + 1);
        return repo_id_valid(id) ? id : NULL;
    }
    return NULL;
}

/* The known repository with the longest beginning; else a guess; else NULL. */
static const char *id_of_file(struct arena *a, const struct owners *owners, const char *name)
{
    for (size_t n = strlen(name); n > 0; n--) {
        if (name[n - 1] != '_')
            continue;
        struct owner key = {.begin = {name, n}};
        const struct owner *found =
            owners->n ? bsearch(&key, owners->v, owners->n, sizeof(*owners->v), by_begin) : NULL;
        while (found && found > owners->v && by_begin(found - 1, found) == 0)
            found--;
        if (found)
            return found->id;
    }
    return guess_id(a, name);
}

static int by_id(const void *a_, const void *b_)
{
    const struct placed *a = a_, *b = b_;
    int d = strcmp(a->id, b->id);
    return d ? d : (a->order > b->order) - (a->order < b->order);
}

/* One shelf for each run of files with the same id. */
static void add_shelves(struct hunt *h, const struct placed *v, size_t n,
                        const struct sidecar_pool *projectors)
{
    struct gguf_file *files = arena_array(h->walk.a, n, sizeof(*files));
    for (size_t from = 0, i = 0; i < n; i++) {
        const char *id = v[from].id;
        files[i] = v[i].file;
        files[i].rel += *id ? strlen(id) + 1 : 0; /* past "OWNER_REPO_" */
        if (i + 1 < n && strcmp(v[i + 1].id, id) == 0)
            continue;
        if (!h->id || strcmp(h->id, id) == 0)
            hunt_add(h, &(struct shelf){.store = "llama.cpp",
                                        .id = *id ? arena_strdup(h->walk.a, id) : NULL,
                                        .scope = SCOPE_FOLDER,
                                        .v = files + from,
                                        .n = i + 1 - from,
                                        .projectors = projectors});
        from = i + 1;
    }
}

/* Places every file in a repository: a known one, or (FLAT_ASKED) the one asked for. */
static struct placed *place(struct hunt *h, struct arena *scratch, const struct owners *owners,
                            const struct gguf_files *files, enum flat_owner owner)
{
    struct placed *placed = arena_array(scratch, files->n, sizeof(*placed));
    struct owners asked = {0};
    if (owner == FLAT_ASKED)
        add_owner(scratch, &asked, h->id);
    for (size_t i = 0; i < files->n; i++) {
        const char *name = files->v[i].rel, *id = id_of_file(scratch, owners, name);
        if (owner == FLAT_ASKED)
            id = id ? NULL : id_of_file(scratch, &asked, name);
        placed[i] = (struct placed){id ? id : "", files->v[i], i};
    }
    return placed;
}

void hunt_flat(struct hunt *h, const char *dir, enum flat_owner owner)
{
    struct arena scratch = {0};
    struct owners owners = {0};
    struct gguf_files files = {0};
    struct fs_names names = walk_names(&h->walk, &scratch, dir);
    for (size_t i = 0; i < names.n; i++)
        add_manifest(&scratch, &owners, names.v[i]);
    if (owners.n)
        qsort(owners.v, owners.n, sizeof(*owners.v), by_begin_and_id);
    walk_gguf(&h->walk, dir, 0, &files);
    struct placed *placed = place(h, &scratch, &owners, &files, owner);
    if (files.n)
        qsort(placed, files.n, sizeof(*placed), by_id);
    struct sidecar_pool *projectors = arena_alloc(h->walk.a, sizeof(*projectors));
    *projectors = sidecar_pool(files.v, files.n, SIDECAR_MMPROJ, SCOPE_FOLDER);
    add_shelves(h, placed, files.n, projectors);
    arena_release(&scratch);
}
