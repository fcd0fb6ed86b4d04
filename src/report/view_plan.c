/* A plan for people. */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "plan/search.h"
#include "report/views.h"

static const char *gib(struct arena *a, uint64_t bytes)
{
    char text[UNITS_TEXT];
    return arena_strdup(a, units_gib(bytes, text));
}

const char *view_interval(struct arena *a, const struct interval *i)
{
    char low[UNITS_TEXT], high[UNITS_TEXT];
    if (i->mid <= 0)
        return "?";
    return arena_printf(a, "%s-%s", units_rate(i->low, low), units_rate(i->high, high));
}

static const char *rate(struct arena *a, const struct interval *i)
{
    char text[UNITS_TEXT];
    return i->mid > 0 ? arena_strdup(a, units_rate(i->mid, text)) : "?";
}

static const char *ctx(struct arena *a, const struct model *m, const struct settings *s)
{
    char text[UNITS_TEXT];
    return arena_strdup(a, units_count(search_ctx_per_slot(m, s), text));
}

void view_comparison(struct doc *d, const struct plan *p)
{
    struct arena *a = d->arena;
    const struct speed *base = &p->baseline_speed, *ours = &p->speed;
    doc_row(d, "off the rack", "ctx %8s   gen %5s   prompt %6s tok/s   (%u slots)",
            ctx(a, p->model, &p->baseline_settings), rate(a, &base->gen_tok_s),
            rate(a, &base->prompt_tok_s), (unsigned)p->baseline_settings.parallel);
    doc_row(d, "tailored", "ctx %8s   gen %5s   prompt %6s tok/s   (%u slot%s)",
            ctx(a, p->model, &p->settings), rate(a, &ours->gen_tok_s), rate(a, &ours->prompt_tok_s),
            (unsigned)p->settings.parallel, p->settings.parallel == 1 ? "" : "s");
}

static void memory_line(struct doc *d, const char *label, const struct ledger *ledger,
                        const struct ledger_line *l)
{
    struct arena *a = d->arena;
    int64_t left = ledger_headroom(ledger, l);
    struct strbuf text = {0};
    strbuf_addf(&text, "weights %s | kv %s | compute %s", gib(a, l->weights), gib(a, l->kv),
                gib(a, l->compute));
    if (l->cache)
        strbuf_addf(&text, " | prompt cache %s", gib(a, l->cache));
    strbuf_addf(&text, " | other %s", gib(a, l->other));
    if (l->budget != UINT64_MAX && left >= 0)
        strbuf_addf(&text, " | spare %s", gib(a, (uint64_t)left));
    else if (l->budget != UINT64_MAX)
        strbuf_addf(&text, " | %s OVER", gib(a, (uint64_t)-left));
    doc_row(d, label, "%s GB", strbuf_cstr(&text));
    strbuf_release(&text);
}

void view_memory(struct doc *d, const struct plan *p)
{
    for (uint32_t i = 0; i < p->memory.n_devices; i++)
        if (p->memory.device[i].total)
            memory_line(d, p->memory.device[i].name ? p->memory.device[i].name : "GPU", &p->memory,
                        &p->memory.device[i]);
    memory_line(d, "RAM", &p->memory, &p->memory.host);
}

static void reasons(struct doc *d, const struct plan *p)
{
    for (size_t i = 0; i < p->reasons.n; i++) {
        const struct reason *r = &p->reasons.v[i];
        doc_row(d, i ? "" : "why", "%s%s%s: %s", r->setting, r->value ? " " : "",
                r->value ? r->value : "", r->why);
    }
}

void view_why(struct doc *d, const struct plan *p)
{
    static const char *const telling[] = {"place.", "context", "kv.type"};
    bool first = true;
    for (size_t i = 0; i < p->reasons.n; i++) {
        const struct reason *r = &p->reasons.v[i];
        bool tells = false;
        for (size_t k = 0; k < COUNT_OF(telling) && !tells; k++)
            tells = cstr_starts(r->rule, telling[k]);
        if (!tells || strcmp(r->rule, "place.host") == 0 ||
            (strcmp(r->rule, "kv.type") == 0 && strcmp(r->value, "f16") == 0))
            continue;
        doc_row(d, first ? "why" : "", "%s", r->why);
        first = false;
    }
}

void view_warnings(struct doc *d, const struct plan *p)
{
    for (size_t i = 0; i < p->warnings.n; i++) {
        const struct plan_warning *w = &p->warnings.v[i];
        doc_row(d, i ? "" : "warning", "%s; %s", w->text, w->fix);
    }
}

void view_price(struct doc *d, const struct plan *p)
{
    for (size_t i = 0; i < p->alternatives.n; i++)
        doc_row(d, i ? "" : "price", "%s: %s", p->alternatives.v[i].change,
                p->alternatives.v[i].effect);
}

void view_plan(struct doc *d, const struct plan *p)
{
    static const char *const basis[] = {
        [SPEED_SPEC] = "derived", [SPEED_CALIBRATED] = "calibrated", [SPEED_MEASURED] = "measured"};
    struct arena *a = d->arena;
    view_comparison(d, p);
    doc_row(d, "expect", "gen %s, prompt %s tok/s (%s%s%s)", view_interval(a, &p->speed.gen_tok_s),
            view_interval(a, &p->speed.prompt_tok_s), basis[p->speed.basis],
            p->speed.limited_by ? ", limited by " : "",
            p->speed.limited_by ? p->speed.limited_by : "");
    view_memory(d, p);
    doc_row(d, "basis", "%s", p->memory.basis ? p->memory.basis : "placed by the engine");
    reasons(d, p);
    view_price(d, p);
    view_warnings(d, p);
    doc_section(d, NULL);
    doc_text(d, "%s", shell_join(a, p->argv, p->n_argv));
}
