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

/* hf: and ollama: */
static bool is_stored(const char *argument)
{
    return cstr_starts(argument, "hf:") || cstr_starts(argument, "ollama:");
}

static bool may_be_remote(const struct resolve_from *from, const char *argument)
{
    return from->remote && (remote_is_url(argument) || cstr_starts(argument, "hf:"));
}

bool resolve_paths(struct arena *a, const struct resolve_from *from, const char *argument,
                   struct model_paths *out, struct err *err)
{
    size_t before = out->n;
    const char *stored = NULL;
    struct err missing = {0};
    const struct fs *fs = from->fs;
    if (is_stored(argument) && stores_find(a, fs, from->stores, argument, &stored, &missing)) {
        add_path(a, out, stored);
        return true;
    }
    if (may_be_remote(from, argument) && missing.code != ERR_USAGE) {
        add_path(a, out, argument);
        return true;
    }
    if (missing.code) {
        *err = missing;
        return false;
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

/* Both searches failed: what each found, and the better advice. */
static bool nowhere(struct arena *a, const struct resolve_from *from, const char *argument,
                    const struct err *fault, struct err *err)
{
    struct err local = {0};
    const char *path;
    *err = *fault;
    if (remote_is_url(argument) || stores_find(a, from->fs, from->stores, argument, &path, &local))
        return false;
    *err = (struct err){.code = fault->code};
    err_set(err, fault->code, "%s, and %s", local.cause, fault->cause);
    if (*fault->place)
        err_place(err, "%s", fault->place);
    if (*fault->hint && !cstr_starts(local.hint, "did you mean"))
        return err_hint(err, "%s", fault->hint);
    return err_hint(err, "%s", local.hint);
}

static bool resolve_remote(struct arena *a, const struct resolve_from *from, const char *argument,
                           struct resolved *r, struct err *err)
{
    struct remote_model m;
    struct err fault = {0};
    if (!remote_open(a, from->remote, argument, &m, &fault))
        return nowhere(a, from, argument, &fault, err);
    r->model = m.model;
    r->shards = m.shards;
    r->n_shards = m.n;
    return true;
}

bool resolve_model(struct arena *a, const struct resolve_from *from, const char *argument,
                   struct resolved *out, struct err *err)
{
    struct model_paths paths = {0};
    struct resolved r = {0};
    if (!resolve_paths(a, from, argument, &paths, err))
        return false;
    if (paths.n > 1)
        return several(a, argument, &paths, err);
    const char *path = paths.v[0]; /* NOLINT: resolve_paths gave one or failed */
    if (cstr_starts(path, "shape:")) {
        if (!resolve_shape(a, path, &r, err))
            return false;
    } else if (may_be_remote(from, path)) {
        if (!resolve_remote(a, from, path, &r, err))
            return false;
    } else {
        if (!model_file_open(&r.file, a, from->fs, path, err))
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
