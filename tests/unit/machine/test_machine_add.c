#include "base/units.h"
#include "machine/machine_add.h"
#include "machine/machine_derive.h"
#include "test.h"

static const char sysfs[] = "sysfs";

/* A GPU as the probes find it. */
static struct machine_gpu *found(struct arena *a, struct machine *m, const char *vendor,
                                 const char *name)
{
    struct machine_gpu *gpu = VEC_PUSH(a, &m->gpus);
    *gpu = (struct machine_gpu){.index = m->gpus.n - 1};
    FACT_SET(&gpu->vendor, vendor, sysfs);
    if (name)
        FACT_SET(&gpu->name, name, sysfs);
    return gpu;
}

static void add(struct arena *a, struct machine *m, const char *list)
{
    struct engine_devices devices = {0};
    struct err err = {0};
    const char *text = arena_printf(a, "Available devices:\n%s", list);
    CHECK_OK(engine_devices_parse(a, str_from(text), &devices, &err), &err);
    machine_add_engine(a, m, &devices);
}

static bool noted(const struct machine *m, const char *part)
{
    for (size_t i = 0; i < m->notes.n; i++)
        if (strstr(m->notes.v[i], part))
            return true;
    return false;
}

static void a_device_finds_its_card_by_name(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 3060");
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 4090");
    FACT_SET(&m.gpus.v[1].pci_address, "0000:41:00.0", sysfs);
    add(&a, &m,
        "  CUDA0: NVIDIA GeForce RTX 4090 (24564 MiB, 23592 MiB free)\n"
        "  CUDA1: NVIDIA GeForce RTX 3060 (12288 MiB, 11500 MiB free)\n");
    assert_int_equal(m.gpus.n, 2);
    assert_string_equal(m.gpus.v[1].engine_device.v, "CUDA0");
    assert_string_equal(m.gpus.v[0].engine_device.v, "CUDA1");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 12288 * MIB);
    assert_string_equal(m.gpus.v[1].backend.v, "cuda");
    assert_string_equal(m.gpus.v[1].pool, "vram1");
    assert_int_equal(machine_find_pool(&m, "vram1")->free_bytes.v, 23592 * MIB);
    assert_int_equal(m.engine.devices.n, 2);
    assert_string_equal(m.recommended_backend.v, "cuda");
    assert_int_equal(m.notes.n, 0);
    arena_release(&a);
}

static void an_address_decides_where_the_engine_tells_it(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 3090");
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 3090");
    FACT_SET(&m.gpus.v[0].pci_address, "0000:01:00.0", sysfs);
    FACT_SET(&m.gpus.v[1].pci_address, "0000:41:00.0", sysfs);
    struct engine_devices d = {0};
    *VEC_PUSH(&a, &d.list) = (struct engine_device){
        "CUDA0", "NVIDIA GeForce RTX 3090", 24 * GIB, 20 * GIB, GPU_KIND_UNKNOWN, "0000:41:00.0",
        "8.6"};
    machine_add_engine(&a, &m, &d);
    assert_null(m.gpus.v[0].engine_device.source);
    assert_string_equal(m.gpus.v[1].engine_device.v, "CUDA0");
    assert_string_equal(m.gpus.v[1].compute_capability.v, "8.6");
    arena_release(&a);
}

static void a_card_given_to_a_virtual_machine_is_not_the_engines(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 3090");
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 3090");
    FACT_SET(&m.gpus.v[0].driver, "vfio-pci", sysfs);
    FACT_SET(&m.gpus.v[1].driver, "nvidia", sysfs);
    add(&a, &m, "  CUDA0: NVIDIA GeForce RTX 3090 (24576 MiB, 24000 MiB free)\n");
    assert_int_equal(m.gpus.n, 2);
    assert_null(m.gpus.v[0].engine_device.source);
    assert_string_equal(m.gpus.v[1].engine_device.v, "CUDA0");
    arena_release(&a);
}

static void what_nobody_found_is_appended(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0}; /* a container without /sys */
    add(&a, &m,
        "  ROCm0: AMD Radeon RX 6700 XT (12272 MiB, 12248 MiB free)\n"
        "  RPC0: RPC[10.0.0.2:50052] (24105 MiB, 23000 MiB free)\n"
        "  BLAS: OpenBLAS (0 MiB, 0 MiB free)\n");
    assert_int_equal(m.gpus.n, 1);
    assert_string_equal(m.gpus.v[0].vendor.v, "amd");
    assert_string_equal(m.gpus.v[0].pool, "vram0");
    assert_int_equal(m.engine.devices.n, 3);
    assert_null(m.engine.devices.v[2].total_bytes.source);
    assert_string_equal(m.recommended_backend.v, "rocm");
    arena_release(&a);
}

static void a_card_of_two_backends_counts_once_and_the_first_has_it(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    add(&a, &m,
        "  CUDA0: NVIDIA RTX A2000 12GB (12282 MiB, 12000 MiB free)\n"
        "  Vulkan0: Intel(R) Arc(tm) Pro B60 Graphics (24000 MiB, 23607 MiB free)\n"
        "  Vulkan1: NVIDIA RTX A2000 12GB (20275 MiB, 19491 MiB free)\n");
    assert_int_equal(m.gpus.n, 2);
    assert_string_equal(m.gpus.v[0].engine_device.v, "CUDA0");
    assert_string_equal(m.gpus.v[0].backend.v, "cuda");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 12282 * MIB);
    assert_int_equal(m.gpus.v[0].memory_free_bytes.v, 12000 * MIB);
    assert_true(noted(&m, "the smaller counts"));
    arena_release(&a);
}

static void known_wrong_answers_are_corrected_and_noted(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    add(&a, &m,
        "  CUDA0: NVIDIA GeForce RTX 5090 (32106 MiB, 55372 MiB free)\n"
        "  Vulkan1: Quadro T1000 (4342 MiB, 17592186039235 MiB free)\n"
        "  Vulkan2: NVIDIA GeForce GT 710 (17592186044415 MiB, 12 MiB free)\n");
    assert_int_equal(m.gpus.v[0].memory_free_bytes.v, 32106 * MIB);
    assert_string_equal(m.gpus.v[0].memory_free_bytes.source, "engine, corrected");
    assert_true(noted(&m, "CUDA0 reports 54.1 GB free of 31.4 GB"));
    assert_int_equal(m.gpus.v[1].memory_free_bytes.v, 0);
    assert_true(noted(&m, "Vulkan1 reports a negative amount"));
    assert_null(m.gpus.v[2].memory_total_bytes.source);
    assert_null(m.gpus.v[2].pool);
    assert_int_equal(m.pools.n, 3); /* host and two cards */
    arena_release(&a);
}

static void a_rasterizer_is_no_gpu_to_plan_for(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    add(&a, &m, "  Vulkan0: llvmpipe (LLVM 15.0.6, 256 bits) (2048 MiB, 2048 MiB free)\n");
    assert_string_equal(m.gpus.v[0].vendor.v, "software");
    assert_string_equal(m.gpus.v[0].pool, "host");
    assert_int_equal(m.pools.n, 1);
    assert_string_equal(m.recommended_backend.v, "cpu");
    assert_true(noted(&m, "computes on the CPU"));
    arena_release(&a);
}

static void a_card_and_the_processors_graphics_stay_apart(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    struct machine_gpu *inside = found(&a, &m, "amd", NULL);
    FACT_SET(&inside->integrated, true, sysfs);
    struct machine_gpu *card = found(&a, &m, "amd", "AMD Navi 31 XT/XTX");
    m.gpus.v[1].name.source = "pci.ids";
    FACT_SET(&card->integrated, false, sysfs);
    FACT_SET(&card->memory_total_bytes, 24560 * MIB, sysfs);
    FACT_SET(&card->memory_free_bytes, 20000 * MIB, sysfs);
    add(&a, &m,
        "  ROCm0: AMD Radeon RX 7900 XTX (24560 MiB, 24500 MiB free)\n"
        "  ROCm1: AMD Radeon Graphics (31000 MiB, 30000 MiB free)\n");
    assert_int_equal(m.gpus.n, 2);
    assert_string_equal(m.gpus.v[1].engine_device.v, "ROCm0");
    assert_string_equal(m.gpus.v[1].name.v, "AMD Radeon RX 7900 XTX");
    assert_int_equal(m.gpus.v[1].memory_free_bytes.v, 20000 * MIB); /* the smaller one */
    assert_string_equal(m.gpus.v[0].pool, "host");
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 31000 * MIB);
    assert_string_equal(m.recommended_backend.v, "rocm");
    arena_release(&a);
}

static void what_the_engine_says_replaces_what_a_name_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 4090");
    machine_derive_pools(&a, &m);
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 24 * GIB);
    add(&a, &m, "  CUDA0: NVIDIA GeForce RTX 4090 (49140 MiB, 48000 MiB free)\n"); /* 48 GB */
    assert_int_equal(m.gpus.n, 1);
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 49140 * MIB);
    assert_int_equal(m.pools.v[1].total_bytes.v, 49140 * MIB);
    assert_int_equal(m.notes.n, 0);
    add(&a, &m, ""); /* an engine that does not list it */
    assert_int_equal(m.gpus.v[0].memory_total_bytes.v, 49140 * MIB);
    arena_release(&a);
}

static void another_engines_list_replaces_the_first(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    found(&a, &m, "nvidia", "NVIDIA GeForce RTX 4090");
    add(&a, &m, "  CUDA0: NVIDIA GeForce RTX 4090 (24564 MiB, 23592 MiB free)\n");
    add(&a, &m, "  Vulkan0: NVIDIA GeForce RTX 4090 (24564 MiB, 23592 MiB free)\n");
    assert_int_equal(m.gpus.n, 1);
    assert_int_equal(m.engine.devices.n, 1);
    assert_string_equal(m.gpus.v[0].engine_device.v, "Vulkan0");
    assert_string_equal(m.gpus.v[0].backend.v, "vulkan");
    assert_string_equal(m.recommended_backend.v, "cuda"); /* still the better one */
    add(&a, &m, "  (none)\n");
    assert_null(m.gpus.v[0].engine_device.source);
    assert_int_equal(m.pools.n, 2);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_finds_its_card_by_name),
        TEST(an_address_decides_where_the_engine_tells_it),
        TEST(a_card_given_to_a_virtual_machine_is_not_the_engines),
        TEST(what_nobody_found_is_appended),
        TEST(a_card_of_two_backends_counts_once_and_the_first_has_it),
        TEST(known_wrong_answers_are_corrected_and_noted),
        TEST(a_rasterizer_is_no_gpu_to_plan_for),
        TEST(a_card_and_the_processors_graphics_stay_apart),
        TEST(what_the_engine_says_replaces_what_a_name_told),
        TEST(another_engines_list_replaces_the_first),
    };
    return RUN_TESTS(tests);
}
