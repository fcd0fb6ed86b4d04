/* A machine from JSON, along the field table; every refusal names the member. */
#include <math.h>
#include <string.h>

#include "machine/machine_fields.h"
#include "machine/machine_json.h"

struct reader {
    struct arena *a;
    const json_t *sources; /* NULL: none */
    struct err *err;
};

/* A member that is there: its value, where it goes, and its path. */
struct found {
    const struct field *field;
    const json_t *value;
    void *member;
    const char *path;
};

typedef bool take(struct reader *r, const struct found *at);

static bool refuse(struct reader *r, const char *path, const char *wanted)
{
    return err_set(r->err, ERR_FAILED, "\"%s\" is not %s", path, wanted);
}

static const char *source_of(struct reader *r, const char *path)
{
    const json_t *source = r->sources ? json_object_get(r->sources, path) : NULL;
    const char *text = source ? json_string_value(source) : NULL;
    return text ? arena_strndup(r->a, text, FIELD_TEXT_MAX) : "file";
}

static bool text_of(struct reader *r, const struct found *at, const char **out)
{
    if (!json_is_string(at->value) || json_string_length(at->value) > FIELD_TEXT_MAX)
        return refuse(r, at->path, "a string of at most 4096 bytes");
    *out = arena_strdup(r->a, json_string_value(at->value));
    return true;
}

static bool whole(struct reader *r, const struct found *at, uint64_t most, uint64_t *out)
{
    if (!json_is_integer(at->value) || json_integer_value(at->value) < 0)
        return refuse(r, at->path, "a whole number of at least 0");
    if ((uint64_t)json_integer_value(at->value) > most)
        return err_set(r->err, ERR_FAILED, "\"%s\" is larger than any machine's (%llu at most)",
                       at->path, (unsigned long long)most);
    *out = (uint64_t)json_integer_value(at->value);
    return true;
}

static bool take_fact_str(struct reader *r, const struct found *at)
{
    struct fact_str fact = {NULL, source_of(r, at->path)};
    if (!text_of(r, at, &fact.v))
        return false;
    *(struct fact_str *)at->member = fact;
    return true;
}

static bool take_fact_u64(struct reader *r, const struct found *at)
{
    struct fact_u64 fact = {0, source_of(r, at->path)};
    uint64_t most = at->field->kind == FIELD_BYTES ? FIELD_BYTES_MAX : FIELD_COUNT_MAX;
    if (!whole(r, at, most, &fact.v))
        return false;
    *(struct fact_u64 *)at->member = fact;
    return true;
}

static bool take_fact_f64(struct reader *r, const struct found *at)
{
    double v = json_is_number(at->value) ? json_number_value(at->value) : -1;
    if (!(v >= 0) || v > FIELD_RATE_MAX)
        return refuse(r, at->path, "a number from 0 to 1000000");
    *(struct fact_f64 *)at->member = (struct fact_f64){v, source_of(r, at->path)};
    return true;
}

static bool take_fact_bool(struct reader *r, const struct found *at)
{
    if (!json_is_boolean(at->value))
        return refuse(r, at->path, "true or false");
    *(struct fact_bool *)at->member =
        (struct fact_bool){json_is_true(at->value), source_of(r, at->path)};
    return true;
}

/* Stands after its rate: what a person wrote here without an entry in "sources" counts. */
static bool take_rate_source(struct reader *r, const struct found *at)
{
    struct fact_f64 *fact = at->member;
    const char *source = NULL;
    if (!text_of(r, at, &source))
        return false;
    if (fact->source && strcmp(fact->source, "file") == 0)
        fact->source = source;
    return true;
}

static bool take_text(struct reader *r, const struct found *at)
{
    return text_of(r, at, at->member);
}

static bool take_u64(struct reader *r, const struct found *at)
{
    uint64_t most = at->field->kind == FIELD_SIZE ? FIELD_BYTES_MAX : FIELD_COUNT_MAX;
    return whole(r, at, most, at->member);
}

static bool take_pool_kind(struct reader *r, const struct found *at)
{
    const char *text = json_string_value(at->value);
    const char *name;
    for (unsigned kind = 0; text && (name = field_pool_kind(kind)) != NULL; kind++)
        if (strcmp(name, text) == 0) {
            *(enum pool_kind *)at->member = (enum pool_kind)kind;
            return true;
        }
    return refuse(r, at->path, "\"host\", \"vram\" or \"carveout\"");
}

static bool take_texts(struct reader *r, const struct found *at)
{
    size_t n = json_array_size(at->value);
    if (!json_is_array(at->value) || n > FIELD_TEXTS_MAX)
        return refuse(r, at->path, "a list of at most 1024 strings");
    const char **texts = arena_array(r->a, n, sizeof(*texts));
    for (size_t i = 0; i < n; i++) {
        struct found element = *at;
        element.value = json_array_get(at->value, i);
        if (!text_of(r, &element, &texts[i]))
            return false;
    }
    field_vec_set(at->member, (struct field_vec){texts, n, n});
    return true;
}

static take take_object, take_array;

static take *const takes_by_kind[] = {
    [FIELD_STR] = take_fact_str,
    [FIELD_BYTES] = take_fact_u64,
    [FIELD_COUNT] = take_fact_u64,
    [FIELD_RATE] = take_fact_f64,
    [FIELD_BOOL] = take_fact_bool,
    [FIELD_RATE_SOURCE] = take_rate_source,
    [FIELD_TEXT] = take_text,
    [FIELD_REF] = take_text,
    [FIELD_ID] = take_u64,
    [FIELD_SIZE] = take_u64,
    [FIELD_POOL_KIND] = take_pool_kind,
    [FIELD_TEXTS] = take_texts,
    [FIELD_OBJECT] = take_object,
    [FIELD_ARRAY] = take_array,
};

static bool take_members(struct reader *r, const struct field_table *t, const json_t *object,
                         void *to, const char *path)
{
    if (!json_is_object(object))
        return refuse(r, path, "an object");
    for (size_t i = 0; i < t->n; i++) {
        char text[FIELD_PATH];
        const struct field *f = &t->fields[i];
        const json_t *value = json_object_get(object, f->key);
        struct found at = {f, value, (char *)to + f->offset, field_path(text, path, f->key, -1)};
        if (value && !json_is_null(value)) {
            if (!takes_by_kind[f->kind](r, &at))
                return false;
        } else if (f->kind == FIELD_TEXT) {
            *(const char **)at.member = "";
        }
    }
    return true;
}

static bool take_object(struct reader *r, const struct found *at)
{
    return take_members(r, at->field->of, at->value, at->member, at->path);
}

static bool take_array(struct reader *r, const struct found *at)
{
    const struct field_table *t = at->field->of;
    size_t n = json_array_size(at->value);
    if (!json_is_array(at->value))
        return refuse(r, at->path, "a list");
    if (n > t->longest)
        return err_set(r->err, ERR_FAILED, "\"%s\" has %zu entries, more than the %zu we read",
                       at->path, n, t->longest);
    char *elements = arena_array(r->a, n, t->size);
    for (size_t i = 0; i < n; i++) {
        char path[FIELD_PATH];
        field_path(path, at->path, "", (long)i);
        if (!take_members(r, t, json_array_get(at->value, i), elements + i * t->size, path))
            return false;
    }
    field_vec_set(at->member, (struct field_vec){elements, n, n});
    return true;
}

/* ---- what holds between members ---- */

static bool check_pools(struct machine *m, struct err *err)
{
    for (size_t i = 0; i < m->pools.n; i++) {
        const char *id = m->pools.v[i].id;
        if (!*id)
            return err_set(err, ERR_FAILED, "\"pools.%zu\" has no id", i);
        if (machine_find_pool(m, id) != &m->pools.v[i])
            return err_set(err, ERR_FAILED, "\"pools.%zu\" is a second pool \"%s\"", i, id);
    }
    for (size_t i = 0; i < m->gpus.n; i++)
        if (m->gpus.v[i].pool && !machine_find_pool(m, m->gpus.v[i].pool))
            return err_set(err, ERR_FAILED, "\"gpus.%zu.pool\" names \"%s\", which is no pool", i,
                           m->gpus.v[i].pool);
    return true;
}

bool machine_from_json(struct arena *a, const json_t *root, struct machine *out, struct err *err)
{
    struct machine m = {0};
    struct reader r = {.a = a, .err = err};
    static const struct field notes = {"notes", FIELD_TEXTS, offsetof(struct machine, notes), NULL};
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (!schema || strcmp(schema, MACHINE_SCHEMA) != 0) {
        err_set(err, ERR_FAILED, "this is %s%s%s, not a machine (" MACHINE_SCHEMA ")",
                schema ? "\"" : "a document without a schema", schema ? schema : "",
                schema ? "\"" : "");
        return err_hint(err, "write one with: tailor detect --json -o machine.json");
    }
    if (!js_get_object(root, "sources", &r.sources, err) ||
        !take_members(&r, &machine_fields, root, &m, ""))
        return false;
    struct found at = {&notes, json_object_get(root, "notes"), &m.notes, "notes"};
    if (at.value && !json_is_null(at.value) && !take_texts(&r, &at))
        return false;
    if (!check_pools(&m, err))
        return false;
    *out = m;
    return true;
}
