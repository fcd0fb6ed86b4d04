#include "plan/explain.h"

#include "plan/worlds.h"

struct world {
    struct arena a;
    struct machine machine;
    struct model m;
    struct plan plan;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->machine = host_of(&w->a, 64 * GIB);
    w->m = model_of(&w->a, "llama-3.1-8b:Q4_K_M");
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static void make(struct world *w, const char *pinned)
{
    const struct goal goal = {.pinned = settings_of(&w->a, pinned)};
    struct err err = {0};
    CHECK_OK(plan_make(&w->a, &w->m, &w->machine, &goal, &w->plan, &err), &err);
}

static const struct reason *reason(const struct world *w, const char *setting)
{
    for (size_t i = 0; i < w->plan.reasons.n; i++)
        if (strcmp(w->plan.reasons.v[i].setting, setting) == 0)
            return &w->plan.reasons.v[i];
    fail_msg("no reason for \"%s\"", setting);
    return NULL;
}

static const struct plan_warning *warning(const struct world *w, const char *code)
{
    for (size_t i = 0; i < w->plan.warnings.n; i++)
        if (strcmp(w->plan.warnings.v[i].code, code) == 0)
            return &w->plan.warnings.v[i];
    return NULL;
}

static const struct alternative *alternative(const struct world *w, const char *part)
{
    for (size_t i = 0; i < w->plan.alternatives.n; i++)
        if (strstr(w->plan.alternatives.v[i].change, part))
            return &w->plan.alternatives.v[i];
    return NULL;
}

#define SAYS(text, part)                                  \
    do {                                                  \
        if (!strstr((text), (part)))                      \
            fail_msg("\"%s\" is not in: %s", part, text); \
    } while (0)

/* ---- reasons ---- */

static void the_placement_is_told_by_what_it_is(void **state)
{
    struct world *w = *state;
    make(w, "");
    SAYS(reason(w, "n_gpu_layers")->why, "this machine has no GPU");
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    make(w, "");
    SAYS(reason(w, "n_gpu_layers")->why, "all 33 layers fit on CUDA0");
    make(w, "device=none");
    SAYS(reason(w, "n_gpu_layers")->why, "you asked for no device");
    make(w, "n_gpu_layers=5");
    SAYS(reason(w, "n_gpu_layers")->why, "you asked for it");
    FACT_SET(&w->machine.gpus.v[0].memory_free_bytes, 600 * MIB, "test");
    make(w, "");
    SAYS(reason(w, "n_gpu_layers")->why, "no card of this machine holds enough");
    w->machine.gpus.v[0].engine_device.source = NULL;
    make(w, "");
    SAYS(reason(w, "n_gpu_layers")->why, "no GPU of this machine can be used");
}

static void experts_in_the_ram_are_counted(void **state)
{
    struct world *w = *state;
    w->m = model_of(&w->a, "qwen3-30b-a3b:Q4_K_M");
    add_gpu(&w->a, &w->machine, "CUDA0", 12 * GIB, 360);
    make(w, "");
    SAYS(reason(w, "n_cpu_moe")->why, arena_printf(&w->a, "the experts of %u layers stay in RAM",
                                                   (unsigned)w->plan.settings.n_cpu_moe));
    make(w, "n_cpu_moe=all"); /* --cpu-moe */
    SAYS(reason(w, "n_cpu_moe")->why, "you asked for it");
}

static void threads_are_told_also_where_nothing_is_known(void **state)
{
    struct world *w = *state;
    make(w, "");
    SAYS(reason(w, "threads")->why, "8 performance cores within 16 usable CPUs");
    w->machine.cpu.usable_cpus.source = NULL;
    make(w, "");
    SAYS(reason(w, "threads")->why, "performance cores");
    w->machine.cpu.recommended_threads.source = NULL;
    make(w, "");
    SAYS(reason(w, "threads")->why, "the CPU is not known");
    assert_null(reason(w, "threads")->value);
    assert_false(settings_has(&w->plan.settings, SET_THREADS));
}

static void what_was_asked_for_is_not_claimed_as_ours(void **state)
{
    struct world *w = *state;
    static const char *const asked[] = {"ctx_size",     "parallel",   "threads",
                                        "cache_type_k", "flash_attn", "ubatch_size",
                                        "load_mode",    "fit",        "cache_ram_mib"};
    make(w, "ctx_size=8192 parallel=1 threads=2 cache_type_k=f16 flash_attn=on ubatch_size=256 "
            "load_mode=mmap fit=off cache_ram_mib=512");
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_string_equal(reason(w, asked[i])->rule, "user");
        assert_string_equal(reason(w, asked[i])->why, "you asked for it");
    }
    assert_string_equal(reason(w, "ctx_size")->value, "8192");
}

static void a_missing_kernel_is_the_reason_against_flash_attention(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    w->m.head_dim_k = w->m.head_dim_v = 200;
    make(w, "");
    assert_int_equal(w->plan.settings.flash_attn, FA_OFF);
    SAYS(reason(w, "flash_attn")->why, "no kernel for the model's head size");
}

static void an_embedding_model_needs_its_input_in_one_ubatch(void **state)
{
    struct world *w = *state;
    w->m = model_of(&w->a, "bge-m3:F16");
    make(w, "");
    SAYS(reason(w, "ubatch_size")->why, "must fit one ubatch");
    SAYS(reason(w, "cache_ram_mib")->why, "too little RAM");
}

/* ---- alternatives ---- */

static void more_context_is_priced(void **state)
{
    struct world *w = *state;
    make(w, "");
    const struct alternative *longer = alternative(w, "--ctx 65536");
    assert_non_null(longer);
    SAYS(longer->effect, "needs 4.00 GB more");
    if (strstr(longer->effect, "tok/s"))
        fail_msg("a speed that stays is told: %s", longer->effect);
    w->machine.memory.bandwidth_gb_s.source = NULL;
    FACT_SET(&w->machine.memory.available_bytes, 11 * GIB, "test");
    make(w, "");
    longer = alternative(w, "--ctx");
    assert_non_null(longer);
    SAYS(longer->effect, "too much");
    make(w, "ctx_size=8192");
    assert_null(alternative(w, "--ctx")); /* that is decided */
}

static void a_smaller_cache_is_offered_where_it_saves_something(void **state)
{
    struct world *w = *state;
    make(w, "");
    assert_non_null(alternative(w, "-ctk q8_0"));
    SAYS(alternative(w, "-ctk q8_0")->effect, "saves 1.88 GB of cache");
    make(w, "cache_type_k=q8_0 cache_type_v=q8_0");
    assert_null(alternative(w, "-ctk q8_0"));
    w->m = model_of(&w->a, "mamba2-2.7b:Q4_K_M"); /* a state has no cache type */
    make(w, "");
    assert_null(alternative(w, "-ctk q8_0"));
}

static void what_the_rest_of_the_model_would_take_is_priced(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 4 * GIB, 300);
    make(w, "ctx_size=8192");
    assert_non_null(alternative(w, "VRAM"));
    SAYS(alternative(w, "VRAM")->effect, "holds the whole model on the card, generation");
    SAYS(alternative(w, "VRAM")->effect, "instead of");
}

/* ---- warnings ---- */

static void a_card_that_no_engine_lists_has_the_cure_of_its_vendor(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "?", 24 * GIB, 936);
    w->machine.gpus.v[0].engine_device.source = NULL;
    make(w, "");
    assert_null(warning(w, "gpu-not-used")); /* no engine, nothing to cure */
    FACT_SET(&w->machine.engine.path, "/usr/bin/llama-server", "engine");
    make(w, "");
    SAYS(warning(w, "gpu-not-used")->fix, "GGML_CUDA");
    SAYS(warning(w, "gpu-not-used")->text, "Test GPU is in this machine");
    FACT_SET(&w->machine.gpus.v[0].vendor, "amd", "test");
    w->machine.gpus.v[0].name.source = NULL;
    make(w, "");
    SAYS(warning(w, "gpu-not-used")->fix, "GGML_VULKAN");
    SAYS(warning(w, "gpu-not-used")->text, "a GPU is in this machine");
    FACT_SET(&w->machine.gpus.v[0].vendor, "software", "test");
    make(w, "");
    assert_null(warning(w, "gpu-not-used"));
}

static void a_card_of_unknown_memory_is_said_with_its_cure(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    make(w, "");
    assert_null(warning(w, "gpu-memory-unknown"));
    w->machine.gpus.v[0].memory_total_bytes.source = NULL;
    w->machine.gpus.v[0].memory_free_bytes.source = NULL;
    make(w, "");
    SAYS(warning(w, "gpu-memory-unknown")->text, "Test GPU");
    SAYS(warning(w, "gpu-memory-unknown")->fix, "--machine \"Test GPU 24GB, 64GB\"");
    json_t *memory = ledger_to_json(&w->plan.memory);
    json_t *card = json_array_get(json_object_get(memory, "devices"), 0);
    assert_true(json_is_null(json_object_get(card, "budget_bytes")));
    assert_true(json_is_null(json_object_get(card, "headroom_bytes")));
    json_decref(memory);
    FACT_SET(&w->machine.gpus.v[0].vendor, "software", "test");
    make(w, "");
    assert_null(warning(w, "gpu-memory-unknown"));
}

static void what_is_not_known_is_a_warning(void **state)
{
    struct world *w = *state;
    make(w, "");
    assert_null(warning(w, "bandwidth-unknown"));
    assert_null(warning(w, "ram-unknown"));
    w->machine.memory.bandwidth_gb_s.source = NULL;
    w->machine.memory.available_bytes.source = NULL;
    w->machine.memory.total_bytes.source = NULL;
    make(w, "");
    SAYS(warning(w, "bandwidth-unknown")->fix, "tailor detect");
    SAYS(warning(w, "ram-unknown")->fix, "--ram-limit");
    assert_int_equal(w->plan.settings.cache_ram_mib, 0); /* no share of an unknown size */
}

static void a_cache_that_only_the_engine_counts_is_said(void **state)
{
    struct world *w = *state;
    w->m.arch = arch_find(STR("deepseek32"));
    w->m.architecture = "deepseek32";
    make(w, "");
    SAYS(warning(w, "kv-not-claimed")->text, "\"deepseek32\"");
    assert_null(warning(w, "compute-estimated"));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_placement_is_told_by_what_it_is),
        WORLD_TEST(experts_in_the_ram_are_counted),
        WORLD_TEST(threads_are_told_also_where_nothing_is_known),
        WORLD_TEST(what_was_asked_for_is_not_claimed_as_ours),
        WORLD_TEST(a_missing_kernel_is_the_reason_against_flash_attention),
        WORLD_TEST(an_embedding_model_needs_its_input_in_one_ubatch),
        WORLD_TEST(more_context_is_priced),
        WORLD_TEST(a_smaller_cache_is_offered_where_it_saves_something),
        WORLD_TEST(what_the_rest_of_the_model_would_take_is_priced),
        WORLD_TEST(a_card_that_no_engine_lists_has_the_cure_of_its_vendor),
        WORLD_TEST(a_card_of_unknown_memory_is_said_with_its_cure),
        WORLD_TEST(what_is_not_known_is_a_warning),
        WORLD_TEST(a_cache_that_only_the_engine_counts_is_said),
    };
    return RUN_TESTS(tests);
}
