#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

static void replacing_leaves_the_old_or_the_new(void **state)
{
    struct folder *f = *state;
    struct str text;
    CHECK_OK(fs_replace(folder_path(f, "x"), "old", 3, &f->err), &f->err);
    chmod(folder_path(f, "x"), 0662); /* more than any umask lets through */
    CHECK_OK(fs_replace(folder_path(f, "x"), "newer", 5, &f->err), &f->err);
    CHECK_OK(fs_read(fs_real(), &f->a, folder_path(f, "x"), 100, &text, &f->err), &f->err);
    assert_true(str_eq(text, "newer"));
    struct stat st;
    assert_int_equal(stat(folder_path(f, "x"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0662);
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 1); /* nothing temporary stays */
    assert_false(fs_replace(folder_path(f, "no/such/dir/x"), "a", 1, &f->err));
    CHECK_ERR(&f->err, "cannot write");
}

static void a_temporary_left_by_a_dead_process_is_no_obstacle(void **state)
{
    struct folder *f = *state;
    /* in a container every run may have the same process id */
    folder_put(f, arena_printf(&f->a, "x.%ld.tmp", (long)getpid()), "half");
    CHECK_OK(fs_replace(folder_path(f, "x"), "new", 3, &f->err), &f->err);
    assert_string_equal(folder_text(f, folder_path(f, "x")), "new");
    CHECK_OK(fs_replace(folder_path(f, "x"), "newer", 5, &f->err), &f->err);
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 2);
}

static void a_link_stays_a_link_to_the_new_text(void **state)
{
    struct folder *f = *state;
    folder_put(f, "dotfiles/real", "old");
    assert_int_equal(symlink("dotfiles/real", folder_path(f, "link")), 0);
    CHECK_OK(fs_replace(folder_path(f, "link"), "new", 3, &f->err), &f->err);
    assert_string_equal(fs_readlink(fs_real(), &f->a, folder_path(f, "link")), "dotfiles/real");
    assert_string_equal(folder_text(f, folder_path(f, "dotfiles/real")), "new");
    assert_int_equal(symlink("not-yet", folder_path(f, "dangling")), 0);
    CHECK_OK(fs_replace(folder_path(f, "dangling"), "x", 1, &f->err), &f->err);
    assert_string_equal(folder_text(f, folder_path(f, "dangling")), "x");
}

/* What `-o /dev/null` and `-o /dev/stdout` come to: never a file in the place of a device. */
static void what_is_no_file_is_written_into_not_replaced(void **state)
{
    struct folder *f = *state;
    const char *pipe_path = folder_path(f, "pipe");
    char got[8] = {0};
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    int reader = open(pipe_path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    CHECK_OK(fs_replace(pipe_path, "text", 4, &f->err), &f->err);
    assert_int_equal(fs_stat(fs_real(), pipe_path).kind, FS_OTHER);
    assert_int_equal(read(reader, got, sizeof(got)), 4);
    assert_string_equal(got, "text");
    close(reader);
    assert_false(fs_replace(f->dir, "x", 1, &f->err));
    CHECK_ERR(&f->err, "Is a directory");
    assert_int_equal(fs_list(fs_real(), &f->a, f->dir).n, 1);
}

static void folders_are_made_as_deep_as_needed(void **state)
{
    struct folder *f = *state;
    struct stat st;
    CHECK_OK(fs_make_dirs(folder_path(f, "a/b//c/"), &f->err), &f->err);
    CHECK_OK(fs_make_dirs(folder_path(f, "a/b/c"), &f->err), &f->err);
    assert_int_equal(stat(folder_path(f, "a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    folder_put(f, "file", "x");
    assert_false(fs_make_dirs(folder_path(f, "file/below"), &f->err));
    CHECK_ERR(&f->err, "cannot create the directory");
}

static void what_cannot_be_read_says_why(void **state)
{
    struct folder *f = *state;
    struct str text = {0};
    struct fs_map map;
    assert_false(fs_read(fs_real(), &f->a, folder_path(f, "none"), 100, &text, &f->err));
    CHECK_ERR(&f->err, "No such file");
    assert_false(fs_map(fs_real(), f->dir, &map, &f->err));
    CHECK_ERR(&f->err, "is a directory");
    assert_false(fs_map(fs_real(), "/dev/zero", &map, &f->err));
    CHECK_ERR(&f->err, "is a device");
    mkfifo(folder_path(f, "pipe"), 0600);
    assert_false(fs_map(fs_real(), folder_path(f, "pipe"), &map, &f->err)); /* and does not hang */
    fs_replace(folder_path(f, "big"), "0123456789", 10, &f->err);
    assert_false(fs_read(fs_real(), &f->a, folder_path(f, "big"), 9, &text, &f->err));
    CHECK_ERR(&f->err, "larger than the 9 bytes");
    assert_null(text.p);
    fs_replace(folder_path(f, "empty"), "", 0, &f->err);
    CHECK_OK(fs_map(fs_real(), folder_path(f, "empty"), &map, &f->err), &f->err);
    assert_int_equal(map.size, 0);
    fs_unmap(&map);
}

static void a_recorded_tree_cannot_be_left(void **state)
{
    struct folder *f = *state;
    const struct fs *fs;
    CHECK_OK(fs_make_dirs(folder_path(f, "root/proc/self"), &f->err), &f->err);
    fs_replace(folder_path(f, "secret"), "no", 2, &f->err);
    fs_replace(folder_path(f, "root/proc/cpuinfo"), "model\n", 6, &f->err);
    assert_int_equal(symlink("/proc/cpuinfo", folder_path(f, "root/proc/link")), 0);
    assert_int_equal(symlink("../../../secret", folder_path(f, "root/proc/out")), 0);
    CHECK_OK(fs_rooted(&f->a, folder_path(f, "root"), &fs, &f->err), &f->err);
    assert_string_equal(fs_read_word(fs, &f->a, "/proc/cpuinfo"), "model");
    assert_string_equal(fs_read_word(fs, &f->a, "/proc/link"), "model");
    assert_null(fs_read_word(fs, &f->a, "/proc/out"));
    assert_null(fs_read_word(fs, &f->a, "/proc/../../secret"));
    assert_string_equal(fs_readlink(fs, &f->a, "/proc/link"), "/proc/cpuinfo");
    assert_int_equal(fs_stat(fs, "/proc/self").kind, FS_DIR);
    assert_int_equal(fs_stat(fs, "/etc/passwd").kind, FS_NONE);
    assert_string_equal(fs_root(fs), folder_path(f, "root"));
    assert_string_equal(fs_root(fs_real()), "/");
    assert_null(fs_root(fs_memory(&f->a)));
    assert_false(fs_rooted(&f->a, folder_path(f, "nowhere"), &fs, &f->err));
}

static void a_world_in_memory_behaves_the_same(void **state)
{
    struct folder *f = *state;
    struct fs *fs = fs_memory(&f->a);
    struct fs_map map;
    uint64_t n = 0;
    fs_memory_add(fs, "/sys/node/node0/n", " 42\n", 4);
    fs_memory_add(fs, "/sys/node/node1/n", "x", 1);
    struct fs_names names = fs_list(fs, &f->a, "/sys/node");
    assert_int_equal(names.n, 2);
    assert_string_equal(names.v[1], "node1");
    assert_true(fs_read_u64(fs, &f->a, "/sys/node/node0/n", &n) && n == 42);
    assert_false(fs_read_u64(fs, &f->a, "/sys/node/node1/n", &n));
    assert_int_equal(fs_stat(fs, "/sys/node").kind, FS_DIR);
    CHECK_OK(fs_map(fs, "/sys/node/node1/n", &map, &f->err), &f->err);
    assert_int_equal(map.size, 1);
    assert_false(fs_map(fs, "/sys/none", &map, &f->err));
}

static void paths_are_joined_and_split(void **state)
{
    struct folder *f = *state;
    assert_string_equal(path_join(&f->a, "/a/", "b"), "/a/b");
    assert_string_equal(path_join(&f->a, "", "b"), "b");
    assert_string_equal(path_base("/a/b.gguf"), "b.gguf");
    assert_string_equal(path_dir(&f->a, "/a/b.gguf"), "/a");
    assert_string_equal(path_dir(&f->a, "/b"), "/");
    assert_string_equal(path_dir(&f->a, "b"), ".");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(replacing_leaves_the_old_or_the_new),
        FOLDER_TEST(a_temporary_left_by_a_dead_process_is_no_obstacle),
        FOLDER_TEST(a_link_stays_a_link_to_the_new_text),
        FOLDER_TEST(what_is_no_file_is_written_into_not_replaced),
        FOLDER_TEST(folders_are_made_as_deep_as_needed),
        FOLDER_TEST(what_cannot_be_read_says_why),
        FOLDER_TEST(a_recorded_tree_cannot_be_left),
        FOLDER_TEST(a_world_in_memory_behaves_the_same),
        FOLDER_TEST(paths_are_joined_and_split),
    };
    return RUN_TESTS(tests);
}
