/* Contexts x cache types x models, and what is not beaten. */
#include "plan/frontier.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"
#include "plan/search.h"

enum { LEAST_CTX = 4096 };
static const double alike = 0.03;

struct finder {
    struct arena *a;
    const struct machine *machine;
    const struct goal *goal;
    struct frontier all;
};

static struct quality together(const struct model *m, const struct settings *s)
{
    struct quality weights = quality_of_weights(m->quantization);
    struct quality cache = quality_of_cache(s->cache_type_k, s->cache_type_v);
    if (!weights.source || !cache.source)
        return (struct quality){0, NULL};
    return (struct quality){weights.kld + cache.kld, weights.source};
}

static void try_point(struct finder *f, const struct model *m, uint32_t ctx, uint32_t type)
{
    struct goal goal = *f->goal;
    struct plan plan;
    struct err ignored = {0};
    goal.ctx_per_slot = ctx;
    goal.pinned.cache_type_k = goal.pinned.cache_type_v = type;
    settings_mark(&goal.pinned, SET_CACHE_TYPE_K);
    settings_mark(&goal.pinned, SET_CACHE_TYPE_V);
    if (!plan_make(f->a, m, f->machine, &goal, &plan, &ignored))
        return;
    struct frontier_row *row = VEC_PUSH(f->a, &f->all.rows);
    *row = (struct frontier_row){.model = m,
                                 .ctx = search_ctx_per_slot(m, &plan.settings),
                                 .cache_type = ggml_type_get(type)->name,
                                 .speed = plan.speed,
                                 .turn_s = speed_turn_s(&plan.speed, &plan.goal.workload),
                                 .quality = together(m, &plan.settings),
                                 .ram_bytes = plan.memory.host.total,
                                 .settings = plan.settings};
    for (uint32_t i = 0; i < plan.memory.n_devices; i++)
        row->vram_bytes = units_add(row->vram_bytes, plan.memory.device[i].total);
}

/* Contexts that double, up to what the model was trained on; one that is pinned is the only one. */
static void try_contexts(struct finder *f, const struct model *m, uint32_t type)
{
    uint32_t most = m->n_ctx_train ? m->n_ctx_train : LEAST_CTX;
    uint64_t ctx = LEAST_CTX < most ? LEAST_CTX : most;
    if (settings_has(&f->goal->pinned, SET_CTX_SIZE)) {
        try_point(f, m, 0, type);
        return;
    }
    for (; ctx < most; ctx *= 2)
        try_point(f, m, (uint32_t)ctx, type);
    try_point(f, m, most, type);
}

static void try_model(struct finder *f, const struct model *m)
{
    const struct settings *pinned = &f->goal->pinned;
    bool blocks = m->head_dim_k % 32 == 0 && m->head_dim_v % 32 == 0 && m->head_dim_k > 0;
    if (settings_has(pinned, SET_CACHE_TYPE_K) || settings_has(pinned, SET_CACHE_TYPE_V)) {
        try_contexts(f, m, pinned->cache_type_k);
        return;
    }
    try_contexts(f, m, TYPE_F16);
    if (blocks)
        try_contexts(f, m, TYPE_Q8_0);
}

/* Is a at least as good in all, and better in something?  Turns that differ by less than a
 * prediction can tell are equal; qualities that nobody measured are not compared. */
static bool beats(const struct frontier_row *a, const struct frontier_row *b)
{
    bool known = a->quality.source && b->quality.source;
    bool worse =
        known ? a->quality.kld > b->quality.kld : strcmp(a->cache_type, b->cache_type) != 0;
    if (a == b || worse || a->ctx < b->ctx || a->turn_s > b->turn_s * (1 + alike))
        return false;
    return a->ctx > b->ctx || a->turn_s * (1 + alike) < b->turn_s ||
           (known && a->quality.kld < b->quality.kld) || a < b;
}

static int by_context_and_speed(const void *x, const void *y)
{
    const struct frontier_row *a = x, *b = y;
    if (a->ctx != b->ctx)
        return a->ctx > b->ctx ? -1 : 1;
    return a->turn_s < b->turn_s ? -1 : a->turn_s > b->turn_s;
}

void frontier_find(struct arena *a, const struct model *const *models, size_t n,
                   const struct machine *machine, const struct goal *goal, struct frontier *out)
{
    struct finder f = {.a = a, .machine = machine, .goal = goal};
    *out = (struct frontier){0};
    for (size_t i = 0; i < n; i++)
        try_model(&f, models[i]);
    for (size_t i = 0; i < f.all.rows.n; i++) {
        bool beaten = false;
        for (size_t k = 0; k < f.all.rows.n && !beaten; k++)
            beaten = beats(&f.all.rows.v[k], &f.all.rows.v[i]);
        if (!beaten)
            *VEC_PUSH(a, &out->rows) = f.all.rows.v[i];
    }
    if (out->rows.n)
        qsort(out->rows.v, out->rows.n, sizeof(*out->rows.v), by_context_and_speed);
}

json_t *frontier_to_json(const struct frontier *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->rows.n; i++) {
        const struct frontier_row *r = &f->rows.v[i];
        json_t *o = json_object();
        js_put_str(o, "model", r->model->path);
        js_put_str(o, "quantization", r->model->quantization);
        js_put_u64(o, "ctx", r->ctx);
        js_put_str(o, "cache_type", r->cache_type);
        if (r->quality.source)
            js_put_real(o, "kld", r->quality.kld);
        else
            js_put_null(o, "kld");
        js_put_str(o, "kld_source", r->quality.source);
        js_put(o, "speed", speed_to_json(&r->speed));
        js_put_u64(o, "vram_bytes", r->vram_bytes);
        js_put_u64(o, "ram_bytes", r->ram_bytes);
        js_put(o, "settings", settings_to_json(&r->settings));
        json_array_append_new(list, o);
    }
    return list;
}
