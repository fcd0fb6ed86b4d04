/* Facts of a GPU as the fields of TAILOR_SIM. */
#include "engine/sim_env.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/units.h"

/* Empty, each hides what its backend would find here, so that no name comes twice. */
static const char *const hidden[] = {"GGML_VK_VISIBLE_DEVICES=", "CUDA_VISIBLE_DEVICES=",
                                     "HIP_VISIBLE_DEVICES=", "ROCR_VISIBLE_DEVICES="};

/* ---- generations ---- */

static bool known(struct fact_str f)
{
    return f.source && *f.v;
}

/* Without a compute capability: the oldest that computes as today's cards do. */
static const char *cuda_generation(struct arena *a, const struct machine_gpu *gpu)
{
    (void)a;
    return known(gpu->compute_capability) ? gpu->compute_capability.v : "7.5";
}

static const char *rocm_generation(struct arena *a, const struct machine_gpu *gpu)
{
    (void)a;
    return known(gpu->compute_capability) ? gpu->compute_capability.v : "gfx1100";
}

static const char *vulkan_generation(struct arena *a, const struct machine_gpu *gpu)
{
    static const char *const drivers[] = {"nvidia", "amd", "intel", "software"};
    (void)a;
    for (size_t i = 0; known(gpu->vendor) && i < COUNT_OF(drivers); i++)
        if (strcmp(gpu->vendor.v, drivers[i]) == 0)
            return drivers[i];
    return "nvidia";
}

/* "Apple M3 Max" */
static const char *metal_generation(struct arena *a, const struct machine_gpu *gpu)
{
    const char *m = known(gpu->name) ? strstr(gpu->name.v, "Apple M") : NULL;
    char digit = m ? m[strlen("Apple M")] : '1';
    return arena_printf(a, "m%c", digit >= '1' && digit <= '5' ? digit : '1');
}

static const char *sycl_generation(struct arena *a, const struct machine_gpu *gpu)
{
    (void)a;
    (void)gpu;
    return "xe";
}

/* What an engine calls a family's devices, and what TAILOR_SIM calls the family. */
static const struct sim_name {
    const char *prefix, *family;
    const char *(*generation)(struct arena *a, const struct machine_gpu *gpu);
} names[] = {
    {"CUDA", "cuda", cuda_generation},       {"ROCm", "rocm", rocm_generation},
    {"Vulkan", "vulkan", vulkan_generation}, {"MTL", "metal", metal_generation},
    {"SYCL", "sycl", sycl_generation},
};

static const struct sim_name *name_of(const char *device)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t n = strlen(names[i].prefix);
        if (strncmp(device, names[i].prefix, n) == 0 && isdigit((unsigned char)device[n]))
            return &names[i];
    }
    return NULL;
}

/* ---- devices ---- */

static void add_gpu(struct arena *a, const struct machine_gpu *gpu, const struct sim_name *name,
                    struct strbuf *text)
{
    uint64_t total = gpu->memory_total_bytes.v, free_bytes = total;
    if (gpu->memory_free_bytes.source && gpu->memory_free_bytes.v < total)
        free_bytes = gpu->memory_free_bytes.v;
    if (text->len)
        strbuf_adds(text, ";");
    strbuf_addf(text, "%s%s:%s%s:%llu:%llu", name->family,
                gpu->engine_device.v + strlen(name->prefix), name->generation(a, gpu),
                gpu->integrated.source && gpu->integrated.v ? "/integrated" : "",
                (unsigned long long)(total / MIB),
                (unsigned long long)(free_bytes >= MIB ? free_bytes / MIB : 1));
    if (known(gpu->name) && !strchr(gpu->name.v, ';'))
        strbuf_addf(text, ":%s", gpu->name.v);
}

const char *sim_env_devices(struct arena *a, const struct machine *m)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < m->gpus.n; i++) {
        const struct machine_gpu *gpu = &m->gpus.v[i];
        const struct sim_name *name =
            known(gpu->engine_device) ? name_of(gpu->engine_device.v) : NULL;
        if (name && gpu->memory_total_bytes.source && gpu->memory_total_bytes.v >= MIB)
            add_gpu(a, gpu, name, &text);
    }
    return strbuf_take(&text, a);
}

const char *const *sim_env(struct arena *a, const struct machine *m, const char *library)
{
    const char *devices = sim_env_devices(a, m);
    const char **env = arena_array(a, COUNT_OF(hidden) + 3, sizeof(*env));
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        env[n++] = hidden[i];
    if (*devices) {
        env[n++] = arena_printf(a, "TAILOR_SIM=%s", devices);
        env[n++] = arena_printf(a, "GGML_BACKEND_PATH=%s", library);
    }
    env[n] = NULL;
    return env;
}
