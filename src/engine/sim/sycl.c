#include "engine/sim/sim.h"
const struct sim_family sim_sycl;
