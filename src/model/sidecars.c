/* Looking beside a model. */
#include "model/sidecars.h"

#include "base/vec.h"
#include "model/stores_impl.h"

/* Length of ".../models--OWNER--REPO/snapshots/COMMIT" at the start of a path, or 0. */
static size_t snapshot_length(const char *path)
{
    static const char mark[] = "/snapshots/";
    for (const char *p = strstr(path, mark); p; p = strstr(p + 1, mark)) {
        const char *repo = p, *commit = p + strlen(mark), *end = strchr(commit, '/');
        while (repo > path && repo[-1] != '/')
            repo--;
        if (end && cstr_starts(repo, "models--"))
            return (size_t)(end - path);
    }
    return 0;
}

static void add(struct arena *a, struct sidecars *out, const char *kind, const char *path,
                uint64_t bytes)
{
    *VEC_PUSH(a, out) = (struct sidecar){kind, path, bytes};
}

static void add_by_name(struct walk *w, const char *model, struct sidecars *out)
{
    size_t root = snapshot_length(model);
    const char *dir = root ? arena_strndup(w->a, model, root) : path_dir(w->a, model);
    size_t skip = root ? root + 1 : (size_t)(path_base(model) - model);
    enum sidecar_scope scope = root ? SCOPE_REPO : SCOPE_FOLDER;
    struct gguf_file self = {.path = model, .rel = model + skip};
    struct gguf_files files = {0};
    walk_gguf(w, dir, root ? WALK_DEPTH : 0, &files);
    for (size_t i = 0; i < files.n; i++)
        if (strcmp(files.v[i].rel, self.rel) == 0)
            self.path = files.v[i].path; /* the same spelling, to tell it from its sidecars */
    for (enum sidecar_kind kind = 0; kind < SIDECAR_KINDS; kind++) {
        struct sidecar_pool pool = sidecar_pool(files.v, files.n, kind, scope);
        const struct gguf_file *chosen = sidecar_choose(&pool, &self);
        if (chosen)
            add(w->a, out, sidecar_kind_name(kind), chosen->path, chosen->info.size);
    }
}

/* The store of ".../blobs/sha256-HEX", or NULL. */
static const char *ollama_store(struct arena *a, const char *model)
{
    const char *blobs = path_dir(a, model);
    bool blob = cstr_starts(path_base(model), "sha256") && strcmp(path_base(blobs), "blobs") == 0;
    return blob ? path_dir(a, blobs) : NULL;
}

static void add_by_manifest(struct walk *w, const char *store, const char *model,
                            struct sidecars *out)
{
    struct ollama_models models = {0};
    const struct ollama_model *own = NULL;
    ollama_models(w, store, &models);
    for (size_t i = 0; i < models.n && !own; i++)
        if (models.v[i].state == OLLAMA_OK && strcmp(models.v[i].path, model) == 0)
            own = &models.v[i];
    if (own && own->mmproj)
        add(w->a, out, sidecar_kind_name(SIDECAR_MMPROJ), own->mmproj,
            fs_stat(w->fs, own->mmproj).size);
    if (own && own->draft)
        add(w->a, out, "draft", own->draft, fs_stat(w->fs, own->draft).size);
}

struct sidecars sidecars_find(struct arena *a, const struct fs *fs, const char *model)
{
    struct walk w = walk_begin(a, fs);
    struct sidecars found = {0};
    const char *store = ollama_store(a, model);
    if (store)
        add_by_manifest(&w, store, model, &found);
    else
        add_by_name(&w, model, &found);
    return found;
}

json_t *sidecars_json(const struct sidecars *sidecars)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sidecars->n; i++) {
        json_t *o = json_object();
        js_put_str(o, "kind", sidecars->v[i].kind);
        js_put_str(o, "path", sidecars->v[i].path);
        js_put_u64(o, "bytes", sidecars->v[i].bytes);
        json_array_append_new(list, o);
    }
    return list;
}
