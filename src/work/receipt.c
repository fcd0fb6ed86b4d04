/* Measured next to said. */
#include "work/receipt.h"

#include "os/proc.h"

enum { LEAST_TOKENS = 8 }; /* fewer say nothing of a speed */

void receipt_make(const struct plan *plan, const struct chat *chat, const struct server *server,
                  struct receipt *out)
{
    const struct ledger_line *host = &plan->memory.host;
    const struct chat_stats *s = &chat->stats;
    *out = (struct receipt){.plan = plan, .stats = *s};
    if (s->gen_tokens >= LEAST_TOKENS && s->gen_s > 0)
        out->gen_tok_s = (double)s->gen_tokens / s->gen_s;
    if (s->longest_prompt >= LEAST_TOKENS)
        out->prompt_tok_s = s->best_prompt_tok_s;
    out->ram_bytes = proc_memory(server->proc.pid).anonymous;
    out->ram_said = host->total - host->cache - host->mapped;
    out->load_s = server->ready_s > 0 ? server->ready_s - server->started_s : 0;
}

static void put_rate(json_t *o, const char *key, double measured)
{
    if (measured > 0)
        js_put_real(o, key, measured);
    else
        js_put_null(o, key);
}

json_t *receipt_to_json(const struct receipt *r)
{
    json_t *o = json_object(), *said = speed_to_json(&r->plan->speed);
    put_rate(o, "gen_tok_s", r->gen_tok_s);
    put_rate(o, "prompt_tok_s", r->prompt_tok_s);
    js_put_u64(o, "gen_tokens", r->stats.gen_tokens);
    js_put_u64(o, "prompt_tokens", r->stats.prompt_tokens);
    if (r->ram_bytes)
        js_put_u64(o, "ram_bytes", r->ram_bytes);
    else
        js_put_null(o, "ram_bytes");
    js_put_u64(o, "ram_said_bytes", r->ram_said);
    js_put_real(o, "load_s", r->load_s);
    js_put(o, "said", said);
    return o;
}
