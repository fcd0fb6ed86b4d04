/* Start, wait for health, notice death, stop. */
#include "engine/server.h"

#include "engine/http.h"
#include "engine/log_tail.h"
#include "os/clock.h"

enum {
    FIRST_LOOK_MS = 15, /* a tiny model is ready after some 200 ms */
    LONGEST_PAUSE_MS = 250,
    HEALTH_TIMEOUT_MS = 2000,
    STOP_GRACE_MS = 3000,
};

bool server_start(struct server *s, const struct server_spec *spec, struct err *err)
{
    *s = (struct server){.unix_socket = spec->unix_socket,
                         .url = spec->url,
                         .log_path = spec->log_path,
                         .started_s = clock_s()};
    const struct proc_spec child = {.argv = spec->argv,
                                    .env = spec->env,
                                    .out = PROC_LOG,
                                    .err = PROC_LOG,
                                    .log_path = spec->log_path};
    if (!proc_start(&s->proc, &child, err)) {
        err->code = ERR_ENGINE;
        return false;
    }
    return true;
}

bool server_alive(struct arena *a, struct server *s, struct err *err)
{
    if (!proc_wait(&s->proc, 0))
        return true;
    return engine_died(a, "llama-server", &s->proc, s->log_path, err);
}

bool server_wait_ready(struct arena *a, struct server *s, unsigned timeout_s,
                       bool (*go_on)(void *user), void *user, struct err *err)
{
    const char *url = arena_printf(a, "%s/health", s->url);
    unsigned pause_ms = FIRST_LOOK_MS;
    while (clock_s() - s->started_s < timeout_s) {
        struct err ignored = {0};
        struct str text;
        long status = 0;
        if (!server_alive(a, s, err))
            return false;
        if (http_get(a, url, s->unix_socket, HEALTH_TIMEOUT_MS, &text, &status, &ignored) &&
            status == 200) {
            s->ready_s = clock_s();
            return true;
        }
        if (go_on && !go_on(user))
            return err_set(err, ERR_INTERRUPTED, "interrupted while the model was loading");
        clock_sleep_ms(pause_ms);
        pause_ms = pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
    }
    err_set(err, ERR_ENGINE, "llama-server was not ready after %u s", timeout_s);
    return err_hint(err, "its log is %s", s->log_path);
}

void server_stop(struct server *s)
{
    proc_stop(&s->proc, STOP_GRACE_MS);
}
