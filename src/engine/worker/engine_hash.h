/* ---- engine/worker/engine_hash.h: the hash of the libraries a worker is made for. ---- */
#ifndef ENGINE_WORKER_ENGINE_HASH_H
#define ENGINE_WORKER_ENGINE_HASH_H

#include <stdbool.h>

#include "base/hash.h"

/* Hash of the contents of libllama, libggml and libggml-base in a folder; false: not there. */
bool engine_hash(const char *lib_dir, char out[HASH_TEXT]);

#endif
