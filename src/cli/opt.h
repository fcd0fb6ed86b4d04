/* ---- cli/opt.h: our own command line, from tables.
 *
 * A command has a struct for its options and a table that says which option fills which field.  The
 * same table gives parsing, --help, the man page and shell completion.  Long options may be written
 * with underscores, and as --opt VALUE or --opt=VALUE; words after "--" belong to llama.cpp. */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

enum opt_kind {
    OPT_FLAG,     /* bool */
    OPT_UNFLAG,   /* bool, set to false */
    OPT_TEXT,     /* const char * */
    OPT_TEXTS,    /* struct opt_texts: may be given several times */
    OPT_COUNT,    /* uint32_t, at least `least` */
    OPT_COUNTS,   /* struct opt_counts: "4096,32768" */
    OPT_NUMBER,   /* double, larger than 0 */
    OPT_CHOICE,   /* int: index of the word in `words` */
    OPT_ARGUMENT, /* no field: the value is one more argument (-m MODEL) */
};

struct opt_texts {
    const char **v;
    size_t n, cap;
};

struct opt_counts {
    uint32_t *v;
    size_t n, cap;
};

struct opt {
    const char *name; /* without dashes; NULL: only the short form */
    char letter;      /* short form, or 0 */
    enum opt_kind kind;
    size_t offset;     /* of the field */
    const char *value; /* how help calls the value: "N", "FILE" */
    const char *help;  /* one line, with the default where there is one */
    const char *words; /* OPT_CHOICE: "text|json|argv" */
    uint32_t least;    /* OPT_COUNT, OPT_COUNTS */
    uint32_t most;     /* the same; 0: no limit */
};

/* Commands take their MODEL this way, too. */
#define MODEL_OPTION                                                                             \
    {                                                                                            \
        "model", 'm', OPT_ARGUMENT, 0, "MODEL", "the model, as an option instead of an argument" \
    }

struct opt_list {
    const struct opt *v;
    size_t n;
};
#define OPT_LIST(array)        \
    {                          \
        array, COUNT_OF(array) \
    }

struct opt_table {
    const struct opt_list *options; /* NULL: none */
    void *target;                   /* the struct to fill */
};
enum { OPT_TABLES = 3 };

struct opt_rest {
    struct opt_texts args;     /* words that are no options */
    const char *const *engine; /* words after "--" */
    size_t n_engine;
    bool has_engine; /* there was a "--" */
};

/* Fills the targets of all tables; on failure (ERR_USAGE) the error names the word. */
bool opt_parse(struct arena *a, const struct opt_table tables[OPT_TABLES], int argc,
               char *const *argv, struct opt_rest *rest, struct err *err);

/* The n-th word of "a|b|c" into the arena, NULL past the end. */
const char *opt_word(struct arena *a, const char *words, size_t n);

#endif
