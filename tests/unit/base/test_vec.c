#include "base/vec.h"
#include "test.h"

static void pushing_keeps_what_was_there(void **state)
{
    (void)state;
    struct arena a = {0};
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++)
        *VEC_PUSH(&a, &v) = i;
    assert_int_equal(v.n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v.v[i], i);
    arena_release(&a);
}

static void arena_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena a = {0};
    for (size_t n = 0; n < 5000; n += 37) {
        unsigned char *p = arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
    arena_release(&a);
    assert_null(a.head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pushing_keeps_what_was_there),
        TEST(arena_memory_is_zeroed_and_aligned),
    };
    return RUN_TESTS(tests);
}
