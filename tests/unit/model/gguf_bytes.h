/* ---- A GGUF file written byte by byte, independent of the program's own writer. ---- */
#ifndef TESTS_UNIT_MODEL_GGUF_BYTES_H
#define TESTS_UNIT_MODEL_GGUF_BYTES_H

#include "base/str.h"
#include "model/gguf.h"

static inline void put_u32(struct strbuf *b, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        strbuf_addc(b, (char)(v >> (8 * i)));
}

static inline void put_u64(struct strbuf *b, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        strbuf_addc(b, (char)(v >> (8 * i)));
}

static inline void put_str(struct strbuf *b, const char *s)
{
    put_u64(b, strlen(s));
    strbuf_adds(b, s);
}

static inline void put_header(struct strbuf *b, uint64_t n_tensors, uint64_t n_kv)
{
    strbuf_adds(b, "GGUF");
    put_u32(b, 3);
    put_u64(b, n_tensors);
    put_u64(b, n_kv);
}

static inline void put_kv_str(struct strbuf *b, const char *key, const char *value)
{
    put_str(b, key);
    put_u32(b, GGUF_STRING);
    put_str(b, value);
}

static inline void put_kv_u32(struct strbuf *b, const char *key, uint32_t value)
{
    put_str(b, key);
    put_u32(b, GGUF_U32);
    put_u32(b, value);
}

static inline void put_kv_u32s(struct strbuf *b, const char *key, const uint32_t *v, size_t n)
{
    put_str(b, key);
    put_u32(b, GGUF_ARRAY);
    put_u32(b, GGUF_U32);
    put_u64(b, n);
    for (size_t i = 0; i < n; i++)
        put_u32(b, v[i]);
}

static inline void put_tensor(struct strbuf *b, const char *name, uint32_t type, uint64_t ne0,
                              uint64_t ne1, uint64_t offset)
{
    put_str(b, name);
    put_u32(b, 2);
    put_u64(b, ne0);
    put_u64(b, ne1);
    put_u32(b, type);
    put_u64(b, offset);
}

static inline void put_data(struct strbuf *b, size_t alignment, size_t n)
{
    strbuf_pad(b, 0, (alignment - b->len % alignment) % alignment);
    strbuf_pad(b, 0, n);
}

#endif
