/* Holds the option table and the words that we write against the programs of the pinned engine.
 *
 * --help at the end of a command line is answered after all words before it were read, so exit
 * status 0 means that they were accepted (common/arg.cpp: common_params_parse). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/words.h"
#include "live/tap.h"
#include "model/ggml_type.h"
#include "os/fs.h"
#include "os/proc.h"
#include "settings/argv.h"
#include "settings/random_settings.h"

enum { TIMEOUT_MS = 20000, OUTPUT_MAX = 1 << 20, RANDOM_ROUNDS = 60 };

struct live {
    struct arena a;
    const char *engine;
    char dir[64];      /* temporary folder, also where no config.ini is */
    const char *file;  /* a file in it that holds "{}" */
    const char *shelf; /* a folder in it */
};

/* ---- running a program ---- */

static const char *program(struct live *l, enum option_tool tool)
{
    const char *path = path_join(&l->a, l->engine, option_tool_name(tool));
    return access(path, X_OK) == 0 ? path : NULL;
}

/* Runs it with the words and --help; the text is stdout and stderr. */
static bool run(struct live *l, struct tap *t, struct words *words, struct proc_output *out)
{
    struct err err = {0};
    words_add(&l->a, words, "--help");
    const char *home = arena_printf(&l->a, "XDG_CONFIG_HOME=%s", l->dir);
    struct proc_spec spec = {
        .argv = words_argv(&l->a, words), .env = (const char *[]){home, NULL}, .err = PROC_PIPE};
    if (proc_capture(&l->a, &spec, TIMEOUT_MS, OUTPUT_MAX, out, &err))
        return true;
    tap_problem(t, "%s: %s", shell_join(&l->a, words->v, words->n), err.cause);
    return false;
}

/* The line that says why, without the log lines around it. */
static const char *complaint(struct live *l, struct str text)
{
    struct str line;
    while (str_line(&text, &line)) {
        const char *s = str_dup(&l->a, line);
        if (cstr_starts(s, "error"))
            return s;
    }
    return "no error line";
}

/* ---- what --help says ---- */

struct help_row {
    struct words spellings;
    const char *text; /* the whole entry, blanks collapsed */
};

struct help {
    VEC(struct help_row) rows;
};

static const char *collapse(struct arena *a, struct str text)
{
    struct strbuf b = {0};
    for (size_t i = 0; i < text.n; i++) {
        bool blank = text.p[i] == ' ' || text.p[i] == '\n';
        if (!blank)
            strbuf_addc(&b, text.p[i]);
        else if (b.len && b.p[b.len - 1] != ' ')
            strbuf_addc(&b, ' ');
    }
    return strbuf_take(&b, a);
}

/* "-c,    --ctx-size N   size of..." begins an entry; llama-bench indents it by two blanks. */
static bool begins_entry(struct str line)
{
    size_t indent = strspn(line.p, " ");
    return line.n > indent + 1 && indent <= 2 && line.p[indent] == '-' &&
           strncmp(line.p, "-----", 5) != 0;
}

static void add_entry(struct arena *a, struct help *help, struct str text)
{
    struct help_row *row = VEC_PUSH(a, &help->rows);
    *row = (struct help_row){.text = collapse(a, text)};
    const char *at = row->text + strspn(row->text, " ");
    while (*at == '-') {
        size_t n = strcspn(at, " ,");
        words_add(a, &row->spellings, arena_strndup(a, at, n));
        at += n + strspn(at + n, " ,");
    }
}

static void parse_help(struct arena *a, struct str text, struct help *help)
{
    struct str line, entry = {NULL, 0};
    while (str_line(&text, &line)) {
        if (begins_entry(line) || line.n == 0) {
            if (entry.p)
                add_entry(a, help, entry);
            entry = line.n ? line : (struct str){NULL, 0};
        } else if (entry.p) {
            entry.n = (size_t)(line.p + line.n - entry.p);
        }
    }
    if (entry.p)
        add_entry(a, help, entry);
}

/* The table must know every spelling and the variable of an entry as one row. */
static void check_entry(struct live *l, struct tap *t, enum option_tool tool,
                        const struct help_row *row)
{
    const struct option *o = option_find(tool, row->spellings.v[0], NULL);
    for (size_t i = 0; i < row->spellings.n; i++)
        if (!o || option_find(tool, row->spellings.v[i], NULL) != o)
            tap_problem(t, "%s is not in the table", row->spellings.v[i]);
    const char *env = strstr(row->text, "(env: ");
    if (!o || !env)
        return;
    env += strlen("(env: ");
    env = arena_strndup(&l->a, env, strcspn(env, ")"));
    if (!o->env || strcmp(o->env, env) != 0)
        tap_problem(t, "%s has the variable %s", row->spellings.v[0], env);
}

static const struct help_row *find_entry(const struct help *help, const char *spelling)
{
    for (size_t i = 0; i < help->rows.n; i++)
        for (size_t k = 0; k < help->rows.v[i].spellings.n; k++)
            if (strcmp(help->rows.v[i].spellings.v[k], spelling) == 0)
                return &help->rows.v[i];
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "default: 4096" or "default: 'auto'"; 0 does not stand for 0.80. */
static bool states_default(const char *text, const char *initial)
{
    for (const char *at = text; (at = strstr(at, "default: ")) != NULL;) {
        at += strlen("default: ");
        at += *at == '\'';
        if (!cstr_starts(at, initial))
            continue;
        const char *after = at + strlen(initial);
        if (!is_digit(*after) && !(*after == '.' && is_digit(after[1])))
            return true;
    }
    return false;
}

/* Every spelling of a current row must be in the help, with the row's default and variable. */
static void check_row(struct live *l, struct tap *t, enum option_tool tool, const struct option *o,
                      const struct help *help)
{
    const char *lists[] = {o->on, o->off};
    struct str word;
    const struct help_row *row = NULL;
    for (size_t k = 0; k < COUNT_OF(lists); k++) {
        for (const char *rest = lists[k]; option_next_word(&rest, &word);) {
            row = find_entry(help, str_dup(&l->a, word));
            if (!row) {
                tap_problem(t, "the help does not have %.*s", (int)word.n, word.p);
                return;
            }
        }
    }
    if (o->initial && o->state == OPTION_CURRENT && !states_default(row->text, o->initial))
        tap_problem(t, "--%s does not have the default %s: %s", o->key, o->initial, row->text);
    bool reads_env = o->env && tool != TOOL_BENCH;
    if (reads_env && !strstr(row->text, arena_printf(&l->a, "(env: %s)", o->env)))
        tap_problem(t, "--%s does not have the variable %s", o->key, o->env);
}

static void check_help(struct live *l, struct tap *t, enum option_tool tool)
{
    struct words words = {0};
    struct proc_output out;
    struct help help = {0};
    const char *path = program(l, tool);
    if (!path) {
        t->skipped = arena_printf(&l->a, "no %s in TAILOR_TEST_ENGINE", option_tool_name(tool));
        return;
    }
    words_add(&l->a, &words, path);
    if (!run(l, t, &words, &out))
        return;
    parse_help(&l->a, out.text, &help);
    if (out.exit_code != 0 || help.rows.n < 30)
        tap_problem(t, "exit status %d, %zu options", out.exit_code, help.rows.n);
    for (size_t i = 0; i < help.rows.n; i++)
        check_entry(l, t, tool, &help.rows.v[i]);
    for (size_t i = 0; i < option_count(); i++) {
        const struct option *o = option_at(i);
        /* a build without the RPC backend has no --rpc */
        if ((o->tools & tool) && o->state <= OPTION_IGNORED && strcmp(o->key, "rpc") != 0)
            check_row(l, t, tool, o, &help);
    }
}

static void server_help(struct tap *t, void *l)
{
    check_help(l, t, TOOL_SERVER);
}

static void cli_help(struct tap *t, void *l)
{
    check_help(l, t, TOOL_CLI);
}

static void completion_help(struct tap *t, void *l)
{
    check_help(l, t, TOOL_COMPLETION);
}

static void bench_help(struct tap *t, void *l)
{
    check_help(l, t, TOOL_BENCH);
}

/* ---- every row on a command line ---- */

static bool wants_folder(const struct option *o)
{
    static const char *const keys[] = {"slot-save-path", "media-path", "log-prompts-dir"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(o->key, keys[i]) == 0)
            return true;
    return false;
}

/* A value that the row's program accepts. */
static const char *valid_value(struct live *l, const struct option *o)
{
    if (o->example)
        return o->example;
    if (o->value == VALUE_PATH)
        return wants_folder(o) ? l->shelf : l->file;
    if (o->value == VALUE_REAL)
        return "0.5";
    if (o->value == VALUE_INT)
        return arena_printf(&l->a, "%.0f", o->min > 1 ? o->min : 1.0);
    /* a KV type that llama-bench takes too */
    return o->choices ? o->choices[o->choices[1].word != NULL].word : "x";
}

/* All spellings of one list, each with its values. */
static void add_spellings(struct live *l, struct words *words, const struct option *o,
                          const char *list)
{
    struct str word;
    while (option_next_word(&list, &word)) {
        words_add(&l->a, words, str_dup(&l->a, word));
        for (int i = 0; i < o->arity; i++)
            words_add(&l->a, words, valid_value(l, o));
    }
}

/* Every word that it may be set to. */
static void add_choices(struct live *l, struct words *words, enum option_tool tool,
                        const struct option *o)
{
    struct str word;
    for (const struct option_choice *c = o->choices; c && c->word; c++) {
        if (tool == TOOL_BENCH && strcmp(c->word, "f32") == 0)
            continue; /* the row's note says so */
        const char *rest = o->on;
        if (option_next_word(&rest, &word))
            words_add(&l->a, words, str_dup(&l->a, word));
        words_add(&l->a, words, c->word);
    }
}

static void check_accepted(struct live *l, struct tap *t, enum option_tool tool,
                           const struct option *o)
{
    const char *path = program(l, tool);
    struct words words = {0};
    struct proc_output out;
    words_add(&l->a, &words, path);
    add_spellings(l, &words, o, o->on);
    add_spellings(l, &words, o, o->off);
    add_choices(l, &words, tool, o);
    if (!run(l, t, &words, &out))
        return;
    /* no RPC server listens in a test; that the program tried is acceptance enough */
    if (out.exit_code != 0 && !strstr(out.text.p, "Failed to connect to "))
        tap_problem(t, "status %d: %s: %s", out.exit_code, shell_join(&l->a, words.v, words.n),
                    complaint(l, out.text));
}

/* One spelling at a time: each must be refused for what it is, not for its value. */
static void check_refused(struct live *l, struct tap *t, const char *path, const struct option *o)
{
    const char *lists[] = {o->on, o->off};
    struct str word;
    for (size_t k = 0; k < COUNT_OF(lists); k++) {
        for (const char *rest = lists[k]; option_next_word(&rest, &word);) {
            struct words words = {0};
            struct proc_output out;
            words_add(&l->a, &words, path);
            add_spellings(l, &words, o, str_dup(&l->a, word));
            if (!run(l, t, &words, &out))
                continue;
            if (out.exit_code == 0 || (!strstr(out.text.p, "invalid argument") &&
                                       !strstr(out.text.p, "argument has been removed") &&
                                       !strstr(out.text.p, "invalid parameter")))
                tap_problem(t, "status %d: %s", out.exit_code, shell_join(&l->a, words.v, words.n));
        }
    }
}

static void check_rows(struct live *l, struct tap *t, enum option_tool tool, bool accepted)
{
    const char *path = program(l, tool);
    if (!path) {
        t->skipped = arena_printf(&l->a, "no %s in TAILOR_TEST_ENGINE", option_tool_name(tool));
        return;
    }
    for (size_t i = 0; i < option_count(); i++) {
        const struct option *o = option_at(i);
        if ((o->tools & tool) == 0 || accepted != (o->state <= OPTION_IGNORED))
            continue;
        if (accepted)
            check_accepted(l, t, tool, o);
        else
            check_refused(l, t, path, o);
    }
}

static void server_accepts(struct tap *t, void *l)
{
    check_rows(l, t, TOOL_SERVER, true);
}

static void server_refuses(struct tap *t, void *l)
{
    check_rows(l, t, TOOL_SERVER, false);
}

static void bench_accepts(struct tap *t, void *l)
{
    check_rows(l, t, TOOL_BENCH, true);
}

static void bench_refuses(struct tap *t, void *l)
{
    check_rows(l, t, TOOL_BENCH, false);
}

/* ---- what we write ---- */

static void written_words_are_accepted(struct tap *t, void *state)
{
    struct live *l = state;
    const char *path = program(l, TOOL_SERVER);
    uint64_t seed = 11;
    for (int i = 0; path && i < RANDOM_ROUNDS; i++) {
        struct words words = {0};
        struct proc_output out;
        struct settings s = random_settings(&seed);
        words_add(&l->a, &words, path);
        settings_to_argv(&l->a, &s, &words);
        if (run(l, t, &words, &out) && out.exit_code != 0)
            tap_problem(t, "status %d: %s: %s", out.exit_code, shell_join(&l->a, words.v, words.n),
                        complaint(l, out.text));
    }
}

/* The words we refuse are those that llama-server refuses or misreads. */
static void refused_values_are_refused(struct tap *t, void *state)
{
    static const char *const cases[][2] = {
        {"-fa", "yes"},
        {"-ctk", "q2_k"},
        {"-sm", "graph"},
        {"--numa", "off"},
        {"--load-mode", ""},
        {"-dev", "a,none"},
        {"-ts", ",3"},
        {"-ot", "exps"},
        {"--fit", "auto"},
        {"-np", "0"},
        {"-ncmoe", "all"},
        {"-ts", "3;1,x"},
        {"-ts", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"},
    };
    struct live *l = state;
    const char *path = program(l, TOOL_SERVER);
    for (size_t i = 0; path && i < COUNT_OF(cases); i++) {
        struct words words = {0}, rest = {0};
        struct argv argv;
        struct settings s;
        struct err err = {0};
        struct proc_output out;
        argv_parse(&l->a, TOOL_SERVER, cases[i], 2, &argv);
        if (settings_from_argv(&l->a, &argv, &s, &rest, &err))
            tap_problem(t, "we take %s %s", cases[i][0], cases[i][1]);
        words_add(&l->a, &words, path);
        words_append(&l->a, &words, cases[i], 2);
        if (run(l, t, &words, &out) && out.exit_code == 0)
            tap_problem(t, "llama-server takes %s %s", cases[i][0], cases[i][1]);
    }
}

/* settings/ keeps the ids of KV types by itself, since it stands beside model/. */
static void kv_types_are_those_of_ggml(struct tap *t, void *state)
{
    (void)state;
    const struct option *o = option_find(TOOL_SERVER, "-ctk", NULL);
    for (const struct option_choice *c = o->choices; c->word; c++)
        if (ggml_type_find(c->word) != (uint32_t)c->value)
            tap_problem(t, "%s is not %d", c->word, (int)c->value);
}

/* ---- set-up ---- */

/* Variables of the caller would be read by the programs. */
static void clear_variables(void)
{
    struct arena a = {0};
    for (size_t i = 0; i < option_count(); i++) {
        const char *env = option_at(i)->env;
        if (!env)
            continue;
        unsetenv(env);
        if (cstr_starts(env, "LLAMA_ARG_"))
            unsetenv(arena_printf(&a, "LLAMA_ARG_NO_%s", env + strlen("LLAMA_ARG_")));
    }
    arena_release(&a);
}

static bool set_up(struct live *l, struct err *err)
{
    snprintf(l->dir, sizeof(l->dir), "/tmp/tailor-live-XXXXXX");
    if (!mkdtemp(l->dir))
        return err_set(err, ERR_FAILED, "no temporary folder");
    l->file = path_join(&l->a, l->dir, "file");
    l->shelf = path_join(&l->a, l->dir, "shelf");
    clear_variables();
    return fs_replace(l->file, "{}", 2, err) && mkdir(l->shelf, 0700) == 0;
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the table and the help of llama-server say the same", server_help},
        {"the table and the help of llama-cli say the same", cli_help},
        {"the table and the help of llama-completion say the same", completion_help},
        {"the table and the help of llama-bench say the same", bench_help},
        {"llama-server accepts every current option in every spelling", server_accepts},
        {"llama-server refuses every removed option", server_refuses},
        {"llama-bench accepts every current option in every spelling", bench_accepts},
        {"llama-bench refuses every removed option", bench_refuses},
        {"llama-server accepts the words of any settings", written_words_are_accepted},
        {"values that we refuse llama-server refuses too", refused_values_are_refused},
        {"KV types have ggml's ids", kv_types_are_those_of_ggml},
    };
    struct live l = {.engine = getenv("TAILOR_TEST_ENGINE")};
    struct err err = {0};
    const char *skip = l.engine && *l.engine ? NULL : "TAILOR_TEST_ENGINE is not set";
    if (!skip && !set_up(&l, &err)) {
        printf("Bail out! %s\n", err.cause);
        return 1;
    }
    int status = tap_run(tests, COUNT_OF(tests), skip, &l);
    if (!skip) {
        const char *remove[] = {"rm", "-rf", l.dir, NULL};
        struct proc_output out;
        proc_capture(&l.a, &(struct proc_spec){.argv = remove}, 5000, 100, &out, &err);
    }
    arena_release(&l.a);
    return status;
}
