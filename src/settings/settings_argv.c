/* Settings from and to words of a command line. */
#include <string.h>

#include "settings/argv.h"
#include "settings/bind.h"

/* What a first option of the same kind said, and a second adds to (see binding.adds). */
struct earlier {
    int64_t number;
    const char *text;
};

static void add_up(struct arena *a, const struct binding *b, struct settings *s,
                   struct earlier earlier)
{
    if (b->field == FIELD_OVERRIDES)
        s->override_tensor = arena_printf(a, "%s,%s", earlier.text, s->override_tensor);
    else if (bind_get(b, s) < earlier.number)
        bind_put(b, s, earlier.number);
}

static bool parse_value(struct arena *a, const struct binding *b, const struct argv *argv,
                        const struct argv_item *item, struct settings *s, struct err *err)
{
    const char *word = argv->words[item->at];
    if (bind_parse(a, b, item->option, argv_value(argv, item), s, err))
        return true;
    err_place(err, "after %s", word);
    if (item->swallowed)
        err_hint(err, "%s takes the next word as its value, whatever it is", word);
    return false;
}

static bool take_item(struct arena *a, const struct binding *b, bool special,
                      const struct argv *argv, const struct argv_item *item, struct settings *s,
                      struct err *err)
{
    enum setting_id id = (enum setting_id)(b - bindings);
    bool again = b->adds && settings_has(s, id);
    struct earlier earlier = {0};
    if (again && b->field == FIELD_OVERRIDES)
        earlier.text = s->override_tensor;
    else if (again)
        earlier.number = bind_get(b, s);

    if (special)
        bind_put(b, s, b->special_value);
    else if (b->field == FIELD_SWITCH)
        bind_put(b, s, !item->negated);
    else if (!parse_value(a, b, argv, item, s, err))
        return false;
    if (again)
        add_up(a, b, s, earlier);
    settings_mark(s, id);
    return true;
}

/* What no build of llama.cpp takes, whatever options it knows. */
static bool check_form(const struct argv *argv, const struct argv_item *item, struct err *err)
{
    const char *word = argv->words[item->at];
    if (item->kind == ARGV_NO_VALUE) {
        err_set(err, ERR_USAGE, "\"%s\" has no value", word);
        return err_hint(err, "add it behind, it is the last word: %s", item->option->help);
    }
    if (item->kind == ARGV_JOINED) {
        int n = (int)strcspn(word, "=");
        err_set(err, ERR_USAGE, "\"%s\" is one word, llama.cpp takes a value as the next", word);
        return err_hint(err, "write %.*s %s", n, word, word + n + 1);
    }
    return true;
}

/* The binding that an item fills; NULL: the item is passed through. */
static const struct binding *binding_of(const struct argv *argv, const struct argv_item *item,
                                        bool *special)
{
    if (item->kind != ARGV_OPTION || argv->tool == TOOL_BENCH ||
        item->option->state != OPTION_CURRENT)
        return NULL;
    return bind_find(item->option, special);
}

bool settings_from_argv(struct arena *a, const struct argv *argv, struct settings *out,
                        struct words *rest, struct err *err)
{
    struct settings s = {0};
    struct words passed = {0};
    for (size_t i = 0; i < argv->items.n; i++) {
        const struct argv_item *item = &argv->items.v[i];
        bool special = false;
        if (!check_form(argv, item, err))
            return false;
        const struct binding *b = binding_of(argv, item, &special);
        if (b && !take_item(a, b, special, argv, item, &s, err))
            return false;
        if (!b && item->kind != ARGV_PROGRAM)
            words_append(a, &passed, argv->words + item->at, item->n_words);
    }
    *out = s;
    words_append(a, rest, passed.v, passed.n);
    return true;
}

/* An empty list has no words. */
static bool is_empty(const struct binding *b, const struct settings *s)
{
    return (b->field == FIELD_SHARES && s->n_tensor_split == 0) ||
           (b->field == FIELD_OVERRIDES && (!s->override_tensor || !*s->override_tensor));
}

static void write_field(struct arena *a, const struct binding *b, const struct settings *s,
                        struct words *out)
{
    bool special = b->special && bind_get(b, s) == b->special_value;
    if (is_empty(b, s))
        return;
    if (special || b->field == FIELD_SWITCH) {
        const char *word = special ? b->special_on : bind_get(b, s) ? b->on : b->off;
        if (word)
            words_add(a, out, word);
        return;
    }
    words_add(a, out, b->on);
    words_add(a, out, bind_text(a, b, s));
}

void settings_to_argv(struct arena *a, const struct settings *s, struct words *out)
{
    for (unsigned id = 0; id < SET_COUNT; id++)
        if (settings_has(s, (enum setting_id)id))
            write_field(a, &bindings[id], s, out);
}
