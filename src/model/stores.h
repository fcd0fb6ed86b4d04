/* ---- model/stores.h: the models on this disk.
 *
 * Where others keep them: the caches of Hugging Face and llama.cpp, LM Studio, Ollama, and folders
 * that the user names.  Only names, links and small manifests are read, never a model.
 *
 * The Hugging Face caches are searched in llama.cpp's order (common/hf-cache.cpp:
 * get_cache_directory): LLAMA_CACHE, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
 * XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub.  llama.cpp stops at the first variable
 * that is set; we go on, since a path is all that the engine needs.  Then come llama.cpp's older
 * flat cache (common/common.cpp: fs_get_cache_directory) and LM Studio. */
#ifndef MODEL_STORES_H
#define MODEL_STORES_H

#include "base/arena.h"
#include "base/err.h"
#include "os/fs.h"

/* Folders by environment; each list ends with NULL, and missing folders cost nothing. */
struct stores_where {
    const char *hf_hubs[7];   /* folders with models--OWNER--REPO */
    const char *flat[5];      /* folders with OWNER_REPO_FILE.gguf */
    const char *lm_pointer;   /* a file that names LM Studio's home, or NULL */
    const char *lm_studio[3]; /* homes with models/OWNER/REPO/FILE.gguf and settings.json */
    const char *ollama[8];    /* folders with manifests/ and blobs/ */
};

/* env answers NULL for unset or empty variables; home as in struct dirs. */
void stores_where_init(struct stores_where *w, struct arena *a, const char *home,
                       const char *(*env)(const char *name));

struct store_entry {
    const char *store;  /* "huggingface", "llama.cpp", "lmstudio", "ollama", "folder" */
    const char *name;   /* a MODEL argument: "hf:OWNER/REPO:QUANT", "ollama:NAME:TAG" or the path */
    const char *path;   /* the first shard */
    const char *mmproj; /* the projector that goes with it, or NULL */
    uint64_t device, inode; /* of path; 0 in memory */
};

struct store_list {
    struct store_entry *v;
    size_t n, cap;
    const char *cut;        /* the folder where the walk ended (model/store_walk.h), or NULL */
    const char *unreadable; /* a store's folder that seems to be closed to us, or NULL */
};

/* Adds every model of the stores (`where` NULL: none); what cannot be read is passed over.  Sorted
 * by store and name; shards 2.., sidecars and duplicates (by path, or by device and inode) are left
 * out: the first place in the order of search stays. */
void stores_list(struct arena *a, const struct fs *fs, const struct stores_where *where,
                 struct store_list *out);
/* Adds the models of one folder and of folders up to WALK_DEPTH below it; a cache of Hugging Face
 * or Ollama is understood as such. */
void stores_list_folder(struct arena *a, const struct fs *fs, const char *folder,
                        struct store_list *out);

/* hf:OWNER/REPO[:QUANT] and ollama:[[HOST/]OWNER/]NAME[:TAG]: path of the first shard.  `where` may
 * be NULL (no stores).  ERR_USAGE: no such form; ERR_FAILED: not here, with what there is and how
 * to get it. */
bool stores_find(struct arena *a, const struct fs *fs, const struct stores_where *where,
                 const char *argument, const char **path, struct err *err);

#endif
