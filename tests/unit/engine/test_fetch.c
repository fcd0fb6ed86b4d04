#include "engine/fetch.h"

#include "test.h"

static void a_content_range_tells_place_and_size(void **state)
{
    (void)state;
    uint64_t first = 7, total = 7;
    assert_true(fetch_content_range(STR("bytes 1048576-2097151/4920734272"), &first, &total));
    assert_int_equal(first, 1048576);
    assert_int_equal(total, 4920734272);
    assert_true(fetch_content_range(STR(" bytes 0-9/* "), &first, &total));
    assert_int_equal(total, FETCH_TOTAL_UNKNOWN);
    static const char *const bad[] = {"",
                                      "bytes",
                                      "bytes 0-9",
                                      "bytes */10",
                                      "items 0-9/10",
                                      "bytes -9/10",
                                      "bytes 0-9/x",
                                      "bytes 0-9/99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (fetch_content_range(str_from(bad[i]), &first, &total))
            fail_msg("\"%s\" is taken", bad[i]);
}

static void the_next_page_is_found_among_the_links(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(fetch_link_next(&a, STR("<https://h/a?cursor=x>; rel=\"next\"")),
                        "https://h/a?cursor=x");
    assert_string_equal(
        fetch_link_next(&a, STR("<https://h/0>; rel=\"prev\", <https://h/2>; rel=\"next\"")),
        "https://h/2");
    assert_null(fetch_link_next(&a, STR("<https://h/0>; rel=\"last\"")));
    assert_null(fetch_link_next(&a, STR("https://h/0; rel=\"next\"")));
    assert_null(fetch_link_next(&a, STR("<https://h/0")));
    assert_null(fetch_link_next(&a, STR("")));
    arena_release(&a);
}

static void only_scheme_host_and_port_make_an_origin(void **state)
{
    (void)state;
    assert_true(fetch_same_origin("https://huggingface.co/a/b", "https://HuggingFace.co"));
    assert_true(fetch_same_origin("https://h:443/x", "https://h"));
    assert_true(fetch_same_origin("http://h/x", "http://h:80"));
    static const char *const others[] = {"http://h",        "https://h:8443", "https://cdn.h",
                                         "https://h.evil",  "https://evil/h", "https://h@evil/x",
                                         "https://evil?@h", "https://",       "h"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (fetch_same_origin(others[i], "https://h"))
            fail_msg("\"%s\" would get the token", others[i]);
}

static void a_url_has_a_scheme_that_we_speak_and_a_host(void **state)
{
    (void)state;
    assert_true(fetch_is_url("https://h/x.gguf"));
    assert_true(fetch_is_url("http://[::1]:8080/x"));
    assert_false(fetch_is_url("https://"));
    assert_false(fetch_is_url("http:///x"));
    assert_false(fetch_is_url("file:///etc/passwd"));
    assert_false(fetch_is_url("ftp://h/x"));
    assert_false(fetch_is_url("x.gguf"));
}

static void messages_do_not_show_a_password(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(fetch_host(&a, "https://me:secret@h:1/x"), "h:1");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_content_range_tells_place_and_size),
        TEST(the_next_page_is_found_among_the_links),
        TEST(only_scheme_host_and_port_make_an_origin),
        TEST(a_url_has_a_scheme_that_we_speak_and_a_host),
        TEST(messages_do_not_show_a_password),
    };
    return RUN_TESTS(tests);
}
