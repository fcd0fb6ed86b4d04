/* Tokens, types, scores and merges; see the header for the idea. */
#include "model/synth_vocab.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"

enum { BYTES = 256, WORD_MAX = 24, TOKEN_MAX = 64, PLACE = 4, /* UTF-8 of one character */ };

static const char letters[] = "etao";
static const char space[] = "\xe2\x96\x81"; /* U+2581 stands for a blank in SPM, UGM and WPM */

static const char chat_template[] =
    "{%- for m in messages -%}{{ m['role'] }}: {{ m['content'] }}\n{% endfor -%}"
    "{%- if add_generation_prompt -%}assistant: {% endif -%}";

static const char *const model_names[] = {
    [VOCAB_BPE] = "gpt2", [VOCAB_SPM] = "llama", [VOCAB_UGM] = "t5", [VOCAB_WPM] = "bert"};

/* ---- words: e t a o ee et ea eo te ... ---- */

struct word {
    char text[WORD_MAX];
    size_t n;
};

static void word_first(struct word *word, size_t n)
{
    word->n = n;
    memset(word->text, letters[0], n);
}

static void word_next(struct word *word)
{
    for (size_t i = word->n; i-- > 0;) {
        const char *letter = strchr(letters, word->text[i]);
        if (letter[1]) {
            word->text[i] = letter[1];
            return;
        }
        word->text[i] = letters[0];
    }
    word_first(word, word->n + 1);
}

/* ---- bytes ---- */

/* GPT-2 writes bytes that are no visible Latin-1 characters as U+0100 and up. */
static bool is_visible(unsigned byte)
{
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

static size_t utf8(unsigned code, char out[PLACE])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    out[0] = (char)(0xc0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3f));
    return 2;
}

/* The byte tokens of a BPE vocabulary in GPT-2's order: visible ones, then the rest. */
static void put_bpe_bytes(struct gguf_writer *w)
{
    char text[PLACE];
    for (unsigned byte = 0; byte < BYTES; byte++)
        if (is_visible(byte))
            gguf_put_str(w, text, utf8(byte, text));
    unsigned code = 0x100;
    for (unsigned byte = 0; byte < BYTES; byte++)
        if (!is_visible(byte))
            gguf_put_str(w, text, utf8(code++, text));
}

static void put_spm_bytes(struct gguf_writer *w)
{
    char text[TOKEN_MAX];
    for (unsigned byte = 0; byte < BYTES; byte++)
        gguf_put_str(w, text, (size_t)snprintf(text, sizeof(text), "<0x%02X>", byte));
}

/* ---- tokens ---- */

static bool has_bytes(const struct vocab *v)
{
    return v->kind == VOCAB_BPE || v->kind == VOCAB_SPM;
}

/* Words of a BPE vocabulary start at two letters: one letter is a byte token. */
static size_t first_word_length(const struct vocab *v)
{
    return v->kind == VOCAB_BPE ? 2 : 1;
}

static void put_normals(struct gguf_writer *w, const struct vocab *v)
{
    struct word word;
    char text[sizeof(space) + WORD_MAX];
    uint32_t done = has_bytes(v) ? BYTES : 0;
    if (v->kind == VOCAB_BPE)
        put_bpe_bytes(w);
    else if (v->kind == VOCAB_SPM)
        put_spm_bytes(w);
    if (v->kind != VOCAB_BPE) {
        gguf_put_str(w, space, sizeof(space) - 1);
        done++;
    }
    word_first(&word, first_word_length(v));
    for (; done < v->n_normal; done++) {
        if (v->kind == VOCAB_WPM && done % 2) { /* at the start of a text word, and inside */
            memcpy(text, space, sizeof(space) - 1);
            memcpy(text + sizeof(space) - 1, word.text, word.n);
            gguf_put_str(w, text, sizeof(space) - 1 + word.n);
            continue;
        }
        gguf_put_str(w, word.text, word.n);
        word_next(&word);
    }
}

static const struct vocab_special *special_at(const struct vocab *v, uint32_t id)
{
    for (const struct vocab_special *s = v->specials; s->text; s++)
        if (s->id == id)
            return s;
    return NULL;
}

static void put_text(struct gguf_writer *w, const struct vocab *v, uint32_t id)
{
    char text[TOKEN_MAX];
    const struct vocab_special *special = special_at(v, id);
    if (special) {
        gguf_put_str(w, special->text, strlen(special->text));
        return;
    }
    const char *number = strstr(v->filler, "%u");
    int n = snprintf(text, sizeof(text), "%.*s%u%s", (int)(number - v->filler), v->filler, id,
                     number + 2);
    gguf_put_str(w, text, (size_t)n);
}

static bool is_normal(const struct vocab *v, uint32_t id)
{
    return id >= v->first_normal && id - v->first_normal < v->n_normal;
}

static void write_tokens(struct gguf_writer *w, const struct vocab *v, uint32_t n_vocab)
{
    gguf_write_array(w, "tokenizer.ggml.tokens", GGUF_STRING, n_vocab);
    for (uint32_t id = 0; id < n_vocab; id++) {
        if (is_normal(v, id)) {
            put_normals(w, v);
            id += v->n_normal - 1;
        } else {
            put_text(w, v, id);
        }
    }
}

static enum token_type type_of(const struct vocab *v, uint32_t id)
{
    if (is_normal(v, id))
        return v->kind == VOCAB_SPM && id - v->first_normal < BYTES ? TOKEN_BYTE : TOKEN_NORMAL;
    if (v->unk == (int)id && v->kind != VOCAB_BPE)
        return TOKEN_UNKNOWN;
    return special_at(v, id) ? TOKEN_CONTROL : v->filler_type;
}

static void write_types(struct gguf_writer *w, const struct vocab *v, uint32_t n_vocab)
{
    gguf_write_array(w, "tokenizer.ggml.token_type", GGUF_I32, n_vocab);
    for (uint32_t id = 0; id < n_vocab; id++)
        gguf_put_i32(w, (int32_t)type_of(v, id));
}

/* As SentencePiece numbers its BPE pieces: the earlier the better. */
static void write_scores(struct gguf_writer *w, const struct vocab *v, uint32_t n_vocab)
{
    gguf_write_array(w, "tokenizer.ggml.scores", GGUF_F32, n_vocab);
    for (uint32_t id = 0; id < n_vocab; id++)
        gguf_put_f32(w, type_of(v, id) == TOKEN_NORMAL ? -(float)(id - v->first_normal) : 0);
}

/* Real merge lists hold one or several ways to make a token; ours spread the same number evenly
 * over the words, as far as short words have so many ways. */
static void write_merges(struct gguf_writer *w, const struct vocab *v)
{
    uint32_t n_words = v->n_normal - BYTES;
    uint64_t due = 0; /* merges, in units of 1 / n_words */
    uint32_t left = v->n_merges;
    struct word word;
    char text[WORD_MAX + 1];
    gguf_write_array(w, "tokenizer.ggml.merges", GGUF_STRING, v->n_merges);
    word_first(&word, first_word_length(v));
    for (uint32_t i = 0; i < n_words; i++, word_next(&word)) {
        due += v->n_merges;
        for (size_t at = 1; at < word.n && left && due >= n_words; at++, left--) {
            memcpy(text, word.text, at);
            text[at] = ' ';
            memcpy(text + at + 1, word.text + at, word.n - at);
            gguf_put_str(w, text, word.n + 1);
            due -= n_words;
        }
    }
}

static void write_ids(struct gguf_writer *w, const struct vocab *v)
{
    const struct {
        const char *key;
        int id;
    } ids[] = {
        {"tokenizer.ggml.bos_token_id", v->bos},       {"tokenizer.ggml.eos_token_id", v->eos},
        {"tokenizer.ggml.unknown_token_id", v->unk},   {"tokenizer.ggml.padding_token_id", v->pad},
        {"tokenizer.ggml.seperator_token_id", v->sep}, {"tokenizer.ggml.mask_token_id", v->mask},
    };
    const struct {
        const char *key;
        int yes;
    } flags[] = {
        {"tokenizer.ggml.add_bos_token", v->add_bos},
        {"tokenizer.ggml.add_eos_token", v->add_eos},
        {"tokenizer.ggml.add_space_prefix", v->add_space_prefix},
    };
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        if (ids[i].id != VOCAB_NONE)
            gguf_write_u32(w, ids[i].key, (uint32_t)ids[i].id);
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (flags[i].yes != VOCAB_NONE)
            gguf_write_bool(w, flags[i].key, flags[i].yes);
}

void synth_write_vocab(struct gguf_writer *w, const struct shape *shape)
{
    const struct vocab *v = vocab_get(shape->vocab);
    gguf_write_str(w, "tokenizer.ggml.model", model_names[v->kind]);
    gguf_write_str(w, "tokenizer.ggml.pre", v->pre);
    write_tokens(w, v, shape->n_vocab);
    if (v->kind == VOCAB_SPM || v->kind == VOCAB_UGM)
        write_scores(w, v, shape->n_vocab);
    write_types(w, v, shape->n_vocab);
    if (v->kind == VOCAB_BPE)
        write_merges(w, v);
    write_ids(w, v);
    if (!shape->pooling)
        gguf_write_str(w, "tokenizer.chat_template", chat_template);
}

void synth_write_no_vocab(struct gguf_writer *w)
{
    gguf_write_str(w, "tokenizer.ggml.model", "no_vocab");
}
