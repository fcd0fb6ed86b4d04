/* Finding an engine and learning what it accepts. */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/vec.h"
#include "os/fs.h"
#include "os/proc.h"

enum {
    ASK_TIMEOUT_MS = 20000, /* a GPU driver may take seconds to start */
    HELP_MAX = 4 << 20,
};

/* ---- where ---- */

/* The server in a folder: the folder itself, its bin/, or a build tree's bin/. */
static const char *server_in(struct arena *a, const char *dir)
{
    static const char *const places[] = {"llama-server", "bin/llama-server",
                                         "build/bin/llama-server"};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const char *path = path_join(a, dir, places[i]);
        if (fs_stat(fs_real(), path).kind == FS_FILE)
            return path;
    }
    return NULL;
}

/* A folder, llama-server itself, or another program of llama.cpp beside it. */
static const char *server_at(struct arena *a, const char *path)
{
    enum fs_kind kind = fs_stat(fs_real(), path).kind;
    if (kind == FS_DIR)
        return server_in(a, path);
    if (kind != FS_FILE)
        return NULL;
    if (cstr_starts(path_base(path), "llama-") && strcmp(path_base(path), "llama-server") != 0)
        return server_in(a, path_dir(a, path));
    return strchr(path, '/') ? path : arena_printf(a, "./%s", path);
}

static bool not_there(const char *origin, const char *path, struct err *err)
{
    err_set(err, ERR_ENGINE, "no llama-server at \"%s\" (%s)", path, origin);
    return err_hint(err, "give the folder that holds llama-server, or run \"make build\"");
}

static bool locate(struct arena *a, const struct engine_where *where, struct engine *out,
                   struct err *err)
{
    const struct {
        const char *origin, *path;
    } given[] = {{"--engine", where->explicit_path}, {"TAILOR_ENGINE_DIR", where->engine_dir}};
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        if (!given[i].path)
            continue;
        out->origin = given[i].origin;
        out->server = server_at(a, given[i].path);
        return out->server || not_there(given[i].origin, given[i].path, err);
    }
    out->origin = "PATH";
    out->server = proc_find(a, "llama-server", where->path);
    if (!out->server && where->exe_dir) {
        out->origin = "tailor's own";
        out->server = server_in(a, path_join(a, where->exe_dir, "engine"));
    }
    if (out->server)
        return true;
    err_set(err, ERR_ENGINE,
            "no engine: there is no llama-server on PATH, nor one of tailor's own");
    return err_hint(err, "install llama.cpp, run \"make build\", or name one with --engine");
}

/* ---- identity ---- */

struct file_list {
    const char **v;
    size_t n, cap;
};

static bool decides_build(const char *name)
{
    return (cstr_starts(name, "libllama") || cstr_starts(name, "libggml") ||
            cstr_starts(name, "libmtmd")) &&
           strstr(name, ".so") != NULL;
}

static void add_libraries(struct arena *a, const char *dir, struct file_list *files)
{
    struct fs_names names = fs_list(fs_real(), a, dir);
    for (size_t i = 0; i < names.n; i++)
        if (decides_build(names.v[i]) &&
            !fs_readlink(fs_real(), a, path_join(a, dir, names.v[i]))) {
            files->v = vec_grow(a, files->v, files->n, &files->cap, sizeof(*files->v));
            files->v[files->n++] = path_join(a, dir, names.v[i]);
        }
}

static const char *real_path(struct arena *a, const char *path)
{
    char *resolved = realpath(path, NULL);
    const char *copy = resolved ? arena_strdup(a, resolved) : path;
    free(resolved);
    return copy;
}

/* Contents of the binary (a stub where llama.cpp is built shared), names, sizes and times of the
 * libraries: reading hundreds of MB of GPU kernels at each start would cost more than it proves. */
const char *engine_build_hash(struct arena *a, const char *server)
{
    struct fs_map map;
    struct err ignored = {0};
    const char *path = real_path(a, server), *dir = path_dir(a, path);
    if (!fs_map(fs_real(), path, &map, &ignored))
        return NULL;
    struct strbuf id = {0};
    char text[HASH_TEXT];
    strbuf_adds(&id, hash_hex(map.p, (size_t)map.size, text));
    fs_unmap(&map);
    struct file_list files = {0};
    add_libraries(a, dir, &files);
    add_libraries(a, path_join(a, dir, "../lib"), &files);
    for (size_t i = 0; i < files.n; i++) {
        struct fs_info info = fs_stat(fs_real(), files.v[i]);
        strbuf_addf(&id, "\n%s %llu %lld", path_base(files.v[i]), (unsigned long long)info.size,
                    (long long)info.mtime_ns);
    }
    const char *hash = arena_strdup(a, hash_hex(strbuf_cstr(&id), id.len, text));
    strbuf_release(&id);
    return hash;
}

/* ---- abilities ---- */

static bool is_word_end(char c)
{
    return c == ' ' || c == ',' || c == '\n' || c == '\t' || c == '\r';
}

const char *engine_parse_help(struct arena *a, struct str help)
{
    struct strbuf words = {0};
    struct str line;
    strbuf_addc(&words, ' ');
    while (str_line(&help, &line)) {
        if (line.n == 0 || line.p[0] != '-')
            continue; /* option lines begin in the first column, their help is indented */
        size_t i = 0;
        while (i < line.n && line.p[i] == '-') {
            size_t start = i;
            while (i < line.n && !is_word_end(line.p[i]))
                i++;
            strbuf_add(&words, line.p + start, i - start);
            strbuf_addc(&words, ' ');
            while (i < line.n && is_word_end(line.p[i]))
                i++;
        }
    }
    return strbuf_take(&words, a);
}

const char *engine_parse_version(struct arena *a, struct str text)
{
    struct str line;
    while (str_line(&text, &line))
        if (str_starts(line, "version:")) {
            line.p += strlen("version:");
            line.n -= strlen("version:");
            return str_dup(a, str_trim(line));
        }
    return NULL;
}

static bool ask(struct arena *a, const char *server, const char *word, struct str *text,
                struct err *err)
{
    const char *argv[] = {server, word, NULL};
    const struct proc_spec spec = {.argv = argv, .err = PROC_PIPE};
    struct proc_output out;
    if (!proc_capture(a, &spec, ASK_TIMEOUT_MS, HELP_MAX, &out, err)) {
        err->code = ERR_ENGINE;
        return false;
    }
    if (out.exit_code != 0) {
        err_set(err, ERR_ENGINE, "\"%s %s\" exited with status %d", server, word, out.exit_code);
        struct str line, last = {0}, rest = out.text;
        while (str_line(&rest, &line))
            if (str_trim(line).n)
                last = str_trim(line);
        if (last.n)
            err_place(err, "saying \"%.*s\"", (int)(last.n < 200 ? last.n : 200), last.p);
        return err_hint(err, "this llama.cpp does not run here: rebuild it, or name another with "
                             "--engine");
    }
    *text = out.text;
    return true;
}

static const char *cache_file(struct arena *a, const struct engine_where *where,
                              const struct engine *e)
{
    if (!where->cache_dir || !e->build)
        return NULL;
    return arena_printf(a, "%s/engines/%s.json", where->cache_dir, e->build);
}

static bool read_cache(struct arena *a, const char *file, struct engine *e)
{
    struct err ignored = {0};
    struct str text;
    const char *server = NULL;
    if (!file || !fs_read(fs_real(), a, file, HELP_MAX, &text, &ignored))
        return false;
    json_t *o = js_parse(text, &ignored);
    bool good = o && js_get_str(o, "server", a, &server, &ignored) &&
                js_get_str(o, "version", a, &e->version, &ignored) &&
                js_get_str(o, "options", a, &e->options, &ignored) && server && e->options &&
                strcmp(server, e->server) == 0;
    json_decref(o);
    return good;
}

static void write_cache(struct arena *a, const char *file, const struct engine *e)
{
    struct err err = {0};
    if (!file)
        return;
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.engine/1");
    js_put_str(o, "server", e->server);
    js_put_str(o, "version", e->version);
    js_put_str(o, "options", e->options);
    char *text = js_text(o);
    if (!fs_make_dirs(path_dir(a, file), &err) || !fs_replace(file, text, strlen(text), &err))
        log_detail("the engine's abilities are not cached: %s", err.cause);
    free(text);
    json_decref(o);
}

bool engine_takes(const struct engine *e, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = e->options; (at = strstr(at, word)) != NULL; at += n)
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
    return false;
}

bool engine_list_devices(struct arena *a, const struct engine *e, struct str *text, struct err *err)
{
    return ask(a, e->server, "--list-devices", text, err);
}

/* The worker serves only the build that lies beside it. */
static void find_worker(struct arena *a, const struct engine_where *where, struct engine *e)
{
    if (!where->exe_dir)
        return;
    const char *own = server_in(a, path_join(a, where->exe_dir, "engine"));
    const char *worker = path_join(a, where->exe_dir, "tailor-worker");
    if (own && strcmp(real_path(a, own), real_path(a, e->server)) == 0 &&
        fs_stat(fs_real(), worker).kind == FS_FILE) {
        const char *sim = path_join(a, where->exe_dir, "libtailor-sim.so");
        e->worker = worker;
        e->sim = fs_stat(fs_real(), sim).kind == FS_FILE ? sim : NULL;
    }
}

bool engine_find(struct arena *a, const struct engine_where *where, struct engine *out,
                 struct err *err)
{
    struct engine e = {0};
    if (!locate(a, where, &e, err))
        return false;
    e.build = engine_build_hash(a, e.server);
    e.lib_dir = path_join(a, path_dir(a, path_dir(a, real_path(a, e.server))), "lib");
    const char *file = cache_file(a, where, &e);
    if (!read_cache(a, file, &e)) {
        struct str help, version;
        if (!ask(a, e.server, "--help", &help, err) ||
            !ask(a, e.server, "--version", &version, err))
            return false;
        e.options = engine_parse_help(a, help);
        e.version = engine_parse_version(a, version);
        if (!engine_takes(&e, "--ctx-size")) {
            err_set(err, ERR_ENGINE, "\"%s\" does not answer --help as llama-server does",
                    e.server);
            return err_hint(err, "name the llama-server program with --engine");
        }
        write_cache(a, file, &e);
    }
    find_worker(a, where, &e);
    *out = e;
    return true;
}
