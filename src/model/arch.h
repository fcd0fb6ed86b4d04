/* ---- model/arch.h: one row for every architecture of llama.cpp v0.5.0.
 *
 * What a row says is what src/models/NAME.cpp: load_arch_hparams and src/llama-model.cpp:
 * create_memory decide about the KV cache.  A row with KV_ORACLE claims nothing: its cache has
 * parts (indexers, compressors) that only the engine's dry run counts. */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum arch_kv {
    KV_ATTENTION, /* every layer keeps keys and values */
    KV_RECURRENT, /* every layer keeps a state of fixed size, no KV */
    KV_HYBRID,    /* some layers one, some the other: see arch_recurrent */
    KV_ABSENT,    /* encoders, diffusion: no cache at all */
    KV_ORACLE     /* not claimed in closed form */
};

/* Which layers of a hybrid are recurrent. */
enum arch_recurrent {
    RECURRENT_NO_KV_HEADS, /* head_count_kv[il] == 0 */
    RECURRENT_INTERVAL,    /* attention.recurrent_layers, else (il+1) % full_attention_interval */
    RECURRENT_BOTH,        /* every layer has both */
    RECURRENT_NEMOTRON     /* no KV heads and no FFN; attention where KV heads and no FFN */
};

enum { SWA_BY_ARRAY = 255, SWA_ALL_ATTENTION = 254 }; /* special swa_period values */

struct arch {
    const char *name; /* general.architecture */
    enum arch_kv kv;
    enum arch_recurrent recurrent;
    /* Sliding window: layer il has one if il % period < period - 1 (dense_first: il % period != 0);
     * 0: the architecture has none.  A pattern in the file overrides the period. */
    uint8_t swa_period;
    bool swa_dense_first;
    bool swa_if_key;          /* only when attention.sliding_window is there and not 0 */
    uint32_t swa_window;      /* window when the key is missing */
    bool swa_window_fixed;    /* swa_window whatever the key says */
    uint32_t swa_only_layers; /* only in models of this many layers (0: any) */
    uint32_t kv_first_layers; /* only the first N layers have KV (0: all) */
    bool kv_shared_key;       /* attention.shared_kv_layers: the last N reuse the KV of others */
    bool no_flash_attn;       /* llama_init_from_model forces it off */
    bool rs_rollback;         /* llm_arch_supports_rs_rollback: speculation multiplies the state */
};

/* NULL: llama.cpp v0.5.0 does not know it. */
const struct arch *arch_find(struct str name);

#endif
