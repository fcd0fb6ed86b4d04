/* Doubling growth; the old copy stays in the arena until the arena goes. */
#include "base/vec.h"

#include <stdint.h>
#include <string.h>

void *vec_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    if (*cap > SIZE_MAX / 2 / size)
        arena_out_of_memory(SIZE_MAX);
    size_t more = *cap ? *cap * 2 : 8;
    void *bigger = arena_array(a, more, size);
    if (n)
        memcpy(bigger, v, n * size);
    *cap = more;
    return bigger;
}
