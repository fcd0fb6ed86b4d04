/* tailor: dispatch, one error print, exit status. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "os/term.h"

enum { LINE = 1400, NEAR = 3 };

static bool unknown_command(const char *name, struct err *err)
{
    const char *best = NULL;
    size_t best_distance = NEAR;
    for (size_t i = 0; *name && commands[i]; i++) {
        if (!*commands[i]->name)
            continue;
        size_t d = str_distance(name, commands[i]->name);
        if (d < best_distance) {
            best_distance = d;
            best = commands[i]->name;
        }
    }
    err_set(err, ERR_USAGE, "unknown command \"%s\"", name);
    if (best)
        return err_hint(err, "did you mean \"tailor %s\"?", best);
    return err_hint(err, "\"tailor --help\" lists the commands");
}

/* The command is the first word that is no option; options may stand before it. */
static int command_position(int argc, char **argv)
{
    static const char *const with_value[] = {"-o", "--output", "--engine", "--root", "--color"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return 0;
        if (argv[i][0] != '-')
            return i;
        for (size_t k = 0; k < COUNT_OF(with_value); k++)
            i += strcmp(argv[i], with_value[k]) == 0;
    }
    return 0;
}

static void set_up(struct app *app)
{
    struct globals *g = &app->global;
    if (g->output && strcmp(g->output, "-") == 0)
        g->output = NULL; /* stdout, as elsewhere */
    log_set_level(g->quiet ? LOG_WARN : g->verbose ? LOG_DETAIL : LOG_INFO);
    bool plain = dirs_env("NO_COLOR") != NULL || g->output || !term_is_tty(STDOUT_FILENO);
    app->color = g->color == COLOR_ALWAYS || (g->color == COLOR_AUTO && !plain);
}

/* A result never takes the place of a model: a slip of the hand would cost a download. */
static bool spares_models(const char *path, struct err *err)
{
    struct fs_map map;
    struct err ignored = {0};
    if (fs_stat(fs_real(), path).kind != FS_FILE || !fs_map(fs_real(), path, &map, &ignored))
        return true;
    bool model = map.size >= 4 && memcmp(map.p, "GGUF", 4) == 0;
    fs_unmap(&map);
    if (!model)
        return true;
    err_set(err, ERR_USAGE, "\"%s\" is a model, which no result overwrites", path);
    return err_hint(err, "name another file behind -o");
}

/* whole: the result may be empty; what there is of another only counts when it is something. */
static bool deliver(struct app *app, bool whole, struct err *err)
{
    bool to_file = app->global.output && (whole || app->out.len);
    if (to_file && !spares_models(app->global.output, err))
        return false;
    if (to_file)
        return fs_replace(app->global.output, strbuf_cstr(&app->out), app->out.len, err);
    bool done = fwrite(strbuf_cstr(&app->out), 1, app->out.len, stdout) == app->out.len &&
                fflush(stdout) == 0;
    if (done)
        return true;
    int why = errno;
    err_set(err, ERR_FAILED, "cannot write to stdout: %s", strerror(why));
    return err_hint(err, why == ENOSPC ? "free some space on that disk" : "try -o FILE");
}

static bool wants_help(const struct app *app, const struct command *c)
{
    return app->global.help || strcmp(c->name, "help") == 0;
}

static bool run_command(struct app *app, const struct command *c, const void *options,
                        struct err *err)
{
    if (app->global.version) {
        strbuf_adds(&app->out, "tailor " TAILOR_VERSION "\n");
        return true;
    }
    if (app->global.json && wants_help(app, c)) {
        err_set(err, ERR_USAGE, "help is text");
        return err_hint(err, "drop \"--json\"");
    }
    if (app->global.help && *c->name == '\0') {
        help_overview(&app->out);
        return true;
    }
    if (app->global.help) {
        help_command(c, &app->arena, &app->out);
        return true;
    }
    if (app->rest.has_engine && !c->engine_words) {
        err_set(err, ERR_USAGE, "\"tailor%s%s\" takes no llama.cpp options", *c->name ? " " : "",
                c->name);
        return *c->name ? err_hint(err, "drop \"--\" and what follows it")
                        : err_hint(err, "name a command first: tailor COMMAND -- OPTIONS");
    }
    app->fs = fs_real();
    if (app->global.root && !fs_rooted(&app->arena, app->global.root, &app->fs, err))
        return false;
    return c->run(app, options, err);
}

static bool main_with_errors(struct app *app, int argc, char **argv, struct err *err)
{
    int at = command_position(argc, argv);
    const char *name = at ? argv[at] : "";
    const struct command *c = at && !*name ? NULL : command_find(name); /* "" is bare tailor's */
    if (!c)
        return unknown_command(name, err);
    /* all words but the command's own name */
    char **words = arena_array(&app->arena, (size_t)argc + 1, sizeof(*words));
    int n = 0;
    for (int i = 1; i < argc; i++)
        if (i != at)
            words[n++] = argv[i];
    const void *options = command_options(app, c, n, words, err);
    if (!options)
        return false;
    if (app->global.quiet && app->global.verbose) {
        err_set(err, ERR_USAGE, "--quiet and --verbose exclude each other");
        return err_hint(err, "drop one");
    }
    set_up(app);
    bool done = run_command(app, c, options, err);
    if (!done && err->code != ERR_INTERRUPTED)
        return false;
    struct err late = {0};
    return deliver(app, done, done ? err : &late) && done; /* Ctrl-C: what there is so far */
}

int main(int argc, char **argv)
{
    struct app app = {.env = dirs_env};
    struct err err = {0};
    char line[LINE];
    term_keep_standard_fds();
    dirs_init(&app.dirs, &app.arena, dirs_env);
    app.path = dirs_env("PATH");
    app.engine_dir = dirs_env("TAILOR_ENGINE_DIR");
    int status;
    if (main_with_errors(&app, argc, argv, &err)) {
        status = app.status;
    } else {
        status = (int)(err.code ? err.code : ERR_FAILED);
        fprintf(stderr, "tailor: %s\n", err_text(&err, line, sizeof(line)));
    }
    strbuf_release(&app.out);
    arena_release(&app.arena);
    return status;
}
