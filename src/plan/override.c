/* "regex=buft,regex=buft" */
#include "plan/override.h"

#include <regex.h>
#include <string.h>

/* "\\d" is "[0-9]", "(?:" is "(". */
static const char *as_posix(struct arena *a, struct str pattern)
{
    struct strbuf out = {0};
    for (size_t i = 0; i < pattern.n; i++) {
        struct str rest = {pattern.p + i, pattern.n - i};
        if (str_starts(rest, "\\d")) {
            strbuf_adds(&out, "[0-9]");
            i++;
        } else if (str_starts(rest, "(?:")) {
            strbuf_addc(&out, '(');
            i += 2;
        } else {
            strbuf_addc(&out, pattern.p[i]);
        }
    }
    return strbuf_take(&out, a);
}

bool override_next(struct str *rest, struct str *pattern, struct str *buft)
{
    struct str part;
    if (!str_cut(rest, ',', &part))
        return false;
    size_t at = part.n;
    while (at > 0 && part.p[at - 1] != '=')
        at--;
    *pattern = (struct str){part.p, at ? at - 1 : 0};
    *buft = (struct str){part.p + at, part.n - at};
    return true;
}

static bool compile(struct arena *a, struct str pattern, regex_t *out)
{
    return regcomp(out, as_posix(a, pattern), REG_EXTENDED | REG_NOSUB) == 0;
}

static void apply(const regex_t *regex, const struct model *m, int8_t *places)
{
    for (size_t i = 0; i < m->n_tensors; i++)
        if (places[i] == PLACE_WITH_LAYER && regexec(regex, m->tensors[i].name.p, 0, NULL, 0) == 0)
            places[i] = PLACE_HOST;
}

const int8_t *override_read(struct arena *a, const struct settings *s, const struct model *m)
{
    if (!settings_has(s, SET_OVERRIDE_TENSOR) || !s->override_tensor)
        return NULL;
    int8_t *places = arena_alloc(a, m->n_tensors ? m->n_tensors : 1);
    memset(places, PLACE_WITH_LAYER, m->n_tensors);
    struct str rest = str_from(s->override_tensor), pattern, buft;
    while (override_next(&rest, &pattern, &buft)) {
        regex_t regex;
        if (!str_eq(buft, "CPU") || !compile(a, pattern, &regex))
            continue;
        apply(&regex, m, places);
        regfree(&regex);
    }
    return places;
}

bool override_understood(const char *text)
{
    struct arena scratch = {0};
    struct str rest = str_from(text), pattern, buft;
    bool all = true;
    while (override_next(&rest, &pattern, &buft)) {
        regex_t regex;
        bool read = str_eq(buft, "CPU") && compile(&scratch, pattern, &regex);
        if (read)
            regfree(&regex);
        all &= read;
    }
    arena_release(&scratch);
    return all;
}
