/* Parts of names. */
#include "machine/gpu_name.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

static const struct {
    const char *part, *vendor;
} vendors[] = {
    /* rasterizers first: their names may hold a CPU vendor's */
    {"llvmpipe", "software"},
    {"SwiftShader", "software"},
    {"lavapipe", "software"},
    {"softpipe", "software"},
    {"Basic Render", "software"},
    {"NVIDIA", "nvidia"},
    {"GeForce", "nvidia"},
    {"Quadro", "nvidia"},
    {"Tesla", "nvidia"},
    {"AMD", "amd"},
    {"Radeon", "amd"},
    {"Intel", "intel"},
    {"Apple", "apple"},
    {"Adreno", "qualcomm"},
    {"Mali", "arm"},
    {"Immortalis", "arm"},
    {"V3D", "broadcom"},
    {"MTT ", "mthreads"},
    {"Ascend", "huawei"},
};

/* A NULL part stands for every name of the vendor. */
static const struct {
    const char *vendor, *part;
    enum gpu_kind kind;
} kinds[] = {
    {"software", NULL, GPU_KIND_SHARED},
    {"apple", NULL, GPU_KIND_SHARED},
    {"qualcomm", NULL, GPU_KIND_SHARED},
    {"arm", NULL, GPU_KIND_SHARED},
    {"broadcom", NULL, GPU_KIND_SHARED},
    {"nvidia", "GB10", GPU_KIND_SHARED},
    {"nvidia", "N1X", GPU_KIND_SHARED},
    {"nvidia", "Orin", GPU_KIND_SHARED},
    {"nvidia", "Thor", GPU_KIND_SHARED},
    {"nvidia", "Xavier", GPU_KIND_SHARED},
    {"nvidia", "Tegra", GPU_KIND_SHARED},
    {"nvidia", NULL, GPU_KIND_CARD},
    {"amd", "Radeon RX", GPU_KIND_CARD},
    {"amd", "Radeon PRO", GPU_KIND_CARD},
    {"amd", "Radeon Pro", GPU_KIND_CARD},
    {"amd", "Radeon AI PRO", GPU_KIND_CARD},
    {"amd", "Radeon VII", GPU_KIND_CARD},
    {"amd", "Instinct", GPU_KIND_CARD},
    {"amd", "Radeon Graphics", GPU_KIND_SHARED},
    {"amd", "Radeon(TM) Graphics", GPU_KIND_SHARED},
    /* "Arc A770", "Arc(TM) B580", "Arc Pro B60" are cards; "Arc 140T", "Arc(TM) Graphics", "UHD"
     * and "Iris Xe" are not, but DG1 calls itself Iris Xe too */
    {"intel", "Arc A", GPU_KIND_CARD},
    {"intel", "Arc B", GPU_KIND_CARD},
    {"intel", "Arc(TM) A", GPU_KIND_CARD},
    {"intel", "Arc(TM) B", GPU_KIND_CARD},
    {"intel", "Arc Pro", GPU_KIND_CARD},
    {"intel", "Arc(TM) Pro", GPU_KIND_CARD},
    {"intel", "DG1", GPU_KIND_CARD},
    {"intel", "Data Center", GPU_KIND_CARD},
    {"intel", NULL, GPU_KIND_SHARED},
};

const char *gpu_name_vendor(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(vendors); i++)
        if (strstr(name, vendors[i].part))
            return vendors[i].vendor;
    return NULL;
}

const char *gpu_vendor_title(const char *vendor)
{
    static const char *const titles[] = {"NVIDIA", "AMD", "Intel", "Apple", "Qualcomm", "Huawei"};
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (cstr_ieq(titles[i], vendor))
            return titles[i];
    return vendor;
}

/* "Radeon 780M", "Radeon 8060S": three or four digits and a letter. */
static bool is_radeon_number(const char *name)
{
    const char *at = strstr(name, "Radeon");
    at = at ? at + strlen("Radeon") : "";
    at += cstr_starts(at, "(TM)") ? strlen("(TM)") : 0;
    at += *at == ' ';
    size_t digits = strspn(at, "0123456789");
    return digits >= 3 && (at[digits] == 'M' || at[digits] == 'S');
}

/* The Arc B390 and B370 are graphics inside Panther Lake. */
static bool is_arc_inside(const char *name)
{
    return strstr(name, "B390") || strstr(name, "B370");
}

enum gpu_kind gpu_name_kind(const char *vendor, const char *name)
{
    if (!vendor || !name)
        return GPU_KIND_UNKNOWN;
    if (is_radeon_number(name) || is_arc_inside(name))
        return GPU_KIND_SHARED;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(vendor, kinds[i].vendor) == 0 && (!kinds[i].part || strstr(name, kinds[i].part)))
            return kinds[i].kind;
    return GPU_KIND_UNKNOWN;
}

/* The next word that counts, in lower case: no makers, no marks, nothing in brackets. */
static bool next_word(const char **p, char word[32])
{
    static const char *const noise[] = {"nvidia", "amd", "intel", "corporation"};
    for (;;) {
        while (**p && !isalnum((unsigned char)**p)) {
            const char *close = **p == '(' ? strchr(*p, ')') : NULL;
            *p = close ? close + 1 : *p + 1;
        }
        size_t n = 0;
        for (; isalnum((unsigned char)**p); (*p)++)
            if (n < 31)
                word[n++] = (char)tolower((unsigned char)**p);
        word[n] = '\0';
        bool counts = n > 0;
        for (size_t i = 0; i < COUNT_OF(noise); i++)
            counts &= strcmp(word, noise[i]) != 0;
        if (counts || n == 0)
            return counts;
    }
}

bool gpu_name_same(const char *a, const char *b)
{
    char word_a[32], word_b[32];
    bool more_a, more_b;
    do {
        more_a = next_word(&a, word_a);
        more_b = next_word(&b, word_b);
    } while (more_a && more_b && strcmp(word_a, word_b) == 0);
    return !more_a && !more_b;
}

const char *gpu_name_short(struct arena *a, const char *name)
{
    static const char *const makers[] = {
        "NVIDIA ", "GeForce ", "AMD ", "Advanced Micro Devices ", "Radeon ", "Intel ", "Intel(R) "};
    for (size_t i = 0; i < COUNT_OF(makers); i++)
        if (cstr_starts(name, makers[i]) && strpbrk(name, "0123456789"))
            name += strlen(makers[i]);
    const char *bracket = strstr(name, " (");
    return arena_strndup(a, name, bracket ? (size_t)(bracket - name) : strlen(name));
}
