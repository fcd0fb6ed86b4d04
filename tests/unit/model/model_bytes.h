/* ---- A model's header in a few words, for the tests of model.c. ---- */
#ifndef TESTS_UNIT_MODEL_MODEL_BYTES_H
#define TESTS_UNIT_MODEL_MODEL_BYTES_H

#include "base/attr.h"
#include "model/ggml_type.h"
#include "model/gguf_bytes.h"
#include "model/model.h"
#include "test.h"

struct model_world {
    struct arena a;
    struct strbuf b;
    struct err err;
    struct gguf g;
    struct model m;
};

static inline int model_world_set_up(void **state)
{
    *state = calloc(1, sizeof(struct model_world));
    return *state ? 0 : -1;
}

static inline int model_world_tear_down(void **state)
{
    struct model_world *w = *state;
    arena_release(&w->a);
    strbuf_release(&w->b);
    free(w);
    return 0;
}

#define MODEL_TEST(name) \
    cmocka_unit_test_setup_teardown(name, model_world_set_up, model_world_tear_down)

struct tensor_row {
    const char *name;
    uint32_t type;
    uint64_t ne0, ne1;
};

static inline uint64_t number_of(struct str word)
{
    unsigned long long v = 0;
    assert_true(str_u64(word, &v));
    return v;
}

/* "8": U32 (U64 where it is larger); "8,0,4": an array; "[]": an empty one; "off": BOOL; all else
 * is text. */
static inline void put_value(struct strbuf *b, struct str value)
{
    uint32_t list[64];
    size_t n = 0;
    unsigned long long v;
    struct str rest = value, part;
    if (str_eq(value, "on") || str_eq(value, "off")) {
        put_u32(b, GGUF_BOOL);
        strbuf_addc(b, str_eq(value, "on"));
    } else if (str_u64(value, &v)) {
        put_u32(b, v > UINT32_MAX ? GGUF_U64 : GGUF_U32);
        if (v > UINT32_MAX)
            put_u64(b, v);
        else
            put_u32(b, (uint32_t)v);
    } else if (str_eq(value, "[]") || memchr(value.p, ',', value.n)) {
        while (!str_eq(value, "[]") && str_cut(&rest, ',', &part))
            list[n++] = (uint32_t)number_of(part);
        put_u32(b, GGUF_ARRAY);
        put_u32(b, GGUF_U32);
        put_u64(b, n);
        for (size_t i = 0; i < n; i++)
            put_u32(b, list[i]);
    } else {
        put_u32(b, GGUF_STRING);
        put_u64(b, value.n);
        strbuf_add(b, value.p, value.n);
    }
}

/* Keys "name=value name=value" of the architecture; "@name" stands for itself. */
static inline void put_model(struct strbuf *b, const char *arch, const char *keys,
                             const struct tensor_row *tensors, size_t n_tensors)
{
    struct str rest = str_from(keys), pair;
    uint64_t n_kv = arch != NULL, at = 0;
    while (str_cut(&rest, ' ', &pair))
        n_kv += pair.n > 0;
    strbuf_clear(b);
    put_header(b, n_tensors, n_kv);
    if (arch)
        put_kv_str(b, "general.architecture", arch);
    rest = str_from(keys);
    while (str_cut(&rest, ' ', &pair)) {
        struct str value = pair, name;
        struct arena a = {0};
        if (pair.n == 0)
            continue;
        str_cut(&value, '=', &name);
        const char *key = str_dup(&a, name);
        put_str(b, *key == '@' ? key + 1 : arena_printf(&a, "%s.%s", arch, key));
        put_value(b, value);
        arena_release(&a);
    }
    for (size_t i = 0; i < n_tensors; i++) {
        const struct tensor_row *t = &tensors[i];
        put_tensor(b, t->name, t->type, t->ne0, t->ne1, at);
        uint64_t bytes = ggml_type_row_bytes(ggml_type_get(t->type), t->ne0) * t->ne1;
        at += (bytes + 31) / 32 * 32;
    }
}

/* The header alone; the file is said to be long enough. */
static inline bool read_tensors_of(struct model_world *w, const char *arch, const char *keys,
                                   const struct tensor_row *tensors, size_t n_tensors)
{
    put_model(&w->b, arch, keys, tensors, n_tensors);
    strbuf_pad(&w->b, 0, (32 - w->b.len % 32) % 32);
    w->err = (struct err){0};
    w->m = (struct model){0};
    struct str bytes = {strbuf_cstr(&w->b), w->b.len};
    CHECK_OK(gguf_parse(&w->a, bytes, UINT32_MAX, &w->g, &w->err), &w->err);
    return model_from_gguf(&w->a, &w->g, 1, &w->m, &w->err);
}

/* What every architecture requires, and more keys. */
#define BASICS "context_length=4096 embedding_length=512 block_count=4"

static inline bool read_keys(struct model_world *w, const char *arch, const char *keys)
{
    return read_tensors_of(w, arch, keys, NULL, 0);
}

#endif
