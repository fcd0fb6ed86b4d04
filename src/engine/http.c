/* One request over libcurl's multi interface. */
#include "engine/http.h"

#include "engine/libcurl.h"

enum { POLL_MS = 50, ANSWER_MAX = 16 << 20 };

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

static void configure(const struct libcurl *curl, CURL *easy, struct transfer *t,
                      struct curl_slist *headers)
{
    const struct http_request *r = t->request;
    curl->easy_setopt(easy, CURLOPT_URL, r->url);
    curl->easy_setopt(easy, CURLOPT_PROXY, "");
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L); /* our own child's certificate */
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (r->unix_socket)
        curl->easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
    if (r->body) {
        curl->easy_setopt(easy, CURLOPT_POSTFIELDS, r->body);
        curl->easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    }
}

/* Runs until the transfer ends or a callback stops it. */
static CURLcode drive(const struct libcurl *curl, CURLM *multi, struct transfer *t)
{
    int running = 1;
    while (running && !t->stopped) {
        int left;
        if (curl->multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        CURLMsg *message = curl->multi_info_read(multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            return message->data.result;
        curl->multi_poll(multi, NULL, 0, POLL_MS, NULL);
        if (t->request->go_on && !t->request->go_on(t->request->user))
            t->stopped = true;
    }
    return CURLE_OK;
}

enum http_end http_run(const struct http_request *r, long *status, struct err *err)
{
    const struct libcurl *curl = libcurl_load(err);
    if (!curl)
        return HTTP_FAILED;
    struct transfer t = {.request = r};
    CURL *easy = curl->easy_init();
    CURLM *multi = curl->multi_init();
    struct curl_slist *headers = curl->slist_append(NULL, "Content-Type: application/json");
    headers = curl->slist_append(headers, "Expect:");
    if (!easy || !multi || !headers)
        arena_out_of_memory(1);
    configure(curl, easy, &t, headers);
    curl->multi_add_handle(multi, easy);
    CURLcode code = drive(curl, multi, &t);
    curl->easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl->multi_remove_handle(multi, easy);
    curl->easy_cleanup(easy);
    curl->multi_cleanup(multi);
    curl->slist_free_all(headers);
    if (t.stopped)
        return HTTP_STOPPED;
    if (code == CURLE_OK)
        return HTTP_DONE;
    err_set(err, ERR_FAILED, "no answer from %s: %s", r->url, curl->easy_strerror(code));
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
