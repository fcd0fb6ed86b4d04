#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "os/fs_out.h"

struct world {
    struct folder f;
    struct fs_out out;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct world));
    return *state ? folder_make(*state) : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    fs_out_abort(&w->out);
    int status = folder_remove(&w->f);
    free(w);
    return status;
}

static const char *in(struct world *w, const char *name)
{
    return folder_path(&w->f, name);
}

static size_t files_in(struct world *w)
{
    return fs_list(fs_real(), &w->f.a, w->f.dir).n;
}

static void holes_read_as_zeros_and_cost_nothing(void **state)
{
    struct world *w = *state;
    const uint64_t hole = (uint64_t)1 << 30;
    struct fs_map map;
    struct stat st;
    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 10, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "head", 4, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_skip(&w->out, 8, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "mid", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_skip(&w->out, hole, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_commit(&w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_map(fs_real(), in(w, "x"), &map, &w->f.err), &w->f.err);
    assert_int_equal(map.size, 15 + hole);
    assert_memory_equal(map.p, "head\0\0\0\0\0\0\0\0mid\0", 16);
    assert_int_equal(map.p[map.size - 1], 0);
    fs_unmap(&map);
    assert_int_equal(stat(in(w, "x"), &st), 0);
    assert_true((uint64_t)st.st_blocks * 512 < hole / 2);
    assert_int_equal(files_in(w), 1);
}

static void what_a_killed_program_left_is_removed(void **state)
{
    struct world *w = *state;
    struct arena *a = &w->f.a;
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    assert_int_equal(waitpid(gone, NULL, 0), gone);
    folder_put(&w->f, arena_printf(a, "x.%ld.tmp", (long)gone), "half");
    folder_put(&w->f, arena_printf(a, "x.%ld.1.tmp", (long)gone), "half");
    const char *const kept[] = {
        arena_printf(a, "x.%ld.tmp", (long)getppid()), /* it lives */
        arena_printf(a, "y.%ld.tmp", (long)gone),
        arena_printf(a, "x.%ld.gguf", (long)gone),
        arena_printf(a, "x.%ldx.tmp", (long)gone),
    };
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        folder_put(&w->f, kept[i], "kept");
    CHECK_OK(fs_out_open(a, in(w, "x"), 4, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "new", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_commit(&w->out, &w->f.err), &w->f.err);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        assert_int_equal(fs_stat(fs_real(), in(w, kept[i])).kind, FS_FILE);
    assert_int_equal(files_in(w), 1 + COUNT_OF(kept));
}

static void the_old_file_stays_until_the_new_one_is_whole(void **state)
{
    struct world *w = *state;
    struct str text;
    fs_replace(in(w, "x"), "old", 3, &w->f.err);
    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 3, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "new", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_read(fs_real(), &w->f.a, in(w, "x"), 9, &text, &w->f.err), &w->f.err);
    assert_true(str_eq(text, "old"));
    fs_out_abort(&w->out);
    assert_int_equal(files_in(w), 1);

    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 3, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "new", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_commit(&w->out, &w->f.err), &w->f.err);
    fs_out_abort(&w->out); /* does nothing any more */
    CHECK_OK(fs_read(fs_real(), &w->f.a, in(w, "x"), 9, &text, &w->f.err), &w->f.err);
    assert_true(str_eq(text, "new"));
    assert_int_equal(files_in(w), 1);
}

static void a_temporary_left_by_a_dead_process_is_no_obstacle(void **state)
{
    struct world *w = *state;
    folder_put(&w->f, arena_printf(&w->f.a, "x.%ld.tmp", (long)getpid()), "half");
    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 1, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "new", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_commit(&w->out, &w->f.err), &w->f.err);
    assert_string_equal(folder_text(&w->f, in(w, "x")), "new");
}

static void links_are_followed_and_pipes_refused(void **state)
{
    struct world *w = *state;
    folder_put(&w->f, "real", "old");
    assert_int_equal(symlink("real", in(w, "link")), 0);
    CHECK_OK(fs_out_open(&w->f.a, in(w, "link"), 1, &w->out, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_write(&w->out, "new", 3, &w->f.err), &w->f.err);
    CHECK_OK(fs_out_commit(&w->out, &w->f.err), &w->f.err);
    assert_string_equal(folder_text(&w->f, in(w, "real")), "new");
    assert_string_equal(fs_readlink(fs_real(), &w->f.a, in(w, "link")), "real");
    assert_int_equal(mkfifo(in(w, "pipe"), 0600), 0);
    assert_false(fs_out_open(&w->f.a, in(w, "pipe"), 1, &w->out, &w->f.err));
    CHECK_ERR(&w->f.err, "a device or pipe");
    assert_int_equal(files_in(w), 3);
}

/* A limit of 1 byte on files: what a full disk looks like to write(2). */
static void a_disk_that_fills_up_leaves_the_old_file(void **state)
{
    struct world *w = *state;
    struct rlimit old, one;
    folder_put(&w->f, "x", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    one = old;
    one.rlim_cur = 1;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 1, &w->out, &w->f.err), &w->f.err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &one), 0);
    bool written = fs_out_write(&w->out, "new", 3, &w->f.err);
    struct err second = {0};
    bool replaced = fs_replace(in(w, "x"), "new", 3, &second);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_false(written || replaced);
    CHECK_ERR(&w->f.err, "cannot write");
    CHECK_ERR(&w->f.err, "free some space");
    CHECK_ERR(&second, "cannot write");
    fs_out_abort(&w->out);
    assert_string_equal(folder_text(&w->f, in(w, "x")), "old");
    assert_int_equal(files_in(w), 1);
}

static void what_cannot_be_written_says_why_and_leaves_nothing(void **state)
{
    struct world *w = *state;
    assert_false(fs_out_open(&w->f.a, w->f.dir, 1, &w->out, &w->f.err));
    CHECK_ERR(&w->f.err, "is a directory");
    assert_false(fs_out_open(&w->f.a, in(w, "no/such/x"), 1, &w->out, &w->f.err));
    CHECK_ERR(&w->f.err, "No such file");
    assert_false(fs_out_open(&w->f.a, in(w, "x"), UINT64_MAX, &w->out, &w->f.err));
    CHECK_ERR(&w->f.err, "the disk has");
    CHECK_ERR(&w->f.err, "free some space");
    assert_int_equal(files_in(w), 0);
    CHECK_OK(fs_out_open(&w->f.a, in(w, "x"), 1, &w->out, &w->f.err), &w->f.err);
    assert_false(fs_out_skip(&w->out, UINT64_MAX, &w->f.err));
    CHECK_ERR(&w->f.err, "too large");
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(holes_read_as_zeros_and_cost_nothing),
        WORLD_TEST(what_a_killed_program_left_is_removed),
        WORLD_TEST(the_old_file_stays_until_the_new_one_is_whole),
        WORLD_TEST(a_temporary_left_by_a_dead_process_is_no_obstacle),
        WORLD_TEST(links_are_followed_and_pipes_refused),
        WORLD_TEST(a_disk_that_fills_up_leaves_the_old_file),
        WORLD_TEST(what_cannot_be_written_says_why_and_leaves_nothing),
    };
    return RUN_TESTS(tests);
}
