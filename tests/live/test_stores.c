/* Holds our choice of files against llama-server's: which file -hf OWNER/REPO[:TAG] takes from the
 * cache, which projector goes with it, and what --cache-list shows.
 *
 * The files hold no model, so llama-server ends at once and names those that it tried.  Where
 * several files match, llama.cpp takes the first in the directory's own order: such cases are left
 * out. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "base/words.h"
#include "live/tap.h"
#include "model/gguf_name.h"
#include "model/rng.h"
#include "model/sidecars.h"
#include "model/stores.h"
#include "os/fs.h"
#include "os/proc.h"

enum { TIMEOUT_MS = 20000, OUTPUT_MAX = 1 << 20, RANDOM_ROUNDS = 40, NAME_WORDS = 3 };

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

struct live {
    struct arena a;
    const char *engine;
    char dir[64];
    const char *hub;
    struct stores_where where;
};

/* ---- the cache ---- */

static bool put(struct live *l, const char *rel, const char *text, struct err *err)
{
    const char *path = path_join(&l->a, l->hub, rel);
    return fs_make_dirs(path_dir(&l->a, path), err) && fs_replace(path, text, strlen(text), err);
}

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

/* A new cache with one repository "o/r". */
static bool make_cache(struct live *l, const char *name, const struct words *files, struct err *err)
{
    l->hub = path_join(&l->a, l->dir, name);
    stores_where_init(&l->where, &l->a, l->dir, no_env);
    l->where.hf_hubs[0] = l->hub;
    l->where.hf_hubs[1] = NULL;
    if (!put(l, "models--o--r/refs/main", COMMIT, err))
        return false;
    for (size_t i = 0; i < files->n; i++)
        if (!put(l, arena_printf(&l->a, "models--o--r/snapshots/" COMMIT "/%s", files->v[i]),
                 "no model", err))
            return false;
    return true;
}

/* ---- the two answers ---- */

struct choice {
    const char *model, *mmproj; /* "" when none */
};

/* The path after a text in the output, or "". */
static const char *path_after(struct live *l, struct str text, const char *before)
{
    struct str line;
    while (str_line(&text, &line)) {
        const char *s = str_dup(&l->a, line), *at = strstr(s, before);
        if (at)
            return at + strlen(before);
    }
    return "";
}

static bool run_server(struct live *l, const char *const *argv, struct str *out, struct err *err)
{
    struct words words = {0};
    struct proc_output output;
    words_add(&l->a, &words, path_join(&l->a, l->engine, "llama-server"));
    for (size_t i = 0; argv[i]; i++)
        words_add(&l->a, &words, argv[i]);
    struct proc_spec spec = {
        .argv = words_argv(&l->a, &words),
        .env = (const char *[]){arena_printf(&l->a, "LLAMA_CACHE=%s", l->hub), NULL},
        .err = PROC_PIPE};
    if (!proc_capture(&l->a, &spec, TIMEOUT_MS, OUTPUT_MAX, &output, err))
        return false;
    *out = output.text;
    return true;
}

static bool their_choice(struct live *l, const char *argument, struct choice *c, struct err *err)
{
    struct str text;
    const char *const argv[] = {"-hf", argument, "--offline", "--port", "0", NULL};
    if (!run_server(l, argv, &text, err))
        return false;
    c->model = path_after(l, text, "failed to load model from ");
    c->mmproj = path_after(l, text, "Failed to load CLIP model from ");
    return true;
}

static struct choice our_choice(struct live *l, const char *argument)
{
    struct choice c = {"", ""};
    struct err ignored = {0};
    if (!stores_find(&l->a, fs_real(), &l->where, arena_printf(&l->a, "hf:%s", argument), &c.model,
                     &ignored))
        return c;
    struct sidecars beside = sidecars_find(&l->a, fs_real(), c.model);
    for (size_t i = 0; i < beside.n; i++)
        if (strcmp(beside.v[i].kind, "mmproj") == 0)
            c.mmproj = beside.v[i].path;
    return c;
}

static void compare(struct live *l, struct tap *t, const char *argument)
{
    struct choice theirs, ours = our_choice(l, argument);
    struct err err = {0};
    if (!their_choice(l, argument, &theirs, &err)) {
        tap_problem(t, "%s: %s", argument, err.cause);
        return;
    }
    if (strcmp(ours.model, theirs.model) != 0)
        tap_problem(t, "%s: ours \"%s\", theirs \"%s\"", argument, ours.model, theirs.model);
    /* llama.cpp may take a model in a folder "mmproj" for its own projector; we never do */
    if (*theirs.model && strcmp(theirs.model, theirs.mmproj) != 0 &&
        strcmp(ours.mmproj, theirs.mmproj) != 0)
        tap_problem(t, "%s: projector ours \"%s\", theirs \"%s\"", argument, ours.mmproj,
                    theirs.mmproj);
}

/* ---- tests ---- */

static void known_repository(struct tap *t, void *state)
{
    struct live *l = state;
    static const char *const files[] = {
        "r-Q4_K_M.gguf",       "r-UD-Q4_K_XL.gguf",  "r-Q8_0.gguf",
        "plain.gguf",          "mmproj-F16.gguf",    "mmproj-Q8_0.gguf",
        "imatrix.gguf",        "mtp-r-Q6_K.gguf",    "BF16/r-BF16-00002-of-00002.gguf",
        "F32/mmproj-F32.gguf", "F32/r-F32-odd.gguf", "BF16/r-BF16-00001-of-00002.gguf",
        "sub dir/r-Q5_K.gguf",
    };
    static const char *const arguments[] = {
        "o/r",       "o/r:Q4_K_M", "o/r:q8_0", "o/r:UD-Q4_K_XL",  "o/r:Q4_K_XL", "o/r:BF16",
        "o/r:plain", "o/r:Q6_K",   "o/r:Q9",   "o/r:imatrix",     "o/r:Q4_K",    "o/r:odd",
        "o/r:Q5_K",  "o/r:F32",    "o/s",      "o/r:BF16/r-BF16", "o/r:mmproj",  "o/r:Q8"};
    struct words list = {.v = (const char **)(uintptr_t)files, .n = COUNT_OF(files)};
    struct err err = {0};
    if (!make_cache(l, "known", &list, &err)) {
        tap_problem(t, "%s", err.cause);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(arguments); i++)
        compare(l, t, arguments[i]);
}

static const char *random_name(struct live *l, uint64_t seed, uint64_t *at)
{
    static const char *const words[] = {"r",      "Q4_K_M", "Q8_0",   "Q4_K_XL", "UD",  "BF16",
                                        "mmproj", "model",  "iq4_xs", "it",      "1.5", "F16"};
    static const char *const ends[] = {"", "", "", "-00001-of-00002", "-00002-of-00002"};
    struct strbuf name = {0};
    if (rng_at(seed, (*at)++) % 3 == 0)
        strbuf_addf(&name, "%s/", words[rng_at(seed, (*at)++) % COUNT_OF(words)]);
    for (int i = 0; i < NAME_WORDS; i++)
        strbuf_addf(&name, "%s%s", words[rng_at(seed, (*at)++) % COUNT_OF(words)],
                    i + 1 < NAME_WORDS ? "-" : "");
    strbuf_addf(&name, "%s.gguf", ends[rng_at(seed, (*at)++) % COUNT_OF(ends)]);
    return strbuf_take(&name, &l->a);
}

/* How many files llama.cpp could take; it takes the first that the directory gives. */
static size_t matches(const struct words *files, const char *tag)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++)
        n += gguf_name_is_model(files->v[i]) && gguf_name_matches(files->v[i], tag);
    return n;
}

/* Two projectors may suit a model equally well; a later shard of one, which llama.cpp would take,
 * cannot be loaded. */
static bool clear_projector(const struct words *files)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++)
        if (strstr(files->v[i], "mmproj"))
            n += strstr(files->v[i], "-00002-of") ? 2 : 1;
    return n <= 1;
}

static void random_repositories(struct tap *t, void *state)
{
    struct live *l = state;
    static const char *const tags[] = {"Q4_K_M", "Q8_0", "Q4_K_XL", "BF16",     "iq4_xs",
                                       "it",     "UD-r", "r-Q8_0",  "model-it", "1.5"};
    size_t compared = 0;
    for (uint64_t seed = 1; seed <= RANDOM_ROUNDS; seed++) {
        struct words files = {0};
        struct err err = {0};
        uint64_t at = 0;
        for (int i = 0; i < 6; i++)
            words_add(&l->a, &files, random_name(l, seed, &at));
        if (!clear_projector(&files))
            continue;
        if (!make_cache(l, arena_printf(&l->a, "random%u", (unsigned)seed), &files, &err)) {
            tap_problem(t, "%s", err.cause);
            return;
        }
        for (size_t i = 0; i < COUNT_OF(tags); i++) {
            if (matches(&files, tags[i]) != 1)
                continue;
            compare(l, t, arena_printf(&l->a, "o/r:%s", tags[i]));
            compared++;
        }
    }
    if (compared < 20)
        tap_problem(t, "only %zu cases were compared", compared);
}

static void cache_list(struct tap *t, void *state)
{
    struct live *l = state;
    const char *const argv[] = {"--cache-list", NULL};
    static const char *const files[] = {"r-Q4_K_M.gguf",
                                        "r-UD-Q4_K_XL.gguf",
                                        "mmproj-F16.gguf",
                                        "a/r-BF16-00001-of-00002.gguf",
                                        "a/r-BF16-00002-of-00002.gguf",
                                        "mtp-r-Q8_0.gguf"};
    struct words list = {.v = (const char **)(uintptr_t)files, .n = COUNT_OF(files)};
    struct store_list ours = {0};
    struct str text, line;
    struct err err = {0};
    size_t theirs = 0;
    if (!make_cache(l, "list", &list, &err) || !run_server(l, argv, &text, &err)) {
        tap_problem(t, "%s", err.cause);
        return;
    }
    stores_list(&l->a, fs_real(), &l->where, &ours);
    while (str_line(&text, &line)) {
        const char *s = str_dup(&l->a, line), *name = strstr(s, ". ");
        bool found = false;
        if (!name)
            continue;
        theirs++;
        for (size_t i = 0; i < ours.n; i++)
            found = found || strcmp(ours.v[i].name + strlen("hf:"), name + 2) == 0;
        if (!found)
            tap_problem(t, "%s is not among ours", name + 2);
    }
    if (theirs != 3 || ours.n != 3)
        tap_problem(t, "they list %zu models, we %zu", theirs, ours.n);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"llama-server takes the same files of a known repository", known_repository},
        {"llama-server takes the same files of random repositories", random_repositories},
        {"llama-server lists the same models", cache_list},
    };
    struct live l = {.engine = getenv("TAILOR_TEST_ENGINE")};
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
        struct err err = {0};
        proc_capture(&l.a, &(struct proc_spec){.argv = remove}, 5000, 100, &out, &err);
    }
    arena_release(&l.a);
    return status;
}
