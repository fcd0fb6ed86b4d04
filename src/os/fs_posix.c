/* The real world and recorded trees: POSIX files, every path opened below a root. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "base/vec.h"
#include "os/fs_impl.h"

/* Below a recorded root even absolute links and ".." stay inside, where the kernel can promise it
 * (openat2, Linux 5.6); elsewhere the plain path below the root is opened. */
static int open_below(const struct fs *fs, const char *path, int flags)
{
    if (fs->root_fd < 0)
        return open(path, flags | O_CLOEXEC);
#if defined(__linux__)
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, fs->root_fd, path, &how, sizeof(how));
    if (fd >= 0 || errno != ENOSYS)
        return fd;
#endif
    while (*path == '/')
        path++;
    return openat(fs->root_fd, *path ? path : ".", flags | O_CLOEXEC);
}

#if !defined(O_PATH)
#define O_PATH O_RDONLY
#endif

static struct fs_info posix_stat(const struct fs *fs, const char *path)
{
    struct fs_info info = {0};
    struct stat st;
    int fd = open_below(fs, path, O_PATH);
    if (fd < 0)
        return info;
    if (fstat(fd, &st) == 0) {
        info.kind = S_ISREG(st.st_mode) ? FS_FILE : S_ISDIR(st.st_mode) ? FS_DIR : FS_OTHER;
        info.size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
        info.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        info.device = (uint64_t)st.st_dev;
        info.inode = (uint64_t)st.st_ino;
    }
    close(fd);
    return info;
}

static bool cannot(const char *what, const char *path, struct err *err)
{
    int why = errno;
    err_set(err, ERR_FAILED, "cannot %s \"%s\": %s", what, path, strerror(why));
    if (why == EACCES || why == EPERM)
        err_hint(err, "check its permissions");
    else if (why == ENOSPC)
        err_hint(err, "free some space on that disk");
    else if (why == ELOOP)
        err_hint(err, "its links lead in a circle: name the file itself");
    else if (why == EISDIR)
        err_hint(err, "name a file in it");
    else if (why == ENOENT || why == ENOTDIR)
        err_hint(err, "is its folder there?");
    return false;
}

/* Opens a regular file (or a /proc and /sys one) for reading; directories, pipes and devices are
 * refused before anything could block on them. */
static int open_file(const struct fs *fs, const char *path, struct stat *st, struct err *err)
{
    int fd = open_below(fs, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        cannot("open", path, err);
        return -1;
    }
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
        err_set(err, ERR_FAILED, "\"%s\" is %s, not a file", path,
                S_ISDIR(st->st_mode) ? "a directory" : "a device or pipe");
        err_hint(err, S_ISDIR(st->st_mode) ? "name a file in it" : "copy it into a file first");
        close(fd);
        return -1;
    }
    return fd;
}

static bool posix_read(const struct fs *fs, struct arena *a, const char *path, size_t cap,
                       struct str *out, struct err *err)
{
    struct stat st;
    int fd = open_file(fs, path, &st, err);
    if (fd < 0)
        return false;
    struct strbuf bytes = {0};
    char chunk[1 << 14];
    ssize_t got = 0;
    while (bytes.len <= cap) {
        got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        strbuf_add(&bytes, chunk, (size_t)got);
    }
    bool done = got >= 0 && bytes.len <= cap;
    if (got < 0)
        cannot("read", path, err);
    else if (!done)
        err_set(err, ERR_FAILED, "\"%s\" is larger than the %zu bytes we read", path, cap);
    close(fd);
    if (done) {
        char *copy = arena_alloc(a, bytes.len + 1);
        memcpy(copy, strbuf_cstr(&bytes), bytes.len);
        *out = (struct str){copy, bytes.len};
    }
    strbuf_release(&bytes);
    return done;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct fs_names posix_list(const struct fs *fs, struct arena *a, const char *path)
{
    VEC(const char *) names = {0};
    int fd = open_below(fs, path, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return (struct fs_names){0};
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            *VEC_PUSH(a, &names) = arena_strdup(a, e->d_name);
    closedir(dir);
    if (names.n)
        qsort(names.v, names.n, sizeof(*names.v), by_name);
    return (struct fs_names){names.v, names.n};
}

static const char *posix_readlink(const struct fs *fs, struct arena *a, const char *path)
{
    char target[4096];
    ssize_t n;
    if (fs->root_fd < 0) {
        n = readlink(path, target, sizeof(target));
    } else {
#if defined(__linux__)
        int fd = open_below(fs, path, O_PATH | O_NOFOLLOW);
        if (fd < 0)
            return NULL;
        n = readlinkat(fd, "", target, sizeof(target));
        close(fd);
#else
        n = readlinkat(fs->root_fd, path + (*path == '/'), target, sizeof(target));
#endif
    }
    return n > 0 ? arena_strndup(a, target, (size_t)n) : NULL;
}

static bool posix_map(const struct fs *fs, const char *path, struct fs_map *out, struct err *err)
{
    struct stat st;
    int fd = open_file(fs, path, &st, err);
    if (fd < 0)
        return false;
    *out = (struct fs_map){.p = (const unsigned char *)"", .size = 0};
    if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            cannot("map", path, err);
            close(fd);
            return false;
        }
        *out = (struct fs_map){p, (uint64_t)st.st_size, true};
    }
    close(fd);
    return true;
}

void fs_unmap(struct fs_map *m)
{
    if (m->mapped)
        munmap((void *)(uintptr_t)m->p, (size_t)m->size);
    *m = (struct fs_map){0};
}

static const struct fs_ops posix_ops = {
    .stat = posix_stat,
    .read = posix_read,
    .list = posix_list,
    .readlink = posix_readlink,
    .map = posix_map,
};

static const struct fs real = {.ops = &posix_ops, .root_fd = -1, .root = "/"};

const struct fs *fs_real(void)
{
    return &real;
}

bool fs_is_real(const struct fs *fs)
{
    return fs == &real;
}

bool fs_rooted(struct arena *a, const char *root, const struct fs **out, struct err *err)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cannot("open", root, err);
    struct fs *fs = arena_alloc(a, sizeof(*fs));
    *fs = (struct fs){.ops = &posix_ops, .root_fd = fd, .root = arena_strdup(a, root)};
    *out = fs;
    return true;
}

struct fs_names fs_glob(struct arena *a, const char *pattern)
{
    glob_t found = {0};
    struct fs_names names = {0};
    if (glob(pattern, GLOB_TILDE, NULL, &found) == 0) {
        names.v = arena_array(a, found.gl_pathc, sizeof(*names.v));
        for (size_t i = 0; i < found.gl_pathc; i++)
            names.v[names.n++] = arena_strdup(a, found.gl_pathv[i]);
    }
    globfree(&found);
    return names;
}

/* ---- writing ---- */

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

/* A process that was killed may have left its file, and its id may be ours now. */
int fs_open_beside(const char *path, mode_t mode, struct strbuf *name)
{
    enum { TRIES = 100 };
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        strbuf_clear(name);
        strbuf_addf(name, "%s.%ld", path, (long)getpid());
        if (i)
            strbuf_addf(name, ".%d", i);
        strbuf_adds(name, ".tmp");
        fd = open(strbuf_cstr(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

const char *fs_target(struct arena *a, const char *path)
{
    char *real_path = realpath(path, NULL);
    const char *target = real_path ? arena_strdup(a, real_path) : path;
    free(real_path);
    return target;
}

/* A pipe, a terminal, /dev/null: nothing that a new file could take the place of. */
static bool write_into(const char *path, const void *bytes, size_t n, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write_all(fd, bytes, n);
    if (!done)
        cannot("write", path, err);
    if (fd >= 0)
        close(fd);
    return done;
}

/* mode: of the file that is replaced; 0: there is none. */
static bool write_beside(const char *path, mode_t mode, const void *bytes, size_t n,
                         struct err *err)
{
    struct strbuf name = {0};
    int fd = fs_open_beside(path, mode ? mode : 0644, &name);
    bool done =
        fd >= 0 && (!mode || fchmod(fd, mode) == 0) && write_all(fd, bytes, n) && fsync(fd) == 0;
    if (fd >= 0)
        done = close(fd) == 0 && done;
    done = done && rename(strbuf_cstr(&name), path) == 0;
    if (!done) {
        cannot("write", path, err);
        if (fd >= 0)
            unlink(strbuf_cstr(&name));
    }
    strbuf_release(&name);
    return done;
}

bool fs_replace(const char *path, const void *bytes, size_t n, struct err *err)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode))
        return write_into(path, bytes, n, err);
    struct arena scratch = {0};
    mode_t mode = there ? st.st_mode & 07777 : 0;
    bool done = write_beside(fs_target(&scratch, path), mode, bytes, n, err);
    arena_release(&scratch);
    return done;
}

bool fs_make_dirs(const char *path, struct err *err)
{
    struct strbuf part = {0};
    bool done = true;
    for (const char *p = path; done && *p;) {
        size_t n = strcspn(p + 1, "/") + 1;
        strbuf_add(&part, p, n);
        p += n;
        if (mkdir(strbuf_cstr(&part), 0700) != 0 && errno != EEXIST && errno != EISDIR &&
            fs_stat(&real, strbuf_cstr(&part)).kind != FS_DIR)
            done = cannot("create the directory", strbuf_cstr(&part), err);
    }
    strbuf_release(&part);
    return done;
}
