/* MODEL arguments. */
#include "work/resolve.h"

#include <string.h>

#include "base/vec.h"
#include "model/gguf_name.h"
#include "model/synth.h"

enum { LISTED = 8 };

static void add_path(struct arena *a, struct model_paths *out, const char *path)
{
    out->v = vec_grow(a, out->v, out->n, &out->cap, sizeof(*out->v));
    out->v[out->n++] = path;
}

static void add_folder(struct arena *a, const struct fs *fs, const char *dir,
                       struct model_paths *out)
{
    struct fs_names names = fs_list(fs, a, dir);
    for (size_t i = 0; i < names.n; i++)
        if (gguf_name_is_model(names.v[i]))
            add_path(a, out, path_join(a, dir, names.v[i]));
}

bool resolve_paths(struct arena *a, const struct fs *fs, const struct stores_where *where,
                   const char *argument, struct model_paths *out, struct err *err)
{
    size_t before = out->n;
    const char *stored = NULL;
    if (cstr_starts(argument, "hf:") || cstr_starts(argument, "ollama:")) {
        if (!stores_find(a, fs, where, argument, &stored, err))
            return false;
        add_path(a, out, stored);
        return true;
    }
    if (cstr_starts(argument, "https://") || cstr_starts(argument, "http://")) {
        err_set(err, ERR_USAGE, "\"%s\" is a URL, which is not fetched yet", argument);
        return err_hint(err, "download it first and name the file");
    }
    enum fs_kind kind = fs_stat(fs, argument).kind;
    if (cstr_starts(argument, "shape:") || kind == FS_FILE) {
        add_path(a, out, argument);
        return true;
    }
    if (kind == FS_DIR) {
        add_folder(a, fs, argument, out);
        if (out->n > before)
            return true;
        err_set(err, ERR_FAILED, "there is no GGUF model in the folder \"%s\"", argument);
        return err_hint(err, "tailor models lists the models on this disk");
    }
    struct fs_names found = fs_glob(a, argument);
    for (size_t i = 0; i < found.n; i++)
        if (gguf_name_is_model(found.v[i]) || found.n == 1)
            add_path(a, out, found.v[i]);
    if (out->n > before)
        return true;
    err_set(err, ERR_FAILED, "there is no model \"%s\"", argument);
    return err_hint(err, "tailor models lists those on this disk; shape:llama-3.1-8b:Q4_K_M plans "
                         "without one");
}

static bool several(struct arena *a, const char *argument, const struct model_paths *paths,
                    struct err *err)
{
    struct strbuf list = {0};
    for (size_t i = 0; i < paths->n && i < LISTED; i++)
        strbuf_addf(&list, "%s%s", i ? " " : "", path_base(paths->v[i]));
    if (paths->n > LISTED)
        strbuf_adds(&list, " ...");
    err_set(err, ERR_USAGE, "\"%s\" is %zu models", argument, paths->n);
    return err_hint(err, "name one of: %s", strbuf_take(&list, a));
}

/* Written and read in memory by the same code that writes and reads files. */
static bool resolve_shape(struct arena *a, const char *argument, struct resolved *r,
                          struct err *err)
{
    struct synth_spec spec;
    struct synth_model made;
    struct gguf *g = arena_alloc(a, sizeof(*g));
    struct model *out = &r->model;
    r->shards = g;
    r->n_shards = 1;
    if (!synth_parse(argument, &spec, err))
        return false;
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(a, &spec, &made);
    if (!gguf_parse(a, made.header, made.size, g, err) || !model_from_gguf(a, g, 1, out, err))
        return err_place(err, "in \"%s\"", argument);
    const char **files = arena_array(a, 1, sizeof(*files));
    files[0] = argument;
    out->path = argument;
    out->files = files;
    out->n_files = 1;
    out->file_bytes = made.size;
    return true;
}

bool resolve_model(struct arena *a, const struct fs *fs, const struct stores_where *where,
                   const char *argument, struct resolved *out, struct err *err)
{
    struct model_paths paths = {0};
    struct resolved r = {0};
    if (!resolve_paths(a, fs, where, argument, &paths, err))
        return false;
    if (paths.n > 1)
        return several(a, argument, &paths, err);
    if (cstr_starts(paths.v[0], "shape:")) { /* NOLINT: resolve_paths gave one or failed */
        if (!resolve_shape(a, paths.v[0], &r, err))
            return false;
    } else {
        if (!model_file_open(&r.file, a, fs, paths.v[0], err))
            return false;
        r.model = r.file.model;
        r.shards = r.file.shards;
        r.n_shards = r.file.n;
    }
    *out = r;
    return true;
}

void resolved_close(struct resolved *r)
{
    model_file_close(&r->file);
}
