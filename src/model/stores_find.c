/* hf:OWNER/REPO[:QUANT] and ollama:NAME[:TAG], and what to say when there is no such file. */
#include "base/attr.h"
#include "base/words.h"
#include "model/stores_impl.h"

enum {
    SHOWN = 6,       /* names in one message */
    CLOSE_SHARE = 4, /* one edit in so many letters is a slip, */
    CLOSE_LEAST = 2, /* and so many edits in any name */
    PART_LEAST = 3,  /* letters that are worth looking for inside a name */
};

/* ---- what was meant ---- */

static bool contains(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; strlen(text) >= n; text++) {
        size_t i = 0;
        while (i < n && (text[i] | 0x20) == (part[i] | 0x20))
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* str_distance() compares short words only: what both begin or end with is left out. */
static size_t distance(struct arena *a, const char *x, const char *y)
{
    size_t nx = strlen(x), ny = strlen(y), same = 0;
    while (same < nx && same < ny && x[same] == y[same])
        same++;
    x += same, nx -= same;
    y += same, ny -= same;
    while (nx && ny && x[nx - 1] == y[ny - 1])
        nx--, ny--;
    return str_distance(arena_strndup(a, x, nx), arena_strndup(a, y, ny));
}

/* The known name with the fewest edits, else one that contains what was asked for, else NULL. */
static const char *nearest(const struct words *known, const char *wanted)
{
    struct arena scratch = {0};
    size_t close = strlen(wanted) / CLOSE_SHARE;
    size_t least = (close > CLOSE_LEAST ? close : CLOSE_LEAST) + 1;
    const char *best = NULL, *part = path_base(wanted);
    for (size_t i = 0; i < known->n; i++) {
        size_t d = distance(&scratch, known->v[i], wanted);
        if (d < least) {
            least = d;
            best = known->v[i];
        }
    }
    for (size_t i = 0; i < known->n && !best; i++)
        if (strlen(part) >= PART_LEAST && contains(known->v[i], part))
            best = known->v[i];
    arena_release(&scratch);
    return best;
}

/* "A, B, C, ..." */
static const char *some(struct arena *a, const struct words *list)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < list->n && i < SHOWN; i++)
        strbuf_addf(&text, "%s%s", i ? ", " : "", list->v[i]);
    if (list->n > SHOWN)
        strbuf_adds(&text, ", ...");
    return strbuf_take(&text, a);
}

/* ---- Hugging Face ---- */

static struct words known_ids(struct arena *a, const struct fs *fs,
                              const struct stores_where *where)
{
    struct hunt h = {.walk = walk_begin(a, fs)};
    struct words ids = {0};
    hunt_all(&h, where);
    for (size_t i = 0; i < h.shelves.n; i++)
        if (h.shelves.v[i].id && shelves_find(&h.shelves.v[i], 1, ""))
            words_add(a, &ids, h.shelves.v[i].id);
    return ids;
}

/* What stands after the repository in the names of its files. */
static struct words known_tags(struct arena *a, struct hunt *h)
{
    struct store_list list = {0};
    struct words tags = {0};
    size_t n = strlen("hf:") + strlen(h->id) + strlen(":");
    shelves_list(a, &h->shelves, &list);
    for (size_t i = 0; i < list.n; i++)
        words_add(a, &tags,
                  cstr_starts(list.v[i].name, "hf:") && strlen(list.v[i].name) > n
                      ? list.v[i].name + n
                      : path_base(list.v[i].path));
    return tags;
}

static bool no_such_form(struct arena *a, const struct words *ids, const char *argument,
                         struct err *err)
{
    const char *near = nearest(ids, argument + strlen("hf:"));
    err_set(err, ERR_USAGE, "\"%s\" is not hf:OWNER/REPO[:QUANT]", argument);
    if (near)
        return err_hint(err, "did you mean \"hf:%s\"?", near);
    if (ids->n)
        return err_hint(err, "on this disk: %s", some(a, ids));
    return err_hint(err, "tailor models lists what is on this disk");
}

static bool no_such_repo(const struct words *ids, const char *id, const char *tag, struct err *err)
{
    const char *near = nearest(ids, id);
    err_set(err, ERR_FAILED, "no model of \"%s\" is on this disk", id);
    if (near)
        return err_hint(err, "did you mean \"hf:%s\"? \"llama-server -hf %s%s%s\" downloads it",
                        near, id, *tag ? ":" : "", tag);
    return err_hint(err,
                    "\"llama-server -hf %s%s%s\" downloads it; tailor models lists what is "
                    "here",
                    id, *tag ? ":" : "", tag);
}

static bool find_hf(struct arena *a, const struct fs *fs, const struct stores_where *where,
                    const char *argument, const char **path, struct err *err)
{
    const char *text = argument + strlen("hf:"), *colon = strchr(text, ':');
    const char *tag = colon ? colon + 1 : "";
    struct hunt h = {.walk = walk_begin(a, fs)};
    h.id = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text;
    if (!repo_id_valid(h.id)) {
        struct words ids = known_ids(a, fs, where);
        return no_such_form(a, &ids, argument, err);
    }
    hunt_all(&h, where);
    const struct gguf_file *file = shelves_find(h.shelves.v, h.shelves.n, tag);
    if (file) {
        *path = file->path;
        return true;
    }
    struct words tags = known_tags(a, &h);
    if (tags.n == 0) {
        struct words ids = known_ids(a, fs, where);
        return no_such_repo(&ids, h.id, tag, err);
    }
    err_set(err, ERR_FAILED, "no file of \"%s\" on this disk matches \"%s\"", h.id, tag);
    return err_hint(err, "there is %s; \"llama-server -hf %s:%s\" downloads it", some(a, &tags),
                    h.id, tag);
}

/* ---- Ollama ---- */

static const char *const ollama_faults[] = {
    [OLLAMA_GARBAGE] = "Ollama's manifest of \"%s\" is not readable",
    [OLLAMA_NO_MODEL] = "Ollama's \"%s\" has no GGUF file",
    [OLLAMA_NO_BLOB] = "the file of Ollama's \"%s\" is missing",
};
static const char *const ollama_cures[] = {
    [OLLAMA_GARBAGE] = "\"ollama pull %s\" fetches it again",
    [OLLAMA_NO_MODEL] = "it runs in the cloud or from safetensors: choose another tag than %s",
    [OLLAMA_NO_BLOB] = "\"ollama pull %s\" fetches it again",
};

static bool no_ollama_model(struct arena *a, const struct fs *fs, const struct stores_where *where,
                            const char *name, struct err *err)
{
    struct walk w = walk_begin(a, fs);
    struct ollama_models models = {0};
    struct words names = {0};
    const char *closed = NULL;
    for (size_t i = 0; where->ollama[i]; i++) {
        ollama_models(&w, where->ollama[i], &models);
        closed = closed ? closed : ollama_closed(&w, where->ollama[i]);
    }
    for (size_t i = 0; i < models.n; i++)
        if (models.v[i].state == OLLAMA_OK && models.v[i].name)
            words_add(a, &names, models.v[i].name);
    const char *near = nearest(&names, name);
    err_set(err, ERR_FAILED, "Ollama has no \"%s\" on this disk", name);
    if (near)
        err_hint(err, "did you mean \"ollama:%s\"?", near);
    else if (closed)
        err_hint(err, "\"%s\" is empty or closed to you: join its group, or copy the model",
                 closed);
    else if (names.n)
        err_hint(err, "there is %s; \"ollama pull %s\" downloads it", some(a, &names), name);
    return err_hint(err, "\"ollama pull %s\" downloads it", name);
}

static bool find_ollama(struct arena *a, const struct fs *fs, const struct stores_where *where,
                        const char *argument, const char **path, struct err *err)
{
    const char *name = argument + strlen("ollama:");
    enum ollama_state fault = OLLAMA_OK;
    struct walk w = walk_begin(a, fs);
    if (!ollama_name_valid(name)) {
        err_set(err, ERR_USAGE, "\"%s\" is not ollama:NAME[:TAG]", argument);
        return err_hint(err, "\"ollama list\" and \"tailor models\" show the names");
    }
    for (size_t i = 0; where->ollama[i]; i++) {
        struct ollama_model m;
        if (!ollama_model(&w, where->ollama[i], name, &m))
            continue;
        if (m.state == OLLAMA_OK) {
            *path = m.path;
            return true;
        }
        fault = fault ? fault : m.state;
    }
    if (!fault)
        return no_ollama_model(a, fs, where, name, err);
    err_set(err, ERR_FAILED, ollama_faults[fault], name);
    return err_hint(err, ollama_cures[fault], name);
}

bool stores_find(struct arena *a, const struct fs *fs, const struct stores_where *where,
                 const char *argument, const char **path, struct err *err)
{
    static const struct stores_where nowhere = {.lm_pointer = NULL};
    where = where ? where : &nowhere;
    if (cstr_starts(argument, "hf:"))
        return find_hf(a, fs, where, argument, path, err);
    if (cstr_starts(argument, "ollama:"))
        return find_ollama(a, fs, where, argument, path, err);
    err_set(err, ERR_USAGE, "\"%s\" names no store", argument);
    return err_hint(err, "hf:OWNER/REPO[:QUANT] and ollama:NAME[:TAG] do");
}
