/* ---- cli/command.h: a command is a record; all of them stand in one table.
 *
 * A command file holds its options struct, its option table, and a run function that fills the
 * output or prints as it goes.  Errors come back as values and are printed in one place. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/json.h"
#include "base/str.h"
#include "cli/opt.h"
#include "os/dirs.h"
#include "os/fs.h"

/* Options that every command takes. */
struct globals {
    bool help, version, verbose, quiet, json;
    int color;          /* enum color_choice */
    const char *output; /* -o FILE */
    const char *root;   /* --root DIR */
    const char *engine; /* --engine PATH */
};

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct app {
    struct arena arena;
    struct dirs dirs;
    const char *path;       /* PATH */
    const char *engine_dir; /* TAILOR_ENGINE_DIR */
    env_reader *env;        /* the model stores' variables */
    struct globals global;
    struct opt_rest rest; /* arguments, and llama.cpp's words behind "--" */
    const struct fs *fs;  /* the real world, or a recorded one */
    struct strbuf out;    /* the result: written once, to stdout or -o FILE */
    bool color;           /* stdout may be coloured */
    int status;           /* exit status of a run that worked but found something */
};

struct command {
    const char *name, *summary;
    const char *more;                  /* lines below the summary, or NULL */
    const char *usage;                 /* arguments behind the name: "MODEL..." */
    const struct opt_list *options[2]; /* its own, and those it shares with others; or NULL */
    size_t options_size;               /* of the options struct, at most COMMAND_OPTIONS_MAX */
    const void *defaults;              /* of the options struct; NULL: all zero */
    const char *examples[2];
    bool engine_words; /* takes llama.cpp's options behind "--" */
    bool (*run)(struct app *app, const void *options, struct err *err);
};

extern const struct command *const commands[]; /* ends with NULL */
extern const struct opt_list global_options;

const struct command *command_find(const char *name);

/* Reads the words behind the command's name into app->global, app->rest and the command's own
 * options struct, which it returns; NULL on failure (ERR_USAGE). */
void *command_options(struct app *app, const struct command *c, int n, char *const *words,
                      struct err *err);

/* --help of one command, the list of all, the man page, completion scripts (pure text). */
void help_command(const struct command *c, struct arena *a, struct strbuf *out);
void help_overview(struct strbuf *out);
bool help_topic(struct app *app, const char *topic, struct err *err);

/* A document as text, into app->out. */
void app_put_json(struct app *app, json_t *document);

#endif
