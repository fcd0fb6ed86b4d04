/* Writes first inputs for the fuzzers into FOLDER/TARGET/: headers of every shape, every option. */
#include <sys/stat.h>

#include "cli/command.h"
#include "fuzz.h"
#include "model/synth.h"
#include "settings/option.h"

static const char *folder;

static void write_seed(const char *target, const char *name, struct str bytes)
{
    struct arena a = {0};
    struct err err = {0};
    char *path = arena_printf(&a, "%s/%s/%s", folder, target, name);
    REQUIRE(fs_make_dirs(path_dir(&a, path), &err) && fs_replace(path, bytes.p, bytes.n, &err),
            "%s", err.cause);
    arena_release(&a);
}

/* ---- GGUF: a block or two of each shape, tokens by their number only ---- */

static void seed_shape(const struct shape *shape)
{
    struct arena a = {0};
    struct err err = {0};
    struct synth_model made;
    struct synth_spec spec = {.file_type = 15, .tokens = SYNTH_NO_VOCAB}; /* Q4_K_M */
    REQUIRE(shape_find(shape->name, &spec.shape), "no shape %s", shape->name);
    uint32_t least = shape_cover(&spec.shape);
    REQUIRE(synth_cut(&spec, least < 2 ? least : 2, &err), "%s", err.cause);
    synth_header(&a, &spec, &made);
    write_seed("gguf", shape->name, made.header);
    arena_release(&a);
}

/* ---- words ---- */

static void seed_option(const struct option *o, size_t i)
{
    struct arena a = {0};
    const char *rest = o->on;
    struct str spelling;
    for (size_t k = 0; rest && option_next_word(&rest, &spelling); k++) {
        const char *value = o->example ? o->example : o->initial ? o->initial : "1";
        if (o->choices)
            value = o->choices[k % 2 && o->choices[1].word ? 1 : 0].word;
        const char *line = arena_printf(&a, "plan\nm.gguf\n--\n%.*s%s%s%s%s", (int)spelling.n,
                                        spelling.p, o->arity ? "\n" : "", o->arity ? value : "",
                                        o->arity > 1 ? "\n" : "", o->arity > 1 ? value : "");
        write_seed("args", arena_printf(&a, "option-%zu-%zu", i, k), str_from(line));
    }
    arena_release(&a);
}

static void add_options(struct arena *a, struct strbuf *line, const struct opt_list *list)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct opt *o = &list->v[i];
        if (o->kind == OPT_ARGUMENT)
            continue;
        strbuf_addf(line, "\n--%s", o->name);
        if (o->kind == OPT_CHOICE)
            strbuf_addf(line, "=%s", opt_word(a, o->words, 0));
        else if (o->kind != OPT_FLAG && o->kind != OPT_UNFLAG)
            strbuf_adds(line, "\n4096");
    }
}

static void seed_command(const struct command *c)
{
    struct arena a = {0};
    struct strbuf line = {0};
    strbuf_adds(&line, c->name);
    for (size_t i = 0; i < COUNT_OF(c->options); i++)
        add_options(&a, &line, c->options[i]);
    strbuf_adds(&line, "\nm.gguf");
    write_seed("args", arena_printf(&a, "command-%s", c->name),
               (struct str){strbuf_cstr(&line), line.len});
    strbuf_release(&line);
    arena_release(&a);
}

int main(int argc, char **argv)
{
    size_t n;
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
        return 2;
    }
    folder = argv[1];
    const struct shape *shapes = shape_list(&n);
    for (size_t i = 0; i < n; i++)
        seed_shape(&shapes[i]);
    for (size_t i = 0; i < option_count(); i++)
        seed_option(option_at(i), i);
    for (size_t i = 0; commands[i]; i++)
        seed_command(commands[i]);
    return 0;
}
