/* ---- machine/device_table.h: what is known of a device by its name. ---- */
#ifndef MACHINE_DEVICE_TABLE_H
#define MACHINE_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum device_class {
    DEVICE_CARD,   /* memory of its own */
    DEVICE_SHARED, /* graphics inside a CPU, on the host's memory */
    DEVICE_SOC,    /* CPU and GPU made as one, on one memory */
};

struct device {
    const char *name;
    const char *driver; /* how drivers call it, where that is another name; NULL */
    const char *vendor; /* "nvidia" */
    enum device_class class;
    const char *generation; /* compute capability "8.9", "gfx1100"; NULL: unknown */
    uint16_t memory_gb[5];  /* GiB; sizes it is sold with, 0 ends */
    double bandwidth_gb_s;  /* 10^9 bytes/s */
    double fp16_tflops;     /* dense; 0: unknown */
    const char *source;
};

/* By the name that a driver or an engine reports: "NVIDIA GeForce RTX 4090"; NULL: unknown. */
const struct device *device_of_driver(const char *name);

/* By the name that people use: "3090", "rtx 4060 ti", "M3 Max".  Of several the one that is sold
 * with so much memory (0: not said). */
const struct device *device_called(const char *name, uint32_t memory_gb);

/* The name of the most similar one, for "did you mean"; NULL: nothing is near. */
const char *device_near(struct arena *a, const char *name);

#endif
