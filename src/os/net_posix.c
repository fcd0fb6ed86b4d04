/* getaddrinfo, bind. */
#include "os/net.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* llama-server's HTTP library sets SO_REUSEADDR, too: a port in TIME_WAIT is free. */
static bool can_bind(const struct addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool done = bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, 1) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return done;
}

static const char own_address[] =
    "--host is an address of this machine: 127.0.0.1 for it alone, 0.0.0.0 for its network";

bool net_can_listen(const char *host, const char *port, struct err *err)
{
    const struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, port, &want, &found);
    if (code != 0) {
        err_set(err, ERR_FAILED, "cannot listen on \"%s\", port %s: %s", host, port,
                gai_strerror(code));
        return err_hint(err, "%s", own_address);
    }
    bool done = false;
    int why = 0;
    for (const struct addrinfo *at = found; at && !done; at = at->ai_next) {
        done = can_bind(at);
        why = errno;
    }
    freeaddrinfo(found);
    if (done)
        return true;
    if (why == EADDRINUSE) {
        err_set(err, ERR_FAILED, "port %s of \"%s\" is taken by another program", port, host);
        return err_hint(err, "choose another with --port");
    }
    err_set(err, ERR_FAILED, "cannot listen on \"%s\", port %s: %s", host, port, strerror(why));
    return err_hint(err, "%s", why == EACCES ? "choose a --port above 1023" : own_address);
}
