/* ---- machine/machine_json.h: tailor.machine/1, both ways.
 *
 * What was written is what is read: all facts with their sources, in the contract's order.
 * Reading a file of somebody else: unknown keys are passed over, what is missing or null is
 * unknown, a value without an entry in "sources" has the source "file"; types, sizes and the pools
 * that GPUs name are checked, and an error names the member ("cpu.physical_cores"). */
#ifndef MACHINE_MACHINE_JSON_H
#define MACHINE_MACHINE_JSON_H

#include "base/json.h"
#include "machine/machine.h"

#define MACHINE_SCHEMA "tailor.machine/1"

/* A new reference. */
json_t *machine_to_json(const struct machine *m);

/* *out is left alone on failure; its strings live in the arena. */
bool machine_from_json(struct arena *a, const json_t *root, struct machine *out, struct err *err);

#endif
