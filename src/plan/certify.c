/* The engine's own figures in place of ours. */
#include <string.h>

#include "base/units.h"
#include "plan/plan.h"

static struct ledger_line *line_of(struct ledger *l, const struct dry_run_buffer *b)
{
    for (uint32_t i = 0; !b->host && i < l->n_devices; i++)
        if (l->device[i].name && strcmp(l->device[i].name, b->device) == 0)
            return &l->device[i];
    return &l->host;
}

enum { DRIFT_SHARE = 10 /* a tenth of the compute buffers: graphs change between builds */ };

/* Weights and caches are the model's; only graphs drift. */
static void add_drift(struct ledger *l)
{
    l->host.other += l->host.compute / DRIFT_SHARE;
    for (uint32_t i = 0; i < l->n_devices; i++)
        l->device[i].other += l->device[i].compute / DRIFT_SHARE;
}

static void set_total(struct ledger_line *line)
{
    line->total = line->weights + line->kv + line->compute + line->cache + line->other;
}

/* What was kept free for a dry run's larger figures has served its purpose. */
static void give_back(struct ledger *l, struct limits *limits)
{
    if (l->host.budget != UINT64_MAX)
        l->host.budget = units_add(l->host.budget, limits->kept_host);
    limits->kept_host = 0;
    for (uint32_t i = 0; i < l->n_devices; i++) {
        l->device[i].budget = units_add(l->device[i].budget, limits->kept[i]);
        limits->kept[i] = 0;
    }
}

void plan_certify(struct arena *a, struct plan *p, const struct dry_run_buffer *buffers, size_t n,
                  const char *basis)
{
    struct ledger *l = &p->memory;
    l->host.weights = l->host.kv = l->host.compute = 0;
    for (uint32_t i = 0; i < l->n_devices; i++)
        l->device[i].weights = l->device[i].kv = l->device[i].compute = 0;
    for (size_t i = 0; i < n; i++) {
        struct ledger_line *line = line_of(l, &buffers[i]);
        line->weights += buffers[i].model;
        line->kv += buffers[i].context;
        line->compute += buffers[i].compute;
    }
    bool drifts = strcmp(basis, "dry-run") != 0;
    if (drifts)
        add_drift(l);
    set_total(&l->host);
    for (uint32_t i = 0; i < l->n_devices; i++)
        set_total(&l->device[i]);
    l->basis = basis;
    l->claimed = true;
    give_back(l, &p->goal.limits);
    for (size_t i = 0; i < p->warnings.n;) { /* what the dry run settles */
        bool settled = strcmp(p->warnings.v[i].code, "compute-estimated") == 0 ||
                       strcmp(p->warnings.v[i].code, "kv-not-claimed") == 0 ||
                       strcmp(p->warnings.v[i].code, "override-not-priced") == 0;
        if (settled)
            p->warnings.v[i] = p->warnings.v[--p->warnings.n];
        else
            i++;
    }
    if (drifts)
        *VEC_PUSH(a, &p->warnings) = (struct plan_warning){
            "other-build",
            "the pinned llama.cpp counted the memory; the engine that runs is another "
            "build, so a tenth of the compute buffers is kept free",
            "with tailor's own engine (make build, --engine build/engine/bin) nothing is left "
            "open"};
    const struct ledger_line *tight;
    uint64_t lack = ledger_lack(l, &tight);
    if (lack) {
        char text[UNITS_TEXT];
        *VEC_PUSH(a, &p->warnings) = (struct plan_warning){
            "over-budget",
            arena_printf(a, "the engine needs %s more of %s memory than the plan allows",
                         units_bytes(lack, text), tight->name),
            "plan with a smaller --ctx, --vram-limit or --ram-limit"};
    }
}
