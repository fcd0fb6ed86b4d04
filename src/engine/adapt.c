/* Respelling for engines of another age. */
#include "engine/adapt.h"

#include <string.h>

#include "settings/option.h"

/* Values of --load-mode as the flags they replaced. */
static const struct {
    const char *option, *value, *older; /* older: NULL says nothing, as that was the default */
} older[] = {
    {"--load-mode", "none", "--no-mmap"},
    {"--load-mode", "mmap", NULL},
    {"--load-mode", "mlock", "--mlock"},
    {"--load-mode", "mmap+mlock", "--mlock"},
    {"--fit", "off", NULL},
};

static bool respelled(struct arena *a, const char *option, const char *value, struct words *out)
{
    for (size_t i = 0; i < COUNT_OF(older); i++) {
        if (strcmp(older[i].option, option) != 0 || strcmp(older[i].value, value) != 0)
            continue;
        if (older[i].older)
            words_add(a, out, older[i].older);
        return true;
    }
    return false;
}

/* "-ngl", "-c": any spelling of the option that the engine lists. */
static bool takes_any(const struct engine *e, const struct option *o, const char *word)
{
    const char *rest = o->on;
    struct str spelling;
    struct arena scratch = {0};
    bool takes = engine_takes(e, word);
    while (!takes && option_next_word(&rest, &spelling))
        takes = engine_takes(e, str_dup(&scratch, spelling));
    arena_release(&scratch);
    return takes;
}

void engine_adapt(struct arena *a, const struct engine *e, const char *const *words, size_t n,
                  struct words *out, struct words *notes)
{
    for (size_t i = 0; i < n;) {
        const struct option *o = i ? option_find(TOOL_SERVER, words[i], NULL) : NULL;
        size_t length = 1 + (o ? o->arity : 0);
        if (i + length > n)
            length = n - i;
        if (!o || takes_any(e, o, words[i]))
            words_append(a, out, words + i, length);
        else if (length < 2 || !respelled(a, words[i], words[i + 1], out))
            words_add(a, notes,
                      arena_printf(a, "this llama.cpp has no %s: it was left out", words[i]));
        i += length;
    }
}
