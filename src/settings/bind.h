/* ---- settings/bind.h: which field, option and JSON key belong to a setting; for settings/ only.
 *
 * One row per setting_id.  Command lines, JSON, merging and comparing all walk these rows. */
#ifndef SETTINGS_BIND_H
#define SETTINGS_BIND_H

#include "settings/option.h"
#include "settings/settings.h"

enum bind_field {
    FIELD_U32,
    FIELD_I32,
    FIELD_ENUM,      /* one of the option's choices; ggml types too */
    FIELD_BOOL,      /* an option that takes on or off */
    FIELD_SWITCH,    /* an option that is on by one spelling and off by another */
    FIELD_NAMES,     /* list of device names, empty: "none" */
    FIELD_SHARES,    /* list of numbers */
    FIELD_OVERRIDES, /* "regex=buft,regex=buft" */
};

struct binding {
    const char *name;     /* JSON key */
    const char *on, *off; /* the spellings that we write; FIELD_SWITCH, off NULL: left out */
    /* A value that the option itself does not take, by name; written as `special_on`, or by leaving
     * the option out when that is NULL. */
    const char *special, *special_on;
    int64_t special_value;
    size_t offset, size; /* of the field in struct settings */
    size_t count_offset; /* of its count, for lists */
    enum bind_field field;
    bool adds;  /* several options add up instead of the last one winning */
    bool extra; /* not in the contract of tailor.plan/1: the key is left out where not given */
};

extern const struct binding bindings[SET_COUNT];

/* The row of llama-server's option behind a binding. */
const struct option *bind_option(const struct binding *b);
/* The binding that an option fills, or NULL.  An option that stands for a special value
 * (--cpu-moe) says so in *special. */
const struct binding *bind_find(const struct option *option, bool *special);

/* For fields that are one number. */
int64_t bind_get(const struct binding *b, const struct settings *s);
void bind_put(const struct binding *b, struct settings *s, int64_t value);

/* Reads the option's value into the field; the error has no place yet.  Does not mark it given. */
bool bind_parse(struct arena *a, const struct binding *b, const struct option *option,
                const char *text, struct settings *s, struct err *err);
/* The field as the option's value. */
const char *bind_text(struct arena *a, const struct binding *b, const struct settings *s);

#endif
