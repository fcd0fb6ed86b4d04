/* ---- model/synth_vocab.h: a made-up tokenizer of a real one's size.
 *
 * Ordinary tokens are all words over four letters, shortest first, so that every part of a token
 * is a token and every merge is valid; all bytes are tokens (BPE, SPM), so any text can be
 * encoded.  Ids, texts and roles of the special tokens are the model's own; the chat template is
 * ours. */
#ifndef MODEL_SYNTH_VOCAB_H
#define MODEL_SYNTH_VOCAB_H

#include "model/gguf_writer.h"
#include "model/shape.h"

void synth_write_vocab(struct gguf_writer *w, const struct shape *shape);
/* "no_vocab": the engine makes up as many empty tokens as the shape has. */
void synth_write_no_vocab(struct gguf_writer *w);

#endif
