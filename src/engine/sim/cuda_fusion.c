/* Kernels that CUDA fuses read their inputs until the last of them is done, so the allocator must
 * keep these inputs: compute buffers of mixtures of experts grow by it.
 *
 * ggml/src/ggml-cuda/ggml-cuda.cu: ggml_backend_cuda_graph_optimize, ggml_cuda_topk_moe_fusion,
 * ggml_cuda_match_moe_weighted_reduction; topk-moe.cu: ggml_cuda_should_use_topk_moe.  Reordering
 * for several streams is off unless GGML_CUDA_GRAPH_OPT=1 and is not simulated. */
#include <string.h>

#include "engine/sim/sim.h"

enum { MAX_FUSED = 31 /* of ggml_can_fuse_subgraph */, MAX_REDUCED_EXPERTS = 15 };

struct keeper {
    struct ggml_backend_graph_optimize_params *params;
    struct ggml_cgraph *graph;
};

static void keep(const struct keeper *k, const struct ggml_tensor *t, struct ggml_tensor *until)
{
    k->params->add_alloc_dep(k->params->user_data, (struct ggml_tensor *)(uintptr_t)t, until);
}

/* ---- experts, weighted and summed ---- */

struct reduction {
    const struct ggml_tensor *experts, *scale, *weights;
    int count; /* nodes */
};

/* One value a row, to be multiplied with rows of the product. */
static bool is_column(const struct ggml_tensor *t, const struct ggml_tensor *product)
{
    return t && t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && t->ne[0] == 1 &&
           t->ne[1] == product->ne[1] && t->ne[2] == product->ne[2] && t->ne[3] == product->ne[3];
}

static bool is_whole(const struct ggml_tensor *t, const struct ggml_tensor *product)
{
    return t && t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) &&
           ggml_are_same_shape(t, product);
}

static bool is_product(const struct ggml_tensor *t)
{
    return t->op == GGML_OP_MUL && t->type == GGML_TYPE_F32 && ggml_is_contiguous(t);
}

static bool split_product(const struct ggml_tensor *t, const struct ggml_tensor **whole,
                          const struct ggml_tensor **column)
{
    for (int i = 0; i < 2; i++)
        if (is_whole(t->src[i], t) && is_column(t->src[1 - i], t)) {
            *whole = t->src[i];
            *column = t->src[1 - i];
            return true;
        }
    return false;
}

static bool is_expert_view(const struct ggml_tensor *v, const struct ggml_tensor *weighted,
                           int expert)
{
    return v->src[0] == weighted && v->view_src == weighted && v->type == GGML_TYPE_F32 &&
           v->ne[0] == weighted->ne[0] && v->ne[1] == weighted->ne[2] * weighted->ne[3] &&
           v->ne[2] == 1 && v->ne[3] == 1 && v->nb[0] == weighted->nb[0] &&
           v->nb[1] == weighted->nb[2] && v->view_offs == (size_t)expert * weighted->nb[1];
}

/* A view an expert and the sums of them, in the order of their experts. */
static bool sums_experts(const struct ggml_cgraph *graph, int first, int last,
                         const struct ggml_tensor *weighted)
{
    const struct ggml_tensor *views[MAX_REDUCED_EXPERTS] = {0}, *sum = NULL;
    int used = (int)weighted->ne[1], n_views = 0, n_sums = 0;
    for (int i = first; i <= last; i++) {
        const struct ggml_tensor *t = graph->nodes[i];
        if (t->op == GGML_OP_VIEW) {
            if (n_views == used || !is_expert_view(t, weighted, n_views))
                return false;
            views[n_views++] = t;
        } else {
            if (t->op != GGML_OP_ADD || n_views < 2 || n_sums + 1 >= n_views ||
                t->type != GGML_TYPE_F32 || t->src[0] != (n_sums ? sum : views[0]) ||
                t->src[1] != views[n_sums + 1])
                return false;
            sum = t;
            n_sums++;
        }
    }
    return n_views == used && n_sums == used - 1 && sum && ggml_is_contiguous(sum) &&
           sum->ne[0] == weighted->ne[0] && sum->ne[1] == weighted->ne[2] * weighted->ne[3] &&
           sum->ne[2] == 1 && sum->ne[3] == 1;
}

static bool fuses(const struct ggml_cgraph *graph, int first, int count, const int *outputs,
                  int n_outputs)
{
    enum ggml_op ops[MAX_FUSED];
    if (count > MAX_FUSED || first + count > graph->n_nodes)
        return false;
    for (int i = 0; i < count; i++)
        ops[i] = graph->nodes[first + i]->op;
    return ggml_can_fuse_subgraph(graph, first, count, ops, outputs, n_outputs);
}

static bool find_reduction(const struct ggml_cgraph *graph, int i, struct reduction *r)
{
    const struct ggml_tensor *first = graph->nodes[i], *weighted = first;
    int products = 1;
    *r = (struct reduction){0};
    if (!is_product(first))
        return false;
    if (i + 1 < graph->n_nodes && is_product(graph->nodes[i + 1])) {
        const struct ggml_tensor *scaled, *weights, *experts, *scale;
        if (split_product(graph->nodes[i + 1], &scaled, &weights) && scaled == first &&
            split_product(first, &experts, &scale)) {
            *r = (struct reduction){experts, scale, weights, 0};
            weighted = graph->nodes[i + 1];
            products = 2;
        }
    }
    if (!r->experts && !split_product(first, &r->experts, &r->weights))
        return false;
    if (weighted->ne[1] < 2 || weighted->ne[1] > MAX_REDUCED_EXPERTS)
        return false;
    r->count = 2 * (int)weighted->ne[1] + products - 1;
    int last = i + r->count - 1;
    return last < graph->n_nodes && sums_experts(graph, i + products, last, weighted) &&
           fuses(graph, i, r->count, &last, 1);
}

/* ---- choosing experts ---- */

/* Follows src0 from node to node through the ops named; returns how many did. */
static int chain(const struct ggml_cgraph *graph, int i, const enum ggml_op *ops, int n)
{
    int matched = 0;
    while (matched < n && i + matched < graph->n_nodes &&
           graph->nodes[i + matched]->op == ops[matched] &&
           graph->nodes[i + matched]->src[0] == graph->nodes[i + matched - 1])
        matched++;
    return matched;
}

static bool is_op(const struct ggml_cgraph *graph, int i, enum ggml_op op)
{
    return i < graph->n_nodes && graph->nodes[i]->op == op;
}

/* softmax, sigmoid or sqrt(softplus) over the router's logits: how many nodes, 0: none of them */
static int gating_nodes(const struct ggml_cgraph *graph, int i)
{
    const struct ggml_tensor *t = graph->nodes[i];
    if (t->op == GGML_OP_SOFT_MAX)
        return 1;
    if (t->op != GGML_OP_UNARY)
        return 0;
    if (ggml_get_unary_op(t) == GGML_UNARY_OP_SIGMOID)
        return 1;
    if (ggml_get_unary_op(t) == GGML_UNARY_OP_SOFTPLUS && is_op(graph, i + 1, GGML_OP_SQRT) &&
        graph->nodes[i + 1]->src[0] == t)
        return 2;
    return 0;
}

/* sum, clamp, divide: the weights' norm; 5 nodes or 0 */
static int norm_nodes(const struct ggml_cgraph *graph, int i)
{
    static const enum ggml_op head[] = {GGML_OP_RESHAPE, GGML_OP_SUM_ROWS, GGML_OP_CLAMP};
    if (chain(graph, i, head, 3) < 3 || !is_op(graph, i + 3, GGML_OP_DIV) ||
        graph->nodes[i + 3]->src[1] != graph->nodes[i + 2] ||
        graph->nodes[i + 3]->src[0] != graph->nodes[i] || !is_op(graph, i + 4, GGML_OP_RESHAPE) ||
        graph->nodes[i + 4]->src[0] != graph->nodes[i + 3])
        return 0;
    return 5;
}

static bool plain_softmax(const struct ggml_tensor *t)
{
    float scale, max_bias;
    memcpy(&scale, t->op_params, sizeof(scale));
    memcpy(&max_bias, (const char *)t->op_params + sizeof(scale), sizeof(max_bias));
    return ggml_is_contiguous(t->src[0]) && scale == 1.0f && max_bias == 0.0f && !t->src[1] &&
           !t->src[2];
}

static bool expert_count_known(int n)
{
    return ((n & (n - 1)) == 0 && n <= 512) || n == 288 || n == 576;
}

/* reshape, (add a bias), argsort, view, get rows: nodes, 0: another graph; *view is the view's. */
static int choice_nodes(const struct ggml_cgraph *graph, int i, int *view)
{
    struct ggml_tensor **node = graph->nodes;
    if (!is_op(graph, i, GGML_OP_RESHAPE) || node[i]->src[0] != node[i - 1])
        return 0;
    int sort = i + 1;
    bool biased = is_op(graph, sort, GGML_OP_ADD) && node[sort]->src[0] == node[i - 1];
    sort += biased;
    if (!is_op(graph, sort, GGML_OP_ARGSORT) ||
        node[sort]->src[0] != node[biased ? sort - 1 : sort - 2] ||
        !is_op(graph, sort + 1, GGML_OP_VIEW) || node[sort + 1]->src[0] != node[sort] ||
        !is_op(graph, sort + 2, GGML_OP_GET_ROWS) || node[sort + 2]->src[0] != node[i] ||
        node[sort + 2]->src[1] != node[sort + 1])
        return 0;
    *view = sort + 1;
    return sort + 3 - i;
}

/* The number of nodes fused from node i on; 0: none. */
static int find_choice(const struct ggml_cgraph *graph, int i)
{
    const struct ggml_tensor *gate = graph->nodes[i];
    int gating = gating_nodes(graph, i), view = 0;
    int choice = gating ? choice_nodes(graph, i + gating, &view) : 0;
    if (!choice)
        return 0;
    int count = gating + choice, last = i + count;
    int norm = is_op(graph, last, GGML_OP_RESHAPE) ? norm_nodes(graph, last) : 0;
    bool other_reshape = is_op(graph, last, GGML_OP_RESHAPE) && !norm;
    count += norm;
    last = i + count;
    if (!other_reshape && is_op(graph, last, GGML_OP_SCALE) &&
        graph->nodes[last]->src[0] == graph->nodes[last - 1])
        count++;
    const int outputs[] = {view, i + count - 1};
    const struct ggml_tensor *ids = graph->nodes[view];
    if (!fuses(graph, i, count, outputs, 2) ||
        !expert_count_known((int)(ids->nb[1] / ids->nb[0])) || !ggml_is_contiguous(gate->src[0]) ||
        !ggml_is_contiguous(graph->nodes[i + count - 1]))
        return 0;
    return gate->op != GGML_OP_SOFT_MAX || plain_softmax(gate) ? count : 0;
}

static void keep_choice(const struct keeper *k, int first, int count)
{
    int after = first + count;
    if (after >= k->graph->n_nodes)
        return;
    for (int i = first; i < after; i++) {
        keep(k, k->graph->nodes[i], k->graph->nodes[after]);
        for (int s = 0; s < GGML_MAX_SRC; s++)
            if (k->graph->nodes[i]->src[s])
                keep(k, k->graph->nodes[i]->src[s], k->graph->nodes[after]);
    }
}

void sim_cuda_optimize(const struct sim_device *d, struct ggml_cgraph *graph,
                       struct ggml_backend_graph_optimize_params *params)
{
    const struct keeper k = {params, graph};
    (void)d;
    for (int i = 0; i < graph->n_nodes; i++) {
        struct reduction r;
        if (find_reduction(graph, i, &r)) {
            struct ggml_tensor *sum = graph->nodes[i + r.count - 1];
            keep(&k, r.experts, sum);
            keep(&k, r.weights, sum);
            if (r.scale)
                keep(&k, r.scale, sum);
            i += r.count - 1;
        }
        int chosen = find_choice(graph, i);
        if (chosen) {
            keep_choice(&k, i, chosen);
            i += chosen - 1;
        }
    }
}
