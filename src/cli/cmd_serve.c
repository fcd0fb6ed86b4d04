/* tailor serve: plan, start llama-server on a port, wait for health, forward signals. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/planning.h"
#include "os/clock.h"
#include "os/term.h"
#include "report/views.h"
#include "work/launch.h"

struct serve_options {
    struct goal_options goal;
    const char *host;
    uint32_t port;
    bool dry_run, quick;
};

static const struct serve_options defaults = {.host = "127.0.0.1", .port = 8080};

static const struct opt options[] = {
    {"host", 0, OPT_TEXT, offsetof(struct serve_options, host), "HOST",
     "address to listen on (default 127.0.0.1: this machine only)"},
    {"port", 0, OPT_COUNT, offsetof(struct serve_options, port), "N", "port (default 8080)", NULL,
     1, 65535},
    {"dry-run", 0, OPT_FLAG, offsetof(struct serve_options, dry_run), NULL,
     "print the engine's command line and end"},
    {"quick", 0, OPT_FLAG, offsetof(struct serve_options, quick), NULL,
     "do not measure this machine first"},
};
static const struct opt_list own_options = OPT_LIST(options);

enum { WATCH_MS = 200 };

/* Until the server ends or we are asked to: SIGTERM and Ctrl-C stop it gently. */
static bool watch(struct app *app, struct launch *l, struct err *err)
{
    while (!term_ended() && term_interrupts() == 0) {
        if (!server_alive(&app->arena, &l->server, err))
            return false;
        clock_sleep_ms(WATCH_MS);
    }
    log_info("stopping");
    return true;
}

static bool serve(struct app *app, struct work *w, const struct serve_options *o, struct err *err)
{
    struct launch l;
    const struct launch_spec spec = {LISTEN_TCP, o->host, o->port};
    const struct plan *plan = &w->planned.plan;
    if (!launch_prepare(&w->session, &w->planned.engine, plan, &spec, &l, err))
        return false;
    if (o->dry_run) {
        print_launch(app, &l);
        return true;
    }
    if (!require_file(plan, err))
        return false;
    struct doc d = {.arena = &app->arena};
    struct strbuf text = {0};
    const struct doc_style style = {term_columns(STDERR_FILENO), false};
    view_comparison(&d, plan);
    view_memory(&d, plan);
    view_warnings(&d, plan);
    doc_write_text(&d, &style, &text);
    if (log_get_level() >= LOG_INFO)
        fputs(strbuf_cstr(&text), stderr);
    strbuf_release(&text);
    term_catch_signals();
    bool done = launch_start(&w->session, &l, err);
    if (done)
        log_info("serving %s at %s, ready after %.1f s",
                 plan->model->name ? plan->model->name : plan->model->path, l.server.url,
                 l.server.ready_s - l.server.started_s);
    done = done && watch(app, &l, err);
    launch_stop(&l);
    return done;
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct serve_options *o = options_;
    const struct planning how = {
        .measuring = o->dry_run || o->quick ? MEASURE_NEVER : MEASURE_MISSING,
        .need_engine = true,
        .on_disk = !o->dry_run,
    };
    struct work w;
    if (!*o->host) {
        err_set(err, ERR_USAGE, "\"\" is no address for --host");
        return err_hint(err, "127.0.0.1 is this machine only, 0.0.0.0 its whole network");
    }
    if (!plan_of(app, &o->goal, how, &w, err))
        return false;
    bool done = serve(app, &w, o, err);
    planned_close(&w.planned);
    return done;
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "plan, start llama-server on a port and keep it until you stop it",
    .usage = "MODEL",
    .options = {&own_options, &goal_options},
    .options_size = sizeof(struct serve_options),
    .defaults = &defaults,
    .examples = {"tailor serve model.gguf --port 8000",
                 "tailor serve model.gguf --parallel 4 --ctx 8192 -- --api-key secret"},
    .engine_words = true,
    .run = run,
};
