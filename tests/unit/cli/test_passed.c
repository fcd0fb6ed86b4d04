#include "cli/passed.h"

#include "folder.h"

/* Checks words as a shell would split them, with an engine in the folder where there is one. */
static bool check(struct folder *f, const char *line)
{
    struct words words = {0};
    const struct engine_where where = {.explicit_path = f->dir};
    f->err = (struct err){0};
    CHECK_OK(shell_split(&f->a, str_from(line), &words, &f->err), &f->err);
    return passed_check(&f->a, &words, &where, &f->err);
}

static void refused(struct folder *f, const char *line, enum err_code code, const char *part)
{
    if (check(f, line))
        fail_msg("\"%s\" was taken", line);
    assert_int_equal(f->err.code, code);
    CHECK_ERR(&f->err, part);
}

static void options_of_llama_server_pass(void **state)
{
    struct folder *f = *state;
    CHECK_OK(check(f, "--temp 0.3 --jinja --api-key --help --no-mmproj --alias x"), &f->err);
    CHECK_OK(check(f, ""), &f->err);
}

static void other_words_have_a_near_one_or_none(void **state)
{
    struct folder *f = *state;
    refused(f, "--tepm 0.3", ERR_USAGE,
            "llama-server has no option \"--tepm\"; did you mean --temp?");
    refused(f, "--nosuchthing", ERR_USAGE, "\"--nosuchthing\"; llama-server --help");
    refused(f, "--jinja foo", ERR_USAGE, "\"foo\" behind -- is no option");
    refused(f, "-- --jinja", ERR_USAGE, "no option \"--\"");
    refused(f, "--single-turn", ERR_USAGE, "another program of llama.cpp");
    refused(f, "-rtr", ERR_USAGE, "ik_llama.cpp");
}

static void what_the_engine_itself_lists_passes(void **state)
{
    struct folder *f = *state;
    folder_script(f, "llama-server",
                  "echo '-c, --ctx-size N  size'; echo '--brand-new N  of tomorrow'");
    CHECK_OK(check(f, "--brand-new 5 --temp 1"), &f->err);
    refused(f, "--brand-newer 5", ERR_USAGE, "\"--brand-newer\"");
    refused(f, "--temp 1 5", ERR_USAGE, "\"5\"");
    refused(f, "--brand-new 5 --temp 1 6", ERR_USAGE, "\"6\"");
}

static void what_prints_and_ends_cannot_be_planned(void **state)
{
    static const char *const words[] = {"--help", "-h", "--version", "--list-devices",
                                        "--cache-list"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        refused(*state, words[i], ERR_USAGE, "makes llama-server print something and end");
}

static void a_model_beside_the_model_must_be_there(void **state)
{
    struct folder *f = *state;
    const char *here = folder_put(f, "a.gguf", "x");
    static const char *const words[] = {"-md %s", "-mm %s", "--lora %s", "--lora-scaled %s:0.5",
                                        "--control-vector %s"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct str rest = str_from(words[i]), option;
        str_cut(&rest, ' ', &option);
        const char *end = strstr(words[i], ":0.5") ? ":0.5" : "";
        const char *word = str_dup(&f->a, option);
        CHECK_OK(check(f, arena_printf(&f->a, "%s %s%s", word, here, end)), &f->err);
        refused(f, arena_printf(&f->a, "%s %s.not%s", word, here, end), ERR_FAILED,
                arena_printf(&f->a, "\"%s.not\" behind %s is not there", here, word));
    }
    refused(f, arena_printf(&f->a, "--lora %s,b.gguf", here), ERR_FAILED, "\"b.gguf\"");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(options_of_llama_server_pass),
        FOLDER_TEST(other_words_have_a_near_one_or_none),
        FOLDER_TEST(what_the_engine_itself_lists_passes),
        FOLDER_TEST(what_prints_and_ends_cannot_be_planned),
        FOLDER_TEST(a_model_beside_the_model_must_be_there),
    };
    return RUN_TESTS(tests);
}
