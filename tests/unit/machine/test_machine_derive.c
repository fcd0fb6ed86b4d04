#include "base/units.h"
#include "machine/machine_derive.h"
#include "test.h"

static struct machine_gpu *gpu(struct arena *a, struct machine *m, const char *vendor, bool shared)
{
    struct machine_gpu *g = VEC_PUSH(a, &m->gpus);
    *g = (struct machine_gpu){.index = m->gpus.n - 1};
    FACT_SET(&g->vendor, vendor, "test");
    FACT_SET(&g->integrated, shared, "test");
    return g;
}

static void each_memory_is_a_pool_once(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    FACT_SET(&m.memory.total_bytes, 32 * GIB, "test");
    FACT_SET(&m.memory.available_bytes, 30 * GIB, "test");
    gpu(&a, &m, "intel", true);
    gpu(&a, &m, "nvidia", false);
    FACT_SET(&m.gpus.v[0].memory_total_bytes, 16 * GIB, "test");
    FACT_SET(&m.gpus.v[1].memory_total_bytes, 24 * GIB, "test");
    gpu(&a, &m, "nvidia", false); /* a card whose memory nobody knows */
    for (int again = 0; again < 2; again++) {
        machine_derive_pools(&a, &m);
        assert_int_equal(m.pools.n, 2);
    }
    assert_string_equal(m.pools.v[0].id, "host");
    assert_int_equal(m.pools.v[0].allocatable_bytes.v, 30 * GIB);
    assert_string_equal(m.gpus.v[0].pool, "host");
    assert_string_equal(m.gpus.v[1].pool, "vram1");
    assert_int_equal(m.pools.v[1].total_bytes.v, 24 * GIB);
    assert_null(m.pools.v[1].free_bytes.source); /* unknown is not zero */
    assert_null(m.gpus.v[2].pool);
    arena_release(&a);
}

static void a_name_tells_the_least_memory_of_its_cards(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    static const char *const names[] = {"NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3060",
                                        "NVIDIA Unheard Of", "NVIDIA GeForce RTX 3060"};
    for (size_t i = 0; i < 4; i++) {
        struct machine_gpu *g = gpu(&a, &m, "nvidia", false);
        FACT_SET(&g->name, names[i], "test");
    }
    FACT_SET(&m.gpus.v[3].memory_total_bytes, 12 * GIB, "test");
    machine_derive_pools(&a, &m);
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 24 * GIB);
    assert_string_equal(m.gpus.v[0].memory_total_bytes.source, "device table");
    assert_string_equal(m.gpus.v[0].pool, "vram0");
    assert_int_equal(m.gpus.v[1].memory_total_bytes.v, 8 * GIB); /* sold with 12, and with 8 */
    assert_null(m.gpus.v[2].memory_total_bytes.source);
    assert_int_equal(m.gpus.v[3].memory_total_bytes.v, 12 * GIB); /* known */
    arena_release(&a);
}

static void a_carve_out_is_a_pool_and_the_larger_share_is_named(void **state)
{
    (void)state;
    const struct {
        uint64_t carved, gtt;
        const char *pool;
    } cases[] = {{96 * GIB, 16 * GIB, "carveout0"}, {512 * MIB, 108 * GIB, "host"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct machine m = {0};
        struct machine_gpu *g = gpu(&a, &m, "amd", true);
        FACT_SET(&g->carveout_total_bytes, cases[i].carved, "test");
        FACT_SET(&g->memory_total_bytes, cases[i].carved + cases[i].gtt, "test");
        machine_derive_pools(&a, &m);
        assert_int_equal(m.pools.n, 2);
        assert_int_equal(m.pools.v[1].kind, POOL_CARVEOUT);
        assert_int_equal(m.pools.v[1].total_bytes.v, cases[i].carved);
        assert_string_equal(m.gpus.v[0].pool, cases[i].pool);
        arena_release(&a);
    }
}

static void the_backend_follows_the_card(void **state)
{
    (void)state;
    static const struct {
        const char *vendor;
        bool shared;
        const char *driver, *backend;
    } cases[] = {
        {"nvidia", false, "nvidia", "cuda"},  {"amd", false, "amdgpu", "rocm"},
        {"amd", true, "amdgpu", "vulkan"},    {"intel", false, "xe", "vulkan"},
        {"nvidia", false, "vfio-pci", "cpu"}, {"software", true, NULL, "cpu"},
        {"unheard of", false, NULL, "cpu"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct machine m = {0};
        struct machine_gpu *g = gpu(&a, &m, cases[i].vendor, cases[i].shared);
        if (cases[i].driver)
            FACT_SET(&g->driver, cases[i].driver, "test");
        machine_derive_names(&a, &m);
        assert_string_equal(m.recommended_backend.v, cases[i].backend);
        arena_release(&a);
    }
}

static void a_card_comes_before_the_processors_graphics(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    gpu(&a, &m, "intel", true);
    gpu(&a, &m, "nvidia", false);
    *VEC_PUSH(&a, &m.cpu.isa) = "avx2";
    machine_derive_names(&a, &m);
    machine_derive_names(&a, &m);
    assert_string_equal(m.recommended_backend.v, "cuda");
    assert_int_equal(m.capabilities.n, 4);
    assert_string_equal(m.capabilities.v[0], "vulkan");
    assert_string_equal(m.capabilities.v[1], "cuda");
    assert_string_equal(m.capabilities.v[2], "avx2");
    assert_string_equal(m.capabilities.v[3], "unified_memory");
    arena_release(&a);
}

static void the_display_name_says_what_people_would(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    machine_derive_names(&a, &m);
    assert_null(m.display_name.source);
    FACT_SET(&m.os.arch, "x86_64", "test");
    FACT_SET(&m.cpu.model, "AMD EPYC 9254 24-Core Processor", "test");
    FACT_SET(&m.cpu.physical_cores, 24, "test");
    FACT_SET(&m.memory.total_bytes, 128 * GIB, "test");
    for (int i = 0; i < 3; i++) {
        struct machine_gpu *g = gpu(&a, &m, "nvidia", false);
        FACT_SET(&g->name, i < 2 ? "NVIDIA GeForce RTX 3090" : "NVIDIA GeForce RTX 4090", "test");
        FACT_SET(&g->memory_total_bytes, 24 * GIB, "test");
    }
    gpu(&a, &m, "amd", true);
    machine_derive_names(&a, &m);
    assert_string_equal(m.platform_id.v, "linux-x86_64");
    assert_string_equal(m.display_name.v, "AMD EPYC 9254, 24 cores, 128 GB, 2x RTX 3090 24.0 GB, "
                                          "RTX 4090 24.0 GB, AMD GPU");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_memory_is_a_pool_once),
        TEST(a_name_tells_the_least_memory_of_its_cards),
        TEST(a_carve_out_is_a_pool_and_the_larger_share_is_named),
        TEST(the_backend_follows_the_card),
        TEST(a_card_comes_before_the_processors_graphics),
        TEST(the_display_name_says_what_people_would),
    };
    return RUN_TESTS(tests);
}
