/* A chain of blocks, each twice the last up to a limit. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
};

void arena_out_of_memory(size_t n)
{
    fprintf(stderr, "tailor: out of memory for %zu bytes; close other programs and try again\n", n);
    exit(1);
}

void arena_release(struct arena *a)
{
    while (a->head) {
        struct arena_block *next = a->head->next;
        free(a->head);
        a->head = next;
    }
    *a = (struct arena){0};
}

static void add_block(struct arena *a, size_t n)
{
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    size_t header = (sizeof(struct arena_block) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (n > SIZE_MAX - header)
        arena_out_of_memory(n);
    size_t bytes = header + n > size ? header + n : size;
    /* calloc: large blocks come from the kernel already zero and cost nothing until touched */
    struct arena_block *block = calloc(1, bytes);
    if (!block)
        arena_out_of_memory(n);
    block->next = a->head;
    block->size = size;
    a->head = block;
    a->at = (unsigned char *)block + header;
    a->end = (unsigned char *)block + bytes;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX - ALIGNMENT)
        arena_out_of_memory(n);
    size_t rounded = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded == 0)
        rounded = ALIGNMENT;
    if (!a->at || rounded > (size_t)(a->end - a->at))
        add_block(a, rounded);
    void *p = a->at;
    a->at += rounded;
    a->used += rounded;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        arena_out_of_memory(SIZE_MAX);
    return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *out = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n >= 0)
        vsnprintf(out, (size_t)n + 1, fmt, again);
    va_end(again);
    return out;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *out = arena_vprintf(a, fmt, args);
    va_end(args);
    return out;
}
