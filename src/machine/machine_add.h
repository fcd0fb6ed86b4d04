/* ---- machine/machine_add.h: the engine's devices and the machine's own traces, together. ---- */
#ifndef MACHINE_MACHINE_ADD_H
#define MACHINE_MACHINE_ADD_H

#include "machine/engine_devices.h"
#include "machine/machine.h"

/* Writes the engine's devices into m->engine.devices, finds the GPU that each one
 * is (PCI address, else vendor, name, kind and memory) or appends it, and derives pools and names
 * again.  A card that two backends list counts once; the first backend has it, as in llama.cpp
 * (src/llama.cpp: devices are told apart by device_id).
 *
 * Known wrong answers are corrected, each with a note: free memory above the total (llama.cpp
 * #17536, #29277), negative numbers that wrapped (#22368), totals that count the BAR heap or
 * another card's memory (two sources disagree: the smaller counts), rasterizers on the CPU that
 * look like GPUs.  m->engine.path and version are the caller's to set.  May be called again with
 * another engine's list. */
void machine_add_engine(struct arena *a, struct machine *m, const struct engine_devices *devices);

#endif
