/* Large new files on POSIX: a temporary name in the same directory, then rename(2). */
#include "os/fs_out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/units.h"
#include "os/fs_impl.h"

static bool cannot_write(const char *path, struct err *err)
{
    int why = errno;
    err_set(err, ERR_FAILED, "cannot write \"%s\": %s", path, strerror(why));
    if (why == ENOSPC || why == EFBIG)
        err_hint(err, "free some space on that disk or choose another folder");
    else if (why == EACCES || why == EPERM || why == EROFS)
        err_hint(err, "choose a folder that you may write to");
    else if (why == ENOENT || why == ENOTDIR)
        err_hint(err, "is its folder there?");
    return false;
}

static bool has_room(struct arena *a, const char *path, uint64_t needs, struct err *err)
{
    struct statvfs disk;
    if (statvfs(path_dir(a, path), &disk) != 0)
        return true; /* opening the file will say what is wrong */
    uint64_t free_bytes = units_mul(disk.f_bavail, disk.f_frsize);
    if (needs <= free_bytes)
        return true;
    char want[UNITS_TEXT], have[UNITS_TEXT];
    err_set(err, ERR_FAILED, "cannot write \"%s\": it needs %s and the disk has %s free", path,
            units_bytes(needs, want), units_bytes(free_bytes, have));
    return err_hint(err, "free some space on that disk or choose another folder");
}

/* NAME is that of the file: "NAME.PID.tmp" or "NAME.PID.N.tmp" of a process that is gone. */
static bool is_left_over(const char *candidate, const char *name)
{
    struct str rest = str_from(candidate), part;
    unsigned long long pid, n;
    size_t length = strlen(name);
    if (!cstr_starts(candidate, name) || candidate[length] != '.')
        return false;
    rest = (struct str){rest.p + length + 1, rest.n - length - 1};
    bool ours = str_cut(&rest, '.', &part) && str_u64(part, &pid) && pid > 0 && pid < INT32_MAX;
    if (ours && !str_eq(rest, "tmp"))
        ours = str_cut(&rest, '.', &part) && str_u64(part, &n) && str_eq(rest, "tmp");
    return ours && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* What a killed program left beside the file: gigabytes, perhaps. */
static void sweep(struct arena *a, const char *target)
{
    const char *dir = path_dir(a, target), *name = path_base(target);
    struct fs_names names = fs_list(fs_real(), a, dir);
    for (size_t i = 0; i < names.n; i++) {
        const char *path = path_join(a, dir, names.v[i]);
        struct stat st;
        if (is_left_over(names.v[i], name) && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
            st.st_uid == geteuid())
            unlink(path);
    }
}

bool fs_out_open(struct arena *a, const char *path, uint64_t needs, struct fs_out *out,
                 struct err *err)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) {
        err_set(err, ERR_FAILED, "cannot write \"%s\": it is %s", path,
                S_ISDIR(st.st_mode) ? "a directory" : "a device or pipe");
        return err_hint(err, "name a file%s", S_ISDIR(st.st_mode) ? " in it" : "");
    }
    const char *target = fs_target(a, path);
    sweep(a, target);
    if (!has_room(a, path, needs, err))
        return false;
    struct strbuf temporary = {0};
    int fd = fs_open_beside(target, there ? st.st_mode & 0777 : 0644, &temporary);
    const char *name = strbuf_take(&temporary, a);
    if (fd < 0)
        return cannot_write(path, err);
    *out =
        (struct fs_out){.path = arena_strdup(a, target), .temporary = name, .fd = fd, .open = true};
    return true;
}

bool fs_out_write(struct fs_out *out, const void *bytes, size_t n, struct err *err)
{
    const char *p = bytes;
    while (n) {
        ssize_t put = write(out->fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return cannot_write(out->path, err);
        p += put;
        n -= (size_t)put;
        out->at += (uint64_t)put;
    }
    return true;
}

bool fs_out_skip(struct fs_out *out, uint64_t n, struct err *err)
{
    if (n > (uint64_t)INT64_MAX - out->at)
        return err_set(err, ERR_FAILED, "cannot write \"%s\": the file would be too large",
                       out->path);
    if (lseek(out->fd, (off_t)(out->at + n), SEEK_SET) < 0)
        return cannot_write(out->path, err);
    out->at += n;
    return true;
}

bool fs_out_commit(struct fs_out *out, struct err *err)
{
    /* A hole at the end only counts once the file has its length. */
    bool done = ftruncate(out->fd, (off_t)out->at) == 0 && rename(out->temporary, out->path) == 0;
    if (!done) {
        cannot_write(out->path, err);
        fs_out_abort(out);
        return false;
    }
    out->open = false;
    return close(out->fd) == 0 || cannot_write(out->path, err);
}

void fs_out_abort(struct fs_out *out)
{
    if (!out->open)
        return;
    out->open = false;
    close(out->fd);
    unlink(out->temporary);
}
