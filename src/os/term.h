/* ---- os/term.h: is there a terminal, how wide, may it be coloured; Ctrl-C as a flag. ---- */
#ifndef OS_TERM_H
#define OS_TERM_H

#include <stdbool.h>
#include <stddef.h>

/* Opens /dev/null where stdin, stdout or stderr is closed, before a file of ours takes its number
 * and receives our messages.  To be called first. */
void term_keep_standard_fds(void);

bool term_is_tty(int fd);
unsigned term_columns(int fd); /* 80 when unknown */

/* From now on SIGINT counts instead of ending the process, SIGTERM and SIGHUP set `ended`. */
void term_catch_signals(void);
/* Ctrl-C presses since the last call of term_clear_interrupts(). */
unsigned term_interrupts(void);
void term_clear_interrupts(void);
/* The SIGTERM or SIGHUP that asks us to end, 0 while none did. */
int term_ended(void);

/* One line from stdin without its newline into buf.  TERM_EOF at the end of input; TERM_BREAK when
 * Ctrl-C or SIGTERM came first. */
enum term_read { TERM_LINE, TERM_EOF, TERM_BREAK };
enum term_read term_read_line(char *buf, size_t cap);

#endif
