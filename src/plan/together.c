/* The least for each, then round by round twice the context. */
#include "plan/together.h"

#include "base/units.h"
#include "plan/context.h"

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

/* With so much context for each slot, and no prompt cache yet. */
static struct goal with_context(const struct goal *goal, const struct model *m, uint32_t ctx)
{
    struct goal own = *goal;
    uint32_t slots = goal->parallel ? goal->parallel : 1;
    if (m->n_ctx_train && ctx > m->n_ctx_train)
        ctx = m->n_ctx_train;
    if (!settings_has(&goal->pinned, SET_CTX_SIZE)) {
        own.pinned.ctx_size = (uint32_t)units_round_up((uint64_t)ctx * slots, CELL_ROUND);
        settings_mark(&own.pinned, SET_CTX_SIZE);
    }
    if (!settings_has(&goal->pinned, SET_CACHE_RAM)) {
        own.pinned.cache_ram_mib = 0;
        settings_mark(&own.pinned, SET_CACHE_RAM);
    }
    return own;
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

/* Another goal for one model, in what the others leave; the old plan stays where it does not fit or
 * is slower by more than a tenth. */
static void improve(struct residents *r, size_t i, struct goal goal)
{
    struct plan larger;
    struct err ignored = {0};
    struct plan *p = &r->plans[i];
    release(&r->limits, &p->memory);
    goal.limits = r->limits;
    if (plan_make(r->a, r->models[i], r->machine, &goal, &larger, &ignored) &&
        speed_turn_s(&larger.speed, &larger.goal.workload) <=
            speed_turn_s(&p->speed, &p->goal.workload) * (1 + worth_of_context))
        *p = larger;
    keep(&r->limits, &p->memory);
}

static bool place_smallest(struct residents *r, struct err *err)
{
    for (size_t i = 0; i < r->n; i++) {
        uint32_t ctx = r->goal->ctx_per_slot ? r->goal->ctx_per_slot : LEAST_CTX;
        struct goal least = with_context(r->goal, r->models[i], ctx);
        least.limits = r->limits;
        if (!plan_make(r->a, r->models[i], r->machine, &least, &r->plans[i], err))
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
    uint32_t start = goal->ctx_per_slot ? goal->ctx_per_slot : LEAST_CTX;
    if (!place_smallest(&r, err))
        return false;
    for (uint64_t ctx = (uint64_t)start * 2; ctx <= MOST_CTX; ctx *= 2)
        for (size_t i = 0; i < n; i++)
            if (models[i]->n_ctx_train > ctx / 2)
                improve(&r, i, with_context(goal, models[i], (uint32_t)ctx));
    for (size_t i = 0; i < n; i++) { /* what is left of the RAM keeps earlier prompts */
        struct goal own = *goal;
        own.pinned = settings_merge(&plans[i].settings, &goal->pinned);
        if (!settings_has(&goal->pinned, SET_CACHE_RAM))
            own.pinned.given &= ~((uint64_t)1 << SET_CACHE_RAM);
        improve(&r, i, own);
    }
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
