/* Lines in, pieces out. */
#include "cli/repl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "os/term.h"

enum { LINE_MAX_BYTES = 1 << 16 };

/* ---- printing ---- */

struct printer {
    struct app *app;
    bool collect; /* into app->out instead of the terminal */
    bool thinking;
};

static void print_piece(void *user, struct str piece, bool thought)
{
    struct printer *p = user;
    if (p->collect) {
        if (!thought)
            strbuf_add(&p->app->out, piece.p, piece.n);
        return;
    }
    bool color = p->app->color;
    if (thought != p->thinking && color)
        fputs(thought ? "\x1b[2m" : "\x1b[0m\n\n", stdout);
    else if (thought != p->thinking)
        fputs(thought ? "" : "\n\n", stdout);
    p->thinking = thought;
    fwrite(piece.p, 1, piece.n, stdout);
    fflush(stdout);
}

static void end_answer(struct printer *p, enum chat_end end)
{
    if (p->collect)
        return;
    if (p->thinking && p->app->color)
        fputs("\x1b[0m", stdout);
    fputs("\n", stdout);
    fflush(stdout);
    if (end == CHAT_LENGTH)
        log_info("(stopped at the length limit)");
    if (end == CHAT_INTERRUPTED)
        log_info("(stopped; Ctrl-C again quits)");
}

/* ---- commands in a conversation ---- */

static void show_stats(const struct chat *c)
{
    const struct chat_stats *s = &c->stats;
    char prompt[UNITS_TEXT], gen[UNITS_TEXT];
    log_info("%u answers, %llu tokens read at %s tok/s (%llu more from the cache), %llu written at "
             "%s tok/s, first token after %.2f s",
             (unsigned)s->answers, (unsigned long long)s->prompt_tokens,
             units_rate(s->prompt_s > 0 ? (double)s->prompt_tokens / s->prompt_s : 0, prompt),
             (unsigned long long)s->cached_tokens, (unsigned long long)s->gen_tokens,
             units_rate(s->gen_s > 0 ? (double)s->gen_tokens / s->gen_s : 0, gen),
             s->first_token_s);
}

enum said { SAID_TEXT, SAID_COMMAND, SAID_QUIT };

static enum said slash_command(struct chat *c, const char *line)
{
    if (line[0] != '/')
        return SAID_TEXT;
    if (strcmp(line, "/quit") == 0 || strcmp(line, "/exit") == 0 || strcmp(line, "/bye") == 0)
        return SAID_QUIT;
    if (strcmp(line, "/stats") == 0) {
        show_stats(c);
    } else if (strcmp(line, "/reset") == 0) {
        chat_reset(c);
        log_info("(the conversation is forgotten)");
    } else {
        log_info("/stats  what was measured so far\n/reset  forget the conversation\n"
                 "/quit   end (so do Ctrl-D, and Ctrl-C twice)");
    }
    return SAID_COMMAND;
}

/* ---- loops ---- */

bool repl_once(struct app *app, struct chat *c, const char *question, struct err *err)
{
    struct printer p = {.app = app, .collect = app->global.json || app->global.output};
    enum chat_end end = chat_say(&app->arena, c, question, print_piece, &p, err);
    end_answer(&p, end);
    if (end == CHAT_INTERRUPTED)
        return err_set(err, ERR_INTERRUPTED, "interrupted");
    return end != CHAT_FAILED;
}

bool repl_run(struct app *app, struct chat *c, struct err *err)
{
    static char line[LINE_MAX_BYTES];
    struct printer p = {.app = app};
    bool tty = term_is_tty(STDIN_FILENO), warned = false;
    for (;;) {
        if (tty) {
            fputs("> ", stderr);
            fflush(stderr);
        }
        enum term_read got = term_read_line(line, sizeof(line));
        if (got == TERM_BREAK && !term_ended() && !warned) {
            term_clear_interrupts();
            log_info("\n(Ctrl-C again quits)");
            warned = true;
            continue;
        }
        if (got != TERM_LINE)
            break;
        if (line[0] == '\0')
            continue;
        enum said said = slash_command(c, line);
        if (said == SAID_QUIT)
            break;
        if (said == SAID_COMMAND)
            continue;
        enum chat_end end = chat_say(&app->arena, c, line, print_piece, &p, err);
        end_answer(&p, end);
        if (end == CHAT_FAILED) {
            struct err died = {0};
            char text[1400];
            if (!server_alive(&app->arena, c->server, &died))
                return false;
            fprintf(stderr, "tailor: %s\n", err_text(err, text, sizeof(text)));
        }
        warned = end == CHAT_INTERRUPTED;
        term_clear_interrupts();
    }
    if (tty)
        fputs("\n", stderr);
    return true;
}
