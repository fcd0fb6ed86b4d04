/* Which layers keep keys and values, a window or a state; rules of model.c for each architecture.
 */
#include "model/model_bytes.h"

/* A letter for each layer: a attends to all, w to a window, r keeps a state, b both, - keeps
 * nothing.
 */
static const char *layers_of(struct model_world *w)
{
    struct strbuf text = {0};
    for (uint32_t il = 0; il < w->m.n_layer; il++) {
        const struct model_layer *layer = &w->m.layers[il];
        char c = layer->recurrent && layer->kv ? 'b'
                 : layer->recurrent            ? 'r'
                 : layer->kv                   ? (layer->window ? 'w' : 'a')
                                               : '-';
        strbuf_addc(&text, c);
    }
    return strbuf_take(&text, &w->a);
}

struct row {
    const char *arch, *keys, *layers;
};

static void check_rows(struct model_world *w, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *keys =
            arena_printf(&w->a, "context_length=4096 embedding_length=512 %s", rows[i].keys);
        w->err = (struct err){0};
        if (!read_keys(w, rows[i].arch, keys))
            fail_msg("%s %s: %s", rows[i].arch, rows[i].keys, w->err.cause);
        if (strcmp(layers_of(w), rows[i].layers) != 0)
            fail_msg("%s %s: %s, not %s", rows[i].arch, rows[i].keys, layers_of(w), rows[i].layers);
    }
}

#define WINDOW "attention.sliding_window=64"

static void a_window_follows_the_architectures_pattern(void **state)
{
    static const struct row rows[] = {
        {"llama", "block_count=4 " WINDOW, "aaaa"}, /* no such rule there */
        {"gemma2", "block_count=4", "wawa"},
        {"gemma3", "block_count=7 " WINDOW, "wwwwwaw"},
        {"gemma3", "block_count=6", "aaaaaa"}, /* only where the key is */
        {"gemma3", "block_count=6 attention.sliding_window=0", "aaaaaa"},
        {"gemma3", "block_count=4 " WINDOW " attention.sliding_window_pattern=2", "wawa"},
        {"gemma3", "block_count=4 " WINDOW " attention.sliding_window_pattern=0", "wwww"},
        {"gemma3", "block_count=4 " WINDOW " attention.sliding_window_pattern=1,0,0,1", "waaw"},
        {"llama4", "block_count=8", "wwwawwwa"},
        {"cohere2moe", "block_count=5 " WINDOW, "awwwa"}, /* the dense ones first */
        {"exaone4", "block_count=4 " WINDOW, "aaaa"},     /* only the model of 64 layers */
        {"gemma4", "block_count=4 " WINDOW " attention.sliding_window_pattern=1,1,0,1", "wwaw"},
        {"lfm2", "block_count=4 " WINDOW " attention.head_count=8 attention.head_count_kv=0,8,0,8",
         "rwrw"},
        {"lfm2", "block_count=2 attention.head_count=8 attention.head_count_kv=0,8", "ra"},
    };
    check_rows(*state, rows, COUNT_OF(rows));
}

static void a_window_has_the_length_that_llama_cpp_takes(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "gemma2", BASICS), &w->err);
    assert_int_equal(w->m.window, 4096);
    CHECK_OK(read_keys(w, "gemma2", BASICS " " WINDOW), &w->err);
    assert_int_equal(w->m.window, 64);
    CHECK_OK(read_keys(w, "llama4", BASICS " " WINDOW), &w->err);
    assert_int_equal(w->m.window, 8192); /* fixed, whatever the key says */
    CHECK_OK(read_keys(w, "gemma4",
                       BASICS " " WINDOW " attention.sliding_window_pattern=1,1,0,1 "
                              "attention.head_count=4 attention.key_length=128 "
                              "attention.key_length_swa=64"),
             &w->err);
    assert_int_equal(w->m.layers[0].embd_k,
                     4 * 64); /* window layers have heads of their own size */
    assert_int_equal(w->m.layers[2].embd_k, 4 * 128);
}

static void a_window_that_is_not_told_is_refused(void **state)
{
    struct model_world *w = *state;
    assert_false(read_keys(w, "cohere2", BASICS));
    CHECK_ERR(&w->err, "\"cohere2.attention.sliding_window\" is missing");
    assert_false(read_keys(w, "gemma4", BASICS " " WINDOW));
    CHECK_ERR(&w->err, "\"gemma4.attention.sliding_window_pattern\" does not say which layers");
    assert_false(
        read_keys(w, "gemma4", BASICS " " WINDOW " attention.sliding_window_pattern=1,0,1"));
    CHECK_ERR(&w->err, "does not say which layers");
}

static void layers_keep_a_state_keys_or_both(void **state)
{
    static const struct row rows[] = {
        {"mamba2", "block_count=3", "rrr"},
        {"falcon-h1", "block_count=2 attention.head_count=8", "bb"},
        {"jamba", "block_count=4 attention.head_count=8 attention.head_count_kv=0,8,0,0", "rarr"},
        {"nemotron_h",
         "block_count=4 attention.head_count=8 attention.head_count_kv=0,0,8,0 "
         "feed_forward_length=0,99,0,0",
         "r-ar"},
        {"qwen3next", "block_count=8 attention.head_count=8", "rrrarrra"},
        {"qwen3next", "block_count=4 attention.head_count=8 full_attention_interval=2", "rara"},
        {"qwen3next", "block_count=3 attention.head_count=8 full_attention_interval=0", "rrr"},
        {"qwen3next", "block_count=3 attention.head_count=8 attention.recurrent_layers=0,1,1",
         "arr"},
        {"qwen3next", "block_count=3 attention.head_count=8 attention.recurrent_layers=0", "aaa"},
        {"bert", "block_count=2 attention.head_count=8", "--"}, /* no cache at all */
        {"deepseek32", "block_count=2 attention.head_count=8", "aa"},
    };
    check_rows(*state, rows, COUNT_OF(rows));
}

static void some_layers_use_the_cache_of_others(void **state)
{
    static const struct row rows[] = {
        {"gemma3n", "block_count=22 attention.sliding_window=64", "wwwwawwwwawwwwawwwwa--"},
        {"gemma3n", "block_count=3 attention.sliding_window=64", "www"},
        {"gemma4",
         "block_count=4 attention.shared_kv_layers=3 attention.sliding_window=64 "
         "attention.sliding_window_pattern=0,1,1,1",
         "a---"},
        {"gemma4",
         "block_count=2 attention.shared_kv_layers=3 attention.sliding_window=64 "
         "attention.sliding_window_pattern=0,1",
         "--"},
    };
    check_rows(*state, rows, COUNT_OF(rows));
}

/* llama_hparams::n_embd_r and n_embd_s, computed by hand. */
static void a_state_has_the_floats_that_llama_cpp_keeps(void **state)
{
    struct model_world *w = *state;
    static const struct {
        const char *arch, *keys;
        uint64_t r, s;
    } rows[] = {
        {"mamba2", "ssm.conv_kernel=4 ssm.inner_size=1024 ssm.state_size=128 ssm.group_count=2",
         3ULL * (1024 + 2 * 2 * 128), 128ULL * 1024},
        {"mamba", "ssm.inner_size=1024 ssm.state_size=16", 0, 16ULL * 1024},
        {"rwkv6", "wkv.head_size=64", 2ULL * 512, 512ULL * 64},
        {"rwkv7", "wkv.head_size=64 token_shift_count=1", 512, 512ULL * 64},
        {"lfm2", "shortconv.l_cache=3", 512ULL * 2, 0},
        {"kimi-linear", "kda.head_dim=128 attention.head_count=8", 3ULL * 3 * 8 * 128,
         128ULL * 128 * 8},
        {"kimi-linear", "kda.head_dim=128 attention.head_count=8 ssm.conv_kernel=3",
         3ULL * 2 * 8 * 128, 128ULL * 128 * 8},
        {"llama", "attention.head_count=8", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_OK(read_keys(w, rows[i].arch, arena_printf(&w->a, BASICS " %s", rows[i].keys)),
                 &w->err);
        assert_int_equal(w->m.state_r, rows[i].r);
        assert_int_equal(w->m.state_s, rows[i].s);
    }
}

static void encoders_are_not_causal(void **state)
{
    struct model_world *w = *state;
    CHECK_OK(read_keys(w, "bert", BASICS), &w->err);
    assert_false(w->m.causal);
    CHECK_OK(read_keys(w, "llama", BASICS " attention.causal=off"), &w->err);
    assert_false(w->m.causal);
    CHECK_OK(read_keys(w, "llama", BASICS " attention.causal=on"), &w->err);
    assert_true(w->m.causal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODEL_TEST(a_window_follows_the_architectures_pattern),
        MODEL_TEST(a_window_has_the_length_that_llama_cpp_takes),
        MODEL_TEST(a_window_that_is_not_told_is_refused),
        MODEL_TEST(layers_keep_a_state_keys_or_both),
        MODEL_TEST(some_layers_use_the_cache_of_others),
        MODEL_TEST(a_state_has_the_floats_that_llama_cpp_keeps),
        MODEL_TEST(encoders_are_not_causal),
    };
    return RUN_TESTS(tests);
}
