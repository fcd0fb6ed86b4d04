/* Byte ranges over libcurl. */
#include "engine/fetch.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/libcurl.h"

enum {
    REDIRECTS_MAX = 8,
    CONNECT_MS = 15000,
    TIMEOUT_MS = 120000,
    STALL_S = 20, /* less than STALL_BYTES a second for so long is no answer */
    STALL_BYTES = 64,
    HEADERS_MAX = 256 << 10,
    ERROR_TEXT_MAX = 1 << 20,
};

/* ---- URLs ---- */

/* The text behind "://", NULL for other schemes. */
static const char *behind_scheme(const char *url)
{
    if (cstr_starts(url, "https://"))
        return url + strlen("https://");
    return cstr_starts(url, "http://") ? url + strlen("http://") : NULL;
}

static struct str host_of(const char *url)
{
    const char *p = behind_scheme(url);
    struct str host = {p ? p : "", p ? strcspn(p, "/?#") : 0};
    for (size_t i = 0; i < host.n; i++) /* user:password@ */
        if (host.p[i] == '@')
            return (struct str){host.p + i + 1, host.n - i - 1};
    return host;
}

bool fetch_is_url(const char *text)
{
    return behind_scheme(text) && host_of(text).n > 0;
}

const char *fetch_host(struct arena *a, const char *url)
{
    return str_dup(a, host_of(url));
}

bool fetch_same_origin(const char *url, const char *other)
{
    struct arena a = {0};
    bool secure = cstr_starts(url, "https://");
    const char *port = secure ? ":443" : ":80";
    const char *host[2] = {fetch_host(&a, url), fetch_host(&a, other)};
    for (size_t i = 0; i < 2; i++)
        if (cstr_ends(host[i], port))
            host[i] = arena_strndup(&a, host[i], strlen(host[i]) - strlen(port));
    bool same = secure == cstr_starts(other, "https://") && *host[0] && cstr_ieq(host[0], host[1]);
    arena_release(&a);
    return same;
}

/* ---- headers ---- */

bool fetch_content_range(struct str value, uint64_t *first, uint64_t *total)
{
    struct str rest = str_trim(value), range, from;
    unsigned long long a, n = FETCH_TOTAL_UNKNOWN;
    if (!str_starts(rest, "bytes "))
        return false;
    rest = (struct str){rest.p + strlen("bytes "), rest.n - strlen("bytes ")};
    if (!str_cut(&rest, '/', &range) || !str_cut(&range, '-', &from) ||
        !str_u64(str_trim(from), &a) || (!str_eq(rest, "*") && !str_u64(rest, &n)))
        return false;
    *first = a;
    *total = n;
    return true;
}

const char *fetch_link_next(struct arena *a, struct str value)
{
    struct str link;
    while (str_cut(&value, ',', &link)) {
        struct str url, rest = str_trim(link);
        if (!str_starts(rest, "<") || !str_cut(&rest, '>', &url) || !rest.n)
            continue;
        const char *parameters = str_dup(a, rest);
        if (strstr(parameters, "rel=\"next\"") || strstr(parameters, "rel=next"))
            return arena_strndup(a, url.p + 1, url.n - 1);
    }
    return NULL;
}

/* ---- one request ---- */

struct piece {
    struct arena *a;
    const struct fetch *f;
    struct strbuf body;
    struct fetched got;
    uint64_t at;    /* offset in the file of the next byte that comes */
    size_t headers; /* bytes of them */
    uint64_t dropped;
    bool full; /* all that was asked for is here */
    const char *fault;
};

static void read_header(struct piece *p, struct str name, struct str value)
{
    char key[32];
    unsigned long long n;
    if (name.n >= sizeof(key))
        return;
    memcpy(key, name.p, name.n);
    key[name.n] = '\0';
    value = str_trim(value);
    if (cstr_ieq(key, "etag"))
        p->got.etag = str_dup(p->a, value);
    else if (cstr_ieq(key, "link"))
        p->got.next = fetch_link_next(p->a, value);
    else if (cstr_ieq(key, "content-length") && p->got.status == 200 && str_u64(value, &n))
        p->got.total = n;
    else if (cstr_ieq(key, "content-range") && p->got.status == 206 &&
             !fetch_content_range(value, &p->at, &p->got.total))
        p->fault = "its Content-Range is no range of bytes";
}

static void begin_answer(struct piece *p, struct str line)
{
    struct str rest = line, word;
    unsigned long long status = 0;
    str_cut(&rest, ' ', &word);
    if (str_cut(&rest, ' ', &word))
        str_u64(str_trim(word), &status);
    p->got = (struct fetched){.status = (long)(status < 1000 ? status : 0)};
    p->at = status == 206 ? UINT64_MAX : 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
    struct piece *p = user;
    struct str line = {data, size * n}, name;
    p->headers += line.n;
    if (p->headers > HEADERS_MAX) {
        p->fault = "its headers have no end";
        return 0;
    }
    if (str_starts(line, "HTTP/"))
        begin_answer(p, str_trim(line));
    else if (str_cut(&line, ':', &name))
        read_header(p, name, line);
    return p->fault ? 0 : size * n;
}

/* Keeps what lies in the piece. */
static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct piece *p = user;
    uint64_t got = size * n, first = p->f->first, end = first + p->f->n;
    if (p->got.status != 200 && p->got.status != 206) {
        p->dropped += got; /* libcurl tells where a redirect leads only at the end of its text */
        p->full = p->dropped > ERROR_TEXT_MAX || p->got.status / 100 != 3;
        return p->full ? 0 : size * n;
    }
    if (p->got.status == 206 && p->at != first + p->body.len) {
        p->fault = "it sends another range than was asked for";
        return 0;
    }
    uint64_t skip = p->at < first ? first - p->at : 0;
    uint64_t from = skip < got ? skip : got;
    uint64_t keep = p->at + got > end ? end - p->at : got;
    if (keep > from)
        strbuf_add(&p->body, data + from, (size_t)(keep - from));
    p->at += got;
    if (p->f->whole && p->at > end) {
        p->fault = "its answer is longer than any such list";
        return 0;
    }
    p->full = !p->f->whole && p->body.len == p->f->n;
    return p->full ? 0 : size * n;
}

static void configure(const struct libcurl *curl, CURL *easy, const char *url, struct piece *p)
{
    const struct fetch *f = p->f;
    curl->easy_setopt(easy, CURLOPT_URL, url);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_USERAGENT, "llama-tailor/" TAILOR_VERSION);
    curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(f->timeout_ms ? f->timeout_ms : TIMEOUT_MS));
    curl->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
    curl->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, p);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, p);
    if (!f->whole) {
        char range[64];
        snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, f->first, f->first + f->n - 1);
        curl->easy_setopt(easy, CURLOPT_RANGE, range);
    }
    if (f->token && fetch_same_origin(url, f->origin)) {
        curl->easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl->easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, f->token);
    }
}

static bool refused(const char *host, const struct piece *p, struct err *err)
{
    static const struct {
        long status;
        const char *says, *hint;
    } known[] = {
        {401, "it is not there, or is private or gated",
         "set HF_TOKEN to a token that may read it"},
        {403, "this reader may not have it",
         "accept its terms in a browser and set HF_TOKEN to your token"},
        {404, "it is not there", NULL},
        {416, "the file ends before its header does", NULL},
        {429, "too many requests", "wait a few minutes, or set HF_TOKEN"},
    };
    long status = p->got.status;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (status == known[i].status) {
            err_set(err, ERR_FAILED, "%s answers %ld: %s", host, status, known[i].says);
            return known[i].hint ? err_hint(err, "%s", known[i].hint) : false;
        }
    return err_set(err, ERR_FAILED, "%s answers %ld, not with a file", host, status);
}

static bool judge(const struct libcurl *curl, CURLcode code, const char *url, struct piece *p,
                  struct err *err)
{
    const char *host = fetch_host(p->a, url);
    long status = p->got.status;
    if (p->fault)
        return err_set(err, ERR_FAILED, "%s cannot be read: %s", host, p->fault);
    if (code == CURLE_PARTIAL_FILE)
        return err_set(err, ERR_FAILED, "%s broke off in the middle of its answer", host);
    if (code != CURLE_OK && !p->full) {
        err_set(err, ERR_FAILED, "no answer from %s: %s", host, curl->easy_strerror(code));
        return err_hint(err, "look whether this computer is online; what was seen before works "
                             "without a network");
    }
    if (status != 200 && status != 206)
        return refused(host, p, err);
    if (!p->f->whole && p->body.len == 0)
        return err_set(err, ERR_FAILED, "%s has no byte %" PRIu64 " of the file", host,
                       p->f->first);
    return true;
}

/* One answer: done, refused, or the URL that it redirects to in *url. */
static bool ask(const struct libcurl *curl, struct piece *p, const char **url, bool *redirected,
                struct err *err)
{
    CURL *easy = curl->easy_init();
    const char *to = NULL;
    if (!easy)
        arena_out_of_memory(1);
    strbuf_clear(&p->body);
    p->full = false;
    p->headers = 0;
    p->dropped = 0;
    p->got = (struct fetched){0};
    configure(curl, easy, *url, p);
    CURLcode code = curl->easy_perform(easy);
    curl->easy_getinfo(easy, CURLINFO_REDIRECT_URL, &to);
    *redirected = !p->fault && p->got.status / 100 == 3 && to;
    const char *asked = *url;
    if (*redirected)
        *url = arena_strdup(p->a, to);
    curl->easy_cleanup(easy);
    if (!*redirected)
        return judge(curl, code, asked, p, err);
    if (!fetch_is_url(*url) || (cstr_starts(asked, "https://") && cstr_starts(*url, "http://")))
        return err_set(err, ERR_FAILED, "%s redirects to \"%s\", which is not safe",
                       fetch_host(p->a, asked), *url);
    return true;
}

bool fetch_piece(struct arena *a, const struct fetch *f, struct fetched *out, struct err *err)
{
    const struct libcurl *curl = libcurl_load(err);
    struct piece p = {.a = a, .f = f};
    const char *url = f->url;
    bool redirected = true, done = curl != NULL;
    *out = (struct fetched){0};
    for (unsigned i = 0; done && redirected && i <= REDIRECTS_MAX; i++)
        done = ask(curl, &p, &url, &redirected, err);
    if (done && redirected)
        done = err_set(err, ERR_FAILED, "%s redirects without end", fetch_host(a, f->url));
    size_t n = p.body.len;
    *out = p.got;
    out->body = (struct str){strbuf_take(&p.body, a), n};
    return done;
}
