/* GPUs on PCI and in /sys/class/drm, and what NVIDIA's driver says in /proc. */
#include "base/units.h"
#include "machine/pci.h"
#include "probe/probe_impl.h"

enum { PCI_IDS_MAX = 8 << 20, METRICS_MAX = 64 << 10 };

static const char pci_dir[] = "/sys/bus/pci/devices";
static const char drm_dir[] = "/sys/class/drm";
static const char nvidia_dir[] = "/proc/driver/nvidia/gpus";

/* PCI addresses are written in either case. */
static struct machine_gpu *gpu_at(struct probe_run *r, const char *address)
{
    for (size_t i = 0; i < r->m->gpus.n; i++)
        if (r->m->gpus.v[i].pci_address.source && cstr_ieq(r->m->gpus.v[i].pci_address.v, address))
            return &r->m->gpus.v[i];
    struct machine_gpu *gpu = VEC_PUSH(r->a, &r->m->gpus);
    *gpu = (struct machine_gpu){.index = r->m->gpus.n - 1};
    FACT_SET(&gpu->pci_address, address, "sysfs");
    return gpu;
}

/* ---- NVIDIA's driver ---- */

static const char *information(struct probe_run *r, const char *dir, const char *wanted)
{
    struct str text = probe_read(r, dir, "information"), line, key;
    while (str_line(&text, &line))
        if (str_cut(&line, ':', &key) && str_eq(str_trim(key), wanted) && str_trim(line).n)
            return str_dup(r->a, str_trim(line));
    return NULL;
}

void probe_gpu_nvidia(struct probe_run *r)
{
    struct fs_names gpus = fs_list(r->env->fs, r->a, nvidia_dir);
    for (size_t i = 0; i < gpus.n; i++) {
        const char *model = information(r, path_join(r->a, nvidia_dir, gpus.v[i]), "Model");
        struct machine_gpu *gpu = gpu_at(r, gpus.v[i]);
        FACT_FILL(&gpu->vendor, "nvidia", "NVIDIA driver");
        FACT_FILL(&gpu->driver, "nvidia", "NVIDIA driver");
        if (model)
            FACT_FILL(&gpu->name, model, "NVIDIA driver");
    }
}

/* ---- PCI and DRM ---- */

static struct pci_device read_device(struct probe_run *r, const char *dir)
{
    struct pci_device d = pci_parse_uevent(r->a, probe_read(r, dir, "uevent"));
    bool complete = d.class_code != 0; /* then a missing driver is none */
    struct {
        const char *name;
        uint32_t *slot;
    } files[] = {{"class", &d.class_code}, {"vendor", &d.vendor}, {"device", &d.device}};
    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (!*files[i].slot)
            pci_parse_hex(str_trim(probe_read(r, dir, files[i].name)), files[i].slot);
    if (!d.driver) {
        const char *link = fs_readlink(r->env->fs, r->a, path_join(r->a, dir, "driver"));
        d.driver = link ? path_base(link) : complete ? "none" : NULL;
    }
    return d;
}

/* Bytes of video memory, by the files of amdgpu, i915 and xe. */
static void take_memory(struct probe_run *r, struct machine_gpu *gpu, const char *dir)
{
    static const char *const totals[] = {"mem_info_vram_total", "lmem_total_bytes",
                                         "tile0/physical_vram_size_bytes"};
    const struct fs *fs = r->env->fs;
    uint64_t total, used;
    for (size_t i = 0; i < COUNT_OF(totals); i++)
        if (fs_read_u64(fs, r->a, path_join(r->a, dir, totals[i]), &total) && total)
            FACT_FILL(&gpu->memory_total_bytes, total, "sysfs");
    if (gpu->memory_total_bytes.source &&
        fs_read_u64(fs, r->a, path_join(r->a, dir, "mem_info_vram_used"), &used))
        FACT_FILL(&gpu->memory_free_bytes,
                  used < gpu->memory_total_bytes.v ? gpu->memory_total_bytes.v - used : 0, "sysfs");
}

/* Reading them wakes a sleeping card, which takes a second and drains a laptop's battery. */
static int metrics_revision(struct probe_run *r, const char *dir)
{
    struct str bytes = {0};
    struct err ignored = {0};
    if (str_eq(str_trim(probe_read(r, dir, "power/runtime_status")), "suspended"))
        return 0;
    fs_read(r->env->fs, r->a, path_join(r->a, dir, "gpu_metrics"), METRICS_MAX, &bytes, &ignored);
    return bytes.n >= 4 ? (unsigned char)bytes.p[2] : 0; /* size (2 bytes), format, content */
}

/* An APU's video memory is what the BIOS set aside; what the driver may map of the rest (GTT)
 * comes on top. */
static void add_gtt(struct probe_run *r, struct machine_gpu *gpu, const char *dir)
{
    uint64_t total, used = 0;
    if (!gpu->memory_total_bytes.source || gpu->carveout_total_bytes.source ||
        !fs_read_u64(r->env->fs, r->a, path_join(r->a, dir, "mem_info_gtt_total"), &total))
        return;
    fs_read_u64(r->env->fs, r->a, path_join(r->a, dir, "mem_info_gtt_used"), &used);
    gpu->carveout_total_bytes = gpu->memory_total_bytes;
    gpu->carveout_free_bytes = gpu->memory_free_bytes;
    FACT_SET(&gpu->memory_total_bytes, units_add(gpu->memory_total_bytes.v, total), "sysfs");
    if (gpu->memory_free_bytes.source)
        FACT_SET(&gpu->memory_free_bytes,
                 units_add(gpu->memory_free_bytes.v, used < total ? total - used : 0), "sysfs");
}

static void take_device(struct probe_run *r, const char *dir, const char *fallback_address)
{
    struct pci_device d = read_device(r, dir);
    const char *vendor = pci_gpu_vendor(d.vendor);
    const char *address = d.address ? d.address : fallback_address;
    if (!vendor || !address || !pci_is_display(d.class_code))
        return;
    if (fs_stat(r->env->fs, path_join(r->a, dir, "physfn")).kind == FS_DIR)
        return; /* a virtual function: a slice of a card that is listed itself */
    struct machine_gpu *gpu = gpu_at(r, address);
    FACT_FILL(&gpu->vendor, vendor, "PCI");
    FACT_FILL(&gpu->pci_id, arena_printf(r->a, "%04x:%04x", d.vendor, d.device), "PCI");
    if (d.driver)
        FACT_FILL(&gpu->driver, d.driver, "sysfs");
    const char *product = fs_read_word(r->env->fs, r->a, path_join(r->a, dir, "product_name"));
    if (product && *product)
        FACT_FILL(&gpu->name, product, "sysfs");
    take_memory(r, gpu, dir);
    struct gpu_traces traces = {
        .pci = &d,
        .name = gpu->name.source ? gpu->name.v : NULL,
        .gpu_metrics_revision = metrics_revision(r, dir),
        .memory_vendor =
            fs_stat(r->env->fs, path_join(r->a, dir, "mem_info_vram_vendor")).kind == FS_FILE,
    };
    struct fact_bool integrated = gpu_is_integrated(&traces);
    if (integrated.source)
        FACT_FILL(&gpu->integrated, integrated.v, integrated.source);
    if (gpu->integrated.source && gpu->integrated.v)
        add_gtt(r, gpu, dir);
}

/* "card0", not "card0-DP-1" or "renderD128". */
static bool is_card(const char *name)
{
    return cstr_starts(name, "card") && name[4] &&
           strspn(name + 4, "0123456789") == strlen(name + 4);
}

/* Does one of the card's connectors drive a screen? */
static void take_display(struct probe_run *r, struct machine_gpu *gpu, const char *card,
                         const struct fs_names *names)
{
    bool connectors = false, connected = false;
    const char *prefix = arena_printf(r->a, "%s-", path_base(card));
    /* connectors stand beside the card in the class, and below it in its own directory */
    struct fs_names below = fs_list(r->env->fs, r->a, card);
    const struct fs_names *lists[] = {names, &below};
    const char *dirs[] = {drm_dir, card};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (size_t k = 0; k < lists[i]->n; k++) {
            if (!cstr_starts(lists[i]->v[k], prefix))
                continue;
            struct str status =
                str_trim(probe_read(r, path_join(r->a, dirs[i], lists[i]->v[k]), "status"));
            connectors |= status.n > 0;
            connected |= str_eq(status, "connected");
        }
    if (connectors)
        FACT_FILL(&gpu->display, connected, "sysfs");
}

static void take_cards(struct probe_run *r)
{
    struct fs_names names = fs_list(r->env->fs, r->a, drm_dir);
    for (size_t i = 0; i < names.n; i++) {
        if (!is_card(names.v[i]))
            continue;
        const char *card = path_join(r->a, drm_dir, names.v[i]);
        const char *dir = path_join(r->a, card, "device");
        take_device(r, dir, NULL);
        struct pci_device d = read_device(r, dir);
        if (!d.address || !pci_gpu_vendor(d.vendor))
            continue;
        struct machine_gpu *gpu = gpu_at(r, d.address);
        take_memory(r, gpu, card); /* i915 writes it there */
        take_display(r, gpu, card, &names);
    }
}

void probe_gpu_pci(struct probe_run *r)
{
    struct fs_names devices = fs_list(r->env->fs, r->a, pci_dir);
    for (size_t i = 0; i < devices.n; i++)
        take_device(r, path_join(r->a, pci_dir, devices.v[i]), devices.v[i]);
    take_cards(r);
}

/* ---- what is still missing ---- */

static void name_by_pci_ids(struct probe_run *r, struct machine_gpu *gpu)
{
    static const char *const files[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"};
    struct str id = str_from(gpu->pci_id.v), vendor;
    uint32_t vendor_id, device_id;
    if (!str_cut(&id, ':', &vendor) || !pci_parse_hex(vendor, &vendor_id) ||
        !pci_parse_hex(id, &device_id))
        return;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct str text = {0};
        struct err ignored = {0};
        fs_read(r->env->fs, r->a, files[i], PCI_IDS_MAX, &text, &ignored);
        const char *name = pci_ids_name(r->a, text, vendor_id, device_id);
        if (name)
            FACT_FILL(&gpu->name, name, "pci.ids");
    }
}

void probe_gpu_finish(struct probe_run *r)
{
    for (size_t i = 0; i < r->m->gpus.n; i++) {
        struct machine_gpu *gpu = &r->m->gpus.v[i];
        if (!gpu->name.source && gpu->pci_id.source)
            name_by_pci_ids(r, gpu);
        const char *name = gpu->name.source ? gpu->name.v : gpu->pci_address.v;
        if (gpu->driver.source && strcmp(gpu->driver.v, "none") == 0)
            machine_note(r->m, r->a, "no driver is bound to the GPU %s: nothing can use it", name);
        else if (gpu->driver.source && strcmp(gpu->driver.v, "vfio-pci") == 0)
            machine_note(r->m, r->a, "the GPU %s is set aside for a virtual machine", name);
        else if (gpu->driver.source && strcmp(gpu->driver.v, "nouveau") == 0)
            machine_note(r->m, r->a, "the GPU %s runs with nouveau: CUDA needs NVIDIA's own driver",
                         name);
    }
    if (r->m->gpus.n == 0 && fs_stat(r->env->fs, "/dev/dxg").kind != FS_NONE)
        machine_note(r->m, r->a,
                     "Windows may share a GPU through /dev/dxg: the engine's own list "
                     "of devices shows it");
}
