/* Where the stores are, and one list of what they hold. */
#include "model/stores.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/vec.h"
#include "model/stores_impl.h"

/* The order of the list. */
static const char *const store_order[] = {"huggingface", "llama.cpp", "lmstudio", "ollama",
                                          "folder"};

/* ---- where ---- */

/* Appends base/below to a list that ends with NULL; NULL bases and repeated folders are left out.
 */
static void add_folder(struct arena *a, const char **list, const char *base, const char *below)
{
    size_t n = 0;
    if (!base)
        return;
    const char *path = *below ? path_join(a, base, below) : arena_strdup(a, base);
    while (list[n] && strcmp(list[n], path) != 0)
        n++;
    list[n] = path;
}

void stores_where_init(struct stores_where *w, struct arena *a, const char *home,
                       const char *(*env)(const char *name))
{
    const struct {
        const char **list;
        const char *base, *below;
    } folders[] = {
        {w->hf_hubs, env("LLAMA_CACHE"), ""},
        {w->hf_hubs, env("HF_HUB_CACHE"), ""},
        {w->hf_hubs, env("HUGGINGFACE_HUB_CACHE"), ""},
        {w->hf_hubs, env("HF_HOME"), "hub"},
        {w->hf_hubs, env("XDG_CACHE_HOME"), "huggingface/hub"},
        {w->hf_hubs, home, ".cache/huggingface/hub"},
        {w->flat, env("LLAMA_CACHE"), ""},
        {w->flat, env("XDG_CACHE_HOME"), "llama.cpp"},
        {w->flat, home, ".cache/llama.cpp"},
        {w->flat, home, "Library/Caches/llama.cpp"},
        {w->lm_studio, home, ".lmstudio"},
        {w->lm_studio, home, ".cache/lm-studio"},
        {w->ollama, env("OLLAMA_MODELS"), ""},
        {w->ollama, home, ".ollama/models"},
        {w->ollama, "/usr/share/ollama", ".ollama/models"}, /* its Linux installer */
        {w->ollama, "/var/lib/ollama", ".ollama/models"},   /* Fedora */
        {w->ollama, "/var/lib/ollama", "models"},           /* NixOS */
        {w->ollama, "/var/lib/ollama", ""},                 /* Arch */
        {w->ollama, "/var/snap/ollama/common", "models"},   /* snap */
    };
    *w = (struct stores_where){.lm_pointer = path_join(a, home, ".lmstudio-home-pointer")};
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        add_folder(a, folders[i].list, folders[i].base, folders[i].below);
}

/* ---- collecting ---- */

void hunt_add(struct hunt *h, const struct shelf *shelf)
{
    if (shelf->n)
        *VEC_PUSH(h->walk.a, &h->shelves) = *shelf;
}

void hunt_all(struct hunt *h, const struct stores_where *where)
{
    for (size_t i = 0; where->hf_hubs[i]; i++)
        hunt_hub(h, where->hf_hubs[i]);
    for (size_t i = 0; where->flat[i]; i++)
        hunt_flat(h, where->flat[i], FLAT_KNOWN);
    hunt_lm_studio(h, where);
    for (size_t i = 0; h->id && where->flat[i]; i++)
        hunt_flat(h, where->flat[i], FLAT_ASKED);
}

static void add_ollama(struct walk *w, const char *dir, const char *store, struct store_list *out)
{
    struct ollama_models models = {0};
    bool named = strcmp(store, "ollama") == 0;
    ollama_models(w, dir, &models);
    for (size_t i = 0; i < models.n; i++) {
        const struct ollama_model *m = &models.v[i];
        if (m->state != OLLAMA_OK)
            continue;
        *VEC_PUSH(w->a, out) = (struct store_entry){
            .store = store,
            .name = named && m->name ? arena_printf(w->a, "ollama:%s", m->name) : m->path,
            .path = m->path,
            .mmproj = m->mmproj,
            .device = m->info.device,
            .inode = m->info.inode};
    }
}

/* ---- one list ---- */

struct ordered {
    struct store_entry *entry;
    size_t order;
};

static int by_order(const struct ordered *a, const struct ordered *b)
{
    return (a->order > b->order) - (a->order < b->order);
}

static int by_name(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int d = strcmp(x->entry->name, y->entry->name);
    return d ? d : by_order(x, y);
}

static int by_path(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int d = strcmp(x->entry->path, y->entry->path);
    return d ? d : by_order(x, y);
}

static int by_file(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    const struct store_entry *p = x->entry, *q = y->entry;
    if (p->device != q->device)
        return p->device < q->device ? -1 : 1;
    if (p->inode != q->inode)
        return p->inode < q->inode ? -1 : 1;
    return by_order(x, y);
}

static size_t rank(const char *store)
{
    size_t i = 0;
    while (i < COUNT_OF(store_order) && strcmp(store, store_order[i]) != 0)
        i++;
    return i;
}

static int by_store(const void *a_, const void *b_)
{
    const struct store_entry *a = a_, *b = b_;
    size_t x = rank(a->store), y = rank(b->store);
    if (x != y)
        return x < y ? -1 : 1;
    int d = strcmp(a->name, b->name);
    return d ? d : strcmp(a->path, b->path);
}

/* A name leads to the first file of that name: later ones go by their paths. */
static void make_names_unique(struct ordered *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_name);
    for (size_t i = 0; i < n;) {
        const struct store_entry *first = v[i].entry;
        const char *name = first->name;
        for (; i < n && strcmp(v[i].entry->name, name) == 0; i++)
            if (strcmp(v[i].entry->path, first->path) != 0)
                v[i].entry->name = v[i].entry->path;
    }
}

/* Takes the name from all but the first of equal files. */
static void unname_duplicates(struct ordered *v, size_t n)
{
    size_t kept = 0;
    qsort(v, n, sizeof(*v), by_path);
    for (size_t i = 0; i < n; i++)
        if (kept && strcmp(v[kept - 1].entry->path, v[i].entry->path) == 0)
            v[i].entry->name = NULL;
        else
            v[kept++] = v[i];
    qsort(v, kept, sizeof(*v), by_file);
    const struct store_entry *first = v[0].entry;
    for (size_t i = 1; i < kept; i++)
        if (first->inode && first->inode == v[i].entry->inode &&
            first->device == v[i].entry->device)
            v[i].entry->name = NULL;
        else
            first = v[i].entry;
}

static void tidy(struct store_list *list)
{
    struct arena scratch = {0};
    struct ordered *v = arena_array(&scratch, list->n, sizeof(*v));
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        v[i] = (struct ordered){&list->v[i], i};
    if (list->n) {
        make_names_unique(v, list->n);
        unname_duplicates(v, list->n);
        for (size_t i = 0; i < list->n; i++)
            if (list->v[i].name)
                list->v[kept++] = list->v[i];
        list->n = kept;
        qsort(list->v, list->n, sizeof(*list->v), by_store);
    }
    arena_release(&scratch);
}

void stores_list(struct arena *a, const struct fs *fs, const struct stores_where *where,
                 struct store_list *out)
{
    struct hunt h = {.walk = walk_begin(a, fs)};
    if (!where)
        return;
    hunt_all(&h, where);
    shelves_list(a, &h.shelves, out);
    for (size_t i = 0; where->ollama[i]; i++) {
        add_ollama(&h.walk, where->ollama[i], "ollama", out);
        if (!out->unreadable)
            out->unreadable = ollama_closed(&h.walk, where->ollama[i]);
    }
    out->cut = out->cut ? out->cut : h.walk.cut;
    tidy(out);
}

void stores_list_folder(struct arena *a, const struct fs *fs, const char *folder,
                        struct store_list *out)
{
    struct hunt h = {.walk = walk_begin(a, fs)};
    struct gguf_files files = {0};
    hunt_hub(&h, folder);
    walk_gguf(&h.walk, folder, WALK_DEPTH, &files);
    hunt_add(&h, &(struct shelf){.scope = SCOPE_FOLDER, .v = files.v, .n = files.n});
    for (size_t i = 0; i < h.shelves.n; i++) {
        h.shelves.v[i].store = "folder";
        h.shelves.v[i].id = NULL;
    }
    shelves_list(a, &h.shelves, out);
    add_ollama(&h.walk, folder, "folder", out);
    out->cut = out->cut ? out->cut : h.walk.cut;
    tidy(out);
}
