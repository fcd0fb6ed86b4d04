/* Loads once per placement, re-creates only contexts. */
#include "engine/worker/loaded.h"

#include <stdlib.h>
#include <string.h>

#include "engine/worker/placement.h"
#include "engine/worker/untouched.h"
#include "ggml.h"
#include "os/fs.h"
#include "settings/settings.h"

/* The settings that decide where tensors lie; all others belong to the context. */
static const enum setting_id model_settings[] = {
    SET_DEVICE,    SET_N_GPU_LAYERS,    SET_SPLIT_MODE, SET_TENSOR_SPLIT, SET_MAIN_GPU,
    SET_N_CPU_MOE, SET_OVERRIDE_TENSOR, SET_LOAD_MODE,  SET_REPACK,
};

static char *placement_key(enum loaded_mode mode, const char *path, const struct settings *s)
{
    struct settings placement = *s;
    uint64_t keep = 0;
    for (size_t i = 0; i < COUNT_OF(model_settings); i++)
        keep |= (uint64_t)1 << model_settings[i];
    placement.given &= keep;
    json_t *o = settings_to_json(&placement);
    struct fs_info file = fs_stat(fs_real(), path); /* a path may be written anew */
    js_put_str(o, "path", path);
    js_put_u64(o, "inode", file.inode);
    js_put_i64(o, "mtime_ns", file.mtime_ns);
    js_put_bool(o, "dry_run", mode == LOADED_DRY_RUN);
    char *text = js_line(o);
    json_decref(o);
    return text;
}

static void close_context(struct loaded *s)
{
    if (s->ctx)
        llama_free(s->ctx);
    s->ctx = NULL;
}

void loaded_close(struct loaded *s)
{
    close_context(s);
    if (s->model)
        llama_model_free(s->model);
    arena_release(&s->arena);
    free(s->placement);
    *s = (struct loaded){0};
}

static bool load(struct loaded *s, enum loaded_mode mode, const char *path,
                 const struct settings *settings, struct err *err)
{
    struct llama_model_params params;
    if (!placement_model_params(&s->arena, settings, &params, err))
        return false;
    if (mode == LOADED_DRY_RUN) {
        params.no_alloc = true;
        params.load_mode = LLAMA_LOAD_MODE_NONE; /* mapping allocates what is to be counted */
    }
    int64_t start = ggml_time_us();
    s->model = llama_model_load_from_file(path, params);
    s->load_us = ggml_time_us() - start;
    if (!s->model)
        return err_set(err, ERR_ENGINE, "the engine cannot load \"%s\"", path);
    return true;
}

bool loaded_open(struct loaded *s, enum loaded_mode mode, const char *path,
                 const struct settings *settings, struct err *err)
{
    char *key = placement_key(mode, path, settings);
    if (s->model && strcmp(key, s->placement) == 0) {
        free(key);
        close_context(s);
        s->load_us = 0;
    } else {
        loaded_close(s);
        s->placement = key;
        if (!load(s, mode, path, settings, err)) {
            loaded_close(s);
            return false;
        }
    }
    struct llama_context_params params;
    placement_context_params(settings, &params);
    int64_t start = ggml_time_us();
    untouched_set(mode == LOADED_DRY_RUN);
    s->ctx = llama_init_from_model(s->model, params);
    untouched_set(false);
    s->context_us = ggml_time_us() - start;
    if (!s->ctx)
        return err_set(err, ERR_ENGINE, "the engine cannot create a context of %u tokens",
                       (unsigned)params.n_ctx);
    return true;
}
