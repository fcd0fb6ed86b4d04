/* The grammar, and what follows from a device's row. */
#include "machine/machine_described.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/units.h"
#include "machine/device_table.h"
#include "machine/gpu_name.h"
#include "machine/machine_derive.h"

const char fact_described[] = "described";

enum { MAX_GPUS = 16, MAX_GB = 1 << 20 };

/* ---- words ---- */

/* The unit at the end of the text, or 0 characters. */
static size_t unit_length(struct str s)
{
    static const char *const units[] = {"gib", "gb", "g"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t n = strlen(units[i]), same = 0;
        while (same < n && s.n > n && tolower((unsigned char)s.p[s.n - n + same]) == units[i][same])
            same++;
        if (same == n)
            return n;
    }
    return 0;
}

/* "12GB", "12 GiB", "12g": cut off the end of the text. */
static bool cut_size(struct str *text, uint32_t *gb)
{
    struct str s = str_trim(*text);
    size_t unit = unit_length(s), digits = 0;
    unsigned long long v;
    if (!unit)
        return false;
    s = str_trim((struct str){s.p, s.n - unit});
    while (digits < s.n && isdigit((unsigned char)s.p[s.n - 1 - digits]))
        digits++;
    bool of_a_name = digits < s.n && isalpha((unsigned char)s.p[s.n - 1 - digits]);
    if (of_a_name || !str_u64((struct str){s.p + s.n - digits, digits}, &v) || !v || v > MAX_GB)
        return false;
    *gb = (uint32_t)v;
    *text = str_trim((struct str){s.p, s.n - digits});
    return true;
}

/* "2x " or "2 x " before a name. */
static uint32_t cut_count(struct str *text)
{
    struct str s = *text;
    size_t digits = 0;
    unsigned long long n;
    while (digits < s.n && isdigit((unsigned char)s.p[digits]))
        digits++;
    struct str rest = str_trim((struct str){s.p + digits, s.n - digits});
    bool times =
        rest.n > 1 && tolower((unsigned char)rest.p[0]) == 'x' && isspace((unsigned char)rest.p[1]);
    if (!times || !str_u64((struct str){s.p, digits}, &n) || n == 0)
        return 1;
    *text = str_trim((struct str){rest.p + 1, rest.n - 1});
    return n > MAX_GPUS ? MAX_GPUS + 1 : (uint32_t)n;
}

/* ---- a GPU ---- */

/* What a GPU may use of memory that it shares.  Apple: the default working set limit; amdgpu and
 * i915: half of the RAM; NVIDIA's: all. */
static uint64_t shared_bytes(const char *vendor, uint64_t ram)
{
    if (strcmp(vendor, "apple") == 0)
        return ram <= 36 * GIB ? ram / 3 * 2 : ram / 4 * 3;
    return strcmp(vendor, "nvidia") == 0 ? ram : ram / 2;
}

struct gpu_words {
    const char *name;
    uint32_t count, gb; /* gb: 0 was not said */
    const struct device *device;
    const char *vendor;
};

static bool read_gpu(struct arena *a, struct str part, struct gpu_words *out, struct err *err)
{
    *out = (struct gpu_words){0};
    struct str text = str_trim(part);
    cut_size(&text, &out->gb);
    out->count = cut_count(&text);
    out->name = str_dup(a, text);
    if (text.n == 0)
        return err_set(err, ERR_USAGE, "\"%s\" names no GPU", str_dup(a, part));
    out->device = device_called(out->name, out->gb);
    out->vendor = out->device ? out->device->vendor : gpu_name_vendor(out->name);
    if (out->device || (out->vendor && out->gb))
        return true;
    err_set(err, ERR_USAGE, "the GPU \"%s\" is not known", out->name);
    const char *near = device_near(a, out->name);
    return near ? err_hint(err,
                           "did you mean %s? For others say maker and memory: \"NVIDIA X 24GB\"",
                           near)
                : err_hint(err, "say maker and memory: \"NVIDIA X 24GB\"");
}

static void add_gpu(struct arena *a, struct machine *m, const struct gpu_words *w)
{
    const struct device *d = w->device;
    bool shared =
        d ? d->class != DEVICE_CARD : gpu_name_kind(w->vendor, w->name) == GPU_KIND_SHARED;
    uint64_t bytes = w->gb ? w->gb * GIB : d ? d->memory_gb[0] * GIB : 0;
    if (shared)
        bytes = shared_bytes(w->vendor, m->memory.total_bytes.v);
    struct machine_gpu *g = VEC_PUSH(a, &m->gpus);
    *g = (struct machine_gpu){.index = m->gpus.n - 1};
    FACT_SET(&g->name, d ? d->name : w->name, fact_described);
    FACT_SET(&g->vendor, w->vendor, fact_described);
    FACT_SET(&g->integrated, shared, fact_described);
    FACT_SET(&g->memory_total_bytes, bytes, fact_described);
    FACT_SET(&g->memory_free_bytes, bytes, fact_described);
    if (d && d->bandwidth_gb_s > 0)
        FACT_SET(&g->bandwidth_gb_s, d->bandwidth_gb_s, "device table");
    if (d && d->generation)
        FACT_SET(&g->compute_capability, d->generation, "device table");
    if (shared && d && d->bandwidth_gb_s > 0)
        FACT_FILL(&m->memory.bandwidth_gb_s, d->bandwidth_gb_s, "device table");
}

static bool add_gpus(struct arena *a, struct machine *m, struct str text, struct err *err)
{
    struct str part;
    while (str_cut(&text, '+', &part)) {
        struct gpu_words w;
        if (!read_gpu(a, part, &w, err))
            return false;
        if (m->gpus.n + w.count > MAX_GPUS) {
            err_set(err, ERR_USAGE, "more than %d GPUs", MAX_GPUS);
            return err_hint(err, "llama.cpp drives %d at most: describe a part of them", MAX_GPUS);
        }
        for (uint32_t i = 0; i < w.count; i++)
            add_gpu(a, m, &w);
    }
    return true;
}

/* ---- the whole ---- */

/* "M3 Max 64GB": of what has one memory, the GPU's size is the RAM's. */
static bool one_memory(struct arena *a, struct str gpus, uint32_t *gb)
{
    struct err ignored = {0};
    struct gpu_words w;
    if (!read_gpu(a, gpus, &w, &ignored) || !w.gb || !w.device || w.device->class == DEVICE_CARD)
        return false;
    *gb = w.gb;
    return true;
}

/* "64GB", "64 GiB RAM" */
static bool is_ram(struct str part, uint32_t *gb)
{
    struct str text = str_trim(part);
    if (str_ends(text, " RAM") || str_ends(text, " ram"))
        text.n -= strlen(" RAM");
    return cut_size(&text, gb) && text.n == 0;
}

/* "0.5GB", "-5GB": a size that is none. */
static bool is_bad_size(struct str part)
{
    struct str text = str_trim(part);
    size_t unit = unit_length(text), n = 0;
    while (n < text.n - unit && strchr("0123456789.+- ", text.p[n]))
        n++;
    return unit && n == text.n - unit;
}

/* "nvidia_rtx_4090_24gb" */
static bool is_profile_id(const char *text)
{
    return strchr(text, '_') && !strpbrk(text, " ,+");
}

static bool no_size_of_ram(struct arena *a, struct str part, struct err *err)
{
    err_set(err, ERR_USAGE, "\"%s\" is no size of RAM", str_dup(a, str_trim(part)));
    return err_hint(err, "write it as 64GB, after the GPUs");
}

/* "64GB, RTX 4090": the GPU stands where the CPU does. */
static bool check_cpu(struct arena *a, struct str text, struct err *err)
{
    struct str part;
    while (str_cut(&text, ',', &part)) {
        uint32_t gb = 0;
        struct str name = str_trim(part);
        cut_size(&name, &gb);
        cut_count(&name);
        const struct device *d = device_called(str_dup(a, name), gb);
        if (d && d->class == DEVICE_CARD) {
            err_set(err, ERR_USAGE, "\"%s\" is a GPU, not a CPU", str_dup(a, str_trim(part)));
            return err_hint(err, "GPUs stand before the RAM: \"%s, 64GB\"", d->name);
        }
    }
    return true;
}

bool machine_describe(struct arena *a, const char *text, struct machine *out, struct err *err)
{
    struct str rest = str_from(text), first, ram = {0}, cpu = {0};
    uint32_t gb = 0;
    *out = (struct machine){0};
    str_cut(&rest, ',', &first);
    bool has_gpus = !is_ram(first, &gb);
    if (is_profile_id(text)) {
        err_set(err, ERR_USAGE, "hardware profiles such as \"%s\" are not there yet", text);
        return err_hint(err, "describe it, for example \"2x RTX 3090, 64GB\"");
    }
    if (has_gpus && is_bad_size(first))
        return no_size_of_ram(a, first, err);
    if (has_gpus && str_cut(&rest, ',', &ram) && !is_ram(ram, &gb))
        return no_size_of_ram(a, ram, err);
    if (!gb && !one_memory(a, first, &gb)) {
        err_set(err, ERR_USAGE, "the description \"%s\" does not say how much RAM there is", text);
        return err_hint(err, "for example \"2x RTX 3090, 64GB\"");
    }
    cpu = str_trim(rest);
    if (!check_cpu(a, cpu, err))
        return false;
    FACT_SET(&out->memory.total_bytes, gb * GIB, fact_described);
    FACT_SET(&out->memory.available_bytes, gb * GIB, fact_described);
    if (cpu.n)
        FACT_SET(&out->cpu.model, str_dup(a, cpu), fact_described);
    if (has_gpus && !add_gpus(a, out, first, err))
        return false;
    machine_derive_pools(a, out);
    machine_derive_names(a, out);
    machine_assume_devices(a, out);
    return true;
}
