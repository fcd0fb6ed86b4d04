#include "machine/pci.h"
#include "test.h"

static void a_uevent_tells_class_ids_address_and_driver(void **state)
{
    (void)state;
    struct arena a = {0};
    struct pci_device d = pci_parse_uevent(
        &a, STR("DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:687F\nPCI_SUBSYS_ID=1043:04C4\n"
                "PCI_SLOT_NAME=0000:09:00.0\nMODALIAS=pci:v00001002d\n"));
    assert_string_equal(d.driver, "amdgpu");
    assert_int_equal(d.class_code, 0x030000);
    assert_true(pci_is_display(d.class_code));
    assert_int_equal(d.vendor, 0x1002);
    assert_int_equal(d.device, 0x687f);
    assert_string_equal(d.address, "0000:09:00.0");
    d = pci_parse_uevent(&a, STR("PCI_CLASS=3oo00\nPCI_ID=10de\nDRIVER=\n"));
    assert_null(d.driver);
    assert_int_equal(d.class_code, 0);
    assert_int_equal(d.device, 0);
    assert_false(pci_is_display(0x020000));
    assert_true(pci_is_display(0x030200)); /* data centre cards: 3D controller */
    arena_release(&a);
}

static void only_vendors_that_llama_cpp_can_use_count(void **state)
{
    (void)state;
    assert_string_equal(pci_gpu_vendor(0x10de), "nvidia");
    assert_string_equal(pci_gpu_vendor(0x8086), "intel");
    assert_null(pci_gpu_vendor(0x1a03)); /* ASPEED: a server's BMC */
    assert_null(pci_gpu_vendor(0x1af4)); /* virtio */
}

static void pci_ids_names_what_people_bought(void **state)
{
    (void)state;
    struct arena a = {0};
    struct str ids = STR("# comment\n"
                         "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n"
                         "\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]\n"
                         "\t\t1002 0e3b  RX 7900 GRE\n"
                         "\t2684  Not this one\n"
                         "\n"
                         "10de  NVIDIA Corporation\n"
                         "\t2684  AD102 [GeForce RTX 4090]\n"
                         "\t2685  AD102 without a name\n"
                         "C 03  Display controller\n"
                         "\t2686  no device of a class\n");
    assert_string_equal(pci_ids_name(&a, ids, 0x1002, 0x744c), "AMD Radeon RX 7900 XT/7900 XTX");
    assert_string_equal(pci_ids_name(&a, ids, 0x10de, 0x2684), "NVIDIA GeForce RTX 4090");
    assert_string_equal(pci_ids_name(&a, ids, 0x10de, 0x2685), "NVIDIA AD102 without a name");
    assert_null(pci_ids_name(&a, ids, 0x10de, 0x2686));
    assert_null(pci_ids_name(&a, ids, 0x1002, 0x0e3b));
    arena_release(&a);
}

static void sharing_memory_follows_from_traces(void **state)
{
    (void)state;
    const struct pci_device amd = {.vendor = 0x1002, .address = "0000:c5:00.0"};
    const struct pci_device uhd = {.vendor = 0x8086, .address = "0000:00:02.0"};
    const struct pci_device arc = {.vendor = 0x8086, .address = "0000:03:00.0"};
    const struct pci_device nvidia = {.vendor = 0x10de, .address = "000f:01:00.0"};
    const struct {
        struct gpu_traces t;
        int integrated; /* -1: unknown */
    } cases[] = {
        {{.pci = &amd, .gpu_metrics_revision = 1}, 0},
        {{.pci = &amd, .gpu_metrics_revision = 3}, 1},
        {{.pci = &amd, .memory_vendor = true}, 0},
        {{.pci = &amd}, -1},
        {{.pci = &uhd}, 1},
        {{.pci = &arc}, 0},
        {{.pci = &nvidia, .name = "NVIDIA GB10"}, 1},
        {{.pci = &nvidia, .name = "NVIDIA GeForce RTX 4090"}, 0},
        {{.pci = &nvidia}, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fact_bool f = gpu_is_integrated(&cases[i].t);
        int got = f.source ? f.v : -1;
        if (got != cases[i].integrated)
            fail_msg("case %zu: %d", i, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_uevent_tells_class_ids_address_and_driver),
        TEST(only_vendors_that_llama_cpp_can_use_count),
        TEST(pci_ids_names_what_people_bought),
        TEST(sharing_memory_follows_from_traces),
    };
    return RUN_TESTS(tests);
}
