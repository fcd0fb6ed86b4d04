#include "machine/cpuinfo.h"
#include "os/fs.h"
#include "test.h"

static const char *isa_text(struct arena *a, const struct cpuinfo *info)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < info->isa.list.n; i++)
        strbuf_addf(&text, "%s%s", i ? " " : "", info->isa.list.v[i]);
    return strbuf_take(&text, a);
}

static const char *or_none(const char *s)
{
    return s ? s : "-";
}

static void every_architecture_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text, *model, *vendor, *arch, *isa;
        size_t cpus;
        bool hypervisor;
    } cases[] = {
        {"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 143\n"
         "model name\t: Intel(R) Xeon(R) Platinum 8488C\nphysical id\t: 0\ncore id\t\t: 3\n"
         "flags\t\t: fpu lm pni ssse3 fma sse4_2 avx f16c hypervisor bmi2 avx2 avx512f avx512dq "
         "avx512cd avx512bw avx512vl avx_vnni avx512_bf16 avx512vbmi avx512_vnni avx512_fp16 "
         "amx_bf16 amx_tile amx_int8\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\n",
         "Intel(R) Xeon(R) Platinum 8488C", "intel", "x86_64",
         "sse3 ssse3 sse42 avx avx_vnni avx2 f16c fma bmi2 avx512f avx512cd avx512dq avx512bw "
         "avx512vl avx512_vbmi avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_int8 amx_bf16",
         2, true},
        {"processor : 0\r\nvendor_id : AuthenticAMD\r\nmodel name  : AMD Ryzen 9 9950X 16-Core "
         "Processor\r\nflags : lm pni avx2\r\n",
         "AMD Ryzen 9 9950X 16-Core Processor", "amd", "x86_64", "sse3 avx2", 1, false},
        {"processor\t: 0\nFeatures\t: fp asimd fphp asimdhp asimddp sve sve2 i8mm bf16\n"
         "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd87\n\n"
         "processor\t: 1\nFeatures\t: fp asimd fphp asimdhp asimddp i8mm\n"
         "CPU implementer\t: 0x41\nCPU part\t: 0xd85\n",
         "Cortex-A725 + Cortex-X925", "arm", "aarch64", "neon fp16 dotprod i8mm", 2, false},
        {"processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nFeatures\t: half thumb neon\n"
         "CPU implementer\t: 0x41\nCPU part\t: 0xd03\n\nHardware\t: BCM2835\n",
         "Cortex-A53", "arm", "armv7l", "neon", 1, false},
        {"processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x99\nCPU part\t: 0x1\n",
         "ARM implementer 0x99 part 0x001", NULL, "aarch64", "neon", 1, false},
        {"processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdcv_zba_zvfh\nuarch\t\t: spacemit,x60\n",
         "spacemit,x60", "spacemit", "riscv64", "rvv zvfh", 1, false},
        {"processor\t: 0\nisa\t\t: rv64imafdc_svinval\nuarch\t\t: sifive,u74-mc\n", "sifive,u74-mc",
         "sifive", "riscv64", "", 1, false},
        {"processor\t: 0\ncpu\t\t: POWER8E (raw), altivec supported\n\nprocessor\t: 8\n"
         "cpu\t\t: POWER8E (raw), altivec supported\n\ntimebase\t: 512000000\n",
         "POWER8E", "ibm", NULL, "vsx", 2, false},
        {"vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch vx vxd vxe "
         "vxe2\n"
         "processor 0: version = FF,  identification = 0618E8,  machine = 8561\n\n"
         "cpu number      : 0\ncpu MHz dynamic : 5200\n\ncpu number      : 1\n",
         NULL, "ibm", "s390x", "vx vxe vxe2", 2, false},
        {"processor\t\t: 0\npackage\t\t\t: 1\ncore\t\t\t: 2\nModel Name\t\t: Loongson-3A5000\n"
         "Features\t\t: cpucfg lam lsx lasx\n",
         "Loongson-3A5000", "loongson", "loongarch64", "lsx lasx", 1, false},
        {"", NULL, NULL, NULL, "", 0, false},
        {"no colon\n:\n : x\nprocessor : many\nflags :\nCPU part : 0xd03\n",
         "ARM implementer 0x00 "
         "part 0xd03",
         NULL, "armv7l", "", 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct cpuinfo info = cpuinfo_parse(&a, str_from(cases[i].text));
        assert_string_equal(or_none(info.model), or_none(cases[i].model));
        assert_string_equal(or_none(info.vendor), or_none(cases[i].vendor));
        assert_string_equal(or_none(info.arch), or_none(cases[i].arch));
        assert_string_equal(isa_text(&a, &info), cases[i].isa);
        assert_int_equal(info.cpus.n, cases[i].cpus);
        assert_int_equal(info.hypervisor, cases[i].hypervisor);
        arena_release(&a);
    }
}

static void packages_and_cores_are_kept_for_machines_without_sysfs(void **state)
{
    (void)state;
    struct arena a = {0};
    struct cpuinfo info = cpuinfo_parse(&a, STR("processor : 6\nphysical id : 12\ncore id : 0\n"
                                                "cpu cores : 1\n\nprocessor : 7\n"));
    assert_int_equal(info.cpus.v[0].cpu, 6);
    assert_int_equal(info.cpus.v[0].package, 12);
    assert_int_equal(info.cpus.v[0].core, 0);
    assert_int_equal(info.cpus.v[1].package, -1);
    arena_release(&a);
}

static void models_are_shortened_as_people_say_them(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"Intel(R) Core(TM) i7-9700K CPU @ 3.60GHz", "Intel Core i7-9700K"},
        {"AMD EPYC 9254 24-Core Processor", "AMD EPYC 9254"},
        {"AMD Ryzen 9 9950X 16-Core Processor            ", "AMD Ryzen 9 9950X"},
        {"Intel(R) Xeon(R) Silver 4214 CPU @ 2.20GHz", "Intel Xeon Silver 4214"},
        {"12th Gen Intel(R) Core(TM) i9-12900K", "12th Gen Intel Core i9-12900K"},
        {"QEMU Virtual CPU version 2.5+", "QEMU Virtual CPU version 2.5+"},
        {"Cortex-A76", "Cortex-A76"},
        {"", ""},
    };
    struct arena a = {0};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_string_equal(cpuinfo_short_model(&a, pairs[i][0]), pairs[i][1]);
    arena_release(&a);
}

/* The file's name is the right answer. */
static void captured_processors_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *file, *model, *has, *lacks;
    } cases[] = {
        {"linux-rhel9-neoverse_v2", "Neoverse-V2", "sve2", "sme"},
        {"linux-rocky8-a64fx", "A64FX", "sve", "sve2"},
        {"linux-asahi-m2", "Blizzard-M2", "i8mm", "sve"},
        {"linux-amazon-cortex_a72", "Cortex-A72", "neon", "dotprod"},
        {"linux-ubuntu24.04-neoverse_v3ae", "Neoverse-V3AE", "bf16", "amx_int8"},
        {"linux-rocky9-zen5", "AMD Ryzen 9 9950X", "avx512_vnni", "amx_int8"},
        {"linux-unknown-sapphirerapids", "Intel", "amx_int8", "avx512_none"},
        {"linux-ubuntu26.04-arrowlake_s", "Core", "avx_vnni", "avx512f"},
        {"linux-rhel7-ivybridge", "Intel", "avx", "avx2"},
        {"linux-spacemit-x60", "Spacemit", "rvv", "neon"},
        {"linux-sifive-u74mc", "", "", "rvv"},
        {"linux-unknown-power10", "POWER10", "vsx", "neon"},
    };
    const char *data = getenv("TAILOR_TEST_DATA");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct err err = {0};
        struct str text;
        const char *file =
            arena_printf(&a, "%s/cpuinfo/archspec/%s", data ? data : "/nonexistent", cases[i].file);
        if (!fs_read(fs_real(), &a, file, 1 << 20, &text, &err)) {
            arena_release(&a);
            print_message("TAILOR_TEST_DATA has no captured processors\n");
            skip();
        }
        struct cpuinfo info = cpuinfo_parse(&a, text);
        const char *isa = arena_printf(&a, " %s ", isa_text(&a, &info));
        if (*cases[i].model && !strstr(or_none(info.model), cases[i].model))
            fail_msg("%s is %s", cases[i].file, or_none(info.model));
        if (*cases[i].has && !strstr(isa, arena_printf(&a, " %s ", cases[i].has)))
            fail_msg("%s has %s", cases[i].file, isa);
        if (strstr(isa, arena_printf(&a, " %s ", cases[i].lacks)))
            fail_msg("%s has %s", cases[i].file, isa);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_architecture_is_understood),
        TEST(packages_and_cores_are_kept_for_machines_without_sysfs),
        TEST(captured_processors_are_known),
        TEST(models_are_shortened_as_people_say_them),
    };
    return RUN_TESTS(tests);
}
