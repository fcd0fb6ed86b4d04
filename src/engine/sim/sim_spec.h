/* ---- engine/sim/sim_spec.h: the devices to simulate, as TAILOR_SIM spells them.
 *
 *     TAILOR_SIM="DEVICE;DEVICE..."      DEVICE = FAMILY:GENERATION:TOTAL[:FREE[:DESCRIPTION]]
 *
 * FAMILY      cuda rocm vulkan metal sycl; with a number behind it that device of the family:
 *             "cuda1" is CUDA1, the next "cuda" CUDA2
 * GENERATION  cuda: compute capability, "8.9"; rocm: "gfx1100"; vulkan: whose driver, "nvidia",
 *             "amd", "intel" or "software"; metal: "m1" to "m5"; sycl: "xe".  With "/integrated"
 *             behind it the device shares the host's memory.
 * TOTAL FREE  MiB; FREE is TOTAL where it is left out or empty
 * DESCRIPTION what --list-devices shows; it may hold anything but ";"
 *
 * A device's name is the family's prefix and its number: CUDA0, ROCm0, Vulkan0, MTL0, SYCL0.
 * Pure, and free of everything but libc: this is linked into libtailor-sim.so. */
#ifndef ENGINE_SIM_SIM_SPEC_H
#define ENGINE_SIM_SIM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_family_id { SIM_CUDA, SIM_ROCM, SIM_VULKAN, SIM_METAL, SIM_SYCL, SIM_FAMILIES };

enum { SIM_MAX_DEVICES = 16, SIM_TEXT = 128 };

/* Whose Vulkan driver: the limits of a device are the driver's. */
enum sim_vulkan_driver { SIM_VK_NVIDIA, SIM_VK_AMD, SIM_VK_INTEL, SIM_VK_SOFTWARE };

struct sim_spec {
    enum sim_family_id family;
    int generation; /* cuda: 890; rocm: 0x1100; vulkan: enum sim_vulkan_driver; metal: 1 to 5 */
    bool integrated;
    unsigned number; /* within its family */
    uint64_t total_bytes, free_bytes;
    char name[SIM_TEXT], description[SIM_TEXT];
};

/* "cuda", as TAILOR_SIM spells it. */
const char *sim_family_name(enum sim_family_id id);

/* Fills list (of SIM_MAX_DEVICES) and *n.  On failure says why in `why` (of SIM_TEXT bytes) and
 * sets *n to 0: half a machine would be a wrong one. */
bool sim_spec_parse(const char *text, struct sim_spec *list, size_t *n, char *why);

#endif
