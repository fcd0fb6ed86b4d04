#include "plan/pins.h"

#include "plan/worlds.h"

struct world {
    struct arena a;
    struct machine machine;
    struct model m;
    struct plan plan;
    struct err err;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->machine = host_of(&w->a, 64 * GIB);
    w->m = model_of(&w->a, "llama-3.1-8b:Q4_K_M"); /* trained on 131072 tokens */
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

/* A plan for pinned settings and words that are passed on. */
static bool make(struct world *w, const char *pinned, const char *passed)
{
    struct goal goal = {.pinned = settings_of(&w->a, pinned)};
    w->err = (struct err){0};
    CHECK_OK(shell_split(&w->a, str_from(passed), &goal.rest, &w->err), &w->err);
    return plan_make(&w->a, &w->m, &w->machine, &goal, &w->plan, &w->err);
}

static const struct plan_warning *warning(const struct world *w, const char *code)
{
    for (size_t i = 0; i < w->plan.warnings.n; i++)
        if (strcmp(w->plan.warnings.v[i].code, code) == 0)
            return &w->plan.warnings.v[i];
    return NULL;
}

static void warns(struct world *w, const char *pinned, const char *code, const char *part)
{
    CHECK_OK(make(w, pinned, ""), &w->err);
    const struct plan_warning *found = warning(w, code);
    if (!found)
        fail_msg("\"%s\" has no warning %s", pinned, code);
    else if (!strstr(found->text, part))
        fail_msg("\"%s\" is not in: %s", part, found->text);
}

static void is_silent(struct world *w, const char *pinned, const char *code)
{
    CHECK_OK(make(w, pinned, ""), &w->err);
    if (warning(w, code))
        fail_msg("\"%s\" warns: %s", pinned, warning(w, code)->text);
}

static void context_that_no_slot_can_use_is_told(void **state)
{
    struct world *w = *state;
    warns(w, "ctx_size=200000", "beyond-training", "131,072");
    is_silent(w, "ctx_size=131072", "beyond-training");
    is_silent(w, "ctx_size=262144 parallel=2", "beyond-training"); /* each slot has its half */
    is_silent(w, "ctx_size=262144 parallel=2 kv_unified=on", "beyond-training");
    warns(w, "ctx_size=300000 parallel=2", "beyond-training", "-c 300000");
    w->m.n_ctx_train = 0;
    is_silent(w, "ctx_size=200000", "beyond-training");
}

static void batches_that_llama_cpp_cuts_are_told_with_what_is_left(void **state)
{
    struct world *w = *state;
    warns(w, "ubatch_size=99999999", "less-than-asked", "-ub 99999999 counts as 2048");
    assert_int_equal(w->plan.settings.ubatch_size, 99999999); /* the user's word stays */
    warns(w, "ubatch_size=4096 batch_size=1024", "less-than-asked", "counts as 1024");
    warns(w, "batch_size=8192 ctx_size=4096", "less-than-asked", "-b 8192 counts as 4096");
    is_silent(w, "ubatch_size=4096 batch_size=4096", "less-than-asked");
}

static void threads_without_a_cpu_are_told(void **state)
{
    struct world *w = *state; /* 16 usable CPUs */
    warns(w, "threads=999", "threads-beyond-cpus", "-t 999: only 16 CPUs");
    warns(w, "threads_batch=17", "threads-beyond-cpus", "-tb 17");
    is_silent(w, "threads=16 threads_batch=1", "threads-beyond-cpus");
    FACT_SET(&w->machine.cpu.usable_cpus, 1.5, "test");
    is_silent(w, "threads=2", "threads-beyond-cpus");
    w->machine.cpu.usable_cpus.source = NULL;
    is_silent(w, "threads=999", "threads-beyond-cpus");
}

static void words_for_cards_have_no_effect_without_them(void **state)
{
    struct world *w = *state;
    static const char *const words[] = {"n_gpu_layers=99", "n_gpu_layers=all", "tensor_split=1,1",
                                        "split_mode=row",  "main_gpu=1",       "n_cpu_moe=3"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        warns(w, words[i], "no-effect", "has no effect: the plan uses no GPU");
    is_silent(w, "n_gpu_layers=0 split_mode=layer main_gpu=0 device=none", "no-effect");
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    is_silent(w, "n_gpu_layers=99 main_gpu=0", "no-effect");
    warns(w, "tensor_split=1,1", "no-effect", "-ts 1,1 has no effect: the plan uses one GPU");
    add_gpu(&w->a, &w->machine, "CUDA1", 24 * GIB, 936);
    is_silent(w, "tensor_split=1,1 device=CUDA0,CUDA1", "no-effect");
}

static void a_buffer_that_is_not_there_is_no_plan(void **state)
{
    struct world *w = *state;
    assert_false(make(w, "override_tensor=.*=CUDA0", ""));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "\"CUDA0\"");
    CHECK_OK(make(w, "override_tensor=.*=RPC0", "--rpc host:50052"), &w->err);
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    assert_false(make(w, "override_tensor=a=CPU,b=CUDA1", ""));
    CHECK_ERR(&w->err, "\"CUDA1\"");
    CHECK_OK(make(w, "override_tensor=a=CPU,b=CUDA_Host,c=CUDA0", ""), &w->err);
}

static void an_override_that_is_not_read_is_told_until_a_dry_run(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    is_silent(w, "override_tensor=ffn_down=CPU", "override-not-priced");
    warns(w, "override_tensor=(?=x)y=CPU", "override-not-priced", "(?=x)y=CPU");
    warns(w, "override_tensor=ffn_down=CUDA0", "override-not-priced", "ffn_down=CUDA0");
    const struct dry_run_buffer none[1] = {{.device = "CPU", .host = true}};
    plan_certify(&w->a, &w->plan, none, 1, "dry-run");
    assert_null(warning(w, "override-not-priced"));
}

static void models_beside_the_model_are_not_counted(void **state)
{
    static const char *const words[] = {"-md draft.gguf", "-mm eyes.gguf", "--lora a.gguf,b.gguf",
                                        "--control-vector v.gguf"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        CHECK_OK(make(w, "", words[i]), &w->err);
        assert_non_null(warning(w, "not-counted"));
        assert_non_null(strstr(warning(w, "not-counted")->text, words[i]));
    }
    CHECK_OK(make(w, "", "--temp 0.3 --no-mmproj"), &w->err);
    assert_null(warning(w, "not-counted"));
}

static void automatic_slots_are_four_that_share_a_pool(void **state)
{
    struct world *w = *state;
    CHECK_OK(make(w, "parallel=-1", ""), &w->err);
    assert_int_equal(w->plan.settings.parallel, 4);
    assert_true(w->plan.settings.kv_unified);
}

/* ---- contradictions ---- */

static bool agree(struct world *w, uint32_t ctx, uint32_t parallel, const char *pinned)
{
    const struct goal goal = {
        .ctx_per_slot = ctx, .parallel = parallel, .pinned = settings_of(&w->a, pinned)};
    w->err = (struct err){0};
    return pins_agree(&goal, &w->err);
}

static void two_words_for_one_thing_must_agree(void **state)
{
    struct world *w = *state;
    assert_false(agree(w, 8192, 0, "ctx_size=4096"));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "--ctx 8192 contradicts -c 4096");
    assert_false(agree(w, 8192, 2, "ctx_size=8192"));
    CHECK_ERR(&w->err, "4096 tokens");
    assert_false(agree(w, 8192, 0, "ctx_size=8192 parallel=2"));
    assert_false(agree(w, 0, 2, "parallel=4"));
    CHECK_ERR(&w->err, "--parallel 2 contradicts -np 4");
    assert_false(agree(w, 0, 2, "parallel=-1"));
    assert_true(agree(w, 8192, 0, "ctx_size=8192"));
    assert_true(agree(w, 5000, 0, "ctx_size=5000"));
    assert_true(agree(w, 8192, 2, "ctx_size=8192 kv_unified=on")); /* one pool */
    assert_true(agree(w, 8192, 0, "ctx_size=0"));                  /* all the model has */
    assert_true(agree(w, 0, 4, "parallel=4"));
    assert_true(agree(w, 0, 4, "parallel=-1"));
}

static void a_limit_names_a_card_that_is_there(void **state)
{
    struct world *w = *state;
    struct limits limits = {.vram = {{"x", GIB}}, .n_vram = 1};
    assert_false(pins_name_cards(&limits, &w->machine, &w->err));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "there is no card \"x\" for --vram-limit; this machine has no GPU");
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    add_gpu(&w->a, &w->machine, "CUDA1", 24 * GIB, 936);
    assert_false(pins_name_cards(&limits, &w->machine, &w->err));
    CHECK_ERR(&w->err, "known here: CUDA0, CUDA1");
    limits.vram[0].gpu = "CUDA1";
    assert_true(pins_name_cards(&limits, &w->machine, &w->err));
    limits.vram[0].gpu = "0";
    assert_true(pins_name_cards(&limits, &w->machine, &w->err));
    limits.vram[0].gpu = "2";
    assert_false(pins_name_cards(&limits, &w->machine, &w->err));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(context_that_no_slot_can_use_is_told),
        WORLD_TEST(batches_that_llama_cpp_cuts_are_told_with_what_is_left),
        WORLD_TEST(threads_without_a_cpu_are_told),
        WORLD_TEST(words_for_cards_have_no_effect_without_them),
        WORLD_TEST(a_buffer_that_is_not_there_is_no_plan),
        WORLD_TEST(an_override_that_is_not_read_is_told_until_a_dry_run),
        WORLD_TEST(models_beside_the_model_are_not_counted),
        WORLD_TEST(automatic_slots_are_four_that_share_a_pool),
        WORLD_TEST(two_words_for_one_thing_must_agree),
        WORLD_TEST(a_limit_names_a_card_that_is_there),
    };
    return RUN_TESTS(tests);
}
