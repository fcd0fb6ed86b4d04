/* ---- plan/search_devices.h: sets of cards worth trying, in the order in which layers go to them.
 */
#ifndef PLAN_SEARCH_DEVICES_H
#define PLAN_SEARCH_DEVICES_H

#include "plan/place.h"
#include "plan/plan.h"

struct device_set {
    uint32_t gpu[PLACE_MAX_DEVICES]; /* of the machine; the fastest first */
    uint32_t n;                      /* 0: the host alone */
};

enum { MAX_DEVICE_SETS = 64 };

/* Does a set hold the whole model? */
typedef bool device_set_holds(const struct device_set *set, void *user);

/* --device decides where it is given.  Else: the host; the smallest sets that hold the model; the
 * fewest of the fastest cards that hold it.  Where no set does: the fastest card, the two fastest,
 * and so on to all.  Writes at most MAX_DEVICE_SETS. */
size_t device_sets(const struct machine *machine, const struct goal *goal, device_set_holds *holds,
                   void *user, struct device_set *out);

#endif
