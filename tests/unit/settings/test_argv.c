#include "settings/argv.h"
#include "test.h"

#define WORDS(...) \
    ((const char *const[]){__VA_ARGS__}), COUNT_OF(((const char *const[]){__VA_ARGS__}))

struct parsed {
    struct arena a;
    struct argv argv;
};

static struct parsed parse(const char *const *words, size_t n)
{
    struct parsed p = {0};
    argv_parse(&p.a, TOOL_SERVER, words, n, &p.argv);
    return p;
}

static void check_item(const struct parsed *p, size_t i, enum argv_kind kind, const char *key,
                       const char *value)
{
    assert_true(i < p->argv.items.n);
    const struct argv_item *item = &p->argv.items.v[i];
    assert_int_equal(item->kind, kind);
    if (key)
        assert_string_equal(item->option->key, key);
    else
        assert_null(item->option);
    if (value)
        assert_string_equal(argv_value(&p->argv, item), value);
    else
        assert_null(argv_value(&p->argv, item));
}

static void options_take_their_words(void **state)
{
    (void)state;
    struct parsed p =
        parse(WORDS("-m", "x.gguf", "--no-mmap", "-nkvo", "--control-vector-layer-range", "3", "9",
                    "-fa", "on", "--ctx_size", "-1"));
    assert_int_equal(p.argv.items.n, 6);
    check_item(&p, 0, ARGV_OPTION, "model", "x.gguf");
    check_item(&p, 1, ARGV_OPTION, "mmap", NULL);
    assert_true(p.argv.items.v[1].negated);
    assert_int_equal(p.argv.items.v[1].option->state, OPTION_REMOVED);
    check_item(&p, 2, ARGV_OPTION, "kv-offload", NULL);
    assert_true(p.argv.items.v[2].negated);
    check_item(&p, 3, ARGV_OPTION, "control-vector-layer-range", "3");
    assert_int_equal(p.argv.items.v[3].n_words, 3);
    check_item(&p, 4, ARGV_OPTION, "flash-attn", "on");
    check_item(&p, 5, ARGV_OPTION, "ctx-size", "-1");
    assert_false(p.argv.items.v[5].swallowed);
    arena_release(&p.a);
}

static void what_llama_cpp_would_refuse_is_an_item_too(void **state)
{
    (void)state;
    struct parsed p =
        parse(WORDS("word", "-fa", "-ngl", "99", "--ctx-size=4096", "--bogus", "7", "--color", "on",
                    "-n-o-n-s", "-", "", "--control-vector-layer-range", "3"));
    assert_int_equal(p.argv.items.n, 11);
    check_item(&p, 0, ARGV_STRAY, NULL, NULL);
    check_item(&p, 1, ARGV_OPTION, "flash-attn", "-ngl");
    assert_true(p.argv.items.v[1].swallowed);
    check_item(&p, 2, ARGV_STRAY, NULL, NULL);
    check_item(&p, 3, ARGV_JOINED, "ctx-size", NULL);
    check_item(&p, 4, ARGV_UNKNOWN, NULL, NULL);
    check_item(&p, 5, ARGV_STRAY, NULL, NULL);
    check_item(&p, 6, ARGV_ELSEWHERE, "color", "on");
    check_item(&p, 7, ARGV_UNKNOWN, NULL, NULL);
    check_item(&p, 8, ARGV_STRAY, NULL, NULL);
    check_item(&p, 9, ARGV_STRAY, NULL, NULL);
    check_item(&p, 10, ARGV_NO_VALUE, "control-vector-layer-range", "3");
    arena_release(&p.a);
}

static void a_program_may_lead(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        enum option_tool tool;
        size_t n; /* words of the program; 0: none */
    } cases[] = {
        {"llama-server", "-c", TOOL_SERVER, 1},
        {"/opt/llama.cpp/bin/llama-cli", "-c", TOOL_CLI, 1},
        {"C:\\llama\\llama-server.exe", "-c", TOOL_SERVER, 1},
        {"./main", "-c", TOOL_CLI, 1},
        {"llama-server-cuda", "-c", TOOL_SERVER, 1},
        {"llama-bench", "-c", TOOL_BENCH, 1},
        {"llama", "serve", TOOL_SERVER, 2},
        {"llama", "bench", TOOL_BENCH, 2},
        {"llama", "-c", TOOL_SERVER, 0},
        {"serverless", "-c", TOOL_SERVER, 0},
        {"-c", "llama-cli", TOOL_SERVER, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct parsed p = parse(WORDS(cases[i].first, cases[i].second, "4096"));
        const struct argv_item *first = &p.argv.items.v[0];
        assert_int_equal(p.argv.tool, cases[i].tool);
        assert_int_equal(first->kind == ARGV_PROGRAM ? first->n_words : 0, cases[i].n);
        arena_release(&p.a);
    }
}

static void every_word_belongs_to_one_item(void **state)
{
    (void)state;
    static const char *const some[] = {
        "llama", "serve", "-c",    "-fa", "--no-mmap", "x",   "--bogus",
        "-1",    "",      "--a=b", "-np", "4",         "-ot", "--control-vector-layer-range"};
    uint64_t seed = 2463534242u;
    for (int round = 0; round < 3000; round++) {
        const char *words[8];
        size_t n = (size_t)round % COUNT_OF(words);
        for (size_t i = 0; i < n; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            words[i] = some[seed % COUNT_OF(some)];
        }
        struct parsed p = parse(words, n);
        size_t next = 0;
        for (size_t i = 0; i < p.argv.items.n; i++) {
            assert_int_equal(p.argv.items.v[i].at, next);
            assert_true(p.argv.items.v[i].n_words > 0);
            next += p.argv.items.v[i].n_words;
        }
        assert_int_equal(next, n);
        arena_release(&p.a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_take_their_words),
        TEST(what_llama_cpp_would_refuse_is_an_item_too),
        TEST(a_program_may_lead),
        TEST(every_word_belongs_to_one_item),
    };
    return RUN_TESTS(tests);
}
