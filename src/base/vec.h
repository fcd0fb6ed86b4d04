/* ---- base/vec.h: typed growing arrays in an arena.
 *
 *     VEC(struct gpu) gpus;            zeroed is empty
 *     *VEC_PUSH(arena, &gpus) = gpu;   the new element, zeroed, to be filled
 *     for (size_t i = 0; i < gpus.n; i++) use(&gpus.v[i]);
 *
 * Growing moves the elements: keep indices, not pointers, across a push. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define VEC(type)      \
    struct {           \
        type *v;       \
        size_t n, cap; \
    }

#define VEC_PUSH(arena, vec)                                                           \
    ((vec)->v = vec_grow((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v)), \
     &(vec)->v[(vec)->n++])

/* Room for element n; returns the (perhaps moved) array. */
void *vec_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size);

#endif
