/* libcurl's multi interface, loaded on first use. */
#include "engine/http.h"

#include <curl/curl.h>

#include "os/dl.h"

enum { POLL_MS = 50, ANSWER_MAX = 16 << 20 };

static struct {
    bool loaded;
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
    void (*easy_cleanup)(CURL *curl);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_perform)(CURLM *multi, int *running);
    CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd *extra, unsigned n, int timeout_ms,
                            int *ready);
    CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
    CURLMcode (*multi_cleanup)(CURLM *multi);
} curl;

static bool load(struct err *err)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl.4.dylib", "libcurl-gnutls.so.4",
                                        NULL};
    const struct dl_symbol symbols[] = {
        {"curl_global_init", &curl.global_init, true},
        {"curl_easy_init", &curl.easy_init, true},
        {"curl_easy_setopt", &curl.easy_setopt, true},
        {"curl_easy_getinfo", &curl.easy_getinfo, true},
        {"curl_easy_cleanup", &curl.easy_cleanup, true},
        {"curl_easy_strerror", &curl.easy_strerror, true},
        {"curl_slist_append", &curl.slist_append, true},
        {"curl_slist_free_all", &curl.slist_free_all, true},
        {"curl_multi_init", &curl.multi_init, true},
        {"curl_multi_add_handle", &curl.multi_add_handle, true},
        {"curl_multi_remove_handle", &curl.multi_remove_handle, true},
        {"curl_multi_perform", &curl.multi_perform, true},
        {"curl_multi_poll", &curl.multi_poll, true},
        {"curl_multi_info_read", &curl.multi_info_read, true},
        {"curl_multi_cleanup", &curl.multi_cleanup, true},
    };
    if (curl.loaded)
        return true;
    if (!dl_open(names, symbols, COUNT_OF(symbols), err))
        return err_hint(err, "install libcurl (Debian: libcurl4)");
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, ERR_FAILED, "libcurl cannot be initialised");
    curl.loaded = true;
    return true;
}

struct transfer {
    const struct http_request *request;
    bool stopped;
};

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    if (t->request->on_data && !t->request->on_data(t->request->user, (struct str){data, size * n}))
        t->stopped = true;
    return t->stopped ? 0 : size * n;
}

static void configure(CURL *easy, struct transfer *t, struct curl_slist *headers)
{
    const struct http_request *r = t->request;
    curl.easy_setopt(easy, CURLOPT_URL, r->url);
    curl.easy_setopt(easy, CURLOPT_PROXY, "");
    curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L); /* our own child's certificate */
    curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (r->unix_socket)
        curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
    if (r->body) {
        curl.easy_setopt(easy, CURLOPT_POSTFIELDS, r->body);
        curl.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    }
}

/* Runs until the transfer ends or a callback stops it. */
static CURLcode drive(CURLM *multi, struct transfer *t)
{
    int running = 1;
    while (running && !t->stopped) {
        int left;
        if (curl.multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        CURLMsg *message = curl.multi_info_read(multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            return message->data.result;
        curl.multi_poll(multi, NULL, 0, POLL_MS, NULL);
        if (t->request->go_on && !t->request->go_on(t->request->user))
            t->stopped = true;
    }
    return CURLE_OK;
}

enum http_end http_run(const struct http_request *r, long *status, struct err *err)
{
    if (!load(err))
        return HTTP_FAILED;
    struct transfer t = {.request = r};
    CURL *easy = curl.easy_init();
    CURLM *multi = curl.multi_init();
    struct curl_slist *headers = curl.slist_append(NULL, "Content-Type: application/json");
    headers = curl.slist_append(headers, "Expect:");
    if (!easy || !multi || !headers)
        arena_out_of_memory(1);
    configure(easy, &t, headers);
    curl.multi_add_handle(multi, easy);
    CURLcode code = drive(multi, &t);
    curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl.multi_remove_handle(multi, easy);
    curl.easy_cleanup(easy);
    curl.multi_cleanup(multi);
    curl.slist_free_all(headers);
    if (t.stopped)
        return HTTP_STOPPED;
    if (code == CURLE_OK)
        return HTTP_DONE;
    err_set(err, ERR_FAILED, "no answer from %s: %s", r->url, curl.easy_strerror(code));
    return HTTP_FAILED;
}

static bool collect(void *user, struct str data)
{
    struct strbuf *text = user;
    if (text->len + data.n > ANSWER_MAX)
        return false;
    strbuf_add(text, data.p, data.n);
    return true;
}

bool http_get(struct arena *a, const char *url, const char *unix_socket, unsigned timeout_ms,
              struct str *text, long *status, struct err *err)
{
    struct strbuf answer = {0};
    struct http_request r = {.url = url,
                             .unix_socket = unix_socket,
                             .timeout_ms = timeout_ms,
                             .on_data = collect,
                             .user = &answer};
    enum http_end end = http_run(&r, status, err);
    size_t n = answer.len;
    if (end == HTTP_STOPPED)
        err_set(err, ERR_FAILED, "the answer from %s is longer than %d MiB", url, ANSWER_MAX >> 20);
    *text = (struct str){strbuf_take(&answer, a), n};
    return end == HTTP_DONE;
}
