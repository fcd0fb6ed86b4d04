/* tailor.plan/1 */
#include "plan/plan.h"

#include <inttypes.h>

static json_t *machine_short(const struct machine *m)
{
    json_t *o = json_object(), *gpus = json_array();
    js_put_fact_str(o, "platform_id", m->platform_id);
    js_put_fact_str(o, "display_name", m->display_name);
    js_put_fact_str(o, "cpu", m->cpu.model);
    js_put_fact_u64(o, "ram_bytes", m->memory.total_bytes);
    for (size_t i = 0; i < m->gpus.n; i++) {
        json_t *g = json_object();
        js_put_fact_str(g, "name", m->gpus.v[i].name);
        js_put_fact_u64(g, "memory_total_bytes", m->gpus.v[i].memory_total_bytes);
        json_array_append_new(gpus, g);
    }
    js_put(o, "gpus", gpus);
    return o;
}

static void put_vram_limit(json_t *constraints, const struct limits *limits, uint32_t i)
{
    struct arena scratch = {0};
    js_put_u64(constraints, arena_printf(&scratch, "vram_limit_bytes.%s", limits->vram[i].gpu),
               limits->vram[i].bytes);
    arena_release(&scratch);
}

static json_t *goal_json(const struct goal *g)
{
    json_t *o = json_object(), *workload = json_object(), *constraints = json_object();
    js_put_str(o, "use_case", g->use_case ? g->use_case : "general");
    js_put_str(o, "preset", g->preset);
    js_put_str(workload, "name", g->workload_name);
    js_put_u64(workload, "prompt_tokens", g->workload.prompt);
    js_put_u64(workload, "gen_tokens", g->workload.gen);
    js_put_u64(workload, "depth", g->workload.depth);
    js_put(o, "workload", workload);
    json_t *pinned = settings_to_json(&g->pinned);
    const char *key;
    json_t *value;
    json_object_foreach(pinned, key, value) if (!json_is_null(value))
        json_object_set(constraints, key, value);
    json_decref(pinned);
    if (g->ctx_per_slot)
        js_put_u64(constraints, "ctx_per_slot", g->ctx_per_slot);
    if (g->limits.vram_bytes)
        js_put_u64(constraints, "vram_limit_bytes", g->limits.vram_bytes);
    for (uint32_t i = 0; i < g->limits.n_vram; i++)
        put_vram_limit(constraints, &g->limits, i);
    if (g->limits.ram_bytes)
        js_put_u64(constraints, "ram_limit_bytes", g->limits.ram_bytes);
    if (g->no_spill)
        js_put_bool(constraints, "no_spill", true);
    js_put(o, "constraints", constraints);
    return o;
}

static json_t *env_json(const struct plan *p)
{
    json_t *o = json_object();
    struct arena scratch = {0};
    for (size_t i = 0; i < p->env.n; i++) {
        struct str rest = str_from(p->env.v[i]), name;
        str_cut(&rest, '=', &name);
        js_put_str(o, str_dup(&scratch, name), str_dup(&scratch, rest));
    }
    arena_release(&scratch);
    return o;
}

static json_t *baseline_json(const struct plan *p)
{
    json_t *o = json_object();
    js_put_str(o, "what", "llama-server defaults");
    js_put(o, "settings", settings_to_json(&p->baseline_settings));
    js_put(o, "speed", speed_to_json(&p->baseline_speed));
    return o;
}

static json_t *reasons_json(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->reasons.n; i++) {
        json_t *o = json_object();
        js_put_str(o, "setting", p->reasons.v[i].setting);
        js_put_str(o, "value", p->reasons.v[i].value);
        js_put_str(o, "why", p->reasons.v[i].why);
        js_put_str(o, "rule", p->reasons.v[i].rule);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *alternatives_json(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->alternatives.n; i++) {
        json_t *o = json_object();
        js_put_str(o, "change", p->alternatives.v[i].change);
        js_put_str(o, "effect", p->alternatives.v[i].effect);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *ladder_json(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->ladder.n; i++)
        json_array_append_new(list, settings_to_json(&p->ladder.v[i]));
    return list;
}

static json_t *warnings_json(const struct plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->warnings.n; i++) {
        json_t *o = json_object();
        js_put_str(o, "code", p->warnings.v[i].code);
        js_put_str(o, "text", p->warnings.v[i].text);
        js_put_str(o, "fix", p->warnings.v[i].fix);
        json_array_append_new(list, o);
    }
    return list;
}

json_t *plan_to_json(const struct plan *p)
{
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.plan/1");
    js_put(o, "model", model_to_short_json(p->model));
    js_put(o, "machine", machine_short(p->machine));
    js_put(o, "goal", goal_json(&p->goal));
    js_put(o, "settings", settings_to_json(&p->settings));
    js_put(o, "env", env_json(p));
    js_put(o, "argv", js_strings((const char *const *)p->argv, p->n_argv));
    js_put(o, "memory", ledger_to_json(&p->memory));
    js_put(o, "speed", speed_to_json(&p->speed));
    js_put(o, "baseline", baseline_json(p));
    js_put(o, "reasons", reasons_json(p));
    js_put(o, "alternatives", alternatives_json(p));
    js_put(o, "ladder", ladder_json(p));
    js_put(o, "warnings", warnings_json(p));
    return o;
}
