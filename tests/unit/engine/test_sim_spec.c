#include "engine/sim/sim_spec.h"

#include "base/units.h"
#include "test.h"

static struct sim_spec list[SIM_MAX_DEVICES];
static size_t n;
static char why[SIM_TEXT];

static void refused(const char *text, const char *reason)
{
    n = 7;
    assert_false(sim_spec_parse(text, list, &n, why));
    assert_int_equal(n, 0);
    assert_string_equal(why, reason);
}

static void fields_are_read_and_devices_are_numbered_within_their_family(void **state)
{
    (void)state;
    assert_true(sim_spec_parse("cuda:8.9:24564:24000:RTX 4090: mine;vulkan:amd/integrated:4096;"
                               "cuda:12.0:32768;;rocm:gfx90a:65536:",
                               list, &n, why));
    assert_int_equal(n, 4);
    assert_string_equal(list[0].name, "CUDA0");
    assert_int_equal(list[0].generation, 890);
    assert_true(list[0].total_bytes == 24564 * MIB && list[0].free_bytes == 24000 * MIB);
    assert_string_equal(list[0].description, "RTX 4090: mine");
    assert_string_equal(list[1].name, "Vulkan0");
    assert_true(list[1].integrated && list[1].generation == SIM_VK_AMD);
    assert_true(list[1].free_bytes == 4096 * MIB);
    assert_string_equal(list[2].name, "CUDA1");
    assert_int_equal(list[2].generation, 1200);
    assert_string_equal(list[3].name, "ROCm0");
    assert_int_equal(list[3].generation, 0x90a);
    assert_string_equal(list[3].description, "simulated rocm device");
}

static void a_number_behind_the_family_names_the_device(void **state)
{
    (void)state;
    assert_true(
        sim_spec_parse("cuda2:8.6:1024;cuda:8.6:1024;metal:m3:1024;sycl1:xe:1024", list, &n, why));
    assert_string_equal(list[0].name, "CUDA2");
    assert_string_equal(list[1].name, "CUDA3");
    assert_string_equal(list[2].name, "MTL0");
    assert_string_equal(list[3].name, "SYCL1");
}

static void nothing_is_no_device(void **state)
{
    (void)state;
    assert_true(sim_spec_parse("", list, &n, why));
    assert_int_equal(n, 0);
}

static void a_bad_device_leaves_none(void **state)
{
    (void)state;
    refused("cuda:8.6:1024;cuda:8.9", "\"cuda\" is not FAMILY:GENERATION:MIB");
    refused("opencl:1:1024", "no family \"opencl\"; there are cuda rocm vulkan metal sycl");
    refused("cud:8.9:1024", "no family \"cud\"; there are cuda rocm vulkan metal sycl");
    refused("cuda:gfx1100:1024", "cuda has no generation \"gfx1100\"");
    refused("cuda:8.9.1:1024", "cuda has no generation \"8.9.1\"");
    refused("cuda:-8.9:1024", "cuda has no generation \"-8.9\"");
    refused("rocm:8.9:1024", "rocm has no generation \"8.9\"");
    refused("vulkan:metal:1024", "vulkan has no generation \"metal\"");
    refused("cuda:8.9:24G", "\"24G\" is not a size in MiB");
    refused("cuda:8.9:0", "\"0\" is not a size in MiB");
    refused("cuda:8.9:99999999999999999999", "\"99999999999999999999\" is not a size in MiB");
    refused("cuda:8.9:1024:-1", "\"-1\" is not a size in MiB");
    refused("cuda:8.9:1024:2048", "2048 MiB free of 1024");
    refused("cuda1:8.9:1024;cuda1:8.9:1024", "two devices CUDA1");
}

static void too_many_and_too_long_are_refused(void **state)
{
    char many[17 * 14 + 1] = "", long_one[300];
    (void)state;
    for (int i = 0; i < 17; i++)
        strcat(many, "cuda:8.9:1024;");
    refused(many, "more than 16 devices, or one of more than 255 bytes");
    memset(long_one, 'x', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    refused(long_one, "more than 16 devices, or one of more than 255 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_and_devices_are_numbered_within_their_family),
        cmocka_unit_test(a_number_behind_the_family_names_the_device),
        cmocka_unit_test(nothing_is_no_device),
        cmocka_unit_test(a_bad_device_leaves_none),
        cmocka_unit_test(too_many_and_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
