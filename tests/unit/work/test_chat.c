#include "work/chat.h"

#include "engine/fake_server.h"
#include "os/term.h"

#define ANSWERS "v1/chat/completions"
#define EVENT(json) "data: " json "\n\n"
#define PIECE(text) EVENT("{\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}")
#define THOUGHT(text) EVENT("{\"choices\":[{\"delta\":{\"reasoning_content\":\"" text "\"}}]}")
#define LAST(reason)                                                        \
    EVENT("{\"choices\":[{\"delta\":{},\"finish_reason\":\"" reason "\"}]," \
          "\"timings\":{\"prompt_n\":100,\"prompt_ms\":50,\"cache_n\":7,"   \
          "\"predicted_n\":20,\"predicted_ms\":400}}")
#define DONE EVENT("[DONE]")

struct world {
    struct folder f;
    struct server server;
    struct chat chat;
    struct strbuf answer, thoughts;
    bool interrupt; /* press Ctrl-C at the first piece */
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    term_clear_interrupts();
    return w ? folder_make(&w->f) : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    chat_release(&w->chat);
    server_stop(&w->server);
    strbuf_release(&w->answer);
    strbuf_release(&w->thoughts);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

static void print(void *user, struct str piece, bool thought)
{
    struct world *w = user;
    strbuf_add(thought ? &w->thoughts : &w->answer, piece.p, piece.n);
    if (w->interrupt)
        raise(SIGINT);
}

/* The server answers so from now on. */
static void answers(struct world *w, const char *text)
{
    if (!w->server.proc.pid) {
        fake_server_start(&w->f, &w->server);
        chat_init(&w->chat, &w->server, 0);
    }
    folder_put(&w->f, ANSWERS, text);
}

static enum chat_end say(struct world *w, const char *text)
{
    strbuf_clear(&w->answer);
    strbuf_clear(&w->thoughts);
    w->f.err = (struct err){0};
    return chat_say(&w->f.a, &w->chat, text, print, w, &w->f.err);
}

static void fails(struct world *w, const char *answer, const char *part)
{
    answers(w, answer);
    assert_int_equal(say(w, "Hello"), CHAT_FAILED);
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, part);
}

/* The document that was sent last. */
static json_t *sent(struct world *w)
{
    const char *text = folder_text(&w->f, folder_path(&w->f, "request"));
    json_t *root = js_parse(str_from(strstr(text, "\r\n\r\n") + 4), &w->f.err);
    assert_non_null(root);
    return root;
}

static const char *message(const json_t *root, size_t i, const char *key)
{
    const json_t *messages = json_object_get(root, "messages");
    return json_string_value(json_object_get(json_array_get(messages, i), key));
}

static void an_answer_comes_in_pieces_apart_from_thoughts(void **state)
{
    struct world *w = *state;
    answers(w, "200\n" THOUGHT("Hm, ") THOUGHT("yes.") PIECE("Hi") PIECE(" th\\u00e9re")
                   LAST("stop") DONE);
    assert_int_equal(say(w, "Hello"), CHAT_DONE);
    assert_string_equal(strbuf_cstr(&w->answer), "Hi th\xc3\xa9re");
    assert_string_equal(strbuf_cstr(&w->thoughts), "Hm, yes.");
    assert_true(w->chat.stats.first_token_s > 0);
}

static void the_conversation_is_sent_along_without_thoughts(void **state)
{
    struct world *w = *state;
    answers(w, "200\n" THOUGHT("hm") PIECE("one") LAST("stop") DONE);
    say(w, "first");
    say(w, "second \"quoted\"");
    json_t *root = sent(w);
    assert_int_equal(json_array_size(json_object_get(root, "messages")), 3);
    assert_string_equal(message(root, 0, "role"), "user");
    assert_string_equal(message(root, 1, "role"), "assistant");
    assert_string_equal(message(root, 1, "content"), "one");
    assert_string_equal(message(root, 2, "content"), "second \"quoted\"");
    assert_true(json_is_true(json_object_get(root, "stream")));
    assert_null(json_object_get(root, "max_tokens"));
    json_decref(root);
    chat_reset(&w->chat);
    w->chat.max_tokens = 9;
    say(w, "third");
    root = sent(w);
    assert_int_equal(json_array_size(json_object_get(root, "messages")), 1);
    assert_int_equal(json_integer_value(json_object_get(root, "max_tokens")), 9);
    json_decref(root);
}

static void figures_are_the_servers_and_add_up(void **state)
{
    struct world *w = *state;
    const struct chat_stats *s = &w->chat.stats;
    answers(w, "200\n" PIECE("x") LAST("stop") DONE);
    say(w, "one");
    say(w, "two");
    assert_int_equal(s->answers, 2);
    assert_int_equal(s->prompt_tokens, 200);
    assert_int_equal(s->cached_tokens, 14);
    assert_int_equal(s->gen_tokens, 40);
    assert_true(s->prompt_s > 0.0999 && s->prompt_s < 0.1001);
    assert_true(s->gen_s > 0.7999 && s->gen_s < 0.8001);
    assert_int_equal(s->longest_prompt, 100);
    assert_true(s->best_prompt_tok_s > 1999 && s->best_prompt_tok_s < 2001);
}

static void an_answer_cut_at_its_limit_says_so(void **state)
{
    struct world *w = *state;
    answers(w, "200\n" PIECE("x") LAST("length") DONE);
    assert_int_equal(say(w, "Hello"), CHAT_LENGTH);
}

/* ---- Ctrl-C ---- */

static void an_interrupt_stops_the_answer_and_keeps_what_came(void **state)
{
    struct world *w = *state;
    term_catch_signals();
    answers(w, "200 hang\n" PIECE("half an answer"));
    w->interrupt = true;
    assert_int_equal(say(w, "Hello"), CHAT_INTERRUPTED);
    assert_string_equal(strbuf_cstr(&w->answer), "half an answer");
    w->interrupt = false;
    term_clear_interrupts();
}

/* ---- servers that refuse ---- */

static void a_refusal_is_told_and_the_question_forgotten(void **state)
{
    struct world *w = *state;
    fails(w, "400\n{\"error\":{\"message\":\"the request exceeds the context\"}}",
          "the request exceeds the context");
    assert_int_equal(json_array_size(w->chat.messages), 0);
    fails(w, "500\nno json", "llama-server");
    assert_int_equal(w->chat.stats.answers, 0);
    answers(w, "200\n" PIECE("ok") LAST("stop") DONE);
    assert_int_equal(say(w, "again"), CHAT_DONE);
}

static void an_error_in_the_stream_is_told(void **state)
{
    struct world *w = *state;
    fails(w, "200\n" PIECE("x") EVENT("{\"error\":{\"message\":\"context is full\"}}") DONE,
          "llama-server refused: context is full");
    fails(w, "200\n" EVENT("{\"error\":{}}") DONE, "no reason given");
}

static void a_stream_that_ends_early_is_an_error(void **state)
{
    fails(*state, "200\n" PIECE("half"), "ended its answer in the middle");
}

static void a_stream_that_is_no_json_is_an_error(void **state)
{
    struct world *w = *state;
    answers(w, "200\n" EVENT("{\"choices\":"));
    assert_int_equal(say(w, "Hello"), CHAT_FAILED);
    CHECK_ERR(&w->f.err, "in the stream of llama-server");
}

static void events_of_another_form_are_passed_over(void **state)
{
    struct world *w = *state;
    answers(w, "200\n" EVENT("[]") EVENT("{}") EVENT("{\"choices\":3}") EVENT("{\"choices\":[]}")
                   EVENT("{\"choices\":[{\"delta\":{\"content\":7}}],\"timings\":[]}") PIECE("ok")
                       DONE);
    assert_int_equal(say(w, "Hello"), CHAT_DONE);
    assert_string_equal(strbuf_cstr(&w->answer), "ok");
}

/* ---- servers that die ---- */

static void a_death_in_the_answer_is_told_as_that(void **state)
{
    struct world *w = *state;
    fails(w, "200 die\n" PIECE("half"), "llama-server was killed by signal 9");
    assert_string_equal(strbuf_cstr(&w->answer), "half");
    fails(w, "200\n", "llama-server was killed by signal 9"); /* it stays dead */
}

static void a_death_before_the_answer_is_told_as_that(void **state)
{
    fails(*state, "200 die\n", "llama-server was killed by signal 9");
}

/* ---- measuring ---- */

static bool measure(struct world *w, const char *answer)
{
    answers(w, "200\n");
    folder_put(&w->f, "completion", answer);
    return chat_measure(&w->f.a, &w->chat, 1000, 600, 20, &w->f.err);
}

static void measuring_asks_for_tokens_of_the_vocabulary_and_shows_no_text(void **state)
{
    struct world *w = *state;
    CHECK_OK(measure(w, "200\n{\"content\":\"noise\",\"timings\":{\"prompt_n\":600,"
                        "\"prompt_ms\":300,\"predicted_n\":20,\"predicted_ms\":400}}"),
             &w->f.err);
    assert_int_equal(w->chat.stats.prompt_tokens, 600);
    assert_int_equal(w->chat.stats.gen_tokens, 20);
    json_t *root = sent(w);
    const json_t *prompt = json_object_get(root, "prompt");
    assert_int_equal(json_array_size(prompt), 600);
    for (size_t i = 0; i < 600; i++)
        assert_in_range(json_integer_value(json_array_get(prompt, i)), 0, 999);
    assert_int_equal(json_integer_value(json_object_get(root, "n_predict")), 20);
    assert_true(json_is_true(json_object_get(root, "ignore_eos")));
    assert_true(json_is_false(json_object_get(root, "cache_prompt")));
    json_decref(root);
}

static void measuring_fails_as_an_answer_does(void **state)
{
    struct world *w = *state;
    assert_false(measure(w, "400\n{\"error\":{\"message\":\"too long\"}}"));
    CHECK_ERR(&w->f.err, "too long");
    assert_false(measure(w, "200\nno json"));
    assert_false(measure(w, "200 die\n{\"content\":"));
    assert_int_equal(w->f.err.code, ERR_ENGINE);
    CHECK_ERR(&w->f.err, "killed by signal 9");
    assert_int_equal(w->chat.stats.prompt_tokens, 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    fake_server_main(argc, argv);
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(an_answer_comes_in_pieces_apart_from_thoughts),
        WORLD_TEST(the_conversation_is_sent_along_without_thoughts),
        WORLD_TEST(figures_are_the_servers_and_add_up),
        WORLD_TEST(an_answer_cut_at_its_limit_says_so),
        WORLD_TEST(an_interrupt_stops_the_answer_and_keeps_what_came),
        WORLD_TEST(a_refusal_is_told_and_the_question_forgotten),
        WORLD_TEST(an_error_in_the_stream_is_told),
        WORLD_TEST(a_stream_that_ends_early_is_an_error),
        WORLD_TEST(a_stream_that_is_no_json_is_an_error),
        WORLD_TEST(events_of_another_form_are_passed_over),
        WORLD_TEST(a_death_in_the_answer_is_told_as_that),
        WORLD_TEST(a_death_before_the_answer_is_told_as_that),
        WORLD_TEST(measuring_asks_for_tokens_of_the_vocabulary_and_shows_no_text),
        WORLD_TEST(measuring_fails_as_an_answer_does),
    };
    return RUN_TESTS(tests);
}
