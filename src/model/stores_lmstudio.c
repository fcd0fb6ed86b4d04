/* LM Studio: a home with
 *
 *     models/OWNER/REPO/FILE.gguf        repositories of Hugging Face
 *     settings.json                      "downloadsFolder": models/ moved elsewhere
 *
 * The home is ~/.lmstudio or ~/.cache/lm-studio; ~/.lmstudio-home-pointer names another. */
#include "base/json.h"
#include "base/words.h"
#include "model/stores_impl.h"

enum { POINTER_MAX = 4096, SETTINGS_MAX = 1 << 20, OWNER_AND_REPO = 2 };

static void add_once(struct arena *a, struct words *list, const char *path)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i], path) == 0)
            return;
    words_add(a, list, path);
}

static const char *pointed_home(struct hunt *h, const char *pointer)
{
    struct err ignored = {0};
    struct str text, line;
    if (!pointer || !fs_read(h->walk.fs, h->walk.a, pointer, POINTER_MAX, &text, &ignored) ||
        !str_line(&text, &line))
        return NULL;
    line = str_trim(line);
    return line.n && line.p[0] == '/' ? str_dup(h->walk.a, line) : NULL;
}

/* "downloadsFolder" of settings.json, or NULL. */
static const char *downloads_folder(struct hunt *h, const char *home)
{
    struct err ignored = {0};
    struct str text;
    const char *folder = NULL;
    if (!fs_read(h->walk.fs, h->walk.a, path_join(h->walk.a, home, "settings.json"), SETTINGS_MAX,
                 &text, &ignored))
        return NULL;
    json_t *settings = js_parse(text, &ignored);
    if (!json_is_object(settings) ||
        !js_get_str(settings, "downloadsFolder", h->walk.a, &folder, &ignored))
        folder = NULL;
    json_decref(settings);
    return folder && folder[0] == '/' ? folder : NULL;
}

static void add_home(struct hunt *h, const char *home, struct words *folders)
{
    const char *moved = downloads_folder(h, home);
    if (moved)
        add_once(h->walk.a, folders, moved);
    add_once(h->walk.a, folders, path_join(h->walk.a, home, "models"));
}

/* Length of "OWNER/REPO/" at the start of a path, or 0. */
static size_t repo_length(const char *rel)
{
    const char *p = rel;
    for (int i = 0; i < OWNER_AND_REPO && p; i++) {
        p = strchr(p, '/');
        p = p ? p + 1 : NULL;
    }
    return p ? (size_t)(p - rel) : 0;
}

/* The run of files that begins at `from` and shares OWNER/REPO; returns its end. */
static size_t add_run(struct hunt *h, struct gguf_files *files, size_t from)
{
    const char *first = files->v[from].rel;
    size_t n = repo_length(first), end = from;
    const char *id = n ? arena_strndup(h->walk.a, first, n - 1) : NULL;
    for (; end < files->n; end++) {
        struct gguf_file *f = &files->v[end];
        if (repo_length(f->rel) != n || strncmp(f->rel, first, n) != 0)
            break;
    }
    for (size_t i = from; i < end; i++)
        files->v[i].rel += n;
    hunt_add(h, &(struct shelf){.store = "lmstudio",
                                .id = id && repo_id_valid(id) ? id : NULL,
                                .scope = SCOPE_FOLDER,
                                .v = files->v + from,
                                .n = end - from});
    return end;
}

static void hunt_folder(struct hunt *h, const char *folder)
{
    struct gguf_files files = {0};
    if (h->id) {
        walk_gguf(&h->walk, path_join(h->walk.a, folder, h->id), WALK_DEPTH - OWNER_AND_REPO,
                  &files);
        hunt_add(h, &(struct shelf){.store = "lmstudio",
                                    .id = h->id,
                                    .scope = SCOPE_FOLDER,
                                    .v = files.v,
                                    .n = files.n});
        return;
    }
    walk_gguf(&h->walk, folder, WALK_DEPTH, &files);
    for (size_t i = 0; i < files.n;)
        i = add_run(h, &files, i);
}

void hunt_lm_studio(struct hunt *h, const struct stores_where *where)
{
    struct words folders = {0};
    const char *pointed = pointed_home(h, where->lm_pointer);
    if (pointed)
        add_home(h, pointed, &folders);
    for (size_t i = 0; where->lm_studio[i]; i++)
        add_home(h, where->lm_studio[i], &folders);
    for (size_t i = 0; i < folders.n; i++)
        hunt_folder(h, folders.v[i]);
}
