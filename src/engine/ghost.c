/* A header without its tokenizer, over holes. */
#include "engine/ghost.h"

#include <unistd.h>

#include "base/units.h"
#include "model/gguf_writer.h"
#include "os/fs.h"
#include "os/fs_out.h"

static bool is_dropped(struct str key)
{
    if (str_eq(key, "tokenizer.ggml.token_type_count"))
        return false; /* BERT: the size of a tensor */
    return str_starts(key, "tokenizer.") || str_starts(key, "split.") ||
           str_eq(key, "general.alignment");
}

/* Without a tokenizer the vocabulary's size must be said. */
static void write_vocab(struct arena *a, struct gguf_writer *w, const struct gguf *g, size_t n)
{
    struct str arch = {"", 0};
    gguf_write_str(w, "tokenizer.ggml.model", "no_vocab");
    gguf_str(&g[0], "general.architecture", &arch);
    const char *key = arena_printf(a, "%.*s.vocab_size", (int)arch.n, arch.p);
    for (size_t s = 0; s < n && !gguf_find(&g[0], key); s++)
        for (size_t i = 0; i < g[s].n_tensors; i++)
            if (str_eq(g[s].tensors[i].name, "token_embd.weight") &&
                g[s].tensors[i].dims[1] <= INT32_MAX) {
                gguf_write_u32(w, key, (uint32_t)g[s].tensors[i].dims[1]);
                return;
            }
}

bool ghost_write(struct arena *a, const struct gguf *shards, size_t n, const char *dir,
                 const char **path, struct err *err)
{
    struct gguf_writer w;
    struct fs_out out = {0};
    uint64_t data = 0;
    gguf_write_begin(&w);
    for (size_t i = 0; i < shards[0].n_kv; i++)
        if (!is_dropped(shards[0].kv[i].key))
            gguf_write_copy(&w, &shards[0].kv[i]);
    write_vocab(a, &w, shards, n);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < shards[s].n_tensors; i++) {
            const struct gguf_tensor *t = &shards[s].tensors[i];
            gguf_write_tensor(&w, str_dup(a, t->name), t->dims, t->type, data);
            data = units_round_up(data + t->bytes, GGUF_DEFAULT_ALIGNMENT);
        }
    gguf_write_end(&w);
    const char *name = path_join(a, dir, "tailor-ghost.gguf");
    bool done = fs_out_open(a, name, w.out.len, &out, err) &&
                fs_out_write(&out, w.out.p, w.out.len, err) && fs_out_skip(&out, data, err) &&
                fs_out_commit(&out, err);
    fs_out_abort(&out);
    strbuf_release(&w.out);
    if (done)
        *path = name;
    return done;
}

void ghost_remove(const char *path)
{
    unlink(path);
}
