/* tailor need: which machines run a model as one wishes. */
#include "base/units.h"
#include "cli/planning.h"
#include "os/term.h"
#include "plan/need.h"
#include "report/views.h"

struct need_options {
    struct goal_options goal;
    double gen_tok_s;
    const char *machine;
};

static const struct opt options[] = {
    {"gen-tok-s", 0, OPT_NUMBER, offsetof(struct need_options, gen_tok_s), "X",
     "tokens a second to write; left out: whatever comes, with whole models on their cards", NULL,
     0, 100000},
    MACHINE_OPTION(struct need_options, machine),
};
static const struct opt_list own_options = OPT_LIST(options);

static void add_rows(struct doc *d, const struct need_row *rows, size_t n)
{
    static const struct doc_column columns[] = {{"machine", DOC_LEFT},
                                                {"context", DOC_RIGHT},
                                                {"gen tok/s", DOC_RIGHT},
                                                {"prompt tok/s", DOC_RIGHT}};
    char text[UNITS_TEXT];
    struct doc_table *t = doc_table(d, columns, COUNT_OF(columns));
    for (size_t i = 0; i < n; i++) {
        doc_cell(d, t, "%s", rows[i].machine);
        doc_cell(d, t, "%s", units_count(rows[i].ctx, text));
        doc_cell(d, t, "%s", view_interval(d->arena, &rows[i].speed.gen_tok_s));
        doc_cell(d, t, "%s", view_interval(d->arena, &rows[i].speed.prompt_tok_s));
    }
}

static void write_text(struct app *app, const struct model *m, const struct need *need)
{
    struct doc d = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    doc_row(&d, "model", "%s", view_model_line(&app->arena, m));
    doc_section(&d, "the smallest machines of their kind");
    if (need->machines.n)
        add_rows(&d, need->machines.v, need->machines.n);
    else
        doc_text(&d, "none of those that tailor knows; ask for less context or speed");
    doc_section(&d, "this machine");
    if (need->enough)
        doc_text(&d, "does it as it is: tailor plan says how");
    else if (need->upgrades.n)
        add_rows(&d, need->upgrades.v, need->upgrades.n);
    else
        doc_text(&d, "neither more RAM nor one more card is enough");
    doc_write_text(&d, &style, &app->out);
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct need_options *o = options_;
    struct session s;
    struct goal goal;
    struct machine machine = {0};
    struct resolved model;
    struct engine engine;
    struct need need;
    bool has_engine;
    session_of(app, &s);
    if (!goal_of(app, &o->goal, &goal, err) || !one_model(app, err) ||
        !session_machine(&s, o->machine, MEASURE_NEVER, &machine, &engine, &has_engine, err) ||
        !session_resolve(&s, app->rest.args.v[0], &model, err))
        return false;
    const struct need_wish wish = {&goal, o->gen_tok_s};
    need_find(&app->arena, &model.model, &wish, &machine, &need);
    if (app->global.json)
        app_put_json(app, need_to_json(&need, &model.model, &wish));
    else
        write_text(app, &model.model, &need);
    resolved_close(&model);
    return true;
}

const struct command cmd_need = {
    .name = "need",
    .summary =
        "the smallest machines that run a model as you wish, and the next upgrade of this one",
    .usage = "MODEL",
    .engine_words = true,
    .options = {&own_options, &goal_options},
    .options_size = sizeof(struct need_options),
    .examples = {"tailor need model.gguf --ctx 32k --gen-tok-s 20",
                 "tailor need shape:llama-3.1-70b:Q4_K_M --gen-tok-s 10"},
    .run = run,
};
