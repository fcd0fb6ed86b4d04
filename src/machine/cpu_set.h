/* ---- machine/cpu_set.h: sets of logical CPUs.
 *
 * Read from and written as the kernel's lists ("0-3,8").  A zeroed set is empty; its words live in
 * the arena of whoever added to it. */
#ifndef MACHINE_CPU_SET_H
#define MACHINE_CPU_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum { CPU_SET_MAX = 65536 }; /* no kernel numbers its CPUs higher (largest NR_CPUS: 8192) */

struct cpu_set {
    uint64_t *words;
    size_t n;
};

void cpu_set_add(struct arena *a, struct cpu_set *s, unsigned cpu); /* cpu < CPU_SET_MAX */
bool cpu_set_has(const struct cpu_set *s, unsigned cpu);
unsigned cpu_set_count(const struct cpu_set *s);
unsigned cpu_set_first(const struct cpu_set *s); /* CPU_SET_MAX: empty */
/* The first member after `cpu`, CPU_SET_MAX when there is none. */
unsigned cpu_set_next(const struct cpu_set *s, unsigned cpu);
bool cpu_set_meets(const struct cpu_set *a, const struct cpu_set *b);
struct cpu_set cpu_set_and(struct arena *a, const struct cpu_set *x, const struct cpu_set *y);

/* "0-3,8" and "" (the empty set); false, and *out alone, for anything else. */
bool cpu_set_parse(struct arena *a, struct str list, struct cpu_set *out);
const char *cpu_set_text(struct arena *a, const struct cpu_set *s);

#endif
