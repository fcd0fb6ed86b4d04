/* Cutting a command line into items. */
#include "settings/argv.h"

#include <string.h>

/* Names under which the programs were and are called, perhaps with more behind them
 * ("llama-server-cuda"); a second word where one binary has several (app/llama.cpp: cmds). */
static const struct {
    const char *name, *command;
    enum option_tool tool;
} programs[] = {
    {"llama-server", NULL, TOOL_SERVER},
    {"server", NULL, TOOL_SERVER},
    {"llama-cli", NULL, TOOL_CLI},
    {"main", NULL, TOOL_CLI},
    {"llama-completion", NULL, TOOL_COMPLETION},
    {"llama-bench", NULL, TOOL_BENCH},
    {"llama", "serve", TOOL_SERVER},
    {"llama", "server", TOOL_SERVER},
    {"llama", "cli", TOOL_CLI},
    {"llama", "client", TOOL_CLI},
    {"llama", "completion", TOOL_COMPLETION},
    {"llama", "complete", TOOL_COMPLETION},
    {"llama", "bench", TOOL_BENCH},
};

/* Where the file name begins in a path of either kind of system. */
static const char *file_name(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    return name;
}

static bool is_called(const char *file, const char *name, bool exactly)
{
    size_t n = strlen(name);
    if (strncmp(file, name, n) != 0)
        return false;
    return !file[n] || strcmp(file + n, ".exe") == 0 || (!exactly && strchr("-_.", file[n]));
}

/* How many words name the program; 0: the first word is not a program. */
static size_t leading_program(const char *const *words, size_t n, enum option_tool *tool)
{
    if (n == 0 || words[0][0] == '-')
        return 0;
    const char *file = file_name(words[0]);
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        const char *command = programs[i].command;
        if (!is_called(file, programs[i].name, command != NULL))
            continue;
        if (command && (n < 2 || strcmp(words[1], command) != 0))
            continue;
        *tool = programs[i].tool;
        return command ? 2 : 1;
    }
    return 0;
}

static struct argv_item *add(struct arena *a, struct argv *argv, enum argv_kind kind, size_t at)
{
    struct argv_item *item = VEC_PUSH(a, &argv->items);
    *item = (struct argv_item){.kind = kind, .at = at, .n_words = 1};
    return item;
}

static const struct option *find_elsewhere(enum option_tool tool, const char *word, bool *negated)
{
    static const enum option_tool tools[] = {TOOL_SERVER, TOOL_CLI, TOOL_COMPLETION, TOOL_BENCH};
    for (size_t i = 0; i < COUNT_OF(tools); i++) {
        const struct option *o = tools[i] == tool ? NULL : option_find(tools[i], word, negated);
        if (o)
            return o;
    }
    return NULL;
}

static const struct option *find_joined(struct arena *a, enum option_tool tool, const char *word)
{
    const char *equals = strchr(word, '=');
    return equals ? option_find(tool, arena_strndup(a, word, (size_t)(equals - word)), NULL) : NULL;
}

static void take_values(struct argv *argv, struct argv_item *item)
{
    size_t left = argv->n_words - item->at - 1;
    size_t wanted = item->option->arity;
    if (wanted > left) {
        item->kind = ARGV_NO_VALUE;
        wanted = left;
    }
    item->n_words += wanted;
    for (size_t i = 1; i <= wanted; i++)
        if (option_find(argv->tool, argv->words[item->at + i], NULL))
            item->swallowed = true;
}

static void take_word(struct arena *a, struct argv *argv, size_t at)
{
    const char *word = argv->words[at];
    if (word[0] != '-' || !word[1]) {
        add(a, argv, ARGV_STRAY, at);
        return;
    }
    struct argv_item *item = add(a, argv, ARGV_OPTION, at);
    item->option = option_find(argv->tool, word, &item->negated);
    if (!item->option) {
        item->kind = ARGV_ELSEWHERE;
        item->option = find_elsewhere(argv->tool, word, &item->negated);
    }
    if (item->option) {
        take_values(argv, item);
        return;
    }
    item->option = find_joined(a, argv->tool, word);
    item->kind = item->option ? ARGV_JOINED : ARGV_UNKNOWN;
}

void argv_parse(struct arena *a, enum option_tool assumed, const char *const *words, size_t n,
                struct argv *out)
{
    *out = (struct argv){.tool = assumed, .words = words, .n_words = n};
    size_t at = leading_program(words, n, &out->tool);
    if (at)
        add(a, out, ARGV_PROGRAM, 0)->n_words = at;
    while (at < n) {
        take_word(a, out, at);
        at += out->items.v[out->items.n - 1].n_words;
    }
}

const char *argv_value(const struct argv *argv, const struct argv_item *item)
{
    return item->option && item->n_words > 1 ? argv->words[item->at + 1] : NULL;
}
