/* Settings as llama.cpp's parameter structs. */
#include "engine/worker/placement.h"

#include "base/vec.h"
#include "ggml-backend.h"

static bool find_devices(struct arena *a, const struct settings *s, ggml_backend_dev_t **out,
                         struct err *err)
{
    ggml_backend_dev_t *devices =
        arena_array(a, s->n_device + 1, sizeof(*devices)); /* NOLINT: handles are pointers */
    for (uint32_t i = 0; i < s->n_device; i++) {
        devices[i] = ggml_backend_dev_by_name(s->device[i]);
        if (!devices[i])
            return err_set(err, ERR_ENGINE, "the engine has no device \"%s\"", s->device[i]);
    }
    *out = devices;
    return true;
}

static ggml_backend_buffer_type_t find_buffer_type(const char *name)
{
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_buffer_type_t buft = ggml_backend_dev_buffer_type(ggml_backend_dev_get(i));
        if (buft && strcmp(ggml_backend_buft_name(buft), name) == 0)
            return buft;
    }
    return NULL;
}

typedef struct llama_model_tensor_buft_override override;

/* "regex=buffer,regex=buffer" as --override-tensor takes it (common/arg.cpp:
 * parse_tensor_buffer_overrides). */
static bool add_overrides(struct arena *a, const char *text, override **list, size_t *n,
                          size_t *cap, struct err *err)
{
    struct str rest = str_from(text), item;
    while (str_cut(&rest, ',', &item)) {
        char *pattern = str_dup(a, item);
        char *equals = strchr(pattern, '=');
        if (!equals)
            return err_set(err, ERR_USAGE, "\"%s\" is not PATTERN=BUFFER", pattern);
        *equals = '\0';
        ggml_backend_buffer_type_t buft = find_buffer_type(equals + 1);
        if (!buft)
            return err_set(err, ERR_USAGE, "the engine has no buffer type \"%s\"", equals + 1);
        *list = vec_grow(a, *list, *n, cap, sizeof(**list));
        (*list)[(*n)++] = (override){pattern, buft};
    }
    return true;
}

/* common/common.h: llm_add_n_cpu_ffn_overrides */
static void add_cpu_experts(struct arena *a, uint32_t layers, override **list, size_t *n,
                            size_t *cap)
{
    for (uint32_t il = 0; il < layers; il++) {
        *list = vec_grow(a, *list, *n, cap, sizeof(**list));
        (*list)[(*n)++] = (override){
            arena_printf(a, "blk\\.%u\\.ffn_(up|down|gate|gate_up)_(ch|)exps", (unsigned)il),
            ggml_backend_cpu_buffer_type()};
    }
}

static bool model_overrides(struct arena *a, const struct settings *s,
                            struct llama_model_params *out, struct err *err)
{
    override *list = NULL;
    size_t n = 0, cap = 0;
    if (settings_has(s, SET_OVERRIDE_TENSOR) && s->override_tensor &&
        !add_overrides(a, s->override_tensor, &list, &n, &cap, err))
        return false;
    if (settings_has(s, SET_N_CPU_MOE))
        add_cpu_experts(a, s->n_cpu_moe, &list, &n, &cap);
    if (n) {
        list = vec_grow(a, list, n, &cap, sizeof(*list));
        list[n] = (override){NULL, NULL};
        out->tensor_buft_overrides = list;
    }
    return true;
}

static enum llama_split_mode split_mode(enum split_mode mode)
{
    static const enum llama_split_mode modes[] = {
        [SPLIT_NONE] = LLAMA_SPLIT_MODE_NONE,
        [SPLIT_LAYER] = LLAMA_SPLIT_MODE_LAYER,
        [SPLIT_ROW] = LLAMA_SPLIT_MODE_ROW,
        [SPLIT_TENSOR] = LLAMA_SPLIT_MODE_TENSOR,
    };
    return modes[mode];
}

static enum llama_load_mode load_mode(enum load_mode mode)
{
    static const enum llama_load_mode modes[] = {
        [LOAD_AUTO] = LLAMA_LOAD_MODE_AUTO,
        [LOAD_NONE] = LLAMA_LOAD_MODE_NONE,
        [LOAD_MMAP] = LLAMA_LOAD_MODE_MMAP,
        [LOAD_MLOCK] = LLAMA_LOAD_MODE_MLOCK,
        [LOAD_MMAP_MLOCK] = LLAMA_LOAD_MODE_MMAP_MLOCK,
        [LOAD_DIO] = LLAMA_LOAD_MODE_DIRECT_IO,
    };
    return modes[mode];
}

bool placement_model_params(struct arena *a, const struct settings *s,
                            struct llama_model_params *out, struct err *err)
{
    *out = llama_model_default_params();
    if (settings_has(s, SET_DEVICE) && !find_devices(a, s, &out->devices, err))
        return false;
    if (settings_has(s, SET_N_GPU_LAYERS))
        out->n_gpu_layers = s->n_gpu_layers;
    if (settings_has(s, SET_SPLIT_MODE))
        out->split_mode = split_mode(s->split_mode);
    if (settings_has(s, SET_LOAD_MODE))
        out->load_mode = load_mode(s->load_mode);
    if (settings_has(s, SET_MAIN_GPU))
        out->main_gpu = (int32_t)s->main_gpu;
    if (settings_has(s, SET_REPACK))
        out->use_extra_bufts = s->repack;
    if (settings_has(s, SET_TENSOR_SPLIT)) {
        float *split = arena_array(a, llama_max_devices(), sizeof(*split));
        for (uint32_t i = 0; i < s->n_tensor_split && i < llama_max_devices(); i++)
            split[i] = s->tensor_split[i];
        out->tensor_split = split;
    }
    return model_overrides(a, s, out, err);
}

void placement_context_params(const struct settings *s, struct llama_context_params *out)
{
    static const enum llama_flash_attn_type flash_attn[] = {
        [FA_AUTO] = LLAMA_FLASH_ATTN_TYPE_AUTO,
        [FA_ON] = LLAMA_FLASH_ATTN_TYPE_ENABLED,
        [FA_OFF] = LLAMA_FLASH_ATTN_TYPE_DISABLED,
    };
    *out = llama_context_default_params();
    uint32_t slots = settings_has(s, SET_PARALLEL) ? s->parallel : 1;
    out->n_seq_max = slots;
    out->n_ctx = settings_has(s, SET_CTX_SIZE) ? s->ctx_size : 0;
    out->n_batch = settings_has(s, SET_BATCH_SIZE) ? s->batch_size : 2048;
    out->n_ubatch = settings_has(s, SET_UBATCH_SIZE) ? s->ubatch_size : 512;
    out->n_outputs_max = slots;
    out->n_outputs_max_per_seq = 1;
    if (settings_has(s, SET_THREADS))
        out->n_threads = out->n_threads_batch = (int32_t)s->threads;
    if (settings_has(s, SET_THREADS_BATCH))
        out->n_threads_batch = (int32_t)s->threads_batch;
    if (settings_has(s, SET_FLASH_ATTN))
        out->flash_attn_type = flash_attn[s->flash_attn];
    if (settings_has(s, SET_CACHE_TYPE_K))
        out->type_k = (enum ggml_type)s->cache_type_k;
    if (settings_has(s, SET_CACHE_TYPE_V))
        out->type_v = (enum ggml_type)s->cache_type_v;
    out->kv_unified = settings_has(s, SET_KV_UNIFIED) && s->kv_unified;
    out->swa_full = settings_has(s, SET_SWA_FULL) && s->swa_full;
    out->offload_kqv = !settings_has(s, SET_KV_OFFLOAD) || s->kv_offload;
    out->op_offload = !settings_has(s, SET_OP_OFFLOAD) || s->op_offload;
    out->no_perf = true;
}
