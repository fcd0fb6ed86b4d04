#include "cli/planning.h"

#include "base/log.h"
#include "base/units.h"
#include "test.h"

struct world {
    struct app app;
    struct goal goal;
    struct err err;
};

static int set_up(void **state)
{
    log_set_level(LOG_QUIET);
    *state = calloc(1, sizeof(struct world));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->app.arena);
    free(w);
    return 0;
}

/* The goal of "tailor plan LINE", as a shell would split it. */
static bool goal(struct world *w, const char *line)
{
    struct arena *a = &w->app.arena;
    struct words words = {0};
    w->err = (struct err){0};
    CHECK_OK(shell_split(a, str_from(line), &words, &w->err), &w->err);
    char **argv = arena_array(a, words.n + 1, sizeof(*argv));
    for (size_t i = 0; i < words.n; i++)
        argv[i] = arena_strdup(a, words.v[i]);
    const struct goal_options *o =
        command_options(&w->app, command_find("plan"), (int)words.n, argv, &w->err);
    CHECK_OK(o != NULL, &w->err);
    return goal_of(&w->app, o, &w->goal, &w->err);
}

static void taken(struct world *w, const char *line)
{
    CHECK_OK(goal(w, line), &w->err);
}

static void refused(struct world *w, const char *line, const char *part)
{
    if (goal(w, line))
        fail_msg("\"%s\" was taken", line);
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, part);
}

static void options_become_the_goal(void **state)
{
    struct world *w = *state;
    taken(w, "m.gguf --ctx 8k --parallel 3 --workload agent --ram-limit 1.5 --no-spill");
    assert_int_equal(w->goal.ctx_per_slot, 8192);
    assert_int_equal(w->goal.parallel, 3);
    assert_string_equal(w->goal.workload_name, "agent");
    assert_int_equal(w->goal.limits.ram_bytes, 3 * GIB / 2);
    assert_true(w->goal.no_spill);
    assert_int_equal(w->goal.pinned.given, 0);
    taken(w, "m.gguf --prompt-tokens 100 --gen-tokens 20 --depth 3");
    assert_int_equal(w->goal.workload.prompt, 100);
    assert_int_equal(w->goal.workload.gen, 20);
    assert_int_equal(w->goal.workload.depth, 3);
}

static void a_limit_of_the_cards_may_name_one(void **state)
{
    struct world *w = *state;
    taken(w, "m.gguf --vram-limit 8 --vram-limit CUDA0=6.5 --vram-limit 1=512M");
    assert_int_equal(w->goal.limits.vram_bytes, 8 * GIB);
    assert_int_equal(w->goal.limits.n_vram, 2);
    assert_string_equal(w->goal.limits.vram[0].gpu, "CUDA0");
    assert_int_equal(w->goal.limits.vram[0].bytes, 13 * GIB / 2);
    assert_string_equal(w->goal.limits.vram[1].gpu, "1");
    assert_int_equal(w->goal.limits.vram[1].bytes, 512 * MIB);
    refused(w, "m.gguf --vram-limit 0", "a limit of 0 leaves nothing");
    refused(w, "m.gguf --vram-limit CUDA0=", "\"\"");
    refused(w, "m.gguf --vram-limit much", "\"much\"");
    refused(w, "m.gguf --vram-limit -3", "-3");
}

static void a_card_can_be_limited_only_so_often(void **state)
{
    struct world *w = *state;
    struct strbuf line = {0};
    strbuf_adds(&line, "m.gguf");
    for (int i = 0; i <= PLACE_MAX_DEVICES; i++)
        strbuf_addf(&line, " --vram-limit %d=1", i);
    refused(w, strbuf_take(&line, &w->app.arena), "limits of cards");
}

static void an_unknown_workload_has_its_list(void **state)
{
    refused(*state, "m.gguf --workload chess",
            "there is no workload \"chess\"; chat, agent, rag, fim or batch");
}

static void words_of_llama_cpp_are_pinned_or_passed_on(void **state)
{
    struct world *w = *state;
    taken(w, "m.gguf -- llama-server -c 4096 -ctk q8_0 --temp 0.3 --jinja");
    assert_true(settings_has(&w->goal.pinned, SET_CTX_SIZE));
    assert_int_equal(w->goal.pinned.ctx_size, 4096);
    assert_true(settings_has(&w->goal.pinned, SET_CACHE_TYPE_K));
    assert_int_equal(w->goal.rest.n, 3);
    assert_string_equal(w->goal.rest.v[0], "--temp");
    assert_string_equal(w->goal.rest.v[2], "--jinja");
}

static void old_spellings_are_pinned_as_what_they_mean(void **state)
{
    struct world *w = *state;
    taken(w, "m.gguf -- --no-mmap");
    assert_true(settings_has(&w->goal.pinned, SET_LOAD_MODE));
    assert_int_equal(w->goal.pinned.load_mode, LOAD_NONE);
    assert_int_equal(w->goal.rest.n, 0);
}

static void the_model_may_stand_among_the_words_of_llama_cpp(void **state)
{
    static const struct {
        const char *line, *model;
    } cases[] = {{"-- -m x.gguf -c 1", "x.gguf"},
                 {"-- llama-server --model x.gguf", "x.gguf"},
                 {"x.gguf -- -m x.gguf", "x.gguf"},
                 {"-- -hf owner/repo:Q4_K_M", "hf:owner/repo:Q4_K_M"},
                 {"-- -mu https://example.org/x.gguf", "https://example.org/x.gguf"}};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        taken(w, cases[i].line);
        assert_int_equal(w->app.rest.args.n, 1);
        assert_string_equal(w->app.rest.args.v[0], cases[i].model);
        for (size_t k = 0; k < w->goal.rest.n; k++)
            assert_string_not_equal(w->goal.rest.v[k], "-m");
    }
    taken(w, "x.gguf -- -m y.gguf");
    assert_int_equal(w->app.rest.args.n, 2); /* plan_of() refuses the second */
}

static void a_model_from_elsewhere_is_not_planned_for(void **state)
{
    refused(*state, "-- -hf o/r --hf-file x.gguf",
            "\"--hf-file\" chooses a model that is not planned for; fetch the file");
}

static void bad_words_of_llama_cpp_are_named(void **state)
{
    struct world *w = *state;
    refused(w, "m.gguf -- -c", "\"-c\"");
    refused(w, "m.gguf -- -ctk q2_k", "q2_k");
    refused(w, "m.gguf -- -ngl x", "\"x\"");
}

static void a_shape_is_no_file_to_run(void **state)
{
    struct world *w = *state;
    struct model m = {.path = "shape:llama-3.1-8b:Q4_K_M"};
    const struct plan plan = {.model = &m};
    assert_false(require_file(&plan, &w->err));
    assert_int_equal(w->err.code, ERR_USAGE);
    CHECK_ERR(&w->err, "is a shape, not a file that can run; make one with tailor synth");
    m.path = "shapely.gguf";
    assert_true(require_file(&plan, &w->err));
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(options_become_the_goal),
        WORLD_TEST(a_limit_of_the_cards_may_name_one),
        WORLD_TEST(a_card_can_be_limited_only_so_often),
        WORLD_TEST(an_unknown_workload_has_its_list),
        WORLD_TEST(words_of_llama_cpp_are_pinned_or_passed_on),
        WORLD_TEST(old_spellings_are_pinned_as_what_they_mean),
        WORLD_TEST(the_model_may_stand_among_the_words_of_llama_cpp),
        WORLD_TEST(a_model_from_elsewhere_is_not_planned_for),
        WORLD_TEST(bad_words_of_llama_cpp_are_named),
        WORLD_TEST(a_shape_is_no_file_to_run),
    };
    return RUN_TESTS(tests);
}
