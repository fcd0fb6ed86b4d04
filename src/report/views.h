/* ---- report/views.h: what people see of the structs: models, machines, plans. ---- */
#ifndef REPORT_VIEWS_H
#define REPORT_VIEWS_H

#include "machine/machine.h"
#include "model/model.h"
#include "plan/plan.h"
#include "report/doc.h"

/* What a model needs at one context: a row of `tailor inspect`. */
struct memory_row {
    uint32_t ctx, parallel;
    const char *type_k, *type_v;
    uint64_t weights, kv, state, compute, output;
    bool claimed;
    const char
        *on; /* with --machine: "fits on CUDA0", "split", "in RAM", "does not fit"; or NULL */
};

void view_model(struct doc *d, const struct model *m, const struct memory_row *rows, size_t n);

/* "8B Q4_K_M 4.58 GB - llama, 131,072 tokens": one line. */
const char *view_model_line(struct arena *a, const struct model *m);

/* The summary of `tailor detect`. */
void view_machine(struct doc *d, const struct machine *m);
/* "RTX 4060 Ti 16.0 GB, 15.2 GB free - 6 cores - 32.0 GB, 41.2 GB/s measured": one line. */
const char *view_machine_line(struct arena *a, const struct machine *m);

/* The whole plan; its parts, as `tailor run` shows them. */
void view_plan(struct doc *d, const struct plan *p);
void view_comparison(struct doc *d, const struct plan *p);
void view_memory(struct doc *d, const struct plan *p);
void view_why(struct doc *d, const struct plan *p); /* what decided, in a line or two */
void view_price(struct doc *d, const struct plan *p);
void view_warnings(struct doc *d, const struct plan *p);
/* "41-49", or "?" when unknown. */
const char *view_interval(struct arena *a, const struct interval *i);

#endif
