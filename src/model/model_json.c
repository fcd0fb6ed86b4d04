/* tailor.model/1 */
#include "model/model.h"

#include "model/ggml_type.h"

static json_t *by_type(const struct model *m)
{
    uint64_t bytes[TYPE_COUNT] = {0};
    json_t *o = json_object();
    for (size_t i = 0; i < m->n_tensors; i++)
        bytes[m->tensors[i].type] += m->tensors[i].bytes;
    for (uint32_t id = 0; id < TYPE_COUNT; id++)
        if (bytes[id])
            js_put_u64(o, ggml_type_get(id)->name, bytes[id]);
    return o;
}

static uint32_t recurrent_layers(const struct model *m)
{
    uint32_t n = 0;
    for (uint32_t il = 0; il < m->n_layer; il++)
        n += m->layers[il].recurrent;
    return n;
}

/* A count that is unknown when the architecture is. */
static void put_known(json_t *o, const char *key, const struct model *m, uint64_t v)
{
    if (m->arch)
        js_put_u64(o, key, v);
    else
        js_put_null(o, key);
}

static void put_hparams(json_t *o, const struct model *m)
{
    put_known(o, "layers", m, m->n_layer);
    put_known(o, "embedding", m, m->n_embd);
    put_known(o, "heads", m, m->n_head);
    put_known(o, "heads_kv", m, m->n_head_kv);
    put_known(o, "head_dim_k", m, m->head_dim_k);
    put_known(o, "head_dim_v", m, m->head_dim_v);
    put_known(o, "context_train", m, m->n_ctx_train);
    put_known(o, "vocab", m, m->n_vocab);
    put_known(o, "experts", m, m->n_expert);
    put_known(o, "experts_used", m, m->n_expert_used);
    put_known(o, "sliding_window", m, m->window);
    put_known(o, "recurrent_layers", m, recurrent_layers(m));
    put_known(o, "nextn_layers", m, m->n_layer_nextn);
}

json_t *model_to_json(const struct model *m)
{
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.model/1");
    js_put_str(o, "path", m->path);
    js_put(o, "files", js_strings(m->files, m->n_files));
    js_put_str(o, "name", m->name);
    js_put_str(o, "architecture", m->architecture);
    js_put_str(o, "quantization", m->quantization);
    if (m->file_type >= 0)
        js_put_i64(o, "file_type", m->file_type);
    else
        js_put_null(o, "file_type");
    js_put_u64(o, "parameters", m->parameters);
    js_put_u64(o, "weights_bytes", m->weights_bytes);
    if (m->parameters)
        js_put_real(o, "bits_per_weight", 8.0 * (double)m->weights_bytes / (double)m->parameters);
    else
        js_put_null(o, "bits_per_weight");
    put_hparams(o, m);
    js_put_bool(o, "tied_embeddings", m->tied_embeddings);
    js_put_u64(o, "tensors", m->n_tensors);
    js_put(o, "by_type", by_type(m));
    return o;
}

json_t *model_to_short_json(const struct model *m)
{
    json_t *o = json_object();
    js_put_str(o, "name", m->name);
    js_put_str(o, "path", m->path);
    js_put_str(o, "architecture", m->architecture);
    js_put_str(o, "quantization", m->quantization);
    js_put_u64(o, "parameters", m->parameters);
    js_put_u64(o, "weights_bytes", m->weights_bytes);
    return o;
}
