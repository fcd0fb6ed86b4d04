/* jansson with our rules. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- writing ---- */

void js_put(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) != 0)
        arena_out_of_memory(sizeof(*value));
}

json_t *js_string(const char *s)
{
    if (!s)
        return json_null();
    json_t *value = json_string(s);
    if (value)
        return value;
    /* not UTF-8 (a file name in an old encoding): keep the ASCII, mark the rest */
    struct strbuf copy = {0};
    strbuf_adds(&copy, s);
    for (size_t i = 0; i < copy.len; i++)
        if ((unsigned char)copy.p[i] >= 0x80)
            copy.p[i] = '?';
    value = json_string(strbuf_cstr(&copy));
    strbuf_release(&copy);
    return value;
}

json_t *js_strings(const char *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, js_string(list[i]));
    return array;
}

/* jansson's integers are signed: what does not fit is beyond any real size, and says so. */
static json_t *integer(uint64_t v)
{
    return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

static json_t *rounded(double v)
{
    if (!isfinite(v))
        return json_null();
    if (v == 0)
        return json_real(0);
    double scale = pow(10, 3 - floor(log10(fabs(v))));
    return json_real(isfinite(scale) ? round(v * scale) / scale : v);
}

void js_put_str(json_t *object, const char *key, const char *s)
{
    js_put(object, key, js_string(s));
}

void js_put_u64(json_t *object, const char *key, uint64_t v)
{
    js_put(object, key, integer(v));
}

void js_put_i64(json_t *object, const char *key, int64_t v)
{
    js_put(object, key, json_integer(v));
}

void js_put_bool(json_t *object, const char *key, bool v)
{
    js_put(object, key, json_boolean(v));
}

void js_put_real(json_t *object, const char *key, double v)
{
    js_put(object, key, rounded(v));
}

void js_put_null(json_t *object, const char *key)
{
    js_put(object, key, json_null());
}

void js_put_fact_u64(json_t *object, const char *key, struct fact_u64 f)
{
    js_put(object, key, f.source ? integer(f.v) : json_null());
}

void js_put_fact_f64(json_t *object, const char *key, struct fact_f64 f)
{
    js_put(object, key, f.source ? rounded(f.v) : json_null());
}

void js_put_fact_str(json_t *object, const char *key, struct fact_str f)
{
    js_put_str(object, key, f.source ? f.v : NULL);
}

void js_put_fact_bool(json_t *object, const char *key, struct fact_bool f)
{
    js_put(object, key, f.source ? json_boolean(f.v) : json_null());
}

char *js_text(const json_t *root)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    if (!text)
        arena_out_of_memory(1);
    size_t n = strlen(text);
    char *line = realloc(text, n + 2);
    if (!line)
        arena_out_of_memory(n + 2);
    memcpy(line + n, "\n", 2);
    return line;
}

char *js_line(const json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!text)
        arena_out_of_memory(1);
    return text;
}

/* ---- reading ---- */

json_t *js_parse(struct str text, struct err *err)
{
    if (text.n > JSON_INPUT_MAX) {
        err_set(err, ERR_FAILED, "%zu bytes of JSON are more than the %d MiB we read", text.n,
                JSON_INPUT_MAX >> 20);
        return NULL;
    }
    json_error_t why;
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        err_set(err, ERR_FAILED, "not valid JSON: %s", why.text);
        err_place(err, "line %d, column %d", why.line, why.column);
    }
    return root;
}

/* The member, or NULL when it is missing or null. */
static const json_t *member(const json_t *object, const char *key)
{
    const json_t *v = object ? json_object_get(object, key) : NULL;
    return v && !json_is_null(v) ? v : NULL;
}

static bool wrong_type(const char *key, const char *wanted, struct err *err)
{
    return err_set(err, ERR_FAILED, "\"%s\" is not %s", key, wanted);
}

bool js_get_i64(const json_t *object, const char *key, int64_t *out, struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_integer(v))
        return wrong_type(key, "a whole number", err);
    if (v)
        *out = json_integer_value(v);
    return true;
}

bool js_get_u64(const json_t *object, const char *key, uint64_t *out, struct err *err)
{
    int64_t v = -1;
    if (!js_get_i64(object, key, &v, err))
        return false;
    if (!member(object, key))
        return true;
    if (v < 0)
        return wrong_type(key, "a whole number of at least 0", err);
    *out = (uint64_t)v;
    return true;
}

bool js_get_real(const json_t *object, const char *key, double *out, struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_number(v))
        return wrong_type(key, "a number", err);
    if (v)
        *out = json_number_value(v);
    return true;
}

bool js_get_bool(const json_t *object, const char *key, bool *out, struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_boolean(v))
        return wrong_type(key, "true or false", err);
    if (v)
        *out = json_is_true(v);
    return true;
}

bool js_get_str(const json_t *object, const char *key, struct arena *a, const char **out,
                struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_string(v))
        return wrong_type(key, "a string", err);
    if (v)
        *out = arena_strdup(a, json_string_value(v));
    return true;
}

bool js_get_array(const json_t *object, const char *key, const json_t **out, struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_array(v))
        return wrong_type(key, "a list", err);
    *out = v;
    return true;
}

bool js_get_object(const json_t *object, const char *key, const json_t **out, struct err *err)
{
    const json_t *v = member(object, key);
    if (v && !json_is_object(v))
        return wrong_type(key, "an object", err);
    *out = v;
    return true;
}
