#define _GNU_SOURCE
#include "os/private_dir.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static bool is_dir(const char *path)
{
    return fs_stat(fs_real(), path).kind == FS_DIR;
}

/* The PID of a process that has just ended. */
static long gone_pid(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return (long)pid;
}

static void it_is_ours_alone_and_goes_with_its_files(void **state)
{
    struct folder *f = *state;
    struct stat st;
    const char *dir = private_dir_make(&f->a, f->dir, &f->err);
    assert_non_null(dir);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    const char *file = path_join(&f->a, dir, "a file");
    CHECK_OK(fs_replace(file, "x", 1, &f->err), &f->err);
    private_dir_remove(dir);
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 0);
}

static void two_of_one_process_are_two(void **state)
{
    struct folder *f = *state;
    const char *one = private_dir_make(&f->a, f->dir, &f->err);
    const char *two = private_dir_make(&f->a, f->dir, &f->err);
    assert_string_not_equal(one, two);
    assert_true(is_dir(one) && is_dir(two));
}

static void what_a_killed_program_left_is_removed(void **state)
{
    struct folder *f = *state;
    const char *left = arena_printf(&f->a, "tailor-%ld-abcdef", gone_pid());
    folder_put(f, path_join(&f->a, left, "llama.sock"), "");
    folder_put(f, path_join(&f->a, left, "tailor-ghost.gguf"), "");
    assert_non_null(private_dir_make(&f->a, f->dir, &f->err));
    assert_false(is_dir(folder_path(f, left)));
}

static void what_is_not_left_over_stays(void **state)
{
    struct folder *f = *state;
    long gone = gone_pid();
    const char *const names[] = {
        arena_printf(&f->a, "tailor-%ld-abcdef", (long)getppid()), /* it runs */
        arena_printf(&f->a, "tailor-%ld-abcdefg", gone),           /* not our name */
        arena_printf(&f->a, "tailor-%ld", gone),
        arena_printf(&f->a, "sailor-%ld-abcdef", gone),
        "tailor-0-abcdef",
        "tailor-99999999999-abcdef",
        "tailor--1-abcdef",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        folder_put(f, path_join(&f->a, names[i], "file"), "");
    assert_non_null(private_dir_make(&f->a, f->dir, &f->err));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_true(is_dir(folder_path(f, names[i])));
}

static void a_link_under_such_a_name_is_not_followed(void **state)
{
    struct folder *f = *state;
    const char *kept = folder_put(f, "somewhere/else/file", "precious");
    const char *link = folder_path(f, arena_printf(&f->a, "tailor-%ld-abcdef", gone_pid()));
    assert_int_equal(symlink(path_dir(&f->a, kept), link), 0);
    assert_non_null(private_dir_make(&f->a, f->dir, &f->err));
    assert_string_equal(folder_text(f, kept), "precious");
}

static void a_base_that_is_not_there_is_an_error(void **state)
{
    struct folder *f = *state;
    assert_null(private_dir_make(&f->a, folder_path(f, "nowhere"), &f->err));
    CHECK_ERR(&f->err, "cannot create a folder in");
    CHECK_ERR(&f->err, "No such file");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FOLDER_TEST(it_is_ours_alone_and_goes_with_its_files),
        FOLDER_TEST(two_of_one_process_are_two),
        FOLDER_TEST(what_a_killed_program_left_is_removed),
        FOLDER_TEST(what_is_not_left_over_stays),
        FOLDER_TEST(a_link_under_such_a_name_is_not_followed),
        FOLDER_TEST(a_base_that_is_not_there_is_an_error),
    };
    return RUN_TESTS(tests);
}
