#define _GNU_SOURCE
#include <unistd.h>

#include "model/store_walk.h"
#include "os/fs_impl.h"
#include "test.h"

struct world {
    struct arena a;
    struct fs *fs;
    struct gguf_files files;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    *state = w;
    if (w)
        w->fs = fs_memory(&w->a);
    return w ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    arena_release(&w->a);
    free(w);
    return 0;
}

static void add(struct world *w, const char *path)
{
    fs_memory_add(w->fs, path, "12345", 5);
}

static void files_of_a_folder_stand_together(void **state)
{
    struct world *w = *state;
    struct walk walk = walk_begin(&w->a, w->fs);
    add(w, "/m/b/two.gguf");
    add(w, "/m/b/one.gguf");
    add(w, "/m/z.gguf");
    add(w, "/m/a b\xc3\xa9\n/three.gguf");
    add(w, "/m/readme.txt");
    add(w, "/m/folder.gguf/four.gguf"); /* a folder may be called so */
    add(w, "/m/.cache/five.gguf");
    add(w, "/m/.six.gguf");
    walk_gguf(&walk, "/m", WALK_DEPTH, &w->files);
    static const char *const rel[] = {"z.gguf", "a b\xc3\xa9\n/three.gguf", "b/one.gguf",
                                      "b/two.gguf", "folder.gguf/four.gguf"};
    assert_int_equal(w->files.n, 5);
    for (size_t i = 0; i < w->files.n; i++) {
        assert_string_equal(w->files.v[i].rel, rel[i]);
        assert_string_equal(w->files.v[i].path, path_join(&w->a, "/m", rel[i]));
        assert_int_equal(w->files.v[i].info.size, 5);
    }
    assert_ptr_equal(w->files.v[2].dir, w->files.v[3].dir);
    assert_ptr_not_equal(w->files.v[1].dir, w->files.v[2].dir);
    assert_null(walk.cut);
}

static void a_walk_goes_no_deeper_than_asked(void **state)
{
    struct world *w = *state;
    struct walk walk = walk_begin(&w->a, w->fs);
    add(w, "/m/1/2/deep.gguf");
    add(w, "/m/1/2/3/deeper.gguf");
    walk_gguf(&walk, "/m", 2, &w->files);
    assert_int_equal(w->files.n, 1);
    assert_string_equal(w->files.v[0].rel, "1/2/deep.gguf");
    walk_gguf(&walk, "/nowhere", WALK_DEPTH, &w->files);
    walk_gguf(&walk, "/m/1/2/deep.gguf", WALK_DEPTH, &w->files);
    assert_int_equal(w->files.n, 1);
}

static void a_loop_of_links_is_left(void **state)
{
    struct world *w = *state;
    struct walk walk = walk_begin(&w->a, fs_real());
    struct err err = {0};
    char dir[] = "/tmp/tailor-walk-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    CHECK_OK(fs_make_dirs(path_join(&w->a, dir, "sub"), &err), &err);
    CHECK_OK(fs_replace(path_join(&w->a, dir, "sub/m.gguf"), "x", 1, &err), &err);
    assert_int_equal(symlink(".", path_join(&w->a, dir, "sub/here")), 0);
    assert_int_equal(symlink("..", path_join(&w->a, dir, "sub/up")), 0);
    assert_int_equal(symlink("m.gguf", path_join(&w->a, dir, "sub/link.gguf")), 0);
    walk_gguf(&walk, dir, WALK_DEPTH, &w->files);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(w->files.n, 2); /* a file may well have two names */
    assert_int_equal(w->files.v[0].info.inode, w->files.v[1].info.inode);
}

/* ---- a world without end: every folder holds MANY folders and files ---- */

enum { MANY = 1000 };

static struct fs_info endless_stat(const struct fs *fs, const char *path)
{
    (void)fs;
    return (struct fs_info){.kind = cstr_ends(path, ".gguf") ? FS_FILE : FS_DIR};
}

static struct fs_names endless_list(const struct fs *fs, struct arena *a, const char *path)
{
    struct fs_names names = {arena_array(a, MANY, sizeof(char *)), 0};
    for (; names.n < fs->n; names.n++)
        names.v[names.n] = arena_printf(a, names.n % 2 ? "%06zu.gguf" : "%06zu", names.n);
    (void)path;
    return names;
}

static const struct fs_ops endless_ops = {.stat = endless_stat, .list = endless_list};

static void an_endless_tree_is_cut(void **state)
{
    struct world *w = *state;
    const struct fs endless = {.ops = &endless_ops, .n = MANY};
    struct walk walk = walk_begin(&w->a, &endless);
    walk_gguf(&walk, "/m", WALK_DEPTH, &w->files);
    assert_int_equal(walk.left, 0);
    assert_int_equal(w->files.n, WALK_NAMES_MAX / 2);
    assert_non_null(walk.cut);
    struct fs_names names = walk_names(&walk, &w->a, "/m");
    assert_int_equal(names.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_of_a_folder_stand_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_walk_goes_no_deeper_than_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loop_of_links_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_endless_tree_is_cut, set_up, tear_down),
    };
    return RUN_TESTS(tests);
}
