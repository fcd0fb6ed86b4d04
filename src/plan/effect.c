/* With and without. */
#include "plan/effect.h"

#include <math.h>

#include "base/units.h"
#include "plan/fit_like.h"
#include "plan/search.h"

static const double one_percent = 0.01;

static uint64_t vram(const struct ledger *l)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < l->n_devices; i++)
        sum = units_add(sum, l->device[i].total);
    return sum;
}

void effect_between(const struct model *m, const struct candidate *with,
                    const struct candidate *without, struct effect *out)
{
    *out = (struct effect){
        .vram_bytes = (int64_t)vram(&with->ledger) - (int64_t)vram(&without->ledger),
        .ram_bytes = (int64_t)with->ledger.host.total - (int64_t)without->ledger.host.total,
        .ctx_with = search_ctx_per_slot(m, &with->settings),
        .ctx_without = search_ctx_per_slot(m, &without->settings),
        .gen_with = with->speed.gen_tok_s.mid,
        .gen_without = without->speed.gen_tok_s.mid,
        .prompt_with = with->speed.prompt_tok_s.mid,
        .prompt_without = without->speed.prompt_tok_s.mid};
}

void effect_of(struct arena *a, const struct model *m, const struct machine *machine,
               const struct workload *w, const struct settings *given, uint64_t sets,
               struct effect *out)
{
    struct candidate with, without;
    struct settings rest = *given;
    rest.given &= ~sets;
    fit_like_with(a, m, machine, w, given, &with);
    fit_like_with(a, m, machine, w, &rest, &without);
    effect_between(m, &with, &without, out);
}

static bool differs(double a, double b)
{
    return fabs(a - b) > one_percent * fmax(fabs(a), fabs(b));
}

bool effect_is_none(const struct effect *e)
{
    return e->vram_bytes == 0 && e->ram_bytes == 0 && e->ctx_with == e->ctx_without &&
           !differs(e->gen_with, e->gen_without) && !differs(e->prompt_with, e->prompt_without);
}

static void add_bytes(struct strbuf *text, const char *pool, int64_t bytes)
{
    char size[UNITS_TEXT];
    if (bytes)
        strbuf_addf(text, "%s%s %c%s", text->len ? ", " : "", pool, bytes > 0 ? '+' : '-',
                    units_bytes((uint64_t)(bytes > 0 ? bytes : -bytes), size));
}

static void add_rate(struct strbuf *text, const char *what, double with, double without)
{
    char now[UNITS_TEXT], then[UNITS_TEXT];
    if (with > 0 && without > 0 && differs(with, without))
        strbuf_addf(text, "%s%s %s instead of %s tok/s", text->len ? ", " : "", what,
                    units_rate(with, now), units_rate(without, then));
}

const char *effect_text(struct arena *a, const struct effect *e)
{
    struct strbuf text = {0};
    char with[UNITS_TEXT], without[UNITS_TEXT];
    add_bytes(&text, "VRAM", e->vram_bytes);
    add_bytes(&text, "RAM", e->ram_bytes);
    if (e->ctx_with != e->ctx_without)
        strbuf_addf(&text, "%scontext %s instead of %s", text.len ? ", " : "",
                    units_count(e->ctx_with, with), units_count(e->ctx_without, without));
    add_rate(&text, "gen", e->gen_with, e->gen_without);
    add_rate(&text, "prompt", e->prompt_with, e->prompt_without);
    if (text.len == 0)
        strbuf_adds(&text, "no effect on memory or speed here: it is what would happen anyway");
    return strbuf_take(&text, a);
}
