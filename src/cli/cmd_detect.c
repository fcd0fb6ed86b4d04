/* tailor detect: what this machine is. */
#include "cli/planning.h"
#include "machine/machine_json.h"
#include "os/term.h"
#include "report/views.h"

struct detect_options {
    bool quick;
    int format;
};

enum { FORMAT_SUMMARY, FORMAT_JSON };

static const struct opt options[] = {
    {"quick", 0, OPT_FLAG, offsetof(struct detect_options, quick), NULL,
     "measure nothing (else the memory bandwidth, in under 2 s)"},
    {"format", 0, OPT_CHOICE, offsetof(struct detect_options, format), "FORM",
     "how to write it (default summary)", "summary|json"},
};
static const struct opt_list own_options = OPT_LIST(options);

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct detect_options *o = options_;
    struct session s;
    struct machine machine = {0};
    struct engine engine;
    bool has_engine;
    if (app->rest.args.n)
        return err_set(err, ERR_USAGE, "detect takes no argument, \"%s\" is one too many",
                       app->rest.args.v[0]);
    session_of(app, &s);
    if (!session_machine(&s, NULL, o->quick ? MEASURE_NEVER : MEASURE_ALWAYS, &machine, &engine,
                         &has_engine, err))
        return false;
    if (app->global.json || o->format == FORMAT_JSON) {
        app_put_json(app, machine_to_json(&machine));
        return true;
    }
    struct doc d = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    view_machine(&d, &machine);
    doc_write_text(&d, &style, &app->out);
    return true;
}

const struct command cmd_detect = {
    .name = "detect",
    .summary = "what this machine is: cores, memory, GPUs, bandwidth",
    .usage = "",
    .options = {&own_options},
    .options_size = sizeof(struct detect_options),
    .examples = {"tailor detect", "tailor detect --quick --json -o machine.json"},
    .run = run,
};
