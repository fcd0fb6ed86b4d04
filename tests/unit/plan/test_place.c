#include "plan/place.h"

#include "plan/worlds.h"

struct world {
    struct arena a;
    struct machine machine;
    struct model m;
    struct placement p;
    uint32_t gpu[PLACE_MAX_DEVICES];
};

/* Three cards; the second is one that no engine listed. */
static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (!w)
        return -1;
    w->machine = host_of(&w->a, 64 * GIB);
    add_gpu(&w->a, &w->machine, "CUDA0", 8 * GIB, 300);
    add_gpu(&w->a, &w->machine, "unlisted", 8 * GIB, 300);
    add_gpu(&w->a, &w->machine, "CUDA1", 24 * GIB, 900);
    w->machine.gpus.v[1].engine_device.source = NULL;
    w->m = model_of(&w->a, "qwen3-30b-a3b:Q4_K_M");
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static void placed(struct world *w, const char *settings)
{
    struct settings s = settings_of(&w->a, settings);
    place_from_settings(&s, &w->m, &w->machine, &w->p, w->gpu);
}

static void devices_are_those_the_engine_has(void **state)
{
    struct world *w = *state;
    placed(w, "");
    assert_int_equal(w->p.n_devices, 2);
    assert_int_equal(w->gpu[0], 0);
    assert_int_equal(w->gpu[1], 2);
    assert_string_equal(w->p.rules[0]->name, "cuda");
    FACT_SET(&w->machine.gpus.v[2].engine_device, "RPC0", "engine"); /* of no backend we know */
    placed(w, "");
    assert_int_equal(w->p.n_devices, 1);
}

static void named_devices_are_the_only_ones(void **state)
{
    struct world *w = *state;
    placed(w, "device=CUDA1");
    assert_int_equal(w->p.n_devices, 1);
    assert_int_equal(w->gpu[0], 2);
    placed(w, "device=none");
    assert_int_equal(w->p.n_devices, 0);
}

static void devices_count_in_the_order_they_were_named(void **state)
{
    struct world *w = *state;
    placed(w, "device=CUDA1,CUDA0 tensor_split=3,1");
    assert_int_equal(w->gpu[0], 2);
    assert_int_equal(w->gpu[1], 0);
    assert_true(w->p.split[0] == 3 && w->p.split[1] == 1);
    placed(w, "device=CUDA1,CUDA0 split_mode=none main_gpu=1");
    assert_int_equal(w->p.n_devices, 1);
    assert_int_equal(w->gpu[0], 0);
    placed(w, "device=CUDA1,CUDA0 split_mode=none");
    assert_int_equal(w->gpu[0], 2);
}

static void without_a_split_the_main_card_has_it_all(void **state)
{
    struct world *w = *state;
    placed(w, "split_mode=none");
    assert_int_equal(w->p.n_devices, 1);
    assert_int_equal(w->gpu[0], 0);
    placed(w, "split_mode=none main_gpu=1");
    assert_int_equal(w->p.n_devices, 1);
    assert_int_equal(w->gpu[0], 2);
    placed(w, "split_mode=none main_gpu=7"); /* there is none such */
    assert_int_equal(w->gpu[0], 0);
    placed(w, "split_mode=layer");
    assert_int_equal(w->p.n_devices, 2);
}

static void a_split_gives_each_card_its_share(void **state)
{
    struct world *w = *state;
    placed(w, "tensor_split=1,3");
    assert_true(w->p.split[0] == 1 && w->p.split[1] == 3);
    uint32_t first = 0, slots = w->m.n_layer + 1;
    for (uint32_t i = 0; i < slots; i++)
        first += placement_of(&w->p, &w->m, i) == 0;
    assert_in_range(first, slots / 4, slots / 4 + 1);
}

static void layers_and_experts_are_as_asked_and_no_more_than_there_are(void **state)
{
    struct world *w = *state;
    placed(w, "n_gpu_layers=10 n_cpu_moe=5 repack=off");
    assert_int_equal(w->p.n_gpu_layers, 10);
    assert_int_equal(w->p.n_cpu_moe, 5);
    assert_false(w->p.repack);
    placed(w, "n_gpu_layers=999");
    assert_int_equal(w->p.n_gpu_layers, 49);
    placed(w, "n_gpu_layers=all");
    assert_int_equal(w->p.n_gpu_layers, 49);
    placed(w, "n_gpu_layers=auto"); /* as with --fit: what it would like to have */
    assert_int_equal(w->p.n_gpu_layers, 49);
    assert_true(w->p.repack && w->p.n_cpu_moe == 0);
}

static void an_evaluation_fills_ledger_speed_and_lack(void **state)
{
    struct world *w = *state;
    const struct workload work = {1024, 256, 0};
    struct candidate c = {.settings = settings_of(&w->a, "ctx_size=8192 parallel=1 device=CUDA1 "
                                                         "split_mode=none n_gpu_layers=all")};
    ledger_budgets(&c.ledger, &w->machine, NULL);
    place_evaluate(&c, &w->m, &w->machine, &work);
    assert_int_equal(c.lack, 0);
    assert_true(c.turn_s > 0 && c.speed.gen_tok_s.mid > 0);
    assert_true(c.ledger.device[2].total > 17 * GIB && c.ledger.device[0].total == 0);
    c.settings = settings_of(&w->a, "ctx_size=8192 parallel=1 device=CUDA0 split_mode=none");
    place_evaluate(&c, &w->m, &w->machine, &work);
    assert_true(c.lack > 9 * GIB);                 /* the small card cannot hold it */
    assert_int_equal(c.ledger.device[2].total, 0); /* nothing is left of the first evaluation */
}

static void software_and_unlisted_gpus_are_not_usable(void **state)
{
    struct world *w = *state;
    struct machine_gpu *g = w->machine.gpus.v;
    assert_true(place_gpu_usable(&g[0]));
    assert_false(place_gpu_usable(&g[1]));
    g[0].memory_total_bytes.source = NULL;
    assert_false(place_gpu_usable(&g[0]));
    FACT_SET(&g[2].vendor, "software", "test");
    assert_false(place_gpu_usable(&g[2]));
    FACT_SET(&g[1].engine_device, "RPC0", "engine");
    assert_false(place_gpu_usable(&g[1]));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(devices_are_those_the_engine_has),
        WORLD_TEST(named_devices_are_the_only_ones),
        WORLD_TEST(devices_count_in_the_order_they_were_named),
        WORLD_TEST(without_a_split_the_main_card_has_it_all),
        WORLD_TEST(a_split_gives_each_card_its_share),
        WORLD_TEST(layers_and_experts_are_as_asked_and_no_more_than_there_are),
        WORLD_TEST(an_evaluation_fills_ledger_speed_and_lack),
        WORLD_TEST(software_and_unlisted_gpus_are_not_usable),
    };
    return RUN_TESTS(tests);
}
