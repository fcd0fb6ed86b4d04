/* ---- tests/fuzz/fuzz.h: what the fuzz targets share.
 *
 * A target takes bytes that anybody may have made, feeds them to the program's own readers, and
 * aborts when a promise is broken: that is what libFuzzer looks for.  tests/fuzz/replay.c runs the
 * same targets over the kept inputs where there is no libFuzzer. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(promise, ...)                                       \
    do {                                                            \
        if (!(promise)) {                                           \
            fprintf(stderr, "%s:%d: broken: ", __FILE__, __LINE__); \
            fprintf(stderr, __VA_ARGS__);                           \
            fputc('\n', stderr);                                    \
            abort();                                                \
        }                                                           \
    } while (0)

/* A refusal says why, in one line. */
static inline void require_error(const struct err *err)
{
    char line[1400];
    REQUIRE(err->code != ERR_NONE, "a refusal has no code");
    REQUIRE(err->cause[0], "a refusal has no cause");
    err_text(err, line, sizeof(line));
    for (const char *c = line; *c; c++)
        REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f, "an error holds the byte %d", *c);
}

/* What is printed never steers a terminal. */
static inline void require_plain_text(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        REQUIRE((c >= 0x20 || c == '\n') && c != 0x7f, "the text holds the byte %d", c);
    }
}

static inline void require_bounded(const struct arena *a, size_t size, size_t fixed, size_t each)
{
    REQUIRE(a->used <= fixed + each * size, "%zu bytes of memory for an input of %zu", a->used,
            size);
}

/* A document can be written and read; takes the reference. */
static inline void require_document(json_t *root)
{
    struct err err = {0};
    char *text = js_text(root), *second;
    json_t *again = js_parse(str_from(text), &err);
    REQUIRE(again, "our own JSON is refused: %s", err.cause);
    second = js_text(again);
    REQUIRE(strcmp(text, second) == 0, "a document changes when it is read back");
    json_decref(again);
    json_decref(root);
    free(text);
    free(second);
}

/* Settings of a test by the input's own bytes: the same input, the same choice. */
static inline uint32_t choice_of(const uint8_t *data, size_t size, uint32_t n)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 16777619u;
    return (hash ^ hash >> 16) % n;
}

/* An exact copy on the heap: sanitizers see the first byte read behind it. */
static inline char *exact_copy(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    REQUIRE(copy, "no memory");
    if (size)
        memcpy(copy, data, size);
    return copy;
}

#endif
