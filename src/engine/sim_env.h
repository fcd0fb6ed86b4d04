/* ---- engine/sim_env.h: a machine's GPUs as simulated devices.
 *
 * The environment in which tailor-worker, or any llama.cpp binary, sees the GPUs of a machine that
 * is not here and none that is (engine/sim/sim.h). */
#ifndef ENGINE_SIM_ENV_H
#define ENGINE_SIM_ENV_H

#include "base/arena.h"
#include "machine/machine.h"

/* TAILOR_SIM for the GPUs that an engine would list and that can be simulated: those with a device
 * name of a known family and known memory.  Empty: there are none. */
const char *sim_env_devices(struct arena *a, const struct machine *m);

/* All variables, ending with NULL; library is the path of libtailor-sim.so. */
const char *const *sim_env(struct arena *a, const struct machine *m, const char *library);

#endif
