#include "engine/sse.h"

#include "test.h"

/* Events as they came, each behind a '|'. */
struct heard {
    struct strbuf text;
    int left; /* events until it has heard enough; 0: never */
};

static bool hear(void *user, struct str data)
{
    struct heard *h = user;
    strbuf_addc(&h->text, '|');
    strbuf_add(&h->text, data.p, data.n);
    return --h->left != 0;
}

static void feeds(const char *stream, const char *events)
{
    for (size_t piece = 1; piece <= strlen(stream) + 1; piece++) {
        struct sse s = {0};
        struct heard h = {0};
        struct str rest = str_from(stream);
        while (rest.n) {
            struct str part = {rest.p, rest.n < piece ? rest.n : piece};
            assert_true(sse_feed(&s, part, hear, &h));
            rest.p += part.n;
            rest.n -= part.n;
        }
        assert_string_equal(strbuf_cstr(&h.text), events);
        strbuf_release(&h.text);
        sse_release(&s);
    }
}

static void an_event_ends_at_an_empty_line_however_the_bytes_are_cut(void **state)
{
    (void)state;
    feeds("data: {\"a\":1}\n\ndata: [DONE]\n\n", "|{\"a\":1}|[DONE]");
    feeds("data: one\r\n\r\ndata: two\r\n\r\n", "|one|two");
}

static void lines_of_one_event_are_joined(void **state)
{
    (void)state;
    feeds("data: a\ndata: b\n\n", "|a\nb");
}

static void one_blank_behind_the_colon_is_not_data(void **state)
{
    (void)state;
    feeds("data:x\n\ndata: y\n\ndata:  z\n\n", "|x|y| z");
}

static void other_fields_and_comments_say_nothing(void **state)
{
    (void)state;
    feeds(": ping\n\nevent: message\nid: 7\ndata: a\nretry: 5\n\nfoo\n\n", "|a");
}

static void an_event_without_its_empty_line_is_not_told(void **state)
{
    (void)state;
    feeds("data: a\n\ndata: half", "|a");
    feeds("\n\n\n", "");
}

static void a_listener_that_had_enough_is_left_alone(void **state)
{
    struct sse s = {0};
    struct heard h = {.left = 1};
    (void)state;
    assert_false(sse_feed(&s, STR("data: a\n\ndata: b\n\n"), hear, &h));
    assert_string_equal(strbuf_cstr(&h.text), "|a");
    assert_false(s.overflow);
    strbuf_release(&h.text);
    sse_release(&s);
}

/* One endless line, and endless lines of one event. */
static void an_event_without_end_is_refused_not_kept(void **state)
{
    static const char *const pieces[] = {"data: xxxxxxxxxxxxxxxxxxxxxxxx",
                                         "data: xxxxxxxxxxxxxx\n"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sse s = {0};
        struct heard h = {0};
        size_t fed = 0;
        while (sse_feed(&s, str_from(pieces[i]), hear, &h))
            assert_true((fed += strlen(pieces[i])) < (size_t)4 * SSE_EVENT_MAX);
        assert_true(s.overflow);
        assert_int_equal(h.text.len, 0);
        strbuf_release(&h.text);
        sse_release(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_event_ends_at_an_empty_line_however_the_bytes_are_cut),
        TEST(lines_of_one_event_are_joined),
        TEST(one_blank_behind_the_colon_is_not_data),
        TEST(other_fields_and_comments_say_nothing),
        TEST(an_event_without_its_empty_line_is_not_told),
        TEST(a_listener_that_had_enough_is_left_alone),
        TEST(an_event_without_end_is_refused_not_kept),
    };
    return RUN_TESTS(tests);
}
