/* ---- model/synth_weights.h: random weights, written directly in their quantized form.
 *
 * Blocks get random bits; their scales get one finite value that makes the weights as large as
 * those of a fresh network (rms 1/sqrt(row width)), so that activations and logits stay finite for
 * every type.  Norms are near 1, biases near 0, decays negative. */
#ifndef MODEL_SYNTH_WEIGHTS_H
#define MODEL_SYNTH_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

struct synth_fill {
    const char *name;                   /* of the tensor: it decides the kind of value */
    uint32_t type;                      /* ggml type */
    uint64_t width;                     /* ne[0] */
    float rope_base, rope_freqs_factor; /* for rope_freqs */
    uint64_t seed;
};

/* Bytes [at, at + n) of the tensor's data; both are multiples of the type's block size and of 8
 * bytes, except that the last piece may end anywhere. */
void synth_fill(const struct synth_fill *fill, uint64_t at, unsigned char *out, size_t n);

/* IEEE half precision, nearest; finite input of any size (too large gives the largest). */
uint16_t synth_f16(float v);

#endif
