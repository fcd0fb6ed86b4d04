/* ---- cli/planning.h: what plan, run and serve do alike: goal, plan, child. ---- */
#ifndef CLI_PLANNING_H
#define CLI_PLANNING_H

#include "cli/command.h"
#include "work/launch.h"
#include "work/planned.h"

struct goal_options {
    uint32_t ctx, parallel, prompt_tokens, gen_tokens, depth;
    const char *workload;
    double ram_limit;
    struct opt_texts vram_limit;
    bool no_spill, no_certify;
};

/* Its target begins with a struct goal_options. */
extern const struct opt_list goal_options;

/* --machine, into a field of the command's options. */
#define MACHINE_OPTION(type, field)                                                  \
    {                                                                                \
        "machine", 0, OPT_TEXT, offsetof(type, field), "M",                          \
            "another machine: a file of tailor detect --json, or \"RTX 4090, 64GB\"" \
    }

/* The session of an app: directories, engine, stores. */
void session_of(struct app *app, struct session *s);

/* Options and llama.cpp's words behind "--" as a goal; a model among those words becomes an
 * argument. */
bool goal_of(struct app *app, const struct goal_options *o, struct goal *goal, struct err *err);

/* The same for any words, also those that llama-server does not start with. */
bool goal_read(struct app *app, const struct goal_options *o, struct goal *goal, struct err *err);

/* Exactly one MODEL was given. */
bool one_model(const struct app *app, struct err *err);

struct work {
    struct session session;
    struct goal goal;
    struct planned planned;
};

/* The plan for the one MODEL of the command line; `how` says the rest.  Fills w; the session's
 * strings live in the app's arena. */
bool plan_of(struct app *app, const struct goal_options *o, struct planning how, struct work *w,
             struct err *err);

/* --dry-run: the engine's command line, as one would type it, or with --json as a document. */
void print_launch(struct app *app, const struct launch *l);

/* A shape has no file to start an engine with (ERR_USAGE). */
bool require_file(const struct plan *plan, struct err *err);

#endif
