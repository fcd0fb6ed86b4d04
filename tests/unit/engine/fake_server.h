/* ---- unit/engine/fake_server.h: a llama-server of few words, to be started as a child.
 *
 * The test program executes itself: fake_server_main() stands first in main().  It listens on a
 * Unix socket and answers a request for /PATH with the file DIR/PATH, whose first line says how:
 *
 *     200          this status and the rest of the file, then the connection is closed
 *     200 hang     the same, but the connection stays open
 *     200 die      the same, then the server is killed (SIGKILL)
 *
 * A path without a file gets 404.  What was sent is kept in DIR/request. */
#ifndef TESTS_UNIT_ENGINE_FAKE_SERVER_H
#define TESTS_UNIT_ENGINE_FAKE_SERVER_H

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/server.h"
#include "folder.h"
#include "os/clock.h"

#define FAKE_SERVER "fake-server"

/* The whole request: its head and as many bytes as that announces. */
static inline void fake_read_request(int fd, struct strbuf *text)
{
    char chunk[4096];
    for (;;) {
        const char *end = strstr(strbuf_cstr(text), "\r\n\r\n");
        const char *length = strstr(strbuf_cstr(text), "Content-Length: ");
        size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
        if (end && text->len >= (size_t)(end + 4 - text->p) + body)
            return;
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got <= 0)
            return;
        strbuf_add(text, chunk, (size_t)got);
    }
}

static inline void fake_send(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put <= 0)
            return;
        p += put;
        n -= (size_t)put;
    }
}

static inline void fake_answer(struct arena *a, int fd, const char *dir, const char *path)
{
    struct str file = STR("404\n"), how;
    struct err err = {0};
    fs_read(fs_real(), a, path_join(a, dir, path), 1 << 25, &file, &err);
    str_line(&file, &how);
    const char *head =
        arena_printf(a, "HTTP/1.1 %.3s X\r\nConnection: close\r\n\r\n", str_dup(a, how));
    fake_send(fd, head, strlen(head));
    fake_send(fd, file.p, file.n);
    if (str_ends(how, "die")) {
        clock_sleep_ms(50); /* so that what was sent is read before the end is noticed */
        raise(SIGKILL);
    }
    if (!str_ends(how, "hang"))
        close(fd);
}

static inline int fake_listen(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    unlink(path);
    return bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0 ? fd : -1;
}

/* Does not come back where the words are a fake server's. */
static inline void fake_server_main(int argc, char **argv)
{
    if (argc < 5 || strcmp(argv[1], FAKE_SERVER) != 0)
        return;
    signal(SIGPIPE, SIG_IGN);
    int listening = fake_listen(argv[argc - 1]);
    for (;;) {
        struct arena a = {0};
        struct strbuf request = {0};
        char path[256] = "";
        struct err err = {0};
        int fd = accept(listening, NULL, NULL);
        if (fd < 0)
            _exit(9);
        fake_read_request(fd, &request);
        sscanf(strbuf_cstr(&request), "%*s /%255s", path);
        fs_replace(path_join(&a, argv[2], "request"), strbuf_cstr(&request), request.len, &err);
        fake_answer(&a, fd, argv[2], path);
        strbuf_release(&request);
        arena_release(&a);
    }
}

static inline const char *fake_server_program(struct folder *f)
{
    char self[4096] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    return arena_strdup(&f->a, self);
}

/* Starts one on DIR/socket and waits until it is ready; its log is DIR/log. */
static inline void fake_server_start(struct folder *f, struct server *s)
{
    const char *socket = folder_path(f, "socket");
    const char *argv[] = {fake_server_program(f), FAKE_SERVER, f->dir, "--host", socket, NULL};
    const struct server_spec spec = {.argv = argv,
                                     .unix_socket = arena_strdup(&f->a, socket),
                                     .url = "http://localhost",
                                     .log_path = folder_path(f, "log")};
    folder_put(f, "health", "200\nok");
    CHECK_OK(server_start(s, &spec, &f->err), &f->err);
    CHECK_OK(server_wait_ready(&f->a, s, 20, NULL, NULL, &f->err), &f->err);
}

#endif
