#include "machine/gpu_name.h"
#include "test.h"

static void names_tell_vendor_and_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *vendor;
        enum gpu_kind kind;
    } cases[] = {
        {"NVIDIA GeForce RTX 4090", "nvidia", GPU_KIND_CARD},
        {"Tesla V100-SXM2-16GB", "nvidia", GPU_KIND_CARD},
        {"Quadro T1000", "nvidia", GPU_KIND_CARD},
        {"NVIDIA GB10", "nvidia", GPU_KIND_SHARED},
        {"Orin (nvgpu)", NULL, GPU_KIND_UNKNOWN},
        {"AMD Radeon RX 7900 XT (RADV NAVI31)", "amd", GPU_KIND_CARD},
        {"AMD Instinct MI300X", "amd", GPU_KIND_CARD},
        {"AMD Radeon AI PRO R9700", "amd", GPU_KIND_CARD},
        {"AMD Radeon Graphics (RADV GFX1151)", "amd", GPU_KIND_SHARED},
        {"Radeon 8060S Graphics (RADV STRIX_HALO)", "amd", GPU_KIND_SHARED},
        {"AMD Radeon(TM) 890M Graphics", "amd", GPU_KIND_SHARED},
        {"AMD Radeon Something", "amd", GPU_KIND_UNKNOWN},
        {"Intel(R) Arc(TM) A770 Graphics (DG2)", "intel", GPU_KIND_CARD},
        {"Intel Arc B580", "intel", GPU_KIND_CARD},
        {"Intel(R) Arc(TM) B580 Graphics", "intel", GPU_KIND_CARD},
        {"Intel(R) Arc(TM) 140T GPU (16GB)", "intel", GPU_KIND_SHARED},
        {"Intel(R) Arc(TM) B390 GPU", "intel", GPU_KIND_SHARED},
        {"Intel(R) Iris(R) Xe Graphics (TGL GT2)", "intel", GPU_KIND_SHARED},
        {"Intel(R) Iris(R) Xe Graphics (DG1)", "intel", GPU_KIND_CARD},
        {"Apple M3 Max", "apple", GPU_KIND_SHARED},
        {"llvmpipe (LLVM 15.0.6, 256 bits)", "software", GPU_KIND_SHARED},
        {"V3D 7.1.10.2", "broadcom", GPU_KIND_SHARED},
        {"Something else", NULL, GPU_KIND_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *vendor = gpu_name_vendor(cases[i].name);
        if (!vendor != !cases[i].vendor || (vendor && strcmp(vendor, cases[i].vendor) != 0))
            fail_msg("%s: vendor %s", cases[i].name, vendor ? vendor : "unknown");
        if (gpu_name_kind(vendor, cases[i].name) != cases[i].kind)
            fail_msg("%s: kind %d", cases[i].name, gpu_name_kind(vendor, cases[i].name));
    }
}

static void the_same_product_is_known_under_other_spellings(void **state)
{
    (void)state;
    assert_true(gpu_name_same("NVIDIA GeForce RTX 4090", "GeForce RTX 4090"));
    assert_true(gpu_name_same("AMD Radeon RX 7900 XT (RADV NAVI31)", "AMD Radeon RX 7900 XT"));
    assert_true(gpu_name_same("Intel(R) Arc(TM) A770 Graphics", "Intel Arc A770 Graphics"));
    assert_false(gpu_name_same("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090 Laptop GPU"));
    assert_false(gpu_name_same("AMD Radeon RX 7900 XT", "AMD Radeon RX 7900 XTX"));
    assert_false(gpu_name_same("NVIDIA", "NVIDIA GeForce RTX 3060"));
}

static void names_are_shortened_for_the_screen(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(gpu_name_short(&a, "NVIDIA GeForce RTX 4090"), "RTX 4090");
    assert_string_equal(gpu_name_short(&a, "AMD Radeon RX 7900 XT (RADV NAVI31)"), "RX 7900 XT");
    assert_string_equal(gpu_name_short(&a, "AMD Radeon Graphics"), "AMD Radeon Graphics");
    assert_string_equal(gpu_name_short(&a, "Tesla V100-SXM2-16GB"), "Tesla V100-SXM2-16GB");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_tell_vendor_and_kind),
        TEST(the_same_product_is_known_under_other_spellings),
        TEST(names_are_shortened_for_the_screen),
    };
    return RUN_TESTS(tests);
}
