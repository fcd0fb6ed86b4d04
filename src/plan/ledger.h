/* ---- plan/ledger.h: every byte in a named pool, and what is left.
 *
 * weights, kv (keys, values and recurrent state) and compute are what the engine's own breakdown
 * calls model, context and compute; other is everything it does not count. */
#ifndef PLAN_LEDGER_H
#define PLAN_LEDGER_H

#include "machine/machine.h"
#include "plan/compute.h"

struct ledger_line {
    const char *name; /* "CUDA0", "host" */
    uint64_t budget;  /* bytes this plan may use; UINT64_MAX: unknown */
    uint64_t weights, kv, compute, cache, other, total;
    uint64_t mapped; /* of weights: stays in the file's mapping, the system can take it back */
    bool on_host;    /* an integrated GPU: its bytes come out of the host budget, too */
};

struct ledger {
    const char *basis; /* "closed-form", "dry-run", "dry-run:v0.5.0"; NULL: placed by --fit */
    struct ledger_line device[PLACE_MAX_DEVICES];
    uint32_t n_devices; /* one for every GPU of the machine, used or not */
    struct ledger_line host;
    bool claimed; /* every closed form in it is claimed exact */
};

/* What the user allows; 0 does not limit. */
struct limits {
    uint64_t ram_bytes;
    uint64_t vram_bytes; /* of every card that is not named below */
    struct {
        const char *gpu; /* "CUDA0", or an index: "0" */
        uint64_t bytes;
    } vram[PLACE_MAX_DEVICES];
    uint32_t n_vram;
    uint64_t kept_host, kept[PLACE_MAX_DEVICES]; /* by GPU: what a dry run found lacking before */
};

/* Does a limit's text, "CUDA0" or "0", name the machine's GPU of that index? */
bool ledger_names_gpu(const char *text, const struct machine_gpu *gpu, uint32_t index);

/* Budgets by the machine's pools. */
void ledger_budgets(struct ledger *l, const struct machine *machine, const struct limits *limits);

/* Fills the bytes for settings that are complete.  Devices of the placement are GPUs of the machine
 * by gpu[i]. */
void ledger_fill(struct ledger *l, const struct model *m, const struct settings *s,
                 const struct placement *p, const uint32_t *gpu);

/* What comes out of the host budget: the host's own and what integrated GPUs draw on. */
uint64_t ledger_host_used(const struct ledger *l);

/* What may still be placed in a line of this ledger whose budget is known; negative: too much is
 * there.  The RAM that integrated GPUs share is left over once, not twice. */
int64_t ledger_headroom(const struct ledger *l, const struct ledger_line *line);

/* Bytes that lack in the tightest pool; 0: it fits.  *line (may be NULL) names that pool. */
uint64_t ledger_lack(const struct ledger *l, const struct ledger_line **line);

/* The same for the cards alone. */
uint64_t ledger_lack_on_cards(const struct ledger *l);

json_t *ledger_to_json(const struct ledger *l); /* "memory" of tailor.plan/1 */

#endif
