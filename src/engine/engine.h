/* ---- engine/engine.h: which llama.cpp runs, and what it can do.
 *
 * Order of search: --engine (a binary or its folder), TAILOR_ENGINE_DIR, llama-server on PATH, the
 * pinned build beside this program.  What an engine accepts comes from its own --help, cached by a
 * hash of the binary and its libraries: versions alone decide nothing. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct engine_where {
    const char *explicit_path; /* --engine, or NULL */
    const char *engine_dir;    /* TAILOR_ENGINE_DIR, or NULL */
    const char *path;          /* PATH */
    const char *exe_dir;       /* folder of tailor itself */
    const char *cache_dir;     /* for what was asked of an engine before; NULL: do not cache */
};

struct engine {
    const char *server;  /* path of llama-server */
    const char *origin;  /* "--engine", "TAILOR_ENGINE_DIR", "PATH", "tailor's own" */
    const char *build;   /* hash of the binary and the libraries beside it */
    const char *version; /* "0.5.0-dev (build 1, commit de3ff81)", or NULL */
    const char *options; /* every option word of --help, each between blanks: " -c --ctx-size " */
    const char *worker;  /* tailor-worker that was built for this very engine, or NULL */
    const char *sim;     /* libtailor-sim.so beside the worker, or NULL */
    const char *lib_dir; /* where the libraries of this engine lie */
};

/* Finds the engine and asks for its abilities.  None found: ERR_ENGINE with the cure. */
bool engine_find(struct arena *a, const struct engine_where *where, struct engine *out,
                 struct err *err);

/* Does this engine take the option word? */
bool engine_takes(const struct engine *e, const char *word);

/* The text of --list-devices, for engine_devices_parse() in machine/.  Runs the engine every time:
 * free memory moves. */
bool engine_list_devices(struct arena *a, const struct engine *e, struct str *text,
                         struct err *err);

/* Words of --help that begin with a dash, each between blanks (pure). */
const char *engine_parse_help(struct arena *a, struct str help);
/* "version: X" in the text of --version (pure); NULL: not there. */
const char *engine_parse_version(struct arena *a, struct str text);

/* The hash of an engine: its server binary, and the libraries that decide its structs and numbers.
 * NULL when the binary cannot be read. */
const char *engine_build_hash(struct arena *a, const char *server);

#endif
