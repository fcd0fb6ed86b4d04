/* PCI ids and the rules that hang on them. */
#include "machine/pci.h"

#include "machine/gpu_name.h"

static const struct {
    uint32_t id;
    const char *vendor, *name;
} vendors[] = {
    {0x10de, "nvidia", "NVIDIA"},
    {0x1002, "amd", "AMD"},
    {0x8086, "intel", "Intel"},
    {0x1ed5, "mthreads", "Moore Threads"},
};

const char *pci_gpu_vendor(uint32_t vendor)
{
    for (size_t i = 0; i < COUNT_OF(vendors); i++)
        if (vendors[i].id == vendor)
            return vendors[i].vendor;
    return NULL;
}

bool pci_is_display(uint32_t class_code)
{
    return class_code >> 16 == 0x03;
}

bool pci_parse_hex(struct str s, uint32_t *out)
{
    enum { MOST_DIGITS = 8 };
    uint32_t v = 0;
    if (str_starts(s, "0x")) {
        s.p += 2;
        s.n -= 2;
    }
    if (s.n == 0 || s.n > MOST_DIGITS)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = s.p[i] ? strchr(digits, s.p[i]) : NULL;
        if (!digit)
            return false;
        unsigned d = (unsigned)(digit - digits);
        v = v << 4 | (d < 16 ? d : d - 6);
    }
    *out = v;
    return true;
}

struct pci_device pci_parse_uevent(struct arena *a, struct str uevent)
{
    struct pci_device d = {0};
    struct str line, key;
    while (str_line(&uevent, &line)) {
        if (!str_cut(&line, '=', &key) || !line.n)
            continue;
        struct str vendor;
        if (str_eq(key, "DRIVER"))
            d.driver = str_dup(a, line);
        else if (str_eq(key, "PCI_SLOT_NAME"))
            d.address = str_dup(a, line);
        else if (str_eq(key, "PCI_CLASS"))
            pci_parse_hex(line, &d.class_code);
        else if (str_eq(key, "PCI_ID") && str_cut(&line, ':', &vendor) &&
                 pci_parse_hex(vendor, &d.vendor))
            pci_parse_hex(line, &d.device);
    }
    return d;
}

/* "AD102 [GeForce RTX 4090]": the name in brackets is what people bought. */
static const char *bought_name(struct arena *a, struct str entry, uint32_t vendor)
{
    const char *maker = "";
    for (size_t i = 0; i < COUNT_OF(vendors); i++)
        if (vendors[i].id == vendor)
            maker = vendors[i].name;
    const char *open = memchr(entry.p, '[', entry.n);
    const char *close = open ? memchr(open, ']', (size_t)(entry.p + entry.n - open)) : NULL;
    if (close)
        entry = (struct str){open + 1, (size_t)(close - open - 1)};
    return arena_printf(a, "%s %s", maker, str_dup(a, entry));
}

/* Vendors begin in the first column, their devices after one tab, subsystems after two. */
const char *pci_ids_name(struct arena *a, struct str pci_ids, uint32_t vendor, uint32_t device)
{
    enum { DIGITS = 4 };
    bool ours = false;
    struct str line;
    while (str_line(&pci_ids, &line)) {
        uint32_t id;
        bool is_device = line.n && line.p[0] == '\t';
        if (is_device) {
            line.p++;
            line.n--;
        }
        bool has_id = line.n > DIGITS && pci_parse_hex((struct str){line.p, DIGITS}, &id);
        if (!is_device)
            ours = has_id ? id == vendor : ours && (line.n == 0 || line.p[0] == '#');
        else if (has_id && ours && id == device)
            return bought_name(a, str_trim((struct str){line.p + DIGITS, line.n - DIGITS}), vendor);
    }
    return NULL;
}

/* amdgpu's gpu_metrics begin with size and format revision: 1 for cards, 2 and 3 for APUs (kernel:
 * drivers/gpu/drm/amd/include/kgd_pp_interface.h).  The memory's maker is told for cards only
 * (amdgpu_vram_mgr.c). */
static struct fact_bool amd_is_integrated(const struct gpu_traces *t)
{
    if (t->gpu_metrics_revision)
        return (struct fact_bool){t->gpu_metrics_revision >= 2, "amdgpu gpu_metrics"};
    if (t->memory_vendor)
        return (struct fact_bool){false, "amdgpu"};
    return (struct fact_bool){0};
}

struct fact_bool gpu_is_integrated(const struct gpu_traces *t)
{
    const char *vendor = pci_gpu_vendor(t->pci->vendor);
    if (!vendor)
        return (struct fact_bool){0};
    if (strcmp(vendor, "amd") == 0)
        return amd_is_integrated(t);
    /* Intel's own graphics sit on the root bus, its cards behind a bridge; DG1 is a card though it
     * is called Iris Xe */
    if (strcmp(vendor, "intel") == 0 && t->pci->address)
        return (struct fact_bool){cstr_starts(t->pci->address, "0000:00:"), "PCI address"};
    enum gpu_kind kind = t->name ? gpu_name_kind(vendor, t->name) : GPU_KIND_UNKNOWN;
    return (struct fact_bool){kind == GPU_KIND_SHARED, kind != GPU_KIND_UNKNOWN ? "name" : NULL};
}
