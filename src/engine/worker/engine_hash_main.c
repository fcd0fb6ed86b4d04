/* Build step: writes the header that tells the worker which engine it was made for. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "engine/worker/engine_hash.h"
#include "os/fs.h"

int main(int argc, char **argv)
{
    char hash[HASH_TEXT];
    struct err err = {0};
    struct arena a = {0};
    struct str old = {"", 0};
    if (argc != 3 || !engine_hash(argv[1], hash)) {
        fprintf(stderr, "there is no engine at %s; run scripts/engine.sh\n",
                argc > 1 ? argv[1] : "?");
        return 1;
    }
    const char *text = arena_printf(&a, "#define ENGINE_HASH \"%s\"\n", hash);
    fs_read(fs_real(), &a, argv[2], 4096, &old, &err);
    /* unchanged: leave its time alone, so that nothing is compiled again */
    bool done = str_eq(old, text) || fs_replace(argv[2], text, strlen(text), &err);
    if (!done)
        fprintf(stderr, "%s\n", err.cause);
    arena_release(&a);
    return done ? 0 : 1;
}
