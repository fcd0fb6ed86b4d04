/* /v1/chat/completions as a stream. */
#include "work/chat.h"

#include <stdlib.h>
#include <string.h>

#include "engine/http.h"
#include "engine/sse.h"
#include "os/clock.h"
#include "os/term.h"

enum { DEATH_MS = 500 };

void chat_init(struct chat *c, struct server *server, uint32_t max_tokens)
{
    *c = (struct chat){.server = server, .messages = json_array(), .max_tokens = max_tokens};
}

void chat_release(struct chat *c)
{
    json_decref(c->messages);
    c->messages = NULL;
}

void chat_reset(struct chat *c)
{
    json_array_clear(c->messages);
}

static void add_message(struct chat *c, const char *role, const char *text)
{
    json_t *o = json_object();
    js_put_str(o, "role", role);
    js_put_str(o, "content", text);
    json_array_append_new(c->messages, o);
}

/* ---- an answer on its way ---- */

struct answer {
    struct arena *a;
    struct chat *chat;
    struct sse sse;
    struct strbuf text; /* the answer, without thoughts */
    struct strbuf raw;  /* an answer that is no stream: an error document */
    chat_print *print;
    void *user;
    double asked_s, first_s;
    bool length, finished;
    struct err *err;
    bool failed;
};

static void add_timings(struct chat_stats *s, const json_t *timings)
{
    struct err ignored = {0};
    uint64_t prompt_n = 0, gen_n = 0, cached = 0;
    double prompt_ms = 0, gen_ms = 0;
    js_get_u64(timings, "prompt_n", &prompt_n, &ignored);
    js_get_u64(timings, "predicted_n", &gen_n, &ignored);
    js_get_u64(timings, "cache_n", &cached, &ignored);
    js_get_real(timings, "prompt_ms", &prompt_ms, &ignored);
    js_get_real(timings, "predicted_ms", &gen_ms, &ignored);
    s->prompt_tokens += prompt_n;
    s->cached_tokens += cached;
    s->prompt_s += prompt_ms / 1e3;
    /* the first token comes out of the prompt's last batch: the server times the others */
    s->gen_tokens += gen_n;
    s->gen_s += gen_ms / 1e3;
    if (prompt_n > s->longest_prompt && prompt_ms > 0) {
        s->longest_prompt = prompt_n;
        s->best_prompt_tok_s = (double)prompt_n / prompt_ms * 1e3;
    }
}

static void print_piece(struct answer *w, const json_t *delta, const char *key, bool thought)
{
    const json_t *v = json_object_get(delta, key);
    if (!json_is_string(v) || json_string_length(v) == 0)
        return;
    struct str piece = {json_string_value(v), json_string_length(v)};
    if (w->first_s == 0)
        w->first_s = clock_s();
    if (!thought)
        strbuf_add(&w->text, piece.p, piece.n);
    if (w->print)
        w->print(w->user, piece, thought);
}

static bool server_error(struct answer *w, const json_t *root)
{
    const json_t *error = json_object_get(root, "error");
    const json_t *message = json_object_get(error, "message");
    if (!error)
        return false;
    err_set(w->err, ERR_ENGINE, "llama-server refused: %s",
            json_is_string(message) ? json_string_value(message) : "no reason given");
    w->failed = true;
    return true;
}

static bool on_event(void *user, struct str data)
{
    struct answer *w = user;
    if (str_eq(data, "[DONE]")) {
        w->finished = true;
        return true;
    }
    json_t *root = js_parse(data, w->err);
    if (!root) {
        err_place(w->err, "in the stream of llama-server");
        w->failed = true;
        return false;
    }
    const json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
    const json_t *delta = json_object_get(choice, "delta");
    const json_t *reason = json_object_get(choice, "finish_reason");
    const json_t *timings = json_object_get(root, "timings");
    bool good = !server_error(w, root);
    print_piece(w, delta, "reasoning_content", true);
    print_piece(w, delta, "content", false);
    if (json_is_string(reason))
        w->length = strcmp(json_string_value(reason), "length") == 0;
    if (timings)
        add_timings(&w->chat->stats, timings);
    json_decref(root);
    return good;
}

static bool on_data(void *user, struct str data)
{
    struct answer *w = user;
    if (w->raw.len < 1 << 16)
        strbuf_add(&w->raw, data.p, data.n);
    return sse_feed(&w->sse, data, on_event, w);
}

static bool go_on(void *user)
{
    struct answer *w = user;
    return term_interrupts() == 0 && !term_ended() && !proc_wait(&w->chat->server->proc, 0);
}

/* ---- asking ---- */

static char *request_text(const struct chat *c)
{
    json_t *o = json_object();
    js_put(o, "messages", json_incref(c->messages));
    js_put_bool(o, "stream", true);
    js_put_bool(o, "cache_prompt", true);
    if (c->max_tokens)
        js_put_u64(o, "max_tokens", c->max_tokens);
    char *text = js_line(o);
    json_decref(o);
    return text;
}

static void refused(struct answer *w, long status)
{
    struct err ignored = {0};
    json_t *root = js_parse((struct str){strbuf_cstr(&w->raw), w->raw.len}, &ignored);
    if (!root || !server_error(w, root))
        err_set(w->err, ERR_ENGINE, "llama-server answered with HTTP status %ld", status);
    json_decref(root);
}

static enum chat_end judge(struct answer *w, enum http_end end, long status)
{
    struct err why = {0};
    bool broken = w->failed || end == HTTP_FAILED || (end == HTTP_DONE && !w->finished);
    if (broken) /* a connection breaks a moment before its process is gone */
        proc_wait(&w->chat->server->proc, DEATH_MS);
    if (w->failed && server_alive(w->a, w->chat->server, &why))
        return CHAT_FAILED;
    if (!server_alive(w->a, w->chat->server, &why)) {
        *w->err = why;
        return CHAT_FAILED;
    }
    if (end == HTTP_STOPPED && (term_interrupts() || term_ended()))
        return CHAT_INTERRUPTED;
    if (w->sse.overflow) {
        err_set(w->err, ERR_ENGINE, "llama-server sent an event without end");
        return CHAT_FAILED;
    }
    if (end == HTTP_DONE && status == 200 && w->finished)
        return w->length ? CHAT_LENGTH : CHAT_DONE;
    if (end == HTTP_DONE && status == 200)
        err_set(w->err, ERR_ENGINE, "llama-server ended its answer in the middle");
    else if (end == HTTP_DONE)
        refused(w, status);
    return CHAT_FAILED;
}

enum chat_end chat_say(struct arena *a, struct chat *c, const char *text, chat_print *print,
                       void *user, struct err *err)
{
    struct answer w = {
        .a = a, .chat = c, .print = print, .user = user, .err = err, .asked_s = clock_s()};
    long status = 0;
    add_message(c, "user", text);
    char *body = request_text(c);
    const struct http_request r = {.url = arena_printf(a, "%s/v1/chat/completions", c->server->url),
                                   .unix_socket = c->server->unix_socket,
                                   .body = body,
                                   .on_data = on_data,
                                   .go_on = go_on,
                                   .user = &w};
    enum http_end http = http_run(&r, &status, err);
    enum chat_end end = judge(&w, http, status);
    free(body);
    c->stats.first_token_s = w.first_s > 0 ? w.first_s - w.asked_s : 0;
    if (end == CHAT_FAILED && w.text.len == 0)
        json_array_remove(c->messages, json_array_size(c->messages) - 1);
    else
        add_message(c, "assistant", strbuf_cstr(&w.text));
    c->stats.answers += end != CHAT_FAILED;
    sse_release(&w.sse);
    strbuf_release(&w.text);
    strbuf_release(&w.raw);
    return end;
}

/* ---- measuring ---- */

static char *measure_text(uint32_t vocab, uint32_t prompt, uint32_t gen)
{
    enum {
        STRIDE = 7919,
        FIRST = 512
    }; /* a prime: spreads over the vocabulary, past the specials */
    json_t *o = json_object(), *tokens = json_array();
    for (uint32_t i = 0; i < prompt; i++)
        json_array_append_new(tokens,
                              json_integer((FIRST + (json_int_t)i * STRIDE) % (vocab ? vocab : 1)));
    js_put(o, "prompt", tokens);
    js_put_u64(o, "n_predict", gen);
    js_put_bool(o, "ignore_eos", true);
    js_put_bool(o, "cache_prompt", false);
    js_put(o, "temperature", json_real(0));
    char *text = js_line(o);
    json_decref(o);
    return text;
}

static bool collect(void *user, struct str data)
{
    struct answer *w = user;
    strbuf_add(&w->raw, data.p, data.n);
    return true;
}

bool chat_measure(struct arena *a, struct chat *c, uint32_t vocab, uint32_t prompt, uint32_t gen,
                  struct err *err)
{
    struct answer w = {.a = a, .chat = c, .err = err, .asked_s = clock_s(), .finished = true};
    long status = 0;
    char *body = measure_text(vocab, prompt, gen);
    const struct http_request r = {.url = arena_printf(a, "%s/completion", c->server->url),
                                   .unix_socket = c->server->unix_socket,
                                   .body = body,
                                   .on_data = collect,
                                   .go_on = go_on,
                                   .user = &w};
    enum http_end http = http_run(&r, &status, err);
    struct err ignored = {0};
    json_t *root = js_parse((struct str){strbuf_cstr(&w.raw), w.raw.len}, &ignored);
    w.finished = root != NULL; /* else it was cut off */
    enum chat_end end = judge(&w, http, status);
    free(body);
    if (end != CHAT_DONE) {
        json_decref(root);
        root = NULL;
    }
    if (root)
        add_timings(&c->stats, json_object_get(root, "timings"));
    json_decref(root);
    strbuf_release(&w.raw);
    if (end == CHAT_INTERRUPTED)
        return err_set(err, ERR_INTERRUPTED, "interrupted while measuring");
    return root != NULL;
}
