/* The table of backends. */
#include "plan/backend.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/units.h"

static const struct backend_rules backends[] = {
    /* 320-330 MiB were measured for a CUDA context (unsloth PR 6718) */
    {"cuda", "CUDA", 128, 512, 330 * MIB, true},  {"rocm", "ROCm", 128, 512, 330 * MIB, false},
    {"vulkan", "Vulkan", 64, 0, 64 * MIB, false}, {"metal", "MTL", 32, 0, 0, false},
    {"sycl", "SYCL", 128, 512, 330 * MIB, false},
};

static bool is_number(const char *s)
{
    return *s && s[strspn(s, "0123456789")] == '\0';
}

const struct backend_rules *backend_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(backends); i++) {
        const struct backend_rules *b = &backends[i];
        if (cstr_ieq(name, b->name))
            return b;
        size_t n = strlen(b->device_prefix);
        if (strncmp(name, b->device_prefix, n) == 0 && is_number(name + n))
            return b;
    }
    return NULL;
}

/* fattn.cu: the head sizes with a kernel; Vulkan and Metal take multiples of 8 and 32. */
bool backend_flash_attn(const struct backend_rules *b, uint32_t head_k, uint32_t head_v)
{
    static const struct {
        uint16_t k, v;
    } cuda[] = {{40, 40},   {64, 64},   {72, 72},   {80, 80},   {96, 96},   {112, 112},
                {128, 128}, {192, 128}, {256, 256}, {320, 256}, {512, 512}, {576, 512}};
    if (strcmp(b->name, "vulkan") == 0)
        return head_k % 8 == 0 && head_v % 8 == 0;
    if (strcmp(b->name, "metal") == 0)
        return head_k % 32 == 0 && head_v % 32 == 0;
    for (size_t i = 0; i < COUNT_OF(cuda); i++)
        if (head_k == cuda[i].k && head_v == cuda[i].v)
            return true;
    return false;
}
