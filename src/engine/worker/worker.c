/* tailor-worker: libllama behind JSON lines.
 *
 * Reads one request a line from stdin, answers one line on stdout, logs to stderr.  It may crash,
 * abort or be killed: the parent takes that as a result.  Requests:
 *
 *   {"op":"hello"}                                     who am I, which devices
 *   {"op":"dry_run","model":PATH,"settings":{...}}     bytes per buffer type, nothing allocated
 *   {"op":"load","model":PATH,"settings":{...}}        the same after a real load
 *   {"op":"measure","prompt":N,"gen":N,"depth":N,"repeats":N}   timings of what is loaded
 *
 * Answers start with "ok"; a refusal is {"ok":false,"error":TEXT}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "engine/worker/bridge.h"
#include "engine/worker/engine_hash.h"
#include "engine/worker/loaded.h"
#include "engine/worker/measure.h"
#include "engine_build.h"
#include "ggml-backend.h"
#include "settings/settings.h"

enum { LINE_MAX_BYTES = 1 << 20, MAX_BUFFERS = 64, MAX_REPEATS = 1000, MAX_TOKENS = 1 << 24 };

struct worker {
    struct loaded loaded;
    const char *build; /* hash of the engine's libraries */
};

/* ---- operations ---- */

static bool op_hello(struct worker *w, const json_t *request, json_t *answer, struct err *err)
{
    (void)request;
    (void)err;
    js_put_str(answer, "build", w->build);
    js_put_str(answer, "version", llama_version());
    json_t *devices = json_array();
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        enum ggml_backend_dev_type type = ggml_backend_dev_type(dev);
        if (type != GGML_BACKEND_DEVICE_TYPE_GPU && type != GGML_BACKEND_DEVICE_TYPE_IGPU)
            continue;
        size_t total = 0, available = 0;
        ggml_backend_dev_memory(dev, &available, &total);
        json_t *o = json_object();
        js_put_str(o, "name", ggml_backend_dev_name(dev));
        js_put_str(o, "description", ggml_backend_dev_description(dev));
        js_put_u64(o, "total_bytes", total);
        js_put_u64(o, "free_bytes", available);
        js_put_bool(o, "integrated", type == GGML_BACKEND_DEVICE_TYPE_IGPU);
        json_array_append_new(devices, o);
    }
    js_put(answer, "devices", devices);
    return true;
}

static json_t *breakdown(const struct loaded *s)
{
    struct bridge_buffer buffers[MAX_BUFFERS];
    size_t n = bridge_breakdown(s->ctx, buffers, MAX_BUFFERS);
    json_t *list = json_array();
    for (size_t i = 0; i < n && i < MAX_BUFFERS; i++) {
        json_t *o = json_object();
        js_put_str(o, "buffer", buffers[i].name);
        js_put_str(o, "device", buffers[i].device);
        js_put_bool(o, "host", buffers[i].host);
        js_put_u64(o, "model_bytes", buffers[i].model);
        js_put_u64(o, "context_bytes", buffers[i].context);
        js_put_u64(o, "compute_bytes", buffers[i].compute);
        json_array_append_new(list, o);
    }
    return list;
}

static bool open_and_report(struct worker *w, enum loaded_mode mode, const json_t *request,
                            json_t *answer, struct err *err)
{
    struct arena a = {0};
    const char *path = NULL;
    const json_t *o = NULL;
    struct settings settings = {0};
    bool done = js_get_str(request, "model", &a, &path, err) &&
                js_get_object(request, "settings", &o, err) &&
                (!o || settings_from_json(&a, o, &settings, err));
    if (done && !path)
        done = err_set(err, ERR_USAGE, "\"model\" is missing");
    if (done)
        done = loaded_open(&w->loaded, mode, path, &settings, err);
    if (done) {
        js_put_u64(answer, "n_ctx", llama_n_ctx(w->loaded.ctx));
        js_put_u64(answer, "n_ctx_seq", llama_n_ctx_seq(w->loaded.ctx));
        js_put_u64(answer, "n_batch", llama_n_batch(w->loaded.ctx));
        js_put_u64(answer, "n_ubatch", llama_n_ubatch(w->loaded.ctx));
        js_put_i64(answer, "load_us", w->loaded.load_us);
        js_put_i64(answer, "context_us", w->loaded.context_us);
        js_put(answer, "buffers", breakdown(&w->loaded));
    }
    arena_release(&a);
    return done;
}

static bool op_dry_run(struct worker *w, const json_t *request, json_t *answer, struct err *err)
{
    return open_and_report(w, LOADED_DRY_RUN, request, answer, err);
}

static bool op_load(struct worker *w, const json_t *request, json_t *answer, struct err *err)
{
    return open_and_report(w, LOADED_REAL, request, answer, err);
}

static bool get_count(const json_t *request, const char *key, uint32_t most, uint32_t *out,
                      struct err *err)
{
    uint64_t v = *out;
    if (!js_get_u64(request, key, &v, err))
        return false;
    if (v > most)
        return err_set(err, ERR_USAGE, "\"%s\" is larger than %u", key, (unsigned)most);
    *out = (uint32_t)v;
    return true;
}

static bool op_measure(struct worker *w, const json_t *request, json_t *answer, struct err *err)
{
    struct measure_request r = {.repeats = 1};
    if (!w->loaded.ctx || strstr(w->loaded.placement, "\"dry_run\":true"))
        return err_set(err, ERR_USAGE, "no model is loaded");
    return get_count(request, "prompt", MAX_TOKENS, &r.prompt_tokens, err) &&
           get_count(request, "gen", MAX_TOKENS, &r.gen_tokens, err) &&
           get_count(request, "depth", MAX_TOKENS, &r.depth, err) &&
           get_count(request, "repeats", MAX_REPEATS, &r.repeats, err) &&
           measure_run(&w->loaded, &r, answer, err);
}

static const struct {
    const char *name;
    bool (*run)(struct worker *w, const json_t *request, json_t *answer, struct err *err);
} operations[] = {
    {"hello", op_hello},
    {"dry_run", op_dry_run},
    {"load", op_load},
    {"measure", op_measure},
};

/* ---- protocol ---- */

static bool serve(struct worker *w, struct str line, json_t *answer, struct err *err)
{
    struct arena a = {0};
    const char *op = NULL;
    json_t *request = js_parse(line, err);
    bool done = request && js_get_str(request, "op", &a, &op, err);
    bool known = false;
    for (size_t i = 0; done && op && i < COUNT_OF(operations) && !known; i++) {
        known = strcmp(op, operations[i].name) == 0;
        if (known)
            done = operations[i].run(w, request, answer, err);
    }
    if (done && !known)
        done = err_set(err, ERR_USAGE, "unknown operation \"%s\"", op ? op : "");
    json_decref(request);
    arena_release(&a);
    return done;
}

static bool answer_line(struct worker *w, struct str line)
{
    struct err err = {0};
    json_t *answer = json_object();
    js_put_bool(answer, "ok", true);
    if (!serve(w, line, answer, &err)) {
        char text[1400];
        json_object_clear(answer);
        js_put_bool(answer, "ok", false);
        js_put_str(answer, "error", err_text(&err, text, sizeof(text)));
    }
    char *text = js_line(answer);
    bool sent = printf("%s\n", text) > 0 && fflush(stdout) == 0;
    free(text);
    json_decref(answer);
    return sent;
}

static void log_to_stderr(enum ggml_log_level level, const char *text, void *unused)
{
    (void)level;
    (void)unused;
    fputs(text, stderr);
}

/* Structs change between versions of llama.cpp: this program runs with its own build only. */
static bool check_engine(struct worker *w, const char *lib_dir)
{
    static char hash[HASH_TEXT];
    if (!engine_hash(lib_dir, hash) || strcmp(hash, ENGINE_HASH) != 0) {
        printf("{\"ok\":false,\"error\":\"the engine at %s is not the build this worker was made "
               "for\"}\n",
               lib_dir);
        return false;
    }
    w->build = hash;
    return true;
}

int main(int argc, char **argv)
{
    struct worker w = {0};
    static char line[LINE_MAX_BYTES];
    if (argc != 2) {
        fprintf(stderr, "usage: tailor-worker ENGINE_LIB_DIR   (JSON lines on stdin and stdout; "
                        "tailor starts it)\n");
        return 2;
    }
    setenv("GGML_NO_BACKTRACE", "1", 0); /* an abort must not start a debugger on our stdout */
    if (!check_engine(&w, argv[1]))
        return 4;
    llama_log_set(log_to_stderr, NULL);
    ggml_backend_load_all_from_path(argv[1]);
    llama_backend_init();
    while (fgets(line, sizeof(line), stdin)) {
        struct str text = str_trim(str_from(line));
        if (text.n && !answer_line(&w, text))
            break;
    }
    loaded_close(&w.loaded);
    llama_backend_free();
    return 0;
}
