/* From an argument to the headers of its files. */
#include "work/remote.h"

#include <inttypes.h>

#include "base/log.h"
#include "engine/fetch.h"
#include "model/gguf.h"
#include "work/remote_header.h"
#include "work/remote_repo.h"

enum { PAGES_MAX = 32 };

void remote_init(struct remote *r, struct arena *a, const char *cache_dir, env_reader *env)
{
    const char *own = env("MODEL_ENDPOINT"), *hub = env("HF_ENDPOINT");
    const char *off = env("HF_HUB_OFFLINE");
    const char *endpoint = own ? own : hub ? hub : "https://huggingface.co";
    size_t n = strlen(endpoint);
    while (n && endpoint[n - 1] == '/')
        n--;
    *r = (struct remote){.endpoint = arena_strndup(a, endpoint, n),
                         .token = env("HF_TOKEN"),
                         .cache_dir = path_join(a, cache_dir, "headers"),
                         .offline = off && strcmp(off, "0") != 0};
}

bool remote_is_url(const char *argument)
{
    return cstr_starts(argument, "http://") || cstr_starts(argument, "https://");
}

/* ---- a set of files ---- */

struct set {
    const char **urls;
    const struct repo_file *const *files; /* of a repository; NULL: plain URLs */
    uint32_t n;
};

static bool check_shard(const struct gguf *g, const struct set *set, uint32_t i, struct err *err)
{
    uint64_t no = 0, count = 1;
    gguf_u64(g, "split.no", &no);
    gguf_u64(g, "split.count", &count);
    if ((count ? count : 1) == set->n && no == i)
        return true;
    return err_set(err, ERR_FAILED,
                   "\"%s\" says it is shard %" PRIu64 " of %" PRIu64 ", not what its name says",
                   set->urls[i], no + 1, count);
}

static bool open_set(struct arena *a, const struct remote *r, const struct set *set,
                     struct remote_model *out, struct err *err)
{
    struct gguf *shards = arena_array(a, set->n, sizeof(*shards));
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        const struct repo_file *file = set->files ? set->files[i] : NULL;
        const struct header_place place = {.url = set->urls[i],
                                           .version = file && *file->oid ? file->oid : NULL,
                                           .bytes = file ? file->bytes : 0};
        struct header h;
        if (!header_get(a, r, &place, &h, err) || !check_shard(&h.gguf, set, i, err))
            return false;
        shards[i] = h.gguf;
        bytes += h.file_bytes;
    }
    if (!model_from_gguf(a, shards, set->n, &out->model, err))
        return err_place(err, "in \"%s\"", set->urls[0]);
    out->shards = shards;
    out->n = set->n;
    out->model.files = set->urls;
    out->model.n_files = set->n;
    out->model.file_bytes = bytes;
    return true;
}

static const char *const *fetch_words(struct arena *a, const char *option, const char *value,
                                      const char *last)
{
    const char **words = arena_array(a, 4, sizeof(*words));
    words[0] = option;
    words[1] = value;
    words[2] = last;
    return words;
}

/* ---- URLs ---- */

static bool open_url(struct arena *a, const struct remote *r, const char *url,
                     struct remote_model *out, struct err *err)
{
    struct set set = {.files = NULL};
    if (!fetch_is_url(url) || strcspn(url, " \t\r\n") != strlen(url)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a URL", url);
        return err_hint(err, "https://HOST/PATH/FILE.gguf");
    }
    set.urls = remote_shards(a, url, &set.n);
    if (!open_set(a, r, &set, out, err))
        return false;
    out->model.path = set.urls[0];
    out->model.fetch = fetch_words(a, "-mu", set.urls[0], NULL);
    return true;
}

/* ---- Hugging Face ---- */

struct repo {
    const struct remote *remote;
    const char *id, *tag;
    struct repo_files files;
    struct repo_choice choice;
};

static bool list_files(struct arena *a, struct repo *repo, struct err *err)
{
    const struct remote *r = repo->remote;
    const char *url = repo_list_url(a, r->endpoint, repo->id);
    for (unsigned page = 0; url; page++) {
        struct remote_page got;
        if (page == PAGES_MAX || !fetch_same_origin(url, r->endpoint))
            return err_set(err, ERR_FAILED, "the list of files of \"%s\" does not end", repo->id);
        if (!remote_page(a, r, url, &got, err))
            return false;
        if (!repo_files_add(a, got.text, &repo->files, err))
            return err_place(err, "in the list of files at \"%s\"", url);
        url = got.next;
    }
    return true;
}

static bool set_of_choice(struct arena *a, const struct repo *repo, struct set *set,
                          struct err *err)
{
    const char *first = repo->choice.file->path; /* NOLINT: repo_choose gave one */
    const char **paths = remote_shards(a, first, &set->n);
    const struct repo_file **shards = arena_array(a, set->n, sizeof(const struct repo_file *));
    set->urls = arena_array(a, set->n, sizeof(*set->urls));
    for (uint32_t i = 0; i < set->n; i++) {
        shards[i] = repo_find(&repo->files, paths[i]);
        set->urls[i] = repo_file_url(a, repo->remote->endpoint, repo->id, paths[i]);
        if (!shards[i])
            return err_set(err, ERR_FAILED, "\"%s\" lacks the shard \"%s\"", repo->id, paths[i]);
    }
    set->files = shards;
    return true;
}

static bool open_repo(struct arena *a, const struct remote *r, const char *name,
                      struct remote_model *out, struct err *err)
{
    const char *colon = strchr(name, ':');
    struct repo repo = {.remote = r, .id = name, .tag = colon ? colon + 1 : ""};
    struct set set;
    if (colon)
        repo.id = arena_strndup(a, name, (size_t)(colon - name));
    if (!fetch_is_url(r->endpoint)) {
        err_set(err, ERR_USAGE, "\"%s\" is no endpoint", r->endpoint);
        return err_hint(err, "HF_ENDPOINT is like https://huggingface.co");
    }
    if (!list_files(a, &repo, err) ||
        !repo_choose(a, &repo.files, repo.id, repo.tag, &repo.choice, err) ||
        !set_of_choice(a, &repo, &set, err) || !open_set(a, r, &set, out, err))
        return false;
    const char *words = repo.choice.name;
    out->model.path = arena_printf(a, "hf:%s", words);
    out->model.fetch = fetch_words(a, "-hf", words, repo.choice.projector ? "--no-mmproj" : NULL);
    return true;
}

bool remote_open(struct arena *a, const struct remote *r, const char *argument,
                 struct remote_model *out, struct err *err)
{
    struct remote_model m = {.n = 0};
    bool done = remote_is_url(argument) ? open_url(a, r, argument, &m, err)
                                        : open_repo(a, r, argument + strlen("hf:"), &m, err);
    if (done)
        *out = m;
    return done;
}
