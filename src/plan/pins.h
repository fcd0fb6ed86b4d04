/* ---- plan/pins.h: the user's own words against each other, the machine and the plan.
 *
 * What cannot be meant is an error before anything is planned; what llama.cpp takes, but does not
 * do as it is written, is a warning in the plan. */
#ifndef PLAN_PINS_H
#define PLAN_PINS_H

#include "plan/search.h"

/* Options of ours and of llama.cpp's that say two things (ERR_USAGE). */
bool pins_agree(const struct goal *goal, struct err *err);

/* Every card that a limit names is in the machine; else ERR_USAGE with those that are. */
bool pins_name_cards(const struct limits *limits, const struct machine *machine, struct err *err);

/* Does a buffer type of -ot exist on such a machine?  llama-server starts with no other.  *part is
 * the first that does not. */
bool pins_buffers_exist(struct arena *a, const struct goal *goal, const struct machine *machine,
                        const char **part);

/* Adds the warnings to a plan that stands otherwise. */
void warn_about_pins(struct arena *a, struct plan *p, const struct search *s,
                     const struct candidate *chosen);

#endif
