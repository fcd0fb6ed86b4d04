#include "os/dirs.h"

#include <unistd.h>

#include "folder.h"

/* The environment of the running test. */
static struct {
    const char *name, *value;
} variables[6];

static const char *env(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(variables) && variables[i].name; i++)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

static int forget(void **state)
{
    memset(variables, 0, sizeof(variables));
    return folder_set_up(state);
}

static void without_variables_the_defaults_hold(void **state)
{
    struct folder *f = *state;
    struct dirs d;
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.home, "/");
    assert_string_equal(d.cache, "/.cache/tailor");
    assert_string_equal(d.runtime, "/tmp");
    variables[0].name = "HOME";
    variables[0].value = "/home/me";
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.home, "/home/me");
    assert_string_equal(d.config, "/home/me/.config/tailor");
    assert_string_equal(d.cache, "/home/me/.cache/tailor");
    assert_string_equal(d.state, "/home/me/.local/state/tailor");
}

static void variables_count_when_they_are_absolute(void **state)
{
    struct folder *f = *state;
    struct dirs d;
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"};
    variables[0].name = "HOME";
    variables[0].value = "/home/me";
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        variables[i + 1].name = names[i];
        variables[i + 1].value = "/data/x";
    }
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.config, "/data/x/tailor");
    assert_string_equal(d.cache, "/data/x/tailor");
    assert_string_equal(d.state, "/data/x/tailor");
    for (size_t i = 1; i < 4; i++)
        variables[i].value = "relative";
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.config, "/home/me/.config/tailor");
    assert_string_equal(d.cache, "/home/me/.cache/tailor");
    assert_string_equal(d.state, "/home/me/.local/state/tailor");
}

/* su, cron and containers leave variables that name folders which are not there. */
static void sockets_go_where_a_folder_can_be_written(void **state)
{
    struct folder *f = *state;
    struct dirs d;
    variables[0].name = "XDG_RUNTIME_DIR";
    variables[1].name = "TMPDIR";
    variables[0].value = f->dir;
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.runtime, f->dir);
    variables[0].value = folder_path(f, "missing");
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.runtime, "/tmp");
    variables[1].value = f->dir;
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.runtime, f->dir);
    variables[0].value = "relative";
    variables[1].value = folder_put(f, "file", "no folder");
    dirs_init(&d, &f->a, env);
    assert_string_equal(d.runtime, "/tmp");
}

static void the_program_knows_its_own_folder(void **state)
{
    struct folder *f = *state;
    struct dirs d;
    dirs_init(&d, &f->a, env);
    assert_int_equal(fs_stat(fs_real(), path_join(&f->a, d.exe_dir, "test_os_dirs")).kind, FS_FILE);
}

static void empty_variables_are_unset(void **state)
{
    (void)state;
    setenv("TAILOR_TEST_EMPTY", "", 1);
    assert_null(dirs_env("TAILOR_TEST_EMPTY"));
    setenv("TAILOR_TEST_EMPTY", "x", 1);
    assert_string_equal(dirs_env("TAILOR_TEST_EMPTY"), "x");
    unsetenv("TAILOR_TEST_EMPTY");
    assert_null(dirs_env("TAILOR_TEST_EMPTY"));
}

int main(void)
{
#define ENV_TEST(name) cmocka_unit_test_setup_teardown(name, forget, folder_tear_down)
    const struct CMUnitTest tests[] = {
        ENV_TEST(without_variables_the_defaults_hold),
        ENV_TEST(variables_count_when_they_are_absolute),
        ENV_TEST(sockets_go_where_a_folder_can_be_written),
        ENV_TEST(the_program_knows_its_own_folder),
        TEST(empty_variables_are_unset),
    };
    return RUN_TESTS(tests);
}
