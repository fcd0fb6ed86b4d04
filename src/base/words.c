/* Word lists and POSIX shell quoting. */
#include "base/words.h"

#include <string.h>

#include "base/vec.h"

/* Bytes that sh takes as they are anywhere in a word. */
static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-+=./,:@%^", c)) || c >= 0x80;
}

void words_add(struct arena *a, struct words *w, const char *word)
{
    *VEC_PUSH(a, w) = word;
}

void words_append(struct arena *a, struct words *w, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        words_add(a, w, v[i]);
}

const char *const *words_argv(struct arena *a, const struct words *w)
{
    const char **argv = arena_array(a, w->n + 1, sizeof(*argv));
    if (w->n)
        memcpy(argv, w->v, w->n * sizeof(*argv));
    return argv;
}

const char *shell_quote(struct arena *a, const char *word)
{
    size_t plain = 0;
    while (is_plain((unsigned char)word[plain]))
        plain++;
    /* zsh expands a leading = */
    if (plain && !word[plain] && word[0] != '=')
        return word;
    struct strbuf b = {0};
    strbuf_addc(&b, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            strbuf_adds(&b, "'\\''");
        else
            strbuf_addc(&b, *c);
    }
    strbuf_addc(&b, '\'');
    return strbuf_take(&b, a);
}

const char *shell_join(struct arena *a, const char *const *v, size_t n)
{
    struct strbuf b = {0};
    for (size_t i = 0; i < n; i++) {
        if (i)
            strbuf_addc(&b, ' ');
        strbuf_adds(&b, shell_quote(a, v[i]));
    }
    return strbuf_take(&b, a);
}

/* ---- splitting ---- */

struct splitter {
    struct str text;
    size_t at;
    struct strbuf word;
    bool in_word; /* '' is a word too */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ended(const struct splitter *s)
{
    return s->at >= s->text.n;
}

/* After a backslash outside quotes: the next byte as it is; a newline joins the lines. */
static bool take_escaped(struct splitter *s, struct err *err)
{
    if (ended(s))
        return err_set(err, ERR_USAGE, "a backslash ends the text");
    char c = s->text.p[s->at++];
    if (c == '\r' && !ended(s) && s->text.p[s->at] == '\n')
        c = s->text.p[s->at++];
    if (c == '\n')
        return true;
    strbuf_addc(&s->word, c);
    s->in_word = true;
    return true;
}

static bool take_quoted(struct splitter *s, char quote, struct err *err)
{
    size_t began = s->at - 1;
    s->in_word = true;
    while (!ended(s)) {
        char c = s->text.p[s->at++];
        if (c == quote)
            return true;
        /* inside "..." a backslash keeps only these special bytes from being special */
        if (quote == '"' && c == '\\' && !ended(s) && strchr("$`\"\\\n", s->text.p[s->at])) {
            c = s->text.p[s->at++];
            if (c == '\n')
                continue;
        }
        strbuf_addc(&s->word, c);
    }
    err_set(err, ERR_USAGE, "a quote %c is not closed", quote);
    return err_place(err, "at byte %zu", began);
}

static void end_word(struct splitter *s, struct arena *a, struct words *out)
{
    if (s->in_word)
        words_add(a, out, arena_strndup(a, strbuf_cstr(&s->word), s->word.len));
    strbuf_clear(&s->word);
    s->in_word = false;
}

static bool take(struct splitter *s, struct arena *a, struct words *out, struct err *err)
{
    char c = s->text.p[s->at++];
    if (is_blank(c)) {
        end_word(s, a, out);
        return true;
    }
    if (c == '#' && !s->in_word) {
        while (!ended(s) && s->text.p[s->at] != '\n')
            s->at++;
        return true;
    }
    if (c == '\\')
        return take_escaped(s, err);
    if (c == '\'' || c == '"')
        return take_quoted(s, c, err);
    if (strchr("|&;<>()", c)) {
        err_set(err, ERR_USAGE, "'%c' is for a shell, not part of a command", c);
        err_place(err, "at byte %zu", s->at - 1);
        return err_hint(err, "quote it if it belongs to a word");
    }
    strbuf_addc(&s->word, c);
    s->in_word = true;
    return true;
}

bool shell_split(struct arena *a, struct str text, struct words *out, struct err *err)
{
    struct splitter s = {.text = text};
    struct words found = {0};
    bool ok = !text.n || !memchr(text.p, '\0', text.n);
    if (!ok)
        err_set(err, ERR_USAGE, "the text holds a NUL byte");
    while (ok && !ended(&s))
        ok = take(&s, a, &found, err);
    if (ok) {
        end_word(&s, a, &found);
        words_append(a, out, found.v, found.n);
    }
    strbuf_release(&s.word);
    return ok;
}
