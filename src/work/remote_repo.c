/* Lists, choices and addresses. */
#include "work/remote_repo.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/vec.h"
#include "model/model_file.h"
#include "model/store_shelf.h"

enum { LISTED = 8 };

static const uint64_t file_bytes_max = (uint64_t)1 << 44; /* 16 TiB */

/* ---- the list ---- */

static bool add_file(struct arena *a, const json_t *o, struct repo_files *out, struct err *err)
{
    struct repo_file f = {.oid = ""};
    const char *type = "file";
    const json_t *lfs = NULL;
    if (!json_is_object(o))
        return err_set(err, ERR_FAILED, "an entry of it is no object");
    if (!js_get_str(o, "path", a, &f.path, err) || !js_get_str(o, "type", a, &type, err) ||
        !js_get_u64(o, "size", &f.bytes, err) || !js_get_str(o, "oid", a, &f.oid, err) ||
        !js_get_object(o, "lfs", &lfs, err) || !js_get_str(lfs, "oid", a, &f.oid, err) ||
        !js_get_u64(lfs, "size", &f.bytes, err))
        return false;
    if (!f.path || strcmp(type, "file") != 0 || !cstr_ends(f.path, ".gguf"))
        return true;
    if (f.bytes > file_bytes_max)
        return err_set(err, ERR_FAILED, "its \"%s\" has an impossible size", f.path);
    if (out->n == REPO_FILES_MAX)
        return err_set(err, ERR_FAILED, "it has more than %d files", REPO_FILES_MAX);
    *VEC_PUSH(a, out) = f;
    return true;
}

bool repo_files_add(struct arena *a, struct str json, struct repo_files *out, struct err *err)
{
    json_t *root = js_parse(json, err);
    bool done = root != NULL;
    if (root && !json_is_array(root))
        done = err_set(err, ERR_FAILED, "it is no list of files");
    for (size_t i = 0; done && i < json_array_size(root); i++)
        done = add_file(a, json_array_get(root, i), out, err);
    json_decref(root);
    return done;
}

/* ---- the choice ---- */

static bool no_match(struct arena *a, const struct store_list *list, const char *id,
                     const char *tag, struct err *err)
{
    struct strbuf names = {0};
    size_t skip = strlen("hf:") + strlen(id) + 1;
    if (list->n == 0) {
        err_set(err, ERR_FAILED, "\"%s\" has no GGUF model", id);
        return err_hint(err, "look for a repository whose name ends in -GGUF");
    }
    for (size_t i = 0; i < list->n && i < LISTED; i++) {
        const char *name = list->v[i].name;
        bool tagged = cstr_starts(name, "hf:") && strlen(name) > skip;
        strbuf_addf(&names, "%s%s", i ? ", " : "", tagged ? name + skip : path_base(name));
    }
    if (list->n > LISTED)
        strbuf_adds(&names, ", ...");
    err_set(err, ERR_FAILED, "no file of \"%s\" matches \"%s\"", id, tag);
    return err_hint(err, "there is %s", strbuf_take(&names, a));
}

bool repo_choose(struct arena *a, const struct repo_files *files, const char *id, const char *tag,
                 struct repo_choice *out, struct err *err)
{
    struct gguf_file *v = arena_array(a, files->n, sizeof(*v));
    for (size_t i = 0; i < files->n; i++) {
        v[i].path = v[i].rel = files->v[i].path;
        v[i].dir = path_dir(a, v[i].rel);
        v[i].info = (struct fs_info){.kind = FS_FILE, .size = files->v[i].bytes};
    }
    struct shelf shelf = {
        .store = "huggingface", .id = id, .scope = SCOPE_REPO, .v = v, .n = files->n};
    struct shelves shelves = {&shelf, 1, 1};
    struct store_list list = {0};
    const struct gguf_file *file = shelves_find(&shelf, 1, tag);
    shelves_list(a, &shelves, &list);
    if (!file)
        return no_match(a, &list, id, tag, err);
    out->file = &files->v[file - v];
    out->name = arena_printf(a, "%s%s%s", id, *tag ? ":" : "", tag);
    out->projector = false;
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.v[i].path, file->path) == 0) {
            out->projector = list.v[i].mmproj != NULL;
            if (cstr_starts(list.v[i].name, "hf:"))
                out->name = list.v[i].name + strlen("hf:");
        }
    return true;
}

const struct repo_file *repo_find(const struct repo_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->v[i].path, path) == 0)
            return &files->v[i];
    return NULL;
}

/* ---- addresses ---- */

static void add_escaped(struct strbuf *url, const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    for (const char *p = path; *p; p++)
        if (strchr(plain, *p))
            strbuf_addc(url, *p);
        else
            strbuf_addf(url, "%%%02X", (unsigned)(unsigned char)*p);
}

const char *repo_list_url(struct arena *a, const char *endpoint, const char *id)
{
    return arena_printf(a, "%s/api/models/%s/tree/main?recursive=true", endpoint, id);
}

const char *repo_file_url(struct arena *a, const char *endpoint, const char *id, const char *path)
{
    struct strbuf url = {0};
    strbuf_addf(&url, "%s/%s/resolve/main/", endpoint, id);
    add_escaped(&url, path);
    return strbuf_take(&url, a);
}

const char **remote_shards(struct arena *a, const char *url, uint32_t *n)
{
    size_t end = strcspn(url, "?#"), stem = 0;
    uint32_t no = 1, count = 1;
    const char *name = arena_strndup(a, url, end);
    bool split = split_name(name, &no, &count, &stem);
    *n = split ? count : 1;
    const char **shards = arena_array(a, *n, sizeof(*shards));
    shards[0] = url;
    for (uint32_t i = 0; split && i < count; i++)
        shards[i] = arena_printf(a, "%.*s-%05" PRIu32 "-of-%05" PRIu32 ".gguf%s", (int)stem, name,
                                 i + 1, count, url + end);
    return shards;
}
