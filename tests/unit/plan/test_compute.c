#include "plan/compute.h"

#include "plan/worlds.h"

/* Bytes that the dry run of v0.5.0 counted, CPU only. */
static void on_the_cpu_the_forms_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *model, *settings;
        uint64_t bytes;
    } rows[] = {
        {"llama-3.1-8b:Q4_K_M", "ctx_size=4096 parallel=1", 125841440},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1", 155201568},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=1 ubatch_size=2048", 520142880},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=1 ubatch_size=32", 8127264},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=1 batch_size=1 ubatch_size=1", 545824},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=4", 123744288},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=4 kv_unified=on", 130035744},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=8192 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0",
         121729056},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1 flash_attn=off", 2260738080},
        {"qwen2-0.5b:Q8_0", "ctx_size=4096 parallel=1", 41431072},
        {"qwen2-0.5b:Q8_0", "ctx_size=8192 parallel=1 flash_attn=off", 261365792},
        {"qwen3-30b-a3b:Q4_K_M", "ctx_size=4096 parallel=1", 96481312},
        {"qwen3-30b-a3b:Q4_K_M", "ctx_size=8192 parallel=1 ubatch_size=128", 25168928},
        {"qwen3-30b-a3b:Q4_K_M", "ctx_size=32768 parallel=1 flash_attn=off", 2246058016},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model m = model_of(&a, rows[i].model);
        struct settings s = settings_of(&a, rows[i].settings);
        const struct placement host = {0};
        struct context c;
        struct compute got;
        context_resolve(&m, &s, &c);
        compute_estimate(&m, &c, &host, &got);
        assert_true(got.claimed);
        assert_int_equal(got.host, rows[i].bytes);
    }
    arena_release(&a);
}

/* MiB of the card's buffer that llama.cpp planned for a CUDA-like device (memory.md, section 3). */
static void on_a_card_the_forms_agree_with_the_dry_run(void **state)
{
    (void)state;
    static const struct {
        const char *model, *settings;
        double mib;
    } rows[] = {
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1", 140.0},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=32768 parallel=1 ubatch_size=2048", 560.0},
        {"llama-3.1-70b:Q4_K_M", "ctx_size=16384 parallel=1", 232.0},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=131072 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0",
         672.1},
        /* on a simulated card: the query is wider, or narrower, than the embedding */
        {"qwen3-4b:Q4_K_M", "ctx_size=65536 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0", 346.1},
        {"mistral-nemo-12b:Q4_K_M", "ctx_size=65536 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0",
         356.1},
        {"llama-3.1-8b:Q4_K_M", "ctx_size=131072 parallel=1", 236.0},
        {"qwen3-30b-a3b:Q4_K_M", "ctx_size=32768 parallel=1", 116.0},
        {"gemma-3-12b:Q4_K_M", "ctx_size=32768 parallel=1", 146.0},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model m = model_of(&a, rows[i].model);
        struct settings s = settings_of(&a, rows[i].settings);
        struct placement p = {.n_devices = 1, .n_gpu_layers = m.n_layer + 1};
        struct context c;
        struct compute got;
        p.rules[0] = backend_find("CUDA0");
        context_resolve(&m, &s, &c);
        compute_estimate(&m, &c, &p, &got);
        double mib = (double)got.device[0] / 1048576.0;
        if (mib < rows[i].mib * 0.99 - 1 || mib > rows[i].mib * 1.01 + 1)
            fail_msg("%s %s: %.1f MiB instead of %.1f", rows[i].model, rows[i].settings, mib,
                     rows[i].mib);
    }
    arena_release(&a);
}

static void what_was_not_measured_is_not_claimed(void **state)
{
    (void)state;
    struct arena a = {0};
    struct settings s = settings_of(&a, "ctx_size=4096 parallel=1");
    const struct placement host = {0};
    struct compute got;
    struct context c;
    struct model m = model_of(&a, "qwen3.5-35b-a3b:Q4_K_M");
    context_resolve(&m, &s, &c);
    compute_estimate(&m, &c, &host, &got);
    assert_false(got.claimed);
    assert_true(got.host > 0);

    m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    struct placement half = {.n_devices = 1, .n_gpu_layers = 16};
    half.rules[0] = backend_find("CUDA0");
    context_resolve(&m, &s, &c);
    compute_estimate(&m, &c, &half, &got);
    assert_false(got.claimed);

    m = model_of(&a, "qwen3-30b-a3b:Q4_K_M");
    struct placement whole = {.n_devices = 1, .n_gpu_layers = 49};
    whole.rules[0] = backend_find("CUDA0");
    s = settings_of(&a, "ctx_size=4096 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0");
    context_resolve(&m, &s, &c);
    compute_estimate(&m, &c, &whole, &got);
    assert_false(got.claimed);
    arena_release(&a);
}

static void weights_on_the_host_are_copied_over_for_big_batches(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "qwen3-30b-a3b:Q4_K_M");
    struct placement p = {.n_devices = 1, .n_gpu_layers = 49, .n_cpu_moe = 48};
    struct settings s = settings_of(&a, "ctx_size=4096 parallel=1");
    struct context c;
    struct compute spilled, whole;
    p.rules[0] = backend_find("CUDA0");
    context_resolve(&m, &s, &c);
    compute_estimate(&m, &c, &p, &spilled);
    p.n_cpu_moe = 0;
    compute_estimate(&m, &c, &p, &whole);
    assert_true(spilled.device[0] > whole.device[0]);
    s = settings_of(&a, "ctx_size=4096 parallel=1 ubatch_size=16"); /* below the threshold of 32 */
    p.n_cpu_moe = 48;
    context_resolve(&m, &s, &c);
    compute_estimate(&m, &c, &p, &spilled);
    p.n_cpu_moe = 0;
    compute_estimate(&m, &c, &p, &whole);
    assert_int_equal(spilled.device[0], whole.device[0]);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(on_the_cpu_the_forms_are_exact),
        TEST(on_a_card_the_forms_agree_with_the_dry_run),
        TEST(what_was_not_measured_is_not_claimed),
        TEST(weights_on_the_host_are_copied_over_for_big_batches),
    };
    return RUN_TESTS(tests);
}
