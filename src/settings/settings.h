/* ---- settings/settings.h: the settings that a plan decides, with a bit for each that is given.
 *
 * One struct, three uses: what the user pinned (only some bits set), what the planner chose (all
 * bits set), and what a command line says.  Names and meanings are llama.cpp's; which option spells
 * which field stands in settings/option.h.  The order of the ids is the order in which settings are
 * written, as JSON and as options. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/words.h"

struct argv;

enum setting_id {
    SET_DEVICE,
    SET_N_GPU_LAYERS,
    SET_CTX_SIZE,
    SET_PARALLEL,
    SET_KV_UNIFIED,
    SET_BATCH_SIZE,
    SET_UBATCH_SIZE,
    SET_THREADS,
    SET_THREADS_BATCH,
    SET_FLASH_ATTN,
    SET_CACHE_TYPE_K,
    SET_CACHE_TYPE_V,
    SET_SPLIT_MODE,
    SET_TENSOR_SPLIT,
    SET_MAIN_GPU,
    SET_N_CPU_MOE,
    SET_OVERRIDE_TENSOR,
    SET_LOAD_MODE,
    SET_CACHE_RAM,
    SET_NUMA,
    SET_SWA_FULL,
    SET_KV_OFFLOAD,
    SET_OP_OFFLOAD,
    SET_REPACK,
    SET_FIT,
    SET_COUNT
};

enum { SETTINGS_MAX_DEVICES = 16 }; /* more cards than llama.cpp itself supports */

/* n_gpu_layers: what `-ngl` takes besides numbers. */
enum { NGL_ALL = -2, NGL_AUTO = -1 };
/* n_cpu_moe: the experts of all layers (`--cpu-moe`). */
#define N_CPU_MOE_ALL UINT32_MAX

enum flash_attn { FA_AUTO, FA_ON, FA_OFF };
enum split_mode { SPLIT_NONE, SPLIT_LAYER, SPLIT_ROW, SPLIT_TENSOR };
enum load_mode { LOAD_AUTO, LOAD_NONE, LOAD_MMAP, LOAD_MLOCK, LOAD_MMAP_MLOCK, LOAD_DIO };
enum numa_mode { NUMA_OFF, NUMA_DISTRIBUTE, NUMA_ISOLATE, NUMA_NUMACTL };

struct settings {
    uint64_t given; /* bit (1 << setting_id) for each field that is set */

    const char *device[SETTINGS_MAX_DEVICES]; /* names as the engine calls them */
    uint32_t n_device;                        /* given and 0: `--device none` */
    int32_t n_gpu_layers;                     /* layers incl. output, or NGL_ALL, NGL_AUTO */
    uint32_t ctx_size;                        /* total tokens, 0: the model's own */
    uint32_t parallel;                        /* slots, 0: `-np -1`, four that share one pool */
    bool kv_unified;                          /* one KV pool for all slots */
    uint32_t batch_size, ubatch_size;         /* logical, physical (0: the same) prompt batch */
    uint32_t threads, threads_batch;          /* decode and prefill, 0: `-t -1`, every CPU */
    enum flash_attn flash_attn;
    uint32_t cache_type_k, cache_type_v; /* enum ggml_type_id */
    enum split_mode split_mode;
    float tensor_split[SETTINGS_MAX_DEVICES];
    uint32_t n_tensor_split;
    uint32_t main_gpu;
    uint32_t n_cpu_moe;          /* experts of the first N layers stay in host memory */
    const char *override_tensor; /* as llama.cpp takes it: "regex=buft,regex=buft" */
    enum load_mode load_mode;
    int32_t cache_ram_mib; /* host prompt cache; 0 off, -1 no limit */
    enum numa_mode numa;
    bool fit; /* let the engine place by itself */
    bool swa_full, kv_offload, op_offload, repack;
};

static inline bool settings_has(const struct settings *s, enum setting_id id)
{
    return (s->given >> id & 1) != 0;
}

static inline void settings_mark(struct settings *s, enum setting_id id)
{
    s->given |= (uint64_t)1 << id;
}

/* Name of a setting, which is its key in JSON: "n_gpu_layers". */
const char *settings_name(enum setting_id id);
bool settings_find(const char *name, enum setting_id *id); /* '-' equals '_' */

/* Sets one field from text as llama.cpp takes it ("q8_0", "all", "on", "3,1"); also "all" for
 * n_cpu_moe and "off" for numa.  Lists and text are copied into the arena. */
bool settings_set(struct arena *a, struct settings *s, enum setting_id id, const char *text,
                  struct err *err);
/* The given field as such a text. */
const char *settings_text(struct arena *a, const struct settings *s, enum setting_id id);

/* Fields that are given in `over` win. */
struct settings settings_merge(const struct settings *base, const struct settings *over);
/* The same fields are given, and they are equal. */
bool settings_equal(const struct settings *a, const struct settings *b);

/* What a command line sets.  The words of everything else, in their order and without the program,
 * are added to `rest`: options that no plan decides, removed and unknown ones, words that are no
 * options.  A bad value of a setting, a missing value and --option=value are errors that name the
 * word.  Of several the last one wins as in llama.cpp, where --override-tensor and --n-cpu-moe add
 * up.  llama-bench takes lists of values, so of its command line everything is rest. */
bool settings_from_argv(struct arena *a, const struct argv *argv, struct settings *out,
                        struct words *rest, struct err *err);

/* Adds the option words of every given field, as llama-server v0.5.0 takes them.  Three values are
 * said by leaving the option out: kv_unified and swa_full false, numa off.  Words of settings
 * belong behind pass-through words: the last one wins, and --rpc must come before --device. */
void settings_to_argv(struct arena *a, const struct settings *s, struct words *out);

/* The object "settings" of tailor.plan/1: every key of the contract, null where not given, then the
 * fields that the contract does not list where they are given.  Reading takes missing for null and
 * passes over other keys. */
json_t *settings_to_json(const struct settings *s);
bool settings_from_json(struct arena *a, const json_t *object, struct settings *out,
                        struct err *err);

#endif
