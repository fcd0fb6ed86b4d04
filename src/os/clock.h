/* ---- os/clock.h: time. ---- */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);    /* monotonic */
double clock_s(void);       /* monotonic, seconds */
int64_t clock_wall_s(void); /* seconds since 1970 */
void clock_sleep_ms(unsigned ms);

#endif
