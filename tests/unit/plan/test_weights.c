#include "plan/weights.h"

#include "model/ggml_type.h"
#include "plan/worlds.h"

static struct placement on_cuda(uint32_t n, uint32_t ngl)
{
    struct placement p = {.n_devices = n, .n_gpu_layers = ngl};
    for (uint32_t i = 0; i < n; i++)
        p.rules[i] = backend_find("CUDA0");
    return p;
}

static void on_the_host_the_weights_are_the_sum_of_the_tensors(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    struct weights w;
    const struct placement host = {0};
    weights_place(&m, &host, &w);
    assert_int_equal(w.host, m.weights_bytes);
    assert_int_equal(w.host, 4912898304); /* of the published file, without its header */
    assert_int_equal(w.device[0], 0);
    arena_release(&a);
}

static void the_output_layer_goes_to_the_card_first(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    struct placement p = on_cuda(1, 1);
    assert_int_equal(placement_of(&p, &m, 32), 0);
    assert_int_equal(placement_of(&p, &m, 31), PLACE_HOST);
    p = on_cuda(1, 2);
    assert_int_equal(placement_of(&p, &m, 31), 0);
    assert_int_equal(placement_of(&p, &m, 30), PLACE_HOST);
    p = on_cuda(1, 99);
    assert_int_equal(placement_of(&p, &m, 0), 0);
    p = on_cuda(0, 99);
    assert_int_equal(placement_of(&p, &m, 32), PLACE_HOST);
    arena_release(&a);
}

static void layers_are_shared_out_in_order(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M"); /* 33 slots */
    struct placement p = on_cuda(2, 33);
    assert_int_equal(placement_of(&p, &m, 16), 0); /* 16/33 < 1/2 */
    assert_int_equal(placement_of(&p, &m, 17), 1);
    p.split[0] = 3;
    p.split[1] = 1;
    assert_int_equal(placement_of(&p, &m, 24), 0); /* 24/33 < 3/4 */
    assert_int_equal(placement_of(&p, &m, 25), 1);
    arena_release(&a);
}

static void a_tied_output_is_copied_to_the_card_or_the_repacked_buffer(void **state)
{
    (void)state;
    static const char *const isa[] = {"avx2"};
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.2-1b:Q4_0"); /* its embedding is Q6_K */
    struct weights w;
    struct placement p = {.repack = true, .isa = isa, .n_isa = 1};
    assert_true(m.tied_embeddings);
    weights_place(&m, &p, &w);
    assert_int_equal(w.host, m.weights_bytes); /* x86 does not repack Q6_K */
    for (size_t i = 0; i < m.n_tensors; i++)
        if (str_eq(m.tensors[i].name, "token_embd.weight")) {
            uint64_t embedding = m.tensors[i].bytes;
            struct placement card = on_cuda(1, 17);
            weights_place(&m, &card, &w);
            assert_int_equal(w.host, embedding);
            assert_true(w.device[0] >= m.weights_bytes);
            m.tensors[i].type = TYPE_Q4_0;
            m.tensors[i].bytes = embedding / 210 * 18 * 8; /* the same elements in Q4_0 blocks */
            weights_place(&m, &p, &w);
            assert_int_equal(w.host, m.weights_bytes - embedding + 2 * m.tensors[i].bytes);
        }
    arena_release(&a);
}

/* Read off the dry run with a CUDA-like device: rows that are no multiple of 512 are padded. */
static void cuda_pads_quantised_rows_and_aligns_to_128(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "qwen2-0.5b:Q4_0"); /* 896 wide: 384 more per quantised row */
    struct placement p = on_cuda(1, 25);
    struct weights w;
    uint64_t expected = 0;
    weights_place(&m, &p, &w);
    for (size_t i = 0; i < m.n_tensors; i++) {
        const struct model_tensor *t = &m.tensors[i];
        const struct ggml_type *type = ggml_type_get(t->type);
        uint64_t pad = 0;
        if (type->quantized && t->dims[0] % 512)
            pad = (512 - t->dims[0] % 512) / type->block_elems * type->block_bytes;
        expected += (t->bytes + pad + 127) / 128 * 128;
    }
    assert_int_equal(w.device[0], expected); /* its tied output is a copy of the embedding */
    arena_release(&a);
}

static void experts_of_the_first_layers_stay_on_the_host(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "qwen3-30b-a3b:Q4_K_M");
    struct placement p = on_cuda(1, 49);
    struct weights all, some;
    weights_place(&m, &p, &all);
    assert_int_equal(all.host_experts, 0);
    p.n_cpu_moe = 10;
    weights_place(&m, &p, &some);
    uint64_t moved = 0;
    for (uint32_t il = 0; il < 10; il++)
        moved += m.layers[il].expert_bytes;
    assert_true(moved > 0);
    assert_int_equal(some.host_experts, moved);
    assert_int_equal(some.host, all.host + moved);
    assert_true(some.device[0] <= all.device[0] - moved); /* and the padding of their rows */
    arena_release(&a);
}

static void next_token_layers_are_not_loaded(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "qwen3.5-35b-a3b:Q4_K_M");
    struct weights w;
    const struct placement host = {0};
    assert_int_equal(m.n_layer_nextn, 1);
    weights_place(&m, &host, &w);
    assert_true(w.host < m.weights_bytes);
    assert_int_equal(w.host, m.weights_bytes - m.layers[m.n_layer].bytes);
    arena_release(&a);
}

static void repacking_depends_on_type_rows_and_cpu(void **state)
{
    (void)state;
    static const char *const avx2[] = {"avx2"}, *const arm[] = {"neon", "dotprod"};
    assert_true(weights_repacked(TYPE_Q4_K, 4096, avx2, 1));
    assert_false(weights_repacked(TYPE_Q4_K, 4097, avx2, 1));
    assert_false(weights_repacked(TYPE_Q6_K, 4096, avx2, 1));
    assert_true(weights_repacked(TYPE_Q6_K, 4096, arm, 2));
    assert_false(weights_repacked(TYPE_Q6_K, 4096, arm, 1)); /* NEON alone is not enough */
    assert_false(weights_repacked(TYPE_Q4_K, 4096, NULL, 0));
    assert_false(weights_repacked(TYPE_F16, 4096, avx2, 1));
}

static void same_weights(const struct model *m, struct placement p,
                         const struct weight_parts *parts)
{
    struct weights alone, summed;
    weights_place(m, &p, &alone);
    p.parts = parts;
    weights_place(m, &p, &summed);
    assert_memory_equal(&alone, &summed, sizeof(alone));
}

static void sums_by_layer_say_the_same_as_the_tensors(void **state)
{
    (void)state;
    static const char *const models[] = {"llama-3.2-1b:Q4_K_M", "qwen3-30b-a3b:Q4_K_M",
                                         "qwen3.5-35b-a3b:Q4_K_M", "gpt-oss-20b:MXFP4"};
    static const char *const avx2[] = {"avx2"};
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        struct arena a = {0};
        struct model m = model_of(&a, models[i]);
        const struct weight_parts *parts = weights_parts(&a, &m, backend_find("CUDA0"));
        int8_t *override = arena_alloc(&a, m.n_tensors);
        assert_true(parts->n_joined * 3 < m.n_tensors); /* or it would not pay */
        for (uint32_t ngl = 0; ngl < 60; ngl += 7)
            for (uint32_t n = 0; n < 4; n++) {
                struct placement p = on_cuda(n, ngl);
                p.n_cpu_moe = ngl / 2;
                same_weights(&m, p, parts);
                p.rules[0] = n ? backend_find("Vulkan0") : NULL; /* padded otherwise */
                same_weights(&m, p, parts);
            }
        for (size_t t = 0; t < m.n_tensors; t++)
            override[t] = t % 5 ? PLACE_WITH_LAYER : PLACE_HOST;
        struct placement p = on_cuda(2, 99);
        p.override = override;
        same_weights(&m, p, parts);
        same_weights(&m, (struct placement){.repack = true, .isa = avx2, .n_isa = 1}, parts);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(on_the_host_the_weights_are_the_sum_of_the_tensors),
        TEST(the_output_layer_goes_to_the_card_first),
        TEST(layers_are_shared_out_in_order),
        TEST(a_tied_output_is_copied_to_the_card_or_the_repacked_buffer),
        TEST(cuda_pads_quantised_rows_and_aligns_to_128),
        TEST(experts_of_the_first_layers_stay_on_the_host),
        TEST(next_token_layers_are_not_loaded),
        TEST(repacking_depends_on_type_rows_and_cpu),
        TEST(sums_by_layer_say_the_same_as_the_tensors),
    };
    return RUN_TESTS(tests);
}
