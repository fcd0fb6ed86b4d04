/* ---- base/log.h: talk goes to stderr, results never come through here.
 *
 * The one mutable global below cli/: how loud we are, and who else listens. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"

enum log_level { LOG_QUIET, LOG_WARN, LOG_INFO, LOG_DETAIL };

void log_set_level(enum log_level level); /* default LOG_INFO; -q LOG_WARN, -v LOG_DETAIL */
enum log_level log_get_level(void);

void log_warn(const char *fmt, ...) ATTR_PRINTF(1, 2);   /* "tailor: warning: ..." */
void log_info(const char *fmt, ...) ATTR_PRINTF(1, 2);   /* progress that a user wants to see */
void log_detail(const char *fmt, ...) ATTR_PRINTF(1, 2); /* --verbose */

#endif
