/* Reading an operator table. */
#include "engine/sim/sim.h"

bool sim_is_type(const struct ggml_tensor *t, uint64_t types)
{
    return !t || !types || (types & (uint64_t)1 << t->type) != 0;
}

static bool meets(const struct ggml_tensor *t, unsigned need)
{
    const struct ggml_tensor *a = t->src[0], *b = t->src[1];
    return (!(need & SIM_CONT0) || ggml_is_contiguous(a)) &&
           (!(need & SIM_CONT1) || ggml_is_contiguous(b)) &&
           (!(need & SIM_CONT_DST) || ggml_is_contiguous(t)) &&
           (!(need & SIM_ROWS0) || ggml_is_contiguous_rows(a)) &&
           (!(need & SIM_ROWS1) || ggml_is_contiguous_rows(b)) &&
           (!(need & SIM_SAME01) || a->type == b->type) &&
           (!(need & SIM_SAME0D) || a->type == t->type) &&
           (!(need & SIM_PLANES0) || ggml_is_contiguous_1(a));
}

static bool row_takes(const struct sim_op *row, const struct sim_device *d,
                      const struct ggml_tensor *t)
{
    return row->op == t->op && sim_is_type(t->src[0], row->src0) &&
           sim_is_type(t->src[1], row->src1) && sim_is_type(t, row->dst) && meets(t, row->need) &&
           (!row->also || row->also(d, t));
}

/* A tensor that lies on another device of the same backend. */
static bool on_a_sibling(const struct sim_device *d, const struct ggml_tensor *t)
{
    for (int i = 0; i < GGML_MAX_SRC; i++) {
        if (!t->src[i] || !t->src[i]->buffer)
            continue;
        ggml_backend_buffer_type_t type = t->src[i]->buffer->buft;
        if (type->iface.get_name != d->buffers.iface.get_name || type == &d->buffers)
            continue;
        const struct sim_device *other = type->context;
        if (other->family == d->family && other != d)
            return true;
    }
    return false;
}

bool sim_op_supported(const struct sim_device *d, const struct ggml_tensor *t)
{
    const struct sim_family *f = d->family;
    if (f->device_only && on_a_sibling(d, t))
        return false;
    if (f->fits && !f->fits(d, t))
        return false;
    for (size_t i = 0; i < f->n_ops; i++)
        if (row_takes(&f->ops[i], d, t))
            return true;
    return false;
}

int64_t sim_batch_rows(const struct ggml_tensor *t)
{
    switch (t->op) {
    case GGML_OP_GET_ROWS:
        return 0;
    case GGML_OP_MUL_MAT:
        return t->ne[1];
    case GGML_OP_MUL_MAT_ID:
    case GGML_OP_ROPE:
    case GGML_OP_ROPE_BACK:
        return t->ne[2];
    default:
        return ggml_nrows(t);
    }
}
