#include "model/model.h"

#include "model/model_bytes.h"

/* ---- hyper-parameters ---- */

static void widths_and_counts_are_read(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "llama",
                       BASICS " attention.head_count=8 attention.head_count_kv=2 "
                              "feed_forward_length=1408 expert_count=16 expert_used_count=4 "
                              "expert_feed_forward_length=256 "
                              "expert_shared_feed_forward_length=128"),
             &w->err);
    const struct model *m = &w->m;
    assert_string_equal(m->architecture, "llama");
    assert_int_equal(m->n_ctx_train, 4096);
    assert_int_equal(m->n_embd, 512);
    assert_int_equal(m->n_layer, 4);
    assert_int_equal(m->n_head, 8);
    assert_int_equal(m->n_head_kv, 2);
    assert_int_equal(m->head_dim_k, 64); /* embedding over heads */
    assert_int_equal(m->layers[3].embd_k, 128);
    assert_int_equal(m->layers[3].embd_v, 128);
    assert_int_equal(m->n_ff, 1408);
    assert_int_equal(m->n_expert, 16);
    assert_int_equal(m->n_expert_used, 4);
    assert_int_equal(m->n_ff_expert, 256);
    assert_int_equal(m->n_ff_shared_expert, 128);
    assert_true(m->causal && m->layers[0].kv && !m->layers[0].recurrent);
}

static void what_a_key_does_not_say_follows_the_others(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "llama", BASICS " attention.head_count=8"), &w->err);
    assert_int_equal(w->m.n_head_kv, 8); /* no grouped queries */
    CHECK_OK(read_keys(w, "llama",
                       BASICS " attention.head_count=8 attention.key_length=96 "
                              "attention.value_length=128"),
             &w->err);
    assert_int_equal(w->m.head_dim_k, 96);
    assert_int_equal(w->m.head_dim_v, 128);
    assert_int_equal(w->m.layers[0].embd_v, 8 * 128);
    assert_int_equal(w->m.head_dim_k_window, 96);
    CHECK_OK(read_keys(w, "llama", BASICS), &w->err); /* no heads at all */
    assert_int_equal(w->m.head_dim_k, 0);
    assert_int_equal(w->m.n_head_kv, 0);
}

static void mla_keeps_a_key_and_no_value(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "deepseek2",
                       BASICS " attention.head_count=8 attention.head_count_kv=1 "
                              "attention.key_length=576 attention.value_length=512 "
                              "attention.key_length_mla=192 attention.value_length_mla=128"),
             &w->err);
    assert_true(w->m.mla);
    assert_int_equal(w->m.layers[0].embd_k, 576);
    assert_int_equal(w->m.layers[0].embd_v, 0);
}

static void numbers_may_differ_by_layer(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "deci",
                       BASICS " attention.head_count=8,0,8,8 attention.head_count_kv=8,0,2,4 "
                              "feed_forward_length=100,200,300,0"),
             &w->err);
    assert_int_equal(w->m.layers[1].heads_kv, 0);
    assert_int_equal(w->m.layers[2].embd_k, 2 * 64);
    assert_int_equal(w->m.layers[3].ff, 0);
    assert_int_equal(w->m.n_ff, 300); /* the widest */
    assert_int_equal(w->m.n_head_kv, 8);
}

static void next_token_layers_are_counted_apart(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "glm4moe", BASICS " nextn_predict_layers=1 attention.head_count=8"),
             &w->err);
    assert_int_equal(w->m.n_layer, 3);
    assert_int_equal(w->m.n_layer_nextn, 1);
    assert_true(w->m.layers[2].kv && !w->m.layers[3].kv);
}

static void what_is_missing_or_absurd_is_refused_by_its_key(void **state)
{
    struct model_world *w = *state;
    static const struct {
        const char *keys, *why;
    } bad[] = {
        {"embedding_length=512 block_count=4", "the key \"llama.context_length\" is missing"},
        {"context_length=4096 block_count=4", "\"llama.embedding_length\" is missing"},
        {"context_length=4096 embedding_length=512", "\"llama.block_count\" is missing"},
        {"block_count=4", "\"llama.context_length\" is missing"}, /* the first of two */
        {"context_length=4096 embedding_length=512 block_count=0",
         "\"llama.block_count\" is not a sensible number"},
        {"context_length=4096 embedding_length=512 block_count=513",
         "\"llama.block_count\" is not a sensible number"},
        {"context_length=4096 embedding_length=text block_count=4",
         "\"llama.embedding_length\" is not a sensible number"},
        {"context_length=[] embedding_length=512 block_count=4",
         "\"llama.context_length\" is not a sensible number"},
        {"context_length=4294967296 embedding_length=512 block_count=4",
         "\"llama.context_length\" is not a sensible number"},
        {BASICS " nextn_predict_layers=4", "\"llama.block_count\" is not a sensible number"},
        {BASICS " expert_count=4 expert_used_count=5",
         "\"llama.expert_used_count\" is larger than the number of experts"},
        {BASICS " expert_count=1025", "\"llama.expert_count\" is not a sensible number"},
        {BASICS " attention.head_count=8,8,8", "has fewer entries than the model has layers"},
        {BASICS " attention.head_count=8,8,8,99999999",
         "\"llama.attention.head_count\" is not a sensible number"},
        {BASICS " feed_forward_length=[]", "has fewer entries than the model has layers"},
        {BASICS " attention.head_count=65536 attention.key_length=65536",
         "\"llama.attention.key_length\" makes heads of an absurd size"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(read_keys(w, "llama", bad[i].keys));
        CHECK_ERR(&w->err, bad[i].why);
        CHECK_ERR(&w->err, "damaged");
        assert_int_equal(w->err.code, ERR_FAILED);
    }
}

static void any_byte_of_a_header_may_lie(void **state)
{
    struct model_world *w = *state;
    assert_true(read_keys(w, "gemma4",
                          BASICS " attention.head_count=8,8,4,4 attention.sliding_window=64 "
                                 "attention.sliding_window_pattern=1,0,1,0 "
                                 "attention.shared_kv_layers=1 nextn_predict_layers=1"));
    size_t n = w->b.len, read = 0;
    for (size_t i = 24; i < n; i++) {
        char was = w->b.p[i];
        for (int v = 0; v < 256; v += 17) {
            struct gguf g;
            struct model m;
            struct err err = {0};
            w->b.p[i] = (char)v;
            if (!gguf_parse(&w->a, (struct str){w->b.p, n}, n, &g, &err))
                continue;
            if (model_from_gguf(&w->a, &g, 1, &m, &err))
                read++;
            else
                assert_true(err.cause[0] && err.code == ERR_FAILED);
            assert_true(w->a.used < 4 << 20);
        }
        w->b.p[i] = was;
        arena_release(&w->a);
    }
    assert_true(read > 100); /* many keys are somebody else's then, or numbers still sensible */
}

/* ---- tensors ---- */

static const struct tensor_row small[] = {
    {"token_embd.weight", TYPE_Q4_0, 512, 1000},
    {"output.weight", TYPE_Q6_K, 512, 1000},
    {"output_norm.weight", TYPE_F32, 512, 1},
    {"token_embd_norm.weight", TYPE_F32, 512, 1},
    {"rope_freqs.weight", TYPE_F32, 32, 1},
    {"blk.0.attn_q.weight", TYPE_Q4_0, 512, 512},
    {"blk.1.ffn_up_exps.weight", TYPE_Q4_0, 512, 64},
    {"blk.3.nextn.eh_proj.weight", TYPE_Q4_0, 512, 512},
    {"blk.99.attn_q.weight", TYPE_F32, 32, 1},
    {"blk.x.attn_q.weight", TYPE_F32, 32, 1},
    {"blk.2", TYPE_F32, 32, 1},
};

static const struct model_tensor *tensor(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->n_tensors; i++)
        if (str_eq(m->tensors[i].name, name))
            return &m->tensors[i];
    fail_msg("no tensor \"%s\"", name);
    return NULL;
}

static void tensors_belong_where_llama_cpp_puts_them(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(
        read_tensors_of(w, "glm4moe", BASICS " nextn_predict_layers=1", small, COUNT_OF(small)),
        &w->err);
    const struct model *m = &w->m;
    assert_int_equal(tensor(m, "token_embd.weight")->class, TENSOR_INPUT);
    assert_int_equal(tensor(m, "output.weight")->class, TENSOR_OUTPUT);
    assert_int_equal(tensor(m, "output_norm.weight")->class, TENSOR_OUTPUT);
    assert_int_equal(tensor(m, "token_embd_norm.weight")->class, TENSOR_LAYER);
    assert_false(tensor(m, "token_embd_norm.weight")->per_device);
    assert_true(tensor(m, "rope_freqs.weight")->per_device);
    assert_int_equal(tensor(m, "blk.0.attn_q.weight")->class, TENSOR_LAYER);
    assert_int_equal(tensor(m, "blk.1.ffn_up_exps.weight")->layer, 1);
    assert_true(tensor(m, "blk.1.ffn_up_exps.weight")->expert);
    assert_false(tensor(m, "blk.0.attn_q.weight")->expert);
    assert_true(tensor(m, "blk.3.nextn.eh_proj.weight")->skipped);
    assert_int_equal(tensor(m, "blk.99.attn_q.weight")->layer, 0); /* of no layer of the model */
    assert_int_equal(tensor(m, "blk.x.attn_q.weight")->layer, 0);
    assert_int_equal(m->n_vocab, 1000);
    assert_false(m->tied_embeddings);
}

static void sums_are_those_of_the_tensors(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(
        read_tensors_of(w, "glm4moe", BASICS " nextn_predict_layers=1", small, COUNT_OF(small)),
        &w->err);
    const uint64_t q4_row = 512 / 32 * 18, q6_row = 512 / 256 * 210;
    assert_int_equal(w->m.n_tensors, COUNT_OF(small));
    assert_int_equal(w->m.layers[0].bytes, 512 * q4_row);
    assert_int_equal(w->m.layers[1].bytes, 64 * q4_row);
    assert_int_equal(w->m.layers[1].expert_bytes, 64 * q4_row);
    assert_int_equal(w->m.weights_bytes,
                     (1000 + 512 + 64 + 512) * q4_row + 1000 * q6_row + 4 * (2 * 512 + 4 * 32));
    assert_int_equal(w->m.parameters, 512 * (1000 + 1000 + 512 + 64 + 512) + 2 * 512 + 4 * 32);
}

static void shards_add_up_to_one_model(void **state)
{
    struct model_world *w = *state;
    static const struct tensor_row second[] = {{"blk.2.attn_q.weight", TYPE_Q4_0, 512, 512}};
    struct gguf shards[2];
    struct strbuf other = {0};
    CHECK_OK(read_tensors_of(w, "llama", BASICS, small, 1), &w->err);
    assert_true(w->m.tied_embeddings); /* no output matrix */
    uint64_t first = w->m.weights_bytes;
    shards[0] = w->g;
    put_model(&other, NULL, "@split.no=1", second, 1);
    put_data(&other, 32, 512 * 288);
    CHECK_OK(gguf_parse(&w->a, (struct str){other.p, other.len}, other.len, &shards[1], &w->err),
             &w->err);
    CHECK_OK(model_from_gguf(&w->a, shards, 2, &w->m, &w->err), &w->err);
    assert_int_equal(w->m.n_tensors, 2);
    assert_int_equal(w->m.weights_bytes, first + 512 * 288);
    assert_int_equal(w->m.layers[2].bytes, 512 * 288);
    strbuf_release(&other);
}

/* ---- what the file says of itself ---- */

static void the_quantization_is_the_files_word_or_that_of_most_bytes(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "llama", BASICS " @general.file_type=15"), &w->err);
    assert_string_equal(w->m.quantization, "Q4_K_M");
    assert_int_equal(w->m.file_type, 15);
    CHECK_OK(read_keys(w, "llama", BASICS " @general.file_type=1039"), &w->err);
    assert_string_equal(w->m.quantization, "Q4_K_M"); /* 1024: guessed */
    CHECK_OK(read_tensors_of(w, "llama", BASICS " @general.file_type=777", small, COUNT_OF(small)),
             &w->err);
    assert_string_equal(w->m.quantization, "Q4_0");
    CHECK_OK(read_tensors_of(w, "llama", BASICS, small, 2), &w->err);
    assert_int_equal(w->m.file_type, -1);
    assert_string_equal(w->m.quantization, "Q6_K");
    CHECK_OK(read_keys(w, "llama", BASICS), &w->err);
    assert_null(w->m.quantization); /* no tensors, nothing said */
}

static void names_and_marks_are_kept(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "llama",
                       BASICS " @general.name=Tiny @tailor.synthetic=ghost "
                              "@tokenizer.chat_template=x"),
             &w->err);
    assert_string_equal(w->m.name, "Tiny");
    assert_string_equal(w->m.synthetic, "ghost");
    assert_true(w->m.chat_template);
    CHECK_OK(read_keys(w, "llama", BASICS " @general.name=7"), &w->err);
    assert_null(w->m.name); /* not a text */
    assert_null(w->m.synthetic);
    assert_false(w->m.chat_template);
}

static void an_architecture_must_be_named(void **state)
{
    struct model_world *w = *state;
    char longest[70];
    memset(longest, 'x', 65);
    longest[65] = '\0';
    assert_false(read_keys(w, NULL, ""));
    CHECK_ERR(&w->err, "does not name an architecture");
    CHECK_ERR(&w->err, "not a language model");
    assert_false(read_keys(w, "", ""));
    assert_false(read_keys(w, longest, ""));
    assert_false(read_keys(w, NULL, "@general.architecture=7"));
}

static void an_unknown_architecture_still_has_its_tensors(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_tensors_of(w, "next-year", BASICS, small, COUNT_OF(small)), &w->err);
    assert_null(w->m.arch);
    assert_int_equal(w->m.n_layer, 0);
    assert_int_equal(w->m.n_tensors, COUNT_OF(small));
    assert_true(w->m.weights_bytes > 0);
    CHECK_OK(read_keys(w, "clip", "has_vision_encoder=on"), &w->err); /* a projector */
    assert_null(w->m.arch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(widths_and_counts_are_read),
        MODEL_TEST(what_a_key_does_not_say_follows_the_others),
        MODEL_TEST(mla_keeps_a_key_and_no_value),
        MODEL_TEST(numbers_may_differ_by_layer),
        MODEL_TEST(next_token_layers_are_counted_apart),
        MODEL_TEST(what_is_missing_or_absurd_is_refused_by_its_key),
        MODEL_TEST(any_byte_of_a_header_may_lie),
        MODEL_TEST(tensors_belong_where_llama_cpp_puts_them),
        MODEL_TEST(sums_are_those_of_the_tensors),
        MODEL_TEST(shards_add_up_to_one_model),
        MODEL_TEST(the_quantization_is_the_files_word_or_that_of_most_bytes),
        MODEL_TEST(names_and_marks_are_kept),
        MODEL_TEST(an_architecture_must_be_named),
        MODEL_TEST(an_unknown_architecture_still_has_its_tensors),
    };
    return RUN_TESTS(tests);
}
