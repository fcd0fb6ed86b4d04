/* Opening one GGUF file or all shards of a split set (llama_split_path, tools/gguf-split). */
#include "model/model_file.h"

#include <inttypes.h>

enum { MAX_SHARDS = 999, SPLIT_SUFFIX = 20 /* "-00001-of-00002.gguf" */ };

static bool five_digits(const char *p, uint32_t *out)
{
    uint32_t v = 0;
    for (int i = 0; i < 5; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(p[i] - '0');
    }
    *out = v;
    return true;
}

bool split_name(const char *path, uint32_t *no, uint32_t *count, size_t *stem)
{
    size_t n = strlen(path);
    if (n <= SPLIT_SUFFIX)
        return false;
    const char *tail = path + n - SPLIT_SUFFIX;
    uint32_t i, of;
    if (tail[0] != '-' || !five_digits(tail + 1, &i) || strncmp(tail + 6, "-of-", 4) != 0 ||
        !five_digits(tail + 10, &of) || strcmp(tail + 15, ".gguf") != 0)
        return false;
    if (i == 0 || of == 0 || i > of || of > MAX_SHARDS)
        return false;
    *no = i;
    *count = of;
    *stem = n - SPLIT_SUFFIX;
    return true;
}

static const char *shard_path(struct arena *a, const char *path, size_t stem, uint32_t no,
                              uint32_t count)
{
    return arena_printf(a, "%.*s-%05" PRIu32 "-of-%05" PRIu32 ".gguf", (int)stem, path, no, count);
}

static bool open_shard(struct model_file *f, struct arena *a, const struct fs *fs, const char *path,
                       struct err *err)
{
    struct fs_map *map = &f->maps[f->n];
    if (!fs_map(fs, path, map, err))
        return false;
    f->n++;
    if (map->size == 0) {
        err_set(err, ERR_FAILED, "\"%s\" is empty", path);
        return err_hint(err, "the download did not start: fetch it again");
    }
    struct str bytes = {(const char *)map->p, (size_t)map->size};
    if (!gguf_parse(a, bytes, map->size, &f->shards[f->n - 1], err))
        return err_place(err, "in \"%s\"", path);
    return true;
}

/* A set must say the same as its names, or the engine would refuse it after minutes of loading. */
static bool check_split(const struct gguf *shard, uint32_t no, uint32_t count, const char *path,
                        struct err *err)
{
    uint64_t said_no = 0, said_count = 0;
    if (!gguf_u64(shard, "split.no", &said_no) || !gguf_u64(shard, "split.count", &said_count))
        err_set(err, ERR_FAILED, "\"%s\" is named as a shard but holds no split keys", path);
    else if (said_no + 1 != no || said_count != count)
        err_set(err, ERR_FAILED,
                "\"%s\" says it is shard %" PRIu64 " of %" PRIu64 ", not what its name says", path,
                said_no + 1, said_count);
    else
        return true;
    return err_hint(err, "was it renamed? fetch the set again");
}

static bool missing_shards(struct arena *a, const struct fs *fs, const char *path, size_t stem,
                           uint32_t count, struct err *err)
{
    struct strbuf names = {0};
    uint32_t missing = 0;
    for (uint32_t no = 1; no <= count; no++) {
        const char *shard = shard_path(a, path, stem, no, count);
        if (fs_stat(fs, shard).kind == FS_FILE)
            continue;
        if (missing++ < 3)
            strbuf_addf(&names, "%s\"%s\"", names.len ? ", " : "", path_base(shard));
    }
    if (missing) {
        err_set(err, ERR_FAILED, "%" PRIu32 " of %" PRIu32 " shards are missing: %s%s", missing,
                count, strbuf_cstr(&names), missing > 3 ? ", ..." : "");
        err_hint(err, "download them into the same folder");
    }
    strbuf_release(&names);
    return missing == 0;
}

static bool open_all(struct model_file *f, struct arena *a, const struct fs *fs, const char *path,
                     struct err *err)
{
    uint32_t no = 1, count = 1;
    size_t stem = 0;
    bool split = split_name(path, &no, &count, &stem) && fs_stat(fs, path).kind == FS_FILE;
    if (!split)
        count = 1;
    else if (!missing_shards(a, fs, path, stem, count, err))
        return false;
    f->maps = arena_array(a, count, sizeof(*f->maps));
    f->shards = arena_array(a, count, sizeof(*f->shards));
    const char **files = arena_array(a, count, sizeof(*files));
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        files[i] = split ? shard_path(a, path, stem, i + 1, count) : arena_strdup(a, path);
        if (!open_shard(f, a, fs, files[i], err) ||
            (split && !check_split(&f->shards[i], i + 1, count, files[i], err)))
            return false;
        bytes += f->maps[i].size;
    }
    uint64_t of = 1;
    if (!split && gguf_u64(&f->shards[0], "split.count", &of) && of > 1) {
        err_set(err, ERR_FAILED, "\"%s\" is one of %" PRIu64 " shards but was renamed", path, of);
        return err_hint(err, "restore its name, which ends in -00001-of-%05" PRIu64 ".gguf", of);
    }
    if (!model_from_gguf(a, f->shards, f->n, &f->model, err)) {
        err_hint(err, "fetch another conversion of this model");
        return err_place(err, "in \"%s\"", path);
    }
    f->model.path = files[0];
    f->model.files = files;
    f->model.n_files = count;
    f->model.file_bytes = bytes;
    return true;
}

bool model_file_open(struct model_file *f, struct arena *a, const struct fs *fs, const char *path,
                     struct err *err)
{
    *f = (struct model_file){0};
    if (open_all(f, a, fs, path, err))
        return true;
    model_file_close(f);
    return false;
}

void model_file_close(struct model_file *f)
{
    for (size_t i = 0; i < f->n; i++)
        fs_unmap(&f->maps[i]);
    *f = (struct model_file){0};
}
