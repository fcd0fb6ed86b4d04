/* Removed options, and switches that became options with a value. */
#include "settings/modern.h"

#include <string.h>

/* "--load-mode @" with the item's value for "@". */
static const char *fill_in(struct arena *a, struct words *out, const char *words, const char *value)
{
    struct str rest = str_from(words), word;
    struct strbuf text = {0};
    while (str_cut(&rest, ' ', &word)) {
        const char *one = str_eq(word, "@") ? value : str_dup(a, word);
        words_add(a, out, one);
        strbuf_addf(&text, "%s%s", text.len ? " " : "", one);
    }
    return strbuf_take(&text, a);
}

static void replace(struct arena *a, const struct argv *argv, const struct argv_item *item,
                    struct words *out, struct words *notes)
{
    const struct option *o = item->option;
    const char *word = argv->words[item->at];
    const char *instead = item->negated ? o->instead_off : o->instead;
    const char *value = argv_value(argv, item);
    if (instead && (value || !strchr(instead, '@')))
        words_add(a, notes,
                  arena_printf(a, "\"%s\" is gone from llama.cpp: taken as %s", word,
                               fill_in(a, out, instead, value)));
    else
        words_add(a, notes, arena_printf(a, "\"%s\" is gone from llama.cpp: left out", word));
}

/* What the option meant while it was a switch: "on", or its first choice (--numa distribute). */
static const char *bare_value(const struct option *o)
{
    for (const struct option_choice *c = o->choices; c && c->word; c++)
        if (strcmp(c->word, "on") == 0)
            return "on";
    return o->choices ? o->choices[0].word : "on";
}

/* One pass over what is left.  An option that was a switch once and has now swallowed the next
 * option ("-fa -ngl 99") gets its value back; returns where reading goes on, or n. */
static size_t pass(struct arena *a, const struct argv *argv, struct words *out, struct words *notes)
{
    for (size_t i = 0; i < argv->items.n; i++) {
        const struct argv_item *item = &argv->items.v[i];
        const struct option *o = item->option;
        bool bare = o && o->once_bare && o->state == OPTION_CURRENT &&
                    (item->kind == ARGV_NO_VALUE || item->swallowed);
        if (bare) {
            const char *word = argv->words[item->at], *value = bare_value(o);
            words_add(a, out, word);
            words_add(a, out, value);
            words_add(
                a, notes,
                arena_printf(a, "\"%s\" needs a value now: taken as %s %s", word, word, value));
            return item->at + 1;
        }
        if (o && o->state == OPTION_REMOVED)
            replace(a, argv, item, out, notes);
        else if (item->kind != ARGV_PROGRAM)
            words_append(a, out, argv->words + item->at, item->n_words);
    }
    return argv->n_words;
}

void modern_words(struct arena *a, enum option_tool assumed, const char *const *words, size_t n,
                  struct words *out, struct words *notes)
{
    for (size_t at = 0; at < n;) {
        struct arena scratch = {0}; /* each pass reads all that is left */
        struct argv argv;
        argv_parse(&scratch, assumed, words + at, n - at, &argv);
        assumed = argv.tool;
        at += pass(a, &argv, out, notes);
        arena_release(&scratch);
    }
}
