/* The least for each, then round by round twice the context. */
#include "plan/together.h"

#include "base/units.h"
#include "plan/search.h"

enum { LEAST_CTX = 4096, MOST_CTX = 1 << 20 };
static const double worth_of_context = 0.10; /* of a turn's time */

static void keep(struct limits *limits, const struct ledger *used)
{
    limits->kept_host = units_add(limits->kept_host, used->host.total);
    for (uint32_t i = 0; i < used->n_devices; i++)
        limits->kept[i] = units_add(limits->kept[i], used->device[i].total);
}

static void release(struct limits *limits, const struct ledger *used)
{
    limits->kept_host -= used->host.total;
    for (uint32_t i = 0; i < used->n_devices; i++)
        limits->kept[i] -= used->device[i].total;
}

struct residents {
    struct arena *a;
    const struct model *const *models;
    size_t n;
    const struct machine *machine;
    const struct goal *goal;
    struct plan *plans;
    struct limits limits; /* what all plans take is kept free */
};

/* One model within what the others leave, with at most so much context for each slot.  The plan
 * tells the user's goal again. */
static bool place_one(struct residents *r, size_t i, uint32_t ctx_most, bool prompt_cache,
                      struct plan *out, struct err *err)
{
    struct goal goal = *r->goal;
    goal.limits = r->limits;
    goal.ctx_most = goal.ctx_per_slot > ctx_most ? goal.ctx_per_slot : ctx_most;
    goal.no_prompt_cache = !prompt_cache;
    if (!plan_make(r->a, r->models[i], r->machine, &goal, out, err))
        return false;
    out->goal.limits = r->goal->limits;
    out->goal.ctx_most = 0;
    out->goal.no_prompt_cache = false;
    return true;
}

/* The old plan stays where a larger one does not fit or is slower by more than a tenth. */
static void improve(struct residents *r, size_t i, uint32_t ctx_most, bool prompt_cache)
{
    struct plan larger;
    struct err ignored = {0};
    struct plan *p = &r->plans[i];
    release(&r->limits, &p->memory);
    if (place_one(r, i, ctx_most, prompt_cache, &larger, &ignored) &&
        speed_turn_s(&larger.speed, &larger.goal.workload) <=
            speed_turn_s(&p->speed, &p->goal.workload) * (1 + worth_of_context))
        *p = larger;
    keep(&r->limits, &p->memory);
}

static bool place_smallest(struct residents *r, struct err *err)
{
    for (size_t i = 0; i < r->n; i++) {
        if (!place_one(r, i, LEAST_CTX, false, &r->plans[i], err))
            return err_place(err, "for \"%s\", beside the %zu before it", r->models[i]->path, i);
        keep(&r->limits, &r->plans[i].memory);
    }
    return true;
}

bool together_make(struct arena *a, const struct model *const *models, size_t n,
                   const struct machine *machine, const struct goal *goal, struct plan *plans,
                   struct err *err)
{
    struct residents r = {a, models, n, machine, goal, plans, goal->limits};
    if (!place_smallest(&r, err))
        return false;
    for (uint32_t ctx = LEAST_CTX * 2; ctx <= MOST_CTX; ctx *= 2)
        for (size_t i = 0; i < n; i++)
            if (models[i]->n_ctx_train > ctx / 2)
                improve(&r, i, ctx, false);
    for (size_t i = 0; i < n; i++) /* what is left of the RAM keeps earlier prompts */
        improve(&r, i, search_ctx_per_slot(models[i], &plans[i].settings), true);
    return true;
}

static json_t *pool_json(const char *name, uint64_t budget, uint64_t total)
{
    json_t *o = json_object();
    js_put_str(o, "name", name);
    if (budget == UINT64_MAX)
        js_put_null(o, "budget_bytes");
    else
        js_put_u64(o, "budget_bytes", budget);
    js_put_u64(o, "total_bytes", total);
    return o;
}

json_t *together_to_json(const struct plan *plans, size_t n, const struct machine *machine,
                         const struct goal *goal)
{
    struct ledger whole = {0};
    json_t *o = json_object(), *devices = json_array();
    ledger_budgets(&whole, machine, &goal->limits);
    for (uint32_t d = 0; d < whole.n_devices; d++) {
        uint64_t total = 0;
        for (size_t i = 0; i < n; i++)
            total = units_add(total, plans[i].memory.device[d].total);
        json_array_append_new(devices,
                              pool_json(whole.device[d].name, whole.device[d].budget, total));
    }
    uint64_t host = 0;
    for (size_t i = 0; i < n; i++)
        host = units_add(host, plans[i].memory.host.total);
    js_put(o, "devices", devices);
    js_put(o, "host", pool_json("host", whole.host.budget, host));
    return o;
}
