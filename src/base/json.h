/* ---- base/json.h: jansson with our rules.
 *
 * Writing: keys keep their order, bytes are integers, unknown is null.  Reading: typed gets whose
 * error names the path, and texts are refused over a size before they are parsed. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fact.h"
#include "base/str.h"

enum { JSON_INPUT_MAX = 16 << 20 }; /* larger configuration texts are refused */

/* --- writing; each takes ownership of a value given to it --- */

void js_put(json_t *object, const char *key, json_t *value);
void js_put_str(json_t *object, const char *key,
                const char *s); /* NULL: null; bad UTF-8 repaired */
void js_put_u64(json_t *object, const char *key, uint64_t v);
void js_put_i64(json_t *object, const char *key, int64_t v);
void js_put_bool(json_t *object, const char *key, bool v);
void js_put_real(json_t *object, const char *key, double v); /* four significant digits */
void js_put_null(json_t *object, const char *key);

void js_put_fact_u64(json_t *object, const char *key, struct fact_u64 f);
void js_put_fact_f64(json_t *object, const char *key, struct fact_f64 f);
void js_put_fact_str(json_t *object, const char *key, struct fact_str f);
void js_put_fact_bool(json_t *object, const char *key, struct fact_bool f);

json_t *js_string(const char *s); /* invalid UTF-8 bytes become '?' ; NULL gives null */
json_t *js_strings(const char *const *list, size_t n);

/* The whole document, indented, with a final newline; caller frees with free(). */
char *js_text(const json_t *root);
/* On one line, without a newline (protocols, logs). */
char *js_line(const json_t *root);

/* --- reading --- */

/* Parses text; on failure the cause names line and column.  Caller releases with json_decref. */
json_t *js_parse(struct str text, struct err *err);

/* Typed gets: a missing or null member leaves *out alone and is no error; a member of another type
 * is an error that names the key.  `json_t *object` may be NULL (all missing). */
bool js_get_u64(const json_t *object, const char *key, uint64_t *out, struct err *err);
bool js_get_i64(const json_t *object, const char *key, int64_t *out, struct err *err);
bool js_get_real(const json_t *object, const char *key, double *out, struct err *err);
bool js_get_bool(const json_t *object, const char *key, bool *out, struct err *err);
bool js_get_str(const json_t *object, const char *key, struct arena *a, const char **out,
                struct err *err);
/* Array or object member; NULL when missing; an error when of the other kind. */
bool js_get_array(const json_t *object, const char *key, const json_t **out, struct err *err);
bool js_get_object(const json_t *object, const char *key, const json_t **out, struct err *err);

#endif
