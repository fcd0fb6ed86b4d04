/* ---- plan/spread.h: how many layers each card takes. ----
 *
 * llama.cpp gives each device a run of consecutive layers in proportion to -ts (load_tensors:
 * get_layer_buft_list, v0.5.0).  Whole numbers of layers as -ts give exactly these numbers. */
#ifndef PLAN_SPREAD_H
#define PLAN_SPREAD_H

#include "plan/place.h"

/* Bytes of one layer's weights on a card, without the experts and of the experts, for every slot
 * (the output layer is the last one); computed once for a model. */
struct spread_costs {
    const uint64_t *dense, *experts;
    uint32_t n_slots;
    const struct weight_parts *parts;
};

/* Empty where the machine has fewer than two usable cards.  Padded as the first one pads: another
 * backend's cards may differ by bytes, which the ledger counts. */
struct spread_costs spread_costs_of(struct arena *a, const struct model *m,
                                    const struct machine *machine);

/* Writes tensor_split into settings whose devices, context and layers stand: each card in its order
 * takes what its budget holds; cards of one speed are filled alike.  False when the layers do not
 * fit, or leave a card empty; tensor_split then says how near it came. */
bool spread_layers(const struct spread_costs *costs, const struct model *m,
                   const struct machine *machine, const struct ledger *budgets, struct settings *s);

#endif
