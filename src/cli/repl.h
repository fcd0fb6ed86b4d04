/* ---- cli/repl.h: a conversation at the terminal. ---- */
#ifndef CLI_REPL_H
#define CLI_REPL_H

#include "cli/command.h"
#include "work/chat.h"

/* Reads lines until /quit, the end of input, or Ctrl-C twice.  ERR_ENGINE when the engine dies. */
bool repl_run(struct app *app, struct chat *c, struct err *err);

/* One question, its answer on stdout (or into app->out with --json and -o). */
bool repl_once(struct app *app, struct chat *c, const char *question, struct err *err);

#endif
