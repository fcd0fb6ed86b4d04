#include "settings/argv.h"
#include "settings/random_settings.h"
#include "test.h"

#define WORDS(...) \
    ((const char *const[]){__VA_ARGS__}), COUNT_OF(((const char *const[]){__VA_ARGS__}))

struct read {
    struct arena a;
    struct settings s;
    struct words rest;
    struct err err;
    bool ok;
};

static struct read from(const char *const *words, size_t n)
{
    struct read r = {0};
    struct argv argv;
    argv_parse(&r.a, TOOL_SERVER, words, n, &argv);
    r.ok = settings_from_argv(&r.a, &argv, &r.s, &r.rest, &r.err);
    return r;
}

static void a_command_line_sets_fields_and_the_rest_is_passed_through(void **state)
{
    (void)state;
    struct read r = from(WORDS("llama-server", "-m", "x y.gguf", "-c", "32768", "--cache-type-k",
                               "q8_0", "--port", "8081", "-np", "2", "-kvu", "--new-option", "7",
                               "--gpt-oss-20b-default", "-fa", "1", "-ngl", "99", "--mlock",
                               "--no-repack", "-dev", "CUDA1,CUDA0", "-ts", "3/1"));
    CHECK_OK(r.ok, &r.err);
    assert_string_equal(shell_join(&r.a, r.rest.v, r.rest.n),
                        "-m 'x y.gguf' --port 8081 --new-option 7 --gpt-oss-20b-default --mlock");
    assert_int_equal(r.s.ctx_size, 32768);
    assert_int_equal(r.s.cache_type_k, 8);
    assert_int_equal(r.s.parallel, 2);
    assert_true(r.s.kv_unified);
    assert_int_equal(r.s.flash_attn, FA_ON);
    assert_int_equal(r.s.n_gpu_layers, 99);
    assert_false(r.s.repack);
    assert_int_equal(r.s.n_device, 2);
    assert_string_equal(r.s.device[0], "CUDA1");
    assert_int_equal(r.s.n_tensor_split, 2);
    assert_true(r.s.tensor_split[0] == 3 && r.s.tensor_split[1] == 1);
    uint64_t given = 0;
    static const enum setting_id ids[] = {SET_CTX_SIZE,   SET_CACHE_TYPE_K, SET_PARALLEL,
                                          SET_KV_UNIFIED, SET_FLASH_ATTN,   SET_N_GPU_LAYERS,
                                          SET_REPACK,     SET_DEVICE,       SET_TENSOR_SPLIT};
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        given |= (uint64_t)1 << ids[i];
    assert_int_equal(r.s.given, given);
    arena_release(&r.a);
}

static void the_last_of_several_wins_and_some_add_up(void **state)
{
    (void)state;
    struct read r = from(WORDS("-c", "1", "-c", "2", "-ot", "a=CPU", "-ot", "b=CPU,c=CPU", "-ncmoe",
                               "9", "-ncmoe", "4", "-nkvo", "-kvo"));
    CHECK_OK(r.ok, &r.err);
    assert_int_equal(r.s.ctx_size, 2);
    assert_string_equal(r.s.override_tensor, "a=CPU,b=CPU,c=CPU");
    assert_int_equal(r.s.n_cpu_moe, 9);
    assert_true(r.s.kv_offload);
    arena_release(&r.a);
    r = from(WORDS("-cmoe", "-ncmoe", "4"));
    CHECK_OK(r.ok, &r.err);
    assert_int_equal(r.s.n_cpu_moe, N_CPU_MOE_ALL);
    arena_release(&r.a);
}

static void a_bad_value_names_its_word(void **state)
{
    (void)state;
    static const struct {
        const char *words[3];
        size_t n;
        const char *why;
    } cases[] = {
        {{"-c", "4k"}, 2, "\"4k\" is not a whole number, after -c"},
        {{"--flash-attn", "yes"}, 2, "\"yes\" is none of on, off, auto, after --flash-attn"},
        {{"-ctk", "q6_k"}, 2, "\"q6_k\" is none of f32, f16"},
        {{"--numa", "off"}, 2, "\"off\" is none of distribute, isolate, numactl, after --numa"},
        {{"-ncmoe", "all"}, 2, "\"all\" is not a whole number, after -ncmoe"},
        {{"-fa", "-ngl", "99"},
         3,
         "\"-ngl\" is none of on, off, auto, after -fa; -fa takes the next word as its value"},
        {{"-c"}, 1, "\"-c\" has no value; add it behind"},
        {{"-m"}, 1, "\"-m\" has no value"},
        {{"--ctx-size=4096"},
         1,
         "\"--ctx-size=4096\" is one word, llama.cpp takes a value as the next; write --ctx-size "
         "4096"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct read r = from(cases[i].words, cases[i].n);
        assert_false(r.ok);
        assert_int_equal(r.err.code, ERR_USAGE);
        CHECK_ERR(&r.err, cases[i].why);
        assert_int_equal(r.rest.n, 0);
        arena_release(&r.a);
    }
}

static void of_llama_bench_everything_is_passed_through(void **state)
{
    (void)state;
    struct read r = from(WORDS("llama-bench", "-b", "512,1024", "-nkvo", "0,1"));
    CHECK_OK(r.ok, &r.err);
    assert_int_equal(r.s.given, 0);
    assert_int_equal(r.rest.n, 4);
    arena_release(&r.a);
}

/* All settings, the way a plan writes them. */
static void settings_are_written_in_a_fixed_order(void **state)
{
    (void)state;
    struct arena a = {0};
    struct words words = {0};
    struct settings s = {.given = ((uint64_t)1 << SET_COUNT) - 1,
                         .n_gpu_layers = NGL_ALL,
                         .ctx_size = 65536,
                         .parallel = 4,
                         .kv_unified = true,
                         .batch_size = 2048,
                         .ubatch_size = 1024,
                         .threads = 6,
                         .threads_batch = 12,
                         .flash_attn = FA_ON,
                         .cache_type_k = 8,
                         .cache_type_v = 8,
                         .split_mode = SPLIT_LAYER,
                         .device = {"CUDA0", "CUDA1"},
                         .n_device = 2,
                         .tensor_split = {3, 1.5f},
                         .n_tensor_split = 2,
                         .n_cpu_moe = 11,
                         .override_tensor = "a=CPU",
                         .load_mode = LOAD_NONE,
                         .cache_ram_mib = 2048,
                         .numa = NUMA_DISTRIBUTE,
                         .swa_full = true,
                         .kv_offload = true,
                         .repack = true};
    settings_to_argv(&a, &s, &words);
    assert_string_equal(
        shell_join(&a, words.v, words.n),
        "--device CUDA0,CUDA1 -ngl all -c 65536 -np 4 -kvu -b 2048 -ub 1024 -t 6 -tb 12 "
        "-fa on -ctk q8_0 -ctv q8_0 -sm layer -ts 3,1.5 -mg 0 --n-cpu-moe 11 -ot a=CPU "
        "--load-mode none --cache-ram 2048 --numa distribute --swa-full --kv-offload "
        "--no-op-offload --repack --fit off");
    arena_release(&a);
}

static void some_values_are_said_by_leaving_the_option_out(void **state)
{
    (void)state;
    struct arena a = {0};
    struct words words = {0};
    struct settings s = {.n_cpu_moe = N_CPU_MOE_ALL};
    static const enum setting_id ids[] = {SET_DEVICE,         SET_KV_UNIFIED, SET_SWA_FULL,
                                          SET_NUMA,           SET_N_CPU_MOE,  SET_TENSOR_SPLIT,
                                          SET_OVERRIDE_TENSOR};
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        settings_mark(&s, ids[i]);
    settings_to_argv(&a, &s, &words);
    assert_string_equal(shell_join(&a, words.v, words.n), "--device none --cpu-moe");
    arena_release(&a);
}

static void settings_come_back_from_their_words(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        struct arena a = {0};
        struct words words = {0};
        struct settings s = random_settings(&seed), expected = without_unsaid(s);
        settings_to_argv(&a, &s, &words);
        struct read r = from(words.v, words.n);
        CHECK_OK(r.ok, &r.err);
        assert_int_equal(r.rest.n, 0);
        assert_true(settings_equal(&r.s, &expected));
        arena_release(&r.a);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_line_sets_fields_and_the_rest_is_passed_through),
        TEST(the_last_of_several_wins_and_some_add_up),
        TEST(a_bad_value_names_its_word),
        TEST(of_llama_bench_everything_is_passed_through),
        TEST(settings_are_written_in_a_fixed_order),
        TEST(some_values_are_said_by_leaving_the_option_out),
        TEST(settings_come_back_from_their_words),
    };
    return RUN_TESTS(tests);
}
