#include "settings/random_settings.h"
#include "settings/settings.h"
#include "test.h"

static void a_value_is_set_from_text_and_written_as_text(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char *text, *written;
    } cases[] = {
        {SET_DEVICE, "CUDA0,CUDA1", "CUDA0,CUDA1"},
        {SET_DEVICE, "none", "none"},
        {SET_N_GPU_LAYERS, "-2", "all"},
        {SET_N_GPU_LAYERS, "33", "33"},
        {SET_PARALLEL, "-1", "-1"},
        {SET_KV_UNIFIED, "1", "on"},
        {SET_FLASH_ATTN, "disabled", "off"},
        {SET_FLASH_ATTN, "-1", "auto"},
        {SET_CACHE_TYPE_K, "iq4_nl", "iq4_nl"},
        {SET_TENSOR_SPLIT, "3,/1.5,", "3,1.5"},
        {SET_TENSOR_SPLIT, "0.1", "0.1"},
        {SET_N_CPU_MOE, "all", "all"},
        {SET_NUMA, "off", "off"},
        {SET_NUMA, "numactl", "numactl"},
        {SET_CACHE_RAM, "-1", "-1"},
        {SET_FIT, "enabled", "on"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct settings s = {0};
        struct err err = {0};
        CHECK_OK(settings_set(&a, &s, cases[i].id, cases[i].text, &err), &err);
        assert_true(settings_has(&s, cases[i].id));
        assert_string_equal(settings_text(&a, &s, cases[i].id), cases[i].written);
        arena_release(&a);
    }
}

static void a_bad_value_names_itself_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char *text, *why;
    } cases[] = {
        {SET_CTX_SIZE, "4k", "\"4k\" is not a whole number, for ctx_size"},
        {SET_CTX_SIZE, "-5", "\"-5\" is less than 0"},
        {SET_CTX_SIZE, "4294967296", "\"4294967296\" is more than 2147483647"},
        {SET_CTX_SIZE, "99999999999999999999", "is not a whole number"},
        {SET_CTX_SIZE, "", "\"\" is not a whole number"},
        {SET_N_GPU_LAYERS, "most", "\"most\" is not a whole number and none of all, auto"},
        {SET_PARALLEL, "0", "\"0\" is less than 1"},
        {SET_FLASH_ATTN, "maybe", "\"maybe\" is none of on, off, auto"},
        {SET_CACHE_TYPE_V, "q2_k",
         "\"q2_k\" is none of f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0, q5_1"},
        {SET_SPLIT_MODE, "graph", "\"graph\" is none of none, layer, row, tensor"},
        {SET_DEVICE, "CUDA0,,CUDA1", "\"CUDA0,,CUDA1\" is not a list of devices"},
        {SET_DEVICE, "CUDA0,none", "is not a list of devices"},
        {SET_DEVICE, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "more than 16 devices"},
        {SET_TENSOR_SPLIT, "3;1", "\"3;1\" is not a list of shares"},
        {SET_TENSOR_SPLIT, ",3", "is not a list of shares"},
        {SET_TENSOR_SPLIT, "3,-1", "is not a list of shares"},
        {SET_TENSOR_SPLIT, "inf", "is not a list of shares"},
        {SET_TENSOR_SPLIT, "", "is not a list of shares"},
        {SET_TENSOR_SPLIT, "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "more than 15 shares"},
        {SET_OVERRIDE_TENSOR, "exps=CPU,attn", "\"attn\" is not REGEX=BUFFER"},
        {SET_OVERRIDE_TENSOR, "", "\"\" is not REGEX=BUFFER"},
        {SET_FIT, "auto", "\"auto\" is none of on, off"},
        {SET_SWA_FULL, "yes", "\"yes\" is none of on, off"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct settings s = {0}, before = {0};
        struct err err = {0};
        assert_false(settings_set(&a, &s, cases[i].id, cases[i].text, &err));
        CHECK_ERR(&err, cases[i].why);
        assert_memory_equal(&s, &before, sizeof(s));
        arena_release(&a);
    }
}

static void settings_have_names(void **state)
{
    (void)state;
    enum setting_id id = SET_COUNT;
    assert_string_equal(settings_name(SET_CACHE_RAM), "cache_ram_mib");
    assert_true(settings_find("n-gpu-layers", &id) && id == SET_N_GPU_LAYERS);
    assert_true(settings_find("n_gpu_layers", &id) && id == SET_N_GPU_LAYERS);
    assert_false(settings_find("n_gpu", &id));
    assert_false(settings_find("n_gpu_layers_", &id));
    for (unsigned i = 0; i < SET_COUNT; i++)
        assert_true(settings_find(settings_name((enum setting_id)i), &id) && id == i);
}

static void what_is_given_on_top_wins(void **state)
{
    (void)state;
    struct settings base = {
        .ctx_size = 4096, .threads = 8, .device = {"CUDA0", "CUDA1"}, .n_device = 2};
    struct settings over = {.ctx_size = 8192, .threads = 99, .device = {"CUDA2"}, .n_device = 1};
    settings_mark(&base, SET_CTX_SIZE);
    settings_mark(&base, SET_THREADS);
    settings_mark(&base, SET_DEVICE);
    settings_mark(&over, SET_CTX_SIZE);
    settings_mark(&over, SET_DEVICE);
    struct settings s = settings_merge(&base, &over);
    assert_int_equal(s.ctx_size, 8192);
    assert_int_equal(s.threads, 8);
    assert_int_equal(s.n_device, 1);
    assert_string_equal(s.device[0], "CUDA2");
    assert_int_equal(s.given, base.given);
}

static void merging_is_idempotent_and_over_wins(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 500; i++) {
        struct settings a = random_settings(&seed), b = random_settings(&seed), none = {0};
        struct settings ab = settings_merge(&a, &b), again = settings_merge(&ab, &b);
        struct settings with_none = settings_merge(&a, &none),
                        from_none = settings_merge(&none, &a);
        assert_true(settings_equal(&ab, &again));
        assert_true(settings_equal(&a, &with_none));
        assert_true(settings_equal(&a, &from_none));
        assert_int_equal(ab.given, a.given | b.given);
    }
}

static void equal_means_the_same_fields_with_the_same_values(void **state)
{
    (void)state;
    struct settings a = {.ctx_size = 1, .threads = 5}, b = {.ctx_size = 1, .threads = 6};
    settings_mark(&a, SET_CTX_SIZE);
    assert_false(settings_equal(&a, &b));
    settings_mark(&b, SET_CTX_SIZE);
    assert_true(settings_equal(&a, &b)); /* threads are not given */
    b.ctx_size = 2;
    assert_false(settings_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_is_set_from_text_and_written_as_text),
        TEST(a_bad_value_names_itself_and_changes_nothing),
        TEST(settings_have_names),
        TEST(what_is_given_on_top_wins),
        TEST(merging_is_idempotent_and_over_wins),
        TEST(equal_means_the_same_fields_with_the_same_values),
    };
    return RUN_TESTS(tests);
}
