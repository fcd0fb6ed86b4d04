/* ---- model/gguf_name.h: what the file name of a GGUF says.
 *
 * Pure text, by the rules of llama.cpp v0.5.0 (common/download.cpp: gguf_filename_is_model,
 * get_gguf_split_info, find_best_model, extract_quant_bits), so that a name picks the same file
 * here and there.  Where several models share one folder llama.cpp has no rule; ours is the family:
 * the name without shard, quantization and ".gguf". */
#ifndef MODEL_GGUF_NAME_H
#define MODEL_GGUF_NAME_H

#include "base/arena.h"
#include "base/str.h"

/* Files that go with a model and are none by themselves. */
enum sidecar_kind {
    SIDECAR_MMPROJ,
    SIDECAR_MTP,
    SIDECAR_EAGLE3,
    SIDECAR_DFLASH,
    SIDECAR_DSPARK,
    SIDECAR_KINDS,
};

const char *sidecar_kind_name(enum sidecar_kind kind); /* "mmproj", "mtp", ... */

/* True for "X.gguf" that is neither a later shard nor a sidecar nor an imatrix. */
bool gguf_name_is_model(const char *path);
/* True for a sidecar of this kind by what is given: a file name, or a path in a repository, where
 * llama.cpp takes "mmproj/F16.gguf" too.  Later shards are none. */
bool gguf_name_is_sidecar(const char *path, enum sidecar_kind kind);

/* The file name without shard numbers and ".gguf"; borrowed. */
struct str gguf_name_stem(const char *path);
/* The last word after "-" or ".", in capitals ("Q4_K_M"); "" when there is none. */
const char *gguf_name_tag(struct arena *a, const char *path);
/* The path holds the tag followed by "-" or ".", case ignored. */
bool gguf_name_matches(const char *path, const char *tag);
/* First number in the tag: 4 of "IQ4_XS"; 0 when there is none. */
unsigned gguf_name_bits(const char *path);

/* The stem without its quantization: "Qwen3-8B" of "Qwen3-8B-UD-Q4_K_XL.gguf"; borrowed. */
struct str gguf_name_family(const char *path);

/* How surely a sidecar belongs to a model of the same folder, by their names. */
enum sidecar_bond {
    BOND_NONE,    /* it names another model */
    BOND_UNNAMED, /* it names none ("mmproj-F16.gguf"): it goes with the only family there */
    BOND_PREFIX,  /* both begin with OWNER_REPO_, as in llama.cpp's older cache */
    BOND_FAMILY,  /* it names the model's family */
};
enum sidecar_bond gguf_name_bond(const char *sidecar, enum sidecar_kind kind, const char *model);

#endif
