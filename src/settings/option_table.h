/* ---- settings/option_table.h: the rows themselves; for option.c only, others look things up. ----
 */
#ifndef SETTINGS_OPTION_TABLE_H
#define SETTINGS_OPTION_TABLE_H

#include "settings/option.h"

extern const struct option option_table[];
extern const size_t option_table_n;

#endif
