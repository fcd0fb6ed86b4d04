/* ---- engine/worker/untouched.h: while it is on, new buffers are not filled with zeros. ---- */
#ifndef ENGINE_WORKER_UNTOUCHED_H
#define ENGINE_WORKER_UNTOUCHED_H

#include <stdbool.h>

void untouched_set(bool on);

#endif
