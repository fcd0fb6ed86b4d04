#include "model/model_bytes.h"
#include "model/shape.h"
#include "model/synth.h"

static json_t *document(struct model_world *w, const struct model *m)
{
    json_t *o = model_to_json(m);
    char *text = js_text(o);
    json_decref(o);
    o = js_parse(str_from(text), &w->err); /* what a reader of the file sees */
    free(text);
    assert_non_null(o);
    return o;
}

static uint64_t number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v))
        fail_msg("\"%s\" is no whole number", key);
    return (uint64_t)json_integer_value(v);
}

static bool is_null(const json_t *o, const char *key)
{
    return json_is_null(json_object_get(o, key));
}

static void a_model_is_told_in_full(void **state)
{
    struct model_world *w = *state;
    static const struct tensor_row rows[] = {{"token_embd.weight", TYPE_Q8_0, 512, 100},
                                             {"blk.0.attn_q.weight", TYPE_F32, 512, 512}};
    CHECK_OK(read_tensors_of(w, "jamba",
                             BASICS " @general.name=Tiny @general.file_type=7 "
                                    "attention.head_count=8 attention.head_count_kv=0,8,0,8",
                             rows, 2),
             &w->err);
    const char *files[] = {"/m/x.gguf"};
    w->m.path = files[0];
    w->m.files = files;
    w->m.n_files = 1;
    json_t *o = document(w, &w->m);
    assert_string_equal(json_string_value(json_object_get(o, "schema")), "tailor.model/1");
    assert_string_equal(json_string_value(json_object_get(o, "path")), "/m/x.gguf");
    assert_string_equal(json_string_value(json_object_get(o, "name")), "Tiny");
    assert_string_equal(json_string_value(json_object_get(o, "quantization")), "Q8_0");
    assert_int_equal(json_array_size(json_object_get(o, "files")), 1);
    assert_int_equal(number(o, "file_type"), 7);
    assert_int_equal(number(o, "layers"), 4);
    assert_int_equal(number(o, "heads_kv"), 8);
    assert_int_equal(number(o, "recurrent_layers"), 2);
    assert_int_equal(number(o, "vocab"), 100);
    assert_int_equal(number(o, "tensors"), 2);
    assert_true(json_is_true(json_object_get(o, "tied_embeddings")));
    const json_t *types = json_object_get(o, "by_type");
    assert_int_equal(json_object_size(types), 2);
    assert_int_equal(number(types, "Q8_0") + number(types, "F32"), number(o, "weights_bytes"));
    json_decref(o);
}

static void what_is_unknown_is_null(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "next-year", BASICS), &w->err);
    json_t *o = document(w, &w->m);
    static const char *const unknown[] = {"name",  "path",           "file_type",    "layers",
                                          "heads", "context_train",  "nextn_layers", "quantization",
                                          "vocab", "bits_per_weight"};
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        if (!is_null(o, unknown[i]))
            fail_msg("\"%s\" is not null", unknown[i]);
    assert_string_equal(json_string_value(json_object_get(o, "architecture")), "next-year");
    json_decref(o);
}

static void a_plan_names_its_model_in_short(void **state)
{
    struct model_world *w = *state;
    static const struct tensor_row rows[] = {{"token_embd.weight", TYPE_Q8_0, 512, 100}};
    CHECK_OK(read_tensors_of(w, "llama", BASICS, rows, 1), &w->err);
    json_t *o = model_to_short_json(&w->m);
    assert_int_equal(json_object_size(o), 6);
    assert_int_equal(number(o, "parameters"), 51200);
    assert_int_equal(number(o, "weights_bytes"), 51200 / 32 * 34);
    assert_true(is_null(o, "name"));
    json_decref(o);
}

/* Every shape of the catalogue, as a file would have it. */
static void bytes_by_type_and_layer_add_up_for_every_shape(void **state)
{
    struct model_world *w = *state;
    size_t n;
    const struct shape *shapes = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        struct arena a = {0};
        struct synth_spec spec;
        struct synth_model made;
        struct gguf g;
        struct model m;
        CHECK_OK(synth_parse(arena_printf(&a, "%s:Q8_0", shapes[i].name), &spec, &w->err), &w->err);
        spec.tokens = SYNTH_NO_VOCAB;
        synth_header(&a, &spec, &made);
        CHECK_OK(gguf_parse(&a, made.header, made.size, &g, &w->err), &w->err);
        CHECK_OK(model_from_gguf(&a, &g, 1, &m, &w->err), &w->err);
        assert_int_equal(m.weights_bytes, made.weights_bytes);
        uint64_t outside = 0, layers = 0, types = 0;
        for (size_t t = 0; t < m.n_tensors; t++) {
            bool inside = str_starts(m.tensors[t].name, "blk.");
            outside += inside ? 0 : m.tensors[t].bytes;
        }
        for (uint32_t il = 0; il < m.n_layer + m.n_layer_nextn; il++) {
            assert_true(m.layers[il].expert_bytes <= m.layers[il].bytes);
            layers += m.layers[il].bytes;
        }
        assert_int_equal(outside + layers, m.weights_bytes);
        json_t *o = document(w, &m);
        const char *key;
        json_t *v;
        json_object_foreach(json_object_get(o, "by_type"), key, v) types +=
            (uint64_t)json_integer_value(v);
        assert_int_equal(types, m.weights_bytes);
        json_decref(o);
        arena_release(&a);
    }
    assert_true(n >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(a_model_is_told_in_full),
        MODEL_TEST(what_is_unknown_is_null),
        MODEL_TEST(a_plan_names_its_model_in_short),
        MODEL_TEST(bytes_by_type_and_layer_add_up_for_every_shape),
    };
    return RUN_TESTS(tests);
}
