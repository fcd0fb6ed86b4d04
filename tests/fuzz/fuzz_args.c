/* Bytes as words of a command line, one a line: the command, its options, and llama.cpp's behind
 * "--".  All of them together also as a text for the shell. */
#include "cli/planning.h"
#include "fuzz.h"
#include "settings/argv.h"

enum { MOST_WORDS = 256 };

struct line {
    char *words[MOST_WORDS];
    int n;
};

/* Cuts at newlines and NUL bytes; every word is its own block of memory. */
static struct line cut_words(const uint8_t *data, size_t size)
{
    struct line line = {0};
    size_t from = 0;
    for (size_t at = 0; at <= size && line.n < MOST_WORDS; at++)
        if (at == size || data[at] == '\n' || data[at] == '\0') {
            char *word = malloc(at - from + 1);
            REQUIRE(word, "no memory");
            memcpy(word, data + from, at - from);
            word[at - from] = '\0';
            line.words[line.n++] = word;
            from = at + 1;
        }
    return line;
}

/* ---- llama.cpp's options ---- */

static void require_all_words(const struct argv *argv)
{
    size_t at = 0;
    for (size_t i = 0; i < argv->items.n; i++) {
        REQUIRE(argv->items.v[i].at == at && argv->items.v[i].n_words > 0,
                "item %zu begins at word %zu instead of %zu", i, argv->items.v[i].at, at);
        at += argv->items.v[i].n_words;
    }
    REQUIRE(at == argv->n_words, "%zu of %zu words belong to an item", at, argv->n_words);
}

/* What three settings say by leaving their option out is not given when it is read back. */
static struct settings as_said(struct settings s)
{
    if (!s.kv_unified)
        s.given &= ~((uint64_t)1 << SET_KV_UNIFIED);
    if (!s.swa_full)
        s.given &= ~((uint64_t)1 << SET_SWA_FULL);
    if (s.numa == NUMA_OFF)
        s.given &= ~((uint64_t)1 << SET_NUMA);
    return s;
}

/* JSON replaces bytes that are no UTF-8. */
static bool survives_json(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

static void write_and_read(struct arena *a, const struct settings *s)
{
    struct words words = {0}, rest = {0};
    struct argv argv;
    struct settings again, want = as_said(*s);
    struct err err = {0};
    settings_to_argv(a, s, &words);
    argv_parse(a, TOOL_SERVER, words.v, words.n, &argv);
    REQUIRE(settings_from_argv(a, &argv, &again, &rest, &err), "our own words are refused: %s",
            err.cause);
    REQUIRE(rest.n == 0, "\"%s\" of our own words is no setting", rest.v[0]);
    again = as_said(again);
    REQUIRE(settings_equal(&again, &want),
            "settings change on their way through a command line: %s",
            shell_join(a, words.v, words.n));
    json_t *object = settings_to_json(s);
    REQUIRE(settings_from_json(a, object, &again, &err), "our own JSON is refused: %s", err.cause);
    REQUIRE(settings_equal(&again, s) || !survives_json(shell_join(a, words.v, words.n)),
            "settings change on their way through JSON");
    json_decref(object);
}

static void read_engine_words(const char *const *words, size_t n, uint32_t choice)
{
    static const enum option_tool tools[] = {TOOL_SERVER, TOOL_CLI, TOOL_COMPLETION, TOOL_BENCH};
    struct arena a = {0};
    struct argv argv;
    struct settings s = {0};
    struct words rest = {0};
    struct err err = {0};
    argv_parse(&a, tools[choice % COUNT_OF(tools)], words, n, &argv);
    require_all_words(&argv);
    if (settings_from_argv(&a, &argv, &s, &rest, &err))
        write_and_read(&a, &s);
    else
        require_error(&err);
    if (n && choice < COUNT_OF(tools)) /* slow: one input in many */
        option_suggest(&a, argv.tool, words[0]);
    arena_release(&a);
}

/* ---- our own ---- */

static void read_goal(struct app *app)
{
    struct goal goal;
    struct err err = {0};
    struct goal_options o = {.vram_limit = app->rest.args};
    o.workload = app->rest.args.n ? app->rest.args.v[0] : NULL;
    if (!goal_of(app, &o, &goal, &err))
        require_error(&err);
    o.workload = NULL;
    err = (struct err){0};
    if (!goal_of(app, &o, &goal, &err))
        require_error(&err);
}

static void read_own_words(const struct command *c, char *const *words, int n, size_t size)
{
    struct app app = {0};
    struct err err = {0};
    if (command_options(&app, c, n, words, &err)) {
        REQUIRE(app.rest.args.n + app.rest.n_engine <= (size_t)n, "words came from nowhere");
        read_goal(&app);
    } else {
        REQUIRE(err.code == ERR_USAGE, "a wrong word is not a usage error: %s", err.cause);
        require_error(&err);
    }
    require_bounded(&app.arena, size, 64 << 10, 1024); /* a byte may be a word, read in each pass */
    arena_release(&app.arena);
}

/* ---- the shell ---- */

static void require_same_words(const char *const *a, size_t n, const struct words *b)
{
    REQUIRE(n == b->n, "%zu words became %zu", n, b->n);
    for (size_t i = 0; i < n; i++)
        REQUIRE(strcmp(a[i], b->v[i]) == 0, "\"%s\" became \"%s\"", a[i], b->v[i]);
}

static void through_shell(const char *const *words, size_t n)
{
    struct arena a = {0};
    struct words back = {0};
    struct err err = {0};
    REQUIRE(shell_split(&a, str_from(shell_join(&a, words, n)), &back, &err),
            "our own quoting is refused: %s", err.cause);
    require_same_words(words, n, &back);
    arena_release(&a);
}

static void split_text(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct words words = {0};
    struct err err = {0};
    char *bytes = exact_copy(data, size);
    if (shell_split(&a, (struct str){bytes, size}, &words, &err))
        through_shell(words.v, words.n);
    else
        require_error(&err);
    free(bytes);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct line line = cut_words(data, size);
    const char *const *words = (const char *const *)(uintptr_t)line.words;
    const struct command *c = command_find(line.words[0]);
    if (c)
        read_own_words(c, line.words + 1, line.n - 1, size);
    int at = 0; /* llama.cpp's words, or all of them */
    for (int i = 0; i < line.n && !at; i++)
        at = strcmp(words[i], "--") == 0 ? i + 1 : 0;
    read_engine_words(words + at, (size_t)(line.n - at), choice_of(data, size, 64));
    through_shell(words, (size_t)line.n);
    split_text(data, size);
    for (int i = 0; i < line.n; i++)
        free(line.words[i]);
    return 0;
}
