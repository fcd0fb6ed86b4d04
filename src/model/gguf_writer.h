/* ---- model/gguf_writer.h: the bytes of a GGUF v3 header, little-endian.
 *
 * Keys first, then tensors, then gguf_write_end(), which pads to the alignment so that the first
 * tensor's data may follow (ggml/include/gguf.h describes the format).  An array is announced with
 * its length; exactly so many gguf_put_* calls must follow. */
#ifndef MODEL_GGUF_WRITER_H
#define MODEL_GGUF_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/gguf.h"

struct gguf_writer {
    struct strbuf out; /* the caller's to release or take */
    uint64_t n_keys, n_tensors;
};

void gguf_write_begin(struct gguf_writer *w);
void gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v);
void gguf_write_f32(struct gguf_writer *w, const char *key, float v);
void gguf_write_bool(struct gguf_writer *w, const char *key, bool v);
void gguf_write_str(struct gguf_writer *w, const char *key, const char *v);
/* of: GGUF_I32, GGUF_F32, GGUF_BOOL or GGUF_STRING, as there are gguf_put_* for them. */
void gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_type of, uint64_t n);
void gguf_put_i32(struct gguf_writer *w, int32_t v);
void gguf_put_f32(struct gguf_writer *w, float v);
void gguf_put_bool(struct gguf_writer *w, bool v);
void gguf_put_str(struct gguf_writer *w, const char *s, size_t n);

/* A key as another file has it. */
void gguf_write_copy(struct gguf_writer *w, const struct gguf_kv *kv);

/* Dimensions of 1 at the end are not written; offset counts from the first tensor's data. */
void gguf_write_tensor(struct gguf_writer *w, const char *name, const uint64_t ne[4], uint32_t type,
                       uint64_t offset);
void gguf_write_end(struct gguf_writer *w);

#endif
