/* What follows from all facts: pools and names. */
#include "machine/machine_derive.h"
#include "probe/probe_impl.h"

void probe_names(struct probe_run *r)
{
    machine_derive_pools(r->a, r->m);
    machine_derive_names(r->a, r->m);
}
