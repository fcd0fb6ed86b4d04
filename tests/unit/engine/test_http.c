#include "engine/http.h"

#include "engine/fake_server.h"

struct world {
    struct folder f;
    struct server server;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    return w ? folder_make(&w->f) : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    server_stop(&w->server);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

struct heard {
    struct strbuf text;
    unsigned pieces, asked;
    bool stop; /* at the first piece */
};

static bool hear(void *user, struct str data)
{
    struct heard *h = user;
    strbuf_add(&h->text, data.p, data.n);
    h->pieces++;
    return !h->stop;
}

static bool stop_after_three(void *user)
{
    struct heard *h = user;
    return ++h->asked < 3;
}

/* GET or, with a body, POST /page. */
static enum http_end request(struct world *w, struct http_request r, struct heard *h, long *status)
{
    if (!w->server.proc.pid)
        fake_server_start(&w->f, &w->server);
    r.url = "http://localhost/page";
    r.unix_socket = w->server.unix_socket;
    r.on_data = hear;
    r.user = h;
    return http_run(&r, status, &w->f.err);
}

static void an_answer_comes_whole_with_its_status(void **state)
{
    struct world *w = *state;
    struct heard h = {0};
    long status = 0;
    folder_put(&w->f, "page", "503\nnot now");
    assert_int_equal(request(w, (struct http_request){0}, &h, &status), HTTP_DONE);
    assert_int_equal(status, 503);
    assert_string_equal(strbuf_cstr(&h.text), "not now");
    strbuf_release(&h.text);
}

static void a_body_is_posted_as_json(void **state)
{
    struct world *w = *state;
    struct heard h = {0};
    long status = 0;
    folder_put(&w->f, "page", "200\n");
    assert_int_equal(request(w, (struct http_request){.body = "{\"a\":\"\\u00e9\"}"}, &h, &status),
                     HTTP_DONE);
    const char *sent = folder_text(&w->f, folder_path(&w->f, "request"));
    assert_true(cstr_starts(sent, "POST /page HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "Content-Type: application/json\r\n"));
    assert_true(cstr_ends(sent, "\r\n\r\n{\"a\":\"\\u00e9\"}"));
    assert_null(strstr(sent, "Expect:"));
}

static void a_listener_stops_the_answer(void **state)
{
    struct world *w = *state;
    struct heard h = {.stop = true};
    long status = 0;
    folder_put(&w->f, "page", "200 hang\nhello");
    assert_int_equal(request(w, (struct http_request){0}, &h, &status), HTTP_STOPPED);
    assert_int_equal(h.pieces, 1);
    strbuf_release(&h.text);
}

static void a_server_that_is_silent_is_left_when_asked_to(void **state)
{
    struct world *w = *state;
    struct heard h = {0};
    long status = 0;
    folder_put(&w->f, "page", "200 hang\n");
    assert_int_equal(request(w, (struct http_request){.go_on = stop_after_three}, &h, &status),
                     HTTP_STOPPED);
    assert_int_equal(h.asked, 3);
}

static void a_time_limit_ends_the_wait(void **state)
{
    struct world *w = *state;
    struct heard h = {0};
    long status = 0;
    folder_put(&w->f, "page", "200 hang\n");
    assert_int_equal(request(w, (struct http_request){.timeout_ms = 100}, &h, &status),
                     HTTP_FAILED);
    CHECK_ERR(&w->f.err, "no answer from http://localhost/page: ");
}

static void nobody_there_is_an_error_that_names_the_address(void **state)
{
    struct world *w = *state;
    struct str text;
    long status = 0;
    assert_false(http_get(&w->f.a, "http://localhost/health", folder_path(&w->f, "socket"), 1000,
                          &text, &status, &w->f.err));
    CHECK_ERR(&w->f.err, "no answer from http://localhost/health: ");
}

/* Status 200 and n bytes. */
static bool get_page_of(struct world *w, size_t n, struct str *text)
{
    long status = 0;
    struct strbuf page = {0};
    strbuf_adds(&page, "200\n");
    strbuf_pad(&page, 'x', n);
    CHECK_OK(fs_replace(folder_path(&w->f, "page"), page.p, page.len, &w->f.err), &w->f.err);
    strbuf_release(&page);
    return http_get(&w->f.a, "http://localhost/page", w->server.unix_socket, 20000, text, &status,
                    &w->f.err);
}

static void a_whole_answer_has_a_limit(void **state)
{
    enum { LIMIT = 16 << 20 };
    struct world *w = *state;
    struct str text;
    fake_server_start(&w->f, &w->server);
    CHECK_OK(get_page_of(w, LIMIT, &text), &w->f.err);
    assert_int_equal(text.n, LIMIT);
    assert_false(get_page_of(w, LIMIT + 1, &text));
    CHECK_ERR(&w->f.err, "is longer than 16 MiB");
}

int main(int argc, char **argv)
{
    fake_server_main(argc, argv);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_comes_whole_with_its_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_is_posted_as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listener_stops_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_that_is_silent_is_left_when_asked_to, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_time_limit_ends_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_an_error_that_names_the_address, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_whole_answer_has_a_limit, set_up, tear_down),
    };
    return RUN_TESTS(tests);
}
