/* tailor explain: what every flag of a command line does here. */
#include "base/units.h"
#include "cli/planning.h"
#include "os/term.h"
#include "plan/effect.h"
#include "plan/fit_like.h"
#include "plan/repair.h"
#include "plan/search.h"
#include "report/views.h"
#include "settings/argv.h"

struct explain_options {
    const char *machine;
};

static const struct opt options[] = {
    MODEL_OPTION,
    MACHINE_OPTION(struct explain_options, machine),
};
static const struct opt_list own_options = OPT_LIST(options);

/* Does llama-server start with this word? */
enum verdict { WORKS, IGNORED, REFUSED };

struct flag {
    const char *words;
    enum verdict verdict;
    bool priced;
    struct effect effect;
    const char *text;
};

struct explained {
    struct session session;
    struct goal goal;
    struct machine machine;
    struct resolved model;
    struct plan line; /* the whole as it would run: settings, memory, speed */
    VEC(struct flag) flags;
    bool refused;
    struct repairs repairs;
};

/* ---- one flag ---- */

static const char *why_refused(struct arena *a, const struct argv *argv,
                               const struct argv_item *item)
{
    const char *word = argv->words[item->at];
    switch (item->kind) {
    case ARGV_NO_VALUE:
        return "its value is missing";
    case ARGV_JOINED:
        return "llama.cpp takes no --option=value: put a blank between them";
    case ARGV_STRAY:
        return "llama-server takes no arguments besides options";
    case ARGV_ELSEWHERE:
        return arena_printf(a, "an option of another program of llama.cpp, not of llama-server");
    case ARGV_UNKNOWN: {
        const char *near = option_suggest(a, argv->tool, word);
        return near ? arena_printf(a, "unknown; did you mean %s?", near) : "unknown";
    }
    default:
        break;
    }
    const struct option *o = item->option;
    const char *instead = item->negated ? o->instead_off : o->instead;
    if (o->state == OPTION_FORK)
        return arena_printf(a, "an option of a fork (%s), not of llama.cpp", o->since);
    if (item->swallowed && o->once_bare)
        return "it needs a value now, and takes the next option for it";
    return instead ? arena_printf(a, "gone from llama.cpp: write %s", instead)
                   : "gone from llama.cpp, with nothing in its place";
}

/* A value that the option does not take: why; else NULL. */
static const char *bad_value(struct arena *a, const struct argv *argv, const struct argv_item *item)
{
    struct argv alone;
    struct settings ignored;
    struct words rest = {0};
    struct err err = {0};
    argv_parse(a, TOOL_SERVER, argv->words + item->at, item->n_words, &alone);
    return settings_from_argv(a, &alone, &ignored, &rest, &err) ? NULL : arena_strdup(a, err.cause);
}

/* Why llama-server does not start with it; NULL: it does. */
static const char *refusal(struct arena *a, const struct argv *argv, const struct argv_item *item)
{
    bool current = item->kind == ARGV_OPTION && item->option->state != OPTION_REMOVED &&
                   item->option->state != OPTION_FORK &&
                   !(item->swallowed && item->option->once_bare);
    return current ? bad_value(a, argv, item) : why_refused(a, argv, item);
}

static void add_flag(struct app *app, struct explained *x, const struct argv *argv,
                     const struct argv_item *item)
{
    struct arena *a = &app->arena;
    struct flag *f = VEC_PUSH(a, &x->flags);
    *f = (struct flag){.words = shell_join(a, argv->words + item->at, item->n_words)};
    f->text = refusal(a, argv, item);
    if (f->text) {
        f->verdict = REFUSED;
        x->refused = true;
        return;
    }
    const struct option *o = item->option;
    if (o->state == OPTION_IGNORED) {
        f->verdict = IGNORED;
        f->text = "taken and ignored";
    } else if (o->sets) {
        f->priced = true;
        effect_of(a, &x->model.model, &x->machine, &x->goal.workload, &x->goal.pinned, o->sets,
                  &f->effect);
        f->text = effect_text(a, &f->effect);
    } else {
        f->text = arena_printf(a, "%s: %s", option_area_name(o->area), o->help);
    }
    if (o->note && o->state == OPTION_CURRENT)
        f->text = arena_printf(a, "%s; %s", f->text, o->note);
}

/* ---- the whole ---- */

static void price_line(struct app *app, struct explained *x)
{
    struct candidate c;
    fit_like_with(&app->arena, &x->model.model, &x->machine, &x->goal.workload, &x->goal.pinned,
                  &c);
    ledger_budgets(&c.ledger, &x->machine, NULL);
    place_evaluate(&c, &x->model.model, &x->machine, &x->goal.workload);
    x->line = (struct plan){.model = &x->model.model,
                            .machine = &x->machine,
                            .settings = c.settings,
                            .memory = c.ledger,
                            .speed = c.speed};
}

/* What is refused is told, and what is left is priced. */
static void keep_working_words(struct app *app, const struct argv *argv)
{
    struct words words = {0};
    for (size_t i = 0; i < argv->items.n; i++) {
        const struct argv_item *item = &argv->items.v[i];
        if (item->kind != ARGV_PROGRAM && !refusal(&app->arena, argv, item))
            words_append(&app->arena, &words, argv->words + item->at, item->n_words);
    }
    app->rest.engine = words_argv(&app->arena, &words);
    app->rest.n_engine = words.n;
}

static bool explain(struct app *app, const char *machine, struct explained *x, struct err *err)
{
    static const struct goal_options no_goal = {0};
    struct engine engine;
    struct argv argv;
    bool has_engine;
    session_of(app, &x->session);
    argv_parse(&app->arena, TOOL_SERVER, app->rest.engine, app->rest.n_engine, &argv);
    keep_working_words(app, &argv);
    if (!goal_read(app, &no_goal, &x->goal, err) || !one_model(app, err) ||
        !session_machine(&x->session, machine, MEASURE_NEVER, &x->machine, &engine, &has_engine,
                         err) ||
        !session_resolve(&x->session, app->rest.args.v[0], &x->model, err))
        return false;
    workload_find("chat", &x->goal.workload);
    price_line(app, x);
    repair_find(&app->arena, &x->model.model, &x->machine, &x->goal.workload, &x->goal.pinned,
                &x->repairs);
    for (size_t i = 0; i < argv.items.n; i++)
        if (argv.items.v[i].kind != ARGV_PROGRAM)
            add_flag(app, x, &argv, &argv.items.v[i]);
    return true;
}

static uint64_t lack_of(const struct explained *x, const struct ledger_line **where)
{
    return ledger_lack(&x->line.memory, where);
}

static json_t *to_json(const struct explained *x)
{
    static const char *const verdicts[] = {"works", "ignored", "refused"};
    json_t *o = json_object(), *flags = json_array();
    js_put_str(o, "schema", "tailor.explain/1");
    js_put_str(o, "model", x->line.model->path);
    js_put_bool(o, "starts", !x->refused);
    js_put_bool(o, "fits", lack_of(x, NULL) == 0);
    js_put(o, "settings", settings_to_json(&x->line.settings));
    js_put(o, "memory", ledger_to_json(&x->line.memory));
    js_put(o, "speed", speed_to_json(&x->line.speed));
    for (size_t i = 0; i < x->flags.n; i++) {
        const struct flag *f = &x->flags.v[i];
        json_t *flag = json_object();
        js_put_str(flag, "flag", f->words);
        js_put_str(flag, "verdict", verdicts[f->verdict]);
        js_put_str(flag, "text", f->text);
        if (f->priced) {
            js_put_i64(flag, "vram_bytes", f->effect.vram_bytes);
            js_put_i64(flag, "ram_bytes", f->effect.ram_bytes);
        } else {
            js_put_null(flag, "vram_bytes");
            js_put_null(flag, "ram_bytes");
        }
        json_array_append_new(flags, flag);
    }
    js_put(o, "flags", flags);
    js_put(o, "repair", repairs_to_json(&x->repairs));
    return o;
}

static void write_text(struct app *app, const struct explained *x)
{
    struct arena *a = &app->arena;
    struct doc d = {.arena = a};
    const struct doc_style style = {term_columns(1), app->color};
    const struct ledger_line *where;
    char text[UNITS_TEXT];
    uint64_t lack = lack_of(x, &where);
    doc_row(&d, "machine", "%s", view_machine_line(a, &x->machine));
    doc_row(&d, "model", "%s", view_model_line(a, x->line.model));
    doc_row(&d, "it gives", "context %s for each of %u slots, gen %s, prompt %s tok/s",
            units_count(search_ctx_per_slot(x->line.model, &x->line.settings), text),
            (unsigned)x->line.settings.parallel, view_interval(a, &x->line.speed.gen_tok_s),
            view_interval(a, &x->line.speed.prompt_tok_s));
    view_memory(&d, &x->line);
    if (x->refused)
        doc_row(&d, "verdict", "llama-server refuses this command line");
    else if (lack)
        doc_row(&d, "verdict", "does not fit: %s of %s memory are missing", units_bytes(lack, text),
                where->name);
    else
        doc_row(&d, "verdict", "fits");
    if (x->repairs.list.n) {
        doc_section(&d, "any of these makes it fit");
        for (size_t i = 0; i < x->repairs.list.n; i++)
            doc_row(&d, x->repairs.list.v[i].change, "%s",
                    effect_text(a, &x->repairs.list.v[i].effect));
    }
    doc_section(&d, "flags");
    for (size_t i = 0; i < x->flags.n; i++)
        doc_row(&d, x->flags.v[i].words, "%s%s",
                x->flags.v[i].verdict == REFUSED ? "REFUSED: " : "", x->flags.v[i].text);
    doc_write_text(&d, &style, &app->out);
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct explain_options *o = options_;
    struct explained x = {0};
    if (!explain(app, o->machine, &x, err))
        return false;
    if (app->global.json)
        app_put_json(app, to_json(&x));
    else
        write_text(app, &x);
    resolved_close(&x.model);
    return true;
}

const struct command cmd_explain = {
    .name = "explain",
    .summary =
        "what every flag of a llama-server command line does here: bytes, tok/s, or why it fails",
    .usage = "[MODEL]",
    .engine_words = true,
    .options = {&own_options},
    .options_size = sizeof(struct explain_options),
    .examples = {"tailor explain -- llama-server -m model.gguf -c 32768 -ngl 20 -fa",
                 "tailor explain shape:qwen3-8b:Q4_K_M --machine \"RTX 3060, 32GB\" -- -ctk q8_0"},
    .run = run,
};
