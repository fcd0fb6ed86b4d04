/* tailor models: what is on this disk; tailor alone: home. */
#include "base/log.h"
#include "cli/planning.h"
#include "os/term.h"
#include "report/view_library.h"
#include "report/views.h"
#include "work/library.h"

enum { HOME_MODELS = 10 };

static bool look(struct app *app, struct session *s, struct machine *machine, struct library *l,
                 struct err *err)
{
    struct engine engine;
    bool has_engine;
    session_of(app, s);
    if (!session_machine(s, NULL, MEASURE_NEVER, machine, &engine, &has_engine, err))
        return false;
    for (size_t i = 0; i < app->rest.args.n; i++)
        if (fs_stat(fs_real(), app->rest.args.v[i]).kind != FS_DIR)
            return err_set(err, ERR_FAILED, "\"%s\" is not a folder", app->rest.args.v[i]);
    library_list(s, machine, app->rest.args.v, app->rest.args.n, l);
    if (l->cut)
        log_warn("the search ended in \"%s\": too many files; name a folder to see the rest",
                 l->cut);
    if (l->unreadable)
        log_warn("\"%s\" could not be read", l->unreadable);
    return true;
}

static void write_doc(struct app *app, struct doc *d)
{
    const struct doc_style style = {term_columns(1), app->color};
    doc_write_text(d, &style, &app->out);
}

static bool run_models(struct app *app, const void *options, struct err *err)
{
    struct session s;
    struct machine machine = {0};
    struct library l = {0};
    (void)options;
    if (!look(app, &s, &machine, &l, err))
        return false;
    if (app->global.json) {
        app_put_json(app, library_to_json(&l));
        return true;
    }
    struct doc d = {.arena = &app->arena};
    if (l.n == 0)
        doc_text(&d,
                 "There is no GGUF model %s.  Download one, name a folder (tailor models DIR), "
                 "or plan without one: tailor plan shape:llama-3.1-8b:Q4_K_M",
                 app->rest.args.n ? "in that folder" : "in the stores of this user");
    else
        view_library(&d, &l, 0);
    write_doc(app, &d);
    return true;
}

static json_t *home_json(const struct machine *machine, const struct library *l)
{
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.home/1");
    js_put_fact_str(o, "machine", machine->display_name);
    js_put_fact_str(o, "engine", machine->engine.path);
    json_t *models = library_to_json(l);
    js_put(o, "models", json_incref(json_object_get(models, "items")));
    json_decref(models);
    return o;
}

static void next_commands(struct doc *d, const struct library *l)
{
    const char *model = NULL;
    for (size_t i = 0; i < l->n && !model; i++)
        if (l->v[i].fits)
            model = shell_quote(d->arena, l->v[i].entry.name);
    doc_section(d, "next");
    if (model) {
        doc_row(d, "chat", "tailor run %s", model);
        doc_row(d, "why", "tailor plan %s", model);
        doc_row(d, "serve", "tailor serve %s", model);
        return;
    }
    doc_row(d, "plan", "tailor plan shape:llama-3.1-8b:Q4_K_M");
    doc_row(d, "try", "tailor synth qwen2-0.5b:Q4_K_M -o try.gguf && tailor run try.gguf");
    doc_row(d, "machine", "tailor detect");
}

static bool run_home(struct app *app, const void *options, struct err *err)
{
    struct session s;
    struct machine machine = {0};
    struct library l = {0};
    (void)options;
    if (!look(app, &s, &machine, &l, err))
        return false;
    if (app->global.json) {
        app_put_json(app, home_json(&machine, &l));
        return true;
    }
    struct doc d = {.arena = &app->arena};
    doc_row(&d, "machine", "%s", view_machine_line(&app->arena, &machine));
    doc_row(&d, "engine", "%s",
            machine.engine.path.source ? machine.engine.path.v
                                       : "none yet: \"make build\" makes the pinned llama.cpp");
    doc_section(&d, "models");
    if (l.n)
        view_library(&d, &l, HOME_MODELS);
    else
        doc_text(&d, "none in the stores of this user; tailor models DIR looks into a folder");
    next_commands(&d, &l);
    write_doc(app, &d);
    return true;
}

const struct command cmd_models = {
    .name = "models",
    .summary = "models on this disk: size, quantization, what fits and how fast",
    .more = "Searched are the folders given, or else the Hugging Face caches (LLAMA_CACHE,\n"
            "HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, ~/.cache), llama.cpp's\n"
            "older cache, LM Studio's models and Ollama's (OLLAMA_MODELS).\n",
    .usage = "[DIR...]",
    .examples = {"tailor models", "tailor models ~/models --json"},
    .run = run_models,
};

const struct command cmd_home = {
    .name = "",
    .summary = "this machine, its models, three next commands",
    .usage = "",
    .examples = {"tailor", "tailor --json"},
    .run = run_home,
};
