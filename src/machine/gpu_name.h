/* ---- machine/gpu_name.h: what a GPU's name tells, where nothing better does. ---- */
#ifndef MACHINE_GPU_NAME_H
#define MACHINE_GPU_NAME_H

#include <stdbool.h>

#include "base/arena.h"

enum gpu_kind {
    GPU_KIND_UNKNOWN,
    GPU_KIND_CARD,   /* memory of its own */
    GPU_KIND_SHARED, /* uses the host's memory */
};

/* "nvidia", "amd", "intel", "apple"..., "software" for rasterizers on the CPU; NULL: unknown. */
const char *gpu_name_vendor(const char *name);

/* "AMD" for "amd": as makers write themselves. */
const char *gpu_vendor_title(const char *vendor);

enum gpu_kind gpu_name_kind(const char *vendor, const char *name);

/* Do two sources mean the same product?  "NVIDIA GeForce RTX 4090" and "GeForce RTX 4090" do;
 * "RTX 4090" and "RTX 4090 Laptop GPU" do not. */
bool gpu_name_same(const char *a, const char *b);

/* "RTX 4090" for a line on the screen. */
const char *gpu_name_short(struct arena *a, const char *name);

#endif
