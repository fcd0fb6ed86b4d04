/* tailor plan: the best settings for a model on a machine, with reasons. */
#include "cli/plan_compare.h"
#include "os/term.h"
#include "report/views.h"

struct plan_options {
    struct goal_options goal;
    const char *machine;
    int format;
    bool frontier, together;
};

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_ARGV, FORMAT_SCRIPT };

static const struct opt options[] = {
    MACHINE_OPTION(struct plan_options, machine),
    {"format", 0, OPT_CHOICE, offsetof(struct plan_options, format), "FORM",
     "how to write it (default text)", "text|json|argv|script"},
    {"frontier", 0, OPT_FLAG, offsetof(struct plan_options, frontier), NULL,
     "contexts, speeds and qualities of which none is better in all"},
    {"together", 0, OPT_FLAG, offsetof(struct plan_options, together), NULL,
     "all these models at once, on one machine's memory"},
};
static const struct opt_list own_options = OPT_LIST(options);

static void write_script(struct app *app, const struct plan *p)
{
    strbuf_addf(&app->out, "#!/bin/sh\n# %s, planned by tailor " TAILOR_VERSION "\n",
                p->model->name ? p->model->name : p->model->path);
    for (size_t i = 0; i < p->env.n; i++)
        strbuf_addf(&app->out, "export %s\n", shell_quote(&app->arena, p->env.v[i]));
    strbuf_addf(&app->out, "exec %s \"$@\"\n", shell_join(&app->arena, p->argv, p->n_argv));
}

static void write_text(struct app *app, const struct plan *p)
{
    struct doc d = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    doc_row(&d, "machine", "%s", view_machine_line(&app->arena, p->machine));
    doc_row(&d, "model", "%s", view_model_line(&app->arena, p->model));
    view_plan(&d, p);
    doc_write_text(&d, &style, &app->out);
}

static void write_plan(struct app *app, const struct plan_options *o, const struct plan *p)
{
    int format = app->global.json ? FORMAT_JSON : o->format;
    if (format == FORMAT_JSON)
        app_put_json(app, plan_to_json(p));
    else if (format == FORMAT_ARGV)
        strbuf_addf(&app->out, "%s\n", shell_join(&app->arena, p->argv, p->n_argv));
    else if (format == FORMAT_SCRIPT)
        write_script(app, p);
    else
        write_text(app, p);
}

/* A folder holds candidates, too. */
static bool several(const struct app *app)
{
    const struct opt_texts *args = &app->rest.args;
    return args->n > 1 || (args->n == 1 && fs_stat(fs_real(), args->v[0]).kind == FS_DIR);
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct plan_options *o = options_;
    const struct planning how = {.machine = o->machine};
    struct work w;
    if (o->together)
        return plan_together(app, &o->goal, o->machine, err);
    if (o->frontier || several(app))
        return plan_compare(app, &o->goal, o->machine, o->frontier, err);
    if (!plan_of(app, &o->goal, how, &w, err))
        return false;
    write_plan(app, o, &w.planned.plan);
    planned_close(&w.planned);
    return true;
}

const struct command cmd_plan = {
    .name = "plan",
    .summary = "the best settings for a model on this machine, with reasons",
    .usage = "MODEL...",
    .options = {&own_options, &goal_options},
    .options_size = sizeof(struct plan_options),
    .examples = {"tailor plan model.gguf --ctx 32k",
                 "tailor plan shape:qwen3-30b-a3b:Q4_K_M --json -- -ctk q8_0"},
    .engine_words = true,
    .run = run,
};
