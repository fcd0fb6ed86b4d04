/* "gen 44.7 (said 41-49)  prompt 1,142 (ok)  RAM 5.21 (said 5.30) GB" */
#include "report/view_receipt.h"

#include "base/units.h"
#include "report/views.h"

static const char *judged(struct arena *a, double measured, const struct interval *said)
{
    char text[UNITS_TEXT];
    if (measured <= 0)
        return "not measured";
    const char *rate = arena_strdup(a, units_rate(measured, text));
    if (said->mid <= 0)
        return rate;
    bool inside = measured >= said->low && measured <= said->high;
    return arena_printf(a, "%s (said %s%s)", rate, view_interval(a, said), inside ? ", ok" : "");
}

void view_receipt(struct doc *d, const struct receipt *r)
{
    struct arena *a = d->arena;
    char measured[UNITS_TEXT], said[UNITS_TEXT], mapped[UNITS_TEXT];
    struct strbuf line = {0};
    strbuf_addf(&line, "gen %s  prompt %s tok/s",
                judged(a, r->gen_tok_s, &r->plan->speed.gen_tok_s),
                judged(a, r->prompt_tok_s, &r->plan->speed.prompt_tok_s));
    if (r->ram_bytes) {
        strbuf_addf(&line, "  RAM %s (said %s", units_gib(r->ram_bytes, measured),
                    units_gib(r->ram_said, said));
        if (r->plan->memory.host.mapped)
            strbuf_addf(&line, ", %s mapped", units_gib(r->plan->memory.host.mapped, mapped));
        strbuf_adds(&line, ") GB");
    }
    if (r->load_s > 0)
        strbuf_addf(&line, "  loaded in %.1f s", r->load_s);
    doc_row(d, "receipt", "%s", strbuf_cstr(&line));
    strbuf_release(&line);
}
