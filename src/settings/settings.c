/* Names, single values, merging and comparing. */
#include "settings/settings.h"

#include <string.h>

#include "settings/bind.h"

const char *settings_name(enum setting_id id)
{
    return bindings[id].name;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !(*a == '_' && *b == '-'))
            return false;
    return *a == *b;
}

bool settings_find(const char *name, enum setting_id *id)
{
    for (unsigned i = 0; i < SET_COUNT; i++) {
        if (same_name(bindings[i].name, name)) {
            *id = (enum setting_id)i;
            return true;
        }
    }
    return false;
}

bool settings_set(struct arena *a, struct settings *s, enum setting_id id, const char *text,
                  struct err *err)
{
    const struct binding *b = &bindings[id];
    if (b->special && strcmp(text, b->special) == 0)
        bind_put(b, s, b->special_value);
    else if (!bind_parse(a, b, bind_option(b), text, s, err))
        return err_place(err, "for %s", b->name);
    settings_mark(s, id);
    return true;
}

const char *settings_text(struct arena *a, const struct settings *s, enum setting_id id)
{
    return bind_text(a, &bindings[id], s);
}

static bool is_list(const struct binding *b)
{
    return b->field == FIELD_NAMES || b->field == FIELD_SHARES;
}

static void copy_field(const struct binding *b, struct settings *to, const struct settings *from)
{
    memcpy((char *)to + b->offset, (const char *)from + b->offset, b->size);
    if (is_list(b))
        memcpy((char *)to + b->count_offset, (const char *)from + b->count_offset,
               sizeof(uint32_t));
}

struct settings settings_merge(const struct settings *base, const struct settings *over)
{
    struct settings merged = *base;
    for (unsigned id = 0; id < SET_COUNT; id++)
        if (settings_has(over, (enum setting_id)id))
            copy_field(&bindings[id], &merged, over);
    merged.given |= over->given;
    return merged;
}

/* The texts say whether fields of any kind are equal. */
bool settings_equal(const struct settings *a, const struct settings *b)
{
    struct arena texts = {0};
    bool equal = a->given == b->given;
    for (unsigned i = 0; equal && i < SET_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        if (settings_has(a, id))
            equal = strcmp(settings_text(&texts, a, id), settings_text(&texts, b, id)) == 0;
    }
    arena_release(&texts);
    return equal;
}
