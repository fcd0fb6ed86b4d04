/* ---- plan/quality.h: what quantising costs in quality, where somebody measured it.
 *
 * Mean Kullback-Leibler divergence of the token probabilities from the unquantised model's, on
 * WikiText-2.  One model's figures rank quantizations; another model's are of the same order, and
 * larger for small ones.  What nobody measured is unknown, not zero. */
#ifndef PLAN_QUALITY_H
#define PLAN_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

struct quality {
    double kld;
    const char *source; /* NULL: unknown */
};

/* By the name of the model's quantization: "Q4_K_M"; "F16" and "BF16" cost nothing. */
struct quality quality_of_weights(const char *quantization);

/* By the types of the KV cache (enum ggml_type_id), beside what the weights cost. */
struct quality quality_of_cache(uint32_t type_k, uint32_t type_v);

#endif
