/* Stores -> headers -> plans. */
#include "work/library.h"

#include <string.h>

#include "plan/search.h"

static void plan_item(struct session *s, const struct machine *machine, const struct model *m,
                      struct library_item *item)
{
    static const struct goal goal = {0};
    struct plan plan;
    struct err err = {0};
    item->known = true;
    item->architecture = m->architecture;
    item->quantization = m->quantization;
    item->weights_bytes = m->weights_bytes;
    item->parameters = m->parameters;
    if (!plan_make(s->arena, m, machine, &goal, &plan, &err)) {
        item->problem = arena_strdup(s->arena, err.cause);
        return;
    }
    item->fits = true;
    item->ctx = search_ctx_per_slot(m, &plan.settings);
    item->speed = plan.speed;
}

static void fill_item(struct session *s, const struct machine *machine, struct library_item *item)
{
    struct model_file f;
    struct err err = {0};
    char line[1400];
    if (!model_file_open(&f, s->arena, fs_real(), item->entry.path, &err)) {
        item->problem = arena_strdup(s->arena, err_text(&err, line, sizeof(line)));
        return;
    }
    plan_item(s, machine, &f.model, item);
    model_file_close(&f);
}

void library_list(struct session *s, const struct machine *machine, const char *const *folders,
                  size_t n_folders, struct library *out)
{
    struct store_list list = {0};
    for (size_t i = 0; i < n_folders; i++)
        stores_list_folder(s->arena, fs_real(), folders[i], &list);
    if (n_folders == 0)
        stores_list(s->arena, fs_real(), &s->stores, &list);
    *out = (struct library){.v = arena_array(s->arena, list.n, sizeof(*out->v)),
                            .cut = list.cut,
                            .unreadable = list.unreadable};
    for (size_t i = 0; i < list.n; i++) {
        struct library_item *item = &out->v[out->n++];
        item->entry = list.v[i];
        fill_item(s, machine, item);
    }
}

static json_t *item_json(const struct library_item *item)
{
    json_t *o = json_object();
    js_put_str(o, "store", item->entry.store);
    js_put_str(o, "name", item->entry.name);
    js_put_str(o, "path", item->entry.path);
    js_put_str(o, "mmproj", item->entry.mmproj);
    js_put_str(o, "architecture", item->architecture);
    js_put_str(o, "quantization", item->quantization);
    if (item->known) {
        js_put_u64(o, "weights_bytes", item->weights_bytes);
        js_put_u64(o, "parameters", item->parameters);
    } else {
        js_put_null(o, "weights_bytes");
        js_put_null(o, "parameters");
    }
    js_put_bool(o, "fits", item->fits);
    if (item->fits)
        js_put_u64(o, "ctx", item->ctx);
    else
        js_put_null(o, "ctx");
    js_put(o, "speed", item->fits ? speed_to_json(&item->speed) : json_null());
    js_put_str(o, "problem", item->problem);
    return o;
}

json_t *library_to_json(const struct library *l)
{
    json_t *o = json_object(), *items = json_array();
    js_put_str(o, "schema", "tailor.models/1");
    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(items, item_json(&l->v[i]));
    js_put(o, "items", items);
    return o;
}
