/* ---- machine/machine_described.h: a machine in a few words.
 *
 *     [GPU {+ GPU} ,] RAM GB [, CPU NAME]      GPU = [N x] NAME [SIZE GB]
 *
 * "2x RTX 3090 + RTX 3060 12GB, 128GB", "M3 Max, 64GB", "64GB".  GB means GiB.  All its memory is
 * free.  What was not said is unknown: threads, usually, and the bandwidth of the RAM. */
#ifndef MACHINE_MACHINE_DESCRIBED_H
#define MACHINE_MACHINE_DESCRIBED_H

#include "base/err.h"
#include "machine/machine.h"

/* The source of every fact in it; budgets know it, too. */
extern const char fact_described[];

bool machine_describe(struct arena *a, const char *text, struct machine *out, struct err *err);

#endif
