/* Look-ups in the option table. */
#include "settings/option.h"

#include <string.h>

#include "settings/option_table.h"

enum { WORD_MAX = 64 }; /* no spelling is as long; the unit tests check that */

static const char *const tool_names[] = {
    [TOOL_SERVER] = "llama-server",         [TOOL_CLI] = "llama-cli",
    [TOOL_COMPLETION] = "llama-completion", [TOOL_BENCH] = "llama-bench",
    [TOOL_PRESET] = "models.ini",
};

static const char *const area_names[] = {
    [AREA_PROGRAM] = "program",     [AREA_MODEL] = "model",
    [AREA_PLACEMENT] = "placement", [AREA_MEMORY] = "memory",
    [AREA_SPEED] = "speed",         [AREA_CPU] = "cpu",
    [AREA_CONTEXT] = "context",     [AREA_SAMPLING] = "sampling",
    [AREA_CHAT] = "chat",           [AREA_SPECULATION] = "speculation",
    [AREA_VISION] = "vision",       [AREA_SERVER] = "server",
    [AREA_ROUTER] = "router",       [AREA_LOGGING] = "logging",
    [AREA_BENCH] = "bench",
};

bool option_next_word(const char **rest, struct str *word)
{
    if (!*rest || !**rest)
        return false;
    word->p = *rest;
    word->n = strcspn(*rest, " ");
    *rest += word->n + strspn(*rest + word->n, " ");
    return true;
}

/* Is `name` in the list, after `skip` characters of leading dashes of each entry? */
static bool holds(const char *list, const char *name, bool without_dashes)
{
    struct str word;
    while (option_next_word(&list, &word)) {
        size_t dashes = 0;
        while (without_dashes && dashes < word.n && word.p[dashes] == '-')
            dashes++;
        if (str_eq((struct str){word.p + dashes, word.n - dashes}, name))
            return true;
    }
    return false;
}

/* "--ctx_size" as "--ctx-size"; a word that is longer than any spelling stays as it is. */
static const char *normal(const char *word, char buf[WORD_MAX])
{
    size_t n = strlen(word);
    if (n >= WORD_MAX || !cstr_starts(word, "--"))
        return word;
    for (size_t i = 0; i <= n; i++)
        buf[i] = word[i] == '_' ? '-' : word[i];
    return buf;
}

static const struct option *match(const struct option *o, bool on, bool off, bool *negated)
{
    if (negated && (on || off))
        *negated = !on;
    return on || off ? o : NULL;
}

const struct option *option_find(enum option_tool tool, const char *word, bool *negated)
{
    char buf[WORD_MAX];
    const char *name = normal(word, buf);
    if (name[0] != '-')
        return NULL;
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *o = &option_table[i];
        if ((o->tools & tool) == 0)
            continue;
        if (match(o, holds(o->on, name, false), holds(o->off, name, false), negated))
            return o;
    }
    return NULL;
}

/* Is `name` the variable that switches `o` off? */
static bool is_off_variable(const struct option *o, const char *name)
{
    static const char yes[] = "LLAMA_ARG_", no[] = "LLAMA_ARG_NO_";
    return o->off && cstr_starts(name, no) && cstr_starts(o->env, yes) &&
           strcmp(name + strlen(no), o->env + strlen(yes)) == 0;
}

const struct option *option_find_env(enum option_tool tool, const char *name, bool *negated)
{
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *o = &option_table[i];
        /* llama-bench has a parser of its own, which reads no LLAMA_ARG_* */
        if ((o->tools & tool) == 0 || !o->env ||
            (tool == TOOL_BENCH && strcmp(name, "HF_TOKEN") != 0))
            continue;
        if (match(o, strcmp(o->env, name) == 0, is_off_variable(o, name), negated))
            return o;
    }
    return NULL;
}

const struct option *option_find_key(const char *key, bool *negated)
{
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *o = &option_table[i];
        if ((o->tools & (TOOL_SERVER | TOOL_PRESET)) == 0)
            continue;
        bool on = holds(o->on, key, true) || (!o->on && strcmp(o->key, key) == 0);
        if (match(o, on, holds(o->off, key, true), negated))
            return o;
    }
    return option_find_env(TOOL_SERVER, key, negated);
}

/* The best spelling of one list, when it beats *best edits. */
static void nearest(const char *list, const char *name, size_t *best, struct str *found)
{
    struct str word;
    while (option_next_word(&list, &word)) {
        char buf[WORD_MAX] = "";
        memcpy(buf, word.p, word.n < WORD_MAX ? word.n : WORD_MAX - 1);
        size_t edits = str_distance(name, buf);
        if (edits < *best) {
            *best = edits;
            *found = word;
        }
    }
}

const char *option_suggest(struct arena *a, enum option_tool tool, const char *word)
{
    char buf[WORD_MAX];
    const char *name = normal(word, buf);
    struct str found = {NULL, 0};
    const char *typed = arena_strndup(a, name, strcspn(name, "="));
    /* a third of the letters may be wrong, not counting the dashes */
    size_t letters = strlen(typed + strspn(typed, "-")), best = letters / 3 + 1;
    for (size_t i = 0; i < option_table_n; i++) {
        const struct option *o = &option_table[i];
        if ((o->tools & tool) == 0 || o->state != OPTION_CURRENT)
            continue;
        nearest(o->on, typed, &best, &found);
        nearest(o->off, typed, &best, &found);
    }
    return found.p ? str_dup(a, found) : NULL;
}

size_t option_count(void)
{
    return option_table_n;
}

const struct option *option_at(size_t i)
{
    return &option_table[i];
}

const char *option_tool_name(enum option_tool tool)
{
    return tool_names[tool];
}

const char *option_area_name(enum option_area area)
{
    return area_names[area];
}
