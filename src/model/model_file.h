/* ---- model/model_file.h: a model on disk: one GGUF file or a split set.
 *
 * Any shard names the set ("NAME-00002-of-00005.gguf").  The files stay mapped until
 * model_file_close(); the model's strings are copies and outlive them. */
#ifndef MODEL_MODEL_FILE_H
#define MODEL_MODEL_FILE_H

#include "model/model.h"
#include "os/fs.h"

struct model_file {
    struct model model;
    struct fs_map *maps;
    struct gguf *shards;
    size_t n;
};

bool model_file_open(struct model_file *f, struct arena *a, const struct fs *fs, const char *path,
                     struct err *err);
void model_file_close(struct model_file *f); /* legal on a zeroed one */

/* "NAME-00002-of-00005.gguf": shard number (from 1), count and length of the stem before the
 * numbers; false for any other name. */
bool split_name(const char *path, uint32_t *no, uint32_t *count, size_t *stem);

#endif
