#include "base/json.h"
#include "test.h"

static void unknown_is_null_and_bytes_are_integers(void **state)
{
    (void)state;
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.test/1");
    js_put_fact_u64(o, "cores", (struct fact_u64){0, NULL});
    js_put_fact_u64(o, "total_bytes", (struct fact_u64){34359738368u, "meminfo"});
    js_put_fact_f64(o, "bandwidth_gb_s", (struct fact_f64){41.23456, "measured"});
    js_put_fact_str(o, "name", (struct fact_str){"x", NULL});
    char *line = js_line(o);
    assert_string_equal(line,
                        "{\"schema\":\"tailor.test/1\",\"cores\":null,"
                        "\"total_bytes\":34359738368,\"bandwidth_gb_s\":41.23,\"name\":null}");
    free(line);
    json_decref(o);
}

static void bad_utf8_is_repaired_not_dropped(void **state)
{
    (void)state;
    json_t *o = json_object();
    js_put_str(o, "path", "caf\xe9.gguf");
    assert_string_equal(json_string_value(json_object_get(o, "path")), "caf?.gguf");
    json_decref(o);
}

static void reading_names_the_member_or_the_place(void **state)
{
    (void)state;
    struct err err = {0};
    struct arena a = {0};
    json_t *o = js_parse(STR("{\"n\": 5, \"s\": \"x\", \"neg\": -1, \"nul\": null}"), &err);
    assert_non_null(o);
    uint64_t n = 1;
    CHECK_OK(js_get_u64(o, "n", &n, &err) && n == 5, &err);
    CHECK_OK(js_get_u64(o, "missing", &n, &err) && n == 5, &err);
    CHECK_OK(js_get_u64(o, "nul", &n, &err) && n == 5, &err);
    assert_false(js_get_u64(o, "s", &n, &err));
    CHECK_ERR(&err, "\"s\" is not a whole number");
    assert_false(js_get_u64(o, "neg", &n, &err));
    const char *s = NULL;
    CHECK_OK(js_get_str(o, "s", &a, &s, &err), &err);
    assert_string_equal(s, "x");
    json_decref(o);

    assert_null(js_parse(STR("{\"a\": 1,\n \"a\": }"), &err));
    CHECK_ERR(&err, "line 2");
    assert_null(js_parse(STR(""), &err));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_is_null_and_bytes_are_integers),
        TEST(bad_utf8_is_repaired_not_dropped),
        TEST(reading_names_the_member_or_the_place),
    };
    return RUN_TESTS(tests);
}
