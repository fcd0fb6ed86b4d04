#include "plan/backend.h"

#include "base/units.h"
#include "test.h"

static void a_backend_is_found_by_its_name_and_its_devices(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *name;
    } rows[] = {
        {"cuda", "cuda"},     {"CUDA", "cuda"},      {"CUDA0", "cuda"}, {"CUDA15", "cuda"},
        {"ROCm1", "rocm"},    {"Vulkan0", "vulkan"}, {"MTL0", "metal"}, {"SYCL2", "sycl"},
        {"metal", "metal"},   {"CUDA", "cuda"},      {"cuda0", NULL},   {"CPU", NULL},
        {"RPC0", NULL},       {"CUDAx", NULL},       {"CUDA0,1", NULL}, {"", NULL},
        {"Vulkan", "vulkan"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct backend_rules *b = backend_find(rows[i].asked);
        if (rows[i].name)
            assert_string_equal(b ? b->name : "(none)", rows[i].name);
        else
            assert_null(b);
    }
}

static void flash_attention_needs_a_kernel_for_the_head_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *backend;
        uint32_t k, v;
        bool has;
    } rows[] = {
        {"cuda", 128, 128, true},  {"cuda", 256, 256, true},    {"cuda", 192, 192, false},
        {"cuda", 192, 128, true},  {"cuda", 576, 512, true},    {"cuda", 72, 72, true},
        {"rocm", 100, 100, false}, {"cuda", 512, 512, true},    {"cuda", 320, 256, true},
        {"vulkan", 72, 72, true},  {"vulkan", 100, 100, false}, {"vulkan", 192, 100, false},
        {"metal", 96, 96, true},   {"metal", 72, 72, false},    {"metal", 96, 72, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(backend_flash_attn(backend_find(rows[i].backend), rows[i].k, rows[i].v),
                         rows[i].has);
}

static void rows_are_usable_by_the_arithmetic(void **state)
{
    (void)state;
    static const char *const names[] = {"cuda", "rocm", "vulkan", "metal", "sycl"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct backend_rules *b = backend_find(names[i]);
        assert_true(b->alignment > 0 && (b->alignment & (b->alignment - 1)) == 0);
        assert_true(b->quant_row_pad == 0 || b->quant_row_pad % 256 == 0); /* whole blocks */
        assert_true(b->driver_bytes < GIB);
    }
    assert_true(backend_find("cuda")->proven);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backend_is_found_by_its_name_and_its_devices),
        TEST(flash_attention_needs_a_kernel_for_the_head_sizes),
        TEST(rows_are_usable_by_the_arithmetic),
    };
    return RUN_TESTS(tests);
}
