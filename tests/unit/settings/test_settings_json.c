#include "settings/random_settings.h"
#include "test.h"

static bool from_text(struct arena *a, const char *text, struct settings *s, struct err *err)
{
    json_t *object = js_parse(str_from(text), err);
    assert_non_null(object);
    bool ok = settings_from_json(a, object, s, err);
    json_decref(object);
    return ok;
}

static void check_json(const struct settings *s, const char *expected)
{
    json_t *object = settings_to_json(s);
    char *line = js_line(object);
    assert_string_equal(line, expected);
    free(line);
    json_decref(object);
}

static void what_is_not_given_is_null(void **state)
{
    (void)state;
    struct settings none = {0};
    check_json(
        &none,
        "{\"device\":null,\"n_gpu_layers\":null,\"ctx_size\":null,\"parallel\":null,"
        "\"kv_unified\":null,\"batch_size\":null,\"ubatch_size\":null,\"threads\":null,"
        "\"threads_batch\":null,\"flash_attn\":null,\"cache_type_k\":null,\"cache_type_v\":null,"
        "\"split_mode\":null,\"tensor_split\":null,\"main_gpu\":null,\"n_cpu_moe\":null,"
        "\"override_tensor\":null,\"load_mode\":null,\"cache_ram_mib\":null,\"numa\":null}");
}

static void values_have_the_shapes_of_the_contract(void **state)
{
    (void)state;
    struct settings s = {.given = ((uint64_t)1 << SET_COUNT) - 1,
                         .n_gpu_layers = NGL_ALL,
                         .ctx_size = 65536,
                         .parallel = 4,
                         .batch_size = 2048,
                         .ubatch_size = 1024,
                         .threads = 6,
                         .threads_batch = 12,
                         .flash_attn = FA_ON,
                         .cache_type_k = 8,
                         .cache_type_v = 1,
                         .split_mode = SPLIT_LAYER,
                         .device = {"CUDA0"},
                         .n_device = 1,
                         .tensor_split = {3, 0.1f},
                         .n_tensor_split = 2,
                         .n_cpu_moe = 11,
                         .override_tensor = "a=CPU,b=CPU",
                         .load_mode = LOAD_MMAP_MLOCK,
                         .cache_ram_mib = -1,
                         .kv_offload = true};
    check_json(
        &s, "{\"device\":[\"CUDA0\"],\"n_gpu_layers\":\"all\",\"ctx_size\":65536,\"parallel\":4,"
            "\"kv_unified\":false,\"batch_size\":2048,\"ubatch_size\":1024,\"threads\":6,"
            "\"threads_batch\":12,\"flash_attn\":\"on\",\"cache_type_k\":\"q8_0\","
            "\"cache_type_v\":\"f16\",\"split_mode\":\"layer\",\"tensor_split\":[3,0.1],"
            "\"main_gpu\":0,\"n_cpu_moe\":11,\"override_tensor\":[\"a=CPU\",\"b=CPU\"],"
            "\"load_mode\":\"mmap+mlock\",\"cache_ram_mib\":-1,\"numa\":\"off\",\"swa_full\":false,"
            "\"kv_offload\":true,\"op_offload\":false,\"repack\":false,\"fit\":false}");
}

static void reading_takes_what_is_there(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct settings s = {0};
    CHECK_OK(
        from_text(
            &a,
            "{\"ctx_size\": 4096, \"threads\": null, \"n_gpu_layers\": \"auto\", \"device\": [],"
            " \"other\": [1], \"tensor_split\": [3, 1.5], \"parallel\": -1}",
            &s, &err),
        &err);
    assert_int_equal(s.given, (uint64_t)1 << SET_CTX_SIZE | (uint64_t)1 << SET_N_GPU_LAYERS |
                                  (uint64_t)1 << SET_DEVICE | (uint64_t)1 << SET_TENSOR_SPLIT |
                                  (uint64_t)1 << SET_PARALLEL);
    assert_int_equal(s.ctx_size, 4096);
    assert_int_equal(s.n_gpu_layers, NGL_AUTO);
    assert_int_equal(s.n_device, 0);
    assert_int_equal(s.parallel, 0);
    assert_true(s.n_tensor_split == 2 && s.tensor_split[1] == 1.5f);
    arena_release(&a);
}

static void a_wrong_value_is_an_error_that_names_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"{\"ctx_size\": \"4k\"}", "\"4k\" is not a whole number, for ctx_size"},
        {"{\"ctx_size\": 1.5}", "\"ctx_size\" is not a value"},
        {"{\"ctx_size\": [1]}", "\"ctx_size\" is not a value"},
        {"{\"ctx_size\": -1}", "\"-1\" is less than 0, for ctx_size"},
        {"{\"kv_unified\": \"on\"}", "\"kv_unified\" is not a value"},
        {"{\"flash_attn\": true}", "\"flash_attn\" is not a value"},
        {"{\"cache_type_k\": \"q2_k\"}", "\"q2_k\" is none of f32"},
        {"{\"device\": \"CUDA0\"}", "\"device\" is not a value"},
        {"{\"device\": [\"CUDA0,CUDA1\"]}", "\"device\" is not a value"},
        {"{\"tensor_split\": [null]}", "\"tensor_split\" is not a value"},
        {"{\"override_tensor\": [\"exps\"]}", "\"exps\" is not REGEX=BUFFER"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct err err = {0};
        struct settings s = {0};
        assert_false(from_text(&a, cases[i].text, &s, &err));
        CHECK_ERR(&err, cases[i].why);
        assert_int_equal(err.code, ERR_FAILED);
        assert_int_equal(s.given, 0);
        arena_release(&a);
    }
}

static void settings_come_back_from_their_json(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 1000; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct settings s = random_settings(&seed), back = {0};
        json_t *object = settings_to_json(&s);
        char *text = js_text(object);
        CHECK_OK(from_text(&a, text, &back, &err), &err);
        assert_true(settings_equal(&s, &back));
        free(text);
        json_decref(object);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_given_is_null),
        TEST(values_have_the_shapes_of_the_contract),
        TEST(reading_takes_what_is_there),
        TEST(a_wrong_value_is_an_error_that_names_the_key),
        TEST(settings_come_back_from_their_json),
    };
    return RUN_TESTS(tests);
}
