/* Option tables -> filled structs. */
#include "cli/opt.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

enum { LONGEST_NAME = 64, NEAR = 3 };

const char *opt_word(struct arena *a, const char *words, size_t n)
{
    struct str rest = str_from(words), word;
    for (size_t i = 0; str_cut(&rest, '|', &word); i++)
        if (i == n)
            return str_dup(a, word);
    return NULL;
}

/* ---- finding ---- */

static size_t length(const struct opt_table *table)
{
    return table->options ? table->options->n : 0;
}

/* By its name, or by its letter when name is NULL. */
static const struct opt *find(const struct opt_table tables[OPT_TABLES], const char *name,
                              char letter, void **target)
{
    for (size_t t = 0; t < OPT_TABLES; t++)
        for (size_t i = 0; i < length(&tables[t]); i++) {
            const struct opt *o = &tables[t].options->v[i];
            if (name ? o->name && strcmp(name, o->name) == 0 : o->letter == letter) {
                *target = tables[t].target;
                return o;
            }
        }
    return NULL;
}

static bool unknown(const struct opt_table tables[OPT_TABLES], const char *name, const char *word,
                    struct err *err)
{
    const char *best = NULL;
    size_t best_distance = NEAR;
    for (size_t t = 0; t < OPT_TABLES; t++)
        for (size_t i = 0; i < length(&tables[t]); i++) {
            const char *candidate = tables[t].options->v[i].name;
            size_t d = candidate ? str_distance(name, candidate) : NEAR;
            if (d < best_distance) {
                best_distance = d;
                best = candidate;
            }
        }
    err_set(err, ERR_USAGE, "unknown option \"%s\"", word);
    if (best)
        return err_hint(err, "did you mean --%s?", best);
    return err_hint(err, "options of llama.cpp itself go after \"--\"");
}

/* ---- values ---- */

static bool bad_value(const struct opt *o, const char *text, const char *wanted, struct err *err)
{
    return err_set(err, ERR_USAGE, "\"%s\" is not %s for --%s", text, wanted,
                   o->name ? o->name : "?");
}

static bool count_value(const struct opt *o, struct str text, uint32_t *out, struct err *err)
{
    unsigned long long v;
    struct arena scratch = {0};
    uint32_t most = o->most ? o->most : INT32_MAX;
    uint64_t scale = 1;
    struct str digits = text;
    if (text.n && (text.p[text.n - 1] == 'k' || text.p[text.n - 1] == 'K')) {
        scale = 1024; /* --ctx 32k */
        digits.n--;
    }
    bool good = str_u64(digits, &v) && v <= most && v * scale <= most && v * scale >= o->least;
    if (good) {
        *out = (uint32_t)(v * scale);
    } else {
        bad_value(
            o, str_dup(&scratch, text),
            arena_printf(&scratch, "a whole number from %" PRIu32 " to %" PRIu32, o->least, most),
            err);
    }
    arena_release(&scratch);
    return good;
}

static bool counts_value(struct arena *a, const struct opt *o, const char *text,
                         struct opt_counts *out, struct err *err)
{
    struct str rest = str_from(text), part;
    out->n = 0;
    while (str_cut(&rest, ',', &part)) {
        uint32_t v;
        if (!count_value(o, str_trim(part), &v, err))
            return false;
        out->v = vec_grow(a, out->v, out->n, &out->cap, sizeof(*out->v));
        out->v[out->n++] = v;
    }
    return true;
}

static bool choice_value(struct arena *a, const struct opt *o, const char *text, int *out,
                         struct err *err)
{
    const char *word;
    for (size_t i = 0; (word = opt_word(a, o->words, i)) != NULL; i++)
        if (strcmp(word, text) == 0) { /* NOLINT: an option that takes a value has one */
            *out = (int)i;
            return true;
        }
    err_set(err, ERR_USAGE, "\"%s\" is no choice for --%s", text, o->name);
    return err_hint(err, "one of %s", o->words);
}

static bool store(struct arena *a, const struct opt *o, void *target, const char *text,
                  struct err *err)
{
    void *field = (char *)target + o->offset;
    double number;
    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)field = true;
        return true;
    case OPT_UNFLAG:
        *(bool *)field = false;
        return true;
    case OPT_TEXT:
        *(const char **)field = text;
        return true;
    case OPT_TEXTS: {
        struct opt_texts *list = field;
        list->v = vec_grow(a, list->v, list->n, &list->cap, sizeof(*list->v));
        list->v[list->n++] = text;
        return true;
    }
    case OPT_COUNT:
        return count_value(o, str_from(text), field, err);
    case OPT_COUNTS:
        return counts_value(a, o, text, field, err);
    case OPT_NUMBER:
        if (!str_f64(str_from(text), &number) || !(number > 0) || number > 1e18)
            return bad_value(o, text, "a number larger than 0", err);
        *(double *)field = number;
        return true;
    case OPT_CHOICE:
        return choice_value(a, o, text, field, err);
    case OPT_ARGUMENT:
        break;
    }
    return false;
}

static bool takes_value(const struct opt *o)
{
    return o->kind != OPT_FLAG && o->kind != OPT_UNFLAG;
}

/* ---- words ---- */

struct words {
    struct arena *a;
    const struct opt_table *tables;
    char *const *argv;
    int argc, at;
    struct opt_rest *rest;
    struct err *err;
};

static void add_argument(struct words *w, const char *text)
{
    struct opt_texts *args = &w->rest->args;
    args->v = vec_grow(w->a, args->v, args->n, &args->cap, sizeof(*args->v));
    args->v[args->n++] = text;
}

static bool apply(struct words *w, const struct opt *o, void *target, const char *text)
{
    if (o->kind != OPT_ARGUMENT)
        return store(w->a, o, target, text, w->err);
    add_argument(w, text);
    return true;
}

static bool need_value(struct words *w, const struct opt *o, const char *word, const char **out)
{
    (void)o;
    if (w->at >= w->argc || strcmp(w->argv[w->at], "--") == 0)
        return err_set(w->err, ERR_USAGE, "\"%s\" needs a value", word);
    *out = w->argv[w->at++];
    return true;
}

static bool long_option(struct words *w, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    char *name = arena_strndup(w->a, word + 2, n);
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    void *target = NULL;
    const struct opt *o = find(w->tables, name, 0, &target);
    if (!o)
        return unknown(w->tables, name, arena_strndup(w->a, word, n + 2), w->err);
    const char *text = equals ? equals + 1 : NULL;
    if (text && !takes_value(o))
        return err_set(w->err, ERR_USAGE, "--%s takes no value", o->name);
    if (!text && takes_value(o) && !need_value(w, o, word, &text))
        return false;
    return apply(w, o, target, text);
}

/* "-v", "-vq", "-n 5", "-n5" */
static bool short_options(struct words *w, const char *word)
{
    for (const char *p = word + 1; *p; p++) {
        void *target = NULL;
        const struct opt *o = find(w->tables, NULL, *p, &target);
        if (!o)
            return unknown(w->tables, word + 1, word, w->err);
        const char *text = p[1] ? p + 1 : NULL;
        if (!takes_value(o)) {
            if (!apply(w, o, target, NULL))
                return false;
            continue;
        }
        if (!text && !need_value(w, o, word, &text))
            return false;
        return apply(w, o, target, text);
    }
    return true;
}

bool opt_parse(struct arena *a, const struct opt_table tables[OPT_TABLES], int argc,
               char *const *argv, struct opt_rest *rest, struct err *err)
{
    struct words w = {
        .a = a, .tables = tables, .argv = argv, .argc = argc, .rest = rest, .err = err};
    *rest = (struct opt_rest){0};
    while (w.at < argc) {
        const char *word = argv[w.at++];
        if (strcmp(word, "--") == 0) {
            rest->engine = (const char *const *)(uintptr_t)(argv + w.at);
            rest->n_engine = (size_t)(argc - w.at);
            rest->has_engine = true;
            return true;
        }
        if (cstr_starts(word, "--")) {
            if (!long_option(&w, word))
                return false;
        } else if (word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9')) {
            if (!short_options(&w, word))
                return false;
        } else {
            add_argument(&w, word);
        }
    }
    return true;
}
