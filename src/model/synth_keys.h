/* ---- model/synth_keys.h: the metadata of a shape's GGUF file, all but the tokenizer. ---- */
#ifndef MODEL_SYNTH_KEYS_H
#define MODEL_SYNTH_KEYS_H

#include "model/gguf_writer.h"
#include "model/shape.h"

void synth_write_keys(struct gguf_writer *w, const struct shape *shape, uint32_t file_type);

#endif
