/* ---- settings/option.h: the one table of llama.cpp's options.
 *
 * One row for every option of llama-server, llama-cli, llama-completion and llama-bench of v0.5.0
 * (common/arg.cpp: common_params_parser_init; tools/llama-bench/llama-bench.cpp:
 * parse_cmd_params), and for options of earlier years and of forks that people still write.
 * Reading old command lines, writing new ones, checking, explaining and documenting all look here.
 *
 * What v0.5.0 does with a command line (common/arg.cpp: common_params_parse_ex):
 * - in a word that begins with "--" an underscore equals a hyphen; there is no "--option=value";
 * - no option has an optional value: one that takes a value takes the next word, whatever it is;
 * - numbers are read by std::stoi and friends, which stop at the first other character: "4k" is 4;
 * - the last one of several wins, except for options that collect (--override-tensor, --lora...);
 * - before the words it reads /etc/llama.cpp/config.ini and its user's twin, then LLAMA_ARG_*.
 *   An option that can be switched off also has LLAMA_ARG_NO_*, which turns it off by being there.
 *
 * The table is constant data; nothing is built at start-up, look-ups walk the rows. */
#ifndef SETTINGS_OPTION_H
#define SETTINGS_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "settings/settings.h"

enum option_tool {
    TOOL_SERVER = 1,     /* llama-server */
    TOOL_CLI = 2,        /* llama-cli */
    TOOL_COMPLETION = 4, /* llama-completion, where llama-cli's older options went */
    TOOL_BENCH = 8,      /* llama-bench: a value may be a list or range, "512,1024", "1-8*2" */
    TOOL_PRESET = 16,    /* keys of a router's models.ini that no command line takes */
};

enum option_value {
    VALUE_NONE,   /* a switch */
    VALUE_INT,    /* whole number from min to max, or one of choices */
    VALUE_REAL,   /* number from min to max */
    VALUE_CHOICE, /* one of choices */
    VALUE_LIST,   /* comma-separated, of choices where there are any */
    VALUE_PATH,   /* file or folder */
    VALUE_TEXT,   /* anything else; example shows one */
};

/* What it is about. */
enum option_area {
    AREA_PROGRAM, /* help, version, lists: the program does that and ends */
    AREA_MODEL,   /* what is loaded and from where */
    AREA_PLACEMENT,
    AREA_MEMORY,
    AREA_SPEED,
    AREA_CPU,
    AREA_CONTEXT, /* stretching the context: RoPE, YaRN */
    AREA_SAMPLING,
    AREA_CHAT, /* templates, reasoning, prompts */
    AREA_SPECULATION,
    AREA_VISION,
    AREA_SERVER,
    AREA_ROUTER,
    AREA_LOGGING,
    AREA_BENCH,
};

/* What a change costs a program that owns model and context (measured: context about 80 ms at 4k
 * tokens, model seconds to minutes). */
enum option_reload {
    RELOAD_FREE,    /* takes effect with the next request or batch */
    RELOAD_CONTEXT, /* a new llama_context */
    RELOAD_MODEL,   /* the model is loaded again */
    RELOAD_PROCESS, /* the program is started again */
};

enum option_state {
    OPTION_CURRENT,
    OPTION_IGNORED, /* accepted by v0.5.0, does nothing */
    OPTION_REMOVED, /* refused by v0.5.0; `until` and `instead` say more */
    OPTION_FORK,    /* refused: it belongs to the fork that `since` names */
};

struct option_choice {
    const char *word; /* NULL ends a list of choices */
    int64_t value;    /* what a bound setting gets; several words may mean one value, the first is
                       * the one to write */
};

struct option {
    const char *key;     /* long name without dashes: the key in an INI preset */
    const char *on;      /* its spellings, separated by blanks; NULL for TOOL_PRESET */
    const char *off;     /* spellings that switch it off, or NULL */
    const char *env;     /* environment variable, or NULL */
    const char *initial; /* default as llama.cpp states it, or NULL where it states none */
    const char *help;    /* one line */
    const char *since;   /* upstream pull request that brought it ("#16653"); NULL: not recorded */
    const char *until;   /* removed: pull request, or "0.5.0" (gone by then, not recorded when) */
    const char *instead; /* removed: words that take its place, "@" is its value; NULL: none do */
    const char *instead_off;             /* the same for the off spellings */
    const char *note;                    /* a trap, or why it is gone */
    const char *example;                 /* a value that is accepted, where not any text is */
    const struct option_choice *choices; /* ends with a NULL word; or NULL */
    double min, max;                     /* VALUE_INT and VALUE_REAL */
    uint64_t sets;                       /* bits (1 << setting_id) of the settings it changes */
    enum option_value value;
    uint8_t arity; /* words that follow it: 0, 1 or 2 */
    uint8_t tools; /* bits of enum option_tool */
    enum option_area area;
    enum option_reload reload;
    enum option_state state;
    bool once_bare; /* earlier builds took it without a value ("-fa") */
};

size_t option_count(void);
const struct option *option_at(size_t i); /* current rows stand before all others */

/* The row that a word of a command line names for this tool, or NULL.  *negated (may be NULL) tells
 * an off spelling.  Rows of every state are found. */
const struct option *option_find(enum option_tool tool, const char *word, bool *negated);

/* By name of an environment variable; LLAMA_ARG_NO_X is the negated LLAMA_ARG_X. */
const struct option *option_find_env(enum option_tool tool, const char *name, bool *negated);

/* By key in an INI preset of llama-server: any spelling without its dashes, or the environment
 * variable (common/preset.cpp: get_map_key_opt). */
const struct option *option_find_key(const char *key, bool *negated);

/* The current option's spelling that is nearest to a mistyped word; NULL when none is near. */
const char *option_suggest(struct arena *a, enum option_tool tool, const char *word);

/* The spellings of a row, one after the other: *rest begins as row->on or row->off. */
bool option_next_word(const char **rest, struct str *word);

const char *option_tool_name(enum option_tool tool); /* "llama-server" */
const char *option_area_name(enum option_area area); /* "placement" */

#endif
