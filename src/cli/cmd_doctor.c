/* tailor doctor oom: what ran out of memory, and what makes it fit. */
#include <string.h>

#include "base/units.h"
#include "cli/planning.h"
#include "engine/oom_log.h"
#include "os/term.h"
#include "plan/fit_like.h"
#include "plan/repair.h"
#include "report/views.h"

enum { LOG_MAX = 16 << 20 };

struct doctor_options {
    const char *log, *machine;
};

static const struct opt options[] = {
    {"log", 0, OPT_TEXT, offsetof(struct doctor_options, log), "FILE",
     "what llama.cpp printed when it failed"},
    MACHINE_OPTION(struct doctor_options, machine),
};
static const struct opt_list own_options = OPT_LIST(options);

struct diagnosis {
    struct oom oom;
    bool has_model;
    struct resolved model;
    struct machine machine;
    struct repairs repairs;
};

static bool read_log(struct app *app, const char *path, struct oom *out, struct err *err)
{
    struct str text;
    if (!fs_read(fs_real(), &app->arena, path, LOG_MAX, &text, err))
        return false;
    *out = oom_read(&app->arena, text);
    if (out->found)
        return true;
    err_set(err, ERR_FAILED, "nothing in \"%s\" says that memory ran out", path);
    return err_hint(err, "give the whole output of llama-server, stderr included");
}

/* The log knows better than a detection now: what was asked for was not there.  How much of it was
 * there it does not say: half is assumed. */
static void believe_log(struct diagnosis *d, const struct workload *w, const struct settings *given,
                        struct arena *a)
{
    struct candidate c;
    if (!d->oom.device || !d->oom.bytes)
        return;
    fit_like_with(a, &d->model.model, &d->machine, w, given, &c);
    for (uint32_t i = 0; i < c.ledger.n_devices; i++) {
        struct machine_gpu *g = &d->machine.gpus.v[i];
        uint64_t total = c.ledger.device[i].total;
        if (c.ledger.device[i].name && strcmp(c.ledger.device[i].name, d->oom.device) == 0 &&
            total <= c.ledger.device[i].budget)
            FACT_SET(&g->memory_free_bytes, total > d->oom.bytes / 2 ? total - d->oom.bytes / 2 : 0,
                     "the log");
    }
}

static bool diagnose(struct app *app, const struct doctor_options *o, struct diagnosis *d,
                     struct err *err)
{
    static const struct goal_options no_goal = {0};
    struct session s;
    struct goal goal;
    struct engine engine;
    bool has_engine;
    if (!read_log(app, o->log, &d->oom, err))
        return false;
    app->rest.args.v++; /* the topic */
    app->rest.args.n--;
    session_of(app, &s);
    if (!goal_of(app, &no_goal, &goal, err))
        return false;
    if (app->rest.args.n == 0)
        return true; /* without a command line only the log is read */
    if (!one_model(app, err) ||
        !session_machine(&s, o->machine, MEASURE_NEVER, &d->machine, &engine, &has_engine, err) ||
        !session_resolve(&s, app->rest.args.v[0], &d->model, err))
        return false;
    d->has_model = true;
    workload_find("chat", &goal.workload);
    believe_log(d, &goal.workload, &goal.pinned, &app->arena);
    repair_find(&app->arena, &d->model.model, &d->machine, &goal.workload, &goal.pinned,
                &d->repairs);
    return true;
}

static json_t *to_json(const struct diagnosis *d)
{
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.doctor/1");
    js_put_str(o, "topic", "oom");
    js_put_str(o, "device", d->oom.device);
    js_put_str(o, "what", d->oom.what);
    if (d->oom.bytes)
        js_put_u64(o, "bytes", d->oom.bytes);
    else
        js_put_null(o, "bytes");
    js_put_str(o, "line", d->oom.line);
    js_put(o, "repair", d->has_model ? repairs_to_json(&d->repairs) : json_null());
    return o;
}

static void write_text(struct app *app, const struct diagnosis *d)
{
    struct doc doc = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    char size[UNITS_TEXT];
    doc_row(&doc, "cause", "%s%s%s%s",
            d->oom.device ? arena_printf(&app->arena, "%s memory ran out", d->oom.device)
                          : "memory ran out",
            d->oom.what ? " for " : "", d->oom.what ? d->oom.what : "",
            d->oom.bytes
                ? arena_printf(&app->arena, ": %s were asked for", units_bytes(d->oom.bytes, size))
                : "");
    doc_row(&doc, "log", "%s", d->oom.line);
    if (!d->has_model)
        doc_row(&doc, "next",
                "tailor doctor oom --log FILE -- llama-server ... tells what makes "
                "that command line fit");
    else if (d->repairs.list.n == 0)
        doc_row(&doc, "next",
                d->repairs.lack ? "no single change makes it fit: tailor plan"
                                : "it fits now: something else held the memory");
    else
        doc_section(&doc, "any of these makes it fit");
    for (size_t i = 0; i < d->repairs.list.n; i++)
        doc_row(&doc, d->repairs.list.v[i].change, "%s",
                effect_text(&app->arena, &d->repairs.list.v[i].effect));
    doc_write_text(&doc, &style, &app->out);
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct doctor_options *o = options_;
    struct diagnosis d = {0};
    if (app->rest.args.n == 0 || strcmp(app->rest.args.v[0], "oom") != 0 || !o->log) {
        err_set(err, ERR_USAGE, "doctor knows one topic: oom --log FILE");
        return err_hint(err, "tailor doctor --help");
    }
    if (!diagnose(app, o, &d, err))
        return false;
    if (app->global.json)
        app_put_json(app, to_json(&d));
    else
        write_text(app, &d);
    if (d.has_model)
        resolved_close(&d.model);
    return true;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "what ran out of memory, by llama.cpp's log, and the smallest changes that fit",
    .usage = "oom --log FILE [MODEL]",
    .engine_words = true,
    .options = {&own_options},
    .options_size = sizeof(struct doctor_options),
    .examples = {"tailor doctor oom --log server.log",
                 "tailor doctor oom --log server.log -- llama-server -m model.gguf -c 32768"},
    .run = run,
};
