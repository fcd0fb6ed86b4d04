/* ---- model/vocab.h: the vocabularies of real models, as far as a header shows them.
 *
 * How many tokens and merges, which ids are special, which pre-tokenizer: enough to make up a
 * vocabulary of the same size that llama.cpp v0.5.0 loads and that encodes any text. */
#ifndef MODEL_VOCAB_H
#define MODEL_VOCAB_H

#include <stddef.h>
#include <stdint.h>

enum vocab_id {
    VOCAB_LLAMA2,
    VOCAB_LLAMA3,
    VOCAB_MISTRAL3,
    VOCAB_TEKKEN,
    VOCAB_NEMOTRON3,
    VOCAB_PHI3,
    VOCAB_PHI4,
    VOCAB_OLMO2,
    VOCAB_GRANITE4,
    VOCAB_GEMMA2,
    VOCAB_GEMMA3,
    VOCAB_QWEN2,
    VOCAB_QWEN35,
    VOCAB_GPT_OSS,
    VOCAB_DEEPSEEK2,
    VOCAB_DEEPSEEK3,
    VOCAB_GLM4,
    VOCAB_COMMAND_R,
    VOCAB_NEOX,
    VOCAB_FALCON_H1,
    VOCAB_LFM2,
    VOCAB_XLM_R,
    VOCAB_BERT,
};

enum vocab_kind {
    VOCAB_BPE, /* tokenizer.ggml.model "gpt2": bytes and merges */
    VOCAB_SPM, /* "llama": byte tokens and scores */
    VOCAB_UGM, /* "t5": scores */
    VOCAB_WPM, /* "bert": word pieces */
};

/* llama_token_type (include/llama.h) */
enum token_type {
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2,
    TOKEN_CONTROL = 3,
    TOKEN_UNUSED = 5,
    TOKEN_BYTE = 6,
};

struct vocab_special {
    uint32_t id;
    const char *text; /* NULL ends the list */
};

enum { VOCAB_SPECIALS = 10, VOCAB_NONE = -1 };

struct vocab {
    enum vocab_kind kind;
    const char *pre;                 /* tokenizer.ggml.pre */
    uint32_t first_normal, n_normal; /* ids of ordinary tokens */
    uint32_t n_merges;
    const char *filler;                     /* text of all other ids, with one %u */
    enum token_type filler_type;            /* */
    int bos, eos, unk, pad, sep, mask;      /* ids, VOCAB_NONE */
    int add_bos, add_eos, add_space_prefix; /* VOCAB_NONE: key not written */
    struct vocab_special specials[VOCAB_SPECIALS + 1];
};

const struct vocab *vocab_get(enum vocab_id id);

#endif
