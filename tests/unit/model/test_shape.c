#include "base/attr.h"
#include "model/ggml_type.h"
#include "model/shape.h"
#include "test.h"

/* Parameters as published (Hugging Face counts the safetensors, llama.cpp prints "model params").
 * Llama 3 files carry rope_freqs on top; token embeddings of Gemma 3 are cut to 262,144; BGE M3
 * loses its pooler and two position rows; MTP heads are not counted except for GLM. */
static const struct {
    const char *name;
    uint64_t params;
} published[] = {
    {"bge-m3", UINT64_C(566703104)},
    {"command-r", UINT64_C(32296476672)},
    {"deepseek-v2-lite", UINT64_C(15706484224)},
    {"deepseek-v3", UINT64_C(671026419200)},
    {"falcon-h1-0.5b", UINT64_C(521411104)},
    {"gemma-2-27b", UINT64_C(27227128320)},
    {"gemma-2-2b", UINT64_C(2614341888)},
    {"gemma-2-9b", UINT64_C(9241705984)},
    {"gemma-3-12b", UINT64_C(11765788416)},
    {"gemma-3-1b", UINT64_C(999885952)},
    {"gemma-3-27b", UINT64_C(27009346304) - 64 * UINT64_C(5376)},
    {"gemma-3-4b", UINT64_C(3880099328)},
    {"gpt-oss-120b", UINT64_C(116829156672)},
    {"gpt-oss-20b", UINT64_C(20914757184)},
    {"granite-4.0-h-micro", UINT64_C(3191396096)},
    {"granite-4.0-h-tiny", UINT64_C(6939037248)},
    {"lfm2-1.2b", UINT64_C(1170340608)},
    {"llama-2-13b", UINT64_C(13015864320)},
    {"llama-2-7b", UINT64_C(6738415616)},
    {"llama-3.1-405b", UINT64_C(405853388800) + 64},
    {"llama-3.1-70b", UINT64_C(70553706496) + 64},
    {"llama-3.1-8b", UINT64_C(8030261248) + 64},
    {"llama-3.2-1b", UINT64_C(1235814400) + 32},
    {"llama-3.2-3b", UINT64_C(3212749824) + 64},
    {"mamba2-2.7b", UINT64_C(2702599680)},
    {"mistral-7b", UINT64_C(7248023552)},
    {"mistral-large-123b", UINT64_C(122610069504)},
    {"mistral-nemo-12b", UINT64_C(12247782400)},
    {"mistral-small-24b", UINT64_C(23572403200)},
    {"mixtral-8x7b", UINT64_C(46702792704)},
    {"nemotron-3-nano-30b-a3b", UINT64_C(31577940288)},
    {"nomic-embed-text-v1.5", UINT64_C(136731648)},
    {"olmo-2-13b", UINT64_C(13716198400)},
    {"olmo-2-7b", UINT64_C(7298617344)},
    {"phi-3-mini", UINT64_C(3821079552)},
    {"phi-4", UINT64_C(14659507200)},
    {"qwen2-0.5b", UINT64_C(494032768)},
    {"qwen2.5-1.5b", UINT64_C(1543714304)},
    {"qwen2.5-14b", UINT64_C(14770033664)},
    {"qwen2.5-32b", UINT64_C(32763876352)},
    {"qwen2.5-3b", UINT64_C(3085938688)},
    {"qwen2.5-72b", UINT64_C(72706203648)},
    {"qwen2.5-7b", UINT64_C(7615616512)},
    {"qwen3-0.6b", UINT64_C(751632384)},
    {"qwen3-1.7b", UINT64_C(2031739904)},
    {"qwen3-14b", UINT64_C(14768307200)},
    {"qwen3-235b-a22b", UINT64_C(235093634560)},
    {"qwen3-30b-a3b", UINT64_C(30532122624)},
    {"qwen3-32b", UINT64_C(32762123264)},
    {"qwen3-4b", UINT64_C(4022468096)},
    {"qwen3-8b", UINT64_C(8190735360)},
    {"qwen3-coder-480b-a35b", UINT64_C(480154875392)},
    {"qwen3-coder-next", UINT64_C(79674391296)},
    {"qwen3.5-9b", UINT64_C(8953803264)},
    {"qwen3.6-27b", UINT64_C(26895998464)},
};

/* Names the command line promises. */
static const char *const promised[] = {"llama-3.2-1b",     "llama-3.1-8b", "llama-3.1-70b",
                                       "qwen2-0.5b",       "qwen3-8b",     "qwen3-30b-a3b",
                                       "qwen3-235b-a22b",  "gemma-3-12b",  "gpt-oss-20b",
                                       "deepseek-v2-lite", "mamba2-2.7b",  "qwen3.5-35b-a3b"};

static uint64_t parameters(const char *name, bool with_nextn)
{
    struct arena a = {0};
    struct shape s;
    size_t n;
    uint64_t sum = 0;
    assert_true(shape_find(name, &s));
    if (!with_nextn)
        s.n_nextn = 0;
    struct quant_tensor *t = shape_tensors(&a, &s, TYPE_F16, &n);
    for (size_t i = 0; i < n; i++)
        sum += t[i].ne[0] * t[i].ne[1] * t[i].ne[2] * t[i].ne[3];
    arena_release(&a);
    return sum;
}

static void shapes_have_the_published_number_of_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(published); i++)
        if (parameters(published[i].name, false) != published[i].params)
            fail_msg("%s: %llu parameters, published %llu", published[i].name,
                     (unsigned long long)parameters(published[i].name, false),
                     (unsigned long long)published[i].params);
    assert_int_equal(parameters("glm-4.5-air", true), UINT64_C(110468824832));
    /* published with their vision towers of 446,571,248 and 451,290,864 */
    assert_int_equal(parameters("qwen3.5-35b-a3b", true), UINT64_C(35951822704) - 446571248);
    assert_int_equal(parameters("qwen3.5-122b-a10b", true), UINT64_C(125086497008) - 451290864);
}

static void the_promised_names_are_there_and_the_list_is_sorted(void **state)
{
    (void)state;
    struct shape s;
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < COUNT_OF(promised); i++)
        if (!shape_find(promised[i], &s))
            fail_msg("%s", promised[i]);
    for (size_t i = 1; i < n; i++)
        if (strcmp(list[i - 1].name, list[i].name) >= 0)
            fail_msg("%s stands before %s", list[i - 1].name, list[i].name);
    assert_true(shape_find("Qwen3-30B-A3B", &s));
    assert_string_equal(s.name, "qwen3-30b-a3b");
    assert_false(shape_find("qwen3", &s));
}

static bool has_prefix_family(const struct shape *s)
{
    struct shape found;
    return shape_find(s->name, &found) && found.traits != s->traits;
}

static void every_shape_is_complete(void **state)
{
    (void)state;
    size_t n;
    const struct shape *list = shape_list(&n);
    for (size_t i = 0; i < n; i++) {
        const struct shape *s = &list[i];
        bool fine = s->title && s->size_label && s->source && s->n_vocab && s->n_ctx &&
                    s->n_layer && s->n_embd && (s->rms_eps > 0 || s->norm_eps > 0) &&
                    has_prefix_family(s);
        const struct vocab *v = vocab_get(s->vocab);
        fine = fine && v->first_normal + v->n_normal <= s->n_vocab;
        for (const struct vocab_special *special = v->specials; special->text; special++)
            fine = fine && special->id < s->n_vocab;
        for (uint32_t layer = 0; layer < s->n_layer + s->n_nextn; layer++)
            fine = fine && shape_block(s, layer) != 0;
        if (!fine)
            fail_msg("%s", s->name);
    }
}

static void no_tensor_is_listed_twice_or_empty(void **state)
{
    (void)state;
    size_t n_shapes;
    const struct shape *list = shape_list(&n_shapes);
    for (size_t i = 0; i < n_shapes; i++) {
        struct arena a = {0};
        struct shape s;
        size_t n;
        shape_find(list[i].name, &s);
        struct quant_tensor *t = shape_tensors(&a, &s, TYPE_BF16, &n);
        for (size_t k = 0; k < n; k++) {
            bool ordered = k == 0 || quant_order(t[k - 1].name, t[k].name) < 0;
            if (!ordered || !t[k].ne[0] || !t[k].ne[1] || !t[k].ne[2])
                fail_msg("%s: %s", s.name, t[k].name);
        }
        arena_release(&a);
    }
}

static void blocks_follow_the_pattern(void **state)
{
    (void)state;
    struct shape s;
    shape_find("qwen3.5-35b-a3b", &s);
    assert_true(shape_block(&s, 2) == (BLOCK_RECR | BLOCK_MOE));
    assert_true(shape_block(&s, 3) == (BLOCK_ATTN | BLOCK_MOE));
    assert_true(shape_block(&s, 40) == (BLOCK_ATTN | BLOCK_MOE | BLOCK_NEXTN));
    assert_int_equal(shape_cover(&s), 4);
    shape_find("deepseek-v3", &s);
    assert_true(shape_block(&s, 2) == (BLOCK_ATTN | BLOCK_DENSE));
    assert_true(shape_block(&s, 3) == (BLOCK_ATTN | BLOCK_MOE));
    assert_int_equal(shape_cover(&s), 4);
    shape_find("nemotron-3-nano-30b-a3b", &s);
    assert_true(shape_block(&s, 0) == BLOCK_RECR);
    assert_true(shape_block(&s, 1) == BLOCK_MOE);
    assert_true(shape_block(&s, 5) == BLOCK_ATTN);
    shape_find("qwen3-8b", &s);
    assert_int_equal(shape_cover(&s), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shapes_have_the_published_number_of_parameters),
        TEST(the_promised_names_are_there_and_the_list_is_sorted),
        TEST(every_shape_is_complete),
        TEST(no_tensor_is_listed_twice_or_empty),
        TEST(blocks_follow_the_pattern),
    };
    return RUN_TESTS(tests);
}
