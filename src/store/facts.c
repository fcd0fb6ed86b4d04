/* {"schema":"tailor.facts/1","KEY":{"NAME":{"value":V,"time":T}}} */
#include "store/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "os/clock.h"
#include "os/fs.h"

enum { FILE_MAX = 1 << 20 };

static json_t *load(struct arena *a, const char *path)
{
    struct err ignored = {0};
    struct str text;
    json_t *root = NULL;
    if (fs_read(fs_real(), a, path, FILE_MAX, &text, &ignored))
        root = js_parse(text, &ignored);
    if (json_is_object(root))
        return root;
    json_decref(root);
    root = json_object();
    js_put_str(root, "schema", "tailor.facts/1");
    return root;
}

bool facts_get(const char *cache_dir, const char *key, const char *name, double *value)
{
    struct arena a = {0};
    json_t *root = load(&a, path_join(&a, cache_dir, "facts.json"));
    const json_t *v = json_object_get(json_object_get(json_object_get(root, key), name), "value");
    bool found = json_is_number(v);
    if (found)
        *value = json_number_value(v);
    json_decref(root);
    arena_release(&a);
    return found;
}

bool facts_put(const char *cache_dir, const char *key, const char *name, double value,
               struct err *err)
{
    struct arena a = {0};
    const char *path = path_join(&a, cache_dir, "facts.json");
    json_t *root = load(&a, path), *fact = json_object();
    js_put(fact, "value", json_real(value));
    js_put_i64(fact, "time", clock_wall_s());
    json_t *facts = json_object_get(root, key);
    if (!json_is_object(facts)) {
        facts = json_object();
        js_put(root, key, facts);
    }
    js_put(facts, name, fact);
    char *text = js_text(root);
    bool done = fs_make_dirs(cache_dir, err) && fs_replace(path, text, strlen(text), err);
    free(text);
    json_decref(root);
    arena_release(&a);
    return done;
}
