/* ---- machine/machine_derive.h: what follows from the facts.
 *
 * Pools (each physical memory once), names and the recommended backend.  Derived again whenever
 * facts were added, so it may be called as often as one likes. */
#ifndef MACHINE_MACHINE_DERIVE_H
#define MACHINE_MACHINE_DERIVE_H

#include "machine/machine.h"

/* Source of what only a name told: memory, bandwidth, generation.  Of the sizes that a card of that
 * name is sold with the smallest counts. */
extern const char fact_device_table[];

/* The host pool always; a vram pool for each card whose memory is known.  An integrated GPU draws
 * on the host pool; its BIOS carve-out (amdgpu) is a pool of its own, which the GPU names where it
 * is the larger share of what it may use. */
void machine_derive_pools(struct arena *a, struct machine *m);

/* platform_id, display_name, recommended_backend, capabilities; bandwidth and generation of GPUs by
 * their names. */
void machine_derive_names(struct arena *a, struct machine *m);

/* Names devices as llama.cpp would ("CUDA0") for GPUs that no engine has listed, so that a plan can
 * be made for them: on a machine whose engine is not known, and for a GPU whose backend is.  An
 * engine that is known and listed nothing is believed. */
void machine_assume_devices(struct arena *a, struct machine *m);

#endif
