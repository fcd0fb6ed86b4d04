/* Model -> machine -> plan -> certificate. */
#include "work/planned.h"

#include "plan/pins.h"

/* For a machine elsewhere this one's engine counts, on simulated devices; for an engine that is not
 * the pinned build, the pinned build does. */
static void certify(struct session *s, const struct planning *how, struct planned *out)
{
    struct engine engine = out->engine;
    struct err ignored = {0};
    bool elsewhere = how->machine || !s->live;
    if (!out->has_engine && (!elsewhere || !engine_find(s->arena, &s->where, &engine, &ignored)))
        return;
    struct certify request = {&engine, &out->model, elsewhere, false};
    const struct engine_where own = {.exe_dir = s->where.exe_dir, .cache_dir = s->where.cache_dir};
    if (!engine.worker && engine_find(s->arena, &own, &engine, &ignored))
        request = (struct certify){&engine, &out->model, true, true};
    session_certify(s, &request, &out->plan, &out->certified, &out->certified_s);
}

/* Keeps free what the dry run found lacking, and more the more often it did; false when nothing
 * lacks. */
static bool keep_free(const struct ledger *l, unsigned times, struct limits *limits)
{
    uint64_t lack = l->host.total > l->host.budget ? l->host.total - l->host.budget : 0;
    bool any = lack > 0;
    limits->kept_host += times * lack;
    for (uint32_t i = 0; i < l->n_devices; i++) {
        const struct ledger_line *line = &l->device[i];
        lack = line->total > line->budget ? line->total - line->budget : 0;
        limits->kept[i] += times * lack;
        any |= lack > 0;
    }
    return any;
}

/* A plan; where the engine's dry run says that it is too large, a smaller one. */
static bool plan_and_certify(struct session *s, const struct planning *how, struct planned *out,
                             struct err *err)
{
    enum { ROUNDS = 4 };
    struct goal goal = *how->goal;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        if (!plan_make(s->arena, &out->model.model, &out->machine, &goal, &out->plan, err))
            return false;
        if (!how->certify)
            return true;
        certify(s, how, out);
        if (!out->certified || !keep_free(&out->plan.memory, round, &goal.limits))
            return true;
    }
    return true; /* the plan's warning tells what lacks */
}

static bool plan_it(struct session *s, const struct planning *how, struct planned *out,
                    struct err *err)
{
    if (!session_machine(s, how->machine, how->measuring, &out->machine, &out->engine,
                         &out->has_engine, err) ||
        !pins_name_cards(&how->goal->limits, &out->machine, err) ||
        !plan_and_certify(s, how, out, err))
        return false;
    if (how->need_engine && !out->has_engine)
        return engine_find(s->arena, &s->where, &out->engine, err); /* fails again, and says why */
    return true;
}

/* What is to run must be on this disk; the network is not asked for less. */
static bool open_model(struct session *s, const struct planning *how, struct resolved *out,
                       struct err *err)
{
    struct session local = *s;
    if (!how->on_disk)
        return session_resolve(s, how->model, out, err);
    if (remote_is_url(how->model)) {
        err_set(err, ERR_USAGE, "\"%s\" is not on this disk", how->model);
        return err_hint(err, "download it first and name the file; plan and inspect need not");
    }
    local.remote.endpoint = NULL;
    if (session_resolve(&local, how->model, out, err))
        return true;
    if (cstr_starts(how->model, "hf:"))
        err->code = ERR_USAGE;
    return false;
}

bool planned_make(struct session *s, const struct planning *how, struct planned *out,
                  struct err *err)
{
    *out = (struct planned){0};
    if (!open_model(s, how, &out->model, err))
        return false;
    if (plan_it(s, how, out, err))
        return true;
    resolved_close(&out->model);
    return false;
}

void planned_close(struct planned *p)
{
    resolved_close(&p->model);
}
