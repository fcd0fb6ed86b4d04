/* tailor run: plan, start the engine on a private socket, chat or answer, receipt. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "cli/planning.h"
#include "cli/repl.h"
#include "os/term.h"
#include "report/view_receipt.h"
#include "report/views.h"
#include "work/launch.h"
#include "work/receipt.h"

struct run_options {
    struct goal_options goal;
    const char *prompt;
    uint32_t max_tokens;
    bool dry_run, quick;
};

static const struct opt options[] = {
    {"prompt", 'p', OPT_TEXT, offsetof(struct run_options, prompt), "TEXT",
     "answer this and end, instead of a chat"},
    {"max-tokens", 'n', OPT_COUNT, offsetof(struct run_options, max_tokens), "N",
     "at most N tokens per answer", NULL, 1, INT32_MAX},
    {"dry-run", 0, OPT_FLAG, offsetof(struct run_options, dry_run), NULL,
     "print the engine's command line and end"},
    {"quick", 0, OPT_FLAG, offsetof(struct run_options, quick), NULL,
     "do not measure this machine first"},
};
static const struct opt_list own_options = OPT_LIST(options);

/* What a measuring run reads and writes: enough for steady figures within seconds. */
enum { MEASURE_PROMPT = 256, MEASURE_GEN = 64, STDIN_MAX = 16 << 20, LABEL_COLUMNS = 14 };

struct run {
    struct app *app;
    const struct run_options *o;
    struct work work;
    struct launch launch;
    struct chat chat;
};

static void screen(struct run *r, struct strbuf *out, int fd)
{
    struct arena *a = &r->app->arena;
    const struct planned *p = &r->work.planned;
    struct doc d = {.arena = a, .label_columns = LABEL_COLUMNS};
    const struct doc_style style = {term_columns(fd), r->app->color};
    bool own = strcmp(p->engine.origin, "PATH") != 0;
    doc_row(&d, "machine", "%s", view_machine_line(a, &p->machine));
    doc_row(&d, "model", "%s", view_model_line(a, &p->model.model));
    doc_row(&d, "engine", "llama-server %s, %s%s",
            p->engine.version ? p->engine.version : "of unknown version",
            own ? p->engine.origin : "yours",
            p->certified ? arena_printf(a, " - certified in %.0f ms", p->certified_s * 1e3) : "");
    view_comparison(&d, &p->plan);
    view_memory(&d, &p->plan);
    view_why(&d, &p->plan);
    view_price(&d, &p->plan);
    view_warnings(&d, &p->plan);
    for (size_t i = 0; i < r->launch.notes.n; i++)
        doc_row(&d, "note", "%s", r->launch.notes.v[i]);
    doc_write_text(&d, &style, out);
}

/* The screen goes where people look: to stdout (or FILE) when it is the result, else beside it.  In
 * a chat that has a FILE, it is both. */
static void show(struct run *r, struct strbuf *text, bool stdout_is_answer)
{
    bool to_file = r->app->global.output && !r->app->global.json && !stdout_is_answer;
    bool chats = !stdout_is_answer && !r->work.planned.model.model.synthetic;
    if (to_file)
        strbuf_add(&r->app->out, strbuf_cstr(text), text->len);
    if ((to_file && !chats) || r->app->global.json || log_get_level() < LOG_INFO) {
        strbuf_release(text);
        return;
    }
    FILE *to = stdout_is_answer || r->app->global.output ? stderr : stdout;
    fputs(strbuf_cstr(text), to);
    fflush(to);
    strbuf_release(text);
}

/* A prompt on stdin that is no terminal; NULL when there is none. */
static const char *piped_prompt(struct app *app)
{
    struct strbuf text = {0};
    char chunk[1 << 14];
    ssize_t got;
    while (text.len < STDIN_MAX && (got = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0)
        strbuf_add(&text, chunk, (size_t)got);
    char *copy = strbuf_take(&text, &app->arena);
    return str_trim(str_from(copy)).n ? copy : NULL;
}

static bool talk(struct run *r, const char *prompt, struct err *err)
{
    const struct model *m = &r->work.planned.model.model;
    chat_init(&r->chat, &r->launch.server, r->o->max_tokens);
    if (m->synthetic) /* never text from random weights */
        return chat_measure(&r->app->arena, &r->chat, m->n_vocab, MEASURE_PROMPT,
                            r->o->max_tokens ? r->o->max_tokens : MEASURE_GEN, err);
    if (prompt)
        return repl_once(r->app, &r->chat, prompt, err);
    if (!term_is_tty(STDIN_FILENO))
        return chat_measure(&r->app->arena, &r->chat, m->n_vocab, MEASURE_PROMPT, MEASURE_GEN, err);
    return repl_run(r->app, &r->chat, err);
}

static void give_receipt(struct run *r, bool stdout_is_answer)
{
    struct receipt receipt;
    struct strbuf text = {0};
    struct doc d = {.arena = &r->app->arena, .label_columns = LABEL_COLUMNS};
    const struct doc_style style = {term_columns(STDOUT_FILENO), r->app->color};
    receipt_make(&r->work.planned.plan, &r->chat, &r->launch.server, &receipt);
    if (r->app->global.json) {
        json_t *o = json_object();
        js_put_str(o, "schema", "tailor.run/1");
        if (r->work.planned.model.model.synthetic)
            js_put_null(o, "answer");
        else
            js_put_str(o, "answer", strbuf_cstr(&r->app->out));
        js_put(o, "receipt", receipt_to_json(&receipt));
        js_put(o, "plan", plan_to_json(&r->work.planned.plan));
        strbuf_clear(&r->app->out);
        app_put_json(r->app, o);
        return;
    }
    view_receipt(&d, &receipt);
    doc_write_text(&d, &style, &text);
    show(r, &text, stdout_is_answer);
}

static bool start_and_talk(struct run *r, struct err *err)
{
    const char *prompt = r->o->prompt;
    struct strbuf text = {0};
    if (!prompt && !r->work.planned.model.model.synthetic && !term_is_tty(STDIN_FILENO))
        prompt = piped_prompt(r->app);
    bool answers = prompt && !r->work.planned.model.model.synthetic;
    term_catch_signals();
    screen(r, &text, answers ? STDERR_FILENO : STDOUT_FILENO);
    show(r, &text, answers);
    bool done = launch_start(&r->work.session, &r->launch, err) && talk(r, prompt, err);
    if (done || (err->code == ERR_INTERRUPTED && r->launch.server.ready_s > 0))
        give_receipt(r, answers);
    launch_stop(&r->launch);
    chat_release(&r->chat);
    if (done && term_ended())
        return err_set(err, ERR_INTERRUPTED, "ended by a signal");
    return done;
}

static bool run_planned(struct run *r, struct err *err)
{
    static const struct launch_spec private_socket = {.listen = LISTEN_SOCKET};
    const struct planned *p = &r->work.planned;
    if (!launch_prepare(&r->work.session, &p->engine, &p->plan, &private_socket, &r->launch, err))
        return false;
    if (r->o->dry_run) {
        print_launch(r->app, &r->launch);
        return true;
    }
    return require_file(&p->plan, err) && start_and_talk(r, err);
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    struct run r = {.app = app, .o = options_};
    const struct planning how = {
        .measuring = r.o->dry_run || r.o->quick ? MEASURE_NEVER : MEASURE_MISSING,
        .need_engine = true,
        .on_disk = !r.o->dry_run,
    };
    if (!plan_of(app, &r.o->goal, how, &r.work, err))
        return false;
    bool done = run_planned(&r, err);
    planned_close(&r.work.planned);
    return done;
}

const struct command cmd_run = {
    .name = "run",
    .summary = "plan, start llama.cpp and chat; at the end what was measured next to what was said",
    .usage = "MODEL",
    .options = {&own_options, &goal_options},
    .options_size = sizeof(struct run_options),
    .examples = {"tailor run model.gguf", "tailor run model.gguf -p \"What is a tailor?\" -n 200"},
    .engine_words = true,
    .run = run,
};
