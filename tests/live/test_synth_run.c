/* Starts llama-server on made-up models: random weights must answer with finite logits and encode
 * any text, ghosts of every architecture must load.
 *
 * TAILOR_TEST_LONG=1 runs every shape, and every file type on one shape. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/http.h"
#include "engine/server.h"
#include "live/tap.h"
#include "model/ggml_type.h"
#include "model/synth.h"
#include "os/fs.h"

enum { READY_S = 120, ANSWER_MS = 120000, LAYERS = 2 };

/* Larger files are left out: a cut model still holds whole blocks of experts. */
static const uint64_t size_max = (uint64_t)5 << 30;

/* Every byte class: ASCII, two to four bytes of UTF-8, controls, runs that merge. */
static const char text[] =
    "the tea \xc3\xa9\xc3\xa0 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\x89 \a\t\n"
    "eateat tattoo";

struct live {
    struct arena a;
    const char *engine;
    bool thorough;
    char dir[64];
};

/* ---- a server on one file ---- */

struct running {
    struct arena a;
    struct server server;
    const char *socket;
};

static bool start(struct live *l, struct running *r, const char *file, const struct shape *shape,
                  struct err *err)
{
    *r = (struct running){0};
    r->socket = path_join(&r->a, l->dir, "server.sock"); /* the ending tells llama-server */
    unlink(r->socket);
    const char *argv[] = {path_join(&r->a, l->engine, "llama-server"),
                          "-m",
                          file,
                          "--host",
                          r->socket,
                          "-c",
                          "256",
                          "-t",
                          "2",
                          "-np",
                          "1",
                          "--no-warmup",
                          "--cache-ram",
                          "0",
                          "--fit",
                          "off",
                          shape->pooling ? "--embedding" : NULL,
                          NULL};
    const struct server_spec spec = {.argv = argv,
                                     .unix_socket = r->socket,
                                     .url = "http://localhost",
                                     .log_path = path_join(&r->a, l->dir, "log")};
    return server_start(&r->server, &spec, err) &&
           server_wait_ready(&r->a, &r->server, READY_S, NULL, NULL, err);
}

static void stop(struct running *r)
{
    server_stop(&r->server);
    arena_release(&r->a);
}

static bool collect(void *user, struct str data)
{
    strbuf_add(user, data.p, data.n);
    return true;
}

/* The parsed answer to a POST, or NULL and an error.  The caller releases it. */
static json_t *post(struct running *r, const char *path, const char *body, struct err *err)
{
    struct strbuf answer = {0};
    long status = 0;
    const struct http_request request = {.url = arena_printf(&r->a, "http://localhost%s", path),
                                         .unix_socket = r->socket,
                                         .body = body,
                                         .timeout_ms = ANSWER_MS,
                                         .on_data = collect,
                                         .user = &answer};
    json_t *root = NULL;
    if (http_run(&request, &status, err) == HTTP_DONE && status == 200)
        root = js_parse((struct str){strbuf_cstr(&answer), answer.len}, err);
    else if (status)
        err_set(err, ERR_FAILED, "%s answers %ld: %.200s", path, status, strbuf_cstr(&answer));
    strbuf_release(&answer);
    return root;
}

/* ---- what the answers must be ---- */

static bool is_finite_number(const json_t *v)
{
    return json_is_number(v) && isfinite(json_number_value(v));
}

/* llama.cpp writes NaN and infinity as null. */
static void check_logits(struct running *r, struct tap *t, const char *what)
{
    struct err err = {0};
    const char *body = "{\"prompt\":\"tea for two\",\"n_predict\":4,\"n_probs\":3,"
                       "\"temperature\":0,\"ignore_eos\":true,\"cache_prompt\":false}";
    json_t *root = post(r, "/completion", body, &err), *token, *top;
    size_t i, k, n = 0;
    if (!root) {
        tap_problem(t, "%s: %s", what, err.cause);
        return;
    }
    json_array_foreach(json_object_get(root, "completion_probabilities"), i, token)
    {
        bool finite = is_finite_number(json_object_get(token, "logprob"));
        json_array_foreach(json_object_get(token, "top_logprobs"), k, top) finite =
            finite && is_finite_number(json_object_get(top, "logprob"));
        if (!finite)
            tap_problem(t, "%s: token %zu has no finite logit", what, i);
        n++;
    }
    if (n != 4)
        tap_problem(t, "%s: %zu tokens instead of 4", what, n);
    json_decref(root);
}

static void check_embedding(struct running *r, struct tap *t, const char *what, uint32_t n_embd)
{
    struct err err = {0};
    json_t *root = post(r, "/embedding", "{\"content\":\"tea for two\"}", &err), *v;
    size_t i, n = 0;
    if (!root) {
        tap_problem(t, "%s: %s", what, err.cause);
        return;
    }
    json_t *rows = json_object_get(json_array_get(root, 0), "embedding");
    json_array_foreach(json_array_get(rows, 0), i, v) n += is_finite_number(v);
    if (n != n_embd)
        tap_problem(t, "%s: %zu finite values instead of %u", what, n, n_embd);
    json_decref(root);
}

static void check_chat(struct running *r, struct tap *t, const char *what)
{
    struct err err = {0};
    json_t *root =
        post(r, "/v1/chat/completions",
             "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":2}", &err);
    if (!root || !json_array_size(json_object_get(root, "choices")))
        tap_problem(t, "%s: no chat: %s", what, err.cause);
    json_decref(root);
}

/* Back to the same text; SentencePiece may put a blank in front. */
static void check_tokenizer(struct running *r, struct tap *t, const char *what)
{
    struct err err = {0};
    json_t *ask = json_pack("{s:s}", "content", text), *tokens = NULL, *back = NULL;
    char *body = js_line(ask);
    tokens = post(r, "/tokenize", body, &err);
    free(body);
    if (tokens) {
        body = js_line(tokens);
        back = post(r, "/detokenize", body, &err);
        free(body);
    }
    const char *content = back ? json_string_value(json_object_get(back, "content")) : NULL;
    if (!content)
        tap_problem(t, "%s: no tokens: %s", what, err.cause);
    else if (strcmp(content + (*content == ' '), text) != 0)
        tap_problem(t, "%s: the text comes back as \"%s\"", what, content);
    json_decref(ask);
    json_decref(tokens);
    json_decref(back);
}

/* ---- one model ---- */

/* Writes the spec to a file, unless that would be too large; starts it and asks, or only starts. */
static void try_model(struct live *l, struct tap *t, const struct synth_spec *spec)
{
    struct arena a = {0};
    struct err err = {0};
    struct synth_model m;
    struct running r;
    const struct shape *s = &spec->shape;
    const char *what = arena_printf(&a, "%s:%s", s->name, file_type_name(spec->file_type));
    const char *file = path_join(&a, l->dir, "model.gguf");
    synth_header(&a, spec, &m);
    if (m.size > size_max) {
        printf("# left out: %s has %llu bytes\n", what, (unsigned long long)m.size);
        arena_release(&a);
        return;
    }
    if (!synth_write(spec, file, NULL, &err)) {
        tap_problem(t, "%s: %s", what, err.cause);
    } else if (!start(l, &r, file, s, &err)) {
        tap_problem(t, "%s: %s", what, err.cause);
        stop(&r);
    } else {
        if (spec->data == SYNTH_RANDOM && s->pooling)
            check_embedding(&r, t, what, s->n_embd);
        if (spec->data == SYNTH_RANDOM && !s->pooling) {
            check_logits(&r, t, what);
            check_chat(&r, t, what);
            check_tokenizer(&r, t, what);
        }
        stop(&r);
    }
    unlink(file);
    arena_release(&a);
}

static void cut(struct synth_spec *spec, uint32_t at_least)
{
    struct err err = {0};
    uint32_t cover = shape_cover(&spec->shape);
    synth_cut(spec, cover > at_least ? cover : at_least, &err);
}

/* ---- tests ---- */

static void random_weights_answer(struct tap *t, void *state)
{
    static const char *const selection[] = {"qwen2-0.5b:Q4_K_M", "gemma-3-1b:IQ4_XS",
                                            "mamba2-2.7b:Q8_0", "falcon-h1-0.5b:Q6_K",
                                            "nomic-embed-text-v1.5:Q8_0"};
    struct live *l = state;
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < (l->thorough ? n : COUNT_OF(selection)); i++) {
        struct err err = {0};
        struct synth_spec spec;
        const char *name =
            l->thorough ? arena_printf(&l->a, "%s:Q4_K_M", list[i].name) : selection[i];
        if (!synth_parse(name, &spec, &err)) {
            tap_problem(t, "%s", err.cause);
            continue;
        }
        spec.data = SYNTH_RANDOM;
        cut(&spec, LAYERS);
        try_model(l, t, &spec);
    }
}

static void every_file_type_answers(struct tap *t, void *state)
{
    struct live *l = state;
    if (!l->thorough) {
        t->skipped = "TAILOR_TEST_LONG is not set";
        return;
    }
    for (uint32_t id = 0; id <= FILE_Q2_0; id++) {
        struct synth_spec spec = {.data = SYNTH_RANDOM, .file_type = id};
        if (quant_default_type(id) == TYPE_COUNT)
            continue;
        shape_find(id == FILE_MXFP4 ? "qwen3-30b-a3b" : "llama-3.2-1b", &spec.shape);
        cut(&spec, LAYERS);
        try_model(l, t, &spec);
    }
}

/* How much a block of the shape weighs, about. */
static uint64_t heft(const struct shape *s)
{
    return (uint64_t)s->n_embd * (s->n_expert + 1);
}

static bool lightest_of_its_kind(const struct shape *list, size_t n, size_t i)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k].arch, list[i].arch) == 0 &&
            (heft(&list[k]) < heft(&list[i]) || (heft(&list[k]) == heft(&list[i]) && k < i)))
            return false;
    return true;
}

/* One ghost of each architecture, every shape in the long mode. */
static void ghosts_start(struct tap *t, void *state)
{
    struct live *l = state;
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        struct synth_spec spec = {.file_type = FILE_IQ2_XXS, .tokens = SYNTH_NO_VOCAB};
        if (!l->thorough && !lightest_of_its_kind(list, n, i))
            continue;
        shape_find(list[i].name, &spec.shape);
        cut(&spec, LAYERS);
        try_model(l, t, &spec);
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"random weights give finite logits, chat and encode any text", random_weights_answer},
        {"random weights of every file type do", every_file_type_answers},
        {"ghosts of every architecture start", ghosts_start},
    };
    const char *thorough = getenv("TAILOR_TEST_LONG");
    struct live l = {.engine = getenv("TAILOR_TEST_ENGINE"), .thorough = thorough && *thorough};
    struct err err = {0};
    const char *skip = l.engine && *l.engine ? NULL : "TAILOR_TEST_ENGINE is not set";
    strcpy(l.dir, "/tmp/tailor-live-XXXXXX");
    if (!skip && !mkdtemp(l.dir)) {
        printf("Bail out! no temporary folder\n");
        return 1;
    }
    int status = tap_run(tests, COUNT_OF(tests), skip, &l);
    if (!skip) {
        const char *remove[] = {"rm", "-rf", l.dir, NULL};
        struct proc_output out;
        proc_capture(&l.a, &(struct proc_spec){.argv = remove}, 5000, 100, &out, &err);
    }
    arena_release(&l.a);
    return status;
}
