#include "settings/option.h"
#include "test.h"

static const enum option_tool tools[] = {TOOL_SERVER, TOOL_CLI, TOOL_COMPLETION, TOOL_BENCH};

static void spellings_variables_and_keys_find_their_row(void **state)
{
    (void)state;
    static const struct {
        enum option_tool tool;
        const char *word, *key;
        bool negated;
    } cases[] = {
        {TOOL_SERVER, "-c", "ctx-size", false},
        {TOOL_SERVER, "--ctx-size", "ctx-size", false},
        {TOOL_SERVER, "--ctx_size", "ctx-size", false},
        {TOOL_SERVER, "--gpu-layers", "n-gpu-layers", false},
        {TOOL_SERVER, "-nkvo", "kv-offload", true},
        {TOOL_SERVER, "--no_kv_offload", "kv-offload", true},
        {TOOL_BENCH, "-nkvo", "no-kv-offload", false},
        {TOOL_CLI, "-p", "prompt", false},
        {TOOL_BENCH, "-p", "n-prompt", false},
        {TOOL_SERVER, "--mlock", "mlock", false},
        {TOOL_SERVER, "-rtr", "run-time-repack", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool negated = !cases[i].negated;
        const struct option *o = option_find(cases[i].tool, cases[i].word, &negated);
        assert_non_null(o);
        assert_string_equal(o->key, cases[i].key);
        assert_int_equal(negated, cases[i].negated);
    }
    assert_null(option_find(TOOL_SERVER, "-p", NULL));
    assert_null(option_find(TOOL_SERVER, "ctx-size", NULL));
    assert_null(option_find(TOOL_SERVER, "-ctx_size", NULL));
    assert_null(option_find(TOOL_SERVER, "--", NULL));
    assert_null(option_find(TOOL_SERVER, "-", NULL));
    assert_null(option_find(TOOL_SERVER, "", NULL));
    assert_null(option_find(TOOL_SERVER, "--load-on-startup", NULL));
}

static void a_variable_may_switch_off(void **state)
{
    (void)state;
    bool negated = true;
    assert_string_equal(option_find_env(TOOL_SERVER, "LLAMA_ARG_CTX_SIZE", &negated)->key,
                        "ctx-size");
    assert_false(negated);
    assert_string_equal(option_find_env(TOOL_SERVER, "LLAMA_ARG_NO_KV_OFFLOAD", &negated)->key,
                        "kv-offload");
    assert_true(negated);
    /* one that begins with NO_ by itself, and one that cannot be switched off */
    assert_string_equal(option_find_env(TOOL_SERVER, "LLAMA_ARG_NO_HOST", &negated)->key,
                        "no-host");
    assert_false(negated);
    assert_null(option_find_env(TOOL_SERVER, "LLAMA_ARG_NO_CTX_SIZE", &negated));
    assert_null(option_find_env(TOOL_BENCH, "LLAMA_ARG_BATCH", &negated));
    assert_string_equal(option_find_env(TOOL_BENCH, "HF_TOKEN", &negated)->key, "hf-token");
}

static void keys_of_a_preset_are_any_spelling_without_dashes(void **state)
{
    (void)state;
    static const struct {
        const char *key, *row;
        bool negated;
    } cases[] = {
        {"ctx-size", "ctx-size", false},         {"c", "ctx-size", false},
        {"no-kv-offload", "kv-offload", true},   {"LLAMA_ARG_CTX_SIZE", "ctx-size", false},
        {"stop-timeout", "stop-timeout", false}, {"mmap", "mmap", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool negated = !cases[i].negated;
        const struct option *o = option_find_key(cases[i].key, &negated);
        assert_non_null(o);
        assert_string_equal(o->key, cases[i].row);
        assert_int_equal(negated, cases[i].negated);
    }
    assert_null(option_find_key("--ctx-size", NULL));
    assert_null(option_find_key("ctx_size", NULL)); /* only a command line takes underscores */
    assert_null(option_find_key("n-prompt", NULL));
}

static void a_mistyped_word_gets_the_nearest_spelling(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(option_suggest(&a, TOOL_SERVER, "--ctx-sice"), "--ctx-size");
    assert_string_equal(option_suggest(&a, TOOL_SERVER, "--cache_typ_k"), "--cache-type-k");
    assert_string_equal(option_suggest(&a, TOOL_SERVER, "--ctx-sze=4096"), "--ctx-size");
    assert_string_equal(option_suggest(&a, TOOL_SERVER, "--no-kv-ofload"), "--no-kv-offload");
    assert_string_equal(option_suggest(&a, TOOL_SERVER, "-nlg"), "-ngl");
    assert_null(option_suggest(&a, TOOL_SERVER, "--something-else-entirely"));
    assert_null(option_suggest(&a, TOOL_SERVER, "-"));
    arena_release(&a);
}

/* ---- the table itself ---- */

static bool spells(const char *list, struct str what, const char *dashes)
{
    struct str word;
    while (option_next_word(&list, &word)) {
        size_t skip = strlen(dashes);
        if (word.n == what.n + skip && strncmp(word.p, dashes, skip) == 0 &&
            memcmp(word.p + skip, what.p, what.n) == 0)
            return true;
    }
    return false;
}

static void every_row_is_well_formed(void **state)
{
    (void)state;
    bool current_ended = false;
    for (size_t i = 0; i < option_count(); i++) {
        const struct option *o = option_at(i);
        struct str key = str_from(o->key), word;
        assert_true(o->help && *o->help && !strchr(o->help, '\n') && !cstr_ends(o->help, "."));
        assert_true(o->tools == TOOL_PRESET ? !o->on
                                            : spells(o->on, key, "--") || spells(o->on, key, "-"));
        const char *lists[] = {o->on, o->off};
        for (size_t k = 0; k < 2; k++)
            for (const char *rest = lists[k]; option_next_word(&rest, &word);)
                assert_true(word.n > 1 && word.n < 64 && word.p[0] == '-' &&
                            !memchr(word.p, '_', word.n));
        assert_int_equal(o->value == VALUE_NONE, o->arity == 0);
        assert_true(!o->off || o->value == VALUE_NONE); /* only a switch has two ways */
        assert_int_equal(o->value == VALUE_CHOICE,
                         o->choices && o->value != VALUE_INT && o->value != VALUE_LIST);
        assert_true(o->value != VALUE_INT && o->value != VALUE_REAL ? o->min == 0 && o->max == 0
                                                                    : o->min < o->max);
        assert_int_equal(o->state == OPTION_REMOVED, o->until != NULL);
        assert_true(o->state == OPTION_REMOVED || o->state == OPTION_FORK || !o->instead);
        assert_true(o->until || !o->instead_off);
        /* look-ups take the first row, so a current one must not hide behind an old one */
        current_ended = current_ended || o->state > OPTION_IGNORED;
        assert_true(!current_ended || o->state > OPTION_IGNORED);
    }
}

static void no_two_current_rows_of_a_program_share_a_spelling_or_variable(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT_OF(tools); t++) {
        for (size_t i = 0; i < option_count(); i++) {
            const struct option *o = option_at(i);
            struct str word;
            if ((o->tools & tools[t]) == 0 || o->state > OPTION_IGNORED)
                continue;
            struct arena a = {0};
            const char *lists[] = {o->on, o->off};
            for (size_t k = 0; k < 2; k++)
                for (const char *rest = lists[k]; option_next_word(&rest, &word);)
                    assert_ptr_equal(option_find(tools[t], str_dup(&a, word), NULL), o);
            if (o->env && tools[t] != TOOL_BENCH)
                assert_ptr_equal(option_find_env(tools[t], o->env, NULL), o);
            arena_release(&a);
        }
    }
}

static void what_replaces_a_removed_option_is_current(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count(); i++) {
        const char *lists[] = {option_at(i)->instead, option_at(i)->instead_off};
        for (size_t k = 0; k < 2; k++) {
            struct arena a = {0};
            struct str word;
            for (const char *rest = lists[k]; option_next_word(&rest, &word);) {
                if (word.p[0] != '-')
                    continue;
                const struct option *o = option_find(TOOL_SERVER, str_dup(&a, word), NULL);
                assert_non_null(o);
                assert_int_equal(o->state, OPTION_CURRENT);
            }
            arena_release(&a);
        }
    }
}

static void programs_and_areas_have_names(void **state)
{
    (void)state;
    assert_string_equal(option_tool_name(TOOL_BENCH), "llama-bench");
    for (size_t i = 0; i < option_count(); i++)
        assert_true(strlen(option_area_name(option_at(i)->area)) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(spellings_variables_and_keys_find_their_row),
        TEST(a_variable_may_switch_off),
        TEST(keys_of_a_preset_are_any_spelling_without_dashes),
        TEST(a_mistyped_word_gets_the_nearest_spelling),
        TEST(every_row_is_well_formed),
        TEST(no_two_current_rows_of_a_program_share_a_spelling_or_variable),
        TEST(what_replaces_a_removed_option_is_current),
        TEST(programs_and_areas_have_names),
    };
    return RUN_TESTS(tests);
}
