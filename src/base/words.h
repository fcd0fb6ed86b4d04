/* ---- base/words.h: lists of command-line words, and the text a POSIX shell makes of them.
 *
 * shell_join() writes what a user can paste into sh: every word comes back as it was, whatever
 * bytes it holds.  shell_split() reads such a text: blanks, tabs and newlines separate, '...' and
 * "..." and backslash quote as in sh, a backslash before a newline joins two lines, and # begins a
 * comment where a word would begin.  It runs nothing: $ and ` outside '...' stand for themselves,
 * and an operator (| & ; < > parentheses) is refused. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct words {
    const char **v;
    size_t n, cap;
};

void words_add(struct arena *a, struct words *w, const char *word); /* borrows the word */
void words_append(struct arena *a, struct words *w, const char *const *v, size_t n);
/* The list with a NULL after its last word, for exec. */
const char *const *words_argv(struct arena *a, const struct words *w);

const char *shell_quote(struct arena *a, const char *word);
const char *shell_join(struct arena *a, const char *const *v, size_t n);
bool shell_split(struct arena *a, struct str text, struct words *out, struct err *err);

#endif
