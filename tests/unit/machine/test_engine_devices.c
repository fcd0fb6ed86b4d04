#include "base/units.h"
#include "machine/engine_devices.h"
#include "os/fs.h"
#include "os/proc.h"
#include "test.h"

static struct engine_devices parse(struct arena *a, const char *text)
{
    struct engine_devices devices = {0};
    struct err err = {0};
    CHECK_OK(engine_devices_parse(a, str_from(text), &devices, &err), &err);
    return devices;
}

static void devices_have_names_descriptions_and_memory(void **state)
{
    (void)state;
    struct arena a = {0};
    struct engine_devices d =
        parse(&a, "Available devices:\n"
                  "  CUDA0: NVIDIA GeForce RTX 4090 (24564 MiB, 23592 MiB free)\n"
                  "  CUDA1: NVIDIA GeForce RTX 3060 (12288 MiB, 11500 MiB free)\n");
    assert_int_equal(d.list.n, 2);
    assert_string_equal(d.list.v[0].name, "CUDA0");
    assert_string_equal(d.list.v[1].description, "NVIDIA GeForce RTX 3060");
    assert_int_equal(d.list.v[0].total_bytes, 24564 * MIB);
    assert_int_equal(d.list.v[1].free_bytes, 11500 * MIB);
    assert_string_equal(engine_device_vendor(&d.list.v[0]), "nvidia");
    assert_int_equal(engine_device_kind(&d.list.v[0]), GPU_KIND_CARD);
    arena_release(&a);
}

static void an_engine_without_devices_says_none(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_int_equal(parse(&a, "0.00.002 I srv  llama_server: initializing ...\n"
                               "Available devices:\n  (none)\n")
                         .list.n,
                     0);
    assert_int_equal(parse(&a, "Available devices:\n").list.n, 0);
    arena_release(&a);
}

static void start_lines_tell_compute_capability_and_kind(void **state)
{
    (void)state;
    struct arena a = {0};
    struct engine_devices d = parse(
        &a,
        "ggml_cuda_init: found 2 ROCm devices (Total VRAM: 32736 MiB):\n"
        "  Device 0: AMD Radeon RX 6800, gfx1030 (0x1030), VMM: no, Wave Size: 32, VRAM: 1 MiB\n"
        "  Device 1: AMD Radeon Pro VII, gfx906:sramecc+:xnack- (0x906), VMM: no\n"
        "ggml_vulkan: 0 = Intel(R) Graphics (Intel open-source Mesa driver) | uma: 1 | fp16: 1\n"
        "  Device 7: NVIDIA GeForce GTX 1060 6GB, compute capability 6.1, VMM: yes\n"
        "Available devices:\r\n"
        "  ROCm0: AMD Radeon RX 6800 (16368 MiB, 16342 MiB free)\r\n"
        "  ROCm1: AMD Radeon Pro VII (16368 MiB, 16348 MiB free)\r\n"
        "  Vulkan0: Intel(R) Graphics (16384 MiB, 12288 MiB free)\r\n"
        "  CUDA7: NVIDIA GeForce GTX 1060 6GB (6063 MiB, 5900 MiB free)\r\n"
        "something after the list: (1 MiB, 1 MiB free)\n");
    assert_int_equal(d.list.n, 4);
    assert_string_equal(d.list.v[0].compute_capability, "gfx1030");
    assert_string_equal(d.list.v[1].compute_capability, "gfx906");
    assert_int_equal(d.list.v[2].kind, GPU_KIND_SHARED);
    assert_string_equal(d.list.v[2].description, "Intel(R) Graphics");
    assert_null(d.list.v[2].compute_capability);
    assert_string_equal(d.list.v[3].compute_capability, "6.1");
    arena_release(&a);
}

static void brackets_and_colons_in_names_do_not_confuse(void **state)
{
    (void)state;
    struct arena a = {0};
    struct engine_devices d =
        parse(&a, "Available devices:\n"
                  "  Vulkan0: llvmpipe (LLVM 15.0.6, 256 bits) (2048 MiB, 2048 MiB free)\n"
                  "  RPC[127.0.0.1:50052]: RPC[127.0.0.1:50052] (24105 MiB, 23000 MiB free)\n"
                  "  BLAS: OpenBLAS (0 MiB, 0 MiB free)\n"
                  "  CUDA0: broken (12 MiB)\n"
                  "  CUDA1: broken\n"
                  "  CUDA2: broken (x MiB, 5 MiB free)\n"
                  "  Metal: Apple M3 Max (98304 MiB, 98303 MiB free)\n");
    assert_int_equal(d.list.n, 4);
    assert_string_equal(d.list.v[0].description, "llvmpipe (LLVM 15.0.6, 256 bits)");
    assert_string_equal(engine_device_vendor(&d.list.v[0]), "software");
    assert_string_equal(d.list.v[1].name, "RPC[127.0.0.1:50052]");
    assert_null(engine_backend_of(d.list.v[1].name));
    assert_null(engine_backend_of(d.list.v[2].name));
    assert_int_equal(d.list.v[2].total_bytes, 0);
    assert_string_equal(engine_backend_of(d.list.v[3].name)->backend, "metal");
    arena_release(&a);
}

static void a_text_without_a_list_is_an_error(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct engine_devices d = {0};
    assert_false(
        engine_devices_parse(&a, STR("error: invalid argument: --list-devices\n"), &d, &err));
    CHECK_ERR(&err, "no list of devices");
    assert_int_equal(err.code, ERR_ENGINE);
    assert_false(engine_devices_parse(&a, STR(""), &d, &err));
    arena_release(&a);
}

static void captured_lists_of_users_are_read(void **state)
{
    (void)state;
    const char *data = getenv("TAILOR_TEST_DATA");
    struct arena a = {0};
    struct err err = {0};
    struct str text;
    const char *file = arena_printf(&a, "%s/issue-captures/llama-server-list-devices.txt",
                                    data ? data : "/nonexistent");
    if (!fs_read(fs_real(), &a, file, 1 << 20, &text, &err)) {
        print_message("TAILOR_TEST_DATA has no captured device lists\n");
        arena_release(&a);
        skip();
    }
    size_t lists = 0, n_devices = 0, capable = 0;
    for (char *at = (char *)(uintptr_t)text.p, *next; at; at = next) {
        next = strstr(at, "\n\n");
        if (next) {
            *next = '\0';
            next += 2;
        }
        struct engine_devices d = parse(&a, at);
        lists++;
        for (size_t i = 0; i < d.list.n; i++, n_devices++) {
            assert_non_null(engine_backend_of(d.list.v[i].name));
            assert_non_null(engine_device_vendor(&d.list.v[i]));
            assert_int_not_equal(engine_device_kind(&d.list.v[i]), GPU_KIND_UNKNOWN);
            assert_in_range(d.list.v[i].free_bytes, 1, d.list.v[i].total_bytes);
            capable += d.list.v[i].compute_capability != NULL;
        }
    }
    arena_release(&a);
    assert_int_equal(lists, 6);
    assert_int_equal(n_devices, 8);
    assert_int_equal(capable, 4);
}

static void the_engine_itself_is_understood(void **state)
{
    (void)state;
    const char *engine = getenv("TAILOR_TEST_ENGINE");
    struct arena a = {0};
    struct err err = {0};
    struct proc_output output;
    const char *argv[] = {path_join(&a, engine ? engine : "/nonexistent", "llama-server"),
                          "--list-devices", NULL};
    struct proc_spec spec = {.argv = argv, .in = PROC_NULL, .out = PROC_PIPE, .err = PROC_NULL};
    if (fs_stat(fs_real(), argv[0]).kind != FS_FILE) {
        print_message("TAILOR_TEST_ENGINE names no folder with llama-server\n");
        arena_release(&a);
        skip();
    }
    CHECK_OK(proc_capture(&a, &spec, 60000, 1 << 20, &output, &err), &err);
    struct engine_devices d = {0};
    CHECK_OK(engine_devices_parse(&a, output.text, &d, &err), &err);
    print_message("# the engine lists %zu devices\n", d.list.n);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(devices_have_names_descriptions_and_memory),
        TEST(an_engine_without_devices_says_none),
        TEST(start_lines_tell_compute_capability_and_kind),
        TEST(brackets_and_colons_in_names_do_not_confuse),
        TEST(a_text_without_a_list_is_an_error),
        TEST(captured_lists_of_users_are_read),
        TEST(the_engine_itself_is_understood),
    };
    return RUN_TESTS(tests);
}
