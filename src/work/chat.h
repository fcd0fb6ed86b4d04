/* ---- work/chat.h: a conversation with llama-server, and what it measured.
 *
 * Templates, reasoning and tools are the server's: we send messages and print what comes. */
#ifndef WORK_CHAT_H
#define WORK_CHAT_H

#include "base/json.h"
#include "engine/server.h"

/* Sums of the server's own timings. */
struct chat_stats {
    uint64_t prompt_tokens, gen_tokens, cached_tokens;
    double prompt_s, gen_s;
    double best_prompt_tok_s; /* of the longest prompt */
    uint64_t longest_prompt;
    uint32_t answers;
    double first_token_s; /* of the last answer: from asking to the first piece */
};

struct chat {
    struct server *server;
    json_t *messages;
    struct chat_stats stats;
    uint32_t max_tokens; /* 0: the server's own */
};

enum chat_end { CHAT_DONE, CHAT_LENGTH, CHAT_INTERRUPTED, CHAT_FAILED };

/* Pieces of an answer as they come; thought: reasoning rather than answer. */
typedef void chat_print(void *user, struct str piece, bool thought);

void chat_init(struct chat *c, struct server *server, uint32_t max_tokens);
void chat_release(struct chat *c);
void chat_reset(struct chat *c); /* forgets the conversation, keeps the figures */

/* Says something and prints the answer.  Ctrl-C stops it: CHAT_INTERRUPTED. */
enum chat_end chat_say(struct arena *a, struct chat *c, const char *text, chat_print *print,
                       void *user, struct err *err);

/* Measures without showing any text: a prompt of random tokens and n generated ones, as
 * llama-bench does. */
bool chat_measure(struct arena *a, struct chat *c, uint32_t vocab, uint32_t prompt, uint32_t gen,
                  struct err *err);

#endif
