/* ---- model/rng.h: a small random number generator that can be asked for any place.
 *
 * splitmix64 (Steele, Lea, Flood 2014): the n-th number depends on the seed and n alone, so a
 * stream can be made in pieces of any size.  Not for secrets. */
#ifndef MODEL_RNG_H
#define MODEL_RNG_H

#include <stdint.h>

static inline uint64_t rng_at(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
