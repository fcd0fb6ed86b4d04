/* ---- machine/machine_fields.h: the members of tailor.machine/1, in the order of the contract.
 *
 * One table for writing, for "sources" and for reading.  A new fact is a member of the struct and a
 * row here; members that the contract does not name stand last in their object. */
#ifndef MACHINE_MACHINE_FIELDS_H
#define MACHINE_MACHINE_FIELDS_H

#include <stddef.h>

#include "machine/machine.h"

enum field_kind {
    /* facts */
    FIELD_STR,
    FIELD_BYTES, /* uint64 */
    FIELD_COUNT, /* uint64 */
    FIELD_RATE,  /* double, not negative */
    FIELD_BOOL,
    /* the source of a rate, said beside it for people */
    FIELD_RATE_SOURCE,
    /* plain members */
    FIELD_TEXT, /* const char *, never NULL: missing is empty */
    FIELD_REF,  /* const char *, the id of a pool or NULL */
    FIELD_ID,   /* uint64 */
    FIELD_SIZE, /* uint64 bytes */
    FIELD_POOL_KIND,
    FIELD_TEXTS, /* VEC(const char *) */
    FIELD_OBJECT,
    FIELD_ARRAY, /* VEC of structs */
};

struct field_table;

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;                /* in the struct of the table */
    const struct field_table *of; /* OBJECT, ARRAY: members of each */
};

struct field_table {
    const struct field *fields;
    size_t n;
    size_t size;    /* of the struct */
    size_t longest; /* ARRAY: more elements are refused */
};

/* All but "schema", "sources" and "notes", which frame them. */
extern const struct field_table machine_fields;

/* Every VEC has this shape. */
struct field_vec {
    void *v;
    size_t n, cap;
};
struct field_vec field_vec_of(const void *member);
void field_vec_set(void *member, struct field_vec vec);

/* "memory" with "nodes" and 3 is "memory.nodes.3"; without an index (-1) or a key (""), less.
 * Returns buf. */
enum { FIELD_PATH = 128 };
const char *field_path(char buf[FIELD_PATH], const char *prefix, const char *key, long index);

/* Highest values that a file may say. */
extern const uint64_t FIELD_BYTES_MAX, FIELD_COUNT_MAX;
extern const double FIELD_RATE_MAX;
enum { FIELD_TEXT_MAX = 4096, FIELD_TEXTS_MAX = 1024 };

/* "host", "vram", "carveout"; NULL past the last kind. */
const char *field_pool_kind(unsigned kind);

#endif
