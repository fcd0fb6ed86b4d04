/* Words behind "--" that go through as they are. */
#include "cli/passed.h"

#include <string.h>

#include "os/fs.h"
#include "settings/argv.h"

struct passed {
    struct arena *a;
    const struct argv *argv;
    const struct engine_where *where;
    struct engine engine;
    enum { ENGINE_UNASKED, ENGINE_HERE, ENGINE_MISSING } asked;
};

static bool engine_knows(struct passed *p, const char *word)
{
    struct err ignored = {0};
    if (p->asked == ENGINE_UNASKED)
        p->asked = engine_find(p->a, p->where, &p->engine, &ignored) ? ENGINE_HERE : ENGINE_MISSING;
    return p->asked == ENGINE_HERE && word[0] == '-' && engine_takes(&p->engine, word);
}

/* ---- words that are no options ---- */

static bool refuse(const struct passed *p, const struct argv_item *item, struct err *err)
{
    const char *word = p->argv->words[item->at];
    const char *near = option_suggest(p->a, TOOL_SERVER, word);
    if (item->kind == ARGV_STRAY) {
        err_set(err, ERR_USAGE, "\"%s\" behind -- is no option of llama-server", word);
        return err_hint(err, "llama-server takes options only");
    }
    if (item->kind == ARGV_ELSEWHERE || item->kind == ARGV_OPTION) {
        err_set(err, ERR_USAGE, "\"%s\" is an option of %s, not of llama-server", word,
                item->kind == ARGV_OPTION ? item->option->since : "another program of llama.cpp");
        return err_hint(err, "leave it out");
    }
    err_set(err, ERR_USAGE, "llama-server has no option \"%s\"", word);
    if (near)
        return err_hint(err, "did you mean %s?", near);
    return err_hint(err, "llama-server --help lists its options");
}

/* *skip: an option that only the engine knows takes the words that follow. */
static bool check_known(struct passed *p, const struct argv_item *item, bool *skip, struct err *err)
{
    bool table = item->kind == ARGV_OPTION && item->option->state != OPTION_FORK;
    if (item->kind == ARGV_PROGRAM || table) {
        *skip = false;
        return true;
    }
    if (item->kind == ARGV_STRAY && *skip)
        return true;
    *skip = engine_knows(p, p->argv->words[item->at]);
    return *skip || refuse(p, item, err);
}

/* ---- options that a plan cannot stand ---- */

static bool check_starts(const struct passed *p, const struct argv_item *item, struct err *err)
{
    if (item->kind != ARGV_OPTION || item->option->area != AREA_PROGRAM ||
        item->option->state == OPTION_FORK)
        return true;
    err_set(err, ERR_USAGE, "\"%s\" makes llama-server print something and end",
            p->argv->words[item->at]);
    return err_hint(err, "ask llama-server itself");
}

static bool check_file(struct str path, const char *option, struct err *err)
{
    struct arena scratch = {0};
    const char *text = str_dup(&scratch, path);
    bool here = fs_stat(fs_real(), text).kind != FS_NONE;
    if (!here) {
        err_set(err, ERR_FAILED, "\"%s\" behind %s is not there", text, option);
        err_hint(err, "check the path");
    }
    arena_release(&scratch);
    return here;
}

/* "a.gguf", "a.gguf,b.gguf", "a.gguf:0.5" */
static bool check_files(const struct passed *p, const struct argv_item *item, struct err *err)
{
    static const struct {
        const char *key;
        bool scaled;
    } files[] = {
        {"spec-draft-model", false}, {"mmproj", false},         {"lora", false},
        {"lora-scaled", true},       {"control-vector", false}, {"control-vector-scaled", true}};
    for (size_t i = 0; item->kind == ARGV_OPTION && i < COUNT_OF(files); i++) {
        if (strcmp(item->option->key, files[i].key) != 0)
            continue;
        struct str rest = str_from(argv_value(p->argv, item)), path;
        while (str_cut(&rest, ',', &path)) {
            for (size_t n = path.n; files[i].scaled && n > 0; n--)
                if (path.p[n - 1] == ':') {
                    path.n = n - 1;
                    break;
                }
            if (!check_file(path, p->argv->words[item->at], err))
                return false;
        }
    }
    return true;
}

bool passed_check(struct arena *a, const struct words *words, const struct engine_where *where,
                  struct err *err)
{
    struct argv argv;
    struct passed p = {.a = a, .argv = &argv, .where = where};
    bool skip = false;
    argv_parse(a, TOOL_SERVER, words->v, words->n, &argv);
    for (size_t i = 0; i < argv.items.n; i++) {
        const struct argv_item *item = &argv.items.v[i];
        if (!check_known(&p, item, &skip, err) || !check_starts(&p, item, err) ||
            !check_files(&p, item, err))
            return false;
    }
    return true;
}
