/* Roofline: bytes over bandwidth, arithmetic over throughput. */
#include "plan/speed.h"

#include <string.h>

#include "plan/kv.h"

/* Shares of the nominal figures that llama.cpp reaches.  GPUs: refit of 78 community results over
 * five cards, 0.37 to 0.83 (llmfit data, bytes = file minus untied embedding); CPUs: reading
 * quantised blocks reaches 0.4 to 0.85 of a plain read, by cores and quantization. */
static const struct interval gpu_reads = {0.50, 0.72, 0.85};
static const struct interval cpu_reads = {0.35, 0.60, 0.90};

/* Where nothing is known: from one DDR3 channel to a server's twelve, from an entry card to the
 * largest.  Wide, and the plan says how to narrow it. */
static const struct interval any_host_gb_s = {8, 30, 150}, any_gpu_gb_s = {100, 350, 2000};

/* An unknown CPU: from two old cores to a large server. */
static const struct interval any_host_gflops = {24, 300, 4000};

/* A card's matrix throughput, in FLOP per byte that it can read: 8 to 60 from Pascal to Blackwell
 * at FP16; prompts of quantised models reach a fraction. */
static const struct interval gpu_flop_per_byte = {8, 25, 80};

/* GFLOP/s of one core on quantised matrices, by the best instruction set it has. */
static const struct {
    const char *isa;
    struct interval per_core;
} arithmetic[] = {
    {"amx_int8", {80, 250, 600}},
    {"avx512_vnni", {30, 80, 180}},
    {"avx_vnni", {20, 50, 110}},
    {"avx2", {12, 32, 80}},
    {"i8mm", {15, 40, 100}},
    {"dotprod", {8, 20, 50}},
    {"neon", {3, 8, 20}},
    {"avx", {3, 8, 20}},
    {"", {1, 3, 10}},
};

enum { LINK_GB_S = 12 }; /* PCIe 3 x16, or 4 x8: what most cards have */

/* Fixed cost of a token: launching a graph (1.2 ms on five cards refitted, tuning data), thread
 * barriers on a CPU. */
static const double gpu_token_s = 1.2e-3, cpu_token_s = 0.4e-3;

static bool has_isa(const struct machine *machine, const char *name)
{
    for (size_t i = 0; i < machine->cpu.isa.n; i++)
        if (strcmp(machine->cpu.isa.v[i], name) == 0)
            return true;
    return *name == '\0';
}

static struct interval scaled(struct interval i, double by)
{
    return (struct interval){i.low * by, i.mid * by, i.high * by};
}

static struct interval product(struct interval a, struct interval b)
{
    return (struct interval){a.low * b.low, a.mid * b.mid, a.high * b.high};
}

/* A share of the bandwidth that was measured or is known, or of any there may be. */
static struct interval reads(struct interval share, const struct fact_f64 *gb_s,
                             struct interval any)
{
    return gb_s->source ? scaled(share, gb_s->v) : product(share, any);
}

void speed_rates(const struct machine *machine, uint32_t threads, const uint32_t *gpu,
                 uint32_t n_gpu, struct rates *out)
{
    *out = (struct rates){.link_gb_s = LINK_GB_S};
    const struct fact_f64 *host = &machine->memory.bandwidth_gb_s;
    out->host_gb_s = reads(cpu_reads, host, any_host_gb_s);
    out->wide = !host->source;
    if (machine->cpu.isa.n == 0) {
        out->host_gflops = any_host_gflops;
        out->wide = true;
    }
    for (size_t i = 0; i < COUNT_OF(arithmetic) && machine->cpu.isa.n; i++)
        if (has_isa(machine, arithmetic[i].isa)) {
            out->host_gflops = scaled(arithmetic[i].per_core, threads ? threads : 1);
            break;
        }
    for (uint32_t i = 0; i < n_gpu && i < PLACE_MAX_DEVICES; i++) {
        const struct fact_f64 *card = &machine->gpus.v[gpu[i]].bandwidth_gb_s;
        out->gpu_gb_s[i] = reads(gpu_reads, card, any_gpu_gb_s);
        out->gpu_gflops[i] = product(out->gpu_gb_s[i], gpu_flop_per_byte);
        out->wide = out->wide || !card->source;
    }
}

/* ---- what a token touches ---- */

struct touched {
    double host_bytes, device_bytes[PLACE_MAX_DEVICES];
    double host_params, device_params[PLACE_MAX_DEVICES];
    double streamed_bytes; /* host weights that big batches copy to a card */
};

static void add(struct touched *t, int device, double bytes, double params)
{
    if (device == PLACE_HOST) {
        t->host_bytes += bytes;
        t->host_params += params;
    } else {
        t->device_bytes[device] += bytes;
        t->device_params[device] += params;
    }
}

/* Bytes and parameters read for one token: of experts the share that is used, of the embedding one
 * row, unless it is the output matrix, too. */
static void touch_weights(const struct model *m, const struct placement *p,
                          const struct place_map *map, struct touched *out)
{
    double used = m->n_expert ? (double)m->n_expert_used / m->n_expert : 1;
    struct weight_list list = weights_list(p, m);
    for (size_t i = 0; i < list.n; i++) {
        const struct weight_part *part = weights_at(&list, m, i);
        bool untouched = part->class == TENSOR_INPUT && !part->tied;
        if (untouched)
            continue;
        int place = part->tied ? map->slot[map->output] : placement_of_part(p, map, part);
        double share = part->expert ? used : 1;
        add(out, place, share * (double)part->bytes, share * part->params);
        if (place == PLACE_HOST)
            out->streamed_bytes += (double)part->bytes;
    }
}

static void touch_cache(const struct model *m, const struct context *c, const struct place_map *map,
                        uint32_t depth, struct touched *out)
{
    for (uint32_t il = 0; il < m->n_layer; il++) {
        uint32_t cells = m->layers[il].window && m->window < depth ? m->window : depth;
        double bytes = (double)kv_token_bytes(m, c, il) * cells +
                       (double)state_layer_bytes(m, c, il) / (c->slots ? c->slots : 1);
        add(out, map->slot[il], bytes, 0);
    }
}

/* ---- times ---- */

/* Seconds of one token at one point of the rates (pick 0 low, 1 mid, 2 high). */
static double pick(struct interval i, int which)
{
    return which == 0 ? i.low : which == 1 ? i.mid : i.high;
}

/* 0 when a rate that is needed is unknown. */
static double gen_token_s(const struct touched *t, const struct placement *p, const struct rates *r,
                          int which)
{
    double seconds = p->n_devices ? gpu_token_s : cpu_token_s;
    if (t->host_bytes > 0) {
        double gb_s = pick(r->host_gb_s, which);
        if (gb_s <= 0)
            return 0;
        seconds += t->host_bytes / (gb_s * 1e9);
    }
    for (uint32_t i = 0; i < p->n_devices; i++) {
        double gb_s = pick(r->gpu_gb_s[i], which);
        if (t->device_bytes[i] <= 0)
            continue;
        if (gb_s <= 0)
            return 0;
        seconds += t->device_bytes[i] / (gb_s * 1e9);
    }
    return seconds;
}

/* Per token of a full ubatch: arithmetic, or reading all weights once per ubatch, or streaming host
 * weights over the link where a card computes. */
static double prompt_token_s(const struct touched *t, const struct context *c,
                             const struct placement *p, const struct rates *r, int which)
{
    double u = c->n_ubatch ? c->n_ubatch : 1, seconds = 0;
    double flops = pick(r->host_gflops, which) * 1e9;
    bool streams = p->n_devices > 0;
    if (t->host_bytes > 0) {
        if (flops <= 0)
            return 0;
        double on_host = 2 * t->host_params / flops;
        double first_card = pick(r->gpu_gflops[0], which) * 1e9; /* it computes what is streamed */
        double over_link = t->streamed_bytes / u / (r->link_gb_s * 1e9) +
                           (first_card > 0 ? 2 * t->host_params / first_card : 0);
        seconds += streams && over_link < on_host ? over_link : on_host;
    }
    for (uint32_t i = 0; i < p->n_devices; i++) {
        double gflops = pick(r->gpu_gflops[i], which);
        if (t->device_params[i] <= 0)
            continue;
        if (gflops <= 0)
            return 0;
        seconds += 2 * t->device_params[i] / (gflops * 1e9);
    }
    return seconds;
}

static struct interval rate_of(double slow_s, double mid_s, double fast_s)
{
    if (slow_s <= 0 || mid_s <= 0 || fast_s <= 0)
        return (struct interval){0, 0, 0};
    return (struct interval){1 / slow_s, 1 / mid_s, 1 / fast_s};
}

static const char *limit(const struct touched *t, const struct placement *p, const struct rates *r)
{
    double host = t->host_bytes > 0 && r->host_gb_s.mid > 0 ? t->host_bytes / r->host_gb_s.mid : 0;
    double cards = 0;
    for (uint32_t i = 0; i < p->n_devices; i++)
        if (r->gpu_gb_s[i].mid > 0)
            cards += t->device_bytes[i] / r->gpu_gb_s[i].mid;
    if (host <= 0 && cards <= 0)
        return NULL;
    return host > cards ? "host memory bandwidth" : "VRAM bandwidth";
}

void speed_predict(const struct model *m, const struct context *c, const struct placement *p,
                   const struct rates *rates, uint32_t depth, struct speed *out)
{
    struct touched t = {0};
    struct place_map map;
    placement_map(p, m, &map);
    touch_weights(m, p, &map, &t);
    struct touched with_cache = t;
    touch_cache(m, c, &map, depth, &with_cache);
    *out = (struct speed){
        .basis = SPEED_SPEC, .limited_by = limit(&with_cache, p, rates), .wide = rates->wide};
    out->gen_tok_s =
        rate_of(gen_token_s(&with_cache, p, rates, 0), gen_token_s(&with_cache, p, rates, 1),
                gen_token_s(&with_cache, p, rates, 2));
    out->prompt_tok_s =
        rate_of(prompt_token_s(&t, c, p, rates, 0), prompt_token_s(&t, c, p, rates, 1),
                prompt_token_s(&t, c, p, rates, 2));
}

double speed_turn_s(const struct speed *s, const struct workload *w)
{
    if (s->gen_tok_s.mid <= 0)
        return 0;
    double prompt = s->prompt_tok_s.mid > 0 ? w->prompt / s->prompt_tok_s.mid : 0;
    return prompt + w->gen / s->gen_tok_s.mid;
}

static json_t *interval_json(struct interval i)
{
    if (i.mid <= 0)
        return json_null();
    json_t *o = json_object();
    js_put_real(o, "low", i.low);
    js_put_real(o, "mid", i.mid);
    js_put_real(o, "high", i.high);
    return o;
}

json_t *speed_to_json(const struct speed *s)
{
    static const char *const basis[] = {
        [SPEED_SPEC] = "spec", [SPEED_CALIBRATED] = "calibrated", [SPEED_MEASURED] = "measured"};
    json_t *o = json_object();
    js_put(o, "prompt_tok_s", interval_json(s->prompt_tok_s));
    js_put(o, "gen_tok_s", interval_json(s->gen_tok_s));
    js_put_str(o, "basis", basis[s->basis]);
    js_put_str(o, "limited_by", s->limited_by);
    return o;
}
