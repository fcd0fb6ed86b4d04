/* Vulkan runs a graph in another order, so that fewer barriers are needed: tensors live longer or
 * shorter by it, and compute buffers differ.
 *
 * ggml/src/ggml-vulkan/ggml-vulkan.cpp: ggml_vk_graph_optimize, ggml_vk_can_fuse_unary_mul;
 * ggml-vulkan-types.h for the patterns. */
#include <stdlib.h>
#include <string.h>

#include "engine/sim/sim.h"

enum { LOOK_AHEAD = 20, PULL_AHEAD = 15, MAX_PATTERN = 12 };

struct pattern {
    int n;
    enum ggml_op op[MAX_PATTERN];
    bool chooses_experts; /* its inputs are kept to its end */
};

#define NORM_TAIL GGML_OP_RESHAPE, GGML_OP_SUM_ROWS, GGML_OP_CLAMP, GGML_OP_DIV, GGML_OP_RESHAPE
#define CHOICE GGML_OP_ARGSORT, GGML_OP_VIEW, GGML_OP_GET_ROWS

/* Kept together, the first that matches. */
static const struct pattern patterns[] = {
    {10, {GGML_OP_SOFT_MAX, GGML_OP_RESHAPE, CHOICE, NORM_TAIL}, true},
    {11, {GGML_OP_UNARY, GGML_OP_RESHAPE, GGML_OP_ADD, CHOICE, NORM_TAIL}, true},
    {12, {GGML_OP_UNARY, GGML_OP_SQRT, GGML_OP_RESHAPE, GGML_OP_ADD, CHOICE, NORM_TAIL}, true},
    {5, {GGML_OP_SOFT_MAX, GGML_OP_RESHAPE, CHOICE}, true},
    {6, {CHOICE, GGML_OP_RESHAPE, GGML_OP_SOFT_MAX, GGML_OP_RESHAPE}, true},
    {5, {GGML_OP_MUL, GGML_OP_SIN, GGML_OP_SQR, GGML_OP_MUL, GGML_OP_ADD}, false},
    {7,
     {GGML_OP_GET_ROWS, GGML_OP_PERMUTE, GGML_OP_CONT, GGML_OP_CPY, GGML_OP_RESHAPE, GGML_OP_ADD,
      GGML_OP_TOP_K},
     false},
    {4, {GGML_OP_RMS_NORM, GGML_OP_MUL, GGML_OP_ADD, GGML_OP_MUL}, false},
    {3, {GGML_OP_RMS_NORM, GGML_OP_MUL, GGML_OP_ADD}, false},
    {5, {GGML_OP_RMS_NORM, GGML_OP_MUL, GGML_OP_ROPE, GGML_OP_VIEW, GGML_OP_SET_ROWS}, false},
    {3, {GGML_OP_RMS_NORM, GGML_OP_VIEW, GGML_OP_SET_ROWS}, false},
    {3, {GGML_OP_ROPE, GGML_OP_VIEW, GGML_OP_SET_ROWS}, false},
};
enum { N_PATTERNS = sizeof(patterns) / sizeof(patterns[0]), QSA = 6 /* protected inside, too */ };

struct order {
    struct ggml_cgraph *graph;
    struct ggml_backend_graph_optimize_params *params;
    bool *used;              /* by node of the old order */
    struct ggml_tensor **to; /* the new order */
    int *set;                /* nodes to come next, by their old place */
    int n_to, n_set, first;  /* first: the first that is not used */
};

/* ---- nodes ---- */

static bool is_empty(const struct ggml_tensor *t)
{
    return t->op == GGML_OP_NONE || t->op == GGML_OP_RESHAPE || t->op == GGML_OP_TRANSPOSE ||
           t->op == GGML_OP_VIEW || t->op == GGML_OP_PERMUTE;
}

static const struct ggml_tensor *base(const struct ggml_tensor *t)
{
    return t->view_src ? t->view_src : t;
}

/* Must `later` stay behind `earlier`? */
static bool depends(const struct ggml_tensor *later, const struct ggml_tensor *earlier)
{
    bool real = !is_empty(later) && !is_empty(earlier);
    for (int s = 0; s < GGML_MAX_SRC; s++) {
        if (later->src[s] == earlier)
            return true;
        if (real && later->src[s] && base(later->src[s]) == base(earlier))
            return true;
        if (real && earlier->src[s] && base(later) == base(earlier->src[s]))
            return true;
    }
    return base(later) == base(earlier);
}

static struct ggml_tensor *node(const struct order *o, int i)
{
    return o->graph->nodes[i];
}

static enum ggml_op op_at(const struct order *o, int i)
{
    return o->graph->nodes[i]->op;
}

static int within(const struct order *o, int last)
{
    return last < o->graph->n_nodes ? last : o->graph->n_nodes;
}

static bool matches(const struct order *o, const struct pattern *p, int start)
{
    if (start < 0 || start + p->n > o->graph->n_nodes)
        return false;
    for (int i = 0; i < p->n; i++)
        if (op_at(o, start + i) != p->op[i] || o->used[start + i])
            return false;
    return true;
}

static bool starts_pattern(const struct order *o, int i)
{
    for (int p = 0; p < N_PATTERNS; p++)
        if (matches(o, &patterns[p], i))
            return true;
    for (int k = 1; k < patterns[QSA].n; k++)
        if (matches(o, &patterns[QSA], i - k))
            return true;
    return false;
}

/* A weight, or computed already. */
static bool is_ready(const struct order *o, const struct ggml_tensor *t)
{
    bool found = t->op == GGML_OP_NONE;
    for (int i = o->n_to; !found && i > 0; i--)
        found = o->to[i - 1] == t;
    return found;
}

/* ---- building the set ---- */

static void take(struct order *o, int i)
{
    o->set[o->n_set++] = i;
}

static void pull(struct order *o, int i)
{
    if (!o->used[i])
        take(o, i);
    o->used[i] = true;
}

static void skip_used(struct order *o)
{
    while (o->first < o->graph->n_nodes && o->used[o->first])
        o->first++;
}

static void keep_inputs(const struct order *o, const struct pattern *p)
{
    int last = o->first + p->n - 1;
    if (last + 1 < o->graph->n_nodes && op_at(o, last + 1) == GGML_OP_SCALE)
        last++; /* some variants fuse it */
    for (int i = 0; i < p->n; i++)
        for (int s = 0; s < GGML_MAX_SRC; s++) {
            struct ggml_tensor *src = node(o, o->first + i)->src[s];
            bool inside = false;
            for (int k = 0; k < i; k++)
                inside |= node(o, o->first + k) == src;
            if (src && !inside)
                o->params->add_alloc_dep(o->params->user_data, src, node(o, last));
        }
}

static bool keep_pattern(struct order *o)
{
    for (int p = 0; p < N_PATTERNS; p++) {
        if (!matches(o, &patterns[p], o->first))
            continue;
        if (patterns[p].chooses_experts)
            keep_inputs(o, &patterns[p]);
        for (int i = 0; i < patterns[p].n; i++) {
            o->to[o->n_to++] = node(o, o->first + i);
            o->used[o->first + i] = true;
        }
        skip_used(o);
        return true;
    }
    return false;
}

static bool nothing_between(const struct order *o, int low, int high)
{
    for (int i = low; i < high; i++)
        if (!o->used[i] && !is_empty(node(o, i)))
            return false;
    return true;
}

/* The last of the set and what directly uses it are one kernel. */
static bool fuses(const struct order *o, int c, int j)
{
    static const enum ggml_op neighbours[][2] = {
        {GGML_OP_MUL_MAT, GGML_OP_ADD},    {GGML_OP_MUL_MAT_ID, GGML_OP_ADD_ID},
        {GGML_OP_MUL_MAT_ID, GGML_OP_MUL}, {GGML_OP_ADD, GGML_OP_ADD},
        {GGML_OP_SSM_CONV, GGML_OP_ADD},   {GGML_OP_SSM_CONV, GGML_OP_UNARY}};
    enum ggml_op first = op_at(o, c), second = op_at(o, j);
    if (c != o->set[o->n_set - 1])
        return false;
    if ((first == GGML_OP_RMS_NORM || first == GGML_OP_UNARY) && second == GGML_OP_MUL &&
        nothing_between(o, c + 1, j))
        return true;
    for (size_t i = 0; j == c + 1 && i < sizeof(neighbours) / sizeof(neighbours[0]); i++)
        if (neighbours[i][0] == first && neighbours[i][1] == second)
            return true;
    return false;
}

static bool may_come_now(const struct order *o, int j)
{
    for (int c = o->first; c < j; c++)
        if (!o->used[c] && depends(node(o, j), node(o, c)) && !fuses(o, c, j))
            return false;
    return true;
}

/* ---- pulling consumers forward ---- */

/* The rope behind a norm and its weight; returns its place, else j. */
static int pull_rope(struct order *o, int j)
{
    if (op_at(o, j) != GGML_OP_MUL || op_at(o, j - 1) != GGML_OP_RMS_NORM)
        return j;
    for (int k = j + 1; k < within(o, j + PULL_AHEAD); k++) {
        struct ggml_tensor *const *src = node(o, k)->src;
        if (op_at(o, k) == GGML_OP_ROPE && src[0] == node(o, j) && src[1]->op == GGML_OP_NONE &&
            (!src[2] || src[2]->op == GGML_OP_NONE)) {
            pull(o, k);
            return k;
        }
    }
    return j;
}

/* The view of a rope or norm, and the write into the cache behind it. */
static void pull_cache_write(struct order *o, int from)
{
    int view = -1, write = -1;
    if (op_at(o, from) != GGML_OP_ROPE && op_at(o, from) != GGML_OP_RMS_NORM)
        return;
    for (int k = from + 1; k < within(o, from + PULL_AHEAD) && write < 0; k++) {
        if (o->used[k])
            continue;
        if (view < 0 && op_at(o, k) == GGML_OP_VIEW && node(o, k)->src[0] == node(o, from))
            view = k;
        else if (view >= 0 && op_at(o, k) == GGML_OP_SET_ROWS &&
                 node(o, k)->src[0] == node(o, view))
            write = k;
    }
    if (write < 0)
        return;
    const int at[] = {from, view, write};
    const enum ggml_op ops[] = {op_at(o, from), GGML_OP_VIEW, GGML_OP_SET_ROWS};
    if (!ggml_can_fuse_subgraph_ext(o->graph, at, 3, ops, &write, 1))
        return;
    for (int c = from + 1; c < write; c++)
        if (!o->used[c] && c != view && !is_empty(node(o, c)) &&
            depends(node(o, write), node(o, c)))
            return;
    pull(o, view);
    pull(o, write);
}

static void pull_consumer(struct order *o, int j)
{
    static const struct {
        enum ggml_op before, here, consumer;
        bool needs_ready; /* its other input */
    } chains[] = {{GGML_OP_MUL_MAT_ID, GGML_OP_ADD_ID, GGML_OP_MUL, true},
                  {GGML_OP_MUL_MAT, GGML_OP_ADD, GGML_OP_ADD, true},
                  {GGML_OP_SSM_CONV, GGML_OP_ADD, GGML_OP_UNARY, false}};
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        if (op_at(o, j) != chains[i].here || op_at(o, j - 1) != chains[i].before)
            continue;
        for (int k = j + 1; k < within(o, j + PULL_AHEAD); k++)
            if (op_at(o, k) == chains[i].consumer && node(o, k)->src[0] == node(o, j) &&
                (!chains[i].needs_ready || is_ready(o, node(o, k)->src[1]))) {
                pull(o, k);
                break;
            }
    }
}

/* ggml_vk_can_fuse_unary_mul */
static bool gates(const struct ggml_tensor *unary, const struct ggml_tensor *mul,
                  const struct ggml_tensor *other)
{
    enum ggml_unary_op op = ggml_get_unary_op(unary);
    return (op == GGML_UNARY_OP_GELU || op == GGML_UNARY_OP_SIGMOID || op == GGML_UNARY_OP_SILU ||
            op == GGML_UNARY_OP_SOFTPLUS) &&
           sim_is_type(unary, T_FLOAT) && mul->type == unary->type && other->type == unary->type &&
           ggml_is_contiguous_1(other) && ggml_is_contiguous_1(unary->src[0]) &&
           (mul->src[0] == unary ? ggml_can_repeat(other, unary)
                                 : ggml_can_repeat(unary, mul->src[0]));
}

static void pull_gated(struct order *o, int j)
{
    const struct ggml_tensor *unary = node(o, j);
    for (int k = j + 1; unary->op == GGML_OP_UNARY && k < within(o, j + PULL_AHEAD); k++) {
        const struct ggml_tensor *mul = node(o, k);
        if (mul->op != GGML_OP_MUL || (mul->src[0] != unary && mul->src[1] != unary))
            continue;
        const struct ggml_tensor *other = mul->src[0] == unary ? mul->src[1] : mul->src[0];
        if (is_ready(o, other) && gates(unary, mul, other)) {
            pull(o, k);
            return;
        }
    }
}

/* ---- the two passes ---- */

static void take_real_nodes(struct order *o)
{
    for (int j = o->first + 1; j < within(o, o->first + LOOK_AHEAD); j++) {
        if (o->used[j] || is_empty(node(o, j)) || starts_pattern(o, j) || !may_come_now(o, j))
            continue;
        take(o, j);
        int rope = pull_rope(o, j);
        pull_cache_write(o, rope);
        pull_consumer(o, j);
        pull_gated(o, j);
    }
}

static bool in_set(const struct order *o, int i)
{
    for (int k = 0; k < o->n_set; k++)
        if (o->set[k] == i)
            return true;
    return false;
}

/* Not behind an addition: it may fuse with what follows. */
static void take_views(struct order *o)
{
    if (op_at(o, o->set[o->n_set - 1]) == GGML_OP_ADD)
        return;
    for (int j = o->first + 1; j < within(o, o->first + LOOK_AHEAD); j++) {
        bool ready = !o->used[j] && is_empty(node(o, j));
        for (int c = o->first; ready && c < j; c++)
            ready = o->used[c] || !depends(node(o, j), node(o, c)) || in_set(o, c);
        if (ready)
            take(o, j);
    }
}

static void reorder(struct order *o)
{
    while (o->first < o->graph->n_nodes) {
        if (keep_pattern(o))
            continue;
        o->n_set = 0;
        take(o, o->first);
        take_real_nodes(o);
        take_views(o);
        for (int i = 0; i < o->n_set; i++) {
            o->to[o->n_to++] = node(o, o->set[i]);
            o->used[o->set[i]] = true;
        }
        skip_used(o);
    }
    memcpy(o->graph->nodes, o->to,
           sizeof(*o->to) * (size_t)o->n_to); /* NOLINT: nodes are pointers */
}

void sim_vulkan_optimize(const struct sim_device *d, struct ggml_cgraph *graph,
                         struct ggml_backend_graph_optimize_params *params)
{
    size_t n = (size_t)graph->n_nodes;
    struct order o = {.graph = graph, .params = params};
    (void)d;
    o.used = calloc(n, sizeof(*o.used));
    o.to = calloc(n, sizeof(struct ggml_tensor *));
    o.set = calloc(n, sizeof(*o.set));
    if (o.used && o.to && o.set)
        reorder(&o);
    free(o.used);
    free(o.to);
    free(o.set);
}
