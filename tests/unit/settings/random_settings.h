/* ---- tests/unit/settings/random_settings.h: settings by chance, for property tests. ---- */
#ifndef TESTS_UNIT_SETTINGS_RANDOM_SETTINGS_H
#define TESTS_UNIT_SETTINGS_RANDOM_SETTINGS_H

#include "settings/settings.h"

static inline uint32_t random_below(uint64_t *seed, uint32_t n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 11) % n;
}

/* About half of the fields, with values that llama-server takes on a machine with no device. */
static inline struct settings random_settings(uint64_t *seed)
{
    static const uint32_t kv_types[] = {0, 1, 30, 8, 2, 3, 20, 6, 7};
    static const char *const overrides[] = {"exps=CPU", "blk\\.(1|2)\\.ffn=CPU,output=CPU",
                                            "a b=CPU"};
    struct settings s = {0};
    s.given = random_below(seed, 1u << SET_COUNT);
    s.n_gpu_layers = (int32_t)random_below(seed, 103) - 2; /* NGL_ALL is -2 */
    s.ctx_size = random_below(seed, 1u << 20);
    s.parallel = random_below(seed, 64);
    s.kv_unified = random_below(seed, 2);
    s.batch_size = 1 + random_below(seed, 8192);
    s.ubatch_size = random_below(seed, 8192);
    s.threads = random_below(seed, 256);
    s.threads_batch = random_below(seed, 256);
    s.flash_attn = (enum flash_attn)random_below(seed, 3);
    s.cache_type_k = kv_types[random_below(seed, COUNT_OF(kv_types))];
    s.cache_type_v = kv_types[random_below(seed, COUNT_OF(kv_types))];
    s.split_mode = (enum split_mode)random_below(seed, 4);
    s.n_tensor_split = 1 + random_below(seed, SETTINGS_MAX_DEVICES - 1);
    for (uint32_t i = 0; i < s.n_tensor_split; i++)
        s.tensor_split[i] = (float)random_below(seed, 1u << 20) / 1024.0f / 3.0f;
    s.main_gpu = random_below(seed, 16);
    s.n_cpu_moe = random_below(seed, 8) ? random_below(seed, 200) : N_CPU_MOE_ALL;
    s.override_tensor = overrides[random_below(seed, COUNT_OF(overrides))];
    s.load_mode = (enum load_mode)random_below(seed, 6);
    s.cache_ram_mib = (int32_t)random_below(seed, 1u << 17) - 1;
    s.numa = (enum numa_mode)random_below(seed, 4);
    s.swa_full = random_below(seed, 2);
    s.kv_offload = random_below(seed, 2);
    s.op_offload = random_below(seed, 2);
    s.repack = random_below(seed, 2);
    s.fit = random_below(seed, 2);
    return s;
}

/* Values that a command line says by leaving the option out come back as not given. */
static inline struct settings without_unsaid(struct settings s)
{
    if (!s.kv_unified)
        s.given &= ~((uint64_t)1 << SET_KV_UNIFIED);
    if (!s.swa_full)
        s.given &= ~((uint64_t)1 << SET_SWA_FULL);
    if (s.numa == NUMA_OFF)
        s.given &= ~((uint64_t)1 << SET_NUMA);
    return s;
}

#endif
