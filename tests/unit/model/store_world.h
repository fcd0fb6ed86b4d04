/* ---- tests/unit/model/store_world.h: a disk in memory with stores of models. ---- */
#ifndef TESTS_UNIT_MODEL_STORE_WORLD_H
#define TESTS_UNIT_MODEL_STORE_WORLD_H

#include "base/attr.h"
#include "model/sidecars.h"
#include "model/stores.h"
#include "test.h"

#define HUB "/home/u/.cache/huggingface/hub"
#define FLAT "/home/u/.cache/llama.cpp"
#define LM "/home/u/.lmstudio"
#define OLLAMA "/home/u/.ollama/models"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define OTHER_COMMIT "fedcba9876543210fedcba9876543210fedcba98"

struct world {
    struct arena a;
    struct err err;
    struct fs *fs;
    struct stores_where where;
    struct store_list list;
};

static inline const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

static inline int set_up_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->fs = fs_memory(&w->a);
    stores_where_init(&w->where, &w->a, "/home/u", no_env);
    return 0;
}

static inline int tear_down_world(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static inline void add(struct world *w, const char *path, const char *text)
{
    fs_memory_add(w->fs, path, text, strlen(text));
}

/* A file of a repository in the hub's cache, in the snapshot that refs/main names. */
static inline void add_hub(struct world *w, const char *folder, const char *file)
{
    add(w, arena_printf(&w->a, HUB "/%s/refs/main", folder), COMMIT);
    add(w, arena_printf(&w->a, HUB "/%s/snapshots/" COMMIT "/%s", folder, file), "GGUF");
}

/* A digest of 64 equal digits. */
static inline const char *digest(struct world *w, char digit)
{
    char *hex = arena_alloc(&w->a, 65);
    memset(hex, digit, 64);
    return hex;
}

/* A model of one file, with its blob. */
static inline void add_ollama(struct world *w, const char *name, char digit)
{
    const char *hex = digest(w, digit);
    add(w, arena_printf(&w->a, OLLAMA "/manifests/%s", name),
        arena_printf(&w->a,
                     "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\","
                     "\"digest\":\"sha256:%s\"}]}",
                     hex));
    add(w, arena_printf(&w->a, OLLAMA "/blobs/sha256-%s", hex), "GGUF");
}

static inline void list_world(struct world *w)
{
    w->list = (struct store_list){0};
    stores_list(&w->a, w->fs, &w->where, &w->list);
}

static inline const struct store_entry *entry(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->list.n; i++)
        if (strcmp(w->list.v[i].name, name) == 0)
            return &w->list.v[i];
    fail_msg("\"%s\" is not among the %zu models", name, w->list.n);
    return NULL;
}

/* What every list must keep: sorted, each path and name once, names that lead to their own file,
 * and the projector that the model's path alone leads to. */
static inline void check_list(struct world *w, const struct fs *fs, const struct store_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct store_entry *e = &list->v[i];
        const char *path = e->name;
        if (strncmp(e->name, "hf:", 3) == 0 || strncmp(e->name, "ollama:", 7) == 0)
            CHECK_OK(stores_find(&w->a, fs, &w->where, e->name, &path, &w->err), &w->err);
        assert_string_equal(path, e->path);
        assert_int_equal(fs_stat(fs, e->path).kind, FS_FILE);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(list->v[k].path, e->path);
            assert_string_not_equal(list->v[k].name, e->name);
        }
        if (i && strcmp(list->v[i - 1].store, e->store) == 0)
            assert_true(strcmp(list->v[i - 1].name, e->name) < 0);
        const char *mmproj = NULL;
        struct sidecars beside = sidecars_find(&w->a, fs, e->path);
        for (size_t k = 0; k < beside.n; k++)
            if (strcmp(beside.v[k].kind, "mmproj") == 0)
                mmproj = beside.v[k].path;
        assert_string_equal(mmproj ? mmproj : "", e->mmproj ? e->mmproj : "");
    }
}

#endif
