#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/cursor.h"
#include "model/ggml_type.h"
#include "model/gguf_writer.h"
#include "model/model.h"
#include "model/synth.h"
#include "os/fs.h"
#include "test.h"

/* ---- a reader of its own, so that the writer's mistakes are not mirrored ---- */

struct array {
    uint32_t of;
    uint64_t n;
    struct cursor at; /* at the first element */
};

struct parsed {
    uint64_t n_tensors, n_keys;
    struct array tokens, types, scores, merges;
    struct str arch, synthetic, vocab_model;
    uint64_t file_type, bos, eos, block_count, vocab_size;
    struct cursor tensors; /* at the first tensor */
};

static struct str read_str(struct cursor *c)
{
    uint64_t n = cursor_u64(c);
    return cursor_bytes(c, n);
}

static uint64_t read_value(struct cursor *c, uint32_t type, struct array *array, struct str *s)
{
    static const unsigned sizes[] = {[4] = 4, [5] = 4, [6] = 4, [7] = 1};
    if (type == 8) {
        *s = read_str(c);
        return 0;
    }
    if (type == 9) {
        array->of = cursor_u32(c);
        array->n = cursor_u64(c);
        array->at = *c;
        for (uint64_t i = 0; i < array->n && cursor_ok(c); i++)
            read_value(c, array->of, NULL, s);
        return 0;
    }
    assert_true(type < COUNT_OF(sizes) && sizes[type]);
    if (sizes[type] == 1)
        return cursor_u8(c);
    return cursor_u32(c);
}

static void read_key(struct cursor *c, struct parsed *out)
{
    struct str key = read_str(c), s = {0};
    struct array array = {0};
    uint64_t v = read_value(c, cursor_u32(c), &array, &s);
    if (str_eq(key, "tokenizer.ggml.tokens"))
        out->tokens = array;
    else if (str_eq(key, "tokenizer.ggml.token_type"))
        out->types = array;
    else if (str_eq(key, "tokenizer.ggml.scores"))
        out->scores = array;
    else if (str_eq(key, "tokenizer.ggml.merges"))
        out->merges = array;
    else if (str_eq(key, "tokenizer.ggml.model"))
        out->vocab_model = s;
    else if (str_eq(key, "general.architecture"))
        out->arch = s;
    else if (str_eq(key, SYNTH_KEY))
        out->synthetic = s;
    else if (str_eq(key, "general.file_type"))
        out->file_type = v;
    else if (str_eq(key, "tokenizer.ggml.bos_token_id"))
        out->bos = v;
    else if (str_eq(key, "tokenizer.ggml.eos_token_id"))
        out->eos = v;
    else if (str_ends(key, ".block_count"))
        out->block_count = v;
    else if (str_ends(key, ".vocab_size"))
        out->vocab_size = v;
}

/* Walks the whole header and compares its tensors with the list. */
static struct parsed parse(const struct synth_model *m)
{
    struct err err = {0};
    struct parsed out = {0};
    struct cursor c = cursor_over(m->header.p, m->header.n, &err);
    assert_true(str_eq(cursor_bytes(&c, 4), "GGUF"));
    assert_int_equal(cursor_u32(&c), 3);
    out.n_tensors = cursor_u64(&c);
    out.n_keys = cursor_u64(&c);
    for (uint64_t i = 0; i < out.n_keys && cursor_ok(&c); i++)
        read_key(&c, &out);
    out.tensors = c;
    assert_int_equal(out.n_tensors, m->n);
    for (size_t i = 0; i < m->n; i++) {
        const struct synth_tensor *t = &m->tensors[i];
        assert_true(str_eq(read_str(&c), t->name));
        uint32_t n_dims = cursor_u32(&c);
        for (uint32_t d = 0; d < 4; d++)
            assert_int_equal(d < n_dims ? cursor_u64(&c) : 1, t->ne[d]);
        assert_int_equal(cursor_u32(&c), t->type);
        assert_int_equal(cursor_u64(&c) + m->header.n, t->at);
    }
    CHECK_OK(cursor_ok(&c), &err);
    assert_true(cursor_left(&c) < GGUF_DEFAULT_ALIGNMENT &&
                m->header.n % GGUF_DEFAULT_ALIGNMENT == 0);
    return out;
}

/* ---- helpers ---- */

static struct synth_spec spec_of(const char *text)
{
    struct synth_spec spec;
    struct err err = {0};
    CHECK_OK(synth_parse(text, &spec, &err), &err);
    return spec;
}

static int by_text(const void *a, const void *b)
{
    const struct str *left = a, *right = b;
    size_t n = left->n < right->n ? left->n : right->n;
    int order = memcmp(left->p, right->p, n);
    return order ? order : (left->n > right->n) - (left->n < right->n);
}

static struct str *sorted_strings(struct arena *a, const struct array *array)
{
    struct cursor c = array->at;
    struct str *list = arena_array(a, (size_t)array->n, sizeof(*list));
    for (uint64_t i = 0; i < array->n; i++)
        list[i] = read_str(&c);
    qsort(list, (size_t)array->n, sizeof(*list), by_text);
    return list;
}

static bool has(const struct str *list, uint64_t n, struct str s)
{
    return bsearch(&s, list, (size_t)n, sizeof(s), by_text) != NULL;
}

/* ---- tests ---- */

static void specs_are_parsed_and_mistakes_are_answered(void **state)
{
    (void)state;
    struct synth_spec spec = {0};
    struct err err = {0};
    CHECK_OK(synth_parse("gpt-oss-20b:mxfp4", &spec, &err), &err);
    assert_string_equal(spec.shape.name, "gpt-oss-20b");
    assert_int_equal(spec.file_type, FILE_MXFP4);
    CHECK_OK(synth_parse("qwen3-8b:q4_k_m", &spec, &err), &err);
    assert_int_equal(spec.file_type, FILE_Q4_K_M);

    assert_false(synth_parse("lama-3.1-8b:Q4_K_M", &spec, &err));
    CHECK_ERR(&err, "unknown shape \"lama-3.1-8b\"; did you mean llama-3.1-8b");
    assert_false(synth_parse("Llama3.1_8B:Q4_K_M", &spec, &err));
    CHECK_ERR(&err, "did you mean llama-3.1-8b,");
    assert_false(synth_parse("nosuch:Q4_0", &spec, &err));
    CHECK_ERR(&err, "unknown shape \"nosuch\"; tailor synth --list names");
    CHECK_OK(synth_parse("shape:qwen3-8b:Q4_K_M", &spec, &err), &err);
    assert_string_equal(spec.shape.name, "qwen3-8b");
    assert_false(synth_parse("qwen3-8b:Q4_K_XL", &spec, &err));
    CHECK_ERR(&err, "unknown quantization \"Q4_K_XL\"");
    CHECK_ERR(&err, "Q4_K_M");
    assert_false(synth_parse("qwen3-8b:NVFP4", &spec, &err));
    assert_false(synth_parse("qwen3-8b", &spec, &err));
    CHECK_ERR(&err, "write for example qwen3-8b:Q4_K_M");
    assert_false(synth_parse("qwen3-8b:", &spec, &err));
    assert_false(synth_parse("", &spec, &err));
    assert_false(synth_parse(":Q4_K_M", &spec, &err));
    assert_false(synth_parse("qwen3-8b:MXFP4", &spec, &err));
    CHECK_ERR(&err, "MXFP4 is for experts and qwen3-8b has none");
    char longest[5000];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_false(synth_parse(longest, &spec, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(spec.file_type, FILE_Q4_K_M); /* left alone */
}

static void headers_of_all_shapes_are_well_formed(void **state)
{
    (void)state;
    static const char *const quants[] = {"F16", "Q4_K_M", "IQ2_XS"};
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        struct arena a = {0};
        struct synth_model m;
        struct synth_spec spec =
            spec_of(arena_printf(&a, "%s:%s", list[i].name, quants[i % COUNT_OF(quants)]));
        spec.tokens = SYNTH_NO_VOCAB;
        synth_header(&a, &spec, &m);
        struct parsed p = parse(&m);
        assert_true(str_eq(p.arch, spec.shape.arch));
        assert_true(str_eq(p.synthetic, "ghost"));
        assert_true(str_eq(p.vocab_model, "no_vocab"));
        assert_int_equal(p.vocab_size, spec.shape.n_vocab);
        assert_int_equal(p.block_count, spec.shape.n_layer + spec.shape.n_nextn);
        assert_int_equal(p.file_type, spec.file_type);
        assert_true(m.header.n < 128 * 1024); /* planning parses it every time */
        arena_release(&a);
    }
}

static void our_reader_finds_the_figures_of_every_shape(void **state)
{
    (void)state;
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct synth_model made;
        struct gguf gguf;
        struct model m;
        struct synth_spec spec = spec_of(arena_printf(&a, "%s:Q4_K_M", list[i].name));
        const struct shape *s = &spec.shape;
        spec.tokens = SYNTH_NO_VOCAB;
        synth_header(&a, &spec, &made);
        CHECK_OK(gguf_parse(&a, made.header, made.size, &gguf, &err), &err);
        CHECK_OK(model_from_gguf(&a, &gguf, 1, &m, &err), &err);
        bool same = m.arch && m.n_layer == s->n_layer && m.n_layer_nextn == s->n_nextn &&
                    m.n_embd == s->n_embd && m.n_vocab == s->n_vocab && m.n_expert == s->n_expert &&
                    m.n_ctx_train == s->n_ctx && m.weights_bytes == made.weights_bytes &&
                    m.n_tensors == made.n && m.causal == !s->pooling && m.synthetic &&
                    strcmp(m.synthetic, "ghost") == 0;
        for (uint32_t k = 0; same && k < m.n_layer; k++)
            same = m.layers[k].recurrent == ((shape_block(s, k) & BLOCK_RECR) != 0);
        if (!same)
            fail_msg("%s", s->name);
        arena_release(&a);
    }
}

static void tensors_lie_one_behind_the_other(void **state)
{
    (void)state;
    struct arena a = {0};
    struct synth_model m;
    struct synth_spec spec = spec_of("qwen3-30b-a3b:Q4_K_M");
    synth_header(&a, &spec, &m);
    uint64_t at = m.header.n, sum = 0;
    for (size_t i = 0; i < m.n; i++) {
        const struct synth_tensor *t = &m.tensors[i];
        const struct ggml_type *type = ggml_type_get(t->type);
        assert_int_equal(t->at, at);
        assert_int_equal(t->at % GGUF_DEFAULT_ALIGNMENT, 0);
        assert_int_equal(t->bytes,
                         t->ne[0] * t->ne[1] * t->ne[2] / type->block_elems * type->block_bytes);
        at += (t->bytes + GGUF_DEFAULT_ALIGNMENT - 1) / GGUF_DEFAULT_ALIGNMENT *
              GGUF_DEFAULT_ALIGNMENT;
        sum += t->bytes;
    }
    assert_int_equal(m.size, at);
    assert_int_equal(m.weights_bytes, sum);
    arena_release(&a);
}

/* Published files are as large as ours, but for the header (their vocabulary is 7.8, 5.9 and about
 * 13 MB long). */
static void sizes_are_those_of_published_files(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint64_t published, header_low, header_high;
    } cases[] = {
        {"llama-3.1-8b:Q4_K_M", UINT64_C(4920739232), 7700000, 8000000},
        {"qwen2-0.5b:Q4_K_M", UINT64_C(397807936), 5800000, 6100000},
        {"gpt-oss-20b:MXFP4", UINT64_C(12109566560), 12500000, 13500000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct synth_model m;
        struct synth_spec spec = spec_of(cases[i].spec);
        spec.tokens = SYNTH_NO_VOCAB;
        synth_header(&a, &spec, &m);
        uint64_t header = cases[i].published - m.weights_bytes;
        if (header < cases[i].header_low || header > cases[i].header_high)
            fail_msg("%s: %llu bytes", cases[i].spec, (unsigned long long)m.weights_bytes);
        arena_release(&a);
    }
}

static void check_vocabulary(struct arena *a, const struct synth_model *m, const struct shape *s)
{
    struct parsed p = parse(m);
    const struct vocab *v = vocab_get(s->vocab);
    assert_int_equal(p.tokens.n, s->n_vocab);
    assert_int_equal(p.types.n, s->n_vocab);
    assert_int_equal(p.scores.n, v->kind == VOCAB_SPM || v->kind == VOCAB_UGM ? s->n_vocab : 0);
    assert_int_equal(p.merges.n, v->n_merges);
    struct str *tokens = sorted_strings(a, &p.tokens);
    for (uint64_t i = 1; i < p.tokens.n; i++)
        if (by_text(&tokens[i - 1], &tokens[i]) >= 0)
            fail_msg("%s: token \"%.*s\" is there twice", s->name, (int)tokens[i].n, tokens[i].p);
    struct str *merges = sorted_strings(a, &p.merges);
    for (uint64_t i = 0; i < p.merges.n; i++) {
        struct str rest = merges[i], left = {0};
        char joined[64];
        assert_true(str_cut(&rest, ' ', &left) && left.n + rest.n < sizeof(joined));
        memcpy(joined, left.p, left.n);
        memcpy(joined + left.n, rest.p, rest.n);
        assert_true(has(tokens, p.tokens.n, left) && has(tokens, p.tokens.n, rest));
        assert_true(has(tokens, p.tokens.n, (struct str){joined, left.n + rest.n}));
        if (i)
            assert_true(by_text(&merges[i - 1], &merges[i]) < 0);
    }
    for (const struct vocab_special *special = v->specials; special->text; special++)
        assert_true(has(tokens, p.tokens.n, str_from(special->text)));
    if (v->bos != VOCAB_NONE)
        assert_int_equal(p.bos, v->bos);
    if (v->eos != VOCAB_NONE)
        assert_int_equal(p.eos, v->eos);
}

static void vocabularies_are_whole_and_merges_valid(void **state)
{
    (void)state;
    size_t n;
    bool seen[VOCAB_BERT + 1] = {false};
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (seen[list[i].vocab])
            continue;
        seen[list[i].vocab] = true;
        struct arena a = {0};
        struct synth_model m;
        struct synth_spec spec = spec_of(arena_printf(&a, "%s:Q8_0", list[i].name));
        synth_header(&a, &spec, &m);
        check_vocabulary(&a, &m, &spec.shape);
        arena_release(&a);
    }
}

/* The vocabulary of a real Llama 3 header takes 7.8 MB. */
static void the_header_is_as_long_as_a_real_one(void **state)
{
    (void)state;
    struct arena a = {0};
    struct synth_model m;
    struct synth_spec spec = spec_of("llama-3.1-8b:Q4_K_M");
    synth_header(&a, &spec, &m);
    assert_true(m.header.n > 7000000 && m.header.n < 8600000);
    arena_release(&a);
}

static void shapes_can_be_cut_short(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct synth_model m;
    struct synth_spec spec = spec_of("qwen3.5-35b-a3b:Q4_K_M");
    assert_false(synth_cut(&spec, 0, &err));
    assert_false(synth_cut(&spec, 41, &err));
    CHECK_ERR(&err, "1 to 40 layers, not 41");
    CHECK_OK(synth_cut(&spec, 4, &err), &err);
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&a, &spec, &m);
    assert_int_equal(parse(&m).block_count, 5);
    synth_drop_nextn(&spec);
    synth_header(&a, &spec, &m);
    assert_int_equal(parse(&m).block_count, 4);
    assert_null(strstr(m.tensors[m.n - 1].name, "nextn"));
    spec = spec_of("deepseek-v2-lite:Q4_K_M"); /* must say that it has no low-rank query */
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&a, &spec, &m);
    uint64_t n_keys = parse(&m).n_keys;
    CHECK_OK(synth_cut(&spec, 2, &err), &err);
    synth_header(&a, &spec, &m);
    assert_int_equal(parse(&m).n_keys, n_keys + 1);
    arena_release(&a);
}

struct folder {
    char dir[64];
    struct arena a;
    struct err err;
};

static int make_folder(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    strcpy(f->dir, "/tmp/tailor-test-XXXXXX");
    *state = f;
    return f && mkdtemp(f->dir) ? 0 : -1;
}

static int drop_folder(void **state)
{
    struct folder *f = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    int status = system(command);
    arena_release(&f->a);
    free(f);
    return status;
}

static void a_ghost_has_its_true_size_and_takes_no_room(void **state)
{
    struct folder *f = *state;
    struct synth_model m;
    struct stat st;
    struct fs_map map;
    struct synth_spec spec = spec_of("qwen3-235b-a22b:Q4_K_M");
    const char *path = path_join(&f->a, f->dir, "x.gguf");
    CHECK_OK(synth_write(&spec, path, NULL, &f->err), &f->err);
    synth_header(&f->a, &spec, &m);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, m.size);
    assert_true(st.st_size > (off_t)100 << 30 && (uint64_t)st.st_blocks * 512 < 16 << 20);
    CHECK_OK(fs_map(fs_real(), path, &map, &f->err), &f->err);
    assert_memory_equal(map.p, m.header.p, m.header.n);
    fs_unmap(&map);
}

static void random_files_repeat_and_fill_every_tensor(void **state)
{
    struct folder *f = *state;
    struct fs_map one, two;
    struct synth_model m;
    struct synth_spec spec = spec_of("nomic-embed-text-v1.5:Q2_K");
    const char *a = path_join(&f->a, f->dir, "a"), *b = path_join(&f->a, f->dir, "b");
    CHECK_OK(synth_cut(&spec, 1, &f->err), &f->err);
    spec.data = SYNTH_RANDOM;
    CHECK_OK(synth_write(&spec, a, NULL, &f->err), &f->err);
    CHECK_OK(synth_write(&spec, b, NULL, &f->err), &f->err);
    CHECK_OK(fs_map(fs_real(), a, &one, &f->err) && fs_map(fs_real(), b, &two, &f->err), &f->err);
    synth_header(&f->a, &spec, &m);
    assert_true(str_eq(parse(&m).synthetic, "random"));
    assert_int_equal(one.size, m.size);
    assert_int_equal(two.size, m.size);
    assert_int_equal(memcmp(one.p, two.p, m.size), 0);
    for (size_t i = 0; i < m.n; i++) {
        uint64_t zeros = 0;
        for (uint64_t k = 0; k < m.tensors[i].bytes; k++)
            zeros += one.p[m.tensors[i].at + k] == 0;
        if (zeros > m.tensors[i].bytes / 4)
            fail_msg("%s is empty", m.tensors[i].name);
    }
    fs_unmap(&one);
    fs_unmap(&two);
}

static bool at_once(void *user)
{
    (void)user;
    return true;
}

static void note(void *user, uint64_t done, uint64_t total)
{
    uint64_t *last = user;
    assert_true(done >= *last && done <= total);
    *last = done;
}

static void an_interrupted_file_is_not_there(void **state)
{
    struct folder *f = *state;
    uint64_t last = 0;
    struct synth_watch watch = {.progress = note, .cancelled = at_once, .user = &last};
    struct synth_spec spec = spec_of("nomic-embed-text-v1.5:Q2_K");
    const char *path = path_join(&f->a, f->dir, "x");
    spec.data = SYNTH_RANDOM;
    assert_false(synth_write(&spec, path, &watch, &f->err));
    assert_int_equal(f->err.code, ERR_INTERRUPTED);
    assert_true(last > 0);
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 0);
    assert_false(synth_write(&spec, path_join(&f->a, f->dir, "no/x"), NULL, &f->err));
    CHECK_ERR(&f->err, "cannot write");
}

int main(void)
{
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(specs_are_parsed_and_mistakes_are_answered),
        TEST(headers_of_all_shapes_are_well_formed),
        TEST(our_reader_finds_the_figures_of_every_shape),
        TEST(tensors_lie_one_behind_the_other),
        TEST(sizes_are_those_of_published_files),
        TEST(vocabularies_are_whole_and_merges_valid),
        TEST(the_header_is_as_long_as_a_real_one),
        TEST(shapes_can_be_cut_short),
        FOLDER_TEST(a_ghost_has_its_true_size_and_takes_no_room),
        FOLDER_TEST(random_files_repeat_and_fill_every_tensor),
        FOLDER_TEST(an_interrupted_file_is_not_there),
    };
    return RUN_TESTS(tests);
}
