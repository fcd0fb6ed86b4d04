/* Ollama's store: names lead to manifests, and manifests to files by their checksum.
 *
 *     manifests/HOST/OWNER/NAME/TAG      JSON: "layers":[{"mediaType","digest"}]
 *     manifests-v2/HOST/OWNER/NAME/TAG   the same, or "manifests":[{"digest"}], a list of such
 *     blobs/sha256-HEX                   "sha256:HEX" until 2024
 *
 * (ollama: manifest/paths.go, manifest/manifest.go, server/images.go).  The newer folder wins, as
 * it does there. */
#include "base/attr.h"
#include "base/json.h"
#include "base/vec.h"
#include "model/stores_impl.h"

enum { MANIFEST_MAX = 1 << 20, LIST_MAX = 16, DIGEST_DIGITS = 64, PARTS = 4 };

static const char *const roots[] = {"manifests-v2", "manifests"};
/* Both are written "NAME:TAG"; sorted. */
static const char *const public_hosts[] = {"ollama.com", "registry.ollama.ai"};
static const char public_owner[] = "library", usual_tag[] = "latest";

/* "HOST/OWNER/NAME:TAG" in its parts; host NULL: one of the public ones. */
struct ollama_name {
    const char *host, *owner, *name, *tag;
};

/* ---- names ---- */

static bool is_part(const char *s)
{
    return *s && *s != '.' && !strchr(s, '/');
}

static bool parse_name(struct arena *a, const char *text, struct ollama_name *out)
{
    const char *slash = strrchr(text, '/'), *colon = strrchr(text, ':');
    struct ollama_name n = {.owner = public_owner, .tag = usual_tag};
    if (colon && (!slash || colon > slash))
        n.tag = colon + 1;
    else
        colon = text + strlen(text);
    struct str rest = {text, (size_t)(colon - text)}, part[PARTS];
    size_t count = 0;
    while (count < PARTS && str_cut(&rest, '/', &part[count]))
        count++;
    if (count == 0 || count == PARTS)
        return false;
    n.name = str_dup(a, part[count - 1]);
    if (count > 1)
        n.owner = str_dup(a, part[count - 2]);
    if (count > 2)
        n.host = str_dup(a, part[0]);
    for (size_t i = 0; n.host && i < COUNT_OF(public_hosts); i++)
        if (strcmp(n.host, public_hosts[i]) == 0)
            n.host = NULL;
    if (!is_part(n.owner) || !is_part(n.name) || !is_part(n.tag) || (n.host && !is_part(n.host)))
        return false;
    *out = n;
    return true;
}

bool ollama_name_valid(const char *name)
{
    struct arena scratch = {0};
    struct ollama_name ignored;
    bool valid = parse_name(&scratch, name, &ignored);
    arena_release(&scratch);
    return valid;
}

/* The shortest form that parse_name() reads back; NULL when there is none. */
static const char *short_name(struct arena *a, const char *const part[PARTS])
{
    bool is_public = false;
    if (strchr(part[3], ':'))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(public_hosts); i++)
        is_public = is_public || strcmp(part[0], public_hosts[i]) == 0;
    if (!is_public)
        return arena_printf(a, "%s/%s/%s:%s", part[0], part[1], part[2], part[3]);
    if (strcmp(part[1], public_owner) != 0)
        return arena_printf(a, "%s/%s:%s", part[1], part[2], part[3]);
    return arena_printf(a, "%s:%s", part[2], part[3]);
}

/* ---- manifests ---- */

static bool is_digest(const char *s)
{
    if (strlen(s) != strlen("sha256:") + DIGEST_DIGITS ||
        (!cstr_starts(s, "sha256:") && !cstr_starts(s, "sha256-")))
        return false;
    return strspn(s + strlen("sha256:"), "0123456789abcdefABCDEF") == DIGEST_DIGITS;
}

/* The file of a layer; NULL when it is not there. */
static const char *blob_path(struct walk *w, const char *dir, const json_t *layer,
                             struct fs_info *info)
{
    static const char separators[] = {'-', ':'};
    const char *digest = json_string_value(json_object_get(layer, "digest"));
    if (!digest || !is_digest(digest))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(separators); i++) {
        const char *path = arena_printf(w->a, "%s/blobs/sha256%c%s", dir, separators[i],
                                        digest + strlen("sha256:"));
        *info = fs_stat(w->fs, path);
        if (info->kind == FS_FILE)
            return path;
    }
    return NULL;
}

static bool is_layer(const json_t *layer, const char *kind)
{
    static const char prefix[] = "application/vnd.ollama.image.";
    const char *type = json_string_value(json_object_get(layer, "mediaType"));
    return type && cstr_starts(type, prefix) && strcmp(type + strlen(prefix), kind) == 0;
}

static void read_layers(struct walk *w, const char *dir, const json_t *layers,
                        struct ollama_model *out)
{
    struct fs_info ignored;
    out->state = OLLAMA_NO_MODEL;
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        if (is_layer(layer, "model") && !out->path) {
            out->path = blob_path(w, dir, layer, &out->info);
            out->state = out->path ? OLLAMA_OK : OLLAMA_NO_BLOB;
        } else if (is_layer(layer, "projector") && !out->mmproj) {
            out->mmproj = blob_path(w, dir, layer, &ignored);
        } else if (is_layer(layer, "draft") && !out->draft) {
            out->draft = blob_path(w, dir, layer, &ignored);
        }
    }
}

static json_t *read_json(struct walk *w, const char *path)
{
    struct arena scratch = {0};
    struct err ignored = {0};
    struct str text;
    json_t *root = NULL;
    if (fs_read(w->fs, &scratch, path, MANIFEST_MAX, &text, &ignored))
        root = js_parse(text, &ignored);
    arena_release(&scratch);
    return root;
}

/* The first manifest of a list that leads to a file. */
static void read_list(struct walk *w, const char *dir, const json_t *list, struct ollama_model *out)
{
    out->state = OLLAMA_NO_MODEL;
    for (size_t i = 0; i < json_array_size(list) && i < LIST_MAX; i++) {
        struct ollama_model child = {0};
        struct fs_info ignored;
        const char *path = blob_path(w, dir, json_array_get(list, i), &ignored);
        json_t *root = path ? read_json(w, path) : NULL;
        read_layers(w, dir, json_object_get(root, "layers"), &child);
        json_decref(root);
        if (child.state == OLLAMA_OK || child.state == OLLAMA_NO_BLOB)
            *out = child;
        if (child.state == OLLAMA_OK)
            return;
    }
}

static void read_manifest(struct walk *w, const char *dir, const char *path,
                          struct ollama_model *out)
{
    json_t *root = read_json(w, path);
    const json_t *layers = json_object_get(root, "layers");
    const json_t *list = json_object_get(root, "manifests");
    *out = (struct ollama_model){.state = OLLAMA_GARBAGE};
    if (json_is_array(list) && json_array_size(list))
        read_list(w, dir, list, out);
    else if (json_is_array(layers))
        read_layers(w, dir, layers, out);
    json_decref(root);
}

/* ---- stores ---- */

/* Adds what stands below a folder; part[0..depth-1] are the names on the way there. */
static void list_below(struct walk *w, const char *dir, const char *path, const char *part[PARTS],
                       struct ollama_models *out)
{
    struct arena scratch = {0};
    size_t depth = 0;
    while (depth < PARTS && part[depth])
        depth++;
    struct fs_names names = walk_names(w, &scratch, path);
    for (size_t i = 0; i < names.n; i++) {
        const char *below = path_join(&scratch, path, names.v[i]);
        part[depth] = names.v[i];
        if (depth + 1 < PARTS) {
            list_below(w, dir, below, part, out);
        } else if (fs_stat(w->fs, below).kind == FS_FILE) {
            struct ollama_model *m = VEC_PUSH(w->a, out);
            read_manifest(w, dir, below, m);
            m->name = short_name(w->a, part);
        }
    }
    part[depth] = NULL;
    arena_release(&scratch);
}

void ollama_models(struct walk *w, const char *dir, struct ollama_models *out)
{
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        const char *part[PARTS] = {NULL};
        list_below(w, dir, path_join(w->a, dir, roots[i]), part, out);
    }
}

bool ollama_model(struct walk *w, const char *dir, const char *name, struct ollama_model *out)
{
    struct ollama_name n;
    bool found = false;
    if (!parse_name(w->a, name, &n))
        return false;
    for (size_t i = 0; i < COUNT_OF(roots); i++)
        for (size_t k = 0; k < (n.host ? 1 : COUNT_OF(public_hosts)); k++) {
            const char *path =
                arena_printf(w->a, "%s/%s/%s/%s/%s/%s", dir, roots[i],
                             n.host ? n.host : public_hosts[k], n.owner, n.name, n.tag);
            if (fs_stat(w->fs, path).kind != FS_FILE)
                continue;
            found = true;
            read_manifest(w, dir, path, out);
            out->name = name;
            if (out->state == OLLAMA_OK)
                return true;
        }
    return found;
}

const char *ollama_closed(struct walk *w, const char *dir)
{
    struct arena scratch = {0};
    while (fs_stat(w->fs, dir).kind != FS_DIR && strchr(dir + 1, '/'))
        dir = path_dir(w->a, dir);
    bool closed = strstr(dir, "ollama") && fs_stat(w->fs, dir).kind == FS_DIR &&
                  fs_list(w->fs, &scratch, dir).n == 0;
    arena_release(&scratch);
    return closed ? dir : NULL;
}
