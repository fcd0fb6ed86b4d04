/* ---- unit/folder.h: a temporary folder for tests that need files, gone when they end. ---- */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <sys/stat.h>

#include "os/fs.h"
#include "os/proc.h"
#include "test.h"

/* Tests embed it as their first member, or use it alone as their state. */
struct folder {
    struct arena a;
    struct err err;
    char dir[64];
};

static inline int folder_make(struct folder *f)
{
    strcpy(f->dir, "/tmp/tailor-test-XXXXXX");
    return mkdtemp(f->dir) ? 0 : -1;
}

static inline int folder_remove(struct folder *f)
{
    const char *const argv[] = {"rm", "-rf", f->dir, NULL};
    const struct proc_spec spec = {.argv = argv, .err = PROC_INHERIT};
    struct proc_output out;
    bool done = proc_capture(&f->a, &spec, 10000, 100, &out, &f->err) && out.exit_code == 0;
    arena_release(&f->a);
    return done ? 0 : -1;
}

static inline int folder_set_up(void **state)
{
    *state = calloc(1, sizeof(struct folder));
    return *state ? folder_make(*state) : -1;
}

static inline int folder_tear_down(void **state)
{
    int status = folder_remove(*state);
    free(*state);
    return status;
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_set_up, folder_tear_down)

static inline const char *folder_path(struct folder *f, const char *name)
{
    return path_join(&f->a, f->dir, name);
}

/* A file with its folders; returns its path. */
static inline const char *folder_put(struct folder *f, const char *name, const char *text)
{
    const char *path = folder_path(f, name);
    CHECK_OK(fs_make_dirs(path_dir(&f->a, path), &f->err), &f->err);
    CHECK_OK(fs_replace(path, text, strlen(text), &f->err), &f->err);
    return path;
}

/* A program: the text of a shell script behind its first line. */
static inline const char *folder_script(struct folder *f, const char *name, const char *text)
{
    const char *path = folder_put(f, name, arena_printf(&f->a, "#!/bin/sh\n%s\n", text));
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static inline const char *folder_text(struct folder *f, const char *path)
{
    struct str text;
    CHECK_OK(fs_read(fs_real(), &f->a, path, 1 << 20, &text, &f->err), &f->err);
    return text.p;
}

#endif
