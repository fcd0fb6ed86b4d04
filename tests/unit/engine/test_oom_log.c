/* Messages of llama.cpp that memory ran out. */
#include "engine/oom_log.h"

#include "base/units.h"
#include "test.h"

static void reads(const char *log, const char *device, uint64_t bytes, const char *what)
{
    struct arena a = {0};
    struct oom o = oom_read(&a, str_from(log));
    assert_true(o.found);
    assert_string_equal(o.device ? o.device : "?", device);
    assert_int_equal(o.bytes, bytes);
    assert_string_equal(o.what ? o.what : "?", what);
    arena_release(&a);
}

static void failures_are_read(void **state)
{
    (void)state;
    reads(
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 1: "
        "cudaMalloc failed: out of memory\n"
        "alloc_tensor_range: failed to allocate CUDA1 buffer of size 4294967296\n"
        "llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv "
        "cache\n",
        "CUDA1", 4096 * MIB, "the KV cache");
    reads("fine\nalloc_tensor_range: failed to allocate CUDA0 buffer of size 1000\n"
          "llama_model_load: error loading model: unable to allocate CUDA0 buffer\n",
          "CUDA0", 1000, "the weights");
    reads("ggml_gallocr_reserve_n_impl: failed to allocate ROCm0 buffer of size 629145600\n"
          "graph_reserve: failed to allocate compute buffers\n",
          "ROCm0", 600 * MIB, "compute buffers");
    reads("ggml_vulkan: Device memory allocation of size 2147483648 failed.\n"
          "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory\n",
          "Vulkan0", 2147483648, "?");
    reads("loading\nKilled\n", "CPU", 0, "?");
}

static void other_logs_are_no_failures(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_false(oom_read(&a, STR("")).found);
    assert_false(oom_read(&a, STR("CUDA0 compute buffer size = 300.75 MiB\nready\n")).found);
    assert_false(oom_read(&a, STR("srv: server is listening\0\xff\xfe")).found);
    arena_release(&a);
}

static void absurd_sizes_do_no_harm(void **state)
{
    (void)state;
    reads("failed to allocate CPU buffer of size 99999999999999999999999999999999\n", "CPU", 0,
          "?");
    reads("out of memory", "?", 0, "?");
    reads("failed to allocate  buffer of size x", "?", 0, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_read),
        cmocka_unit_test(other_logs_are_no_failures),
        cmocka_unit_test(absurd_sizes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
