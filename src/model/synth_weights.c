/* Random bits everywhere, then scales of one sensible value.  Block layouts:
 * ggml/src/ggml-common.h; a live test lets ggml expand every type and looks at what comes out. */
#include "model/synth_weights.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/ggml_type.h"
#include "model/rng.h"

/* ---- what a block of random bits is worth ---- */

enum scale_kind {
    HALF,    /* one half-precision number, `ratio` times the block's scale */
    POWER,   /* one byte: exponent of 2 */
    NIBBLES, /* a half-precision number over the top four bits of four 16-bit words */
};

struct scale {
    enum scale_kind kind;
    unsigned at; /* byte in the block */
    float ratio; /* the second one, a minimum, makes the mean zero */
};

/* unit_rms: root mean square of the expanded values at scale 1, all other bits random; measured. */
static const struct format {
    uint32_t type;
    float unit_rms;
    unsigned n;
    struct scale scales[2];
} formats[] = {
    {TYPE_Q4_0, 4.64F, 1, {{HALF, 0, 1}}},
    {TYPE_Q4_1, 4.61F, 2, {{HALF, 0, 1}, {HALF, 2, -7.5F}}},
    {TYPE_Q5_0, 9.25F, 1, {{HALF, 0, 1}}},
    {TYPE_Q5_1, 9.23F, 2, {{HALF, 0, 1}, {HALF, 2, -15.5F}}},
    {TYPE_Q8_0, 73.9F, 1, {{HALF, 0, 1}}},
    {TYPE_Q2_K, 13.9F, 2, {{HALF, 80, 1}, {HALF, 82, 1.5F}}},
    {TYPE_Q3_K, 43.4F, 1, {{HALF, 108, 1}}},
    {TYPE_Q4_K, 258, 2, {{HALF, 0, 1}, {HALF, 2, 7.5F}}},
    {TYPE_Q5_K, 527, 2, {{HALF, 0, 1}, {HALF, 2, 15.5F}}},
    {TYPE_Q6_K, 1365, 1, {{HALF, 208, 1}}},
    {TYPE_IQ2_XXS, 54, 1, {{HALF, 0, 1}}},
    {TYPE_IQ2_XS, 56, 1, {{HALF, 0, 1}}},
    {TYPE_IQ2_S, 56.5F, 1, {{HALF, 0, 1}}},
    {TYPE_IQ3_XXS, 143, 1, {{HALF, 0, 1}}},
    {TYPE_IQ3_S, 141, 1, {{HALF, 0, 1}}},
    {TYPE_IQ1_S, 7.2F, 1, {{HALF, 0, 1}}},
    {TYPE_IQ1_M, 7.2F, 1, {{NIBBLES, 48, 1}}},
    {TYPE_IQ4_NL, 67.6F, 1, {{HALF, 0, 1}}},
    {TYPE_IQ4_XS, 1250, 1, {{HALF, 0, 1}}},
    {TYPE_TQ1_0, 0.816F, 1, {{HALF, 52, 1}}},
    {TYPE_TQ2_0, 1.22F, 1, {{HALF, 64, 1}}},
    {TYPE_Q2_0, 1.22F, 1, {{HALF, 0, 1}}},
    {TYPE_MXFP4, 5.85F, 1, {{POWER, 0, 1}}},
};

/* Floating-point types: sign and mantissa stay random, the exponent is fixed.  Then the values
 * lie between 2^e and 2^(e+1) on both sides of 0, with this root mean square: */
static const float mantissa_rms = 1.53F;

static const struct {
    uint32_t type;
    uint64_t keep; /* random bits of each element, over 8 bytes */
    unsigned bits, mantissa;
    int bias;
} floats[] = {
    {TYPE_F32, UINT64_C(0x807fffff807fffff), 32, 23, 127},
    {TYPE_F16, UINT64_C(0x83ff83ff83ff83ff), 16, 10, 15},
    {TYPE_BF16, UINT64_C(0x807f807f807f807f), 16, 7, 127},
};

/* ---- values of small tensors ---- */

enum role { WEIGHT, NORM, SMALL, DECAY, ROPE_FREQS };

static const struct {
    const char *part;
    enum role role;
} roles[] = {
    {".bias", SMALL}, {"attn_sinks", SMALL}, {"rope_freqs", ROPE_FREQS}, {"ssm_a", DECAY},
    {"ssm_d", NORM},  {"_norm", NORM},       {".enorm", NORM},           {".hnorm", NORM},
};

static enum role role_of(const struct synth_fill *f)
{
    /* "ssm_a" also begins the name of a matrix of delta nets */
    if (f->type != TYPE_F32 || strstr(f->name, "ssm_alpha"))
        return WEIGHT;
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strstr(f->name, roles[i].part))
            return roles[i].role;
    return WEIGHT;
}

/* Llama 3 stretches waves longer than its first context; conversion/llama.py:
 * generate_extra_tensors. */
static float rope_freq(const struct synth_fill *f, uint64_t i)
{
    const double pi = 3.14159265358979323846, low = 1, high = 4, old_ctx = 8192;
    double dims = 2 * (double)f->width;
    double wave = 2 * pi * pow(f->rope_base, 2 * (double)i / dims);
    if (wave < old_ctx / high)
        return 1;
    if (wave > old_ctx / low)
        return f->rope_freqs_factor;
    double smooth = (old_ctx / wave - low) / (high - low);
    return (float)(1 / ((1 - smooth) / f->rope_freqs_factor + smooth));
}

static float small_value(const struct synth_fill *f, enum role role, uint64_t i, uint64_t seed)
{
    float unit = (float)(rng_at(seed, i) >> 40) / (float)(1 << 24); /* [0, 1) */
    switch (role) {
    case NORM:
        return 1 + (unit - 0.5F) / 8;
    case DECAY:
        return -(1 + 7 * unit);
    case ROPE_FREQS:
        return rope_freq(f, i);
    case SMALL:
    case WEIGHT:
        break;
    }
    return (unit - 0.5F) / 32;
}

/* ---- filling ---- */

static uint64_t stream_seed(const struct synth_fill *f)
{
    uint64_t seed = f->seed;
    for (const char *p = f->name; *p; p++)
        seed = rng_at(seed, (unsigned char)*p);
    return seed;
}

/* Little-endian whatever the host; compilers make one store of it. */
static void put_u64(unsigned char *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static void fill_random(uint64_t seed, uint64_t at, unsigned char *out, size_t n, uint64_t keep,
                        uint64_t set)
{
    uint64_t place = at / 8;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        put_u64(out + i, (rng_at(seed, place++) & keep) | set);
    if (i < n) {
        unsigned char last[8];
        put_u64(last, (rng_at(seed, place) & keep) | set);
        memcpy(out + i, last, n - i);
    }
}

static bool fill_floats(const struct synth_fill *f, uint64_t seed, uint64_t at, unsigned char *out,
                        size_t n)
{
    for (size_t i = 0; i < COUNT_OF(floats); i++) {
        if (floats[i].type != f->type)
            continue;
        double target = 1 / sqrt((double)f->width) / mantissa_rms;
        int exponent = (int)lround(log2(target)) + floats[i].bias;
        uint64_t one = (uint64_t)(exponent > 1 ? exponent : 1) << floats[i].mantissa, set = 0;
        for (unsigned bit = 0; bit < 64; bit += floats[i].bits)
            set |= one << bit;
        fill_random(seed, at, out, n, floats[i].keep, set);
        return true;
    }
    return false;
}

static void put_u16(unsigned char *p, uint16_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

static void put_f32(unsigned char *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    put_u16(p, (uint16_t)bits);
    put_u16(p + 2, (uint16_t)(bits >> 16));
}

static void put_nibbles(unsigned char *p, uint16_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[2 * i + 1] = (unsigned char)((p[2 * i + 1] & 0x0f) | ((v >> (4 * i)) & 0xf) << 4);
}

static void set_scales(const struct format *format, double target, unsigned char *out, size_t n)
{
    unsigned block = ggml_type_get(format->type)->block_bytes;
    float scale = (float)target / format->unit_rms;
    for (unsigned k = 0; k < format->n; k++) {
        const struct scale *s = &format->scales[k];
        uint16_t half = synth_f16(s->ratio * scale);
        /* e8m0, halved as the tables hold doubled values (ggml-impl.h: ggml_e8m0_to_fp32_half) */
        unsigned char power = (unsigned char)(lround(log2((double)scale)) + 128);
        for (size_t at = 0; at + block <= n; at += block) {
            unsigned char *p = out + at + s->at;
            if (s->kind == HALF)
                put_u16(p, half);
            else if (s->kind == POWER)
                *p = power;
            else
                put_nibbles(p, half);
        }
    }
}

void synth_fill(const struct synth_fill *f, uint64_t at, unsigned char *out, size_t n)
{
    uint64_t seed = stream_seed(f);
    enum role role = role_of(f);
    if (role != WEIGHT) {
        for (size_t i = 0; i + sizeof(float) <= n; i += sizeof(float))
            put_f32(out + i, small_value(f, role, (at + i) / sizeof(float), seed));
        return;
    }
    if (fill_floats(f, seed, at, out, n))
        return;
    fill_random(seed, at, out, n, ~(uint64_t)0, 0);
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (formats[i].type == f->type)
            set_scales(&formats[i], 1 / sqrt((double)f->width), out, n);
}

uint16_t synth_f16(float v)
{
    const float largest = 65504, least_normal = 6.103515625e-5F, subnormal_step = 5.9604645e-8F;
    uint16_t sign = v < 0 ? 0x8000 : 0;
    float magnitude = fabsf(v) < largest ? fabsf(v) : largest;
    if (magnitude < least_normal)
        return (uint16_t)(sign | (uint16_t)lrintf(magnitude / subnormal_step));
    int exponent;
    float fraction = frexpf(magnitude, &exponent); /* [0.5, 1) */
    /* 0.5 becomes an empty mantissa; one that rounds up carries into the exponent, as it must */
    long mantissa = lrintf((2 * fraction - 1) * 1024);
    return (uint16_t)(sign | (uint16_t)(((exponent + 14) << 10) + mantissa));
}
