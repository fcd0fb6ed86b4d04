/* ---- cli/plan_compare.h: several candidates side by side, and the frontier. ---- */
#ifndef CLI_PLAN_COMPARE_H
#define CLI_PLAN_COMPARE_H

#include "cli/planning.h"
#include "plan/frontier.h"
#include "plan/together.h"

/* Plans every model that the arguments name and writes them as a table, or as items.  What cannot
 * be planned is a warning; ERR_NO_FIT where none can. */
bool plan_compare(struct app *app, const struct goal_options *o, const char *machine,
                  bool with_frontier, struct err *err);

/* All models at once (plan/together.h); ERR_NO_FIT where one finds no room. */
bool plan_together(struct app *app, const struct goal_options *o, const char *machine,
                   struct err *err);

#endif
