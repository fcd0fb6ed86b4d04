/* Small helpers around the struct. */
#include "machine/machine.h"

#include <string.h>

struct machine_pool *machine_find_pool(struct machine *m, const char *id)
{
    for (size_t i = 0; id && i < m->pools.n; i++)
        if (strcmp(m->pools.v[i].id, id) == 0)
            return &m->pools.v[i];
    return NULL;
}

void machine_note(struct machine *m, struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *note = arena_vprintf(a, fmt, args);
    va_end(args);
    for (size_t i = 0; i < m->notes.n; i++)
        if (strcmp(m->notes.v[i], note) == 0)
            return;
    *VEC_PUSH(a, &m->notes) = note;
}
