/* Machines in a few words. */
#include "machine/machine_described.h"

#include "base/units.h"
#include "test.h"

static struct machine of(struct arena *a, const char *text)
{
    struct machine m;
    struct err err = {0};
    CHECK_OK(machine_describe(a, text, &m, &err), &err);
    return m;
}

static void refused(const char *text, const char *why)
{
    struct arena a = {0};
    struct machine m;
    struct err err = {0};
    assert_false(machine_describe(&a, text, &m, &err));
    assert_int_equal(err.code, ERR_USAGE);
    CHECK_ERR(&err, why);
    arena_release(&a);
}

static void the_contracts_example(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = of(&a, "2x RTX 3090 + RTX 3060 12GB, 128GB");
    assert_int_equal(m.gpus.n, 3);
    assert_int_equal(m.memory.total_bytes.v, 128 * GIB);
    assert_int_equal(m.gpus.v[1].memory_total_bytes.v, 24 * GIB);
    assert_string_equal(m.gpus.v[1].engine_device.v, "CUDA1");
    assert_string_equal(m.gpus.v[2].engine_device.v, "CUDA2");
    assert_int_equal(m.gpus.v[2].memory_free_bytes.v, 12 * GIB);
    assert_string_equal(m.gpus.v[2].compute_capability.v, "8.6");
    assert_float_equal(m.gpus.v[2].bandwidth_gb_s.v, 360, 0);
    assert_null(m.cpu.recommended_threads.source); /* nobody said what CPU it is */
    arena_release(&a);
}

static void ram_alone_and_a_cpu(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = of(&a, "64GB");
    assert_int_equal(m.gpus.n, 0);
    assert_int_equal(m.memory.total_bytes.v, 64 * GIB);
    assert_null(m.memory.bandwidth_gb_s.source);
    m = of(&a, " RTX 4090 , 96 GiB RAM , Ryzen 9 7950X ");
    assert_int_equal(m.memory.available_bytes.v, 96 * GIB);
    assert_string_equal(m.cpu.model.v, "Ryzen 9 7950X");
    arena_release(&a);
}

static void a_size_wins_over_the_table(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = of(&a, "RTX 4090 48GB, 64GB");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 48 * GIB);
    m = of(&a, "RTX 4060 Ti, 64GB"); /* sold with 8 and 16: the careful one */
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 8 * GIB);
    m = of(&a, "NVIDIA Nova 20GB, 32GB");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 20 * GIB);
    assert_string_equal(m.gpus.v[0].engine_device.v, "CUDA0");
    arena_release(&a);
}

static void one_memory_for_cpu_and_gpu(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = of(&a, "M3 Max 64GB");
    assert_int_equal(m.memory.total_bytes.v, 64 * GIB);
    assert_string_equal(m.gpus.v[0].engine_device.v, "MTL0");
    assert_string_equal(m.gpus.v[0].pool, "host");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 48 * GIB);
    m = of(&a, "M4, 16GB");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 16 * GIB / 3 * 2);
    arena_release(&a);
}

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    refused("", "does not say how much RAM");
    refused("RTX 4090", "does not say how much RAM");
    refused("RTX 4090, lots", "\"lots\" is no size of RAM");
    refused("RTX 4590, 64GB", "\"RTX 4590\" is not known");
    refused("RTX 3090 +, 64GB", "names no GPU");
    refused("99x RTX 3090, 64GB", "more than 16 GPUs");
    refused("RTX 3090, 99999999999GB", "is no size of RAM");
    refused("0GB", "\"0GB\" is no size of RAM");
    refused("0.5GB", "\"0.5GB\" is no size of RAM");
    refused("-5GB", "\"-5GB\" is no size of RAM");
    refused("64GB, RTX 4090", "\"RTX 4090\" is a GPU, not a CPU; GPUs stand before the RAM");
    refused("64GB, 2x RTX 3090 24GB", "\"2x RTX 3090 24GB\" is a GPU");
    refused("64GB, i9-14900K, RTX 4090", "\"RTX 4090\" is a GPU");
    refused("nvidia_rtx_4090_24gb", "profiles such as \"nvidia_rtx_4090_24gb\" are not there yet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contracts_example),
        cmocka_unit_test(ram_alone_and_a_cpu),
        cmocka_unit_test(a_size_wins_over_the_table),
        cmocka_unit_test(one_memory_for_cpu_and_gpu),
        cmocka_unit_test(what_is_not_understood_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
