#include "engine/engine.h"

#include <unistd.h>

#include "base/words.h"
#include "folder.h"

static const char help[] = "----- common params -----\n"
                           "\n"
                           "-h,    --help, --usage                  print usage and exit\n"
                           "-c,    --ctx-size N                     size (default: 0, -1 = model)\n"
                           "-fa,   --flash-attn [on|off|auto]       set Flash Attention use\n"
                           "                                        (env: LLAMA_ARG_FLASH_ATTN)\n"
                           "                                        see --other for -x\n"
                           "--mlock                                 keep the model in RAM\n";

static void options_are_read_from_the_first_column_of_help(void **state)
{
    static const char *const there[] = {"-h",         "--help", "--usage",      "-c",
                                        "--ctx-size", "-fa",    "--flash-attn", "--mlock"};
    static const char *const absent[] = {"--other", "-x", "-1", "--ctx", "ctx-size", "params"};
    struct folder *f = *state;
    const struct engine e = {.options = engine_parse_help(&f->a, str_from(help))};
    for (size_t i = 0; i < COUNT_OF(there); i++)
        assert_true(engine_takes(&e, there[i]));
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        assert_false(engine_takes(&e, absent[i]));
}

static void the_version_is_what_stands_behind_its_word(void **state)
{
    struct folder *f = *state;
    assert_string_equal(
        engine_parse_version(&f->a, STR("warning: x\nversion: 6123 (79c1160b)\nbuilt with gcc\n")),
        "6123 (79c1160b)");
    assert_null(engine_parse_version(&f->a, STR("a version: 1\n")));
    assert_null(engine_parse_version(&f->a, STR("")));
}

/* ---- finding one ---- */

/* A llama-server that counts in `NAME.asked` how often it was started. */
static const char *put_server(struct folder *f, const char *name, const char *version)
{
    return folder_script(f, name,
                         arena_printf(&f->a,
                                      "echo \"$1\" >>'%s.asked'\n"
                                      "case $1 in\n"
                                      "--help) echo '-c,  --ctx-size N   size' ;;\n"
                                      "--version) echo 'version: %s' >&2 ;;\n"
                                      "--list-devices) echo 'Available devices:' ;;\n"
                                      "esac",
                                      folder_path(f, name), version));
}

static size_t times_asked(struct folder *f, const char *name)
{
    struct str text, line;
    size_t n = 0;
    if (!fs_read(fs_real(), &f->a, folder_path(f, arena_printf(&f->a, "%s.asked", name)), 1 << 16,
                 &text, &f->err))
        return 0;
    while (str_line(&text, &line))
        n++;
    return n;
}

static struct engine found(struct folder *f, const struct engine_where *where)
{
    struct engine e = {0};
    CHECK_OK(engine_find(&f->a, where, &e, &f->err), &f->err);
    return e;
}

static void not_found(struct folder *f, const struct engine_where *where)
{
    struct engine e = {.server = "untouched"};
    assert_false(engine_find(&f->a, where, &e, &f->err));
    assert_int_equal(f->err.code, ERR_ENGINE);
    assert_string_equal(e.server, "untouched");
}

static void the_nearest_wish_wins(void **state)
{
    struct folder *f = *state;
    put_server(f, "wish/llama-server", "1");
    put_server(f, "variable/llama-server", "2");
    put_server(f, "path/llama-server", "3");
    put_server(f, "own/engine/bin/llama-server", "4");
    struct engine_where where = {.explicit_path = folder_path(f, "wish"),
                                 .engine_dir = folder_path(f, "variable"),
                                 .path = folder_path(f, "path"),
                                 .exe_dir = folder_path(f, "own")};
    struct engine e = found(f, &where);
    assert_string_equal(e.version, "1");
    assert_string_equal(e.origin, "--engine");
    where.explicit_path = NULL;
    e = found(f, &where);
    assert_string_equal(e.version, "2");
    assert_string_equal(e.origin, "TAILOR_ENGINE_DIR");
    where.engine_dir = NULL;
    e = found(f, &where);
    assert_string_equal(e.version, "3");
    assert_string_equal(e.origin, "PATH");
    where.path = folder_path(f, "empty");
    e = found(f, &where);
    assert_string_equal(e.version, "4");
    assert_string_equal(e.origin, "tailor's own");
}

static void a_wish_may_name_a_folder_the_program_or_one_beside_it(void **state)
{
    static const char *const wishes[] = {"build", "build/bin", "build/bin/llama-server",
                                         "build/bin/llama-bench"};
    struct folder *f = *state;
    const char *server = put_server(f, "build/bin/llama-server", "1");
    folder_script(f, "build/bin/llama-bench", "exit 1");
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        const struct engine_where where = {.explicit_path = folder_path(f, wishes[i])};
        assert_string_equal(found(f, &where).server, server);
    }
    folder_script(f, "renamed", "echo '-c, --ctx-size N'");
    const struct engine_where where = {.explicit_path = folder_path(f, "renamed")};
    assert_string_equal(found(f, &where).server, where.explicit_path);
}

static void a_wish_that_leads_nowhere_is_an_error_not_a_reason_to_look_elsewhere(void **state)
{
    struct folder *f = *state;
    put_server(f, "path/llama-server", "1");
    struct engine_where where = {.explicit_path = folder_path(f, "nowhere"),
                                 .path = folder_path(f, "path")};
    not_found(f, &where);
    CHECK_ERR(&f->err, "/nowhere\" (--engine)");
    where = (struct engine_where){.engine_dir = folder_path(f, "gone"), .path = where.path};
    not_found(f, &where);
    CHECK_ERR(&f->err, "/gone\" (TAILOR_ENGINE_DIR)");
    CHECK_ERR(&f->err, "make build");
}

static void without_any_the_cures_are_told(void **state)
{
    struct folder *f = *state;
    const struct engine_where where = {.path = f->dir, .exe_dir = f->dir};
    not_found(f, &where);
    CHECK_ERR(&f->err, "no llama-server on PATH");
    CHECK_ERR(&f->err, "install llama.cpp, run \"make build\", or name one with --engine");
}

/* ---- engines that do not work ---- */

static void refused(struct folder *f, const char *script, const char *part)
{
    const struct engine_where where = {.explicit_path = folder_script(f, "llama-server", script)};
    not_found(f, &where);
    CHECK_ERR(&f->err, part);
}

static void an_engine_that_cannot_start_is_told_in_its_own_words(void **state)
{
    struct folder *f = *state;
    refused(f, "echo 'error while loading shared libraries: libcudart.so.12' >&2; exit 127",
            "exited with status 127, saying \"error while loading shared libraries: libcudart");
    CHECK_ERR(&f->err, "rebuild it, or name another with --engine");
    refused(f, "exit 2", "--help\" exited with status 2;");
    refused(f, "kill -ILL $$", "exited with status 132");
}

static void another_program_is_not_taken_for_it(void **state)
{
    refused(*state, "echo hello", "does not answer --help as llama-server does");
}

static void a_file_that_is_no_program_is_an_error(void **state)
{
    struct folder *f = *state;
    const char *path = folder_put(f, "llama-server", "no program");
    const struct engine_where where = {.explicit_path = path};
    not_found(f, &where);
    CHECK_ERR(&f->err, "Permission denied");
}

/* ---- what was asked before ---- */

static void an_engine_is_asked_once_until_it_changes(void **state)
{
    struct folder *f = *state;
    put_server(f, "e/llama-server", "1");
    const struct engine_where where = {.explicit_path = folder_path(f, "e"),
                                       .cache_dir = folder_path(f, "cache")};
    struct engine first = found(f, &where), second = found(f, &where);
    assert_int_equal(times_asked(f, "e/llama-server"), 2); /* --help and --version */
    assert_string_equal(second.version, first.version);
    assert_string_equal(second.options, first.options);
    assert_string_equal(second.build, first.build);
    put_server(f, "e/llama-server", "2");
    assert_string_equal(found(f, &where).version, "2");
    assert_int_equal(times_asked(f, "e/llama-server"), 4);
}

static void another_library_beside_it_makes_another_engine(void **state)
{
    struct folder *f = *state;
    const char *server = put_server(f, "e/llama-server", "1");
    const char *alone = engine_build_hash(&f->a, server);
    folder_put(f, "e/libggml-cuda.so", "kernels");
    const char *with_cuda = engine_build_hash(&f->a, server);
    folder_put(f, "e/README", "text");
    assert_string_not_equal(alone, with_cuda);
    assert_string_equal(engine_build_hash(&f->a, server), with_cuda);
    assert_null(engine_build_hash(&f->a, folder_path(f, "nowhere")));
}

static void a_damaged_cache_is_asked_anew(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "{\"server\":1}",
                                        "{\"server\":null}",
                                        "{\"server\":\"/other\",\"options\":\" -c \"}"};
    struct folder *f = *state;
    put_server(f, "e/llama-server", "1");
    const struct engine_where where = {.explicit_path = folder_path(f, "e"),
                                       .cache_dir = folder_path(f, "cache")};
    struct engine e = found(f, &where);
    const char *file = arena_printf(&f->a, "cache/engines/%s.json", e.build);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        folder_put(f, file, texts[i]);
        e = found(f, &where);
        assert_string_equal(e.version, "1");
        assert_true(engine_takes(&e, "--ctx-size"));
        assert_int_equal(times_asked(f, "e/llama-server"), 4 + 2 * i);
    }
}

static void a_cache_that_cannot_be_written_is_no_error(void **state)
{
    struct folder *f = *state;
    put_server(f, "e/llama-server", "1");
    const struct engine_where where = {.explicit_path = folder_path(f, "e"),
                                       .cache_dir = folder_put(f, "a-file", "")};
    assert_string_equal(found(f, &where).version, "1");
}

static void devices_are_asked_every_time(void **state)
{
    struct folder *f = *state;
    struct str text;
    const struct engine e = {.server = put_server(f, "llama-server", "1")};
    for (size_t i = 1; i <= 2; i++) {
        CHECK_OK(engine_list_devices(&f->a, &e, &text, &f->err), &f->err);
        assert_true(str_starts(text, "Available devices:"));
        assert_int_equal(times_asked(f, "llama-server"), i);
    }
}

/* ---- its worker ---- */

static void the_worker_serves_only_the_engine_beside_it(void **state)
{
    struct folder *f = *state;
    put_server(f, "own/engine/bin/llama-server", "1");
    put_server(f, "other/llama-server", "1");
    folder_script(f, "own/tailor-worker", "exit 0");
    struct engine_where where = {.exe_dir = folder_path(f, "own")};
    assert_string_equal(found(f, &where).worker, folder_path(f, "own/tailor-worker"));
    assert_int_equal(symlink(folder_path(f, "own/engine/bin"), folder_path(f, "link")), 0);
    where.explicit_path = folder_path(f, "link"); /* the same by another name */
    assert_non_null(found(f, &where).worker);
    where.explicit_path = folder_path(f, "other");
    assert_null(found(f, &where).worker);
    where = (struct engine_where){.explicit_path = folder_path(f, "own/engine/bin")};
    assert_null(found(f, &where).worker);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(options_are_read_from_the_first_column_of_help),
        FOLDER_TEST(the_version_is_what_stands_behind_its_word),
        FOLDER_TEST(the_nearest_wish_wins),
        FOLDER_TEST(a_wish_may_name_a_folder_the_program_or_one_beside_it),
        FOLDER_TEST(a_wish_that_leads_nowhere_is_an_error_not_a_reason_to_look_elsewhere),
        FOLDER_TEST(without_any_the_cures_are_told),
        FOLDER_TEST(an_engine_that_cannot_start_is_told_in_its_own_words),
        FOLDER_TEST(another_program_is_not_taken_for_it),
        FOLDER_TEST(a_file_that_is_no_program_is_an_error),
        FOLDER_TEST(an_engine_is_asked_once_until_it_changes),
        FOLDER_TEST(another_library_beside_it_makes_another_engine),
        FOLDER_TEST(a_damaged_cache_is_asked_anew),
        FOLDER_TEST(a_cache_that_cannot_be_written_is_no_error),
        FOLDER_TEST(devices_are_asked_every_time),
        FOLDER_TEST(the_worker_serves_only_the_engine_beside_it),
    };
    return RUN_TESTS(tests);
}
