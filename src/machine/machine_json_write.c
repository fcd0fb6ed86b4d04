/* A machine as JSON, along the field table. */
#include <string.h>

#include "machine/machine_fields.h"
#include "machine/machine_json.h"

/* Where a member goes: its object, the object's path, and the "sources" of the document. */
struct place {
    json_t *object;
    const char *path;
    json_t *sources;
};

typedef void put(const struct place *to, const struct field *f, const void *member);

static void put_source(const struct place *to, const struct field *f, const char *source)
{
    char path[FIELD_PATH];
    if (source)
        js_put_str(to->sources, field_path(path, to->path, f->key, -1), source);
}

static void put_fact_str(const struct place *to, const struct field *f, const void *member)
{
    const struct fact_str *fact = member;
    js_put_fact_str(to->object, f->key, *fact);
    put_source(to, f, fact->source);
}

static void put_fact_u64(const struct place *to, const struct field *f, const void *member)
{
    const struct fact_u64 *fact = member;
    js_put_fact_u64(to->object, f->key, *fact);
    put_source(to, f, fact->source);
}

static void put_fact_f64(const struct place *to, const struct field *f, const void *member)
{
    const struct fact_f64 *fact = member;
    js_put_fact_f64(to->object, f->key, *fact);
    put_source(to, f, fact->source);
}

static void put_fact_bool(const struct place *to, const struct field *f, const void *member)
{
    const struct fact_bool *fact = member;
    js_put_fact_bool(to->object, f->key, *fact);
    put_source(to, f, fact->source);
}

static void put_rate_source(const struct place *to, const struct field *f, const void *member)
{
    js_put_str(to->object, f->key, ((const struct fact_f64 *)member)->source);
}

static void put_text(const struct place *to, const struct field *f, const void *member)
{
    js_put_str(to->object, f->key, *(const char *const *)member);
}

static void put_u64(const struct place *to, const struct field *f, const void *member)
{
    js_put_u64(to->object, f->key, *(const uint64_t *)member);
}

static void put_pool_kind(const struct place *to, const struct field *f, const void *member)
{
    js_put_str(to->object, f->key, field_pool_kind(*(const enum pool_kind *)member));
}

static void put_texts(const struct place *to, const struct field *f, const void *member)
{
    struct field_vec vec = field_vec_of(member);
    js_put(to->object, f->key, js_strings(vec.v, vec.n));
}

static put put_object, put_array;

static put *const puts_by_kind[] = {
    [FIELD_STR] = put_fact_str,
    [FIELD_BYTES] = put_fact_u64,
    [FIELD_COUNT] = put_fact_u64,
    [FIELD_RATE] = put_fact_f64,
    [FIELD_BOOL] = put_fact_bool,
    [FIELD_RATE_SOURCE] = put_rate_source,
    [FIELD_TEXT] = put_text,
    [FIELD_REF] = put_text,
    [FIELD_ID] = put_u64,
    [FIELD_SIZE] = put_u64,
    [FIELD_POOL_KIND] = put_pool_kind,
    [FIELD_TEXTS] = put_texts,
    [FIELD_OBJECT] = put_object,
    [FIELD_ARRAY] = put_array,
};

static void put_members(const struct place *to, const struct field_table *t, const void *from)
{
    for (size_t i = 0; i < t->n; i++)
        puts_by_kind[t->fields[i].kind](to, &t->fields[i],
                                        (const char *)from + t->fields[i].offset);
}

static void put_object(const struct place *to, const struct field *f, const void *member)
{
    char path[FIELD_PATH];
    struct place inside = {json_object(), field_path(path, to->path, f->key, -1), to->sources};
    put_members(&inside, f->of, member);
    js_put(to->object, f->key, inside.object);
}

static void put_array(const struct place *to, const struct field *f, const void *member)
{
    struct field_vec vec = field_vec_of(member);
    json_t *array = json_array();
    for (size_t i = 0; i < vec.n; i++) {
        char path[FIELD_PATH];
        field_path(path, to->path, f->key, (long)i);
        struct place inside = {json_object(), path, to->sources};
        put_members(&inside, f->of, (const char *)vec.v + i * f->of->size);
        json_array_append_new(array, inside.object);
    }
    js_put(to->object, f->key, array);
}

json_t *machine_to_json(const struct machine *m)
{
    struct place root = {json_object(), "", json_object()};
    js_put_str(root.object, "schema", MACHINE_SCHEMA);
    put_members(&root, &machine_fields, m);
    js_put(root.object, "sources", root.sources);
    js_put(root.object, "notes", js_strings(m->notes.v, m->notes.n));
    return root.object;
}
