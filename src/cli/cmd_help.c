/* tailor help [TOPIC] */
#include "cli/command.h"

static bool run(struct app *app, const void *options, struct err *err)
{
    (void)options;
    if (app->rest.args.n == 0) {
        help_overview(&app->out);
        return true;
    }
    if (app->rest.args.n > 1) {
        err_set(err, ERR_USAGE, "\"%s\" is one too many: help takes one topic",
                app->rest.args.v[1]);
        return err_hint(err, "tailor help %s", app->rest.args.v[0]);
    }
    return help_topic(app, app->rest.args.v[0], err);
}

const struct command cmd_help = {
    .name = "help",
    .summary = "explain a command or a topic; print the man page and completion scripts",
    .usage = "[TOPIC]",
    .examples = {"tailor help plan", "tailor help man >tailor.1"},
    .run = run,
};
