#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "model/rng.h"
#include "model/store_walk.h"
#include "os/fs_impl.h"
#include "store_world.h"

#define TEST_IN_WORLD(name) cmocka_unit_test_setup_teardown(name, set_up_world, tear_down_world)
#define TEST_ON_DISK(name) cmocka_unit_test_setup_teardown(name, set_up_disk, tear_down_disk)

/* ---- where ---- */

static const char *full_env(const char *name)
{
    static const char *const vars[][2] = {
        {"LLAMA_CACHE", "/llama"}, {"HF_HUB_CACHE", "/hub"},   {"HUGGINGFACE_HUB_CACHE", "/hub"},
        {"HF_HOME", "/hf"},        {"XDG_CACHE_HOME", "/xdg"}, {"OLLAMA_MODELS", "/o/models"}};
    for (size_t i = 0; i < COUNT_OF(vars); i++)
        if (strcmp(name, vars[i][0]) == 0)
            return vars[i][1];
    return NULL;
}

static void check_folders(const char *const *list, const char *const *expected)
{
    size_t i = 0;
    for (; expected[i]; i++)
        assert_string_equal(list[i] ? list[i] : "(end)", expected[i]);
    assert_null(list[i]);
}

static void folders_come_in_the_order_of_llama_cpp(void **state)
{
    struct world *w = *state;
    check_folders(w->where.hf_hubs, (const char *[]){HUB, NULL});
    check_folders(w->where.flat, (const char *[]){FLAT, "/home/u/Library/Caches/llama.cpp", NULL});
    stores_where_init(&w->where, &w->a, "/home/u", full_env);
    check_folders(w->where.hf_hubs,
                  (const char *[]){"/llama", "/hub", "/hf/hub", "/xdg/huggingface/hub", HUB, NULL});
    check_folders(w->where.flat, (const char *[]){"/llama", "/xdg/llama.cpp", FLAT,
                                                  "/home/u/Library/Caches/llama.cpp", NULL});
    check_folders(w->where.lm_studio, (const char *[]){LM, "/home/u/.cache/lm-studio", NULL});
    assert_string_equal(w->where.ollama[0], "/o/models");
    assert_string_equal(w->where.ollama[1], OLLAMA);
}

static void the_first_cache_wins(void **state)
{
    struct world *w = *state;
    const char *path = NULL;
    stores_where_init(&w->where, &w->a, "/home/u", full_env);
    add(w, LM "/models/o/r/r-Q4_0.gguf", "x");
    add(w, HUB "/models--o--r/snapshots/1/r-Q4_0.gguf", "x");
    add(w, "/llama/o_r_r-Q4_0.gguf", "x");
    add(w, "/llama/manifest=o=r=latest.json", "{}");
    list_world(w);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    CHECK_OK(stores_find(&w->a, w->fs, &w->where, "hf:o/r:Q4_0", &path, &w->err), &w->err);
    assert_string_equal(path, HUB "/models--o--r/snapshots/1/r-Q4_0.gguf");
    add(w, "/llama/models--o--r/snapshots/1/r-Q4_0.gguf", "x");
    CHECK_OK(stores_find(&w->a, w->fs, &w->where, "hf:o/r:Q4_0", &path, &w->err), &w->err);
    assert_string_equal(path, "/llama/models--o--r/snapshots/1/r-Q4_0.gguf");
}

/* ---- folders ---- */

static void a_folder_shows_what_is_in_it(void **state)
{
    struct world *w = *state;
    add(w, "/m/one-Q4_0.gguf", "x");
    add(w, "/m/sub/two-Q4_0.gguf", "x");
    add(w, "/m/sub/mmproj-two-f16.gguf", "x");
    add(w, "/m/models--o--r/snapshots/1/r-Q4_0.gguf", "x");
    add(w, "/m/models--o--r/snapshots/1/sub/mmproj-F16.gguf", "x");
    stores_list_folder(&w->a, w->fs, "/m", &w->list);
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, 3);
    assert_string_equal(w->list.v[0].name, "/m/models--o--r/snapshots/1/r-Q4_0.gguf");
    assert_null(w->list.v[0].mmproj); /* it lies deeper than the model */
    assert_string_equal(w->list.v[1].store, "folder");
    assert_string_equal(w->list.v[2].mmproj, "/m/sub/mmproj-two-f16.gguf");
    stores_list_folder(&w->a, w->fs, "/m/sub/", &w->list);
    assert_int_equal(w->list.n, 3);
    stores_list_folder(&w->a, w->fs, "/m/one-Q4_0.gguf", &w->list);
    stores_list_folder(&w->a, w->fs, "/nowhere", &w->list);
    stores_list_folder(&w->a, w->fs, "", &w->list);
    assert_int_equal(w->list.n, 3);
}

static void a_named_store_of_ollama_is_understood(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/m/latest", '1');
    stores_list_folder(&w->a, w->fs, OLLAMA, &w->list);
    assert_int_equal(w->list.n, 1);
    assert_string_equal(w->list.v[0].name, w->list.v[0].path);
    assert_string_equal(w->list.v[0].store, "folder");
}

static void stores_and_folders_make_one_list(void **state)
{
    struct world *w = *state;
    add_ollama(w, "registry.ollama.ai/library/m/latest", '1');
    add_hub(w, "models--o--r", "r-Q4_0.gguf");
    add(w, LM "/models/o/s/s-Q4_0.gguf", "x");
    add(w, FLAT "/x.gguf", "x");
    add(w, "/m/a.gguf", "x");
    list_world(w);
    stores_list_folder(&w->a, w->fs, "/m", &w->list);
    stores_list_folder(&w->a, w->fs, HUB, &w->list); /* what is there already keeps its name */
    static const char *const order[] = {"hf:o/r:Q4_0", FLAT "/x.gguf", "hf:o/s:Q4_0",
                                        "ollama:m:latest", "/m/a.gguf"};
    check_list(w, w->fs, &w->list);
    assert_int_equal(w->list.n, COUNT_OF(order));
    for (size_t i = 0; i < COUNT_OF(order); i++)
        assert_string_equal(w->list.v[i].name, order[i]);
}

/* ---- many files ---- */

enum { FILES = 100000 };

static struct fs_info many_stat(const struct fs *fs, const char *path)
{
    (void)fs;
    enum fs_kind kind = cstr_ends(path, ".gguf") ? FS_FILE : FS_NONE;
    return (struct fs_info){.kind = strcmp(path, FLAT) == 0 ? FS_DIR : kind};
}

static struct fs_names many_list(const struct fs *fs, struct arena *a, const char *path)
{
    struct fs_names names = {arena_array(a, FILES, sizeof(char *)), 0};
    (void)fs;
    if (strcmp(path, FLAT) != 0)
        return (struct fs_names){0};
    for (; names.n < FILES; names.n++)
        names.v[names.n] = arena_printf(a, "o_r-GGUF_%06zu-Q4_0.gguf", names.n);
    return names;
}

static bool many_read(const struct fs *fs, struct arena *a, const char *path, size_t cap,
                      struct str *out, struct err *err)
{
    (void)fs;
    (void)a;
    (void)cap;
    (void)out;
    return err_set(err, ERR_FAILED, "\"%s\" is not here", path);
}

static const struct fs_ops many_ops = {.stat = many_stat, .list = many_list, .read = many_read};

static void a_hundred_thousand_files_of_one_repository(void **state)
{
    struct world *w = *state;
    const struct fs many = {.ops = &many_ops};
    const char *path = NULL;
    stores_list(&w->a, &many, &w->where, &w->list);
    assert_int_equal(w->list.n, FILES);
    assert_null(w->list.cut);
    CHECK_OK(stores_find(&w->a, &many, &w->where, "hf:o/r-GGUF:099999-Q4_0", &path, &w->err),
             &w->err);
    assert_string_equal(path, FLAT "/o_r-GGUF_099999-Q4_0.gguf");
}

/* ---- any tree ---- */

static const char *random_name(struct world *w, uint64_t seed, uint64_t *at)
{
    static const char *const words[] = {"m",
                                        "Q4_K_M",
                                        "Q8_0",
                                        "mmproj",
                                        "mtp-",
                                        "UD",
                                        "r",
                                        "o",
                                        "GGUF",
                                        "-GGUF_",
                                        "_",
                                        " ",
                                        "\n",
                                        ":",
                                        "\xc3\xa9",
                                        "\xff",
                                        "00001",
                                        "-00001-of-00002",
                                        "-00002-of-00002",
                                        "model",
                                        "imatrix",
                                        "f16"};
    static const char *const joints[] = {"-", "-", "_", ".", "", "--"};
    struct strbuf name = {0};
    for (uint64_t n = 1 + rng_at(seed, (*at)++) % 4; n; n--) {
        strbuf_adds(&name, words[rng_at(seed, (*at)++) % COUNT_OF(words)]);
        if (n > 1)
            strbuf_adds(&name, joints[rng_at(seed, (*at)++) % COUNT_OF(joints)]);
    }
    return strbuf_take(&name, &w->a);
}

static void add_random_file(struct world *w, uint64_t seed, uint64_t *at)
{
    /* %1: a word, %2 and %3: file names */
    static const char *const places[] = {
        HUB "/models--o--r/snapshots/" COMMIT "/%2$s.gguf",
        HUB "/models--o--r/snapshots/" COMMIT "/%1$s/%2$s.gguf",
        HUB "/models--o--r/snapshots/" OTHER_COMMIT "/%2$s.gguf",
        HUB "/models--%1$s--r/snapshots/1/%2$s.gguf",
        FLAT "/o_r_%2$s.gguf",
        FLAT "/%1$s_%2$s-GGUF_%3$s.gguf",
        FLAT "/manifest=o=%1$s=latest.json",
        FLAT "/manifest=%1$s=r=latest.json",
        FLAT "/%2$s.gguf",
        LM "/models/o/r/%2$s.gguf",
        LM "/models/%1$s/r/%2$s.gguf",
        LM "/models/%2$s.gguf",
        OLLAMA "/blobs/sha256-%2$s",
    };
    const char *place = places[rng_at(seed, (*at)++) % COUNT_OF(places)];
    const char *word = random_name(w, seed, at), *one = random_name(w, seed, at);
    const char *two = random_name(w, seed, at);
    struct strbuf path = {0};
    for (const char *p = place; *p; p++) {
        bool hole = *p == '%';
        if (!hole)
            strbuf_addc(&path, *p);
        else
            strbuf_adds(&path, p[1] == '1' ? word : p[1] == '2' ? one : two);
        p += hole ? strlen("1$s") : 0;
    }
    const char *full = strbuf_take(&path, &w->a);
    if (fs_stat(w->fs, full).kind == FS_NONE)
        add(w, full, "x");
}

static void every_name_leads_to_its_own_file(void **state)
{
    struct world *w = *state;
    size_t models = 0, named = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t at = 0;
        w->fs = fs_memory(&w->a);
        if (seed % 3)
            add(w, HUB "/models--o--r/refs/main", seed % 2 ? COMMIT : OTHER_COMMIT);
        for (int i = 0; i < 40; i++)
            add_random_file(w, seed, &at);
        for (uint64_t i = rng_at(seed, at++) % 4; i; i--) {
            const char *name = arena_printf(&w->a, "registry.ollama.ai/library/%s/%s",
                                            random_name(w, seed, &at), random_name(w, seed, &at));
            if (fs_stat(w->fs, path_join(&w->a, OLLAMA "/manifests", name)).kind == FS_NONE)
                add_ollama(w, name, (char)('0' + rng_at(seed, at++) % 3));
        }
        list_world(w);
        check_list(w, w->fs, &w->list);
        stores_list_folder(&w->a, w->fs, "/home/u/.cache", &w->list);
        check_list(w, w->fs, &w->list);
        models += w->list.n;
        for (size_t i = 0; i < w->list.n; i++)
            named += w->list.v[i].name[0] != '/';
    }
    assert_true(models > 3000 && named > models / 3); /* the worlds are not empty */
}

/* ---- links, on a real disk below a root ---- */

struct disk {
    struct world w;
    const struct fs *fs;
    char dir[64];
};

static int set_up_disk(void **state)
{
    struct disk *d = calloc(1, sizeof(*d));
    *state = d;
    if (!d)
        return -1;
    strcpy(d->dir, "/tmp/tailor-stores-XXXXXX");
    if (!mkdtemp(d->dir) || !fs_rooted(&d->w.a, d->dir, &d->fs, &d->w.err))
        return -1;
    stores_where_init(&d->w.where, &d->w.a, "/home/u", no_env);
    return 0;
}

static int tear_down_disk(void **state)
{
    struct disk *d = *state;
    char command[160];
    snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", d->dir, d->dir);
    int status = system(command);
    arena_release(&d->w.a);
    free(d);
    return status;
}

static const char *on_disk(struct disk *d, const char *path)
{
    return arena_printf(&d->w.a, "%s%s", d->dir, path);
}

static void put(struct disk *d, const char *path, const char *text)
{
    const char *full = on_disk(d, path);
    CHECK_OK(fs_make_dirs(path_dir(&d->w.a, full), &d->w.err), &d->w.err);
    CHECK_OK(fs_replace(full, text, strlen(text), &d->w.err), &d->w.err);
}

static void put_link(struct disk *d, const char *target, const char *path)
{
    const char *full = on_disk(d, path);
    CHECK_OK(fs_make_dirs(path_dir(&d->w.a, full), &d->w.err), &d->w.err);
    assert_int_equal(symlink(target, full), 0);
}

static void list_disk(struct disk *d)
{
    stores_list(&d->w.a, d->fs, &d->w.where, &d->w.list);
    check_list(&d->w, d->fs, &d->w.list);
}

#define REPO HUB "/models--o--r"

static void one_file_under_many_names_is_one_model(void **state)
{
    struct disk *d = *state;
    put(d, REPO "/blobs/abc", "GGUF");
    put(d, REPO "/refs/main", COMMIT);
    put_link(d, "../../blobs/abc", REPO "/snapshots/" COMMIT "/r-Q4_K_M.gguf");
    put_link(d, "../../blobs/abc", REPO "/snapshots/" OTHER_COMMIT "/old-Q8_0.gguf");
    put_link(d, REPO "/snapshots/" COMMIT "/r-Q4_K_M.gguf", LM "/models/o/r/linked-Q4_0.gguf");
    CHECK_OK(fs_make_dirs(on_disk(d, FLAT), &d->w.err), &d->w.err);
    assert_int_equal(link(on_disk(d, REPO "/blobs/abc"), on_disk(d, FLAT "/hard.gguf")), 0);
    list_disk(d);
    assert_int_equal(d->w.list.n, 1);
    assert_string_equal(d->w.list.v[0].name, "hf:o/r:Q4_K_M");
    assert_true(d->w.list.v[0].inode != 0);
    stores_list_folder(&d->w.a, d->fs, "/home/u", &d->w.list);
    assert_int_equal(d->w.list.n, 1);
}

static void broken_links_loops_pipes_and_closed_folders_are_passed_over(void **state)
{
    struct disk *d = *state;
    put(d, REPO "/refs/main", COMMIT);
    put(d, REPO "/snapshots/" COMMIT "/r-Q4_K_M.gguf", "GGUF");
    put_link(d, "../../blobs/gone", REPO "/snapshots/" COMMIT "/broken-Q8_0.gguf");
    put_link(d, "self.gguf", REPO "/snapshots/" COMMIT "/self.gguf");
    put_link(d, ".", REPO "/snapshots/" COMMIT "/loop");
    put_link(d, "..", REPO "/snapshots/" COMMIT "/up");
    put_link(d, "/", LM "/models/o/root");
    put_link(d, "../b", LM "/models/a/b");
    put_link(d, "../a", LM "/models/b/a");
    put_link(d, HUB, HUB "/models--o--zloop/snapshots");
    put(d, LM "/models/o/r/closed/x-Q4_0.gguf", "GGUF");
    assert_int_equal(mkfifo(on_disk(d, LM "/models/o/r/pipe.gguf"), 0600), 0);
    assert_int_equal(mkfifo(on_disk(d, LM "/settings.json"), 0600), 0);
    assert_int_equal(chmod(on_disk(d, LM "/models/o/r/closed"), 0), 0);
    list_disk(d);
    assert_string_equal(d->w.list.v[0].name, "hf:o/r:Q4_K_M");
    assert_int_equal(d->w.list.n, geteuid() == 0 ? 2 : 1); /* nothing is closed to root */
    assert_null(d->w.list.cut);
}

static void a_closed_store_of_ollama_is_named(void **state)
{
    struct disk *d = *state;
    const char *path = NULL;
    CHECK_OK(fs_make_dirs(on_disk(d, "/usr/share/ollama"), &d->w.err), &d->w.err);
    list_disk(d);
    assert_string_equal(d->w.list.unreadable, "/usr/share/ollama");
    assert_false(stores_find(&d->w.a, d->fs, &d->w.where, "ollama:m", &path, &d->w.err));
    CHECK_ERR(&d->w.err, "\"/usr/share/ollama\" is empty or closed to you");
    put(d, "/usr/share/ollama/.ollama/models/manifests/x", "");
    d->w.list = (struct store_list){0};
    list_disk(d);
    assert_null(d->w.list.unreadable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_WORLD(folders_come_in_the_order_of_llama_cpp),
        TEST_IN_WORLD(the_first_cache_wins),
        TEST_IN_WORLD(a_folder_shows_what_is_in_it),
        TEST_IN_WORLD(a_named_store_of_ollama_is_understood),
        TEST_IN_WORLD(stores_and_folders_make_one_list),
        TEST_IN_WORLD(a_hundred_thousand_files_of_one_repository),
        TEST_IN_WORLD(every_name_leads_to_its_own_file),
        TEST_ON_DISK(one_file_under_many_names_is_one_model),
        TEST_ON_DISK(broken_links_loops_pipes_and_closed_folders_are_passed_over),
        TEST_ON_DISK(a_closed_store_of_ollama_is_named),
    };
    return RUN_TESTS(tests);
}
