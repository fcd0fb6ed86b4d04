/* mkdtemp(3), and what a killed program left. */
#define _GNU_SOURCE
#include "os/private_dir.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fs.h"

enum { RANDOM_LETTERS = 6 };

void private_dir_remove(const char *dir)
{
    struct arena scratch = {0};
    struct fs_names files = fs_list(fs_real(), &scratch, dir);
    for (size_t i = 0; i < files.n; i++)
        unlink(path_join(&scratch, dir, files.v[i]));
    rmdir(dir);
    arena_release(&scratch);
}

/* "tailor-PID-XXXXXX" of a process that is gone. */
static bool is_left_over(const char *name)
{
    struct str rest = str_from(name), part;
    unsigned long long pid;
    bool ours = str_cut(&rest, '-', &part) && str_eq(part, "tailor") &&
                str_cut(&rest, '-', &part) && str_u64(part, &pid) && rest.n == RANDOM_LETTERS;
    return ours && pid > 0 && pid < INT32_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* A folder, no link to one, and nobody else's. */
static bool is_own_dir(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static void sweep(struct arena *a, const char *base)
{
    struct fs_names names = fs_list(fs_real(), a, base);
    for (size_t i = 0; i < names.n; i++) {
        const char *path = path_join(a, base, names.v[i]);
        if (is_left_over(names.v[i]) && is_own_dir(path))
            private_dir_remove(path);
    }
}

const char *private_dir_make(struct arena *a, const char *base, struct err *err)
{
    char *dir = arena_printf(a, "%s/tailor-%ld-XXXXXX", base, (long)getpid());
    sweep(a, base);
    if (mkdtemp(dir))
        return dir;
    err_set(err, ERR_FAILED, "cannot create a folder in \"%s\": %s", base, strerror(errno));
    return NULL;
}
