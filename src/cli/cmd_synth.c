/* tailor synth: a GGUF file of a known shape. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "cli/command.h"
#include "model/ggml_type.h"
#include "model/model_file.h"
#include "model/synth.h"
#include "os/term.h"

struct synth_options {
    bool ghost, list, no_vocab;
    uint32_t layers, seed;
};

static const struct opt options[] = {
    {"ghost", 0, OPT_FLAG, offsetof(struct synth_options, ghost), NULL,
     "write the header and a sparse file of the true size only"},
    {"layers", 0, OPT_COUNT, offsetof(struct synth_options, layers), "N",
     "keep only the first N layers", NULL, 1, 512},
    {"no-vocab", 0, OPT_FLAG, offsetof(struct synth_options, no_vocab), NULL,
     "leave the tokenizer out"},
    {"seed", 0, OPT_COUNT, offsetof(struct synth_options, seed), "N",
     "of the random weights (default 0)"},
    {"list", 0, OPT_FLAG, offsetof(struct synth_options, list), NULL,
     "list the shapes and quantizations"},
};
static const struct opt_list own_options = OPT_LIST(options);

static bool is_made(uint32_t file_type)
{
    return file_type_name(file_type) && quant_default_type(file_type) != TYPE_COUNT;
}

static json_t *list_document(void)
{
    size_t n;
    const struct shape *shapes = shape_list(&n);
    json_t *o = json_object(), *items = json_array(), *quants = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_object();
        js_put_str(item, "name", shapes[i].name);
        js_put_str(item, "architecture", shapes[i].arch);
        js_put_str(item, "title", shapes[i].title);
        json_array_append_new(items, item);
    }
    for (uint32_t id = 0; id <= FILE_Q2_0; id++)
        if (is_made(id))
            json_array_append_new(quants, js_string(file_type_name(id)));
    js_put_str(o, "schema", "tailor.shapes/1");
    js_put(o, "items", items);
    js_put(o, "quantizations", quants);
    return o;
}

static void list_all(struct app *app)
{
    if (app->global.json) {
        app_put_json(app, list_document());
        return;
    }
    size_t n;
    const struct shape *shapes = shape_list(&n);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&app->out, "%-22s %-12s %s\n", shapes[i].name, shapes[i].arch, shapes[i].title);
    strbuf_adds(&app->out, "\nquantizations:");
    for (uint32_t id = 0; id <= FILE_Q2_0; id++)
        if (is_made(id))
            strbuf_addf(&app->out, " %s", file_type_name(id));
    strbuf_addc(&app->out, '\n');
}

static void show_progress(void *user, uint64_t done, uint64_t total)
{
    char a[UNITS_TEXT], b[UNITS_TEXT];
    (void)user;
    fprintf(stderr, "\rwriting %s of %s ", units_bytes(done, a), units_bytes(total, b));
    if (done == total)
        fputs("\n", stderr);
}

static bool interrupted(void *user)
{
    (void)user;
    return term_interrupts() > 0 || term_ended();
}

static json_t *document(const struct synth_spec *spec, const char *path,
                        const struct synth_model *m)
{
    json_t *o = json_object();
    js_put_str(o, "schema", "tailor.synth/1");
    js_put_str(o, "path", path);
    js_put_str(o, "shape", spec->shape.name);
    js_put_str(o, "architecture", spec->shape.arch);
    js_put_str(o, "quantization", file_type_name(spec->file_type));
    js_put_bool(o, "ghost", spec->data == SYNTH_GHOST);
    js_put_u64(o, "tensors", m->n);
    js_put_u64(o, "weights_bytes", m->weights_bytes);
    js_put_u64(o, "file_bytes", m->size);
    return o;
}

/* Only what synth made before is made again. */
static bool may_write(struct app *app, const char *path, struct err *err)
{
    struct model_file f;
    struct err ignored = {0};
    if (fs_stat(fs_real(), path).kind != FS_FILE)
        return true; /* nothing there; what cannot be written says so itself */
    bool ours = model_file_open(&f, &app->arena, fs_real(), path, &ignored);
    if (ours) {
        ours = f.model.synthetic != NULL;
        model_file_close(&f);
    }
    if (ours)
        return true;
    err_set(err, ERR_USAGE, "\"%s\" is there already and was not made by synth", path);
    return err_hint(err, "remove it first, or name another file behind -o");
}

static bool run(struct app *app, const void *options_, struct err *err)
{
    const struct synth_options *o = options_;
    struct synth_spec spec;
    if (o->list) {
        list_all(app);
        return true;
    }
    if (app->rest.args.n != 1) {
        err_set(err, ERR_USAGE, "synth takes one SHAPE:QUANT");
        return err_hint(err, "such as llama-3.2-1b:Q4_K_M; tailor synth --list names them all");
    }
    const char *path = app->global.output;
    if (!path) {
        err_set(err, ERR_USAGE, "no file to write to");
        return err_hint(err, "add -o FILE.gguf; a model does not go to stdout");
    }
    if (!synth_parse(app->rest.args.v[0], &spec, err) ||
        (o->layers && !synth_cut(&spec, o->layers, err)))
        return false;
    if (!may_write(app, path, err))
        return false;
    spec.data = o->ghost ? SYNTH_GHOST : SYNTH_RANDOM;
    spec.tokens = o->no_vocab ? SYNTH_NO_VOCAB : SYNTH_VOCAB;
    spec.seed = o->seed;
    bool talk = term_is_tty(STDERR_FILENO) && log_get_level() >= LOG_INFO && !o->ghost;
    const struct synth_watch watch = {.progress = talk ? show_progress : NULL,
                                      .cancelled = interrupted};
    struct synth_model m;
    term_catch_signals();
    synth_header(&app->arena, &spec, &m);
    if (!synth_write(&spec, path, &watch, err))
        return false;
    app->global.output = NULL; /* the file is the model; the report goes to stdout */
    if (app->global.json) {
        app_put_json(app, document(&spec, path, &m));
        return true;
    }
    char size[UNITS_TEXT];
    strbuf_addf(&app->out, "%s: %s %s, %zu tensors, %s%s\n", path, spec.shape.name,
                file_type_name(spec.file_type), m.n, units_bytes(m.size, size),
                o->ghost ? ", header only" : ", random weights");
    return true;
}

const struct command cmd_synth = {
    .name = "synth",
    .summary = "make a GGUF file of a known shape: header only, or random weights",
    .usage = "SHAPE:QUANT -o FILE",
    .options = {&own_options},
    .options_size = sizeof(struct synth_options),
    .examples = {"tailor synth qwen2-0.5b:Q4_K_M -o small.gguf",
                 "tailor synth llama-3.1-70b:Q8_0 --ghost -o ghost.gguf"},
    .run = run,
};
