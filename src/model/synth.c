/* From a spec to the header and the list of tensors. */
#include "model/synth.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/ggml_type.h"
#include "model/gguf_writer.h"
#include "model/synth_keys.h"
#include "model/synth_vocab.h"

/* NEAR: two edits, as for options, with nothing in common at the beginning. */
enum { SHAPE_NAME_MAX = 64, SUGGESTED = 3, NEAR = 2 * 2 };

/* ---- what the user asks for ---- */

struct candidate {
    const char *name;
    long distance;
};

/* Letters and digits, in lower case: "Llama 3.1-8B" is near "llama-3.1-8b". */
static void plain(const char *name, char out[SHAPE_NAME_MAX])
{
    size_t n = 0;
    for (; *name && n + 1 < SHAPE_NAME_MAX; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
    }
    out[n] = '\0';
}

/* A common beginning makes up for half as many edits: what follows a family's name matters less. */
static long distance(const char *wanted, const char *name)
{
    char a[SHAPE_NAME_MAX], b[SHAPE_NAME_MAX];
    long same = 0;
    plain(wanted, a);
    plain(name, b);
    while (a[same] && a[same] == b[same])
        same++;
    return 2 * (long)str_distance(a, b) - same;
}

static int nearer(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return strcmp(left->name, right->name);
}

static bool unknown_shape(const char *name, struct err *err)
{
    struct arena a = {0};
    size_t n;
    const struct shape *shapes = shape_list(&n);
    struct candidate *list = arena_array(&a, n, sizeof(*list));
    for (size_t i = 0; i < n; i++)
        list[i] = (struct candidate){shapes[i].name, distance(name, shapes[i].name)};
    qsort(list, n, sizeof(*list), nearer);
    err_set(err, ERR_USAGE, "unknown shape \"%s\"", name);
    size_t near = 0;
    while (near < n && near < SUGGESTED && list[near].distance <= NEAR)
        near++;
    if (near == 0)
        err_hint(err, "tailor synth --list names those that there are");
    else if (near == 1)
        err_hint(err, "did you mean %s?", list[0].name);
    else if (near == 2)
        err_hint(err, "did you mean %s or %s?", list[0].name, list[1].name);
    else
        err_hint(err, "did you mean %s, %s or %s?", list[0].name, list[1].name, list[2].name);
    arena_release(&a);
    return false;
}

static bool hint_file_types(struct err *err)
{
    struct strbuf list = {0};
    for (uint32_t id = 0; id <= FILE_Q2_0; id++)
        if (quant_default_type(id) != TYPE_COUNT)
            strbuf_addf(&list, "%s%s", list.len ? " " : "", file_type_name(id));
    err_hint(err, "known: %s", strbuf_cstr(&list));
    strbuf_release(&list);
    return false;
}

static bool parse_quant(const char *text, struct synth_spec *spec, struct err *err)
{
    const char *name = cstr_ieq(text, "MXFP4_MOE") ? "MXFP4" : text; /* llama-quantize's word */
    if (!file_type_find(name, &spec->file_type) ||
        quant_default_type(spec->file_type) == TYPE_COUNT) {
        err_set(err, ERR_USAGE, "unknown quantization \"%s\"", text);
        return hint_file_types(err);
    }
    if (spec->file_type == FILE_MXFP4 && !spec->shape.n_expert) {
        err_set(err, ERR_USAGE, "MXFP4 is for experts and %s has none", spec->shape.name);
        return err_hint(err, "use Q4_0 or Q8_0");
    }
    return true;
}

bool synth_parse(const char *text, struct synth_spec *out, struct err *err)
{
    struct synth_spec spec = {.data = SYNTH_GHOST, .tokens = SYNTH_VOCAB};
    char name[SHAPE_NAME_MAX] = "";
    if (cstr_starts(text, "shape:")) /* as where a MODEL is named */
        text += strlen("shape:");
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    if (n >= sizeof(name))
        return err_set(err, ERR_USAGE, "unknown shape \"%.*s...\"", 32, text);
    memcpy(name, text, n); /* NOLINT: name is zeroed and longer */
    if (!shape_find(name, &spec.shape))
        return unknown_shape(name, err);
    if (!colon || !colon[1]) {
        err_set(err, ERR_USAGE, "no quantization in \"%s\"", text);
        return err_hint(err, "write for example %s:Q4_K_M", name);
    }
    if (!parse_quant(colon + 1, &spec, err))
        return false;
    *out = spec;
    return true;
}

bool synth_cut(struct synth_spec *spec, uint32_t n_layer, struct err *err)
{
    if (n_layer < 1 || n_layer > spec->shape.n_layer)
        return err_set(err, ERR_USAGE, "%s has 1 to %u layers, not %u", spec->shape.name,
                       spec->shape.n_layer, n_layer);
    spec->shape.n_layer = n_layer;
    return true;
}

void synth_drop_nextn(struct synth_spec *spec)
{
    spec->shape.n_nextn = 0;
}

/* ---- tensors ---- */

/* llama-quantize starts from a 16-bit file; where it keeps a tensor, this was its type. */
static uint32_t source_of(uint32_t file_type)
{
    bool itself = file_type == FILE_F32 || file_type == FILE_F16 || file_type == FILE_BF16;
    return itself ? quant_default_type(file_type) : TYPE_F16;
}

static uint64_t bytes_of(const struct quant_tensor *t)
{
    return units_mul(ggml_type_row_bytes(ggml_type_get(t->type), t->ne[0]),
                     units_mul(units_mul(t->ne[1], t->ne[2]), t->ne[3]));
}

static void list_tensors(struct arena *a, const struct synth_spec *spec, struct synth_model *out)
{
    const struct shape *s = &spec->shape;
    struct quant_tensor *chosen = shape_tensors(a, s, source_of(spec->file_type), &out->n);
    if (ggml_type_get(quant_default_type(spec->file_type))->quantized) {
        bool attends = shape_block(s, 0) & BLOCK_ATTN;
        bool per_block = s->traits & HAS_KV_ARRAY;
        const struct quant_model model = {.arch = s->arch,
                                          .n_layer = s->n_layer + s->n_nextn,
                                          .n_head = s->n_head,
                                          .n_head_kv = attends || !per_block ? s->n_head_kv : 0,
                                          .n_expert = s->n_expert};
        quant_choose(&model, spec->file_type, chosen, out->n);
    } else {
        for (size_t i = 0; i < out->n; i++) /* the converter's own file */
            chosen[i].type = chosen[i].source;
    }
    out->tensors = arena_array(a, out->n, sizeof(*out->tensors));
    for (size_t i = 0; i < out->n; i++) {
        struct synth_tensor *t = &out->tensors[i];
        t->name = chosen[i].name;
        memcpy(t->ne, chosen[i].ne, sizeof(t->ne));
        t->type = chosen[i].type;
        t->bytes = bytes_of(&chosen[i]);
        t->at = out->size;
        out->size = units_add(t->at, units_round_up(t->bytes, GGUF_DEFAULT_ALIGNMENT));
        out->weights_bytes = units_add(out->weights_bytes, t->bytes);
    }
}

void synth_header(struct arena *a, const struct synth_spec *spec, struct synth_model *out)
{
    struct synth_model model = {0};
    struct gguf_writer w;
    list_tensors(a, spec, &model);
    gguf_write_begin(&w);
    synth_write_keys(&w, &spec->shape, spec->file_type);
    if (spec->tokens == SYNTH_VOCAB)
        synth_write_vocab(&w, &spec->shape);
    else
        synth_write_no_vocab(&w);
    gguf_write_str(&w, SYNTH_KEY, spec->data == SYNTH_GHOST ? "ghost" : "random");
    for (size_t i = 0; i < model.n; i++) {
        const struct synth_tensor *t = &model.tensors[i];
        gguf_write_tensor(&w, t->name, t->ne, t->type, t->at);
    }
    gguf_write_end(&w);
    char *header = arena_alloc(a, w.out.len); /* strbuf_take() is for text */
    memcpy(header, w.out.p, w.out.len);
    model.header = (struct str){header, w.out.len};
    strbuf_release(&w.out);
    for (size_t i = 0; i < model.n; i++) /* from here on places in the file */
        model.tensors[i].at += model.header.n;
    model.size += model.header.n;
    *out = model;
}
