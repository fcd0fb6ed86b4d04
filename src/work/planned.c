/* Model -> machine -> plan -> certificate. */
#include "work/planned.h"

static bool plan_it(struct session *s, const struct planning *how, struct planned *out,
                    struct err *err)
{
    if (!session_machine(s, how->machine, how->measuring, &out->machine, &out->engine,
                         &out->has_engine, err) ||
        !plan_make(s->arena, &out->model.model, &out->machine, how->goal, &out->plan, err))
        return false;
    if (how->need_engine && !out->has_engine)
        return engine_find(s->arena, &s->where, &out->engine, err); /* fails again, and says why */
    if (how->certify && out->has_engine)
        session_certify(s, &out->engine, &out->model, &out->plan, &out->certified,
                        &out->certified_s);
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
