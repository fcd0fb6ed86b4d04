/* The device list of llama.cpp's programs. */
#include "machine/engine_devices.h"

#include "base/units.h"

static const struct engine_backend backends[] = {
    {"CUDA", "cuda", "nvidia"}, {"ROCm", "rocm", "amd"},    {"MUSA", "musa", "mthreads"},
    {"Vulkan", "vulkan", NULL}, {"MTL", "metal", "apple"},  {"Metal", "metal", "apple"},
    {"SYCL", "sycl", "intel"},  {"CANN", "cann", "huawei"}, {"GPUOpenCL", "opencl", NULL},
    {"WebGPU", "webgpu", NULL},
};

const struct engine_backend *engine_backend_of(const char *device_name)
{
    for (size_t i = 0; i < COUNT_OF(backends); i++)
        if (cstr_starts(device_name, backends[i].prefix))
            return &backends[i];
    return NULL;
}

const struct engine_backend *engine_backend_named(const char *backend)
{
    for (size_t i = 0; i < COUNT_OF(backends); i++)
        if (cstr_ieq(backends[i].backend, backend))
            return &backends[i];
    return NULL;
}

/* ---- the list ---- */

/* "24564 MiB" */
static bool mebibytes(struct str text, uint64_t *bytes)
{
    struct str number;
    unsigned long long mib;
    text = str_trim(text);
    if (!str_cut(&text, ' ', &number) || !str_u64(number, &mib) || !str_starts(text, "MiB"))
        return false;
    *bytes = units_mul(mib, MIB); /* a wrapped negative number becomes UINT64_MAX and is judged */
    return true;
}

/* "NAME: DESCRIPTION (TOTAL MiB, FREE MiB free)"; the description may have brackets of its own. */
static bool parse_device(struct arena *a, struct str line, struct engine_device *d)
{
    line = str_trim(line);
    const char *colon = NULL, *open = NULL;
    for (size_t i = 0; i + 1 < line.n; i++) {
        if (!colon && line.p[i] == ':' && line.p[i + 1] == ' ')
            colon = line.p + i;
        if (line.p[i] == '(')
            open = line.p + i;
    }
    if (!colon || !open || open < colon || !str_ends(line, " free)"))
        return false;
    struct str memory = {open + 1, (size_t)(line.p + line.n - open - 1)}, total;
    if (!str_cut(&memory, ',', &total) || !memory.p || !mebibytes(total, &d->total_bytes) ||
        !mebibytes(memory, &d->free_bytes))
        return false;
    d->name = str_dup(a, (struct str){line.p, (size_t)(colon - line.p)});
    d->description = str_dup(a, str_trim((struct str){colon + 1, (size_t)(open - colon - 1)}));
    return true;
}

/* ---- what backends print while they start ---- */

static struct engine_device *numbered(struct engine_devices *devices, const char *prefix,
                                      struct str number)
{
    for (size_t i = 0; i < devices->list.n; i++) {
        struct engine_device *d = &devices->list.v[i];
        if (cstr_starts(d->name, prefix) && str_eq(number, d->name + strlen(prefix)))
            return d;
    }
    return NULL;
}

static const char *find(struct str text, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; text.n >= n && i <= text.n - n; i++)
        if (memcmp(text.p + i, part, n) == 0)
            return text.p + i;
    return NULL;
}

/* The text after `part` up to one of `ends`. */
static struct str after(struct str text, const char *part, const char *ends)
{
    const char *at = find(text, part);
    if (!at)
        return (struct str){0};
    at += strlen(part);
    const char *p = at;
    while (p < text.p + text.n && !strchr(ends, *p))
        p++;
    return (struct str){at, (size_t)(p - at)};
}

/* "Device 0: AMD Radeon RX 6800, gfx1030 (0x1030), VMM: no, ..."
 * "Device 0: NVIDIA GeForce GTX 1060 6GB, compute capability 6.1, VMM: yes, ..."
 * "ggml_vulkan: 0 = Intel(R) Graphics (Intel open-source Mesa driver) | uma: 1 | ..." */
static void take_start_line(struct arena *a, struct engine_devices *devices, struct str line)
{
    line = str_trim(line);
    struct str number = after(line, "Device ", ":");
    struct str cuda = after(line, ", compute capability ", ", ");
    struct str rocm = after(line, ", gfx", ":, ");
    if (number.n && (cuda.n || rocm.n)) {
        struct engine_device *d = numbered(devices, cuda.n ? "CUDA" : "ROCm", number);
        if (d)
            d->compute_capability =
                cuda.n ? str_dup(a, cuda) : arena_printf(a, "gfx%s", str_dup(a, rocm));
    }
    struct str uma = after(line, "| uma: ", " ");
    struct engine_device *vulkan =
        uma.n ? numbered(devices, "Vulkan", after(line, "ggml_vulkan: ", " ")) : NULL;
    if (vulkan)
        vulkan->kind = str_eq(uma, "1") ? GPU_KIND_SHARED : GPU_KIND_CARD;
}

bool engine_devices_parse(struct arena *a, struct str text, struct engine_devices *out,
                          struct err *err)
{
    struct engine_devices devices = {0};
    struct str rest = text, line;
    bool inside = false;
    while (str_line(&rest, &line)) {
        struct engine_device d = {0};
        if (inside && !str_starts(line, "  "))
            break;
        if (inside && parse_device(a, line, &d))
            *VEC_PUSH(a, &devices.list) = d;
        inside |= str_starts(line, "Available devices:");
    }
    if (!inside) {
        err_set(err, ERR_ENGINE, "no list of devices in what the engine printed");
        return err_hint(err, "run it with --list-devices to see why");
    }
    while (str_line(&text, &line))
        take_start_line(a, &devices, line);
    *out = devices;
    return true;
}

/* ---- what a device is ---- */

const char *engine_device_vendor(const struct engine_device *device)
{
    const char *vendor = gpu_name_vendor(device->description);
    const struct engine_backend *backend = engine_backend_of(device->name);
    return vendor ? vendor : backend ? backend->vendor : NULL;
}

enum gpu_kind engine_device_kind(const struct engine_device *device)
{
    if (device->kind != GPU_KIND_UNKNOWN)
        return device->kind;
    return gpu_name_kind(engine_device_vendor(device), device->description);
}
