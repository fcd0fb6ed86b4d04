/* ---- model/gguf.h: a bounded reader of GGUF headers.
 *
 * Follows ggml/include/gguf.h and ggml/src/gguf.cpp of llama.cpp v0.5.0, with the same refusals.
 * Nothing is copied but what a later reader needs by pointer: keys, strings and arrays stay views
 * into the bytes given, so those must outlive the result.  Every count is bounded by the bytes that
 * remain before anything is allocated; errors carry the byte offset. */
#ifndef MODEL_GGUF_H
#define MODEL_GGUF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum gguf_type {
    GGUF_U8 = 0,
    GGUF_I8 = 1,
    GGUF_U16 = 2,
    GGUF_I16 = 3,
    GGUF_U32 = 4,
    GGUF_I32 = 5,
    GGUF_F32 = 6,
    GGUF_BOOL = 7,
    GGUF_STRING = 8,
    GGUF_ARRAY = 9,
    GGUF_U64 = 10,
    GGUF_I64 = 11,
    GGUF_F64 = 12,
    GGUF_TYPE_COUNT
};

enum {
    GGUF_MAX_DIMS = 4,  /* GGML_MAX_DIMS */
    GGUF_MAX_NAME = 63, /* GGML_MAX_NAME - 1 */
    GGUF_DEFAULT_ALIGNMENT = 32,
};

struct gguf_kv {
    struct str key;
    enum gguf_type type;      /* GGUF_ARRAY: see element */
    enum gguf_type element;   /* of an array */
    uint64_t count;           /* of an array; 1 otherwise */
    const unsigned char *raw; /* the value's first byte in the file */
    uint64_t raw_size;        /* its bytes, string lengths included */
};

struct gguf_tensor {
    struct str name;
    uint32_t type; /* enum ggml_type_id, known to ggml_type_get() */
    uint32_t n_dims;
    uint64_t dims[GGUF_MAX_DIMS]; /* 1 beyond n_dims */
    uint64_t bytes;               /* data without padding (ggml_nbytes) */
    uint64_t offset;              /* from the start of the data section */
};

struct gguf {
    uint32_t version; /* 2 or 3 */
    uint64_t alignment;
    struct gguf_kv *kv;
    size_t n_kv;
    struct gguf_tensor *tensors;
    size_t n_tensors;
    uint64_t data_offset; /* where tensor data starts in the file */
    uint64_t data_bytes;  /* with padding, as the file should hold it */
};

/* Bytes of a scalar on disk; 0 for strings and arrays, which have no fixed size. */
uint8_t gguf_type_bytes(enum gguf_type type);

/* Parses the header in `bytes`, the first bytes of a file of file_size bytes (the whole file, or as
 * much of it as was fetched). */
bool gguf_parse(struct arena *a, struct str bytes, uint64_t file_size, struct gguf *out,
                struct err *err);

/* ---- values; a missing key is no error: the calls return false or NULL and leave *out alone ----
 */

const struct gguf_kv *gguf_find(const struct gguf *g, const char *key);

/* Any integer type; false for a negative or non-integer value. */
bool gguf_u64(const struct gguf *g, const char *key, uint64_t *out);
bool gguf_f64(const struct gguf *g, const char *key, double *out); /* any number type */
bool gguf_bool(const struct gguf *g, const char *key, bool *out);
bool gguf_str(const struct gguf *g, const char *key, struct str *out);

/* Element i of a value as an integer: scalars count as arrays of one; booleans give 0 and 1. */
bool gguf_element_u64(const struct gguf_kv *kv, uint64_t i, uint64_t *out);
/* Element i of an array of strings, found by walking it from the start. */
bool gguf_element_str(const struct gguf_kv *kv, uint64_t i, struct str *out);

#endif
