/* From command line to goal, plan and child. */
#include "cli/planning.h"

#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "cli/passed.h"
#include "plan/pins.h"
#include "settings/argv.h"
#include "settings/modern.h"

#define FIELD(field) offsetof(struct goal_options, field)

static const struct opt options[] = {
    MODEL_OPTION,
    {"ctx", 'c', OPT_COUNT, FIELD(ctx), "N",
     "at least N tokens of context for each slot (default: what fits well)", NULL, 1, INT32_MAX},
    {"parallel", 0, OPT_COUNT, FIELD(parallel), "N", "conversations at a time (default 1)", NULL, 1,
     256},
    {"workload", 0, OPT_TEXT, FIELD(workload), "NAME",
     "plan for this use: chat, agent, rag, fim or batch (default chat)"},
    {"prompt-tokens", 0, OPT_COUNT, FIELD(prompt_tokens), "P", "or for turns of P tokens to read,",
     NULL, 0, INT32_MAX},
    {"gen-tokens", 0, OPT_COUNT, FIELD(gen_tokens), "G", "G tokens to write,", NULL, 0, INT32_MAX},
    {"depth", 0, OPT_COUNT, FIELD(depth), "D", "with D tokens already in context", NULL, 0,
     INT32_MAX},
    {"vram-limit", 0, OPT_TEXTS, FIELD(vram_limit), "[GPU=]GIB",
     "use at most so much of the card's memory"},
    {"ram-limit", 0, OPT_NUMBER, FIELD(ram_limit), "GIB", "use at most so much RAM"},
    {"no-spill", 0, OPT_FLAG, FIELD(no_spill), NULL, "weights never split between card and RAM"},
    {"no-certify", 0, OPT_FLAG, FIELD(no_certify), NULL, "do not ask the engine for a dry run"},
    {"certify", 0, OPT_UNFLAG, FIELD(no_certify), NULL, "ask it where it has one (default)"},
};
const struct opt_list goal_options = OPT_LIST(options);

static struct engine_where where_of(const struct app *app)
{
    return (struct engine_where){.explicit_path = app->global.engine,
                                 .engine_dir = app->engine_dir,
                                 .path = app->path,
                                 .exe_dir = app->dirs.exe_dir,
                                 .cache_dir = app->dirs.cache};
}

void session_of(struct app *app, struct session *s)
{
    struct arena *a = &app->arena;
    *s = (struct session){.arena = a,
                          .fs = app->fs,
                          .live = fs_is_real(app->fs),
                          .dirs = app->dirs,
                          .where = where_of(app)};
    stores_where_init(&s->stores, a, app->dirs.home, app->env);
    remote_init(&s->remote, a, app->dirs.cache, app->env);
    static const char *const of_build_tree[] = {"../tests/machines", "../../tests/machines"};
    for (size_t i = 0; app->dirs.exe_dir && !s->machines_dir && i < COUNT_OF(of_build_tree); i++) {
        const char *machines = path_join(a, app->dirs.exe_dir, of_build_tree[i]);
        if (fs_stat(fs_real(), machines).kind == FS_DIR)
            s->machines_dir = machines;
    }
}

static bool gib(const char *text, uint64_t *bytes, struct err *err)
{
    return units_parse_bytes(text, GIB, bytes, err) &&
           (*bytes > 0 || err_set(err, ERR_USAGE, "a limit of 0 leaves nothing"));
}

/* "8", "CUDA0=8", "1=12" */
static bool vram_limit(struct arena *a, const char *text, struct limits *limits, struct err *err)
{
    struct str rest = str_from(text), gpu;
    if (!strchr(text, '='))
        return gib(text, &limits->vram_bytes, err);
    if (limits->n_vram == PLACE_MAX_DEVICES)
        return err_set(err, ERR_USAGE, "more than %d limits of cards", PLACE_MAX_DEVICES);
    str_cut(&rest, '=', &gpu);
    limits->vram[limits->n_vram].gpu = str_dup(a, gpu);
    return gib(str_dup(a, rest), &limits->vram[limits->n_vram++].bytes, err);
}

/* ---- llama.cpp's words ---- */

/* "-m FILE", "-mu URL" and "-hf REPO" name the MODEL; false for an option that names one in another
 * way. */
static bool model_of_item(struct arena *a, const struct argv *argv, const struct argv_item *item,
                          const char **model, struct err *err)
{
    static const char *const elsewhere[] = {"docker-repo", "hf-file"};
    const char *key = item->kind == ARGV_OPTION ? item->option->key : "";
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
        if (strcmp(key, elsewhere[i]) == 0) {
            err_set(err, ERR_USAGE, "\"%s\" chooses a model that is not planned for",
                    argv->words[item->at]);
            return err_hint(err, "fetch the file and name it as MODEL");
        }
    if (strcmp(key, "model") == 0 || strcmp(key, "model-url") == 0)
        *model = argv_value(argv, item);
    else if (strcmp(key, "hf-repo") == 0)
        *model = arena_printf(a, "hf:%s", argv_value(argv, item));
    else
        *model = NULL;
    return true;
}

/* Takes the models out of the words: they are arguments like any other, once each. */
static bool take_models(struct app *app, const struct argv *argv, struct words *rest,
                        struct err *err)
{
    struct opt_texts *args = &app->rest.args;
    for (size_t i = 0; i < argv->items.n; i++) {
        const struct argv_item *item = &argv->items.v[i];
        const char *model = NULL;
        if (!model_of_item(&app->arena, argv, item, &model, err))
            return false;
        if (!model) {
            words_append(&app->arena, rest, argv->words + item->at, item->n_words);
        } else if (args->n == 0 || strcmp(args->v[args->n - 1], model) != 0) {
            args->v = vec_grow(&app->arena, args->v, args->n, &args->cap, sizeof(*args->v));
            args->v[args->n++] = model;
        }
    }
    return true;
}

static bool pinned_settings(struct app *app, struct goal *goal, struct err *err)
{
    struct arena *a = &app->arena;
    struct argv all, argv;
    struct words modern = {0}, words = {0}, notes = {0};
    modern_words(a, TOOL_SERVER, app->rest.engine, app->rest.n_engine, &modern, &notes);
    for (size_t i = 0; i < notes.n; i++)
        log_warn("%s", notes.v[i]);
    argv_parse(a, TOOL_SERVER, modern.v, modern.n, &all);
    if (!take_models(app, &all, &words, err))
        return false;
    argv_parse(a, TOOL_SERVER, words.v, words.n, &argv);
    return settings_from_argv(a, &argv, &goal->pinned, &goal->rest, err);
}

bool goal_read(struct app *app, const struct goal_options *o, struct goal *goal, struct err *err)
{
    *goal = (struct goal){.ctx_per_slot = o->ctx,
                          .parallel = o->parallel,
                          .workload_name = o->workload,
                          .workload = {o->prompt_tokens, o->gen_tokens, o->depth},
                          .limits = {.ram_bytes = (uint64_t)(o->ram_limit * (double)GIB)},
                          .no_spill = o->no_spill};
    struct workload known;
    if (o->workload && !workload_find(o->workload, &known)) {
        err_set(err, ERR_USAGE, "there is no workload \"%s\"", o->workload);
        return err_hint(err, "chat, agent, rag, fim or batch");
    }
    for (size_t i = 0; i < o->vram_limit.n; i++)
        if (!vram_limit(&app->arena, o->vram_limit.v[i], &goal->limits, err))
            return false;
    return pinned_settings(app, goal, err) && pins_agree(goal, err);
}

bool goal_of(struct app *app, const struct goal_options *o, struct goal *goal, struct err *err)
{
    const struct engine_where where = where_of(app);
    return goal_read(app, o, goal, err) && passed_check(&app->arena, &goal->rest, &where, err);
}

bool one_model(const struct app *app, struct err *err)
{
    const struct opt_texts *args = &app->rest.args;
    if (args->n == 1)
        return true;
    if (args->n > 1)
        err_set(err, ERR_USAGE, "\"%s\" is one too many: this takes one MODEL", args->v[1]);
    else
        err_set(err, ERR_USAGE, "there is no MODEL to plan");
    return err_hint(err, "a GGUF file, or shape:llama-3.1-8b:Q4_K_M; tailor help models");
}

bool plan_of(struct app *app, const struct goal_options *o, struct planning how, struct work *w,
             struct err *err)
{
    session_of(app, &w->session);
    if (!goal_of(app, o, &w->goal, err) || !one_model(app, err))
        return false;
    how.model = app->rest.args.v[0];
    how.goal = &w->goal;
    how.certify = !o->no_certify;
    return planned_make(&w->session, &how, &w->planned, err);
}

void print_launch(struct app *app, const struct launch *l)
{
    if (app->global.json) {
        json_t *o = json_object();
        js_put_str(o, "schema", "tailor.launch/1");
        js_put(o, "argv", js_strings(l->argv.v, l->argv.n));
        js_put(o, "env", json_object()); /* the child has ours */
        app_put_json(app, o);
        return;
    }
    strbuf_addf(&app->out, "%s\n", shell_join(&app->arena, l->argv.v, l->argv.n));
}

bool require_file(const struct plan *plan, struct err *err)
{
    if (!cstr_starts(plan->model->path, "shape:"))
        return true;
    err_set(err, ERR_USAGE, "\"%s\" is a shape, not a file that can run", plan->model->path);
    return err_hint(err, "make one with tailor synth, or plan it with tailor plan");
}
