/* Synthetic models into files: holes for ghosts, random weights piece by piece. */
#include "model/ggml_type.h"
#include "model/gguf_writer.h"
#include "model/synth.h"
#include "model/synth_weights.h"
#include "os/fs_out.h"

enum { PIECE_MAX = 4 << 20 }; /* bytes made at a time */

struct job {
    const struct synth_spec *spec;
    const struct synth_watch *watch;
    struct fs_out out;
    uint64_t total;
    unsigned char *piece;
};

static bool keep_going(struct job *job, struct err *err)
{
    const struct synth_watch *watch = job->watch;
    if (watch && watch->progress)
        watch->progress(watch->user, job->out.at, job->total);
    if (watch && watch->cancelled && watch->cancelled(watch->user))
        return err_set(err, ERR_INTERRUPTED, "writing \"%s\" was interrupted", job->out.path);
    return true;
}

/* The largest piece that ends on a block and on the random stream's 8 bytes. */
static size_t piece_bytes(uint32_t type)
{
    size_t unit = (size_t)ggml_type_get(type)->block_bytes * 8;
    return PIECE_MAX / unit * unit;
}

static bool write_tensor(struct job *job, const struct synth_tensor *t, struct err *err)
{
    const struct shape *shape = &job->spec->shape;
    const struct synth_fill fill = {.name = t->name,
                                    .type = t->type,
                                    .width = t->ne[0],
                                    .rope_base = shape->rope_base,
                                    .rope_freqs_factor = shape->rope_freqs_factor,
                                    .seed = job->spec->seed};
    size_t most = piece_bytes(t->type);
    for (uint64_t at = 0; at < t->bytes; at += most) {
        size_t n = t->bytes - at < most ? (size_t)(t->bytes - at) : most;
        synth_fill(&fill, at, job->piece, n);
        if (!fs_out_write(&job->out, job->piece, n, err) || !keep_going(job, err))
            return false;
    }
    return true;
}

static bool write_all(struct job *job, const struct synth_model *model, struct err *err)
{
    if (!fs_out_write(&job->out, model->header.p, model->header.n, err))
        return false;
    for (size_t i = 0; i < model->n && job->spec->data == SYNTH_RANDOM; i++) {
        const struct synth_tensor *t = &model->tensors[i];
        if (!fs_out_skip(&job->out, t->at - job->out.at, err) || !write_tensor(job, t, err))
            return false;
    }
    return fs_out_skip(&job->out, model->size - job->out.at, err) && keep_going(job, err);
}

bool synth_write(const struct synth_spec *spec, const char *path, const struct synth_watch *watch,
                 struct err *err)
{
    struct arena a = {0};
    struct synth_model model;
    synth_header(&a, spec, &model);
    uint64_t needs = spec->data == SYNTH_RANDOM ? model.size : model.header.n;
    struct job job = {.spec = spec, .watch = watch, .total = model.size};
    bool done = fs_out_open(&a, path, needs, &job.out, err);
    if (done) {
        job.piece = arena_alloc(&a, PIECE_MAX);
        done = write_all(&job, &model, err) && fs_out_commit(&job.out, err);
        fs_out_abort(&job.out);
    }
    arena_release(&a);
    return done;
}
