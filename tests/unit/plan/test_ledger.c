#include "plan/ledger.h"

#include "plan/place.h"
#include "plan/worlds.h"

static struct ledger budgets(const struct machine *m, uint64_t vram, uint64_t ram)
{
    const struct limits limits = {.ram_bytes = ram, .vram_bytes = vram};
    struct ledger l = {0};
    ledger_budgets(&l, m, &limits);
    return l;
}

static void a_margin_stays_free(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = host_of(&a, 64 * GIB);
    add_gpu(&a, &m, "CUDA0", 24 * GIB, 936);
    struct ledger l = budgets(&m, 0, 0);
    assert_int_equal(l.host.budget, 62 * GIB); /* a sixteenth, at most 2 GiB */
    /* 2 % margin; the engine measured with a context of its own open, which is not charged twice */
    assert_int_equal(l.device[0].budget, 24 * GIB - 24 * GIB / 50);
    FACT_SET(&m.gpus.v[0].memory_free_bytes, 24 * GIB, "engine");
    l = budgets(&m, 0, 0);
    assert_int_equal(l.device[0].budget, 24 * GIB - 24 * GIB / 50 + 330 * MIB);
    FACT_SET(&m.gpus.v[0].display, true, "test");
    l = budgets(&m, 0, 0);
    assert_int_equal(l.device[0].budget, 24 * GIB - 24 * GIB / 50 + 330 * MIB - 512 * MIB);
    arena_release(&a);
}

static void what_is_not_free_is_not_budgeted(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = host_of(&a, 64 * GIB);
    FACT_SET(&m.memory.available_bytes, 10 * GIB, "test");
    assert_int_equal(budgets(&m, 0, 0).host.budget, 8 * GIB);
    FACT_SET(&m.memory.available_bytes, GIB, "test");
    assert_int_equal(budgets(&m, 0, 0).host.budget, 0);
    FACT_SET(&m.memory.limit_bytes, 4 * GIB, "cgroup v2"); /* a small container: a small margin */
    FACT_SET(&m.memory.available_bytes, 4 * GIB, "test");
    assert_int_equal(budgets(&m, 0, 0).host.budget, 4 * GIB - 256 * MIB);
    arena_release(&a);
}

static void limits_of_the_user_cut_each_pool(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = host_of(&a, 64 * GIB);
    add_gpu(&a, &m, "CUDA0", 24 * GIB, 936);
    add_gpu(&a, &m, "CUDA1", 24 * GIB, 936);
    struct ledger l = {0};
    struct limits limits = {.ram_bytes = 5 * GIB, .vram_bytes = 10 * GIB, .n_vram = 1};
    limits.vram[0].gpu = "CUDA1";
    limits.vram[0].bytes = 3 * GIB;
    ledger_budgets(&l, &m, &limits);
    assert_int_equal(l.host.budget, 5 * GIB);
    assert_int_equal(l.device[0].budget, 10 * GIB);
    assert_int_equal(l.device[1].budget, 3 * GIB);
    limits.vram[0].gpu = "0";
    ledger_budgets(&l, &m, &limits);
    assert_int_equal(l.device[0].budget, 3 * GIB);
    arena_release(&a);
}

static void an_unknown_machine_does_not_limit(void **state)
{
    (void)state;
    const struct machine nothing = {0};
    struct ledger l = budgets(&nothing, 0, 0);
    assert_true(l.host.budget == UINT64_MAX);
    json_t *o = ledger_to_json(&l);
    json_t *host = json_object_get(o, "host");
    assert_true(json_is_null(json_object_get(host, "budget_bytes")));
    assert_true(json_is_null(json_object_get(host, "headroom_bytes")));
    json_decref(o);
}

static void an_integrated_gpu_draws_on_the_ram(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = host_of(&a, 16 * GIB);
    add_gpu(&a, &m, "Vulkan0", 16 * GIB, 80);
    m.gpus.v[0].pool = "host";
    struct ledger l = budgets(&m, 0, 0);
    l.host.total = 10 * GIB;
    l.device[0].total = 10 * GIB;
    const struct ledger_line *line;
    assert_true(ledger_lack(&l, &line) > 0); /* 20 of 15 GiB, though each alone would fit */
    assert_ptr_equal(line, &l.host);
    l.host.total = 3 * GIB; /* 13 of 15 GiB: two are left, for whoever comes first */
    assert_int_equal(ledger_headroom(&l, &l.host), 2 * GIB);
    assert_int_equal(ledger_headroom(&l, &l.device[0]), 2 * GIB);
    l.host.total = 6 * GIB;
    assert_int_equal(ledger_headroom(&l, &l.host), -(int64_t)GIB);
    m.gpus.v[0].pool = "vram0";
    l = budgets(&m, 0, 0);
    l.host.total = 10 * GIB;
    l.device[0].total = 10 * GIB;
    assert_int_equal(ledger_lack(&l, NULL), 0);
    assert_int_equal(ledger_headroom(&l, &l.host), 5 * GIB);
    arena_release(&a);
}

static void lines_add_up(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    struct model m = model_of(&a, "qwen3-30b-a3b:Q4_K_M");
    const struct workload w = {512, 128, 0};
    add_gpu(&a, &machine, "CUDA0", 24 * GIB, 936);
    struct candidate c = {.settings = settings_of(&a, "ctx_size=32768 parallel=1 n_gpu_layers=all "
                                                      "n_cpu_moe=12 cache_ram_mib=1024")};
    ledger_budgets(&c.ledger, &machine, NULL);
    place_evaluate(&c, &m, &machine, &w);
    const struct ledger_line *lines[] = {&c.ledger.host, &c.ledger.device[0]};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(lines[i]->total, lines[i]->weights + lines[i]->kv + lines[i]->compute +
                                              lines[i]->cache + lines[i]->other);
    assert_int_equal(c.ledger.host.cache, GIB);
    assert_int_equal(c.ledger.host.kv, 0);
    assert_int_equal(c.ledger.device[0].kv, 3 * GIB);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_margin_stays_free),
        TEST(what_is_not_free_is_not_budgeted),
        TEST(limits_of_the_user_cut_each_pool),
        TEST(an_unknown_machine_does_not_limit),
        TEST(an_integrated_gpu_draws_on_the_ram),
        TEST(lines_add_up),
    };
    return RUN_TESTS(tests);
}
