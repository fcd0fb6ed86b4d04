/* ---- model/sidecars.h: the files beside a model that go with it.
 *
 * Projectors for images and sound (mmproj) and the small models that draft for it (MTP, EAGLE-3,
 * DFlash, DSpark), one of each kind at most.  Inside a snapshot of Hugging Face's cache the choice
 * is llama.cpp's, in other folders ours (model/sidecar_choice.h); for a file of Ollama's store its
 * manifests tell.  llama.cpp loads a projector by itself only for -hf, and a draft only with
 * --spec-type. */
#ifndef MODEL_SIDECARS_H
#define MODEL_SIDECARS_H

#include "base/arena.h"
#include "base/json.h"
#include "os/fs.h"

struct sidecar {
    const char *kind; /* "mmproj", "mtp", "eagle3", "dflash", "dspark"; "draft" in Ollama's store */
    const char *path;
    uint64_t bytes;
};

struct sidecars {
    struct sidecar *v;
    size_t n, cap;
};

/* model: path of the (first) shard.  Nothing to find is no error. */
struct sidecars sidecars_find(struct arena *a, const struct fs *fs, const char *model);

/* [{"kind","path","bytes"}].  New reference. */
json_t *sidecars_json(const struct sidecars *sidecars);

#endif
