/* Memory of a dry run stays untouched.
 *
 * llama.cpp really allocates the recurrent state in a dry run and fills it with zeros (v0.5.0,
 * llama-memory-recurrent.cpp): gigabytes for many slots.  This program's own function of that name
 * is found before ggml's, and leaves such buffers alone: the system gives pages only when they are
 * written to. */
#define _GNU_SOURCE
#include "engine/worker/untouched.h"

#include <dlfcn.h>
#include <string.h>

#include "ggml-backend.h"

static bool untouched;

void untouched_set(bool on)
{
    untouched = on;
}

__attribute__((visibility("default"))) void ggml_backend_buffer_clear(ggml_backend_buffer_t buffer,
                                                                      uint8_t value)
{
    static void (*clear)(ggml_backend_buffer_t, uint8_t);
    if (untouched)
        return;
    if (!clear) {
        void *next = dlsym(RTLD_NEXT, "ggml_backend_buffer_clear");
        memcpy(&clear, &next, sizeof(clear)); /* ISO C knows no cast from data to function */
    }
    if (clear)
        clear(buffer, value);
}
