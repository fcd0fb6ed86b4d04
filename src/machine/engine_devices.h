/* ---- machine/engine_devices.h: the devices that the engine itself lists.
 *
 * The engine's answer is the only one that decides what it can use, and it is wrong in known ways;
 * machine_add.h checks it against what the machine's own traces say. */
#ifndef MACHINE_ENGINE_DEVICES_H
#define MACHINE_ENGINE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "machine/gpu_name.h"

struct engine_device {
    const char *name, *description;   /* "CUDA0", "NVIDIA GeForce RTX 4090" */
    uint64_t total_bytes, free_bytes; /* as told; total 0: not told */
    enum gpu_kind kind;               /* GGML's GPU: card, IGPU: shared */
    const char *pci_address;          /* "0000:01:00.0"; NULL: not told */
    const char *compute_capability;   /* "8.9", "gfx1100"; NULL: not told */
};

struct engine_devices {
    VEC(struct engine_device) list;
};

/* What `llama-server --list-devices` prints (v0.5.0: common/arg.cpp,
 * common_print_available_devices), with or without stderr in it, whose lines of the CUDA, ROCm and
 * Vulkan backends tell kind and compute capability.  "(none)" is an empty list; a text without a
 * list is an error. */
bool engine_devices_parse(struct arena *a, struct str text, struct engine_devices *out,
                          struct err *err);

/* A backend by the device names that it gives. */
struct engine_backend {
    const char *prefix;  /* of the device's name */
    const char *backend; /* "cuda" */
    const char *vendor;  /* whose cards it drives; NULL: anybody's */
};

/* NULL: no local GPU (RPC, BLAS, an accelerator that we do not plan for). */
const struct engine_backend *engine_backend_of(const char *device_name);

/* By backend: "cuda", in any case. */
const struct engine_backend *engine_backend_named(const char *backend);

/* "nvidia", "amd", "software"... from a description; NULL: nothing in it tells. */
const char *engine_device_vendor(const struct engine_device *device);

/* As the engine told it, else by the description. */
enum gpu_kind engine_device_kind(const struct engine_device *device);

#endif
