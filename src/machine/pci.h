/* ---- machine/pci.h: what sysfs says about a PCI device, and which devices are GPUs for us. ----
 */
#ifndef MACHINE_PCI_H
#define MACHINE_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"
#include "base/str.h"

struct pci_device {
    uint32_t class_code;     /* 0x030000; 0: not told */
    uint32_t vendor, device; /* 0x10de, 0x2684 */
    const char *address;     /* "0000:01:00.0"; NULL: not told */
    const char *driver;      /* kernel driver; NULL: not told */
};

/* "0x10de" or "10de"; false for anything else. */
bool pci_parse_hex(struct str s, uint32_t *out);
/* The device's uevent file. */
struct pci_device pci_parse_uevent(struct arena *a, struct str uevent);

/* The vendor as machine.h spells it; NULL: none whose GPUs llama.cpp can use (a server's BMC, a
 * virtual display). */
const char *pci_gpu_vendor(uint32_t vendor);
/* Display controllers: VGA, 3D (cards without an output), other. */
bool pci_is_display(uint32_t class_code);

/* "NVIDIA GeForce RTX 4090" out of the text of pci.ids; NULL: not listed. */
const char *pci_ids_name(struct arena *a, struct str pci_ids, uint32_t vendor, uint32_t device);

struct gpu_traces {
    const struct pci_device *pci;
    const char *name;         /* NULL: unknown */
    int gpu_metrics_revision; /* amdgpu: third byte of gpu_metrics; 0: not there */
    bool memory_vendor;       /* amdgpu: mem_info_vram_vendor is there */
};

/* Does the GPU share the host's memory?  A fact without a source where nothing tells. */
struct fact_bool gpu_is_integrated(const struct gpu_traces *t);

#endif
