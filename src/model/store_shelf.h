/* ---- model/store_shelf.h: the files of one repository in one place, and the names they go by.
 *
 * A shelf is a snapshot of the Hugging Face cache, a repository's files in llama.cpp's older flat
 * cache, or a folder OWNER/REPO of LM Studio.  Shelves of one repository stand in the order in
 * which they are searched: the first that has a match gives the file, and within it the rule is
 * llama.cpp's (common/download.cpp: find_best_model): the first file that matches the tag; without
 * a tag Q4_K_M, then Q8_0, then the first model. */
#ifndef MODEL_STORE_SHELF_H
#define MODEL_STORE_SHELF_H

#include "model/sidecar_choice.h"
#include "model/stores.h"

struct shelf {
    const char *store; /* as in struct store_entry */
    const char *id;    /* "OWNER/REPO"; NULL: its files go by their paths */
    enum sidecar_scope scope;
    const struct gguf_file *v;
    size_t n;
    /* SCOPE_FOLDER: those of its folder when that holds more than the shelf; else NULL */
    const struct sidecar_pool *projectors;
};

struct shelves {
    struct shelf *v;
    size_t n, cap;
};

/* tag "" is none.  NULL when no shelf has a match. */
const struct gguf_file *shelves_find(const struct shelf *v, size_t n, const char *tag);

/* Adds the models of all shelves, of any repositories, in the order of the shelves.  Each goes by
 * "hf:OWNER/REPO:TAG" when that finds it again, else by its path. */
void shelves_list(struct arena *a, const struct shelves *shelves, struct store_list *out);

#endif
