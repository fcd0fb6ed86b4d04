/* ---- work/remote_repo.h: the files of a repository that is not on this disk.  Pure.
 *
 * The list is what Hugging Face's API gives (/api/models/OWNER/REPO/tree/main?recursive=true): an
 * array of {"type","path","size","oid","lfs":{"oid","size"}}.  Which file a tag names is decided as
 * for the local stores (model/store_shelf.h). */
#ifndef WORK_REMOTE_REPO_H
#define WORK_REMOTE_REPO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/store_walk.h"

enum { REPO_FILES_MAX = 100000 };

struct repo_file {
    const char *path; /* in the repository */
    const char *oid;  /* of its content, "" when the list does not tell */
    uint64_t bytes;
};

struct repo_files {
    struct repo_file *v;
    size_t n, cap;
};

/* Adds the GGUF files of one page of the list. */
bool repo_files_add(struct arena *a, struct str json, struct repo_files *out, struct err *err);

struct repo_choice {
    const struct repo_file *file; /* the first shard */
    const char *name;             /* "OWNER/REPO:TAG", as llama-server's -hf takes it */
    bool projector;               /* -hf would load one with it */
};

/* tag "" is none.  ERR_FAILED with what there is. */
bool repo_choose(struct arena *a, const struct repo_files *files, const char *id, const char *tag,
                 struct repo_choice *out, struct err *err);

const struct repo_file *repo_find(const struct repo_files *files, const char *path);

/* The address of the list, and of a file; what a URL does not hold is written as %XX. */
const char *repo_list_url(struct arena *a, const char *endpoint, const char *id);
const char *repo_file_url(struct arena *a, const char *endpoint, const char *id, const char *path);

/* All shards of the set that a URL or path names, n of them; itself alone when it names no set.
 * Query and fragment stay. */
const char **remote_shards(struct arena *a, const char *url, uint32_t *n);

#endif
