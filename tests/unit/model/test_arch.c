#include "model/arch.h"

#include "base/attr.h"
#include "test.h"

static void architectures_are_found_by_their_exact_name(void **state)
{
    (void)state;
    const struct arch *llama = arch_find(STR("llama"));
    assert_non_null(llama);
    assert_string_equal(llama->name, "llama");
    assert_int_equal(llama->kv, KV_ATTENTION);
    assert_null(arch_find(STR("Llama")));
    assert_null(arch_find(STR("llam")));
    assert_null(arch_find(STR("llama ")));
    assert_null(arch_find(STR("")));
}

static void rows_say_what_is_special(void **state)
{
    (void)state;
    assert_int_equal(arch_find(STR("bert"))->kv, KV_ABSENT);
    assert_int_equal(arch_find(STR("mamba2"))->kv, KV_RECURRENT);
    assert_int_equal(arch_find(STR("deepseek4"))->kv, KV_ORACLE);
    assert_int_equal(arch_find(STR("nemotron_h"))->recurrent, RECURRENT_NEMOTRON);
    assert_int_equal(arch_find(STR("gpt-oss"))->swa_period, 2);
    assert_int_equal(arch_find(STR("gemma4"))->swa_period, SWA_BY_ARRAY);
    assert_true(arch_find(STR("grok"))->no_flash_attn);
    assert_true(arch_find(STR("gemma3"))->swa_if_key);
    assert_true(arch_find(STR("llama4"))->swa_window_fixed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(architectures_are_found_by_their_exact_name),
        TEST(rows_say_what_is_special),
    };
    return RUN_TESTS(tests);
}
