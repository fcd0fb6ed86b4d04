#include "base/units.h"
#include "report/golden.h"
#include "report/views.h"

static void nothing_known_is_told_as_unknown(void **state)
{
    struct paper *p = *state;
    const struct machine m = {0};
    view_machine(&p->d, &m);
    assert_string_equal(paper_text(p, WIDE),
                        "profile    unknown\n"
                        "platform   unknown\n"
                        "OS         unknown, kernel unknown\n"
                        "arch       unknown\n"
                        "CPU model  unknown\n"
                        "P-cores    unknown\n"
                        "E-cores    unknown\n"
                        "threads    unknown to write, unknown to read prompts\n"
                        "RAM        unknown, unknown available\n"
                        "bandwidth  not measured\n"
                        "GPU model  none\n"
                        "GPU type   none\n"
                        "VRAM       none\n"
                        "backend    unknown\n"
                        "abilities  none known\n"
                        "engine     unknown\n");
    assert_string_equal(view_machine_line(&p->a, &m), "unknown");
}

static struct machine workstation(struct arena *a)
{
    struct machine m = {0};
    FACT_SET(&m.platform_id, "linux-x86_64", "test");
    FACT_SET(&m.display_name, "A workstation", "test");
    FACT_SET(&m.recommended_backend, "cuda", "test");
    FACT_SET(&m.os.name, "Debian GNU/Linux 12 (bookworm)", "test");
    FACT_SET(&m.os.kernel, "6.1.0", "test");
    FACT_SET(&m.os.arch, "x86_64", "test");
    FACT_SET(&m.os.container, "docker", "test");
    FACT_SET(&m.cpu.model, "Ryzen 5", "test");
    FACT_SET(&m.cpu.physical_cores, 6, "test");
    FACT_SET(&m.cpu.performance_cores, 6, "test");
    FACT_SET(&m.cpu.efficiency_cores, 0, "test");
    FACT_SET(&m.cpu.usable_cpus, 2.5, "test");
    FACT_SET(&m.cpu.recommended_threads, 2, "test");
    FACT_SET(&m.cpu.recommended_threads_batch, 3, "test");
    FACT_SET(&m.memory.total_bytes, 32 * GIB, "test");
    FACT_SET(&m.memory.available_bytes, 20 * GIB, "test");
    FACT_SET(&m.memory.limit_bytes, 24 * GIB, "test");
    FACT_SET(&m.memory.bandwidth_gb_s, 41.23, "measured");
    FACT_SET(&m.engine.path, "/usr/bin/llama-server", "test");
    *VEC_PUSH(a, &m.capabilities) = "avx2";
    *VEC_PUSH(a, &m.capabilities) = "cuda";
    *VEC_PUSH(a, &m.notes) = "first note";
    *VEC_PUSH(a, &m.notes) = "second note";
    struct machine_gpu *g = VEC_PUSH(a, &m.gpus);
    FACT_SET(&g->name, "RTX 4060 Ti", "test");
    FACT_SET(&g->vendor, "nvidia", "test");
    FACT_SET(&g->backend, "cuda", "test");
    FACT_SET(&g->engine_device, "CUDA0", "test");
    FACT_SET(&g->memory_total_bytes, 16 * GIB, "test");
    FACT_SET(&g->memory_free_bytes, 31 * GIB / 2, "test");
    return m;
}

static void the_twelve_items_are_told(void **state)
{
    struct paper *p = *state;
    const struct machine m = workstation(&p->a);
    view_machine(&p->d, &m);
    assert_string_equal(
        paper_text(p, WIDE),
        "profile    A workstation\n"
        "platform   linux-x86_64\n"
        "OS         Debian GNU/Linux 12 (bookworm), kernel 6.1.0, container docker\n"
        "arch       x86_64\n"
        "CPU model  Ryzen 5\n"
        "P-cores    6\n"
        "E-cores    0\n"
        "threads    2 to write, 3 to read prompts (2.5 CPUs usable)\n"
        "RAM        32.0 GB, 20.0 GB available, limited to 24.0 GB\n"
        "bandwidth  41.2 GB/s (measured)\n"
        "GPU model  RTX 4060 Ti, CUDA0\n"
        "GPU type   nvidia cuda\n"
        "VRAM       16.0 GB, 15.5 GB free\n"
        "backend    cuda\n"
        "abilities  avx2 cuda\n"
        "engine     /usr/bin/llama-server\n"
        "notes      first note\n"
        "           second note\n");
}

static void a_card_that_shares_the_ram_says_so(void **state)
{
    struct paper *p = *state;
    struct machine m = workstation(&p->a);
    FACT_SET(&m.gpus.v[0].integrated, true, "test");
    m.gpus.v[0].memory_free_bytes.source = NULL;
    view_machine(&p->d, &m);
    const char *text = paper_text(p, WIDE);
    assert_non_null(strstr(text, "\nGPU type   nvidia cuda, shares the RAM\n"));
    assert_non_null(strstr(text, "\nVRAM       16.0 GB, unknown free\n"));
}

static void one_line_holds_what_matters(void **state)
{
    struct paper *p = *state;
    struct machine m = workstation(&p->a);
    assert_string_equal(view_machine_line(&p->a, &m),
                        "RTX 4060 Ti 16.0 GB, 15.5 GB free - Ryzen 5 - 6 cores - 32.0 GB, 20.0 GB "
                        "free, limited to 24.0 GB, 41.2 GB/s measured");
    m.memory.bandwidth_gb_s.source = "measured before";
    assert_true(cstr_ends(view_machine_line(&p->a, &m), "41.2 GB/s measured"));
    m.gpus.n = 0;
    m.memory.limit_bytes.source = NULL;
    m.memory.bandwidth_gb_s.source = NULL;
    FACT_SET(&m.cpu.physical_cores, 1, "test");
    assert_string_equal(view_machine_line(&p->a, &m), "Ryzen 5 - 1 core - 32.0 GB, 20.0 GB free");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PAPER_TEST(nothing_known_is_told_as_unknown),
        PAPER_TEST(the_twelve_items_are_told),
        PAPER_TEST(a_card_that_shares_the_ram_says_so),
        PAPER_TEST(one_line_holds_what_matters),
    };
    return RUN_TESTS(tests);
}
