/* Values of a parsed header, read from their bytes when asked for. */
#include "model/gguf.h"

#include <inttypes.h>

#include "base/cursor.h"

const struct gguf_kv *gguf_find(const struct gguf *g, const char *key)
{
    for (size_t i = 0; i < g->n_kv; i++)
        if (str_eq(g->kv[i].key, key))
            return &g->kv[i];
    return NULL;
}

static struct cursor element_at(const struct gguf_kv *kv, uint64_t i, enum gguf_type *type,
                                struct err *err)
{
    *type = kv->type == GGUF_ARRAY ? kv->element : kv->type;
    struct cursor c = cursor_over(kv->raw, kv->raw_size, err);
    if (i < kv->count)
        cursor_skip(&c, i * gguf_type_bytes(*type));
    else
        cursor_fail_at(&c, 0, "no element %" PRIu64, i);
    return c;
}

bool gguf_element_u64(const struct gguf_kv *kv, uint64_t i, uint64_t *out)
{
    struct err ignored = {0};
    enum gguf_type type;
    struct cursor c = element_at(kv, i, &type, &ignored);
    int64_t v;
    switch (type) {
    case GGUF_U8:
        v = cursor_u8(&c);
        break;
    case GGUF_I8:
        v = (int8_t)cursor_u8(&c);
        break;
    case GGUF_U16:
        v = cursor_u16(&c);
        break;
    case GGUF_I16:
        v = (int16_t)cursor_u16(&c);
        break;
    case GGUF_U32:
        v = cursor_u32(&c);
        break;
    case GGUF_I32:
        v = (int32_t)cursor_u32(&c);
        break;
    case GGUF_U64:
    case GGUF_I64:
        v = (int64_t)cursor_u64(&c); /* over 2^63: no real count, refused as negative */
        break;
    case GGUF_BOOL:
        v = cursor_u8(&c) != 0;
        break;
    default:
        return false;
    }
    if (v < 0 || !cursor_ok(&c))
        return false;
    *out = (uint64_t)v;
    return true;
}

bool gguf_element_str(const struct gguf_kv *kv, uint64_t i, struct str *out)
{
    struct err ignored = {0};
    bool strings =
        kv->type == GGUF_STRING || (kv->type == GGUF_ARRAY && kv->element == GGUF_STRING);
    if (!strings || i >= kv->count)
        return false;
    struct cursor c = cursor_over(kv->raw, kv->raw_size, &ignored);
    for (uint64_t skipped = 0; skipped < i && cursor_ok(&c); skipped++)
        cursor_skip(&c, cursor_u64(&c));
    struct str s = cursor_bytes(&c, cursor_u64(&c));
    if (!cursor_ok(&c))
        return false;
    *out = s;
    return true;
}

bool gguf_u64(const struct gguf *g, const char *key, uint64_t *out)
{
    const struct gguf_kv *kv = gguf_find(g, key);
    return kv && kv->type != GGUF_ARRAY && kv->type != GGUF_BOOL && gguf_element_u64(kv, 0, out);
}

bool gguf_f64(const struct gguf *g, const char *key, double *out)
{
    struct err ignored = {0};
    const struct gguf_kv *kv = gguf_find(g, key);
    uint64_t whole;
    if (!kv || kv->type == GGUF_ARRAY)
        return false;
    struct cursor c = cursor_over(kv->raw, kv->raw_size, &ignored);
    if (kv->type == GGUF_F32)
        *out = (double)cursor_f32(&c);
    else if (kv->type == GGUF_F64)
        *out = cursor_f64(&c);
    else if (gguf_element_u64(kv, 0, &whole))
        *out = (double)whole;
    else
        return false;
    return true;
}

bool gguf_bool(const struct gguf *g, const char *key, bool *out)
{
    const struct gguf_kv *kv = gguf_find(g, key);
    uint64_t v;
    if (!kv || kv->type != GGUF_BOOL || !gguf_element_u64(kv, 0, &v))
        return false;
    *out = v != 0;
    return true;
}

bool gguf_str(const struct gguf *g, const char *key, struct str *out)
{
    const struct gguf_kv *kv = gguf_find(g, key);
    return kv && kv->type == GGUF_STRING && gguf_element_str(kv, 0, out);
}
