/* Holds our choice of tensor types against `llama-quantize --dry-run` on ghosts and against
 * llama.cpp's own snapshots, and lets ggml expand random blocks of every type.
 *
 * TAILOR_TEST_LONG=1 compares all shapes and file types instead of a selection. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "live/tap.h"
#include "model/ggml_type.h"
#include "model/synth.h"
#include "model/synth_weights.h"
#include "os/dl.h"
#include "os/fs.h"
#include "os/proc.h"

enum { TIMEOUT_MS = 60000, OUTPUT_MAX = 16 << 20, FILE_TYPES = FILE_Q2_0 + 1 };

struct live {
    struct arena a;
    const char *engine;
    bool thorough;
    char dir[64];
};

/* What `make test` compares: every architecture's rules and every file type at least once. */
static const char *const selection[] = {
    "llama-3.1-8b", "llama-3.1-70b",    "qwen2-0.5b",  "qwen3-30b-a3b",   "gemma-3-12b",
    "gpt-oss-20b",  "deepseek-v2-lite", "mamba2-2.7b", "qwen3.5-35b-a3b", "mixtral-8x7b",
};

/* ---- llama-quantize --dry-run ---- */

struct listed {
    struct str name;
    uint64_t ne[4];
    uint32_t type;
};

static struct str up_to(struct str s, const char *end)
{
    const char *at = memmem(s.p, s.n, end, strlen(end));
    return at ? (struct str){s.p, (size_t)(at - s.p)} : s;
}

static struct str after(struct str s, const char *what)
{
    const char *at = memmem(s.p, s.n, what, strlen(what));
    if (!at)
        return (struct str){s.p + s.n, 0};
    at += strlen(what);
    return (struct str){at, s.n - (size_t)(at - s.p)};
}

/* "[   4/ 290] NAME  - [  896,  128,  1,  1], type =  f16, size = .. MiB -> .. MiB (q5_0)" */
static bool parse_line(struct arena *a, struct str line, struct listed *out)
{
    if (!str_starts(line, "["))
        return false;
    struct str rest = after(line, "] ");
    out->name = str_trim(up_to(rest, " - ["));
    struct str dims = up_to(after(rest, " - ["), "]"), dim;
    for (size_t i = 0; i < 4; i++) {
        unsigned long long n = 0;
        if (!str_cut(&dims, ',', &dim) || !str_u64(str_trim(dim), &n))
            return false;
        out->ne[i] = n;
    }
    struct str becomes = after(after(rest, " -> "), "(");
    struct str type = becomes.n ? up_to(becomes, ")") : up_to(after(rest, "type ="), ",");
    out->type = ggml_type_find(str_dup(a, str_trim(type)));
    return out->type != TYPE_COUNT;
}

static void compare(struct arena *a, struct tap *t, const char *what, struct str text,
                    const struct synth_model *m)
{
    struct str line;
    struct listed theirs;
    size_t n = 0;
    while (str_line(&text, &line)) {
        if (!parse_line(a, line, &theirs))
            continue;
        if (n == m->n) {
            tap_problem(t, "%s: llama-quantize lists more than %zu tensors", what, m->n);
            return;
        }
        const struct synth_tensor *ours = &m->tensors[n++];
        if (!str_eq(theirs.name, ours->name))
            tap_problem(t, "%s: tensor %zu is %s, not %.*s", what, n, ours->name,
                        (int)theirs.name.n, theirs.name.p);
        else if (memcmp(theirs.ne, ours->ne, sizeof(theirs.ne)) != 0)
            tap_problem(t, "%s: %s has other dimensions", what, ours->name);
        else if (theirs.type != ours->type)
            tap_problem(t, "%s: %s is %s, not %s", what, ours->name,
                        ggml_type_get(ours->type)->name, ggml_type_get(theirs.type)->name);
    }
    if (n != m->n)
        tap_problem(t, "%s: llama-quantize lists %zu of %zu tensors", what, n, m->n);
}

static void compare_file_type(struct live *l, struct tap *t, const struct synth_spec *source,
                              const char *path, uint32_t file_type)
{
    struct arena a = {0};
    struct err err = {0};
    struct proc_output out;
    struct synth_model m;
    struct synth_spec spec = *source;
    const char *name = file_type == FILE_MXFP4 ? "MXFP4_MOE" : file_type_name(file_type);
    const char *what = arena_printf(&a, "%s:%s", spec.shape.name, name);
    const char *argv[] = {path_join(&a, l->engine, "llama-quantize"), "--dry-run", path, name,
                          NULL};
    struct proc_spec run = {.argv = argv, .err = PROC_PIPE};
    spec.file_type = file_type;
    synth_header(&a, &spec, &m);
    if (!proc_capture(&a, &run, TIMEOUT_MS, OUTPUT_MAX, &out, &err))
        tap_problem(t, "%s: %s", what, err.cause);
    else if (out.exit_code != 0)
        tap_problem(t, "%s: llama-quantize ended with status %d", what, out.exit_code);
    else
        compare(&a, t, what, out.text, &m);
    arena_release(&a);
}

static void compare_shape(struct live *l, struct tap *t, const char *name)
{
    struct err err = {0};
    struct synth_spec spec = {.file_type = FILE_F16, .tokens = SYNTH_NO_VOCAB};
    const char *path = path_join(&l->a, l->dir, "source.gguf");
    shape_find(name, &spec.shape);
    if (!synth_write(&spec, path, NULL, &err)) {
        tap_problem(t, "%s: %s", name, err.cause);
        return;
    }
    for (uint32_t id = 0; id < FILE_TYPES; id++) {
        uint32_t type = quant_default_type(id);
        if (type != TYPE_COUNT && ggml_type_get(type)->quantized &&
            (id != FILE_MXFP4 || spec.shape.n_expert))
            compare_file_type(l, t, &spec, path, id);
    }
}

static void quantize_agrees(struct tap *t, void *state)
{
    struct live *l = state;
    size_t n;
    const struct shape *list = shape_list(&n);
    if (!l->thorough) {
        for (size_t i = 0; i < COUNT_OF(selection); i++)
            compare_shape(l, t, selection[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        compare_shape(l, t, list[i].name);
}

/* ---- llama.cpp's snapshots, where its source lies beside the programs ---- */

static const struct {
    const char *file, *shape;
} snapshots[] = {
    {"deepseek-v3.1", "deepseek-v3"},
    {"gemma-3-4b-it", "gemma-3-4b"},
    {"glm-4.6v", "glm-4.5-air"},
    {"gpt-oss-120b", "gpt-oss-120b"},
    {"meta-llama-3.1-70b-instruct", "llama-3.1-70b"},
    {"nvidia-nemotron-3-nano-30b-a3b", "nemotron-3-nano-30b-a3b"},
    {"qwen3-0.6b", "qwen3-0.6b"},
    {"qwen3-14b", "qwen3-14b"},
    {"qwen3-coder-next", "qwen3-coder-next"},
    {"qwen3.5-397b-a17b", "qwen3.5-397b-a17b"},
    {"qwen3.6-27b", "qwen3.6-27b"},
};

static const char *snapshot_dir(struct live *l)
{
    static const char *const places[] = {"../src/tests/snapshots", "../../src/tests/snapshots"};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const char *dir = path_join(&l->a, l->engine, places[i]);
        if (fs_stat(fs_real(), dir).kind == FS_DIR)
            return dir;
    }
    return NULL;
}

/* Lines "NAME TYPE" of one "[FILE TYPE] default" section; all other tensors have the default. */
static void compare_section(struct arena *a, struct tap *t, struct synth_spec *spec,
                            struct str lines)
{
    struct synth_model m;
    struct str line, name;
    size_t differing = 0, listed = 0;
    synth_header(a, spec, &m);
    for (size_t i = 0; i < m.n; i++) {
        const struct synth_tensor *tensor = &m.tensors[i];
        struct quant_tensor q = {.name = tensor->name};
        memcpy(q.ne, tensor->ne, sizeof(q.ne));
        differing += quant_allowed(&q) && tensor->type != quant_default_type(spec->file_type);
    }
    for (size_t at = 0; str_line(&lines, &line);) { /* both stand in quant_order */
        struct str rest = line;
        if (!line.n || !str_cut(&rest, ' ', &name))
            continue;
        while (at < m.n && !str_eq(name, m.tensors[at].name))
            at++;
        uint32_t type = ggml_type_find(str_dup(a, str_trim(rest)));
        if (at == m.n)
            tap_problem(t, "%s has no tensor %.*s", spec->shape.name, (int)name.n, name.p);
        else if (m.tensors[at].type != type)
            tap_problem(t, "%s:%s: %s is %s, not %s", spec->shape.name,
                        file_type_name(spec->file_type), m.tensors[at].name,
                        ggml_type_get(m.tensors[at].type)->name, ggml_type_get(type)->name);
        if (at == m.n)
            return;
        listed++;
    }
    if (listed != differing)
        tap_problem(t, "%s:%s: %zu tensors differ from the default, not %zu", spec->shape.name,
                    file_type_name(spec->file_type), differing, listed);
}

static void compare_snapshot(struct arena *a, struct tap *t, const char *shape, struct str text)
{
    struct synth_spec spec = {.tokens = SYNTH_NO_VOCAB};
    shape_find(shape, &spec.shape);
    synth_drop_nextn(&spec); /* the snapshots were taken from files without */
    struct str section = after(text, "\n[");
    while (section.n) {
        struct str body = up_to(section, "\n["), first;
        const char *name = str_dup(a, up_to(body, "]"));
        section = after(section, "\n[");
        str_line(&body, &first);
        if (strcmp(name, "MXFP4_MOE") == 0)
            name = "MXFP4";
        if (strcmp(name, "MXFP4") == 0 && !spec.shape.n_expert)
            continue;
        if (file_type_find(name, &spec.file_type) &&
            quant_default_type(spec.file_type) != TYPE_COUNT &&
            ggml_type_get(quant_default_type(spec.file_type))->quantized)
            compare_section(a, t, &spec, body);
    }
}

static void snapshots_agree(struct tap *t, void *state)
{
    struct live *l = state;
    const char *dir = snapshot_dir(l);
    if (!dir) {
        t->skipped = "the engine's source is not beside its programs";
        return;
    }
    for (size_t i = 0; i < COUNT_OF(snapshots); i++) {
        struct arena a = {0};
        struct err err = {0};
        struct str text;
        const char *file = arena_printf(&a, "%s/%s.schema", dir, snapshots[i].file);
        if (fs_read(fs_real(), &a, file, OUTPUT_MAX, &text, &err))
            compare_snapshot(&a, t, snapshots[i].shape, text);
        else
            tap_problem(t, "%s", err.cause);
        arena_release(&a);
    }
}

/* ---- what ggml makes of our random blocks ---- */

typedef void expand_row(const void *blocks, float *out, int64_t n);
typedef int64_t block_elems(int id);
typedef size_t block_bytes(int id);
typedef bool validate_rows(int id, const void *data, size_t n);

static block_elems *engine_block_elems;
static block_bytes *engine_block_bytes;
static validate_rows *engine_validate;

static struct {
    const char *symbol;
    uint32_t type;
    expand_row *expand;
} expanders[] = {
    {"dequantize_row_q4_0", TYPE_Q4_0, 0},       {"dequantize_row_q4_1", TYPE_Q4_1, 0},
    {"dequantize_row_q5_0", TYPE_Q5_0, 0},       {"dequantize_row_q5_1", TYPE_Q5_1, 0},
    {"dequantize_row_q8_0", TYPE_Q8_0, 0},       {"dequantize_row_q2_K", TYPE_Q2_K, 0},
    {"dequantize_row_q3_K", TYPE_Q3_K, 0},       {"dequantize_row_q4_K", TYPE_Q4_K, 0},
    {"dequantize_row_q5_K", TYPE_Q5_K, 0},       {"dequantize_row_q6_K", TYPE_Q6_K, 0},
    {"dequantize_row_iq2_xxs", TYPE_IQ2_XXS, 0}, {"dequantize_row_iq2_xs", TYPE_IQ2_XS, 0},
    {"dequantize_row_iq2_s", TYPE_IQ2_S, 0},     {"dequantize_row_iq3_xxs", TYPE_IQ3_XXS, 0},
    {"dequantize_row_iq3_s", TYPE_IQ3_S, 0},     {"dequantize_row_iq1_s", TYPE_IQ1_S, 0},
    {"dequantize_row_iq1_m", TYPE_IQ1_M, 0},     {"dequantize_row_iq4_nl", TYPE_IQ4_NL, 0},
    {"dequantize_row_iq4_xs", TYPE_IQ4_XS, 0},   {"dequantize_row_tq1_0", TYPE_TQ1_0, 0},
    {"dequantize_row_tq2_0", TYPE_TQ2_0, 0},     {"dequantize_row_q2_0", TYPE_Q2_0, 0},
    {"dequantize_row_mxfp4", TYPE_MXFP4, 0},
};

static bool open_ggml(struct live *l, struct err *err)
{
    struct dl_symbol symbols[COUNT_OF(expanders) + 3] = {
        {"ggml_blck_size", &engine_block_elems, true},
        {"ggml_type_size", &engine_block_bytes, true},
        {"ggml_validate_row_data", &engine_validate, true},
    };
    for (size_t i = 0; i < COUNT_OF(expanders); i++)
        symbols[i + 3] = (struct dl_symbol){expanders[i].symbol, &expanders[i].expand, true};
    const char *names[] = {path_join(&l->a, l->engine, "libggml-base.so"),
                           path_join(&l->a, l->engine, "../lib/libggml-base.so"), NULL};
    return dl_open(names, symbols, COUNT_OF(symbols), err);
}

static void types_have_ggmls_sizes(struct tap *t, void *state)
{
    struct err err = {0};
    if (!open_ggml(state, &err)) {
        tap_problem(t, "%s", err.cause);
        return;
    }
    for (uint32_t id = 0; id < TYPE_COUNT; id++) {
        const struct ggml_type *type = ggml_type_get(id);
        if (type && (engine_block_elems((int)id) != (int64_t)type->block_elems ||
                     engine_block_bytes((int)id) != type->block_bytes))
            tap_problem(t, "%s: blocks of another size", type->name);
    }
}

static void check_values(struct tap *t, const char *name, const float *v, size_t n, double want)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i];
        squares += (double)v[i] * (double)v[i];
    }
    double rms = sqrt(squares / (double)n), mean = sum / (double)n;
    if (!isfinite(rms) || fabs(rms / want - 1) > 0.3)
        tap_problem(t, "%s: root mean square %g, not about %g", name, rms, want);
    if (fabs(mean) > 0.45 * want) /* two-bit types are lopsided: -1, 0, 1, 2 */
        tap_problem(t, "%s: mean %g", name, mean);
}

static void random_blocks_are_sane(struct tap *t, void *state)
{
    enum { WIDTH = 4096, ROWS = 16 };
    struct err err = {0};
    struct arena a = {0};
    if (!open_ggml(state, &err)) {
        tap_problem(t, "%s", err.cause);
        return;
    }
    float *values = arena_array(&a, (size_t)WIDTH * ROWS, sizeof(*values));
    for (size_t i = 0; i < COUNT_OF(expanders); i++) {
        const struct ggml_type *type = ggml_type_get(expanders[i].type);
        size_t bytes = (size_t)ggml_type_row_bytes(type, (uint64_t)WIDTH * ROWS);
        unsigned char *blocks = arena_alloc(&a, bytes);
        const struct synth_fill fill = {
            .name = "blk.0.ffn_up.weight", .type = expanders[i].type, .width = WIDTH, .seed = 1};
        synth_fill(&fill, 0, blocks, bytes);
        expanders[i].expand(blocks, values, (int64_t)WIDTH * ROWS);
        check_values(t, type->name, values, (size_t)WIDTH * ROWS, 1 / sqrt((double)WIDTH));
        if (!engine_validate((int)expanders[i].type, blocks, bytes))
            tap_problem(t, "%s: ggml calls the data invalid", type->name);
    }
    arena_release(&a);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"llama-quantize gives every tensor the same type", quantize_agrees},
        {"llama.cpp's snapshots agree", snapshots_agree},
        {"tensor types have ggml's block sizes", types_have_ggmls_sizes},
        {"ggml expands random blocks of every type to sane values", random_blocks_are_sane},
    };
    const char *thorough = getenv("TAILOR_TEST_LONG");
    struct live l = {.engine = getenv("TAILOR_TEST_ENGINE"), .thorough = thorough && *thorough};
    struct err err = {0};
    const char *skip = l.engine && *l.engine ? NULL : "TAILOR_TEST_ENGINE is not set";
    strcpy(l.dir, "/tmp/tailor-live-XXXXXX");
    if (!skip && !mkdtemp(l.dir)) {
        printf("Bail out! no temporary folder\n");
        return 1;
    }
    int status = tap_run(tests, COUNT_OF(tests), skip, &l);
    if (!skip) {
        const char *remove[] = {"rm", "-rf", l.dir, NULL};
        struct proc_output out;
        proc_capture(&l.a, &(struct proc_spec){.argv = remove}, 5000, 100, &out, &err);
    }
    arena_release(&l.a);
    return status;
}
