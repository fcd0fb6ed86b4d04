/* tailor preflight: does a stored plan still fit? */
#include "base/units.h"
#include "cli/planning.h"
#include "os/term.h"
#include "report/doc.h"
#include "work/preflight.h"

static const char *holders(struct arena *a, const struct preflight *p)
{
    struct strbuf text = {0};
    char size[UNITS_TEXT];
    for (size_t i = 0; i < p->holders.n; i++)
        strbuf_addf(&text, "%s%s %s", i ? ", " : "", p->holders.v[i].process,
                    units_bytes(p->holders.v[i].bytes, size));
    return strbuf_take(&text, a);
}

static void write_text(struct app *app, const struct preflight *p)
{
    struct doc d = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    char size[UNITS_TEXT];
    if (p->verdict == PREFLIGHT_AS_PLANNED)
        doc_row(&d, "verdict", "fits as planned");
    else
        doc_row(&d, "verdict",
                "%s more of %s memory than is free; step %u of the plan's ladder fits",
                units_bytes(p->lack, size), p->pool, (unsigned)p->step);
    doc_row(&d, "run", "%s", shell_join(&app->arena, p->argv.v, p->argv.n));
    doc_write_text(&d, &style, &app->out);
}

static bool refuse(struct app *app, const struct preflight *p, struct err *err)
{
    char size[UNITS_TEXT];
    err_set(err, ERR_CHANGED,
            "the plan and all its steps need more memory than is free: %s of %s "
            "memory are missing",
            units_bytes(p->lack, size), p->pool);
    return p->holders.n ? err_hint(err, "the RAM is held by %s", holders(&app->arena, p))
                        : err_hint(err, "plan again with tailor plan");
}

static bool run(struct app *app, const void *options, struct err *err)
{
    struct session s;
    struct preflight p;
    (void)options;
    if (app->rest.args.n != 1) {
        err_set(err, ERR_USAGE, "preflight takes one PLAN");
        return err_hint(err, "a file that \"tailor plan MODEL --json -o plan.json\" wrote");
    }
    session_of(app, &s);
    if (!preflight_run(&s, app->rest.args.v[0], &p, err))
        return false;
    if (app->global.json) {
        app_put_json(app, preflight_to_json(&p, app->rest.args.v[0]));
        app->status = p.verdict == PREFLIGHT_REFUSED ? ERR_CHANGED : 0;
        return true;
    }
    if (p.verdict == PREFLIGHT_REFUSED)
        return refuse(app, &p, err);
    write_text(app, &p);
    return true;
}

const struct command cmd_preflight = {
    .name = "preflight",
    .summary = "does a stored plan still fit the memory that is free now, or a step of its ladder",
    .usage = "PLAN",
    .examples = {"tailor preflight plan.json", "tailor preflight plan.json --json"},
    .run = run,
};
