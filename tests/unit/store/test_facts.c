#include "store/facts.h"

#include "folder.h"

static const char *cache(struct folder *f)
{
    return folder_path(f, "deep/cache");
}

static void put(struct folder *f, const char *key, const char *name, double v)
{
    CHECK_OK(facts_put(cache(f), key, name, v, &f->err), &f->err);
}

static void finds(struct folder *f, const char *key, const char *name, double want)
{
    double v = 0;
    assert_true(facts_get(cache(f), key, name, &v));
    assert_true(v == want);
}

static void finds_nothing(struct folder *f, const char *key, const char *name)
{
    double v = 7;
    assert_false(facts_get(cache(f), key, name, &v));
    assert_true(v == 7);
}

static void what_is_put_is_found_again_by_key_and_name(void **state)
{
    struct folder *f = *state;
    finds_nothing(f, "machine", "bandwidth");
    put(f, "machine", "bandwidth", 41.25);
    put(f, "machine", "latency", 0.1);
    put(f, "other", "bandwidth", 3);
    finds(f, "machine", "bandwidth", 41.25);
    finds(f, "machine", "latency", 0.1);
    finds(f, "other", "bandwidth", 3);
    finds_nothing(f, "machine", "size");
    finds_nothing(f, "third", "bandwidth");
}

static void the_newest_value_counts(void **state)
{
    struct folder *f = *state;
    put(f, "machine", "bandwidth", 1);
    put(f, "machine", "bandwidth", 2);
    finds(f, "machine", "bandwidth", 2);
}

static void a_file_that_makes_no_sense_is_empty_and_is_replaced(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[1,2]",
        "null",
        "{\"machine\":3}",
        "{\"machine\":{\"bandwidth\":3}}",
        "{\"machine\":{\"bandwidth\":{\"value\":\"3\"}}}",
    };
    struct folder *f = *state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        folder_put(f, "deep/cache/facts.json", texts[i]);
        finds_nothing(f, "machine", "bandwidth");
        put(f, "machine", "bandwidth", 5);
        finds(f, "machine", "bandwidth", 5);
    }
}

static void what_others_put_there_stays(void **state)
{
    struct folder *f = *state;
    const char *file = folder_put(f, "deep/cache/facts.json", "{\"new\":{\"x\":{\"value\":1}}}");
    put(f, "machine", "bandwidth", 5);
    finds(f, "new", "x", 1);
    assert_non_null(strstr(folder_text(f, file), "\"time\""));
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    struct folder *f = *state;
    folder_put(f, "deep", "a file");
    assert_false(facts_put(cache(f), "machine", "bandwidth", 1, &f->err));
    CHECK_ERR(&f->err, "deep");
    finds_nothing(f, "machine", "bandwidth");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(what_is_put_is_found_again_by_key_and_name),
        FOLDER_TEST(the_newest_value_counts),
        FOLDER_TEST(a_file_that_makes_no_sense_is_empty_and_is_replaced),
        FOLDER_TEST(what_others_put_there_stays),
        FOLDER_TEST(a_folder_that_cannot_be_made_is_an_error),
    };
    return RUN_TESTS(tests);
}
