/* ---- work/remote.h: models that are not on this disk.
 *
 * "hf:OWNER/REPO[:QUANT]" and the URL of a GGUF file: only headers are fetched, of all shards, and
 * kept in CACHE/headers; weights never are. */
#ifndef WORK_REMOTE_H
#define WORK_REMOTE_H

#include "model/model.h"
#include "os/dirs.h"

struct remote {
    const char *endpoint;  /* "https://huggingface.co" */
    const char *token;     /* for the endpoint only; NULL: none */
    const char *cache_dir; /* .../tailor/headers */
    bool offline;          /* only what the cache holds */
};

/* HF_ENDPOINT (or MODEL_ENDPOINT, as llama.cpp names it), HF_TOKEN and HF_HUB_OFFLINE. */
void remote_init(struct remote *r, struct arena *a, const char *cache_dir, env_reader *env);

struct remote_model {
    struct model model;
    const struct gguf *shards;
    size_t n;
};

/* "http://..." and "https://..." */
bool remote_is_url(const char *argument);

bool remote_open(struct arena *a, const struct remote *r, const char *argument,
                 struct remote_model *out, struct err *err);

#endif
