/* ---- settings/argv.h: a llama.cpp command line as a list of what its words are.
 *
 * Nothing fails here and nothing is lost: every word belongs to exactly one item, items stand in
 * the order of the words, and what llama.cpp would refuse is an item whose kind says so.  Options
 * take words as v0.5.0 takes them (settings/option.h says how), so `-fa -ngl 99` gives -fa the
 * value "-ngl", marked as swallowed, and leaves 99 over. */
#ifndef SETTINGS_ARGV_H
#define SETTINGS_ARGV_H

#include "base/vec.h"
#include "base/words.h"
#include "settings/option.h"

enum argv_kind {
    ARGV_PROGRAM,   /* "llama-server", "/opt/bin/server", "llama serve" (two words) */
    ARGV_OPTION,    /* an option of this program with all its values; option->state may be any */
    ARGV_NO_VALUE,  /* the words end before its last value */
    ARGV_ELSEWHERE, /* an option, with its values, of another program of llama.cpp */
    ARGV_JOINED,    /* "--option=value", which llama.cpp does not take; option is that option */
    ARGV_UNKNOWN,   /* begins with '-' and is no option */
    ARGV_STRAY,     /* any other word: llama.cpp takes no arguments besides options */
};

struct argv_item {
    enum argv_kind kind;
    const struct option *option; /* NULL for PROGRAM, UNKNOWN, STRAY */
    bool negated;                /* written in an off spelling */
    bool swallowed;              /* its value is itself the spelling of an option */
    size_t at, n_words;          /* words[at] is its spelling, values follow */
};

struct argv {
    enum option_tool tool;
    const char *const *words; /* borrowed */
    size_t n_words;
    VEC(struct argv_item) items;
};

/* `assumed` is the program where the words do not begin with a program's name. */
void argv_parse(struct arena *a, enum option_tool assumed, const char *const *words, size_t n,
                struct argv *out);

/* The item's first value, or NULL when it has none. */
const char *argv_value(const struct argv *argv, const struct argv_item *item);

#endif
