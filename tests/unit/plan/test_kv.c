#include "plan/kv.h"

#include "plan/worlds.h"

/* MiB that llama.cpp v0.5.0 allocated for the KV cache (its log), for shapes with one rule each. */
static void the_cache_has_the_bytes_llama_cpp_allocates(void **state)
{
    (void)state;
    static const struct {
        const char *model, *settings;
        double kv_mib;
    } rows[] = {
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1", 4096},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0",
         2176},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1 cache_type_k=q4_0 cache_type_v=q4_0",
         1152},
        {"gemma-3-12b:Q4_K_M", "ctx_size=32768 parallel=1", 2048 + 480},
        {"gemma-3-12b:Q4_K_M", "ctx_size=32768 parallel=4 kv_unified=on", 2048 + 1440},
        {"gemma-3-12b:Q4_K_M", "ctx_size=32768 parallel=4", 2048 + 1920},
        {"deepseek-v2-lite:Q4_K_M", "ctx_size=32768 parallel=1", 972}, /* MLA: K only */
        {"gpt-oss-20b:MXFP4", "ctx_size=32768 parallel=1", 768 + 18},
        {"mamba2-2.7b:Q4_K_M", "ctx_size=32768 parallel=1", 0},
        {"bge-m3:F16", "ctx_size=8192 parallel=1", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena a = {0};
        struct model m = model_of(&a, rows[i].model);
        struct settings s = settings_of(&a, rows[i].settings);
        struct context c;
        context_resolve(&m, &s, &c);
        assert_int_equal(kv_total_bytes(&m, &c), (uint64_t)(rows[i].kv_mib * 1024 * 1024));
        arena_release(&a);
    }
}

static void a_state_is_kept_for_every_slot_whatever_the_context(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "qwen3.5-35b-a3b:Q4_K_M");
    struct context one, four;
    struct settings s = settings_of(&a, "ctx_size=4096 parallel=1");
    context_resolve(&m, &s, &one);
    s = settings_of(&a, "ctx_size=131072 parallel=4");
    context_resolve(&m, &s, &four);
    assert_true(state_total_bytes(&m, &one) > 0);
    assert_int_equal(state_total_bytes(&m, &four), 4 * state_total_bytes(&m, &one));
    assert_true(kv_total_bytes(&m, &one) > 0); /* a hybrid has both */
    arena_release(&a);
}

static void more_context_never_needs_fewer_bytes(void **state)
{
    (void)state;
    static const char *const models[] = {"llama-3.2-1b:Q8_0", "gemma-3-4b:Q4_0",
                                         "qwen3.5-9b:Q4_K_M", "deepseek-v2-lite:Q8_0"};
    static const char *const types[] = {"f16", "q8_0", "q4_0", "q5_1"};
    struct arena a = {0};
    for (size_t i = 0; i < 4; i++) {
        struct model m = model_of(&a, models[i]);
        for (size_t t = 0; t < 4; t++) {
            uint64_t before = 0;
            for (uint32_t ctx = 256; ctx <= 131072; ctx = ctx * 3 / 2) {
                struct settings s =
                    settings_of(&a, arena_printf(&a,
                                                 "ctx_size=%u parallel=2 cache_type_k=%s "
                                                 "cache_type_v=%s",
                                                 (unsigned)ctx, types[t], types[t]));
                struct context c;
                context_resolve(&m, &s, &c);
                uint64_t now = kv_total_bytes(&m, &c) + state_total_bytes(&m, &c);
                assert_true(now >= before);
                before = now;
            }
        }
    }
    arena_release(&a);
}

static void types_that_llama_cpp_refuses_are_refused_with_the_reason(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct context c;
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    struct settings s = settings_of(&a, "cache_type_v=q8_0 flash_attn=off");
    context_resolve(&m, &s, &c);
    assert_false(kv_types_ok(&m, &c, &err));
    CHECK_ERR(&err, "a quantised V cache (Q8_0) needs flash attention");
    assert_int_equal(err.code, ERR_NO_FIT);

    m.head_dim_k = 100;
    s = settings_of(&a, "cache_type_k=q8_0");
    context_resolve(&m, &s, &c);
    assert_false(kv_types_ok(&m, &c, &err));
    CHECK_ERR(&err, "the key head size 100 is not a multiple of the Q8_0 block (32)");

    m = model_of(&a, "deepseek-v2-lite:Q4_K_M");
    s = settings_of(&a, "cache_type_k=q8_0 cache_type_v=f16");
    context_resolve(&m, &s, &c);
    assert_false(kv_types_ok(&m, &c, &err));
    CHECK_ERR(&err, "one type for keys and values");
    arena_release(&a);
}

/* Bytes that the dry run counted on a simulated CUDA card. */
static void quantised_rows_are_padded_on_a_card(void **state)
{
    (void)state;
    static const struct {
        const char *model, *device, *settings;
        uint64_t bytes;
    } rows[] = {
        {"qwen2-0.5b:Q4_0", "CUDA0",
         "ctx_size=16384 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0", 106979328},
        {"qwen2-0.5b:Q4_0", "Vulkan0",
         "ctx_size=16384 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0", 106954752},
        {"qwen2-0.5b:Q4_0", "CUDA0", "ctx_size=16384 parallel=1", 201326592},
        {"deepseek-v2-lite:Q4_0", "CUDA0",
         "ctx_size=16384 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0", 270743040},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model m = model_of(&a, rows[i].model);
        struct settings s = settings_of(&a, rows[i].settings);
        struct context c;
        uint64_t sum = 0;
        context_resolve(&m, &s, &c);
        for (uint32_t il = 0; il < m.n_layer; il++)
            sum += kv_layer_bytes_on(backend_find(rows[i].device), &m, &c, il);
        assert_int_equal(sum, rows[i].bytes);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_cache_has_the_bytes_llama_cpp_allocates),
        TEST(quantised_rows_are_padded_on_a_card),
        TEST(a_state_is_kept_for_every_slot_whatever_the_context),
        TEST(more_context_never_needs_fewer_bytes),
        TEST(types_that_llama_cpp_refuses_are_refused_with_the_reason),
    };
    return RUN_TESTS(tests);
}
