/* The table of commands, and the options that all of them take. */
#include "cli/command.h"

#include <string.h>

extern const struct command cmd_detect, cmd_doctor, cmd_explain, cmd_help, cmd_home, cmd_inspect,
    cmd_models, cmd_need, cmd_plan, cmd_preflight, cmd_run, cmd_serve, cmd_synth;

const struct command *const commands[] = {
    &cmd_detect, &cmd_models, &cmd_inspect, &cmd_plan,  &cmd_explain, &cmd_need, &cmd_preflight,
    &cmd_doctor, &cmd_run,    &cmd_serve,   &cmd_synth, &cmd_help,    &cmd_home, NULL,
};

static const struct opt options[] = {
    {"json", 0, OPT_FLAG, offsetof(struct globals, json), NULL, "print the result as JSON"},
    {"output", 'o', OPT_TEXT, offsetof(struct globals, output), "FILE",
     "write the result to FILE instead of the terminal"},
    {"engine", 0, OPT_TEXT, offsetof(struct globals, engine), "PATH",
     "use this llama.cpp: llama-server or its folder"},
    {"root", 0, OPT_TEXT, offsetof(struct globals, root), "DIR",
     "replay a recorded machine tree instead of this machine"},
    {"verbose", 'v', OPT_FLAG, offsetof(struct globals, verbose), NULL, "say more on stderr"},
    {"quiet", 'q', OPT_FLAG, offsetof(struct globals, quiet), NULL, "say only what went wrong"},
    {"color", 0, OPT_CHOICE, offsetof(struct globals, color), "WHEN", "colours on the terminal",
     "auto|always|never"},
    {"help", 'h', OPT_FLAG, offsetof(struct globals, help), NULL, "show help"},
    {"version", 0, OPT_FLAG, offsetof(struct globals, version), NULL, "show the version"},
};
const struct opt_list global_options = OPT_LIST(options);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

void *command_options(struct app *app, const struct command *c, int n, char *const *words,
                      struct err *err)
{
    void *target = arena_alloc(&app->arena, c->options_size + 1);
    if (c->defaults)
        memcpy(target, c->defaults, c->options_size);
    const struct opt_table tables[OPT_TABLES] = {
        {c->options[0], target}, {c->options[1], target}, {&global_options, &app->global}};
    return opt_parse(&app->arena, tables, n, words, &app->rest, err) ? target : NULL;
}
