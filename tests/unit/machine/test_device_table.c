/* Names of devices, as drivers and as people say them. */
#include "machine/device_table.h"

#include "test.h"

static const char *driver(const char *name)
{
    const struct device *d = device_of_driver(name);
    return d ? d->name : "unknown";
}

static const char *called(const char *name, uint32_t gb)
{
    const struct device *d = device_called(name, gb);
    return d ? d->name : "unknown";
}

static void drivers_names_are_found(void **state)
{
    (void)state;
    assert_string_equal(driver("NVIDIA GeForce RTX 4090"), "NVIDIA GeForce RTX 4090");
    assert_string_equal(driver("NVIDIA GeForce RTX 4070 Ti SUPER"),
                        "NVIDIA GeForce RTX 4070 Ti SUPER");
    assert_string_equal(driver("NVIDIA GeForce RTX 4090 Laptop GPU"),
                        "NVIDIA GeForce RTX 4090 Laptop");
    assert_string_equal(driver("NVIDIA H100 80GB HBM3"), "NVIDIA H100 SXM5 80GB");
    assert_string_equal(driver("NVIDIA H200"), "NVIDIA H200");
    assert_string_equal(driver("NVIDIA L40S"), "NVIDIA L40S");
    assert_string_equal(driver("NVIDIA L40"), "NVIDIA L40");
    assert_string_equal(driver("AMD Radeon RX 7900 XTX (RADV NAVI31)"), "AMD Radeon RX 7900 XTX");
    assert_string_equal(driver("AMD Radeon PRO W7900"), "AMD Radeon PRO W7900");
    assert_string_equal(driver("Intel(R) Arc(TM) A770 Graphics (DG2)"), "Intel Arc A770");
    assert_string_equal(driver("Apple M4 Pro"), "Apple M4 Pro 20-core GPU");
}

static void another_product_is_not_taken_for_it(void **state)
{
    (void)state;
    assert_string_equal(driver("NVIDIA GeForce RTX 2070 Super with Max-Q Design"), "unknown");
    assert_string_equal(driver("Tesla M40"), "Tesla M40"); /* no Apple M4 */
    assert_string_equal(driver("NVIDIA GeForce GTX 1650 Ti"), "unknown");
    assert_string_equal(driver("llvmpipe (LLVM 15.0.6, 256 bits)"), "unknown");
    assert_string_equal(driver(""), "unknown");
}

static void people_are_understood(void **state)
{
    (void)state;
    assert_string_equal(called("3090", 0), "NVIDIA GeForce RTX 3090");
    assert_string_equal(called("rtx4060ti", 16), "NVIDIA GeForce RTX 4060 Ti");
    assert_string_equal(called("RTX 5090 laptop", 0), "NVIDIA GeForce RTX 5090 Laptop");
    assert_string_equal(called("7900 XTX", 0), "AMD Radeon RX 7900 XTX");
    assert_string_equal(called("H100", 0), "NVIDIA H100 PCIe");
    assert_string_equal(called("H100 NVL", 0), "NVIDIA H100 NVL");
    assert_string_equal(called("A100", 40), "NVIDIA A100-PCIE-40GB");
    assert_string_equal(called("A100 80GB", 80), "NVIDIA A100 80GB PCIe");
    assert_string_equal(called("M3 Max", 36), "Apple M3 Max 30-core GPU");
    assert_string_equal(called("M3 Max", 64), "Apple M3 Max 40-core GPU");
    assert_string_equal(called("strix halo", 0), "AMD Strix Halo (Radeon 8060S)");
    assert_string_equal(called("Voodoo", 0), "unknown");
    assert_string_equal(called("", 0), "unknown");
}

static void a_near_name_is_offered(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(device_near(&a, "RTX 4099"), "NVIDIA GeForce RTX 4090");
    assert_string_equal(device_near(&a, "M5 Mox"), "Apple M5 Max 40-core GPU");
    assert_null(device_near(&a, "Voodoo"));
    assert_null(device_near(&a, ""));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers_names_are_found),
        cmocka_unit_test(another_product_is_not_taken_for_it),
        cmocka_unit_test(people_are_understood),
        cmocka_unit_test(a_near_name_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
