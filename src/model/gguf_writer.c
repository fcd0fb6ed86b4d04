/* GGUF v3 headers into a growing buffer. */
#include "model/gguf_writer.h"

#include <string.h>

enum { VERSION = 3, AT_N_TENSORS = 8, AT_N_KEYS = 16 };

static void put_number(struct gguf_writer *w, uint64_t v, unsigned n_bytes)
{
    unsigned char b[8];
    for (unsigned i = 0; i < n_bytes; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    strbuf_add(&w->out, b, n_bytes);
}

static void put_u32(struct gguf_writer *w, uint32_t v)
{
    put_number(w, v, 4);
}

static void put_u64(struct gguf_writer *w, uint64_t v)
{
    put_number(w, v, 8);
}

static void put_key(struct gguf_writer *w, const char *key, enum gguf_type type)
{
    gguf_put_str(w, key, strlen(key));
    put_u32(w, type);
    w->n_keys++;
}

void gguf_write_begin(struct gguf_writer *w)
{
    *w = (struct gguf_writer){0};
    strbuf_add(&w->out, "GGUF", 4);
    put_u32(w, VERSION);
    put_u64(w, 0); /* tensors and keys: known at the end */
    put_u64(w, 0);
}

void gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v)
{
    put_key(w, key, GGUF_U32);
    put_u32(w, v);
}

void gguf_write_f32(struct gguf_writer *w, const char *key, float v)
{
    put_key(w, key, GGUF_F32);
    gguf_put_f32(w, v);
}

void gguf_write_bool(struct gguf_writer *w, const char *key, bool v)
{
    put_key(w, key, GGUF_BOOL);
    gguf_put_bool(w, v);
}

void gguf_write_str(struct gguf_writer *w, const char *key, const char *v)
{
    put_key(w, key, GGUF_STRING);
    gguf_put_str(w, v, strlen(v));
}

void gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_type of, uint64_t n)
{
    put_key(w, key, GGUF_ARRAY);
    put_u32(w, of);
    put_u64(w, n);
}

void gguf_put_i32(struct gguf_writer *w, int32_t v)
{
    put_u32(w, (uint32_t)v);
}

void gguf_put_f32(struct gguf_writer *w, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    put_u32(w, bits);
}

void gguf_put_bool(struct gguf_writer *w, bool v)
{
    strbuf_addc(&w->out, v ? 1 : 0);
}

void gguf_put_str(struct gguf_writer *w, const char *s, size_t n)
{
    put_u64(w, n);
    strbuf_add(&w->out, s, n);
}

void gguf_write_tensor(struct gguf_writer *w, const char *name, const uint64_t ne[4], uint32_t type,
                       uint64_t offset)
{
    uint32_t n_dims = 4;
    while (n_dims > 1 && ne[n_dims - 1] == 1)
        n_dims--;
    gguf_put_str(w, name, strlen(name));
    put_u32(w, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        put_u64(w, ne[i]);
    put_u32(w, type);
    put_u64(w, offset);
    w->n_tensors++;
}

void gguf_write_end(struct gguf_writer *w)
{
    for (unsigned i = 0; i < 8; i++) {
        w->out.p[AT_N_TENSORS + i] = (char)(w->n_tensors >> (8 * i));
        w->out.p[AT_N_KEYS + i] = (char)(w->n_keys >> (8 * i));
    }
    size_t over = w->out.len % GGUF_DEFAULT_ALIGNMENT;
    if (over)
        strbuf_pad(&w->out, '\0', GGUF_DEFAULT_ALIGNMENT - over);
}

void gguf_write_copy(struct gguf_writer *w, const struct gguf_kv *kv)
{
    gguf_put_str(w, kv->key.p, kv->key.n);
    put_u32(w, kv->type);
    if (kv->type == GGUF_ARRAY) {
        put_u32(w, kv->element);
        put_u64(w, kv->count);
    }
    strbuf_add(&w->out, kv->raw, (size_t)kv->raw_size);
    w->n_keys++;
}
