/* Settings from and to JSON: the values of options, in the shapes that JSON has. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "settings/bind.h"

static bool is_list(const struct binding *b)
{
    return b->field == FIELD_NAMES || b->field == FIELD_SHARES || b->field == FIELD_OVERRIDES;
}

/* ---- writing ---- */

/* "12" as an integer, "all" as a string. */
static json_t *scalar(const char *text)
{
    long long n = 0;
    return str_i64(str_from(text), &n) ? json_integer(n) : js_string(text);
}

static json_t *list_of(struct arena *a, const struct binding *b, const char *text)
{
    json_t *list = json_array();
    struct str rest = str_from(text), part;
    bool none = !*text || (b->field == FIELD_NAMES && strcmp(text, "none") == 0);
    while (!none && str_cut(&rest, ',', &part)) {
        const char *element = str_dup(a, part);
        double number = 0;
        json_t *value = js_string(element);
        if (b->field == FIELD_SHARES && str_f64(part, &number)) {
            json_decref(value);
            value = strpbrk(element, ".e") ? json_real(number) : json_integer((json_int_t)number);
        }
        json_array_append_new(list, value);
    }
    return list;
}

static json_t *value_of(struct arena *a, const struct binding *b, const struct settings *s)
{
    if (b->field == FIELD_BOOL || b->field == FIELD_SWITCH)
        return json_boolean(bind_get(b, s));
    const char *text = bind_text(a, b, s);
    return is_list(b) ? list_of(a, b, text) : scalar(text);
}

json_t *settings_to_json(const struct settings *s)
{
    struct arena texts = {0};
    json_t *object = json_object();
    for (unsigned id = 0; id < SET_COUNT; id++) {
        const struct binding *b = &bindings[id];
        if (settings_has(s, (enum setting_id)id))
            js_put(object, b->name, value_of(&texts, b, s));
        else if (!b->extra)
            js_put_null(object, b->name);
    }
    arena_release(&texts);
    return object;
}

/* ---- reading ---- */

/* A scalar as the text of an option's value; NULL for one that has none. */
static const char *scalar_text(struct arena *a, const json_t *value)
{
    if (json_is_boolean(value))
        return json_is_true(value) ? "on" : "off";
    if (json_is_integer(value))
        return arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return arena_printf(a, "%.9g", json_real_value(value));
    return json_string_value(value);
}

static const char *list_text(struct arena *a, const struct binding *b, const json_t *list)
{
    size_t n = json_array_size(list);
    if (n == 0)
        return b->field == FIELD_NAMES ? "none" : "";
    struct strbuf joined = {0};
    for (size_t i = 0; i < n; i++) {
        const char *text = scalar_text(a, json_array_get(list, i));
        if (!text || strchr(text, ',')) {
            strbuf_release(&joined);
            return NULL;
        }
        strbuf_addf(&joined, "%s%s", i ? "," : "", text);
    }
    return strbuf_take(&joined, a);
}

/* Is the value of the JSON kind that we write?  Numbers may be words ("all"). */
static bool has_shape(const struct binding *b, const json_t *value)
{
    if (is_list(b))
        return json_is_array(value);
    if (b->field == FIELD_BOOL || b->field == FIELD_SWITCH)
        return json_is_boolean(value);
    return json_is_string(value) || (b->field != FIELD_ENUM && json_is_integer(value));
}

static bool read_field(struct arena *a, enum setting_id id, const json_t *value, struct settings *s,
                       struct err *err)
{
    const struct binding *b = &bindings[id];
    const char *text = NULL;
    if (has_shape(b, value))
        text = is_list(b) ? list_text(a, b, value) : scalar_text(a, value);
    if (!text)
        return err_set(err, ERR_FAILED, "\"%s\" is not a value of that setting", b->name);
    if (is_list(b) && !*text && b->field != FIELD_NAMES) { /* an empty list */
        s->given |= (uint64_t)1 << id;
        return true;
    }
    if (settings_set(a, s, id, text, err))
        return true;
    err->code = ERR_FAILED; /* a file is wrong, not the command line */
    return false;
}

bool settings_from_json(struct arena *a, const json_t *object, struct settings *out,
                        struct err *err)
{
    struct settings s = {0};
    for (unsigned id = 0; id < SET_COUNT; id++) {
        const json_t *value = json_object_get(object, bindings[id].name);
        if (value && !json_is_null(value) && !read_field(a, (enum setting_id)id, value, &s, err))
            return false;
    }
    *out = s;
    return true;
}
