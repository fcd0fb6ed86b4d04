#include "plan/plan.h"

#include "model/ggml_type.h"
#include "plan/search.h"
#include "plan/worlds.h"

struct world {
    struct arena a;
    struct err err;
    struct plan plan;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct world));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static bool plan(struct world *w, const char *model, const struct machine *machine,
                 const struct goal *goal)
{
    static const struct goal nothing = {0};
    struct model *m = arena_alloc(&w->a, sizeof(*m));
    *m = model_of(&w->a, model);
    w->err = (struct err){0};
    return plan_make(&w->a, m, machine, goal ? goal : &nothing, &w->plan, &w->err);
}

static uint32_t ctx(const struct world *w)
{
    return search_ctx_per_slot(w->plan.model, &w->plan.settings);
}

static const struct reason *reason(const struct world *w, const char *setting)
{
    for (size_t i = 0; i < w->plan.reasons.n; i++)
        if (strcmp(w->plan.reasons.v[i].setting, setting) == 0)
            return &w->plan.reasons.v[i];
    return NULL;
}

static bool warned(const struct world *w, const char *code)
{
    for (size_t i = 0; i < w->plan.warnings.n; i++)
        if (strcmp(w->plan.warnings.v[i].code, code) == 0)
            return true;
    return false;
}

/* ---- what a plan says ---- */

static void a_pinned_context_that_does_not_fit_is_named_as_it_was_said(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 32 * GIB);
    const struct goal goal = {.pinned = settings_of(&w->a, "ctx_size=100000000")};
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal));
    assert_int_equal(w->err.code, ERR_NO_FIT);
    CHECK_ERR(&w->err, "100,000,000 tokens");
    CHECK_ERR(&w->err, "a smaller -c");
    const struct goal longest = {.ctx_per_slot = 131072};
    machine = host_of(&w->a, 8 * GIB);
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &longest));
    CHECK_ERR(&w->err, "131,072 tokens");
    CHECK_ERR(&w->err, "a shorter --ctx");
}

static void without_a_card_everything_is_on_the_host(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 32 * GIB);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    const struct settings *s = &w->plan.settings;
    assert_int_equal(s->n_gpu_layers, 0);
    assert_int_equal(s->n_device, 0);
    assert_true(settings_has(s, SET_DEVICE) && settings_has(s, SET_FIT) && !s->fit);
    assert_int_equal(s->threads, 8);
    assert_int_equal(s->parallel, 1);
    assert_int_equal(s->cache_type_k, TYPE_F16);
    assert_int_equal(ctx(w), 32768);
    assert_int_equal(w->plan.memory.host.weights, w->plan.model->weights_bytes);
    assert_true(w->plan.memory.host.total <= w->plan.memory.host.budget);
    assert_string_equal(w->plan.memory.basis, "closed-form");
}

static void every_setting_that_is_emitted_has_a_reason_or_is_plain(void **state)
{
    struct world *w = *state;
    static const char *const told[] = {"n_gpu_layers", "ctx_size",   "parallel",      "threads",
                                       "cache_type_k", "flash_attn", "cache_ram_mib", "ubatch_size",
                                       "load_mode",    "fit"};
    struct machine machine = host_of(&w->a, 32 * GIB);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        assert_non_null(reason(w, told[i]));
        assert_true(strlen(reason(w, told[i])->why) > 10 && reason(w, told[i])->rule);
    }
}

static void a_model_that_fits_goes_to_the_card_and_the_rest_becomes_context(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 32 * GIB);
    add_gpu(&w->a, &machine, "CUDA0", 24 * GIB, 936);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    assert_int_equal(w->plan.settings.n_gpu_layers, NGL_ALL);
    assert_string_equal(w->plan.settings.device[0], "CUDA0");
    assert_true(ctx(w) > 100000); /* 18 GiB are left: 128 KiB a token */
    const struct ledger_line *card = &w->plan.memory.device[0];
    assert_true(card->total <= card->budget);
    assert_true(card->budget - card->total < 64 * MIB || ctx(w) == 131072);
}

static void a_model_too_large_for_the_card_spills_layers_or_experts(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 128 * GIB);
    add_gpu(&w->a, &machine, "CUDA0", 12 * GIB, 360);
    CHECK_OK(plan(w, "qwen2.5-32b:Q4_K_M", &machine, NULL), &w->err);
    assert_true(w->plan.settings.n_gpu_layers > 0 && w->plan.settings.n_gpu_layers < 65);
    assert_false(settings_has(&w->plan.settings, SET_N_CPU_MOE));
    assert_int_equal(w->plan.settings.load_mode, LOAD_NONE);

    CHECK_OK(plan(w, "qwen3-30b-a3b:Q4_K_M", &machine, NULL), &w->err);
    assert_int_equal(w->plan.settings.n_gpu_layers, NGL_ALL);
    assert_true(w->plan.settings.n_cpu_moe > 0 && w->plan.settings.n_cpu_moe < 48);
    assert_non_null(strstr(reason(w, "n_cpu_moe")->why, "experts"));
    bool priced = false;
    for (size_t i = 0; i < w->plan.alternatives.n; i++)
        priced = priced || strstr(w->plan.alternatives.v[i].change, "VRAM");
    assert_true(priced); /* what more memory would bring */
}

static void the_argv_says_everything(void **state)
{
    struct world *w = *state;
    static const char *const needed[] = {"-m",          "-c",       "-np", "-ngl",  "-fa",
                                         "-ctk",        "-ctv",     "-ub", "-b",    "--load-mode",
                                         "--cache-ram", "--device", "-sm", "--fit", "off"};
    struct machine machine = host_of(&w->a, 32 * GIB);
    add_gpu(&w->a, &machine, "CUDA0", 24 * GIB, 936);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    assert_string_equal(w->plan.argv[0], "llama-server");
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        bool found = false;
        for (size_t k = 0; k < w->plan.n_argv && !found; k++)
            found = strcmp(w->plan.argv[k], needed[i]) == 0;
        if (!found)
            fail_msg("%s is missing", needed[i]);
    }
    assert_null(w->plan.argv[w->plan.n_argv]);
}

/* ---- what the user wants ---- */

static void pinned_settings_are_never_changed(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 32 * GIB);
    struct goal goal = {.pinned =
                            settings_of(&w->a, "ctx_size=5000 cache_type_k=q8_0 "
                                               "cache_type_v=q8_0 threads=3 ubatch_size=64 "
                                               "load_mode=mlock cache_ram_mib=100 parallel=2")};
    words_add(&w->a, &goal.rest, "--jinja");
    add_gpu(&w->a, &machine, "CUDA0", 24 * GIB, 936);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    struct settings merged = settings_merge(&w->plan.settings, &goal.pinned);
    assert_true(settings_equal(&merged, &w->plan.settings));
    assert_string_equal(reason(w, "threads") ? reason(w, "threads")->rule : "", "user");
    bool passed = false;
    for (size_t i = 0; i < w->plan.n_argv; i++)
        passed = passed || strcmp(w->plan.argv[i], "--jinja") == 0;
    assert_true(passed);
}

static void a_context_that_was_asked_for_is_there_for_every_slot(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    const struct goal goal = {.ctx_per_slot = 20000, .parallel = 3};
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_true(ctx(w) >= 20000);
    assert_int_equal(w->plan.settings.parallel, 3);
    assert_true(w->plan.settings.ctx_size >= 60000);
}

static void the_cache_is_quantised_only_when_the_context_needs_it(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 16 * GIB);
    struct goal goal = {.ctx_per_slot = 100000};
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_int_equal(w->plan.settings.cache_type_k, TYPE_Q8_0);
    assert_non_null(strstr(reason(w, "cache_type_k")->why, "does not fit with f16"));
    goal.ctx_per_slot = 0; /* not asked for: a shorter context instead */
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_int_equal(w->plan.settings.cache_type_k, TYPE_F16);
}

static void limits_are_kept(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    struct goal goal = {.limits = {.vram_bytes = 6 * GIB, .ram_bytes = 10 * GIB}};
    add_gpu(&w->a, &machine, "CUDA0", 24 * GIB, 936);
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_true(w->plan.memory.device[0].total <= 6 * GIB);
    assert_true(w->plan.memory.host.total <= 10 * GIB);
    goal.no_spill = true;
    goal.limits.vram_bytes = 3 * GIB;
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal)); /* not the host instead */
    assert_int_equal(w->err.code, ERR_NO_FIT);
}

static void an_integrated_gpu_and_the_prompt_cache_share_the_ram(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 8 * GIB);
    add_gpu(&w->a, &machine, "Vulkan0", 8 * GIB, 60);
    machine.gpus.v[0].pool = "host";
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    assert_int_equal(w->plan.settings.n_gpu_layers, NGL_ALL);
    assert_int_equal(ledger_lack(&w->plan.memory, NULL), 0);
    assert_true(w->plan.settings.cache_ram_mib < 2048); /* a quarter of what is left of 8 GiB */
}

static void a_workload_has_a_name_or_tokens_of_its_own(void **state)
{
    struct world *w = *state;
    struct workload found;
    struct machine machine = host_of(&w->a, 64 * GIB);
    assert_true(workload_find("rag", &found) && found.prompt == 8192);
    assert_false(workload_find("sleep", &found));
    struct goal goal = {.workload_name = "sleep"};
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_int_equal(w->plan.goal.workload.prompt, 1024); /* a chat */
    goal.workload = (struct workload){.prompt = 77};
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal), &w->err);
    assert_int_equal(w->plan.goal.workload.prompt, 77);
    assert_int_equal(w->plan.goal.workload.gen, 0);
}

/* ---- refusals ---- */

static void what_does_not_fit_is_refused_with_what_lacks(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 16 * GIB);
    assert_false(plan(w, "llama-3.1-70b:Q4_K_M", &machine, NULL));
    assert_int_equal(w->err.code, ERR_NO_FIT);
    CHECK_ERR(&w->err, "does not fit");
    CHECK_ERR(&w->err, "are missing");
    CHECK_ERR(&w->err, "smaller quantization");
    const struct goal too_long = {.ctx_per_slot = 200000};
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &too_long));
    CHECK_ERR(&w->err, "more than the 131072 the model was trained on");
    assert_int_equal(w->err.code, ERR_NO_FIT);
}

static void devices_that_are_not_there_are_refused(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    struct goal goal = {.pinned = settings_of(&w->a, "device=CUDA7")};
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal));
    CHECK_ERR(&w->err, "no device \"CUDA7\"");
    add_gpu(&w->a, &machine, "CUDA0", 24 * GIB, 900);
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal));
    CHECK_ERR(&w->err, "no device \"CUDA7\"");
    goal.pinned = settings_of(&w->a, "main_gpu=3");
    assert_false(plan(w, "llama-3.2-1b:Q8_0", &machine, &goal));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "no device 3 for --main-gpu");
}

static void what_no_spill_forbids_is_said(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    struct goal card_only = {.no_spill = true};
    add_gpu(&w->a, &machine, "CUDA0", 4 * GIB, 500);
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &card_only));
    assert_int_equal(w->err.code, ERR_NO_FIT);
    CHECK_ERR(&w->err, "of CUDA0 memory");
    card_only.pinned = settings_of(&w->a, "n_gpu_layers=5");
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &card_only));
    CHECK_ERR(&w->err, "which --no-spill forbids");
}

static void cache_types_that_llama_cpp_refuses_are_no_plan(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    const struct goal goal = {.pinned = settings_of(&w->a, "cache_type_v=q8_0 flash_attn=off")};
    assert_false(plan(w, "llama-3.1-8b:Q4_K_M", &machine, &goal));
    CHECK_ERR(&w->err, "needs flash attention");
    assert_int_equal(w->err.code, ERR_NO_FIT);
}

static void an_unknown_architecture_says_what_cannot_be_known(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    struct model m = model_of(&w->a, "llama-3.1-8b:Q4_K_M");
    const struct goal goal = {0};
    m.arch = NULL;
    m.architecture = "next-year";
    assert_false(plan_make(&w->a, &m, &machine, &goal, &w->plan, &w->err));
    CHECK_ERR(&w->err, "\"next-year\" is unknown to llama.cpp v0.5.0");
}

/* ---- warnings ---- */

static void a_card_the_engine_cannot_use_is_a_warning_with_its_cure(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 32 * GIB);
    add_gpu(&w->a, &machine, NULL, 24 * GIB, 936);
    machine.gpus.v[0].engine_device.source = NULL;
    FACT_SET(&machine.engine.path, "/usr/bin/llama-server", "engine");
    CHECK_OK(plan(w, "llama-3.1-8b:Q4_K_M", &machine, NULL), &w->err);
    assert_true(warned(w, "gpu-not-used"));
    assert_int_equal(w->plan.settings.n_gpu_layers, 0);
    assert_int_equal(w->plan.memory.n_devices, 1); /* one line for every GPU, used or not */
    assert_int_equal(w->plan.memory.device[0].total, 0);
}

static void what_is_only_estimated_is_said_and_settled_by_the_dry_run(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    CHECK_OK(plan(w, "qwen3.5-35b-a3b:Q4_K_M", &machine, NULL), &w->err);
    assert_true(warned(w, "compute-estimated"));
    const struct dry_run_buffer buffers[] = {
        {"CPU", true, 1000, 200, 30},
        {"CPU", true, 5000, 0, 0},
    };
    plan_certify(&w->a, &w->plan, buffers, 2, "dry-run");
    assert_false(warned(w, "compute-estimated"));
    assert_false(warned(w, "over-budget"));
    assert_string_equal(w->plan.memory.basis, "dry-run");
    assert_int_equal(w->plan.memory.host.weights, 6000);
    assert_int_equal(w->plan.memory.host.kv, 200);
    assert_int_equal(w->plan.memory.host.compute, 30);
    const struct dry_run_buffer huge[] = {{"CPU", true, 100 * GIB, 0, 0}};
    plan_certify(&w->a, &w->plan, huge, 1, "dry-run");
    assert_true(warned(w, "over-budget"));
}

static void the_same_question_gets_the_same_answer(void **state)
{
    struct world *w = *state;
    struct machine machine = host_of(&w->a, 64 * GIB);
    add_gpu(&w->a, &machine, "CUDA0", 12 * GIB, 360);
    CHECK_OK(plan(w, "qwen3-30b-a3b:Q4_K_M", &machine, NULL), &w->err);
    json_t *o = plan_to_json(&w->plan);
    char *first = js_text(o);
    json_decref(o);
    CHECK_OK(plan(w, "qwen3-30b-a3b:Q4_K_M", &machine, NULL), &w->err);
    o = plan_to_json(&w->plan);
    char *second = js_text(o);
    json_decref(o);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_pinned_context_that_does_not_fit_is_named_as_it_was_said),
        WORLD_TEST(without_a_card_everything_is_on_the_host),
        WORLD_TEST(every_setting_that_is_emitted_has_a_reason_or_is_plain),
        WORLD_TEST(a_model_that_fits_goes_to_the_card_and_the_rest_becomes_context),
        WORLD_TEST(a_model_too_large_for_the_card_spills_layers_or_experts),
        WORLD_TEST(the_argv_says_everything),
        WORLD_TEST(pinned_settings_are_never_changed),
        WORLD_TEST(a_context_that_was_asked_for_is_there_for_every_slot),
        WORLD_TEST(the_cache_is_quantised_only_when_the_context_needs_it),
        WORLD_TEST(limits_are_kept),
        WORLD_TEST(a_workload_has_a_name_or_tokens_of_its_own),
        WORLD_TEST(an_integrated_gpu_and_the_prompt_cache_share_the_ram),
        WORLD_TEST(what_does_not_fit_is_refused_with_what_lacks),
        WORLD_TEST(devices_that_are_not_there_are_refused),
        WORLD_TEST(what_no_spill_forbids_is_said),
        WORLD_TEST(cache_types_that_llama_cpp_refuses_are_no_plan),
        WORLD_TEST(an_unknown_architecture_says_what_cannot_be_known),
        WORLD_TEST(a_card_the_engine_cannot_use_is_a_warning_with_its_cure),
        WORLD_TEST(what_is_only_estimated_is_said_and_settled_by_the_dry_run),
        WORLD_TEST(the_same_question_gets_the_same_answer),
    };
    return RUN_TESTS(tests);
}
