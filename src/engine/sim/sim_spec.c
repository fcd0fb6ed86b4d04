/* Parsing TAILOR_SIM. */
#include "engine/sim/sim_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MIB = 1 << 30, FIELDS = 5, UNNUMBERED = 100 };

static const struct {
    const char *name, *prefix;
} families[SIM_FAMILIES] = {
    [SIM_CUDA] = {"cuda", "CUDA"},       [SIM_ROCM] = {"rocm", "ROCm"},
    [SIM_VULKAN] = {"vulkan", "Vulkan"}, [SIM_METAL] = {"metal", "MTL"},
    [SIM_SYCL] = {"sycl", "SYCL"},
};

/* Generations that have names. */
static const struct {
    enum sim_family_id family;
    const char *name;
    int value;
} generations[] = {
    {SIM_VULKAN, "nvidia", SIM_VK_NVIDIA},
    {SIM_VULKAN, "amd", SIM_VK_AMD},
    {SIM_VULKAN, "intel", SIM_VK_INTEL},
    {SIM_VULKAN, "software", SIM_VK_SOFTWARE},
    {SIM_METAL, "m1", 1},
    {SIM_METAL, "m2", 2},
    {SIM_METAL, "m3", 3},
    {SIM_METAL, "m4", 4},
    {SIM_METAL, "m5", 5},
    {SIM_SYCL, "xe", 0},
};

const char *sim_family_name(enum sim_family_id id)
{
    return families[id].name;
}

/* "cuda", "cuda1"; a family without a number leaves *number alone. */
static bool find_family(const char *text, enum sim_family_id *out, unsigned *number)
{
    size_t letters = strcspn(text, "0123456789"), digits = strlen(text + letters);
    for (int i = 0; i < SIM_FAMILIES; i++)
        if (strlen(families[i].name) == letters && strncmp(text, families[i].name, letters) == 0) {
            *out = (enum sim_family_id)i;
            if (digits)
                *number = (unsigned)strtoul(text + letters, NULL, 10);
            return digits <= 2 && strspn(text + letters, "0123456789") == digits;
        }
    return false;
}

/* "8.9" -> 890, as CUDA counts; "12.0" -> 1200. */
static bool compute_capability(const char *text, int *out)
{
    int major = 0, minor = 0, end = 0;
    /* NOLINTNEXTLINE: the widths bound it */
    if (sscanf(text, "%2d.%1d%n", &major, &minor, &end) != 2 || text[end] || major < 5 || minor < 0)
        return false;
    *out = 100 * major + 10 * minor;
    return true;
}

/* "gfx90a" -> 0x90a */
static bool gfx(const char *text, int *out)
{
    char *end;
    if (strncmp(text, "gfx", 3) != 0 || strspn(text + 3, "0123456789abcdef") < 3)
        return false;
    long v = strtol(text + 3, &end, 16);
    if (*end || v < 0x700 || v > 0x2000)
        return false;
    *out = (int)v;
    return true;
}

static bool find_generation(struct sim_spec *d, char *text)
{
    static const char shared[] = "/integrated";
    size_t n = strlen(text), tail = strlen(shared);
    if (n >= tail && strcmp(text + n - tail, shared) == 0) {
        d->integrated = true;
        text[n - tail] = '\0';
    }
    if (d->family == SIM_CUDA)
        return compute_capability(text, &d->generation);
    if (d->family == SIM_ROCM)
        return gfx(text, &d->generation);
    for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]); i++)
        if (generations[i].family == d->family && strcmp(generations[i].name, text) == 0) {
            d->generation = generations[i].value;
            return true;
        }
    return false;
}

static bool mib(const char *text, uint64_t *out)
{
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    unsigned long long v = strtoull(text, NULL, 10);
    if (errno || v == 0 || v > MAX_MIB)
        return false;
    *out = (uint64_t)v << 20;
    return true;
}

/* Cuts at the first four colons; what is left is the description. */
static size_t cut_fields(char *text, char *field[FIELDS])
{
    size_t n = 0;
    while (n < FIELDS) {
        field[n++] = text;
        char *colon = n < FIELDS ? strchr(text, ':') : NULL;
        if (!colon)
            break;
        *colon = '\0';
        text = colon + 1;
    }
    return n;
}

static bool parse_device(char *text, struct sim_spec *d, char *why)
{
    char *field[FIELDS];
    size_t n = cut_fields(text, field);
    *d = (struct sim_spec){.number = UNNUMBERED};
    if (n < 3)
        snprintf(why, SIM_TEXT, "\"%.40s\" is not FAMILY:GENERATION:MIB", field[0]);
    else if (!find_family(field[0], &d->family, &d->number))
        snprintf(why, SIM_TEXT, "no family \"%.40s\"; there are cuda rocm vulkan metal sycl",
                 field[0]);
    else if (!find_generation(d, field[1]))
        snprintf(why, SIM_TEXT, "%s has no generation \"%.40s\"", families[d->family].name,
                 field[1]);
    else if (!mib(field[2], &d->total_bytes))
        snprintf(why, SIM_TEXT, "\"%.40s\" is not a size in MiB", field[2]);
    else if (n > 3 && *field[3] && !mib(field[3], &d->free_bytes))
        snprintf(why, SIM_TEXT, "\"%.40s\" is not a size in MiB", field[3]);
    else if (n > 3 && d->free_bytes > d->total_bytes)
        snprintf(why, SIM_TEXT, "%.20s MiB free of %.20s", field[3], field[2]);
    else {
        if (!d->free_bytes)
            d->free_bytes = d->total_bytes;
        snprintf(d->description, SIM_TEXT, "%.100s", n > 4 && *field[4] ? field[4] : "");
        return true;
    }
    return false;
}

/* "CUDA1": the number it has, or the next one of its family.  False: another has it. */
static bool name_device(struct sim_spec *list, size_t i)
{
    struct sim_spec *d = &list[i];
    unsigned next = 0;
    for (size_t k = 0; k < i; k++) {
        if (list[k].family != d->family)
            continue;
        if (list[k].number == d->number)
            return false;
        if (list[k].number >= next)
            next = list[k].number + 1;
    }
    if (d->number == UNNUMBERED)
        d->number = next;
    snprintf(d->name, SIM_TEXT, "%s%u", families[d->family].prefix, d->number);
    if (!*d->description)
        snprintf(d->description, SIM_TEXT, "simulated %s device", families[d->family].name);
    return true;
}

bool sim_spec_parse(const char *text, struct sim_spec *list, size_t *n, char *why)
{
    size_t count = 0;
    *n = 0;
    while (*text) {
        char device[2 * SIM_TEXT];
        size_t length = strcspn(text, ";");
        if (count == SIM_MAX_DEVICES || length >= sizeof(device)) {
            snprintf(why, SIM_TEXT, "more than %d devices, or one of more than %zu bytes",
                     SIM_MAX_DEVICES, sizeof(device) - 1);
            return false;
        }
        memcpy(device, text, length);
        device[length] = '\0';
        text += length;
        text += *text == ';';
        if (!length)
            continue;
        if (!parse_device(device, &list[count], why))
            return false;
        if (!name_device(list, count++)) {
            snprintf(why, SIM_TEXT, "two devices %s%u", families[list[count - 1].family].prefix,
                     list[count - 1].number);
            return false;
        }
    }
    *n = count;
    return true;
}
