/* Bytes as a GGUF file: parsed, written again, priced, shown, and planned for.
 *
 * A file may be several: SEPARATOR cuts it into the shards of a split set. */
#include "fuzz_worlds.h"
#include "model/ggml_type.h"
#include "model/gguf_writer.h"
#include "model/model_file.h"
#include "plan/compute.h"
#include "plan/kv.h"

static const char SEPARATOR[] = "====next shard====";
enum { MOST_SHARDS = 4, LOOKED_AT = 64 };

/* ---- the reader ---- */

static void require_inside(const struct gguf_kv *kv, const char *bytes, size_t size)
{
    const unsigned char *start = (const unsigned char *)bytes;
    REQUIRE(kv->raw >= start && kv->raw_size <= size &&
                (size_t)(kv->raw - start) <= size - (size_t)kv->raw_size,
            "a value lies outside of the file");
}

static void read_values(const struct gguf *g, const char *bytes, size_t size)
{
    for (size_t i = 0; i < g->n_kv; i++) {
        const struct gguf_kv *kv = &g->kv[i];
        require_inside(kv, bytes, size);
        for (uint64_t k = 0; k < kv->count && k < LOOKED_AT; k++) {
            uint64_t number;
            struct str text = {0};
            gguf_element_u64(kv, k, &number);
            if (gguf_element_str(kv, k, &text))
                REQUIRE(text.p >= bytes && text.n <= size, "a string lies outside of the file");
        }
        struct str out;
        REQUIRE(!gguf_element_str(kv, kv->count, &out), "an array has one element too many");
    }
    for (size_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensors[i];
        REQUIRE(t->bytes <= g->data_bytes && t->offset <= g->data_bytes - t->bytes,
                "a tensor lies outside of the data");
        REQUIRE(t->offset % g->alignment == 0, "a tensor is not aligned");
    }
}

static bool has_nul(struct str s)
{
    return memchr(s.p, 0, s.n) != NULL;
}

/* What the writer makes of it is read back the same. */
static void write_again(struct arena *a, const struct gguf *g)
{
    struct gguf_writer w = {0};
    struct gguf again;
    struct err err = {0};
    gguf_write_begin(&w);
    for (size_t i = 0; i < g->n_kv; i++)
        gguf_write_copy(&w, &g->kv[i]);
    for (size_t i = 0; i < g->n_tensors; i++) {
        const struct gguf_tensor *t = &g->tensors[i];
        if (has_nul(t->name)) { /* no tensor of ours: names are C strings there */
            strbuf_release(&w.out);
            return;
        }
        gguf_write_tensor(&w, str_dup(a, t->name), t->dims, t->type, t->offset);
    }
    gguf_write_end(&w);
    struct str bytes = {strbuf_cstr(&w.out), w.out.len};
    REQUIRE(gguf_parse(a, bytes, UINT64_MAX, &again, &err), "our own header is refused: %s, %s",
            err.cause, err.place);
    REQUIRE(again.n_kv == g->n_kv && again.n_tensors == g->n_tensors, "a header lost records");
    for (size_t i = 0; i < g->n_kv; i++)
        REQUIRE(again.kv[i].type == g->kv[i].type && again.kv[i].count == g->kv[i].count &&
                    again.kv[i].raw_size == g->kv[i].raw_size &&
                    memcmp(again.kv[i].raw, g->kv[i].raw, (size_t)g->kv[i].raw_size) == 0,
                "a key changed");
    for (size_t i = 0; i < g->n_tensors; i++)
        REQUIRE(again.tensors[i].bytes == g->tensors[i].bytes &&
                    memcmp(again.tensors[i].dims, g->tensors[i].dims, sizeof(g->tensors[i].dims)) ==
                        0,
                "a tensor changed");
    strbuf_release(&w.out);
}

/* ---- the model ---- */

static void check_model(const struct model *m)
{
    uint64_t sum = 0, layers = 0;
    for (size_t i = 0; i < m->n_tensors; i++)
        sum = units_add(sum, m->tensors[i].bytes);
    REQUIRE(sum == m->weights_bytes, "the weights are not the sum of the tensors");
    for (uint32_t il = 0; il < m->n_layer; il++) {
        const struct model_layer *layer = &m->layers[il];
        uint64_t dim = layer->window ? m->head_dim_k_window : m->head_dim_k;
        REQUIRE(layer->embd_k == layer->heads_kv * dim, "a cached row has another width");
        REQUIRE(layer->expert_bytes <= layer->bytes, "experts are larger than their layer");
        layers = units_add(layers, layer->bytes);
    }
    REQUIRE(layers <= m->weights_bytes, "the layers are larger than the model");
}

static void plan_it(const struct model *m, uint32_t choice)
{
    struct arena a = {0};
    struct machine machine;
    struct goal goal = {.ctx_per_slot = choice & 2 ? 8192 : 0, .no_spill = (choice & 4) != 0};
    world_machine(&a, choice & 1, &machine);
    if (choice & 8) {
        goal.pinned.cache_type_k = goal.pinned.cache_type_v = 8; /* q8_0 */
        settings_mark(&goal.pinned, SET_CACHE_TYPE_K);
        settings_mark(&goal.pinned, SET_CACHE_TYPE_V);
    }
    require_plan(m, &machine, &goal);
    arena_release(&a);
}

/* Header alone, as far as it was fetched: the tensors may lie beyond the bytes given. */
static void parse_header(const char *bytes, size_t size, uint32_t choice)
{
    struct arena a = {0};
    struct err err = {0};
    struct gguf g;
    struct model m = {0};
    struct str all = {bytes, size};
    bool parsed = gguf_parse(&a, all, INT64_MAX, &g, &err);
    require_bounded(&a, size, 64 << 10, 16);
    if (parsed) {
        read_values(&g, bytes, size);
        write_again(&a, &g);
        parsed = model_from_gguf(&a, &g, 1, &m, &err);
        require_bounded(&a, size, 256 << 10, 64);
    }
    if (parsed) {
        check_model(&m);
        m.path = "m.gguf";
        plan_it(&m, choice);
    } else {
        require_error(&err);
    }
    arena_release(&a);
}

/* ---- files ---- */

/* The input as one file, or as the shards of a set; *path is one of them. */
static struct fs *files_of(struct arena *a, struct str bytes, const char **path)
{
    struct fs *fs = fs_memory(a);
    struct str parts[MOST_SHARDS], rest = bytes;
    size_t n = 0, length = sizeof(SEPARATOR) - 1;
    for (size_t at = 0; n + 1 < MOST_SHARDS && at + length <= rest.n;)
        if (memcmp(rest.p + at, SEPARATOR, length) == 0) {
            parts[n++] = (struct str){rest.p, at};
            rest = (struct str){rest.p + at + length, rest.n - at - length};
            at = 0;
        } else {
            at++;
        }
    parts[n++] = rest;
    for (size_t i = 0; i < n; i++) {
        *path = n == 1 ? "m.gguf" : arena_printf(a, "m-%05zu-of-%05zu.gguf", i + 1, n);
        fs_memory_add(fs, *path, parts[i].p, parts[i].n);
    }
    return fs;
}

/* What `tailor inspect` says of one context. */
static struct memory_row price(const struct model *m, uint32_t ctx, uint32_t type)
{
    struct context c;
    struct weights w;
    struct compute compute;
    const struct placement on_host = {0};
    struct settings s = {
        .ctx_size = ctx, .parallel = 1, .cache_type_k = type, .cache_type_v = type};
    settings_mark(&s, SET_CTX_SIZE);
    settings_mark(&s, SET_PARALLEL);
    settings_mark(&s, SET_CACHE_TYPE_K);
    settings_mark(&s, SET_CACHE_TYPE_V);
    context_resolve(m, &s, &c);
    weights_place(m, &on_host, &w);
    compute_estimate(m, &c, &on_host, &compute);
    return (struct memory_row){.ctx = ctx,
                               .parallel = c.slots,
                               .type_k = ggml_type_get(type)->name,
                               .type_v = ggml_type_get(type)->name,
                               .weights = w.host,
                               .kv = kv_total_bytes(m, &c),
                               .state = state_total_bytes(m, &c),
                               .compute = compute.host,
                               .output = compute.output};
}

static void view_it(struct arena *a, const struct model *m)
{
    static const uint32_t types[] = {TYPE_F16, TYPE_Q8_0};
    struct memory_row rows[4];
    size_t n = 0;
    struct doc d = {.arena = a};
    const struct doc_style style = {100, false};
    struct strbuf text = {0};
    for (size_t i = 0; m->arch && m->n_layer && i < COUNT_OF(types); i++) {
        rows[n++] = price(m, 512, types[i]);
        rows[n++] = price(m, 32768, types[i]);
        REQUIRE(rows[n - 2].kv <= rows[n - 1].kv, "a longer context keeps less");
        REQUIRE(rows[n - 2].compute <= rows[n - 1].compute, "a longer context computes with less");
    }
    view_model(&d, m, rows, n);
    doc_row(&d, "model", "%s", view_model_line(a, m));
    doc_write_text(&d, &style, &text);
    require_plain_text(strbuf_cstr(&text), text.len);
    strbuf_release(&text);
}

/* As files on a disk. */
static void open_files(struct str bytes)
{
    struct arena a = {0};
    struct err err = {0};
    struct model_file f;
    const char *path;
    struct fs *fs = files_of(&a, bytes, &path);
    if (model_file_open(&f, &a, fs, path, &err)) {
        require_document(model_to_json(&f.model));
        check_model(&f.model);
        view_it(&a, &f.model);
        model_file_close(&f);
    } else {
        require_error(&err);
    }
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = exact_copy(data, size);
    uint32_t choice = choice_of(data, size, 16);
    parse_header(bytes, size, choice);
    open_files((struct str){bytes, size});
    free(bytes);
    return 0;
}
