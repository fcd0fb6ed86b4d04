#include "plan/speed.h"

#include "plan/place.h"
#include "plan/worlds.h"

static struct speed predict(struct arena *a, const char *model, const struct machine *machine,
                            const char *settings, uint32_t depth)
{
    struct model m = model_of(a, model);
    const struct workload w = {512, 128, depth};
    struct candidate c = {.settings = settings_of(a, settings)};
    place_evaluate(&c, &m, machine, &w);
    return c.speed;
}

static void an_interval_is_ordered_and_follows_the_bandwidth(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    struct speed s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, "ctx_size=4096 parallel=1", 0);
    assert_true(0 < s.gen_tok_s.low && s.gen_tok_s.low < s.gen_tok_s.mid);
    assert_true(s.gen_tok_s.mid < s.gen_tok_s.high);
    /* 4.6 GB of weights at 50 GB/s: at most 10.9 a second, were every byte of bandwidth used */
    assert_true(s.gen_tok_s.high < 50e9 / 4.6e9);
    FACT_SET(&machine.memory.bandwidth_gb_s, 100, "test");
    struct speed twice =
        predict(&a, "llama-3.1-8b:Q4_K_M", &machine, "ctx_size=4096 parallel=1", 0);
    assert_true(twice.gen_tok_s.mid > 1.9 * s.gen_tok_s.mid);
    assert_string_equal(s.limited_by, "host memory bandwidth");
    assert_false(s.wide);
    arena_release(&a);
}

static void smaller_and_sparser_models_are_faster(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 512 * GIB);
    const char *one_slot = "ctx_size=4096 parallel=1";
    double q8 = predict(&a, "llama-3.1-8b:Q8_0", &machine, one_slot, 0).gen_tok_s.mid;
    double q4 = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, one_slot, 0).gen_tok_s.mid;
    double moe = predict(&a, "qwen3-30b-a3b:Q4_K_M", &machine, one_slot, 0).gen_tok_s.mid;
    double dense = predict(&a, "qwen2.5-32b:Q4_K_M", &machine, one_slot, 0).gen_tok_s.mid;
    assert_true(q4 > 1.5 * q8);
    assert_true(moe > 5 * dense); /* 3 of 30 billion parameters are read for a token */
    arena_release(&a);
}

static void depth_costs_what_the_cache_weighs(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    const char *deep = "ctx_size=65536 parallel=1";
    double empty = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, deep, 0).gen_tok_s.mid;
    double full = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, deep, 32768).gen_tok_s.mid;
    assert_true(full < 0.6 * empty); /* 4 GiB of cache on 4.6 GB of weights */
    double quantised =
        predict(&a, "llama-3.1-8b:Q4_K_M", &machine,
                "ctx_size=65536 parallel=1 cache_type_k=q8_0 cache_type_v=q8_0", 32768)
            .gen_tok_s.mid;
    assert_true(quantised > full);
    empty = predict(&a, "mamba2-2.7b:Q4_K_M", &machine, deep, 0).gen_tok_s.mid;
    full = predict(&a, "mamba2-2.7b:Q4_K_M", &machine, deep, 32768).gen_tok_s.mid;
    assert_true(full == empty); /* a state does not grow */
    arena_release(&a);
}

static void a_card_is_faster_the_more_lies_on_it(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    double before = 0;
    add_gpu(&a, &machine, "CUDA0", 24 * GIB, 936);
    for (int ngl = 1; ngl <= 33; ngl += 8) {
        const char *s = arena_printf(&a, "ctx_size=4096 parallel=1 n_gpu_layers=%d", ngl);
        double now = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, s, 0).gen_tok_s.mid;
        assert_true(now > before);
        before = now;
    }
    assert_true(before > 80); /* 936 GB/s over 4.6 GB, as such cards do */
    arena_release(&a);
}

static void an_unknown_bandwidth_makes_the_interval_wide(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    machine.memory.bandwidth_gb_s.source = NULL;
    struct speed s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, "ctx_size=4096 parallel=1", 0);
    assert_true(s.wide);
    assert_true(s.gen_tok_s.high > 10 * s.gen_tok_s.low);
    arena_release(&a);
}

static void without_a_rate_there_is_no_speed(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    const char *one_slot = "ctx_size=4096 parallel=1";
    FACT_SET(&machine.memory.bandwidth_gb_s, 0, "a broken file");
    struct speed s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, one_slot, 0);
    assert_true(s.gen_tok_s.mid == 0 && s.gen_tok_s.high == 0);
    assert_true(s.prompt_tok_s.mid > 0); /* arithmetic is another matter */
    assert_null(s.limited_by);
    machine = host_of(&a, 64 * GIB);
    add_gpu(&a, &machine, "CUDA0", 24 * GIB, 0);
    s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, one_slot, 0);
    assert_true(s.gen_tok_s.mid == 0 && s.prompt_tok_s.mid == 0);
    arena_release(&a);
}

static void the_tightest_part_is_named(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine machine = host_of(&a, 64 * GIB);
    add_gpu(&a, &machine, "CUDA0", 24 * GIB, 900);
    struct speed s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, "ctx_size=4096 parallel=1", 0);
    assert_string_equal(s.limited_by, "VRAM bandwidth");
    s = predict(&a, "llama-3.1-8b:Q4_K_M", &machine, "ctx_size=4096 parallel=1 n_gpu_layers=9", 0);
    assert_string_equal(s.limited_by, "host memory bandwidth");
    arena_release(&a);
}

static void a_turn_is_prompt_and_answer(void **state)
{
    (void)state;
    const struct workload w = {.prompt = 1000, .gen = 100};
    struct speed s = {.prompt_tok_s = {50, 100, 200}, .gen_tok_s = {5, 10, 20}};
    assert_true(speed_turn_s(&s, &w) == 20);
    s.gen_tok_s = (struct interval){0, 0, 0};
    assert_true(speed_turn_s(&s, &w) == 0);
    json_t *o = speed_to_json(&s);
    assert_true(json_is_null(json_object_get(o, "gen_tok_s")));
    assert_string_equal(json_string_value(json_object_get(o, "basis")), "spec");
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_interval_is_ordered_and_follows_the_bandwidth),
        TEST(smaller_and_sparser_models_are_faster),
        TEST(depth_costs_what_the_cache_weighs),
        TEST(a_card_is_faster_the_more_lies_on_it),
        TEST(an_unknown_bandwidth_makes_the_interval_wide),
        TEST(without_a_rate_there_is_no_speed),
        TEST(the_tightest_part_is_named),
        TEST(a_turn_is_prompt_and_answer),
    };
    return RUN_TESTS(tests);
}
