/* XXH3-128 in canonical (big-endian) hex. */
#include "base/hash.h"

#include <stdio.h>
#include <xxhash.h>

const char *hash_hex(const void *p, size_t n, char out[HASH_TEXT])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(p, n));
    for (size_t i = 0; i < sizeof(canonical.digest); i++)
        snprintf(out + 2 * i, 3, "%02x", canonical.digest[i]);
    return out;
}
