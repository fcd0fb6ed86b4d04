#include "machine/cpu_set.h"
#include "test.h"

static struct cpu_set parse(struct arena *a, const char *list)
{
    struct cpu_set s = {0};
    if (!cpu_set_parse(a, str_from(list), &s))
        fail_msg("\"%s\" was refused", list);
    return s;
}

static void a_list_is_read_and_written_the_same(void **state)
{
    (void)state;
    static const char *const lists[] = {"", "0", "0-3", "0-3,8", "1,3,5,7", "63-64,127-129,8191"};
    struct arena a = {0};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct cpu_set s = parse(&a, lists[i]);
        assert_string_equal(cpu_set_text(&a, &s), lists[i]);
    }
    struct cpu_set s = parse(&a, " 4,2-3,3,2 \n");
    assert_string_equal(cpu_set_text(&a, &s), "2-4");
    arena_release(&a);
}

static void what_is_no_list_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const lists[] = {"x",   "0-",  "-3",    "3-1",   "0,,1",
                                        "0 1", "0-x", "1-2-3", "65536", "99999999999999999999",
                                        ","};
    struct arena a = {0};
    struct cpu_set s = parse(&a, "7");
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (cpu_set_parse(&a, str_from(lists[i]), &s))
            fail_msg("\"%s\" was read as \"%s\"", lists[i], cpu_set_text(&a, &s));
    assert_string_equal(cpu_set_text(&a, &s), "7");
    arena_release(&a);
}

static void members_are_counted_walked_and_intersected(void **state)
{
    (void)state;
    struct arena a = {0};
    struct cpu_set s = parse(&a, "1,64,200"), t = parse(&a, "0-64"), none = {0};
    assert_int_equal(cpu_set_count(&s), 3);
    assert_int_equal(cpu_set_first(&s), 1);
    assert_int_equal(cpu_set_next(&s, 1), 64);
    assert_int_equal(cpu_set_next(&s, 64), 200);
    assert_int_equal(cpu_set_next(&s, 200), CPU_SET_MAX);
    assert_int_equal(cpu_set_first(&none), CPU_SET_MAX);
    assert_true(cpu_set_has(&s, 200) && !cpu_set_has(&s, 199) && !cpu_set_has(&s, 100000));
    struct cpu_set both = cpu_set_and(&a, &s, &t);
    assert_string_equal(cpu_set_text(&a, &both), "1,64");
    assert_true(cpu_set_meets(&s, &t));
    assert_false(cpu_set_meets(&s, &none));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_read_and_written_the_same),
        TEST(what_is_no_list_is_refused_and_changes_nothing),
        TEST(members_are_counted_walked_and_intersected),
    };
    return RUN_TESTS(tests);
}
