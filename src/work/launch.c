/* A private folder, a child, a wait. */
#include "work/launch.h"

#include <string.h>
#include <unistd.h>

#include "engine/adapt.h"
#include "os/clock.h"
#include "os/net.h"
#include "os/private_dir.h"
#include "os/term.h"
#include "settings/argv.h"

#define SOCKET_NAME "llama.sock"
#define LOG_NAME "llama-server.log"

enum { LOGS_KEPT = 5, LOAD_TIMEOUT_S = 3600, SOCKET_PATH_MAX = 100 };

/* Sockets have short paths: the runtime folder, or /tmp where that is too long. */
static const char *socket_base(const struct session *s)
{
    return strlen(s->dirs.runtime) < SOCKET_PATH_MAX / 2 ? s->dirs.runtime : "/tmp";
}

/* Logs are kept where an error message can point to them: the last few runs. */
static const char *log_path(struct session *s, const struct launch *l)
{
    struct err ignored = {0};
    const char *dir = path_join(s->arena, s->dirs.state, "logs");
    if (!fs_make_dirs(dir, &ignored))
        return path_join(s->arena, l->dir, LOG_NAME);
    struct fs_names logs = fs_list(fs_real(), s->arena, dir); /* by name is by time */
    for (size_t i = 0; i + LOGS_KEPT <= logs.n; i++)
        if (cstr_starts(logs.v[i], "llama-server-"))
            unlink(path_join(s->arena, dir, logs.v[i]));
    return arena_printf(s->arena, "%s/llama-server-%lld-%ld.log", dir, (long long)clock_wall_s(),
                        (long)getpid());
}

/* ---- where it listens ---- */

/* What the user's own words say about it. */
struct own_words {
    const char *host, *port, *prefix;
    bool tls;
    const char *first; /* of those that a private socket has no use for, or NULL */
};

static struct own_words read_own_words(struct session *s, const struct words *words)
{
    struct argv argv;
    struct own_words own = {0};
    argv_parse(s->arena, TOOL_SERVER, words->v, words->n, &argv);
    for (size_t i = 0; i < argv.items.n; i++) {
        const struct argv_item *item = &argv.items.v[i];
        const char *key = item->kind == ARGV_OPTION ? item->option->key : "";
        const char *value = item->kind == ARGV_OPTION ? argv_value(&argv, item) : NULL;
        bool tls = cstr_starts(key, "ssl-");
        if (strcmp(key, "host") == 0)
            own.host = value;
        else if (strcmp(key, "port") == 0)
            own.port = value;
        else if (strcmp(key, "api-prefix") == 0)
            own.prefix = value;
        else if (!tls && !cstr_starts(key, "api-key"))
            continue;
        own.tls |= tls;
        own.first = own.first ? own.first : argv.words[item->at];
    }
    return own;
}

static bool listen_on_socket(struct session *s, struct launch *l, const struct own_words *own,
                             struct err *err)
{
    if (own->first) {
        err_set(err, ERR_USAGE, "\"%s\" has no place on a private socket", own->first);
        return err_hint(err, "tailor serve takes it");
    }
    l->server.unix_socket =
        arena_printf(s->arena, "%s/" PRIVATE_DIR_PATTERN "/" SOCKET_NAME, socket_base(s));
    l->server.url = "http://localhost";
    words_add(s->arena, &l->argv, "--host");
    words_add(s->arena, &l->argv, l->server.unix_socket);
    return true;
}

/* Addresses that mean every one of ours are reached at loopback. */
static const char *reached_at(const char *host)
{
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    return any ? "127.0.0.1" : host;
}

static void listen_on_port(struct session *s, struct launch *l, const struct launch_spec *spec,
                           const struct own_words *own)
{
    struct arena *a = s->arena;
    l->host = own->host ? own->host : spec->host;
    l->port = own->port ? own->port : arena_printf(a, "%u", (unsigned)spec->port);
    if (!own->host) {
        words_add(a, &l->argv, "--host");
        words_add(a, &l->argv, l->host);
    }
    if (!own->port) {
        words_add(a, &l->argv, "--port");
        words_add(a, &l->argv, l->port);
    }
    if (cstr_ends(l->host, ".sock")) { /* llama-server takes a path as a socket */
        l->server.unix_socket = l->host;
        l->server.url = "http://localhost";
        return;
    }
    const char *at = reached_at(l->host);
    bool v6 = strchr(at, ':') != NULL;
    l->server.url = arena_printf(a, "%s://%s%s%s:%s%s", own->tls ? "https" : "http", v6 ? "[" : "",
                                 at, v6 ? "]" : "", l->port, own->prefix ? own->prefix : "");
}

bool launch_prepare(struct session *s, const struct engine *engine, const struct plan *plan,
                    const struct launch_spec *spec, struct launch *out, struct err *err)
{
    *out = (struct launch){0};
    engine_adapt(s->arena, engine, plan->argv, plan->n_argv, &out->argv, &out->notes);
    const struct own_words own = read_own_words(s, &out->argv);
    if (spec->listen == LISTEN_SOCKET)
        return listen_on_socket(s, out, &own, err);
    listen_on_port(s, out, spec, &own);
    return true;
}

static bool go_on(void *user)
{
    (void)user;
    return term_interrupts() == 0 && !term_ended();
}

bool launch_start(struct session *s, struct launch *l, struct err *err)
{
    static const char *const env[] = {"GGML_NO_BACKTRACE=1", NULL};
    l->dir = private_dir_make(s->arena, socket_base(s), err);
    if (!l->dir)
        return false;
    if (l->port && !l->server.unix_socket && !net_can_listen(l->host, l->port, err))
        return false;
    if (!l->port) /* the folder was not known when the words were written */
        l->argv.v[l->argv.n - 1] = l->server.unix_socket = path_join(s->arena, l->dir, SOCKET_NAME);
    const struct server_spec spec = {.argv = words_argv(s->arena, &l->argv),
                                     .env = env,
                                     .unix_socket = l->server.unix_socket,
                                     .url = l->server.url,
                                     .log_path = log_path(s, l)};
    return server_start(&l->server, &spec, err) &&
           server_wait_ready(s->arena, &l->server, LOAD_TIMEOUT_S, go_on, NULL, err);
}

void launch_stop(struct launch *l)
{
    if (!l->dir)
        return;
    server_stop(&l->server);
    private_dir_remove(l->dir);
    l->dir = NULL;
}
