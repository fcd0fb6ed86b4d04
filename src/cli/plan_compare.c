/* tailor plan with several candidates, and --frontier. */
#include "cli/plan_compare.h"

#include "base/log.h"
#include "base/units.h"
#include "os/term.h"
#include "plan/pins.h"
#include "plan/search.h"
#include "report/views.h"

struct compared {
    struct err last; /* why a model could not be planned */
    VEC(struct planned) list;
    const struct planned *best;
    struct frontier frontier;
    bool with_frontier;
};

/* ---- planning all ---- */

static bool find_paths(struct app *app, struct session *s, struct model_paths *paths,
                       struct err *err)
{
    for (size_t i = 0; i < app->rest.args.n; i++)
        if (!session_paths(s, app->rest.args.v[i], paths, err))
            return false;
    return true;
}

static double kld_of(const struct planned *p)
{
    struct quality q = quality_of_weights(p->model.model.quantization);
    return q.source ? q.kld : 1e9 - (double)p->model.model.weights_bytes;
}

static bool whole(const struct planned *p)
{
    struct placement placement;
    uint32_t gpu[PLACE_MAX_DEVICES];
    place_from_settings(&p->plan.settings, p->plan.model, p->plan.machine, &placement, gpu);
    return !placement_spills(&placement, p->plan.model);
}

/* The best quality of those that need not be split between cards and RAM; of others the fastest. */
static bool better(const struct planned *a, const struct planned *b)
{
    if (whole(a) != whole(b))
        return whole(a);
    if (whole(a))
        return kld_of(a) < kld_of(b);
    return speed_turn_s(&a->plan.speed, &a->plan.goal.workload) <
           speed_turn_s(&b->plan.speed, &b->plan.goal.workload);
}

static bool plan_all(struct app *app, struct session *s, struct planning how,
                     const struct model_paths *paths, struct compared *out)
{
    char line[1400];
    for (size_t i = 0; i < paths->n; i++) {
        struct planned *p = VEC_PUSH(&app->arena, &out->list);
        struct err err = {0};
        how.model = paths->v[i];
        if (planned_make(s, &how, p, &err))
            continue;
        log_warn("%s: %s", paths->v[i], err_text(&err, line, sizeof(line)));
        out->last = err;
        out->list.n--;
    }
    for (size_t i = 0; i < out->list.n; i++)
        if (!out->best || better(&out->list.v[i], out->best))
            out->best = &out->list.v[i];
    return out->best != NULL;
}

static void find_frontier(struct app *app, const struct goal *goal, struct compared *c)
{
    const struct model **models = arena_array(&app->arena, c->list.n, sizeof(const struct model *));
    for (size_t i = 0; i < c->list.n; i++)
        models[i] = &c->list.v[i].model.model;
    frontier_find(&app->arena, models, c->list.n, &c->best->machine, goal, &c->frontier);
}

/* ---- showing ---- */

static void put_json(struct app *app, const struct compared *c)
{
    json_t *o;
    if (c->list.n == 1) {
        o = plan_to_json(&c->list.v[0].plan);
    } else {
        json_t *items = json_array();
        o = json_object();
        js_put_str(o, "schema", "tailor.plan/1");
        for (size_t i = 0; i < c->list.n; i++)
            json_array_append_new(items, plan_to_json(&c->list.v[i].plan));
        js_put(o, "items", items);
        js_put_str(o, "best", c->best->plan.model->path);
    }
    if (c->with_frontier)
        js_put(o, "frontier", frontier_to_json(&c->frontier));
    app_put_json(app, o);
}

static const char *loss(struct arena *a, const struct quality *q)
{
    return q->source ? arena_printf(a, "%.3g", q->kld) : "?";
}

static void add_candidates(struct doc *d, const struct compared *c)
{
    static const struct doc_column columns[] = {
        {"model", DOC_LEFT},      {"quant", DOC_LEFT},      {"size", DOC_RIGHT},
        {"context", DOC_RIGHT},   {"gen tok/s", DOC_RIGHT}, {"prompt tok/s", DOC_RIGHT},
        {"loss (KLD)", DOC_RIGHT}};
    struct doc_table *t = doc_table(d, columns, COUNT_OF(columns));
    char text[UNITS_TEXT];
    for (size_t i = 0; i < c->list.n; i++) {
        const struct planned *p = &c->list.v[i];
        const struct model *m = &p->model.model;
        struct quality q = quality_of_weights(m->quantization);
        doc_cell(d, t, "%s%s", p == c->best ? "* " : "  ", m->path);
        doc_cell(d, t, "%s", m->quantization ? m->quantization : "?");
        doc_cell(d, t, "%s", units_bytes(m->weights_bytes, text));
        doc_cell(d, t, "%s", units_count(search_ctx_per_slot(m, &p->plan.settings), text));
        doc_cell(d, t, "%s", view_interval(d->arena, &p->plan.speed.gen_tok_s));
        doc_cell(d, t, "%s", view_interval(d->arena, &p->plan.speed.prompt_tok_s));
        doc_cell(d, t, "%s", loss(d->arena, &q));
    }
    doc_text(d, "* the best quality that is %s; tailor plan %s tells its settings",
             whole(c->best) ? "whole in one kind of memory"
                            : "planned, though split between cards "
                              "and RAM: the fastest",
             c->best->plan.model->path);
}

static void add_frontier(struct doc *d, const struct compared *c)
{
    static const struct doc_column columns[] = {
        {"context", DOC_RIGHT},   {"KV cache", DOC_LEFT},      {"quant", DOC_LEFT},
        {"gen tok/s", DOC_RIGHT}, {"prompt tok/s", DOC_RIGHT}, {"loss (KLD)", DOC_RIGHT},
        {"VRAM", DOC_RIGHT},      {"RAM", DOC_RIGHT}};
    struct doc_table *t = doc_table(d, columns, COUNT_OF(columns));
    char text[UNITS_TEXT];
    for (size_t i = 0; i < c->frontier.rows.n; i++) {
        const struct frontier_row *r = &c->frontier.rows.v[i];
        doc_cell(d, t, "%s", units_count(r->ctx, text));
        doc_cell(d, t, "%s", r->cache_type);
        doc_cell(d, t, "%s", r->model->quantization ? r->model->quantization : "?");
        doc_cell(d, t, "%s", view_interval(d->arena, &r->speed.gen_tok_s));
        doc_cell(d, t, "%s", view_interval(d->arena, &r->speed.prompt_tok_s));
        doc_cell(d, t, "%s", loss(d->arena, &r->quality));
        doc_cell(d, t, "%s", units_bytes(r->vram_bytes, text));
        doc_cell(d, t, "%s", units_bytes(r->ram_bytes, text));
    }
    doc_text(d, "Every row is better than each other one in something. Loss: mean KL divergence "
                "measured on Llama 3 8B, which ranks quantizations; ? was not measured.");
}

static void write_text(struct app *app, const struct compared *c)
{
    struct doc d = {.arena = &app->arena};
    const struct doc_style style = {term_columns(1), app->color};
    doc_row(&d, "machine", "%s", view_machine_line(&app->arena, &c->best->machine));
    if (c->list.n == 1)
        doc_row(&d, "model", "%s", view_model_line(&app->arena, c->best->plan.model));
    if (c->list.n > 1) {
        doc_section(&d, "candidates");
        add_candidates(&d, c);
    }
    if (c->with_frontier) {
        doc_section(&d, "frontier");
        add_frontier(&d, c);
    }
    doc_write_text(&d, &style, &app->out);
}

bool plan_compare(struct app *app, const struct goal_options *o, const char *machine,
                  bool with_frontier, struct err *err)
{
    struct session s;
    struct goal goal;
    struct model_paths paths = {0};
    struct compared c = {.with_frontier = with_frontier};
    session_of(app, &s);
    if (!goal_of(app, o, &goal, err) || !find_paths(app, &s, &paths, err))
        return false;
    const struct planning how = {.machine = machine, .goal = &goal, .certify = !o->no_certify};
    if (!plan_all(app, &s, how, &paths, &c)) {
        if (c.last.code == ERR_USAGE) { /* of the goal, not of a model */
            *err = c.last;
            return false;
        }
        return err_set(err, ERR_NO_FIT, "none of the %zu models can be planned here", paths.n);
    }
    if (with_frontier)
        find_frontier(app, &goal, &c);
    if (app->global.json)
        put_json(app, &c);
    else
        write_text(app, &c);
    for (size_t i = 0; i < c.list.n; i++)
        planned_close(&c.list.v[i]);
    return true;
}

/* ---- several at once ---- */

struct residents {
    struct machine machine;
    struct resolved *models;
    struct plan *plans;
    size_t n;
};

static bool open_all(struct app *app, struct session *s, struct residents *r, struct err *err)
{
    struct model_paths paths = {0};
    if (!find_paths(app, s, &paths, err))
        return false;
    if (paths.n < 2) {
        err_set(err, ERR_USAGE, "--together takes several models");
        return err_hint(err, "tailor plan CHAT EMBEDDING --together");
    }
    r->models = arena_array(&app->arena, paths.n, sizeof(*r->models));
    r->plans = arena_array(&app->arena, paths.n, sizeof(*r->plans));
    for (; r->n < paths.n; r->n++)
        if (!session_resolve(s, paths.v[r->n], &r->models[r->n], err))
            return false;
    return true;
}

static bool place_all(struct app *app, const struct goal *goal, struct residents *r,
                      struct err *err)
{
    const struct model **models = arena_array(&app->arena, r->n, sizeof(const struct model *));
    for (size_t i = 0; i < r->n; i++)
        models[i] = &r->models[i].model;
    return together_make(&app->arena, models, r->n, &r->machine, goal, r->plans, err);
}

static void put_residents_json(struct app *app, const struct goal *goal, const struct residents *r)
{
    json_t *o = json_object(), *items = json_array();
    js_put_str(o, "schema", "tailor.plan/1");
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(items, plan_to_json(&r->plans[i]));
    js_put(o, "items", items);
    js_put(o, "together", together_to_json(r->plans, r->n, &r->machine, goal));
    app_put_json(app, o);
}

static void write_residents(struct app *app, const struct residents *r)
{
    struct arena *a = &app->arena;
    struct doc d = {.arena = a};
    const struct doc_style style = {term_columns(1), app->color};
    char text[UNITS_TEXT];
    doc_row(&d, "machine", "%s", view_machine_line(a, &r->machine));
    for (size_t i = 0; i < r->n; i++) {
        const struct plan *p = &r->plans[i];
        doc_section(&d, p->model->path);
        doc_row(&d, "gives", "context %s, gen %s, prompt %s tok/s",
                units_count(search_ctx_per_slot(p->model, &p->settings), text),
                view_interval(a, &p->speed.gen_tok_s), view_interval(a, &p->speed.prompt_tok_s));
        view_memory(&d, p);
        doc_row(&d, "run", "%s", shell_join(a, p->argv, p->n_argv));
    }
    doc_write_text(&d, &style, &app->out);
}

bool plan_together(struct app *app, const struct goal_options *o, const char *machine,
                   struct err *err)
{
    struct session s;
    struct goal goal;
    struct engine engine;
    struct residents r = {0};
    bool has_engine;
    session_of(app, &s);
    bool done =
        goal_of(app, o, &goal, err) &&
        session_machine(&s, machine, MEASURE_NEVER, &r.machine, &engine, &has_engine, err) &&
        pins_name_cards(&goal.limits, &r.machine, err) && open_all(app, &s, &r, err) &&
        place_all(app, &goal, &r, err);
    if (done && app->global.json)
        put_residents_json(app, &goal, &r);
    else if (done)
        write_residents(app, &r);
    for (size_t i = 0; i < r.n; i++)
        resolved_close(&r.models[i]);
    return done;
}
