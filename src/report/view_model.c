/* A model for people. */
#include "base/units.h"
#include "model/ggml_type.h"
#include "report/views.h"

static const char *size(struct arena *a, uint64_t bytes)
{
    char text[UNITS_TEXT];
    return arena_strdup(a, units_bytes(bytes, text));
}

static const char *count(struct arena *a, uint64_t n)
{
    char text[UNITS_TEXT];
    return arena_strdup(a, units_count(n, text));
}

const char *view_model_line(struct arena *a, const struct model *m)
{
    char params[UNITS_TEXT];
    struct strbuf line = {0};
    strbuf_addf(&line, "%s %s %s", units_params(m->parameters, params),
                m->quantization ? m->quantization : "?", size(a, m->weights_bytes));
    strbuf_addf(&line, " - %s", m->architecture);
    if (m->n_expert)
        strbuf_addf(&line, ", %u of %u experts", (unsigned)m->n_expert_used, (unsigned)m->n_expert);
    if (m->n_layer_nextn)
        strbuf_adds(&line, ", MTP head");
    if (m->n_ctx_train)
        strbuf_addf(&line, ", trained on %s tokens", count(a, m->n_ctx_train));
    if (m->synthetic && !cstr_starts(m->path, "shape:"))
        strbuf_addf(&line, ", %s weights", m->synthetic);
    return strbuf_take(&line, a);
}

static void attention(struct doc *d, const struct model *m)
{
    uint32_t recurrent = 0, windows = 0;
    for (uint32_t il = 0; il < m->n_layer; il++) {
        recurrent += m->layers[il].recurrent;
        windows += m->layers[il].window;
    }
    doc_row(d, "layers", "%u, %u wide", (unsigned)m->n_layer, (unsigned)m->n_embd);
    if (m->n_head_kv)
        doc_row(d, "attention", "%u heads, %u KV heads of %u%s", (unsigned)m->n_head,
                (unsigned)m->n_head_kv, (unsigned)m->head_dim_k,
                m->mla ? ", one latent row a token (MLA)" : "");
    if (windows)
        doc_row(d, "window", "%u layers see %s tokens", (unsigned)windows,
                count(d->arena, m->window));
    if (recurrent)
        doc_row(d, "recurrent", "%u layers keep a state instead of a cache", (unsigned)recurrent);
    if (m->n_expert)
        doc_row(d, "experts", "%u of %u used for each token", (unsigned)m->n_expert_used,
                (unsigned)m->n_expert);
    if (m->n_layer_nextn)
        doc_row(d, "MTP", "%u next-token layer%s", (unsigned)m->n_layer_nextn,
                m->n_layer_nextn == 1 ? "" : "s");
    doc_row(d, "vocabulary", "%s tokens%s", count(d->arena, m->n_vocab),
            m->tied_embeddings ? ", embeddings are the output matrix, too" : "");
    doc_row(d, "trained on", "%s tokens of context", count(d->arena, m->n_ctx_train));
}

static void types(struct doc *d, const struct model *m)
{
    uint64_t bytes[TYPE_COUNT] = {0};
    struct strbuf list = {0};
    for (size_t i = 0; i < m->n_tensors; i++)
        bytes[m->tensors[i].type] += m->tensors[i].bytes;
    for (uint32_t id = 0; id < TYPE_COUNT; id++)
        if (bytes[id])
            strbuf_addf(&list, "%s%s %s", list.len ? ", " : "", ggml_type_get(id)->name,
                        size(d->arena, bytes[id]));
    doc_row(d, "types", "%s", strbuf_cstr(&list));
    strbuf_release(&list);
}

static void memory(struct doc *d, const struct memory_row *rows, size_t n)
{
    static const struct doc_column columns[] = {
        {"context", DOC_RIGHT}, {"slots", DOC_RIGHT}, {"weights", DOC_RIGHT},
        {"KV", DOC_RIGHT},      {"state", DOC_RIGHT}, {"compute", DOC_RIGHT},
        {"output", DOC_RIGHT},  {"total", DOC_RIGHT}, {"there", DOC_LEFT},
    };
    size_t n_columns = COUNT_OF(columns) - (n && rows[0].on ? 0 : 1);
    doc_section(d, "memory (on the CPU, closed form)");
    struct doc_table *t = doc_table(d, columns, n_columns);
    bool all_claimed = true;
    for (size_t i = 0; i < n; i++) {
        const struct memory_row *r = &rows[i];
        doc_cell(d, t, "%s", count(d->arena, r->ctx));
        doc_cell(d, t, "%u", (unsigned)r->parallel);
        doc_cell(d, t, "%s", size(d->arena, r->weights));
        doc_cell(d, t, "%s", size(d->arena, r->kv));
        doc_cell(d, t, "%s", size(d->arena, r->state));
        doc_cell(d, t, "%s%s", r->claimed ? "" : "~", size(d->arena, r->compute));
        doc_cell(d, t, "%s", size(d->arena, r->output));
        doc_cell(d, t, "%s",
                 size(d->arena, r->weights + r->kv + r->state + r->compute + r->output));
        if (r->on)
            doc_cell(d, t, "%s", r->on);
        all_claimed = all_claimed && r->claimed;
    }
    if (!all_claimed)
        doc_text(d, "~ is an estimate: tailor plan asks the engine's own dry run.");
}

void view_model(struct doc *d, const struct model *m, const struct memory_row *rows, size_t n)
{
    char params[UNITS_TEXT];
    doc_row(d, "model", "%s", m->name ? m->name : m->path);
    doc_row(d, "file", "%s%s", m->path,
            m->n_files > 1 ? arena_printf(d->arena, " and %zu more", m->n_files - 1) : "");
    if (m->parameters) {
        doc_row(d, "size", "%s parameters, %s, %.2f bits each, %s",
                units_params(m->parameters, params), size(d->arena, m->weights_bytes),
                8.0 * (double)m->weights_bytes / (double)m->parameters,
                m->quantization ? m->quantization : "unknown quantization");
        types(d, m);
    } else {
        doc_row(d, "size", "no weights: a vocabulary alone");
    }
    doc_row(d, "family", "%s%s", m->architecture,
            m->arch ? "" : " (unknown to llama.cpp v0.5.0: only sizes can be read)");
    if (!m->arch)
        return;
    attention(d, m);
    if (n)
        memory(d, rows, n);
}
