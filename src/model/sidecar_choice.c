/* Choosing a sidecar by names. */
#include "model/sidecar_choice.h"

/* How well a sidecar suits; compared field by field from the top. */
struct rank {
    bool suits;
    size_t closeness; /* SCOPE_REPO: folders shared; SCOPE_FOLDER: enum sidecar_bond */
    unsigned bits_apart;
};

static bool one_family(const struct gguf_file *files, size_t n)
{
    struct str first = {NULL, 0};
    for (size_t i = 0; i < n; i++) {
        if (!gguf_name_is_model(files[i].rel))
            continue;
        struct str family = gguf_name_family(files[i].rel);
        if (!first.p)
            first = family;
        else if (family.n != first.n || memcmp(family.p, first.p, first.n) != 0)
            return false;
    }
    return true;
}

struct sidecar_pool sidecar_pool(const struct gguf_file *files, size_t n, enum sidecar_kind kind,
                                 enum sidecar_scope scope)
{
    struct sidecar_pool pool = {.kind = kind, .scope = scope};
    for (size_t i = 0; i < n && pool.n < SIDECAR_CANDIDATES; i++)
        if (gguf_name_is_sidecar(scope == SCOPE_REPO ? files[i].rel : path_base(files[i].rel),
                                 kind))
            pool.v[pool.n++] = &files[i];
    if (scope == SCOPE_FOLDER && pool.n)
        pool.one_family = one_family(files, n);
    return pool;
}

/* The sidecar's folder is the model's or above it; *depth: how many folders deep. */
static bool is_above(const char *sidecar, const char *model, size_t *depth)
{
    size_t n = (size_t)(path_base(sidecar) - sidecar);
    if (strncmp(sidecar, model, n) != 0)
        return false;
    *depth = 0;
    for (size_t i = 0; i < n; i++)
        *depth += sidecar[i] == '/';
    return true;
}

static struct rank rank(const struct sidecar_pool *pool, const struct gguf_file *sidecar,
                        const struct gguf_file *model)
{
    struct rank r = {0};
    unsigned a = gguf_name_bits(sidecar->rel), b = gguf_name_bits(model->rel);
    r.bits_apart = a > b ? a - b : b - a;
    if (pool->scope == SCOPE_REPO) {
        r.suits = is_above(sidecar->rel, model->rel, &r.closeness);
        return r;
    }
    enum sidecar_bond bond = gguf_name_bond(sidecar->path, pool->kind, model->path);
    r.closeness = bond;
    r.suits = bond != BOND_NONE && (bond != BOND_UNNAMED || pool->one_family);
    return r;
}

static bool better(struct rank a, struct rank b)
{
    if (!a.suits || !b.suits)
        return a.suits;
    if (a.closeness != b.closeness)
        return a.closeness > b.closeness;
    return a.bits_apart < b.bits_apart;
}

const struct gguf_file *sidecar_choose(const struct sidecar_pool *pool,
                                       const struct gguf_file *model)
{
    struct rank best = {0};
    const struct gguf_file *chosen = NULL;
    for (size_t i = 0; i < pool->n; i++) {
        if (strcmp(pool->v[i]->path, model->path) == 0)
            continue;
        struct rank r = rank(pool, pool->v[i], model);
        if (better(r, best)) {
            best = r;
            chosen = pool->v[i];
        }
    }
    return chosen;
}
