/* The bindings, and the values of options as text. */
#include "settings/bind.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* enum fields are read and written as 32 bits */
_Static_assert(sizeof(enum flash_attn) == 4 && sizeof(enum split_mode) == 4 &&
                   sizeof(enum load_mode) == 4 && sizeof(enum numa_mode) == 4,
               "an enum of 4 bytes");

#define FIELD(kind, member)                                             \
    .field = FIELD_##kind, .offset = offsetof(struct settings, member), \
    .size = sizeof(((struct settings *)0)->member)
#define COUNTED(member) .count_offset = offsetof(struct settings, member)

const struct binding bindings[SET_COUNT] = {
    [SET_DEVICE] = {"device", "--device", FIELD(NAMES, device), COUNTED(n_device)},
    [SET_N_GPU_LAYERS] = {"n_gpu_layers", "-ngl", FIELD(I32, n_gpu_layers)},
    [SET_CTX_SIZE] = {"ctx_size", "-c", FIELD(U32, ctx_size)},
    [SET_PARALLEL] = {"parallel", "-np", FIELD(U32, parallel)},
    [SET_KV_UNIFIED] = {"kv_unified", "-kvu", FIELD(SWITCH, kv_unified)},
    [SET_BATCH_SIZE] = {"batch_size", "-b", FIELD(U32, batch_size)},
    [SET_UBATCH_SIZE] = {"ubatch_size", "-ub", FIELD(U32, ubatch_size)},
    [SET_THREADS] = {"threads", "-t", FIELD(U32, threads)},
    [SET_THREADS_BATCH] = {"threads_batch", "-tb", FIELD(U32, threads_batch)},
    [SET_FLASH_ATTN] = {"flash_attn", "-fa", FIELD(ENUM, flash_attn)},
    [SET_CACHE_TYPE_K] = {"cache_type_k", "-ctk", FIELD(ENUM, cache_type_k)},
    [SET_CACHE_TYPE_V] = {"cache_type_v", "-ctv", FIELD(ENUM, cache_type_v)},
    [SET_SPLIT_MODE] = {"split_mode", "-sm", FIELD(ENUM, split_mode)},
    [SET_TENSOR_SPLIT] = {"tensor_split", "-ts", FIELD(SHARES, tensor_split),
                          COUNTED(n_tensor_split)},
    [SET_MAIN_GPU] = {"main_gpu", "-mg", FIELD(U32, main_gpu)},
    [SET_N_CPU_MOE] = {"n_cpu_moe", "--n-cpu-moe", FIELD(U32, n_cpu_moe), .adds = true,
                       .special = "all", .special_on = "--cpu-moe", .special_value = N_CPU_MOE_ALL},
    [SET_OVERRIDE_TENSOR] = {"override_tensor", "-ot", FIELD(OVERRIDES, override_tensor),
                             .adds = true},
    [SET_LOAD_MODE] = {"load_mode", "--load-mode", FIELD(ENUM, load_mode)},
    [SET_CACHE_RAM] = {"cache_ram_mib", "--cache-ram", FIELD(I32, cache_ram_mib)},
    [SET_NUMA] = {"numa", "--numa", FIELD(ENUM, numa), .special = "off", .special_value = NUMA_OFF},
    [SET_SWA_FULL] = {"swa_full", "--swa-full", FIELD(SWITCH, swa_full), .extra = true},
    [SET_KV_OFFLOAD] = {"kv_offload", "--kv-offload", "--no-kv-offload", FIELD(SWITCH, kv_offload),
                        .extra = true},
    [SET_OP_OFFLOAD] = {"op_offload", "--op-offload", "--no-op-offload", FIELD(SWITCH, op_offload),
                        .extra = true},
    [SET_REPACK] = {"repack", "--repack", "--no-repack", FIELD(SWITCH, repack), .extra = true},
    [SET_FIT] = {"fit", "--fit", FIELD(BOOL, fit), .extra = true},
};

const struct option *bind_option(const struct binding *b)
{
    return option_find(TOOL_SERVER, b->on, NULL);
}

static bool is_row(const struct option *option, const char *word)
{
    return word && strcmp(option->key, option_find(TOOL_SERVER, word, NULL)->key) == 0;
}

const struct binding *bind_find(const struct option *option, bool *special)
{
    for (size_t id = 0; id < SET_COUNT; id++) {
        const struct binding *b = &bindings[id];
        if ((option->sets >> id & 1) == 0)
            continue;
        *special = is_row(option, b->special_on);
        if (*special || is_row(option, b->on))
            return b;
    }
    return NULL;
}

/* ---- fields ---- */

int64_t bind_get(const struct binding *b, const struct settings *s)
{
    const char *at = (const char *)s + b->offset;
    uint32_t bits = 0;
    int32_t number = 0;
    if (b->field == FIELD_BOOL || b->field == FIELD_SWITCH)
        return *(const bool *)at;
    if (b->field == FIELD_I32) {
        memcpy(&number, at, sizeof(number));
        return number;
    }
    memcpy(&bits, at, sizeof(bits));
    return bits;
}

void bind_put(const struct binding *b, struct settings *s, int64_t value)
{
    char *at = (char *)s + b->offset;
    uint32_t bits = (uint32_t)value; /* of an int32_t too: the same bits */
    if (b->field == FIELD_BOOL || b->field == FIELD_SWITCH)
        *(bool *)at = value != 0;
    else
        memcpy(at, &bits, sizeof(bits));
}

/* ---- reading ---- */

struct parsing {
    struct arena *arena;
    const struct binding *binding;
    const struct option *option; /* whose range and choices count */
    const char *text;
};

static const struct option_choice *find_word(const struct option *o, const char *word)
{
    for (const struct option_choice *c = o->choices; c && c->word; c++)
        if (strcmp(c->word, word) == 0)
            return c;
    return NULL;
}

/* The first word of a value is the one to write. */
static const char *word_of(const struct option *o, int64_t value)
{
    for (const struct option_choice *c = o->choices; c && c->word; c++)
        if (c->value == value)
            return c->word;
    return NULL;
}

/* "on, off, auto": one word for each value. */
static const char *list_choices(struct arena *a, const struct option *o)
{
    struct strbuf b = {0};
    for (const struct option_choice *c = o->choices; c && c->word; c++)
        if (word_of(o, c->value) == c->word)
            strbuf_addf(&b, "%s%s", b.len ? ", " : "", c->word);
    return strbuf_take(&b, a);
}

static bool parse_choice(const struct parsing *p, struct settings *s, struct err *err)
{
    const struct option_choice *choice = find_word(p->option, p->text);
    if (!choice)
        return err_set(err, ERR_USAGE, "\"%s\" is none of %s", p->text,
                       list_choices(p->arena, p->option));
    bind_put(p->binding, s, choice->value);
    return true;
}

static bool parse_number(const struct parsing *p, struct settings *s, struct err *err)
{
    const struct option *o = p->option;
    const char *text = p->text;
    long long n = 0;
    if (find_word(o, text))
        return parse_choice(p, s, err);
    if (!str_i64(str_from(text), &n)) {
        const char *words = list_choices(p->arena, o);
        return err_set(err, ERR_USAGE, "\"%s\" is not a whole number%s%s", text,
                       *words ? " and none of " : "", words);
    }
    if ((double)n < o->min)
        return err_set(err, ERR_USAGE, "\"%s\" is less than %.0f", text, o->min);
    if ((double)n > o->max)
        return err_set(err, ERR_USAGE, "\"%s\" is more than %.0f", text, o->max);
    bind_put(p->binding, s, n);
    return true;
}

static bool parse_names(const struct parsing *p, struct settings *s, struct err *err)
{
    const char *text = p->text;
    const char *found[SETTINGS_MAX_DEVICES] = {NULL};
    uint32_t n = 0;
    struct str rest = str_from(text), name;
    while (strcmp(text, "none") != 0 && str_cut(&rest, ',', &name)) {
        if (name.n == 0 || str_eq(name, "none"))
            return err_set(err, ERR_USAGE, "\"%s\" is not a list of devices", text);
        if (n == SETTINGS_MAX_DEVICES)
            return err_set(err, ERR_USAGE, "\"%s\" are more than %d devices", text,
                           SETTINGS_MAX_DEVICES);
        found[n++] = str_dup(p->arena, name);
    }
    memcpy(s->device, found, n * sizeof(*found));
    s->n_device = n;
    return true;
}

/* Commas and slashes separate, several of them as one (common/arg.cpp: --tensor-split); one share
 * fewer than llama_max_devices(), which is 16, is accepted. */
static bool parse_shares(const struct parsing *p, struct settings *s, struct err *err)
{
    const char *text = p->text;
    float found[SETTINGS_MAX_DEVICES];
    uint32_t n = 0;
    const char *at = text;
    while (*at) {
        struct str part = {at, strcspn(at, ",/")};
        double share = 0;
        if (!str_f64(part, &share) || !isfinite(share) || signbit(share) || share > FLT_MAX)
            break;
        if (n == SETTINGS_MAX_DEVICES - 1)
            return err_set(err, ERR_USAGE, "\"%s\" are more than %d shares", text,
                           SETTINGS_MAX_DEVICES - 1);
        found[n++] = (float)share;
        at += part.n;
        at += strspn(at, ",/");
    }
    if (*at || n == 0)
        return err_set(err, ERR_USAGE, "\"%s\" is not a list of shares such as 3,1", text);
    memcpy(s->tensor_split, found, n * sizeof(*found));
    s->n_tensor_split = n;
    return true;
}

/* common/arg.cpp: parse_tensor_buffer_overrides; whether the buffer exists only the engine knows.
 */
static bool parse_overrides(const struct parsing *p, struct settings *s, struct err *err)
{
    struct str rest = str_from(p->text), part;
    while (str_cut(&rest, ',', &part)) {
        const char *equals = part.n ? memchr(part.p, '=', part.n) : NULL;
        if (!equals || equals == part.p || equals == part.p + part.n - 1)
            return err_set(err, ERR_USAGE, "\"%.*s\" is not REGEX=BUFFER", (int)part.n,
                           part.n ? part.p : "");
    }
    s->override_tensor = arena_strdup(p->arena, p->text);
    return true;
}

/* ---- writing ---- */

/* The shortest decimal that reads back as the same float. */
static const char *share_text(struct arena *a, float share)
{
    const char *text = NULL;
    for (int digits = 6; digits <= 9; digits++) {
        text = arena_printf(a, "%.*g", digits, (double)share);
        if (strtof(text, NULL) == share)
            break;
    }
    return text;
}

static const char *text_number(struct arena *a, const struct binding *b, const struct settings *s)
{
    int64_t value = bind_get(b, s);
    if (b->special && value == b->special_value)
        return b->special;
    const char *word = word_of(bind_option(b), value);
    return word ? word : arena_printf(a, "%" PRId64, value);
}

static const char *text_switch(struct arena *a, const struct binding *b, const struct settings *s)
{
    (void)a;
    return bind_get(b, s) ? "on" : "off";
}

static const char *text_names(struct arena *a, const struct binding *b, const struct settings *s)
{
    (void)b;
    struct strbuf list = {0};
    for (uint32_t i = 0; i < s->n_device; i++)
        strbuf_addf(&list, "%s%s", i ? "," : "", s->device[i]);
    return s->n_device ? strbuf_take(&list, a) : "none";
}

static const char *text_shares(struct arena *a, const struct binding *b, const struct settings *s)
{
    (void)b;
    struct strbuf list = {0};
    for (uint32_t i = 0; i < s->n_tensor_split; i++)
        strbuf_addf(&list, "%s%s", i ? "," : "", share_text(a, s->tensor_split[i]));
    return strbuf_take(&list, a);
}

static const char *text_overrides(struct arena *a, const struct binding *b,
                                  const struct settings *s)
{
    (void)a;
    (void)b;
    return s->override_tensor ? s->override_tensor : "";
}

/* ---- kinds of fields ---- */

static const struct {
    bool (*parse)(const struct parsing *p, struct settings *s, struct err *err);
    const char *(*text)(struct arena *a, const struct binding *b, const struct settings *s);
} kinds[] = {
    [FIELD_U32] = {parse_number, text_number},
    [FIELD_I32] = {parse_number, text_number},
    [FIELD_ENUM] = {parse_choice, text_number},
    [FIELD_BOOL] = {parse_choice, text_switch},
    [FIELD_SWITCH] = {parse_choice, text_switch},
    [FIELD_NAMES] = {parse_names, text_names},
    [FIELD_SHARES] = {parse_shares, text_shares},
    [FIELD_OVERRIDES] = {parse_overrides, text_overrides},
};

bool bind_parse(struct arena *a, const struct binding *b, const struct option *option,
                const char *text, struct settings *s, struct err *err)
{
    /* a switch has no values of its own; where it stands as text it takes those of --fit */
    if (b->field == FIELD_SWITCH)
        option = bind_option(&bindings[SET_FIT]);
    struct parsing p = {a, b, option, text};
    return kinds[b->field].parse(&p, s, err);
}

const char *bind_text(struct arena *a, const struct binding *b, const struct settings *s)
{
    return kinds[b->field].text(a, b, s);
}
