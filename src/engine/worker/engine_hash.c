/* One hash over the libraries whose structs and numbers we rely on. */
#include "engine/worker/engine_hash.h"

#include "base/arena.h"
#include "base/str.h"
#include "os/fs.h"

bool engine_hash(const char *lib_dir, char out[HASH_TEXT])
{
    static const char *const names[] = {"libllama.so", "libggml.so", "libggml-base.so"};
    struct arena a = {0};
    struct strbuf all = {0};
    bool done = true;
    for (size_t i = 0; i < COUNT_OF(names) && done; i++) {
        struct err ignored = {0};
        struct fs_map map;
        char text[HASH_TEXT];
        done = fs_map(fs_real(), path_join(&a, lib_dir, names[i]), &map, &ignored);
        if (done) {
            strbuf_adds(&all, hash_hex(map.p, (size_t)map.size, text));
            fs_unmap(&map);
        }
    }
    if (done)
        hash_hex(strbuf_cstr(&all), all.len, out);
    strbuf_release(&all);
    arena_release(&a);
    return done;
}
