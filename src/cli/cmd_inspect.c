/* tailor inspect: what a model is, and its memory. */
#include "cli/planning.h"
#include "model/sidecars.h"
#include "os/term.h"
#include "plan/compute.h"
#include "plan/kv.h"
#include "plan/place.h"
#include "report/views.h"
#include "work/resolve.h"

struct inspect_options {
    struct opt_counts ctx;
    uint32_t parallel;
    const char *cache_type, *machine;
};

static const struct opt options[] = {
    MODEL_OPTION,
    {"ctx", 'c', OPT_COUNTS, offsetof(struct inspect_options, ctx), "N,N",
     "contexts to price (default: 4096 and what the model was trained on)", NULL, 1, INT32_MAX},
    {"parallel", 0, OPT_COUNT, offsetof(struct inspect_options, parallel), "N",
     "slots, each with such a context (default 1)", NULL, 1, 256},
    {"cache-type", 0, OPT_TEXT, offsetof(struct inspect_options, cache_type), "TYPE",
     "type of the KV cache, or K,V (default f16)"},
    MACHINE_OPTION(struct inspect_options, machine),
};
static const struct opt_list own_options = OPT_LIST(options);

/* "q8_0" or "q8_0,q4_0" */
static bool cache_types(struct arena *a, const char *text, struct settings *s, struct err *err)
{
    struct str rest = str_from(text), k, v;
    str_cut(&rest, ',', &k);
    if (!str_cut(&rest, ',', &v))
        v = k;
    return settings_set(a, s, SET_CACHE_TYPE_K, str_dup(a, k), err) &&
           settings_set(a, s, SET_CACHE_TYPE_V, str_dup(a, v), err);
}

static struct memory_row price(struct arena *a, const struct model *m, struct settings s,
                               uint32_t ctx)
{
    struct context c;
    struct weights w;
    struct compute compute;
    const struct placement on_host = {0};
    s.ctx_size = ctx;
    settings_mark(&s, SET_CTX_SIZE);
    context_resolve(m, &s, &c);
    weights_place(m, &on_host, &w);
    compute_estimate(m, &c, &on_host, &compute);
    return (struct memory_row){.ctx = ctx,
                               .parallel = c.slots,
                               .type_k = settings_text(a, &s, SET_CACHE_TYPE_K),
                               .type_v = settings_text(a, &s, SET_CACHE_TYPE_V),
                               .weights = w.host,
                               .kv = kv_total_bytes(m, &c),
                               .state = state_total_bytes(m, &c),
                               .compute = compute.host,
                               .output = compute.output,
                               .claimed = compute.claimed};
}

/* Where a plan would put it. */
static const char *place_on(struct arena *a, const struct machine *machine, const struct model *m,
                            const struct settings *s, uint32_t ctx)
{
    struct goal goal = {.pinned = *s};
    struct plan plan;
    struct err ignored = {0};
    goal.pinned.ctx_size = ctx;
    settings_mark(&goal.pinned, SET_CTX_SIZE);
    if (!plan_make(a, m, machine, &goal, &plan, &ignored))
        return "does not fit";
    if (plan.settings.n_device == 0)
        return "fits in RAM";
    struct placement placement;
    uint32_t gpu[PLACE_MAX_DEVICES];
    place_from_settings(&plan.settings, m, machine, &placement, gpu);
    if (placement_spills(&placement, m))
        return "split with RAM";
    return plan.settings.n_device > 1
               ? arena_printf(a, "fits on %u cards", (unsigned)plan.settings.n_device)
               : arena_printf(a, "fits on %s", plan.settings.device[0]);
}

static json_t *row_json(const struct memory_row *r)
{
    json_t *o = json_object();
    js_put_u64(o, "ctx", r->ctx);
    js_put_u64(o, "parallel", r->parallel);
    js_put_str(o, "cache_type_k", r->type_k);
    js_put_str(o, "cache_type_v", r->type_v);
    js_put_u64(o, "weights_bytes", r->weights);
    js_put_u64(o, "kv_bytes", r->kv);
    js_put_u64(o, "state_bytes", r->state);
    js_put_u64(o, "compute_bytes", r->compute);
    js_put_u64(o, "output_bytes", r->output);
    js_put_u64(o, "total_bytes", r->weights + r->kv + r->state + r->compute + r->output);
    js_put_str(o, "basis", r->claimed ? "closed-form" : "estimate");
    if (r->on)
        js_put_str(o, "there", r->on);
    return o;
}

struct inspector {
    const struct inspect_options *o;
    struct session session;
    const struct machine *machine; /* of --machine; NULL: not asked */
    json_t *items;
    struct doc *doc;
};

struct rows {
    struct memory_row *v;
    size_t n;
};

static struct rows price_all(struct app *app, const struct inspector *x, const struct model *m,
                             const struct settings *s)
{
    const struct inspect_options *o = x->o;
    static const uint32_t usual = 4096;
    struct opt_counts ctx = o->ctx;
    uint32_t fallback[2] = {usual, m->n_ctx_train};
    if (ctx.n == 0)
        ctx = (struct opt_counts){.v = fallback, .n = m->n_ctx_train > usual ? 2 : 1};
    if (ctx.n == 1 && m->n_ctx_train && o->ctx.n == 0)
        fallback[0] = m->n_ctx_train; /* cppcheck-suppress unreadVariable ; read through ctx.v */
    struct rows rows = {arena_array(&app->arena, ctx.n, sizeof(*rows.v)), 0};
    if (!m->arch || m->n_layer == 0 || m->n_tensors == 0)
        return rows;
    for (size_t i = 0; i < ctx.n; i++) {
        rows.v[rows.n] = price(&app->arena, m, *s, ctx.v[i]);
        if (x->machine)
            rows.v[rows.n].on = place_on(&app->arena, x->machine, m, s, ctx.v[i]);
        rows.n++;
    }
    return rows;
}

static bool inspect_one(struct app *app, struct inspector *x, const char *path, struct err *err)
{
    struct resolved r;
    const struct inspect_options *o = x->o;
    struct settings s = {.parallel = o->parallel ? o->parallel : 1};
    settings_mark(&s, SET_PARALLEL);
    if (!cache_types(&app->arena, o->cache_type ? o->cache_type : "f16", &s, err))
        return false;
    if (!session_resolve(&x->session, path, &r, err))
        return false;
    struct rows rows = price_all(app, x, &r.model, &s);
    if (app->global.json) {
        json_t *document = model_to_json(&r.model), *memory = json_array();
        struct sidecars beside = {0};
        if (!r.model.fetch)
            beside = sidecars_find(&app->arena, fs_real(), r.model.path);
        js_put(document, "sidecars", sidecars_json(&beside));
        for (size_t i = 0; i < rows.n; i++)
            json_array_append_new(memory, row_json(&rows.v[i]));
        js_put(document, "memory", memory);
        json_array_append_new(x->items, document);
    } else {
        doc_section(x->doc, NULL);
        view_model(x->doc, &r.model, rows.v, rows.n);
    }
    resolved_close(&r);
    return true;
}

static void deliver_json(struct app *app, json_t *items)
{
    if (json_array_size(items) == 1) {
        app_put_json(app, json_incref(json_array_get(items, 0)));
        json_decref(items);
        return;
    }
    json_t *all = json_object();
    js_put_str(all, "schema", "tailor.model/1");
    js_put(all, "items", items);
    app_put_json(app, all);
}

static bool inspect_all(struct app *app, struct inspector *x, struct err *err)
{
    struct model_paths paths = {0};
    for (size_t i = 0; i < app->rest.args.n; i++)
        if (!session_paths(&x->session, app->rest.args.v[i], &paths, err))
            return false;
    if (paths.n == 0) {
        err_set(err, ERR_USAGE, "inspect needs a MODEL");
        return err_hint(err, "a GGUF file, or shape:llama-3.1-8b:Q4_K_M; tailor help models");
    }
    for (size_t i = 0; i < paths.n; i++)
        if (!inspect_one(app, x, paths.v[i], err))
            return false;
    return true;
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct inspect_options *o = options_;
    struct doc d = {.arena = &app->arena};
    struct inspector x = {.o = o, .doc = &d, .items = json_array()};
    struct machine machine = {0};
    struct engine engine;
    bool has_engine;
    session_of(app, &x.session);
    bool done = !o->machine || session_machine(&x.session, o->machine, MEASURE_NEVER, &machine,
                                               &engine, &has_engine, err);
    x.machine = o->machine ? &machine : NULL;
    if (!done || !inspect_all(app, &x, err)) {
        json_decref(x.items);
        return false;
    }
    if (app->global.json) {
        deliver_json(app, x.items);
        return true;
    }
    json_decref(x.items);
    const struct doc_style style = {term_columns(1), app->color};
    doc_write_text(&d, &style, &app->out);
    return true;
}

const struct command cmd_inspect = {
    .name = "inspect",
    .summary = "what a model is, and the memory it needs for a context",
    .usage = "MODEL...",
    .options = {&own_options},
    .options_size = sizeof(struct inspect_options),
    .examples = {"tailor inspect model.gguf --ctx 4096,32768",
                 "tailor inspect shape:llama-3.1-8b:Q4_K_M --cache-type q8_0 --json"},
    .run = run,
};
