#include "plan/worlds.h"
#include "report/golden.h"
#include "report/views.h"

/* A plan made by hand: what is shown depends on nothing else. */
struct desk {
    struct paper paper;
    struct model model;
    struct plan plan;
};

static const char *const argv[] = {"llama-server", "-m", "/models/my model.gguf", "-c", "16384",
                                   "--fit",        "off"};

static int set_up(void **state)
{
    struct desk *k = calloc(1, sizeof(*k));
    *state = k;
    if (!k)
        return -1;
    struct arena *a = &k->paper.a;
    struct plan *p = &k->plan;
    k->paper.d.arena = a;
    k->model = (struct model){.name = "X", .n_ctx_train = 131072};
    *p = (struct plan){.model = &k->model, .argv = argv, .n_argv = COUNT_OF(argv)};
    p->settings = settings_of(a, "ctx_size=16384 parallel=1");
    p->baseline_settings = settings_of(a, "ctx_size=4096 parallel=4 kv_unified=on");
    p->speed = (struct speed){.gen_tok_s = {40.6, 45.2, 49.4},
                              .prompt_tok_s = {900, 1181, 1300},
                              .basis = SPEED_CALIBRATED,
                              .limited_by = "VRAM bandwidth"};
    p->baseline_speed =
        (struct speed){.gen_tok_s = {25, 31.2, 35}, .prompt_tok_s = {300, 410, 500}};
    p->memory.basis = "dry-run";
    p->memory.host = (struct ledger_line){.name = "host",
                                          .budget = 12 * GIB,
                                          .weights = 2 * GIB,
                                          .kv = GIB / 2,
                                          .cache = GIB,
                                          .other = GIB / 4,
                                          .total = 15 * GIB / 4};
    return 0;
}

static int tear_down(void **state)
{
    struct desk *k = *state;
    arena_release(&k->paper.a);
    free(k);
    return 0;
}

static void add_card(struct desk *k, uint64_t budget, uint64_t weights)
{
    struct ledger *l = &k->plan.memory;
    l->device[l->n_devices++] = (struct ledger_line){.name = "CUDA0",
                                                     .budget = budget,
                                                     .weights = weights,
                                                     .compute = GIB,
                                                     .total = weights + GIB};
}

static void a_plan_is_told_from_speed_to_command_line(void **state)
{
    struct desk *k = *state;
    struct arena *a = &k->paper.a;
    struct plan *p = &k->plan;
    add_card(k, 14 * GIB, 12 * GIB);
    *VEC_PUSH(a, &p->reasons) =
        (struct reason){"n_gpu_layers", "33", "all layers are on the card", "place.gpu"};
    *VEC_PUSH(a, &p->reasons) = (struct reason){"flash_attn", NULL, "saves memory", "fa"};
    *VEC_PUSH(a, &p->alternatives) = (struct alternative){"-ctk q8_0", "saves 1 GB"};
    *VEC_PUSH(a, &p->warnings) =
        (struct plan_warning){"slow", "this will be slow", "take a smaller model"};
    view_plan(&k->paper.d, p);
    assert_string_equal(
        paper_text(&k->paper, WIDE),
        "off the rack  ctx    4,096   gen  31.2   prompt    410 tok/s   (4 slots)\n"
        "tailored      ctx   16,384   gen  45.2   prompt  1,181 tok/s   (1 slot)\n"
        "expect        gen 40.6-49.4, prompt 900-1,300 tok/s (calibrated, limited by VRAM "
        "bandwidth)\n"
        "CUDA0         weights 12.00 | kv 0.00 | compute 1.00 | other 0.00 | spare 1.00 GB\n"
        "RAM           weights 2.00 | kv 0.50 | compute 0.00 | prompt cache 1.00 | other 0.25 | "
        "spare 8.25 GB\n"
        "basis         dry-run\n"
        "why           n_gpu_layers 33: all layers are on the card\n"
        "              flash_attn: saves memory\n"
        "price         -ctk q8_0: saves 1 GB\n"
        "warning       this will be slow; take a smaller model\n"
        "\n"
        "llama-server -m '/models/my model.gguf' -c 16384 --fit off\n");
    paper_keeps_to(paper_text(&k->paper, 60), 75); /* an interval has no place to break */
}

static void a_narrow_page_wraps_behind_the_labels(void **state)
{
    struct desk *k = *state;
    view_memory(&k->paper.d, &k->plan);
    assert_string_equal(paper_text(&k->paper, NARROW),
                        "RAM      weights 2.00 | kv 0.50 | compute 0.00 |\n"
                        "         prompt cache 1.00 | other 0.25 | spare\n"
                        "         8.25 GB\n");
}

static void unknown_speeds_are_question_marks_not_zeros(void **state)
{
    struct desk *k = *state;
    k->plan.speed = k->plan.baseline_speed = (struct speed){0};
    view_comparison(&k->paper.d, &k->plan);
    assert_string_equal(
        paper_text(&k->paper, WIDE),
        "off the rack  ctx    4,096   gen     ?   prompt      ? tok/s   (4 slots)\n"
        "tailored      ctx   16,384   gen     ?   prompt      ? tok/s   (1 slot)\n");
    assert_string_equal(view_interval(&k->paper.a, &k->plan.speed.gen_tok_s), "?");
}

static void more_than_there_is_is_loud_and_an_unknown_budget_silent(void **state)
{
    struct desk *k = *state;
    add_card(k, 10 * GIB, 12 * GIB);
    k->plan.memory.host.budget = UINT64_MAX;
    view_memory(&k->paper.d, &k->plan);
    assert_string_equal(
        paper_text(&k->paper, WIDE),
        "CUDA0    weights 12.00 | kv 0.00 | compute 1.00 | other 0.00 | 3.00 OVER GB\n"
        "RAM      weights 2.00 | kv 0.50 | compute 0.00 | prompt cache 1.00 | other 0.25 GB\n");
}

static void a_card_that_is_not_used_has_no_line(void **state)
{
    struct desk *k = *state;
    add_card(k, 10 * GIB, 0);
    k->plan.memory.device[0].total = 0;
    view_memory(&k->paper.d, &k->plan);
    assert_null(strstr(paper_text(&k->paper, WIDE), "CUDA0"));
}

static void a_plan_that_the_engine_places_says_so(void **state)
{
    struct desk *k = *state;
    k->plan.memory.basis = NULL;
    view_plan(&k->paper.d, &k->plan);
    assert_non_null(strstr(paper_text(&k->paper, WIDE), "basis         placed by the engine\n"));
}

static void a_run_tells_only_what_decided(void **state)
{
    static const struct reason reasons[] = {
        {"n_gpu_layers", "0", "this machine has no GPU", "place.host"},
        {"n_cpu_moe", "11", "11 expert layers in RAM: KV stays on the card", "place.moe"},
        {"threads", "8", "8 cores", "threads"},
        {"ctx_size", "65536", "what fits well", "context.memory"},
        {"cache_type_k", "f16", "loses nothing", "kv.type"},
        {"cache_type_v", "q8_0", "half the cache", "kv.type"},
    };
    struct desk *k = *state;
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        *VEC_PUSH(&k->paper.a, &k->plan.reasons) = reasons[i];
    view_why(&k->paper.d, &k->plan);
    assert_string_equal(paper_text(&k->paper, WIDE),
                        "why      11 expert layers in RAM: KV stays on the card\n"
                        "         what fits well\n"
                        "         half the cache\n");
}

static void real_plans_keep_to_the_width_of_the_page(void **state)
{
    static const char *const models[] = {"llama-3.1-8b:Q4_K_M", "qwen3-30b-a3b:Q4_K_M",
                                         "mamba2-2.7b:F16"};
    struct desk *k = *state;
    struct arena *a = &k->paper.a;
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        struct model m = model_of(a, models[i]);
        struct machine machine = host_of(a, 64 * GIB);
        const struct goal goal = {0};
        struct err err = {0};
        add_gpu(a, &machine, "CUDA0", 12 * GIB, 500);
        CHECK_OK(plan_make(a, &m, &machine, &goal, &k->plan, &err), &err);
        paper_clear(&k->paper);
        view_plan(&k->paper.d, &k->plan);
        const char *text = paper_text(&k->paper, 80);
        paper_keeps_to(text, 80);
        assert_non_null(strstr(text, "\nwhy "));
        assert_non_null(strstr(text, " CUDA0"));
        assert_null(strstr(text, "(null)"));
        assert_null(strstr(text, "nan"));
    }
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DESK_TEST(a_plan_is_told_from_speed_to_command_line),
        DESK_TEST(a_narrow_page_wraps_behind_the_labels),
        DESK_TEST(unknown_speeds_are_question_marks_not_zeros),
        DESK_TEST(more_than_there_is_is_loud_and_an_unknown_budget_silent),
        DESK_TEST(a_card_that_is_not_used_has_no_line),
        DESK_TEST(a_plan_that_the_engine_places_says_so),
        DESK_TEST(a_run_tells_only_what_decided),
        DESK_TEST(real_plans_keep_to_the_width_of_the_page),
    };
    return RUN_TESTS(tests);
}
