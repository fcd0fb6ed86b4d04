/* ---- plan/search.h: the fastest way to run a model within the budgets.
 *
 * On each set of devices worth trying (search_devices.h), for a handful of contexts, ubatches and
 * cache types: the placement with the most on the cards that fits.  Of all these the one with the
 * shortest predicted turn wins; twice the context may cost 15 % of it, a card less 5 %.  What the
 * user pinned is never changed. */
#ifndef PLAN_SEARCH_H
#define PLAN_SEARCH_H

#include "plan/plan.h"
#include "plan/search_devices.h"
#include "plan/spread.h"

struct search {
    const struct model *m;
    const struct machine *machine;
    const struct goal *goal;
    const struct workload *workload;
    struct spread_costs costs;        /* empty: at most one card can be used */
    const struct weight_parts *parts; /* summed once; NULL: tensor by tensor */
    const int8_t *override;           /* the user's -ot, tensor by tensor; or NULL */
};

struct search_result {
    bool found;
    struct candidate best;    /* best.lack is 0 when found */
    struct candidate nearest; /* what lacked least; nothing where it spilled: for the error */
    uint32_t tried;
};

void search_run(const struct search *s, struct search_result *out);

/* The settings that do not depend on what fits: threads, batches, flash attention, pinned ones. */
struct settings search_base(const struct search *s, const struct device_set *on);

/* Settings as a candidate: layers spread over the cards, bytes, seconds. */
void search_evaluate(const struct search *s, struct candidate *c);

/* Tokens a slot can use. */
uint32_t search_ctx_per_slot(const struct model *m, const struct settings *s);

/* Everything of the model on the cards. */
bool search_all_on_gpu(const struct candidate *c, const struct model *m);

#endif
