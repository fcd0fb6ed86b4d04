/* One setting at a time. */
#include "plan/repair.h"

#include "base/units.h"
#include "model/ggml_type.h"
#include "plan/fit_like.h"
#include "plan/search.h"

enum { LEAST_CTX = 512, LEAST_UBATCH = 64 };

struct mending {
    struct arena *a;
    const struct model *m;
    const struct machine *machine;
    const struct workload *w;
    struct settings line; /* complete, as it would run */
    struct candidate now;
    struct repairs *out;
};

/* With --fit off: what is tried stays. */
static uint64_t lack_of(const struct mending *r, const struct settings *s, struct candidate *c)
{
    struct settings fixed = *s;
    fixed.fit = false;
    settings_mark(&fixed, SET_FIT);
    fit_like_with(r->a, r->m, r->machine, r->w, &fixed, c);
    return ledger_lack(&c->ledger, NULL);
}

static void offer(struct mending *r, const char *change, const struct settings *s)
{
    struct candidate c;
    struct repair *row;
    if (lack_of(r, s, &c) > 0)
        return;
    row = VEC_PUSH(r->a, &r->out->list);
    *row = (struct repair){.change = change, .settings = *s};
    effect_between(r->m, &c, &r->now, &row->effect);
}

/* ---- the changes ---- */

static void shorter_context(struct mending *r)
{
    struct candidate c;
    struct settings s = r->line;
    uint32_t low = 0, high = s.ctx_size / CELL_ROUND; /* high does not fit */
    settings_mark(&s, SET_CTX_SIZE);
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        s.ctx_size = middle * CELL_ROUND;
        if (lack_of(r, &s, &c) == 0)
            low = middle;
        else
            high = middle;
    }
    s.ctx_size = low * CELL_ROUND;
    if (s.ctx_size >= LEAST_CTX)
        offer(r, arena_printf(r->a, "-c %u", (unsigned)s.ctx_size), &s);
}

static void smaller_cache(struct mending *r)
{
    struct settings s = r->line;
    bool blocks = r->m->head_dim_k % 32 == 0 && r->m->head_dim_v % 32 == 0 && r->m->head_dim_k > 0;
    if (!blocks || (s.cache_type_k == TYPE_Q8_0 && s.cache_type_v == TYPE_Q8_0))
        return;
    s.cache_type_k = s.cache_type_v = TYPE_Q8_0;
    s.flash_attn = FA_ON;
    settings_mark(&s, SET_CACHE_TYPE_K);
    settings_mark(&s, SET_CACHE_TYPE_V);
    settings_mark(&s, SET_FLASH_ATTN);
    offer(r, "-fa on -ctk q8_0 -ctv q8_0", &s);
}

static void smaller_ubatch(struct mending *r)
{
    struct settings s = r->line;
    struct candidate c;
    settings_mark(&s, SET_UBATCH_SIZE);
    for (s.ubatch_size /= 2; s.ubatch_size >= LEAST_UBATCH; s.ubatch_size /= 2)
        if (lack_of(r, &s, &c) == 0) {
            offer(r, arena_printf(r->a, "-ub %u", (unsigned)s.ubatch_size), &s);
            return;
        }
}

static void fewer_slots(struct mending *r)
{
    struct settings s = r->line;
    if (s.parallel == 1)
        return;
    uint32_t ctx = search_ctx_per_slot(r->m, &s);
    s.parallel = 1;
    s.kv_unified = false;
    s.ctx_size = ctx;
    settings_mark(&s, SET_PARALLEL);
    settings_mark(&s, SET_KV_UNIFIED);
    offer(r, arena_printf(r->a, "-np 1 -c %u", (unsigned)ctx), &s);
}

/* The least number of a kind that fits; `set` writes it. */
static void least(struct mending *r, uint32_t from, uint32_t to,
                  void (*set)(struct settings *s, const struct model *m, uint32_t n),
                  const char *format)
{
    struct settings s = r->line;
    struct candidate c;
    uint32_t low = from, high = to; /* low does not fit */
    set(&s, r->m, to);
    if (from >= to || lack_of(r, &s, &c) > 0)
        return;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        set(&s, r->m, middle);
        if (lack_of(r, &s, &c) == 0)
            high = middle;
        else
            low = middle;
    }
    set(&s, r->m, high);
    uint32_t shown = format[1] == 'n' ? (uint32_t)s.n_gpu_layers : high;
    offer(r, arena_printf(r->a, "%s %u", format, (unsigned)shown), &s);
}

static void set_experts(struct settings *s, const struct model *m, uint32_t n)
{
    (void)m;
    s->n_cpu_moe = n;
    settings_mark(s, SET_N_CPU_MOE);
}

static void set_layers_off(struct settings *s, const struct model *m, uint32_t n)
{
    s->n_gpu_layers = (int32_t)(m->n_layer + m->n_layer_nextn + 1 - n);
    settings_mark(s, SET_N_GPU_LAYERS);
}

void repair_find(struct arena *a, const struct model *m, const struct machine *machine,
                 const struct workload *w, const struct settings *given, struct repairs *out)
{
    struct mending r = {.a = a, .m = m, .machine = machine, .w = w, .out = out};
    const struct ledger_line *where;
    *out = (struct repairs){0};
    fit_like_with(a, m, machine, w, given, &r.now);
    r.line = r.now.settings;
    out->lack = ledger_lack(&r.now.ledger, &where);
    out->pool = where->name;
    if (out->lack == 0)
        return;
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    bool cards = r.now.placement.n_devices > 0;
    smaller_ubatch(&r);
    smaller_cache(&r);
    shorter_context(&r);
    fewer_slots(&r);
    if (cards && m->n_expert)
        least(&r, r.now.placement.n_cpu_moe, m->n_layer, set_experts, "--n-cpu-moe");
    if (cards)
        least(&r, slots - r.now.placement.n_gpu_layers, slots, set_layers_off, "-ngl");
}

json_t *repairs_to_json(const struct repairs *r)
{
    struct arena scratch = {0};
    if (r->lack == 0)
        return json_null();
    json_t *o = json_object(), *list = json_array();
    js_put_str(o, "pool", r->pool);
    js_put_u64(o, "lack_bytes", r->lack);
    for (size_t i = 0; i < r->list.n; i++) {
        json_t *row = json_object();
        js_put_str(row, "change", r->list.v[i].change);
        js_put_str(row, "effect", effect_text(&scratch, &r->list.v[i].effect));
        js_put(row, "settings", settings_to_json(&r->list.v[i].settings));
        json_array_append_new(list, row);
    }
    js_put(o, "changes", list);
    arena_release(&scratch);
    return o;
}
