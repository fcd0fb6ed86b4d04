#include "engine/sim_env.h"

#include "base/str.h"
#include "base/units.h"
#include "engine/sim/sim_spec.h"
#include "test.h"

static struct arena a;

static struct machine_gpu *add(struct machine *m, const char *device, uint64_t mib)
{
    struct machine_gpu *g = VEC_PUSH(&a, &m->gpus);
    *g = (struct machine_gpu){.index = m->gpus.n - 1};
    if (device)
        FACT_SET(&g->engine_device, device, "test");
    FACT_SET(&g->memory_total_bytes, mib * MIB, "test");
    return g;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

static void every_gpu_becomes_a_device_of_its_name(void **state)
{
    struct machine m = {0};
    struct sim_spec list[SIM_MAX_DEVICES];
    size_t n;
    char why[SIM_TEXT];
    (void)state;
    struct machine_gpu *g = add(&m, "CUDA1", 24564);
    FACT_SET(&g->compute_capability, "8.9", "test");
    FACT_SET(&g->memory_free_bytes, 24000 * MIB, "test");
    FACT_SET(&g->name, "NVIDIA GeForce RTX 4090", "test");
    g = add(&m, "ROCm0", 24576);
    FACT_SET(&g->compute_capability, "gfx1100", "test");
    g = add(&m, "Vulkan0", 8192);
    FACT_SET(&g->vendor, "intel", "test");
    FACT_SET(&g->integrated, true, "test");
    g = add(&m, "MTL0", 36864);
    FACT_SET(&g->name, "Apple M3 Max", "test");
    add(&m, "SYCL0", 16384);
    const char *text = sim_env_devices(&a, &m);
    assert_string_equal(text, "cuda1:8.9:24564:24000:NVIDIA GeForce RTX 4090;"
                              "rocm0:gfx1100:24576:24576;vulkan0:intel/integrated:8192:8192;"
                              "metal0:m3:36864:36864:Apple M3 Max;sycl0:xe:16384:16384");
    assert_true(sim_spec_parse(text, list, &n, why));
    assert_int_equal(n, m.gpus.n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(list[i].name, m.gpus.v[i].engine_device.v);
}

static void a_gpu_of_unknown_generation_is_still_simulated(void **state)
{
    struct machine m = {0};
    (void)state;
    add(&m, "CUDA0", 8192);
    add(&m, "ROCm0", 8192);
    add(&m, "Vulkan0", 8192);
    assert_string_equal(sim_env_devices(&a, &m), "cuda0:7.5:8192:8192;rocm0:gfx1100:8192:8192;"
                                                 "vulkan0:nvidia:8192:8192");
}

static void what_no_engine_would_list_is_left_out(void **state)
{
    struct machine m = {0};
    (void)state;
    add(&m, NULL, 8192);
    add(&m, "CANN0", 8192);
    add(&m, "CUDA0", 8192)->memory_total_bytes.source = NULL;
    assert_string_equal(sim_env_devices(&a, &m), "");
}

static void the_environment_hides_what_is_here(void **state)
{
    struct machine m = {0};
    (void)state;
    const char *const *env = sim_env(&a, &m, "/x/libtailor-sim.so");
    size_t n = 0;
    for (; env[n]; n++)
        assert_true(cstr_ends(env[n], "_VISIBLE_DEVICES="));
    assert_int_equal(n, 4);
    add(&m, "CUDA0", 1024);
    env = sim_env(&a, &m, "/x/libtailor-sim.so");
    assert_string_equal(env[n], "TAILOR_SIM=cuda0:7.5:1024:1024");
    assert_string_equal(env[n + 1], "GGML_BACKEND_PATH=/x/libtailor-sim.so");
    assert_null(env[n + 2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gpu_becomes_a_device_of_its_name),
        cmocka_unit_test(a_gpu_of_unknown_generation_is_still_simulated),
        cmocka_unit_test(what_no_engine_would_list_is_left_out),
        cmocka_unit_test(the_environment_hides_what_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
