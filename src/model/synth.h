/* ---- model/synth.h: GGUF files of known shapes, made up.
 *
 * One function makes the header and the list of tensors in memory; `shape:NAME:QUANT` plans from
 * that, `tailor synth` writes it to a file: as a ghost (header and holes of the true size) or with
 * random weights that llama.cpp v0.5.0 loads and runs.  The same spec gives the same bytes.  Every
 * header says so in the key `tailor.synthetic` ("ghost" or "random"), so that nobody shows text
 * from random weights. */
#ifndef MODEL_SYNTH_H
#define MODEL_SYNTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/shape.h"

#define SYNTH_KEY "tailor.synthetic"

enum synth_data { SYNTH_GHOST, SYNTH_RANDOM };

enum synth_tokens {
    SYNTH_VOCAB,    /* as many tokens and merges as the real model */
    SYNTH_NO_VOCAB, /* only their number: for planning in memory, and for small ghosts */
};

struct synth_spec {
    struct shape shape;
    uint32_t file_type; /* general.file_type: enum file_type_id */
    enum synth_data data;
    enum synth_tokens tokens;
    uint64_t seed;
};

/* "[shape:]SHAPE:QUANT", as in "llama-3.1-8b:Q4_K_M", case ignored.  Gives a ghost with vocabulary
 * and seed 0; an unknown name is answered with the nearest ones. */
bool synth_parse(const char *text, struct synth_spec *out, struct err *err);

/* Keeps the first n_layer blocks of the trunk (at least 1; shape_cover() says how many show every
 * kind of block). */
bool synth_cut(struct synth_spec *spec, uint32_t n_layer, struct err *err);
/* Leaves out the MTP head. */
void synth_drop_nextn(struct synth_spec *spec);

struct synth_tensor {
    const char *name;
    uint64_t ne[4];
    uint32_t type;
    uint64_t at, bytes; /* in the file */
};

struct synth_model {
    struct str header;            /* everything in front of the tensors' data */
    struct synth_tensor *tensors; /* in file order */
    size_t n;
    uint64_t size;          /* of the file */
    uint64_t weights_bytes; /* sum of the tensors, without padding */
};

void synth_header(struct arena *a, const struct synth_spec *spec, struct synth_model *out);

/* Both may be NULL. */
struct synth_watch {
    void (*progress)(void *user, uint64_t done, uint64_t total);
    bool (*cancelled)(void *user); /* asked every few megabytes */
    void *user;
};

/* Writes the file, whole or not at all; ERR_INTERRUPTED when cancelled. */
bool synth_write(const struct synth_spec *spec, const char *path, const struct synth_watch *watch,
                 struct err *err);

#endif
