/* ---- work/receipt.h: what was measured, next to what was said. ---- */
#ifndef WORK_RECEIPT_H
#define WORK_RECEIPT_H

#include "work/chat.h"
#include "work/session.h"

struct receipt {
    const struct plan *plan;
    struct chat_stats stats;
    double gen_tok_s, prompt_tok_s; /* 0: nothing was measured */
    uint64_t ram_bytes;             /* the engine's own memory, without mapped files; 0 unknown */
    uint64_t ram_said;              /* the same, planned */
    double load_s;
};

/* Reads the engine's memory now: call before it is stopped. */
void receipt_make(const struct plan *plan, const struct chat *chat, const struct server *server,
                  struct receipt *out);

json_t *receipt_to_json(const struct receipt *r);

#endif
