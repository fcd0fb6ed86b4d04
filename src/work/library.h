/* ---- work/library.h: the models on this disk, each planned for this machine. ---- */
#ifndef WORK_LIBRARY_H
#define WORK_LIBRARY_H

#include "work/session.h"

struct library_item {
    struct store_entry entry;
    const char *problem; /* why the file cannot be read or planned; NULL: fine */
    bool known, fits;    /* known: the header could be read */
    const char *architecture, *quantization;
    uint64_t weights_bytes, parameters;
    uint32_t ctx; /* of the plan, per slot */
    struct speed speed;
};

struct library {
    struct library_item *v;
    size_t n;
    const char *cut;        /* where the search ended early, or NULL */
    const char *unreadable; /* a store that is closed to us, or NULL */
};

/* Looks into the folders given, or, with none, into the stores.  Plans without certifying. */
void library_list(struct session *s, const struct machine *machine, const char *const *folders,
                  size_t n_folders, struct library *out);

json_t *library_to_json(const struct library *l); /* tailor.models/1 */

#endif
