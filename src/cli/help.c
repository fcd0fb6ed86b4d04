/* Help, man page and completion from the tables. */
#include <string.h>

#include "cli/command.h"

static void option_name(const struct opt *o, struct strbuf *out)
{
    if (o->letter)
        strbuf_addf(out, "-%c", o->letter);
    if (o->letter && o->name)
        strbuf_adds(out, ", ");
    if (o->name)
        strbuf_addf(out, "--%s", o->name);
    if (o->kind == OPT_CHOICE)
        strbuf_addf(out, " %s", o->value ? o->value : "WORD");
    else if (o->value)
        strbuf_addf(out, " %s", o->value);
}

static void option_line(const struct opt *o, struct strbuf *out)
{
    enum { COLUMN = 30 };
    struct strbuf name = {0};
    strbuf_adds(&name, "  ");
    option_name(o, &name);
    strbuf_add(out, strbuf_cstr(&name), name.len);
    if (name.len >= COLUMN)
        strbuf_addf(out, "\n%*s", COLUMN, "");
    else
        strbuf_pad(out, ' ', COLUMN - name.len);
    strbuf_adds(out, o->help);
    if (o->kind == OPT_CHOICE)
        strbuf_addf(out, " (%s)", o->words);
    strbuf_addc(out, '\n');
    strbuf_release(&name);
}

static void option_lines(const struct opt_list *list, struct strbuf *out)
{
    for (size_t i = 0; list && i < list->n; i++)
        option_line(&list->v[i], out);
}

static void usage_line(const struct command *c, struct strbuf *out)
{
    strbuf_addf(out, "tailor %s [OPTIONS]%s%s%s", c->name, *c->usage ? " " : "", c->usage,
                c->engine_words ? " [-- LLAMA.CPP OPTIONS]" : "");
}

void help_command(const struct command *c, struct arena *a, struct strbuf *out)
{
    (void)a;
    strbuf_adds(out, "usage: ");
    usage_line(c, out);
    strbuf_addf(out, "\n\n%s\n\n%s%s", c->summary, c->more ? c->more : "", c->more ? "\n" : "");
    for (size_t k = 0; k < COUNT_OF(c->options); k++)
        option_lines(c->options[k], out);
    strbuf_adds(out, c->options[0] ? "\ncommon options:\n" : "common options:\n");
    option_lines(&global_options, out);
    strbuf_adds(out, "\nexamples:\n");
    for (size_t i = 0; i < COUNT_OF(c->examples) && c->examples[i]; i++)
        strbuf_addf(out, "  %s\n", c->examples[i]);
}

void help_overview(struct strbuf *out)
{
    strbuf_adds(out, "tailor: made-to-measure settings for llama.cpp\n\n"
                     "usage: tailor COMMAND [OPTIONS] [ARGS] [-- LLAMA.CPP OPTIONS]\n\n");
    for (size_t i = 0; commands[i]; i++)
        if (*commands[i]->name)
            strbuf_addf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    strbuf_adds(out, "\ntailor alone shows this machine and the models on it.\n"
                     "tailor COMMAND --help explains one; tailor help TOPIC: models, machines,\n"
                     "exit, platforms, man, completion-bash, completion-zsh, completion-fish.\n");
}

/* ---- man page ---- */

/* roff: a hyphen that is typed must not become a dash; a leading dot or quote would be a request.
 */
static void roff(struct strbuf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        strbuf_adds(out, "\\&");
    for (; *text; text++) {
        if (*text == '-')
            strbuf_adds(out, "\\-");
        else if (*text == '\\')
            strbuf_adds(out, "\\e");
        else
            strbuf_addc(out, *text);
    }
}

static void roff_options(const struct opt_list *list, struct strbuf *out)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct opt *o = &list->v[i];
        struct strbuf name = {0};
        option_name(o, &name);
        strbuf_adds(out, ".TP\n.B ");
        roff(out, strbuf_cstr(&name));
        strbuf_addc(out, '\n');
        roff(out, o->help);
        if (o->kind == OPT_CHOICE) {
            strbuf_adds(out, " (");
            roff(out, o->words);
            strbuf_addc(out, ')');
        }
        strbuf_addc(out, '\n');
        strbuf_release(&name);
    }
}

static void man_page(struct strbuf *out)
{
    strbuf_adds(out, ".TH TAILOR 1 \"\" \"llama-tailor " TAILOR_VERSION "\" \"User Commands\"\n"
                     ".SH NAME\ntailor \\- made\\-to\\-measure settings for llama.cpp\n"
                     ".SH SYNOPSIS\n.B tailor\n"
                     "COMMAND [OPTIONS] [ARGS] [\\-\\- LLAMA.CPP OPTIONS]\n"
                     ".SH DESCRIPTION\ntailor knows the machine, reads the model, computes memory "
                     "to the byte, plans the best settings and says why, and runs the model with "
                     "llama.cpp.\n.SH COMMANDS\n");
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (!*c->name)
            continue;
        struct strbuf usage = {0};
        usage_line(c, &usage);
        strbuf_adds(out, ".SS ");
        roff(out, c->name);
        strbuf_adds(out, "\n.B ");
        roff(out, strbuf_cstr(&usage));
        strbuf_adds(out, "\n.PP\n");
        roff(out, c->summary);
        strbuf_adds(out, ".\n");
        if (c->more) {
            strbuf_adds(out, ".PP\n");
            roff(out, c->more);
        }
        for (size_t k = 0; k < COUNT_OF(c->options); k++)
            roff_options(c->options[k], out);
        strbuf_adds(out, ".PP\n.nf\n");
        for (size_t k = 0; k < COUNT_OF(c->examples) && c->examples[k]; k++) {
            roff(out, c->examples[k]);
            strbuf_addc(out, '\n');
        }
        strbuf_adds(out, ".fi\n");
        strbuf_release(&usage);
    }
    strbuf_adds(out, ".SH COMMON OPTIONS\n");
    roff_options(&global_options, out);
}

/* ---- completion ---- */

static void completion_words(const struct command *c, struct strbuf *out)
{
    const struct opt_list *lists[] = {c ? c->options[0] : NULL, c ? c->options[1] : NULL,
                                      &global_options};
    for (size_t t = 0; t < COUNT_OF(lists); t++)
        for (size_t i = 0; lists[t] && i < lists[t]->n; i++)
            if (lists[t]->v[i].name)
                strbuf_addf(out, "--%s ", lists[t]->v[i].name);
}

static void completion_bash(struct strbuf *out)
{
    strbuf_adds(out, "_tailor() {\n    local word=${COMP_WORDS[COMP_CWORD]} options commands=\"");
    for (size_t i = 0; commands[i]; i++)
        if (*commands[i]->name)
            strbuf_addf(out, "%s ", commands[i]->name);
    strbuf_adds(out, "\"\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!*commands[i]->name)
            continue;
        strbuf_addf(out, "    %s) options=\"", commands[i]->name);
        completion_words(commands[i], out);
        strbuf_adds(out, "\" ;;\n");
    }
    strbuf_adds(out, "    *) options=\"");
    completion_words(NULL, out);
    strbuf_adds(out, "\" ;;\n    esac\n"
                     "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
                     "        COMPREPLY=($(compgen -W \"$commands $options\" -- \"$word\"))\n"
                     "    elif [[ $word == -* ]]; then\n"
                     "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                     "    else\n"
                     "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                     "    fi\n}\ncomplete -o filenames -F _tailor tailor\n");
}

/* One quoted text for zsh and fish: a single quote ends it, so it is written apart. */
static void quoted(struct strbuf *out, const char *text, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_adds(out, quote);
        else
            strbuf_addc(out, *text);
    }
}

static void completion_zsh(struct strbuf *out)
{
    strbuf_adds(out,
                "#compdef tailor\n_tailor() {\n    local -a commands options\n    commands=(\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!*commands[i]->name)
            continue;
        strbuf_addf(out, "        '%s:", commands[i]->name);
        quoted(out, commands[i]->summary, "'\\''");
        strbuf_adds(out, "'\n");
    }
    strbuf_adds(out, "    )\n    if (( CURRENT == 2 )); then\n"
                     "        _describe command commands\n        return\n    fi\n"
                     "    case ${words[2]} in\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!*commands[i]->name)
            continue;
        strbuf_addf(out, "    %s) options=(", commands[i]->name);
        completion_words(commands[i], out);
        strbuf_adds(out, ") ;;\n");
    }
    strbuf_adds(out, "    esac\n    _alternative 'options:option:compadd -a options' "
                     "'files:file:_files'\n}\n_tailor \"$@\"\n");
}

static void fish_options(const struct opt_list *list, const char *command, struct strbuf *out)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct opt *o = &list->v[i];
        if (!o->name)
            continue;
        strbuf_adds(out, "complete -c tailor");
        if (command)
            strbuf_addf(out, " -n '__fish_seen_subcommand_from %s'", command);
        strbuf_addf(out, " -l %s%s -d '", o->name, o->value || o->kind == OPT_CHOICE ? " -r" : "");
        quoted(out, o->help, "\\'");
        strbuf_adds(out, "'\n");
    }
}

static void completion_fish(struct strbuf *out)
{
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (!*c->name)
            continue;
        strbuf_addf(out, "complete -c tailor -n __fish_use_subcommand -a %s -d '", c->name);
        quoted(out, c->summary, "\\'");
        strbuf_adds(out, "'\n");
        for (size_t k = 0; k < COUNT_OF(c->options); k++)
            fish_options(c->options[k], c->name, out);
    }
    fish_options(&global_options, NULL, out);
}

/* ---- topics ---- */

static const char topic_models[] =
    "A MODEL is one of\n\n"
    "  FILE.gguf              a file; any shard of a split set names the whole set\n"
    "  DIR                    a folder with GGUF files\n"
    "  'DIR/*.gguf'           a pattern that matches\n"
    "  hf:OWNER/REPO[:QUANT]  from the local Hugging Face and llama.cpp caches; what is not there\n"
    "                         is planned before download: only its header is fetched\n"
    "  https://.../FILE.gguf  the same for any URL; a shard names the whole set\n"
    "  ollama:NAME[:TAG]      from the local Ollama store\n"
    "  shape:SHAPE:QUANT      a known shape, nothing downloaded: shape:llama-3.1-8b:Q4_K_M\n\n"
    "Headers stay in the cache (~/.cache/tailor/headers); weights are never fetched, and run and "
    "serve\n"
    "want the file itself. HF_ENDPOINT names another hub, HF_TOKEN opens what is gated, and\n"
    "HF_HUB_OFFLINE=1 keeps tailor from asking.\n\n"
    "tailor models lists what is on this disk; tailor synth --list the shapes and quantizations.\n";

static const char topic_machines[] =
    "--machine takes a file written by \"tailor detect --json\", on this or another computer, or\n"
    "a description: the GPUs, then the RAM, then, if you like, the CPU:\n"
    "  \"RTX 4090, 64GB\"   \"2x RTX 3090 + RTX 3060 12GB, 128GB\"   \"M3 Max 64GB\"   \"64GB\"\n"
    "or fx:NAME, a machine recorded in tests/machines of the source tree.  Without it, the plan\n"
    "is for this machine.  --root DIR replays a recorded tree of /proc and /sys.\n";

static const char topic_exit[] = "  0  done\n"
                                 "  1  failed\n"
                                 "  2  the command line is wrong\n"
                                 "  3  does not fit: no plan within the constraints\n"
                                 "  4  the engine is missing or died\n"
                                 "  5  refused because something changed\n"
                                 "130  interrupted\n";

static const char topic_platforms[] =
    "Linux on x86-64 is where tailor is built and tested.  Linux on 64-bit Arm shares its code "
    "and\n"
    "was never run.  macOS, Windows and Android: the house has the place for them, not yet the\n"
    "code.  GPUs are planned for through the engine's own device list.\n";

bool help_topic(struct app *app, const char *topic, struct err *err)
{
    static const struct {
        const char *name, *text;
        void (*write)(struct strbuf *out);
    } topics[] = {
        {"models", topic_models, NULL},
        {"machines", topic_machines, NULL},
        {"exit", topic_exit, NULL},
        {"platforms", topic_platforms, NULL},
        {"man", NULL, man_page},
        {"completion-bash", NULL, completion_bash},
        {"completion-zsh", NULL, completion_zsh},
        {"completion-fish", NULL, completion_fish},
    };
    const struct command *c = *topic ? command_find(topic) : NULL;
    if (c)
        help_command(c, &app->arena, &app->out);
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        if (strcmp(topics[i].name, topic) == 0) {
            if (c) /* "models" is both */
                strbuf_addc(&app->out, '\n');
            if (topics[i].write)
                topics[i].write(&app->out);
            else
                strbuf_adds(&app->out, topics[i].text);
            return true;
        }
    if (c)
        return true;
    err_set(err, ERR_USAGE, "no help on \"%s\"", topic);
    return err_hint(err, "topics: every command, models, machines, exit, platforms, man, "
                         "completion-bash, completion-zsh, completion-fish");
}
