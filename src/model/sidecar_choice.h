/* ---- model/sidecar_choice.h: which file beside a model goes with it.  Pure.
 *
 * Two rules.  Inside one repository: llama.cpp's (common/download.cpp: find_best_sibling): a
 * sidecar in the model's folder or in one above it, the deepest first, then the one whose width in
 * bits is nearest to the model's.  In a folder of anything: only a sidecar of the same folder whose
 * name is of the model's family, or that names no model where there is one family only. */
#ifndef MODEL_SIDECAR_CHOICE_H
#define MODEL_SIDECAR_CHOICE_H

#include "model/gguf_name.h"
#include "model/store_walk.h"

enum sidecar_scope { SCOPE_REPO, SCOPE_FOLDER };

enum { SIDECAR_CANDIDATES = 256 }; /* more of a kind in one place are not looked at */

struct sidecar_pool {
    enum sidecar_kind kind;
    enum sidecar_scope scope;
    bool one_family; /* SCOPE_FOLDER: all models there are quantizations of one */
    size_t n;
    const struct gguf_file *v[SIDECAR_CANDIDATES];
};

/* The sidecars among the files of one repository, or of one folder. */
struct sidecar_pool sidecar_pool(const struct gguf_file *files, size_t n, enum sidecar_kind kind,
                                 enum sidecar_scope scope);

/* The one that goes with the model, never the model itself; or NULL. */
const struct gguf_file *sidecar_choose(const struct sidecar_pool *pool,
                                       const struct gguf_file *model);

#endif
