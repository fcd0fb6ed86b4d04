/* Kinds of cards x how many x the least RAM. */
#include "plan/need.h"

#include <string.h>

#include "base/units.h"
#include "machine/machine_derive.h"
#include "machine/machine_described.h"
#include "plan/search.h"

/* RAM alone first; then cards by memory; then machines with one memory. */
static const struct kind {
    const char *card;     /* NULL: none */
    uint32_t least, most; /* GiB of RAM that it is sold with; 0: its memory is its own */
} kinds[] = {
    {NULL, 0, 0},          {"RTX 3060 12GB", 0, 0}, {"RTX 4060 Ti 16GB", 0, 0},
    {"RX 7900 XTX", 0, 0}, {"RTX 3090", 0, 0},      {"RTX 4090", 0, 0},
    {"RTX 5090", 0, 0},    {"RTX A6000", 0, 0},     {"RTX PRO 6000 Blackwell", 0, 0},
    {"H200", 0, 0},        {"M4 Pro", 24, 64},      {"M4 Max", 36, 128},
    {"M3 Ultra", 96, 512}, {"Strix Halo", 32, 128},
};
static const uint32_t counts[] = {1, 2, 4, 8};
static const uint32_t sizes[] = {8,   16,  24,  32,  36,  48,  64,   96,
                                 128, 192, 256, 384, 512, 768, 1024, 1536};
struct finder {
    struct arena *a;
    const struct model *m;
    const struct need_wish *wish;
};

/* Does the machine do what is wished?  Then the row holds how. */
static bool satisfies(const struct finder *f, const struct machine *machine, struct need_row *row)
{
    struct goal goal = *f->wish->goal;
    struct plan plan;
    struct err ignored = {0};
    if (f->wish->gen_tok_s <= 0 && machine->gpus.n)
        goal.no_spill = true;
    if (!plan_make(f->a, f->m, machine, &goal, &plan, &ignored) ||
        plan.speed.gen_tok_s.mid < f->wish->gen_tok_s)
        return false;
    *row = (struct need_row){.machine = row->machine,
                             .ram_bytes = machine->memory.total_bytes.v,
                             .ctx = search_ctx_per_slot(f->m, &plan.settings),
                             .speed = plan.speed,
                             .settings = plan.settings};
    for (size_t i = 0; i < machine->gpus.n; i++)
        row->vram_bytes += machine->gpus.v[i].memory_total_bytes.v;
    return true;
}

static bool described_satisfies(const struct finder *f, const struct kind *k, uint32_t count,
                                uint32_t gb, struct need_row *row)
{
    struct machine machine;
    struct err ignored = {0};
    const char *text =
        !k->card    ? arena_printf(f->a, "%uGB", (unsigned)gb)
        : count > 1 ? arena_printf(f->a, "%ux %s, %uGB", (unsigned)count, k->card, (unsigned)gb)
                    : arena_printf(f->a, "%s, %uGB", k->card, (unsigned)gb);
    row->machine = text;
    return machine_describe(f->a, text, &machine, &ignored) && satisfies(f, &machine, row);
}

/* The least RAM of the list that will do, by bisection: more never harms. */
static bool least_ram(const struct finder *f, const struct kind *k, uint32_t count,
                      struct need_row *row)
{
    size_t low = 0, high = COUNT_OF(sizes);
    while (k->most && sizes[high - 1] > k->most)
        high--;
    while (sizes[low] < k->least)
        low++;
    struct need_row found = {0}, tried = {0};
    bool any = false;
    for (size_t at = high - 1; low < high; at = low + (high - low) / 2)
        if (described_satisfies(f, k, count, sizes[at], &tried)) {
            found = tried;
            any = true;
            high = at;
        } else if (!any) {
            return false; /* not even the most */
        } else {
            low = at + 1;
        }
    *row = found;
    return any;
}

static void find_machines(const struct finder *f, struct need *out)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct need_row row = {0};
        for (size_t c = 0; c < COUNT_OF(counts); c++) {
            bool several = kinds[i].card && !kinds[i].most;
            if ((counts[c] == 1 || several) && least_ram(f, &kinds[i], counts[c], &row)) {
                *VEC_PUSH(f->a, &out->machines) = row;
                break;
            }
        }
    }
}

/* ---- upgrades ---- */

static struct machine copy_of(struct arena *a, const struct machine *m)
{
    struct machine copy = *m;
    memset(&copy.gpus, 0, sizeof(copy.gpus));
    memset(&copy.pools, 0, sizeof(copy.pools));
    for (size_t i = 0; i < m->gpus.n; i++)
        *VEC_PUSH(a, &copy.gpus) = m->gpus.v[i];
    return copy;
}

/* More RAM of the same speed. */
static void more_ram(const struct finder *f, const struct machine *mine, struct need *out)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct machine bigger = copy_of(f->a, mine);
        uint64_t ram = sizes[i] * GIB;
        if (ram <= mine->memory.total_bytes.v)
            continue;
        uint64_t more = ram - mine->memory.total_bytes.v;
        bigger.memory.total_bytes.v = ram;
        bigger.memory.available_bytes.v += more;
        bigger.memory.limit_bytes.source = NULL;
        struct need_row row = {
            .machine = arena_printf(f->a, "this machine with %u GB of RAM", (unsigned)sizes[i])};
        if (satisfies(f, &bigger, &row)) {
            *VEC_PUSH(f->a, &out->upgrades) = row;
            return;
        }
    }
}

/* One more card, the smallest that will do. */
static void one_more_card(const struct finder *f, const struct machine *mine, struct need *out)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct machine other, bigger = copy_of(f->a, mine);
        struct err ignored = {0};
        if (!kinds[i].card || kinds[i].most ||
            !machine_describe(f->a, arena_printf(f->a, "%s, 1GB", kinds[i].card), &other, &ignored))
            continue;
        struct machine_gpu *gpu = VEC_PUSH(f->a, &bigger.gpus);
        *gpu = other.gpus.v[0];
        gpu->index = bigger.gpus.n - 1;
        gpu->pool = NULL;
        gpu->engine_device = (struct fact_str){0};
        bigger.engine = (struct machine_engine){0};
        machine_derive_pools(f->a, &bigger);
        machine_assume_devices(f->a, &bigger);
        struct need_row row = {
            .machine = arena_printf(f->a, "this machine and %s %s",
                                    mine->gpus.n ? "one more card:" : "a card:", kinds[i].card)};
        if (satisfies(f, &bigger, &row)) {
            *VEC_PUSH(f->a, &out->upgrades) = row;
            return;
        }
    }
}

void need_find(struct arena *a, const struct model *m, const struct need_wish *wish,
               const struct machine *mine, struct need *out)
{
    const struct finder f = {a, m, wish};
    struct need_row row = {0};
    *out = (struct need){0};
    find_machines(&f, out);
    if (!mine)
        return;
    out->enough = satisfies(&f, mine, &row);
    if (!out->enough) {
        more_ram(&f, mine, out);
        one_more_card(&f, mine, out);
    }
}

/* ---- JSON ---- */

static json_t *row_json(const struct need_row *r)
{
    json_t *o = json_object();
    js_put_str(o, "machine", r->machine);
    js_put_u64(o, "ram_bytes", r->ram_bytes);
    js_put_u64(o, "vram_bytes", r->vram_bytes);
    js_put_u64(o, "ctx", r->ctx);
    js_put(o, "speed", speed_to_json(&r->speed));
    js_put(o, "settings", settings_to_json(&r->settings));
    return o;
}

json_t *need_to_json(const struct need *n, const struct model *m, const struct need_wish *wish)
{
    json_t *o = json_object(), *wished = json_object();
    json_t *machines = json_array(), *upgrades = json_array();
    js_put_str(o, "schema", "tailor.need/1");
    js_put_str(o, "model", m->path);
    if (wish->goal->ctx_per_slot)
        js_put_u64(wished, "ctx", wish->goal->ctx_per_slot);
    else
        js_put_null(wished, "ctx");
    if (wish->gen_tok_s > 0)
        js_put_real(wished, "gen_tok_s", wish->gen_tok_s);
    else
        js_put_null(wished, "gen_tok_s");
    js_put(o, "wish", wished);
    for (size_t i = 0; i < n->machines.n; i++)
        json_array_append_new(machines, row_json(&n->machines.v[i]));
    for (size_t i = 0; i < n->upgrades.n; i++)
        json_array_append_new(upgrades, row_json(&n->upgrades.v[i]));
    js_put(o, "machines", machines);
    js_put_bool(o, "enough", n->enough);
    js_put(o, "upgrades", upgrades);
    return o;
}
