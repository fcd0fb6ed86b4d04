#include "plan/context.h"

#include "plan/worlds.h"

/* Each row was read off llama_init_from_model of v0.5.0. */
static void the_context_is_rounded_and_split_as_llama_cpp_does(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        uint32_t n_ctx, slot, cells, streams, n_batch, n_ubatch;
    } rows[] = {
        {"ctx_size=4096 parallel=1", 4096, 4096, 4096, 1, 2048, 512},
        {"ctx_size=4096 parallel=4", 4096, 1024, 1024, 4, 2048, 512},
        {"ctx_size=4096 parallel=4 kv_unified=on", 4096, 4096, 4096, 1, 2048, 512},
        {"ctx_size=4000 parallel=3", 4608, 1536, 1536, 3, 2048, 512},
        {"ctx_size=100 parallel=1", 256, 256, 256, 1, 100, 100},
        {"ctx_size=8192 parallel=1 batch_size=256 ubatch_size=512", 8192, 8192, 8192, 1, 256, 256},
        {"ctx_size=8192", 8192, 8192, 8192, 1, 2048, 512}, /* 4 slots that share */
    };
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings s = settings_of(&a, rows[i].settings);
        struct context c;
        context_resolve(&m, &s, &c);
        assert_int_equal(c.n_ctx, rows[i].n_ctx);
        assert_int_equal(c.n_ctx_slot, rows[i].slot);
        assert_int_equal(c.cells_full, rows[i].cells);
        assert_int_equal(c.streams, rows[i].streams);
        assert_int_equal(c.n_batch, rows[i].n_batch);
        assert_int_equal(c.n_ubatch, rows[i].n_ubatch);
    }
    arena_release(&a);
}

static void nothing_given_means_the_training_context(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "llama-3.1-8b:Q4_K_M");
    struct settings s = {0};
    struct context c;
    context_resolve(&m, &s, &c);
    assert_int_equal(c.n_ctx, 131072);
    assert_int_equal(c.slots, 4);
    assert_true(c.unified && c.flash_attn);
    s = settings_of(&a, "ctx_size=1000000 parallel=1");
    context_resolve(&m, &s, &c);
    assert_int_equal(c.n_ctx_slot, 131072); /* a slot never goes beyond what was trained */
    arena_release(&a);
}

static void a_window_needs_cells_for_itself_and_one_ubatch(void **state)
{
    (void)state;
    struct arena a = {0};
    struct model m = model_of(&a, "gemma-3-12b:Q4_K_M");
    struct context c;
    assert_int_equal(m.window, 1024);
    struct settings s = settings_of(&a, "ctx_size=32768 parallel=1");
    context_resolve(&m, &s, &c);
    assert_int_equal(c.cells_window, 1536);
    s = settings_of(&a, "ctx_size=32768 parallel=4 kv_unified=on");
    context_resolve(&m, &s, &c);
    assert_int_equal(c.cells_window, 4 * 1024 + 512);
    s = settings_of(&a, "ctx_size=512 parallel=1");
    context_resolve(&m, &s, &c);
    assert_int_equal(c.cells_window, 512);
    s = settings_of(&a, "ctx_size=32768 parallel=1 swa_full=on");
    context_resolve(&m, &s, &c);
    assert_int_equal(c.cells_window, 32768);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_context_is_rounded_and_split_as_llama_cpp_does),
        TEST(nothing_given_means_the_training_context),
        TEST(a_window_needs_cells_for_itself_and_one_ubatch),
    };
    return RUN_TESTS(tests);
}
