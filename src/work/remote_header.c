/* Growing ranges, and the cache of what they gave.
 *
 * A cached header is one line of JSON, then the header's bytes. */
#include "work/remote_header.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/fetch.h"
#include "os/clock.h"
#include "os/fs.h"

enum {
    FIRST_PIECE = 1 << 20,
    HEADER_MAX = 64 << 20,
    TEXT_MAX = 16 << 20,
    LINE_MAX = 64 << 10,
    FRESH_S = 24 * 60 * 60,
};

static const uint64_t file_bytes_max = (uint64_t)1 << 44; /* 16 TiB */

/* ---- the cache ---- */

static const char *cache_path(struct arena *a, const struct remote *r, const char *key,
                              const char *ending)
{
    char hash[HASH_TEXT];
    return arena_printf(a, "%s/%s%s", r->cache_dir, hash_hex(key, strlen(key), hash), ending);
}

static bool is_fresh(const char *path)
{
    int64_t age = clock_wall_s() - fs_stat(fs_real(), path).mtime_ns / 1000000000;
    return age >= -FRESH_S && age < FRESH_S;
}

static void keep(const struct remote *r, const char *path, struct str bytes)
{
    struct err err = {0};
    if (!fs_make_dirs(r->cache_dir, &err) || !fs_replace(path, bytes.p, bytes.n, &err))
        log_detail("what was fetched is not kept: %s", err.cause);
}

static bool read_kept(struct arena *a, const char *path, struct header *out)
{
    struct err ignored = {0};
    struct str text, line;
    struct header h = {.file_bytes = 0};
    if (!fs_read(fs_real(), a, path, HEADER_MAX + LINE_MAX, &text, &ignored) ||
        !str_line(&text, &line) || line.n > LINE_MAX || !text.p)
        return false;
    json_t *about = js_parse(line, &ignored);
    bool good = about && js_get_u64(about, "file_bytes", &h.file_bytes, &ignored) &&
                gguf_parse(a, text, h.file_bytes, &h.gguf, &ignored);
    json_decref(about);
    if (good)
        *out = h;
    return good;
}

static bool is_offline(const char *what, struct err *err)
{
    err_set(err, ERR_FAILED, "%s was not seen before, and HF_HUB_OFFLINE forbids the network",
            what);
    return err_hint(err, "unset HF_HUB_OFFLINE");
}

/* ---- fetching ---- */

static bool check_total(uint64_t *known, const struct fetched *got, const char *url,
                        struct err *err)
{
    if (got->total == FETCH_TOTAL_UNKNOWN)
        err_set(err, ERR_FAILED, "the server does not tell the size of \"%s\"", url);
    else if (got->total > file_bytes_max)
        err_set(err, ERR_FAILED, "\"%s\" has an impossible size", url);
    else if (*known && *known != got->total)
        err_set(err, ERR_FAILED, "\"%s\" has %" PRIu64 " bytes, and %" PRIu64 " a moment ago", url,
                got->total, *known);
    else {
        *known = got->total;
        return true;
    }
    return false;
}

struct job {
    const struct remote *remote;
    const struct header_place *place;
    const char *path; /* in the cache */
    long status;      /* HTTP; 0: nobody answered */
};

/* The header's bytes grow in `bytes`, which the result points into. */
static bool grow(struct arena *a, struct job *job, struct strbuf *bytes, struct header *out,
                 struct err *err)
{
    const char *url = job->place->url;
    uint64_t total = 0;
    for (uint64_t want = FIRST_PIECE; want <= HEADER_MAX; want *= 2) {
        struct arena scratch = {0};
        struct fetched got;
        const struct fetch f = {.url = url,
                                .first = bytes->len,
                                .n = want - bytes->len,
                                .token = job->remote->token,
                                .origin = job->remote->endpoint};
        bool done = fetch_piece(&scratch, &f, &got, err) && check_total(&total, &got, url, err);
        job->status = got.status;
        if (done)
            strbuf_add(bytes, got.body.p, got.body.n);
        arena_release(&scratch);
        if (!done)
            return false;
        struct err parse = {0};
        if (gguf_parse(a, (struct str){bytes->p, bytes->len}, total, &out->gguf, &parse)) {
            out->file_bytes = total;
            return true;
        }
        bool magic = bytes->len >= 4 && memcmp(bytes->p, "GGUF", 4) == 0;
        if (!magic || bytes->len >= total || bytes->len < want || want == HEADER_MAX) {
            *err = parse;
            return false;
        }
    }
    return false;
}

static void keep_header(struct arena *a, const struct job *job, struct str bytes,
                        uint64_t file_bytes)
{
    const char *url = job->place->url;
    json_t *about = json_object();
    struct strbuf out = {0};
    js_put_str(about, "schema", "tailor.header/1");
    js_put_str(about, "url", arena_strndup(a, url, strcspn(url, "?#"))); /* no signatures */
    js_put_u64(about, "file_bytes", file_bytes);
    char *line = js_line(about);
    strbuf_addf(&out, "%s\n", line);
    strbuf_add(&out, bytes.p, bytes.n);
    keep(job->remote, job->path, (struct str){out.p, out.len});
    strbuf_release(&out);
    free(line);
    json_decref(about);
}

static bool fetch_header(struct arena *a, struct job *job, struct header *out, struct err *err)
{
    const struct header_place *place = job->place;
    struct strbuf bytes = {0};
    struct arena scratch = {0};
    struct header h;
    bool done = grow(&scratch, job, &bytes, &h, err);
    if (done && place->bytes && place->bytes != h.file_bytes)
        done = err_set(err, ERR_FAILED,
                       "it has %" PRIu64 " bytes, and %" PRIu64 " in the repository's list",
                       h.file_bytes, place->bytes);
    if (done) {
        size_t n = h.gguf.data_offset < bytes.len ? (size_t)h.gguf.data_offset : bytes.len;
        char *copy = arena_alloc(a, n);
        memcpy(copy, bytes.p, n);
        struct str header = {copy, n};
        keep_header(&scratch, job, header, h.file_bytes);
        out->file_bytes = h.file_bytes;
        done = gguf_parse(a, header, h.file_bytes, &out->gguf, err);
    }
    arena_release(&scratch);
    strbuf_release(&bytes);
    return done;
}

bool header_get(struct arena *a, const struct remote *r, const struct header_place *place,
                struct header *out, struct err *err)
{
    const char *version = place->version ? place->version : "";
    const char *key = arena_printf(a, "%s#%s#%" PRIu64, place->url, version, place->bytes);
    struct job job = {r, place, cache_path(a, r, key, ".gguf-header"), 0};
    struct header old;
    struct err fault = {0};
    bool kept = read_kept(a, job.path, &old);
    if (kept && (place->version || r->offline || is_fresh(job.path))) {
        *out = old;
        return true;
    }
    if (r->offline)
        return is_offline(place->url, err);
    log_detail("reading the header of %s", place->url);
    if (fetch_header(a, &job, out, &fault))
        return true;
    if (kept && !job.status) {
        log_warn("%s is not reachable: an older copy of the header is used",
                 fetch_host(a, place->url));
        *out = old;
        return true;
    }
    *err = fault;
    return err_place(err, "in \"%s\"", place->url);
}

/* The page of a hotel's network is none. */
static bool is_list(struct str text)
{
    struct err ignored = {0};
    json_t *root = js_parse(text, &ignored);
    bool list = json_is_array(root);
    json_decref(root);
    return list;
}

static bool read_page(struct arena *a, const char *path, struct remote_page *out)
{
    struct err ignored = {0};
    struct str text, line = {0};
    if (!fs_read(fs_real(), a, path, TEXT_MAX + LINE_MAX, &text, &ignored) ||
        !str_line(&text, &line) || !is_list(text))
        return false;
    *out = (struct remote_page){text, line.n ? str_dup(a, line) : NULL};
    return true;
}

bool remote_page(struct arena *a, const struct remote *r, const char *url, struct remote_page *out,
                 struct err *err)
{
    const char *path = cache_path(a, r, url, ".list");
    struct remote_page kept;
    struct fetched got;
    struct err fault = {0};
    bool have = read_page(a, path, &kept);
    const struct fetch f = {
        .url = url, .n = TEXT_MAX, .whole = true, .token = r->token, .origin = r->endpoint};
    if (!have && r->offline)
        return is_offline(url, err);
    if (have && (r->offline || is_fresh(path))) {
        *out = kept;
        return true;
    }
    if (fetch_piece(a, &f, &got, &fault)) {
        struct strbuf text = {0};
        strbuf_addf(&text, "%s\n", got.next ? got.next : "");
        strbuf_add(&text, got.body.p, got.body.n);
        if (is_list(got.body))
            keep(r, path, (struct str){text.p, text.len});
        strbuf_release(&text);
        *out = (struct remote_page){got.body, got.next};
        return true;
    }
    if (have && !got.status) {
        log_warn("%s is not reachable: an older list of its files is used", fetch_host(a, url));
        *out = kept;
        return true;
    }
    *err = fault; /* it answers, and says no */
    return false;
}
