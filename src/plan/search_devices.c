/* Subsets of a few cards, prefixes of many. */
#include "plan/search_devices.h"

#include <string.h>

enum { MAX_SUBSETS_OF = 6 /* cards: 63 sets */ };

static bool faster(const struct machine_gpu *a, const struct machine_gpu *b)
{
    double x = a->bandwidth_gb_s.source ? a->bandwidth_gb_s.v : 0;
    double y = b->bandwidth_gb_s.source ? b->bandwidth_gb_s.v : 0;
    return x != y ? x > y : a->memory_total_bytes.v > b->memory_total_bytes.v;
}

/* The usable cards, the fastest first; equal ones in the machine's order. */
static struct device_set all_cards(const struct machine *machine)
{
    struct device_set set = {0};
    for (size_t i = 0; i < machine->gpus.n && set.n < PLACE_MAX_DEVICES; i++) {
        const struct machine_gpu *gpu = &machine->gpus.v[i];
        if (!place_gpu_usable(gpu))
            continue;
        uint32_t at = set.n++;
        for (; at > 0 && faster(gpu, &machine->gpus.v[set.gpu[at - 1]]); at--)
            set.gpu[at] = set.gpu[at - 1];
        set.gpu[at] = (uint32_t)i;
    }
    return set;
}

static struct device_set prefix(const struct device_set *all, uint32_t n)
{
    struct device_set set = *all;
    set.n = n;
    return set;
}

static struct device_set subset(const struct device_set *all, unsigned mask)
{
    struct device_set set = {0};
    for (uint32_t i = 0; i < all->n; i++)
        if (mask >> i & 1)
            set.gpu[set.n++] = all->gpu[i];
    return set;
}

static bool alike(const struct machine_gpu *a, const struct machine_gpu *b)
{
    return a->bandwidth_gb_s.v == b->bandwidth_gb_s.v &&
           a->memory_total_bytes.v == b->memory_total_bytes.v &&
           a->memory_free_bytes.v == b->memory_free_bytes.v && a->display.v == b->display.v;
}

/* Of cards that are alike the first ones are taken: the other sets are the same. */
static bool repeats(const struct machine *machine, const struct device_set *all, unsigned mask)
{
    for (uint32_t i = 1; i < all->n; i++)
        if ((mask >> i & 1) && !(mask >> (i - 1) & 1) &&
            alike(&machine->gpus.v[all->gpu[i]], &machine->gpus.v[all->gpu[i - 1]]))
            return true;
    return false;
}

static bool same(const struct device_set *a, const struct device_set *b)
{
    return a->n == b->n && memcmp(a->gpu, b->gpu, a->n * sizeof(*a->gpu)) == 0;
}

static size_t add(struct device_set *out, size_t n, const struct device_set *set)
{
    for (size_t i = 0; i < n; i++)
        if (same(&out[i], set))
            return n;
    if (n < MAX_DEVICE_SETS)
        out[n++] = *set;
    return n;
}

/* All sets of so many cards that hold the model. */
static size_t sets_of(const struct machine *machine, const struct device_set *all, uint32_t size,
                      device_set_holds *holds, void *user, struct device_set *out, size_t n)
{
    for (unsigned mask = 1; mask < 1u << all->n; mask++) {
        struct device_set set = subset(all, mask);
        if (set.n == size && !repeats(machine, all, mask) && holds(&set, user))
            n = add(out, n, &set);
    }
    return n;
}

/* In the user's order. */
static size_t pinned_set(const struct machine *machine, const struct settings *pinned,
                         struct device_set *out)
{
    struct device_set set = {0};
    for (uint32_t d = 0; d < pinned->n_device; d++)
        for (size_t i = 0; i < machine->gpus.n; i++) {
            const struct fact_str *device = &machine->gpus.v[i].engine_device;
            if (device->source && strcmp(device->v, pinned->device[d]) == 0 &&
                set.n < PLACE_MAX_DEVICES)
                set.gpu[set.n++] = (uint32_t)i;
        }
    out[0] = set;
    return set.n == pinned->n_device; /* none where one of them is not here */
}

size_t device_sets(const struct machine *machine, const struct goal *goal, device_set_holds *holds,
                   void *user, struct device_set *out)
{
    if (settings_has(&goal->pinned, SET_DEVICE))
        return pinned_set(machine, &goal->pinned, out);
    struct device_set all = all_cards(machine);
    size_t n = 0;
    if (all.n == 0 || !goal->no_spill)
        out[n++] = (struct device_set){0};
    size_t before = n;
    for (uint32_t size = 1; size <= all.n && all.n <= MAX_SUBSETS_OF && n == before; size++)
        n = sets_of(machine, &all, size, holds, user, out, n);
    bool none = n == before, held = false;
    for (uint32_t size = 1; size <= all.n && !held; size++) {
        struct device_set fastest = prefix(&all, size);
        held = holds(&fastest, user);
        if (held || none)
            n = add(out, n, &fastest);
    }
    return n;
}
