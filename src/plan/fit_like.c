/* llama-server's defaults, fitted as it fits them. */
#include "plan/fit_like.h"

#include "base/units.h"

enum { FIT_MIN_CTX = 4096, FIT_CTX_ALIGN = 256 };
static const uint64_t fit_margin = 1024 * MIB; /* --fit-target */

static struct settings defaults(const struct model *m, const struct machine *machine)
{
    struct settings s = {.parallel = SERVER_AUTO_SLOTS,
                         .kv_unified = true,
                         .batch_size = DEFAULT_BATCH,
                         .ubatch_size = DEFAULT_UBATCH,
                         .n_gpu_layers = NGL_ALL,
                         .flash_attn = FA_AUTO,
                         .split_mode = SPLIT_LAYER,
                         .cache_ram_mib = 8192};
    static const enum setting_id given[] = {
        SET_PARALLEL,   SET_KV_UNIFIED, SET_BATCH_SIZE, SET_UBATCH_SIZE, SET_N_GPU_LAYERS,
        SET_FLASH_ATTN, SET_SPLIT_MODE, SET_CACHE_RAM,  SET_CTX_SIZE,
    };
    for (size_t i = 0; i < COUNT_OF(given); i++)
        settings_mark(&s, given[i]);
    uint64_t ctx = units_mul(m->n_ctx_train, s.parallel);
    s.ctx_size = ctx > INT32_MAX ? INT32_MAX : (uint32_t)ctx;
    /* its thread count is the machine's physical (performance) cores, whatever we may use of them
     */
    if (machine->cpu.performance_cores.source) {
        s.threads = s.threads_batch = (uint32_t)machine->cpu.performance_cores.v;
        settings_mark(&s, SET_THREADS);
        settings_mark(&s, SET_THREADS_BATCH);
    }
    return s;
}

/* What fit believes to be used where it looks: a card's counted bytes, or on a machine without one
 * the host's, less the repacked weights it does not see. */
static uint64_t used(const struct candidate *c, const struct model *m)
{
    const struct ledger_line *line = &c->ledger.host;
    uint64_t blind = 0;
    if (c->placement.n_devices) {
        line = &c->ledger.device[c->gpu[0]];
    } else {
        struct weights w;
        weights_place(m, &c->placement, &w);
        blind = w.host_repacked;
    }
    return line->weights + line->kv + line->compute - blind;
}

static uint64_t available(const struct candidate *c, const struct machine *machine)
{
    uint64_t bytes = machine->memory.total_bytes.v; /* without a card: all of the RAM */
    if (c->placement.n_devices) {
        const struct machine_gpu *g = &machine->gpus.v[c->gpu[0]];
        bytes = g->memory_free_bytes.source ? g->memory_free_bytes.v : g->memory_total_bytes.v;
    }
    return bytes > fit_margin ? bytes - fit_margin : 0;
}

static void at_context(struct candidate *c, const struct model *m, const struct machine *machine,
                       const struct workload *w, uint32_t ctx)
{
    c->settings.ctx_size = ctx;
    place_evaluate(c, m, machine, w);
}

/* Step 2: a context between 4096 and the largest, by linear interpolation. */
static bool reduce_context(struct candidate *c, const struct model *m,
                           const struct machine *machine, const struct workload *w)
{
    uint64_t target = available(c, machine), at_most = used(c, m);
    uint32_t largest = c->settings.ctx_size;
    if (largest <= FIT_MIN_CTX)
        return false;
    at_context(c, m, machine, w, FIT_MIN_CTX);
    uint64_t at_least = used(c, m);
    if (target <= at_least || at_most <= at_least)
        return false;
    uint64_t more = (uint64_t)((double)(largest - FIT_MIN_CTX) * (double)(target - at_least) /
                               (double)(at_most - at_least));
    uint32_t ctx = FIT_MIN_CTX + (uint32_t)more;
    ctx -= ctx % FIT_CTX_ALIGN;
    at_context(c, m, machine, w, ctx > FIT_MIN_CTX ? ctx : FIT_MIN_CTX);
    return true;
}

/* Step 3: whole layers from the back; a MoE model first gives its experts to the host. */
static void reduce_layers(struct candidate *c, const struct model *m, const struct machine *machine,
                          const struct workload *w)
{
    uint64_t target = available(c, machine);
    uint32_t slots = m->n_layer + m->n_layer_nextn + 1;
    if (m->n_expert) {
        settings_mark(&c->settings, SET_N_CPU_MOE);
        for (uint32_t n = 1; n <= m->n_layer; n++) {
            c->settings.n_cpu_moe = n;
            place_evaluate(c, m, machine, w);
            if (used(c, m) <= target)
                return;
        }
    }
    for (uint32_t ngl = slots; ngl-- > 0;) {
        c->settings.n_gpu_layers = (int32_t)ngl;
        place_evaluate(c, m, machine, w);
        if (used(c, m) <= target)
            return;
    }
}

void fit_like(const struct model *m, const struct machine *machine, const struct workload *w,
              struct candidate *out)
{
    struct candidate c = {.settings = defaults(m, machine)};
    ledger_budgets(&c.ledger, machine, NULL);
    place_evaluate(&c, m, machine, w);
    bool fits = used(&c, m) <= available(&c, machine);
    if (!fits && !reduce_context(&c, m, machine, w) && c.placement.n_devices)
        reduce_layers(&c, m, machine, w);
    *out = c;
}
