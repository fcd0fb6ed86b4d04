#include "base/words.h"
#include "cli/command.h"
#include "test.h"

struct world {
    struct app app;
    struct err err;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct world));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    strbuf_release(&w->app.out);
    arena_release(&w->app.arena);
    free(w);
    return 0;
}

static const char *topic(struct world *w, const char *name)
{
    strbuf_clear(&w->app.out);
    CHECK_OK(help_topic(&w->app, name, &w->err), &w->err);
    return strbuf_cstr(&w->app.out);
}

static void contains(const char *text, const char *part, const char *where)
{
    if (!strstr(text, part))
        fail_msg("%s has no \"%s\"", where, part);
}

/* Calls use for each option of a command, its own and the common ones. */
static void for_options(struct world *w, const struct command *c,
                        void (*use)(struct world *w, const struct command *c, const struct opt *o))
{
    const struct opt_list *lists[] = {c->options[0], c->options[1], &global_options};
    for (size_t t = 0; t < COUNT_OF(lists); t++)
        for (size_t i = 0; lists[t] && i < lists[t]->n; i++)
            use(w, c, &lists[t]->v[i]);
}

static void check_help(struct world *w, const struct command *c, const struct opt *o)
{
    struct arena *a = &w->app.arena;
    const char *text = strbuf_cstr(&w->app.out);
    contains(text, o->help, c->name);
    if (o->name)
        contains(text, arena_printf(a, "--%s", o->name), c->name);
    if (o->letter)
        contains(text, arena_printf(a, "  -%c", o->letter), c->name);
    if (o->words)
        contains(text, arena_printf(a, "(%s)", o->words), c->name);
    if (o->value)
        contains(text, o->value, c->name);
    assert_true(*o->help && o->help[strlen(o->help) - 1] != '.');
}

static void help_has_every_option_of_every_command(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; commands[i]; i++) {
        strbuf_clear(&w->app.out);
        help_command(commands[i], &w->app.arena, &w->app.out);
        for_options(w, commands[i], check_help);
        assert_non_null(strstr(strbuf_cstr(&w->app.out), commands[i]->summary));
        assert_non_null(strstr(strbuf_cstr(&w->app.out), commands[i]->examples[0]));
        assert_non_null(strstr(strbuf_cstr(&w->app.out), commands[i]->examples[1]));
    }
}

static unsigned times_seen; /* how often the option looked for stands in the tables of a command */
static const struct opt *looked_for;

static void compare(struct world *w, const struct command *c, const struct opt *o)
{
    (void)w;
    (void)c;
    times_seen += (o->name && looked_for->name && strcmp(o->name, looked_for->name) == 0) ||
                  (o->letter && o->letter == looked_for->letter);
}

static void check_unique(struct world *w, const struct command *c, const struct opt *o)
{
    looked_for = o;
    times_seen = 0;
    for_options(w, c, compare);
    if (times_seen != 1)
        fail_msg("%s: --%s (-%c) is there %u times", c->name, o->name, o->letter, times_seen);
}

static void no_option_of_a_command_hides_another(void **state)
{
    for (size_t i = 0; commands[i]; i++)
        for_options(*state, commands[i], check_unique);
}

/* "tailor plan m.gguf && ..." up to "&&" */
static void parse_example(struct world *w, const struct command *c, const char *example)
{
    struct arena *a = &w->app.arena;
    struct words words = {0};
    const char *end = strpbrk(example, "&>|");
    struct str text = {example, end ? (size_t)(end - example) : strlen(example)};
    CHECK_OK(shell_split(a, text, &words, &w->err), &w->err);
    assert_string_equal(words.v[0], "tailor");
    int skip = *c->name ? 2 : 1;
    if (*c->name)
        assert_string_equal(words.v[1], c->name);
    char **argv = arena_array(a, words.n + 1, sizeof(*argv));
    for (size_t i = 0; i < words.n; i++)
        argv[i] = arena_strdup(a, words.v[i]);
    CHECK_OK(command_options(&w->app, c, (int)words.n - skip, argv + skip, &w->err) != NULL,
             &w->err);
    assert_true(c->engine_words || !w->app.rest.has_engine);
}

static void every_example_is_a_command_line_that_is_taken(void **state)
{
    for (size_t i = 0; commands[i]; i++)
        for (size_t k = 0; k < 2; k++)
            parse_example(*state, commands[i], commands[i]->examples[k]);
}

static void the_overview_has_every_command(void **state)
{
    struct world *w = *state;
    help_overview(&w->app.out);
    for (size_t i = 0; commands[i]; i++)
        if (*commands[i]->name)
            contains(strbuf_cstr(&w->app.out),
                     arena_printf(&w->app.arena, "\n  %-10s %s\n", commands[i]->name,
                                  commands[i]->summary),
                     "the overview");
}

/* ---- man page ---- */

static void check_man(struct world *w, const struct command *c, const struct opt *o)
{
    struct strbuf name = {0};
    for (const char *p = o->name ? o->name : ""; *p; p++) {
        if (*p == '-')
            strbuf_addc(&name, '\\');
        strbuf_addc(&name, *p);
    }
    contains(strbuf_cstr(&w->app.out), strbuf_cstr(&name), c->name);
    strbuf_release(&name);
}

static void the_man_page_has_every_option_and_only_known_requests(void **state)
{
    static const char *const requests[] = {".TH ", ".SH ", ".SS ", ".TP",
                                           ".B ",  ".PP",  ".nf",  ".fi"};
    struct world *w = *state;
    const char *page = topic(w, "man");
    struct str rest = str_from(page), line;
    for (size_t i = 0; commands[i]; i++)
        for_options(w, commands[i], check_man);
    assert_true(cstr_starts(page, ".TH TAILOR 1 "));
    while (str_line(&rest, &line)) {
        bool known = line.n == 0 || (line.p[0] != '.' && line.p[0] != '\'');
        for (size_t i = 0; i < COUNT_OF(requests) && !known; i++)
            known = str_starts(line, requests[i]);
        if (!known)
            fail_msg("no request: %.*s", (int)line.n, line.p);
    }
}

static void hyphens_that_are_typed_stay_hyphens_on_the_man_page(void **state)
{
    const char *page = topic(*state, "man");
    const char *text = strchr(page, '\n'); /* behind the title */
    for (const char *at = strchr(text, '-'); at; at = strchr(at + 1, '-'))
        if (at[-1] != '\\')
            fail_msg("a bare hyphen: %.40s", at - 10);
}

/* ---- completion ---- */

static void completion_offers_the_common_options_of_every_command(void **state)
{
    static const char *const shells[] = {"completion-bash", "completion-zsh"};
    struct world *w = *state;
    for (size_t s = 0; s < COUNT_OF(shells); s++) {
        const char *text = topic(w, shells[s]);
        for (size_t i = 0; commands[i]; i++) {
            if (!*commands[i]->name)
                continue;
            const char *at =
                strstr(text, arena_printf(&w->app.arena, "    %s) options=", commands[i]->name));
            assert_non_null(at);
            const char *line = arena_strndup(&w->app.arena, at, strcspn(at, "\n"));
            for (size_t k = 0; k < global_options.n; k++)
                contains(line, arena_printf(&w->app.arena, "--%s ", global_options.v[k].name),
                         shells[s]);
        }
    }
}

static void completion_offers_every_command_once(void **state)
{
    struct world *w = *state;
    const char *text = topic(w, "completion-bash");
    const char *list = strstr(text, "commands=\"");
    struct str rest = {list + 10, strcspn(list + 10, "\"")}, word;
    size_t n = 0, named = 0;
    while (str_cut(&rest, ' ', &word))
        n += word.n > 0;
    for (size_t i = 0; commands[i]; i++)
        named += *commands[i]->name != '\0';
    assert_int_equal(n, named);
}

/* ---- topics ---- */

static void every_topic_that_is_offered_is_there(void **state)
{
    struct world *w = *state;
    assert_false(help_topic(&w->app, "nonsense", &w->err));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "no help on \"nonsense\"; topics: every command, ");
    struct str rest = str_from(strstr(w->err.hint, "command, ") + strlen("command, ")), name;
    size_t n = 0;
    while (str_cut(&rest, ',', &name)) {
        const char *text = topic(w, str_dup(&w->app.arena, str_trim(name)));
        assert_true(strlen(text) > 100);
        n++;
    }
    assert_true(n >= 8);
    for (size_t i = 0; commands[i]; i++)
        if (*commands[i]->name)
            assert_true(cstr_starts(topic(w, commands[i]->name), "usage: tailor"));
    assert_false(help_topic(&w->app, "", &w->err));
    assert_non_null(strstr(topic(w, "models"), "\nA MODEL is one of\n"));
}

static void the_exit_statuses_are_those_of_the_errors(void **state)
{
    static const struct {
        enum err_code code;
        const char *word;
    } codes[] = {{ERR_FAILED, "failed"},   {ERR_USAGE, "wrong"},
                 {ERR_NO_FIT, "fit"},      {ERR_ENGINE, "engine"},
                 {ERR_CHANGED, "changed"}, {ERR_INTERRUPTED, "interrupted"}};
    struct world *w = *state;
    struct str rest = str_from(topic(w, "exit")), line;
    str_line(&rest, &line); /* 0 */
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_true(str_line(&rest, &line));
        const char *text = str_dup(&w->app.arena, line);
        assert_int_equal(strtol(text, NULL, 10), codes[i].code);
        contains(text, codes[i].word, "help exit");
    }
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(help_has_every_option_of_every_command),
        WORLD_TEST(no_option_of_a_command_hides_another),
        WORLD_TEST(every_example_is_a_command_line_that_is_taken),
        WORLD_TEST(the_overview_has_every_command),
        WORLD_TEST(the_man_page_has_every_option_and_only_known_requests),
        WORLD_TEST(hyphens_that_are_typed_stay_hyphens_on_the_man_page),
        WORLD_TEST(completion_offers_the_common_options_of_every_command),
        WORLD_TEST(completion_offers_every_command_once),
        WORLD_TEST(every_topic_that_is_offered_is_there),
        WORLD_TEST(the_exit_statuses_are_those_of_the_errors),
    };
    return RUN_TESTS(tests);
}
