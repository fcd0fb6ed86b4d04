/* The header of a GGUF file: magic, key-value pairs, tensor directory. */
#include "model/gguf.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/units.h"
#include "model/ggml_type.h"

enum {
    OLDEST_VERSION = 2,
    NEWEST_VERSION = 3,
    KV_MIN_BYTES = 8 + 1 + 4 + 1,         /* length, one letter, type, one byte */
    TENSOR_MIN_BYTES = 8 + 1 + 4 + 4 + 8, /* length, one letter, dims, type, offset */
    LONGEST_KEY = 65535,                  /* the format's own limit */
    MAX_ALIGNMENT = 1 << 20,              /* real files use 32; more is a mistake */
};

/* Bytes of a scalar on disk; 0: not of one size. */
static const uint8_t scalar_bytes[GGUF_TYPE_COUNT] = {
    [GGUF_U8] = 1,  [GGUF_I8] = 1,   [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
    [GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8,
};

uint8_t gguf_type_bytes(enum gguf_type type)
{
    return scalar_bytes[type];
}

/* ---- no name twice: a small open-addressing set over views ---- */

struct name_set {
    const struct str **slots;
    size_t mask;
};

static struct name_set name_set_new(struct arena *a, size_t n)
{
    size_t size = 16;
    while (size < n * 2)
        size *= 2;
    return (struct name_set){arena_array(a, size, sizeof(struct str *)), size - 1};
}

static bool name_set_add(struct name_set *set, const struct str *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < name->n; i++)
        hash = (hash ^ (unsigned char)name->p[i]) * 1099511628211u;
    size_t at = (size_t)(hash ^ hash >> 32) & set->mask;
    for (; set->slots[at]; at = (at + 1) & set->mask)
        if (set->slots[at]->n == name->n && memcmp(set->slots[at]->p, name->p, name->n) == 0)
            return false;
    set->slots[at] = name;
    return true;
}

/* ---- key-value pairs ---- */

static struct str read_string(struct cursor *c)
{
    uint64_t at = c->at, n = cursor_u64(c);
    if (n > cursor_left(c)) {
        cursor_fail_at(c, at, "a string of %" PRIu64 " bytes is longer than the rest of the file",
                       n);
        return (struct str){"", 0};
    }
    return cursor_bytes(c, n);
}

static void skip_strings(struct cursor *c, uint64_t count)
{
    for (uint64_t i = 0; i < count && cursor_ok(c); i++)
        read_string(c);
}

static void read_array(struct cursor *c, struct gguf_kv *kv)
{
    uint64_t at = c->at;
    uint32_t element = cursor_u32(c);
    kv->count = cursor_u64(c);
    if (!cursor_ok(c))
        return;
    if (element >= GGUF_TYPE_COUNT || element == GGUF_ARRAY) {
        cursor_fail_at(c, at, "array \"%.*s\" has elements of the unknown type %" PRIu32,
                       (int)kv->key.n, kv->key.p, element);
        return;
    }
    kv->element = (enum gguf_type)element;
    uint64_t smallest = element == GGUF_STRING ? sizeof(uint64_t) : scalar_bytes[element];
    if (kv->count > cursor_left(c) / smallest) {
        cursor_fail_at(c, at,
                       "array \"%.*s\" claims %" PRIu64 " elements, more than the file holds",
                       (int)kv->key.n, kv->key.p, kv->count);
        return;
    }
    kv->raw = c->start + c->at;
    if (element == GGUF_STRING)
        skip_strings(c, kv->count);
    else
        cursor_skip(c, kv->count * smallest);
}

static void read_kv(struct cursor *c, struct gguf_kv *kv)
{
    uint64_t at = c->at;
    kv->key = read_string(c);
    if (cursor_ok(c) && (kv->key.n == 0 || kv->key.n > LONGEST_KEY))
        cursor_fail_at(c, at, "a key of %zu bytes is not valid", kv->key.n);
    at = c->at;
    uint32_t type = cursor_u32(c);
    if (!cursor_ok(c))
        return;
    if (type >= GGUF_TYPE_COUNT) {
        cursor_fail_at(c, at, "key \"%.*s\" has the unknown type %" PRIu32, (int)kv->key.n,
                       kv->key.p, type);
        return;
    }
    kv->type = (enum gguf_type)type;
    kv->count = 1;
    kv->raw = c->start + c->at;
    if (type == GGUF_ARRAY)
        read_array(c, kv);
    else if (type == GGUF_STRING)
        read_string(c);
    else
        cursor_skip(c, scalar_bytes[type]);
    kv->raw_size = (uint64_t)(c->start + c->at - kv->raw);
}

static bool read_kvs(struct cursor *c, struct arena *a, uint64_t n, struct gguf *out)
{
    if (n > cursor_left(c) / KV_MIN_BYTES)
        return cursor_fail_at(c, 16, "%" PRIu64 " keys are more than the file can hold", n);
    out->kv = arena_array(a, (size_t)n, sizeof(*out->kv));
    struct name_set seen = name_set_new(a, (size_t)n);
    for (; out->n_kv < n; out->n_kv++) {
        uint64_t at = c->at;
        struct gguf_kv *kv = &out->kv[out->n_kv];
        read_kv(c, kv);
        if (!cursor_ok(c))
            return false;
        if (!name_set_add(&seen, &kv->key))
            return cursor_fail_at(c, at, "the key \"%.*s\" appears twice", (int)kv->key.n,
                                  kv->key.p);
    }
    return true;
}

static bool read_alignment(struct cursor *c, struct gguf *out)
{
    out->alignment = GGUF_DEFAULT_ALIGNMENT;
    const struct gguf_kv *kv = gguf_find(out, "general.alignment");
    if (!kv)
        return true;
    uint64_t at = (uint64_t)(kv->raw - c->start), v = 0;
    if (kv->type != GGUF_U32 || !gguf_element_u64(kv, 0, &v))
        return cursor_fail_at(c, at, "\"general.alignment\" is not a 32-bit number");
    if (v == 0 || v > MAX_ALIGNMENT || (v & (v - 1)) != 0)
        return cursor_fail_at(c, at, "the alignment %" PRIu64 " is not a sensible power of 2", v);
    out->alignment = v;
    return true;
}

/* ---- tensor directory ---- */

static bool read_dims(struct cursor *c, struct gguf_tensor *t, uint64_t *elements)
{
    uint64_t at = c->at;
    t->n_dims = cursor_u32(c);
    if (t->n_dims > GGUF_MAX_DIMS)
        return cursor_fail_at(c, at, "tensor \"%.*s\" has %" PRIu32 " dimensions, at most %d exist",
                              (int)t->name.n, t->name.p, t->n_dims, GGUF_MAX_DIMS);
    *elements = 1;
    for (uint32_t i = 0; i < GGUF_MAX_DIMS; i++) {
        t->dims[i] = i < t->n_dims ? cursor_u64(c) : 1;
        *elements = units_mul(*elements, t->dims[i]);
    }
    if (cursor_ok(c) && *elements >= INT64_MAX)
        return cursor_fail_at(c, at, "tensor \"%.*s\" has too many elements to count",
                              (int)t->name.n, t->name.p);
    return cursor_ok(c);
}

static bool read_tensor(struct cursor *c, struct gguf_tensor *t, uint64_t expected_offset)
{
    uint64_t at = c->at, elements = 0;
    t->name = read_string(c);
    if (cursor_ok(c) && t->name.n > GGUF_MAX_NAME)
        return cursor_fail_at(c, at, "a tensor name of %zu bytes is longer than %d", t->name.n,
                              GGUF_MAX_NAME);
    if (!cursor_ok(c) || !read_dims(c, t, &elements))
        return false;
    at = c->at;
    t->type = cursor_u32(c);
    const struct ggml_type *type = cursor_ok(c) ? ggml_type_get(t->type) : NULL;
    if (!type)
        return cursor_fail_at(
            c, at, "tensor \"%.*s\" has the type %" PRIu32 ", which llama.cpp v0.5.0 does not know",
            (int)t->name.n, t->name.p, t->type);
    if (t->dims[0] % type->block_elems != 0)
        return cursor_fail_at(c, at,
                              "tensor \"%.*s\" has rows of %" PRIu64
                              " elements, not a multiple of the %s block (%" PRIu32 ")",
                              (int)t->name.n, t->name.p, t->dims[0], type->name, type->block_elems);
    t->bytes = units_mul(elements / type->block_elems, type->block_bytes);
    at = c->at;
    t->offset = cursor_u64(c);
    if (cursor_ok(c) && t->offset != expected_offset)
        return cursor_fail_at(c, at,
                              "the data of tensor \"%.*s\" starts at %" PRIu64
                              " instead of %" PRIu64 ": it overlaps, or leaves a gap",
                              (int)t->name.n, t->name.p, t->offset, expected_offset);
    return cursor_ok(c);
}

static bool read_tensors(struct cursor *c, struct arena *a, uint64_t n, struct gguf *out)
{
    if (n > cursor_left(c) / TENSOR_MIN_BYTES)
        return cursor_fail_at(c, 8, "%" PRIu64 " tensors are more than the file can hold", n);
    out->tensors = arena_array(a, (size_t)n, sizeof(*out->tensors));
    struct name_set seen = name_set_new(a, (size_t)n);
    uint64_t next = 0;
    for (; out->n_tensors < n; out->n_tensors++) {
        uint64_t at = c->at;
        struct gguf_tensor *t = &out->tensors[out->n_tensors];
        if (!read_tensor(c, t, next))
            return false;
        if (!name_set_add(&seen, &t->name))
            return cursor_fail_at(c, at, "the tensor \"%.*s\" appears twice", (int)t->name.n,
                                  t->name.p);
        next = units_round_up(units_add(next, t->bytes), out->alignment);
        if (next >= INT64_MAX)
            return cursor_fail_at(c, at, "tensor \"%.*s\" is larger than any file", (int)t->name.n,
                                  t->name.p);
    }
    out->data_bytes = next;
    return true;
}

/* The last tensor's padding may be missing at the end of a file; its data may not. */
static bool check_data(struct cursor *c, uint64_t file_size, struct gguf *out)
{
    out->data_offset = units_round_up(c->at, out->alignment);
    for (size_t i = 0; i < out->n_tensors; i++) {
        const struct gguf_tensor *t = &out->tensors[i];
        uint64_t end = units_add(out->data_offset, t->offset + t->bytes);
        if (end > file_size) {
            cursor_fail_at(c, file_size,
                           "the file ends inside the data of tensor \"%.*s\", which "
                           "reaches to byte %" PRIu64,
                           (int)t->name.n, t->name.p, end);
            return err_hint(c->err, "the download is incomplete: fetch it again");
        }
    }
    return true;
}

/* ---- the header ---- */

static bool wrong_magic(struct cursor *c, struct str magic)
{
    static const struct {
        const char *magic, *what;
    } others[] = {
        {"ggml", "an old GGML file"},
        {"lmgg", "an old GGML file"},
        {"fmgg", "an old GGMF file"},
        {"tjgg", "an old GGJT file"},
        {"FUGG", "a big-endian GGUF file"},
        {"PK\003\004", "a zip archive (a PyTorch checkpoint?)"},
        {"<!DO", "a web page, not the model behind it"},
        {"<htm", "a web page, not the model behind it"},
        {"vers", "a git-lfs pointer, not the model behind it"},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (magic.n == 4 && memcmp(magic.p, others[i].magic, 4) == 0) {
            cursor_fail_at(c, 0, "it is %s", others[i].what);
            return err_hint(c->err, "fetch the model again as GGUF");
        }
    cursor_fail_at(c, 0, "it does not start with \"GGUF\"");
    return err_hint(c->err, "is it a GGUF file?");
}

static bool read_version(struct cursor *c, struct gguf *out)
{
    out->version = cursor_u32(c);
    if (!cursor_ok(c))
        return false;
    if (out->version != 0 && (out->version & 0xffff) == 0) {
        cursor_fail_at(c, 4, "the file is written for big-endian machines");
        return err_hint(c->err, "convert it with gguf-py's gguf_convert_endian.py");
    }
    if (out->version < OLDEST_VERSION) {
        cursor_fail_at(c, 4, "GGUF version %" PRIu32 " is no longer supported by llama.cpp",
                       out->version);
        return err_hint(c->err, "fetch a newer conversion of this model");
    }
    if (out->version > NEWEST_VERSION) {
        cursor_fail_at(c, 4, "GGUF version %" PRIu32 " is newer than the %d known here",
                       out->version, NEWEST_VERSION);
        return err_hint(c->err, "update tailor and llama.cpp");
    }
    return true;
}

static const char damaged[] = "the download may be incomplete: fetch it again";

bool gguf_parse(struct arena *a, struct str bytes, uint64_t file_size, struct gguf *out,
                struct err *err)
{
    struct gguf g = {0};
    struct cursor c = cursor_over(bytes.p, bytes.n, err);
    struct str magic = cursor_bytes(&c, 4);
    if (cursor_ok(&c) && !str_eq(magic, "GGUF"))
        return wrong_magic(&c, magic);
    if (!read_version(&c, &g))
        return err_hint(err, "%s", damaged);
    uint64_t n_tensors = cursor_u64(&c);
    uint64_t n_kv = cursor_u64(&c);
    if (!cursor_ok(&c) || !read_kvs(&c, a, n_kv, &g) || !read_alignment(&c, &g) ||
        !read_tensors(&c, a, n_tensors, &g) || !check_data(&c, file_size, &g))
        return err_hint(err, "%s", damaged);
    *out = g;
    return true;
}
