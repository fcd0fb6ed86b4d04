/* Model -> machine -> plan -> certificate. */
#include "work/planned.h"

/* The engine that would run the plan there is not here: this one counts for it, on simulated
 * devices. */
static void certify(struct session *s, const struct planning *how, struct planned *out)
{
    struct engine engine = out->engine;
    struct err ignored = {0};
    bool elsewhere = how->machine || !s->live;
    if (!out->has_engine && (!elsewhere || !engine_find(s->arena, &s->where, &engine, &ignored)))
        return;
    const struct certify request = {&engine, &out->model, elsewhere};
    session_certify(s, &request, &out->plan, &out->certified, &out->certified_s);
}

static bool plan_it(struct session *s, const struct planning *how, struct planned *out,
                    struct err *err)
{
    if (!session_machine(s, how->machine, how->measuring, &out->machine, &out->engine,
                         &out->has_engine, err) ||
        !plan_make(s->arena, &out->model.model, &out->machine, how->goal, &out->plan, err))
        return false;
    if (how->need_engine && !out->has_engine)
        return engine_find(s->arena, &s->where, &out->engine, err); /* fails again, and says why */
    if (how->certify)
        certify(s, how, out);
    return true;
}

bool planned_make(struct session *s, const struct planning *how, struct planned *out,
                  struct err *err)
{
    *out = (struct planned){0};
    if (!resolve_model(s->arena, fs_real(), &s->stores, how->model, &out->model, err))
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
