/* The plan's file -> this machine as it is now -> the first step that fits. */
#include "work/preflight.h"

#include <string.h>

#include "plan/override.h"
#include "plan/place.h"
#include "probe/probe.h"
#include "settings/argv.h"

enum { PLAN_FILE_MAX = 16 << 20 };

struct stored {
    const char *model; /* path */
    struct words argv;
    struct settings settings;
    VEC(struct settings) ladder;
};

static bool read_words(struct arena *a, const json_t *list, struct words *out, struct err *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (!word)
            return err_set(err, ERR_FAILED, "\"argv\" holds something that is no text");
        words_add(a, out, arena_strdup(a, word));
    }
    return out->n > 0 || err_set(err, ERR_FAILED, "\"argv\" is empty");
}

static bool read_stored(struct arena *a, const json_t *root, struct stored *out, struct err *err)
{
    const json_t *model, *argv, *ladder;
    const char *schema = NULL;
    *out = (struct stored){0};
    if (!js_get_str(root, "schema", a, &schema, err))
        return false;
    if (strcmp(schema, "tailor.plan/1") != 0)
        return err_set(err, ERR_FAILED, "it is a \"%s\", not a tailor.plan/1", schema);
    if (!js_get_object(root, "model", &model, err) ||
        !js_get_str(model, "path", a, &out->model, err) ||
        !js_get_array(root, "argv", &argv, err) || !read_words(a, argv, &out->argv, err) ||
        !settings_from_json(a, json_object_get(root, "settings"), &out->settings, err) ||
        !js_get_array(root, "ladder", &ladder, err))
        return false;
    for (size_t i = 0; i < json_array_size(ladder); i++)
        if (!settings_from_json(a, json_array_get(ladder, i), VEC_PUSH(a, &out->ladder), err))
            return false;
    return true;
}

static bool read_file(struct session *s, const char *path, struct stored *out, struct err *err)
{
    struct str text;
    if (!fs_read(fs_real(), s->arena, path, PLAN_FILE_MAX, &text, err))
        return false;
    json_t *root = js_parse(text, err);
    bool done = root && read_stored(s->arena, root, out, err);
    json_decref(root);
    return done || (err_place(err, "in \"%s\"", path),
                    err_hint(err, "preflight takes a file of \"tailor plan --json\""));
}

/* ---- trying ---- */

static uint64_t try_settings(struct session *s, const struct model *m,
                             const struct machine *machine, const struct settings *settings,
                             struct candidate *c)
{
    static const struct workload none = {0};
    *c = (struct candidate){.settings = *settings};
    c->override = override_read(s->arena, settings, m);
    ledger_budgets(&c->ledger, machine, NULL);
    place_evaluate(c, m, machine, &none);
    return c->lack;
}

/* The plan's words with other settings: what no plan decides stays where it is. */
static bool rewrite(struct arena *a, const struct words *argv, const struct settings *settings,
                    struct words *out, struct err *err)
{
    struct argv parsed;
    struct settings old;
    struct words rest = {0};
    argv_parse(a, TOOL_SERVER, argv->v, argv->n, &parsed);
    if (!settings_from_argv(a, &parsed, &old, &rest, err))
        return false;
    words_add(a, out, argv->v[0]);
    words_append(a, out, rest.v, rest.n);
    settings_to_argv(a, settings, out);
    return true;
}

static bool judge(struct session *s, const struct stored *plan, const struct model *m,
                  const struct machine *machine, struct preflight *out)
{
    struct candidate c;
    const struct ledger_line *where;
    *out = (struct preflight){.settings = plan->settings, .verdict = PREFLIGHT_REFUSED};
    out->lack = try_settings(s, m, machine, &plan->settings, &c);
    out->memory = c.ledger;
    ledger_lack(&out->memory, &where);
    out->pool = where->name;
    if (out->lack == 0)
        out->verdict = PREFLIGHT_AS_PLANNED;
    for (uint32_t i = 0; i < plan->ladder.n && out->verdict == PREFLIGHT_REFUSED; i++)
        if (try_settings(s, m, machine, &plan->ladder.v[i], &c) == 0) {
            out->verdict = PREFLIGHT_STEP;
            out->step = i + 1;
            out->settings = c.settings;
            out->memory = c.ledger;
        }
    return out->verdict != PREFLIGHT_REFUSED;
}

static bool has_devices(const struct machine *machine, const struct settings *s, struct err *err)
{
    for (uint32_t i = 0; i < s->n_device; i++) {
        bool here = false;
        for (size_t k = 0; k < machine->gpus.n && !here; k++) {
            const struct fact_str *name = &machine->gpus.v[k].engine_device;
            here = name->source && strcmp(name->v, s->device[i]) == 0;
        }
        if (!here) {
            err_set(err, ERR_CHANGED, "the plan uses \"%s\", which is not here any more",
                    s->device[i]);
            return err_hint(err, "plan again with tailor plan");
        }
    }
    return true;
}

bool preflight_run(struct session *s, const char *path, struct preflight *out, struct err *err)
{
    struct stored plan;
    struct machine machine;
    struct engine engine;
    struct resolved model;
    bool has_engine;
    if (!read_file(s, path, &plan, err) ||
        !session_machine(s, NULL, MEASURE_NEVER, &machine, &engine, &has_engine, err) ||
        !has_devices(&machine, &plan.settings, err) || !session_resolve(s, plan.model, &model, err))
        return false;
    if (!judge(s, &plan, &model.model, &machine, out)) {
        probe_memory_holders(s->arena, s->fs, &machine);
        const struct machine_pool *host = machine_find_pool(&machine, "host");
        for (size_t i = 0; host && i < host->holders.n; i++)
            *VEC_PUSH(s->arena, &out->holders) = host->holders.v[i];
    }
    bool done = rewrite(s->arena, &plan.argv, &out->settings, &out->argv, err);
    resolved_close(&model);
    return done;
}

json_t *preflight_to_json(const struct preflight *p, const char *path)
{
    static const char *const verdicts[] = {"as-planned", "step", "refused"};
    json_t *o = json_object(), *holders = json_array();
    js_put_str(o, "schema", "tailor.preflight/1");
    js_put_str(o, "plan", path);
    js_put_str(o, "verdict", verdicts[p->verdict]);
    if (p->verdict == PREFLIGHT_STEP)
        js_put_u64(o, "step", p->step);
    else
        js_put_null(o, "step");
    js_put(o, "settings", settings_to_json(&p->settings));
    js_put(o, "argv", js_strings(p->argv.v, p->argv.n));
    js_put(o, "memory", ledger_to_json(&p->memory));
    js_put_u64(o, "lack_bytes", p->lack);
    js_put_str(o, "pool", p->lack ? p->pool : NULL);
    for (size_t i = 0; i < p->holders.n; i++) {
        json_t *holder = json_object();
        js_put_str(holder, "process", p->holders.v[i].process);
        js_put_u64(holder, "bytes", p->holders.v[i].bytes);
        json_array_append_new(holders, holder);
    }
    js_put(o, "holders", holders);
    return o;
}
