/* ---- machine/arm_part.h: ARM core designs by MIDR numbers.
 *
 * Numbers as the kernel (arch/arm64/include/asm/cputype.h) and util-linux (lscpu-arm.c) list
 * them. */
#ifndef MACHINE_ARM_PART_H
#define MACHINE_ARM_PART_H

#include <stddef.h>
#include <stdint.h>

const char *arm_part_name(uint64_t implementer, uint64_t part); /* NULL: unknown */
const char *arm_part_vendor(uint64_t implementer);              /* NULL: unknown */

#endif
