/* ---- model/stores_impl.h: what the stores share; included by model/stores*.c and sidecars.c only.
 *
 * Stores of repositories fill shelves; Ollama names its files itself. */
#ifndef MODEL_STORES_IMPL_H
#define MODEL_STORES_IMPL_H

#include "model/store_shelf.h"

/* Collecting shelves: of one repository, or of all. */
struct hunt {
    struct walk walk;
    const char *id; /* "OWNER/REPO"; NULL: all */
    struct shelves shelves;
};

/* "OWNER/REPO" as llama.cpp takes it (common/hf-cache.cpp: is_valid_repo_id), so it is safe as a
 * part of a path. */
bool repo_id_valid(const char *id);

void hunt_add(struct hunt *h, const struct shelf *shelf); /* empty shelves are left out */
void hunt_hub(struct hunt *h, const char *hub);
/* Whose files of the flat cache: of repositories that the folder itself tells, or of the one asked
 * for, which comes last so that the names of a list stay true. */
enum flat_owner { FLAT_KNOWN, FLAT_ASKED };
void hunt_flat(struct hunt *h, const char *dir, enum flat_owner owner);
void hunt_lm_studio(struct hunt *h, const struct stores_where *where);
void hunt_all(struct hunt *h, const struct stores_where *where);

/* What one of Ollama's manifests says. */
enum ollama_state {
    OLLAMA_OK,
    OLLAMA_GARBAGE,  /* not readable, or no manifest */
    OLLAMA_NO_MODEL, /* no GGUF among its layers: in the cloud, or safetensors */
    OLLAMA_NO_BLOB,  /* the file of its layer is missing */
};

struct ollama_model {
    enum ollama_state state;
    const char *name;           /* "llama3.2:3b", "hf.co/OWNER/REPO:Q4_K_M" */
    const char *path;           /* OLLAMA_OK: the blob */
    const char *mmproj, *draft; /* blobs, or NULL */
    struct fs_info info;        /* of path */
};

struct ollama_models {
    struct ollama_model *v;
    size_t n, cap;
};

/* Adds what every manifest of one store says, whatever its state. */
void ollama_models(struct walk *w, const char *dir, struct ollama_models *out);
/* One model by name ("NAME[:TAG]") in one store; false when there is no manifest of that name. */
bool ollama_model(struct walk *w, const char *dir, const char *name, struct ollama_model *out);
bool ollama_name_valid(const char *name);
/* The system's store belongs to a user of its own and is often closed to others: the folder on the
 * way to `dir` that is there but shows nothing, or NULL. */
const char *ollama_closed(struct walk *w, const char *dir);

#endif
