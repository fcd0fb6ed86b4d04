#include "plan/search.h"

#include "plan/worlds.h"

struct world {
    struct arena a;
    struct machine machine;
    struct model m;
    struct goal goal;
    struct workload workload;
    struct search_result r;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->machine = host_of(&w->a, 64 * GIB);
    w->m = model_of(&w->a, "llama-3.1-8b:Q4_K_M");
    w->workload = (struct workload){1024, 512, 4096};
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static const struct device_set host = {0}, card = {{0}, 1};

static struct search search_of(struct world *w)
{
    return (struct search){.m = &w->m,
                           .machine = &w->machine,
                           .goal = &w->goal,
                           .workload = &w->workload,
                           .costs = spread_costs_of(&w->a, &w->m, &w->machine)};
}

static const struct settings *find(struct world *w)
{
    struct search s = search_of(w);
    search_run(&s, &w->r);
    assert_true(w->r.found);
    return &w->r.best.settings;
}

/* ---- what does not depend on what fits ---- */

static void threads_are_the_machines_or_left_to_llama_cpp(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    FACT_SET(&w->machine.cpu.recommended_threads_batch, 12, "test");
    struct settings b = search_base(&s, &host);
    assert_int_equal(b.threads, 8);
    assert_int_equal(b.threads_batch, 12);
    assert_false(settings_has(&b, SET_NUMA));
    w->machine.cpu.recommended_threads.source = NULL;
    w->machine.cpu.recommended_threads_batch.source = NULL;
    b = search_base(&s, &host);
    assert_false(settings_has(&b, SET_THREADS) || settings_has(&b, SET_THREADS_BATCH));
}

static void several_nodes_share_the_work(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    FACT_SET(&w->machine.cpu.numa_nodes, 2, "test");
    assert_int_equal(search_base(&s, &host).numa, NUMA_DISTRIBUTE);
    FACT_SET(&w->machine.cpu.numa_nodes, 1, "test");
    struct settings b = search_base(&s, &host);
    assert_false(settings_has(&b, SET_NUMA));
}

static void flash_attention_is_on_where_there_is_a_kernel(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 936);
    assert_int_equal(search_base(&s, &host).flash_attn, FA_ON);
    assert_int_equal(search_base(&s, &card).flash_attn, FA_ON);
    w->m.head_dim_k = w->m.head_dim_v = 200;
    assert_int_equal(search_base(&s, &host).flash_attn, FA_ON); /* the CPU has one for all sizes */
    assert_int_equal(search_base(&s, &card).flash_attn, FA_OFF);
    w->m.mla = true;
    w->m.head_dim_k = 576;
    assert_int_equal(search_base(&s, &card).flash_attn, FA_ON);
    w->m.head_dim_k = 0; /* nothing attends */
    assert_int_equal(search_base(&s, &card).flash_attn, FA_ON);
    w->m.arch = arch_find(STR("grok")); /* llama.cpp forces it off */
    assert_int_equal(search_base(&s, &host).flash_attn, FA_OFF);
}

static void an_embedding_model_gets_batches_for_its_whole_input(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    w->m.causal = false;
    w->m.n_ctx_train = 512;
    assert_int_equal(search_base(&s, &host).ubatch_size, 512);
    w->m.n_ctx_train = 32768;
    assert_int_equal(search_base(&s, &host).ubatch_size, 2048);
    assert_int_equal(search_base(&s, &host).batch_size, 2048);
}

static void pinned_slots_win_over_the_goals(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    w->goal.parallel = 3;
    assert_int_equal(search_base(&s, &host).parallel, 3);
    w->goal.pinned = settings_of(&w->a, "parallel=2");
    assert_int_equal(search_base(&s, &host).parallel, 2);
}

/* ---- devices ---- */

static void the_fastest_card_that_fits_is_taken(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 300);
    add_gpu(&w->a, &w->machine, "CUDA1", 24 * GIB, 900);
    add_gpu(&w->a, &w->machine, "CUDA2", GIB, 2000);
    assert_string_equal(find(w)->device[0], "CUDA1");
    w->goal.pinned = settings_of(&w->a, "device=CUDA0");
    assert_string_equal(find(w)->device[0], "CUDA0");
    w->goal.pinned = settings_of(&w->a, "device=none");
    assert_int_equal(find(w)->n_device, 0);
    assert_int_equal(find(w)->n_gpu_layers, 0);
}

static void a_small_fast_card_takes_what_it_holds(void **state)
{
    struct world *w = *state;
    add_gpu(&w->a, &w->machine, "CUDA0", 24 * GIB, 300);
    add_gpu(&w->a, &w->machine, "CUDA1", 4 * GIB, 2000);
    const struct settings *s = find(w);
    assert_string_equal(s->device[0], "CUDA1");
    assert_string_equal(s->device[1], "CUDA0");
    assert_in_range(s->tensor_split[0], 2, 20);
    w->machine.gpus.v[1].bandwidth_gb_s.v = 330; /* not worth a second card */
    assert_int_equal(find(w)->n_device, 1);
}

static void a_slow_card_does_not_beat_a_fast_host(void **state)
{
    struct world *w = *state;
    FACT_SET(&w->machine.memory.bandwidth_gb_s, 400, "test");
    FACT_SET(&w->machine.cpu.recommended_threads_batch, 96, "test");
    add_gpu(&w->a, &w->machine, "Vulkan0", 16 * GIB, 20);
    assert_int_equal(find(w)->n_device, 0);
}

static void where_no_speed_is_known_a_card_beats_the_host(void **state)
{
    struct world *w = *state;
    FACT_SET(&w->machine.memory.bandwidth_gb_s, 0, "test");
    add_gpu(&w->a, &w->machine, "CUDA0", 8 * GIB, 0);
    assert_string_equal(find(w)->device[0], "CUDA0");
    add_gpu(&w->a, &w->machine, "CUDA1", 3 * GIB, 0);
    assert_string_equal(find(w)->device[0], "CUDA0"); /* the one that takes more layers */
}

static void no_spill_means_the_card_or_nothing(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    w->goal.no_spill = true;
    assert_int_equal(find(w)->n_device, 0); /* without a card the host is no spill */
    add_gpu(&w->a, &w->machine, "CUDA0", 4 * GIB, 500);
    search_run(&s, &w->r);
    assert_false(w->r.found);
    w->machine.gpus.v[0].memory_total_bytes.source = NULL; /* not usable: as if it were not there */
    assert_int_equal(find(w)->n_device, 0);
}

static void nothing_allowed_gives_nothing(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    w->goal.pinned = settings_of(&w->a, "device=CUDA0");
    search_run(&s, &w->r);
    assert_false(w->r.found);
    assert_int_equal(w->r.tried, 0);
}

/* ---- contexts ---- */

static void the_context_holds_the_workload(void **state)
{
    struct world *w = *state;
    w->workload = (struct workload){30000, 2000, 50000};
    find(w);
    assert_true(search_ctx_per_slot(&w->m, &w->r.best.settings) >= 82000);
    w->workload = (struct workload){30000, 2000, 1000000};
    find(w);
    assert_int_equal(search_ctx_per_slot(&w->m, &w->r.best.settings), 131072); /* as trained */
}

static void a_model_trained_on_little_gets_no_more(void **state)
{
    struct world *w = *state;
    w->m.n_ctx_train = 2048;
    assert_int_equal(find(w)->ctx_size, 2048);
    w->m.n_ctx_train = 0; /* not known */
    assert_int_equal(find(w)->ctx_size, 4096);
}

static void slots_that_share_a_pool_do_not_multiply_it(void **state)
{
    struct world *w = *state;
    w->goal.parallel = 4;
    assert_int_equal(find(w)->ctx_size, 4 * 32768);
    w->goal.pinned = settings_of(&w->a, "kv_unified=on");
    assert_int_equal(find(w)->ctx_size, 32768);
}

static void experts_on_the_host_are_worth_a_large_ubatch(void **state)
{
    struct world *w = *state;
    w->m = model_of(&w->a, "qwen3-30b-a3b:Q4_K_M");
    add_gpu(&w->a, &w->machine, "CUDA0", 12 * GIB, 500);
    assert_int_equal(find(w)->ubatch_size, 2048);
    w->goal.pinned = settings_of(&w->a, "ubatch_size=64");
    assert_int_equal(find(w)->ubatch_size, 64);
    w->goal.pinned = (struct settings){0};
    FACT_SET(&w->machine.gpus.v[0].memory_total_bytes, 48 * GIB, "test");
    FACT_SET(&w->machine.gpus.v[0].memory_free_bytes, 48 * GIB, "test");
    assert_int_equal(find(w)->ubatch_size, 512); /* nothing is streamed */
}

static void pinned_layers_are_not_searched(void **state)
{
    struct world *w = *state;
    struct search s = search_of(w);
    add_gpu(&w->a, &w->machine, "CUDA0", 6 * GIB, 500);
    w->goal.pinned = settings_of(&w->a, "n_gpu_layers=5 device=CUDA0");
    assert_int_equal(find(w)->n_gpu_layers, 5);
    w->goal.pinned = settings_of(&w->a, "n_gpu_layers=all ctx_size=65536 device=CUDA0");
    search_run(&s, &w->r);
    assert_false(w->r.found);
    assert_true(w->r.nearest.lack > 0); /* for the error */
    assert_int_equal(w->r.nearest.settings.ctx_size, 65536);
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(threads_are_the_machines_or_left_to_llama_cpp),
        WORLD_TEST(several_nodes_share_the_work),
        WORLD_TEST(flash_attention_is_on_where_there_is_a_kernel),
        WORLD_TEST(an_embedding_model_gets_batches_for_its_whole_input),
        WORLD_TEST(pinned_slots_win_over_the_goals),
        WORLD_TEST(the_fastest_card_that_fits_is_taken),
        WORLD_TEST(a_small_fast_card_takes_what_it_holds),
        WORLD_TEST(a_slow_card_does_not_beat_a_fast_host),
        WORLD_TEST(where_no_speed_is_known_a_card_beats_the_host),
        WORLD_TEST(no_spill_means_the_card_or_nothing),
        WORLD_TEST(nothing_allowed_gives_nothing),
        WORLD_TEST(the_context_holds_the_workload),
        WORLD_TEST(a_model_trained_on_little_gets_no_more),
        WORLD_TEST(slots_that_share_a_pool_do_not_multiply_it),
        WORLD_TEST(experts_on_the_host_are_worth_a_large_ubatch),
        WORLD_TEST(pinned_layers_are_not_searched),
    };
    return RUN_TESTS(tests);
}
