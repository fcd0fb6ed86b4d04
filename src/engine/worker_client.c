/* JSON lines to and from the worker. */
#include "engine/worker_client.h"

#include <stdlib.h>
#include <string.h>

#include "engine/log_tail.h"

enum { ANSWER_MAX = 16 << 20, STOP_GRACE_MS = 200 };

bool worker_start(struct worker *w, const struct engine *e, const char *log_path,
                  const char *const *extra_env, struct err *err)
{
    *w = (struct worker){.log_path = log_path};
    if (!e->worker) {
        err_set(err, ERR_ENGINE, "there is no tailor-worker for \"%s\"", e->server);
        return err_hint(err, "\"make build\" makes the pinned engine and its worker");
    }
    const char *argv[] = {e->worker, e->lib_dir, NULL};
    const struct proc_spec spec = {.argv = argv,
                                   .env = extra_env,
                                   .in = PROC_PIPE,
                                   .out = PROC_PIPE,
                                   .err = PROC_LOG,
                                   .log_path = log_path};
    if (!proc_start(&w->proc, &spec, err)) {
        err->code = ERR_ENGINE;
        return false;
    }
    return true;
}

static json_t *read_answer(struct arena *a, struct worker *w, unsigned timeout_ms, struct err *err)
{
    struct str line;
    switch (proc_read_line(&w->proc, timeout_ms, ANSWER_MAX, &line)) {
    case PROC_LINE:
        return js_parse(line, err);
    case PROC_EOF:
        proc_wait(&w->proc, 1000);
        engine_died(a, "tailor-worker", &w->proc, w->log_path, err);
        return NULL;
    case PROC_TOO_LONG:
        err_set(err, ERR_ENGINE, "tailor-worker answers without end");
        return NULL;
    case PROC_TIMEOUT:
        break;
    }
    proc_stop(&w->proc, 0);
    err_set(err, ERR_ENGINE, "tailor-worker did not answer within %u ms", timeout_ms);
    err_hint(err, "its log is %s", w->log_path);
    return NULL;
}

json_t *worker_ask(struct arena *a, struct worker *w, json_t *request, unsigned timeout_ms,
                   struct err *err)
{
    char *text = js_line(request);
    size_t n = strlen(text);
    text[n] = '\n'; /* over the NUL: a line of n + 1 bytes */
    bool sent = proc_write(&w->proc, text, n + 1);
    free(text);
    json_decref(request);
    if (!sent) {
        proc_wait(&w->proc, 1000);
        engine_died(a, "tailor-worker", &w->proc, w->log_path, err);
        return NULL;
    }
    json_t *answer = read_answer(a, w, timeout_ms, err);
    bool ok = false;
    const char *why = "tailor-worker sent an answer without sense";
    if (!answer)
        return NULL;
    if (js_get_bool(answer, "ok", &ok, err) && ok)
        return answer;
    js_get_str(answer, "error", a, &why, err);
    err_set(err, ERR_ENGINE, "%s", why);
    json_decref(answer);
    return NULL;
}

void worker_stop(struct worker *w)
{
    proc_stop(&w->proc, STOP_GRACE_MS);
    *w = (struct worker){0};
}

json_t *worker_request(const char *op, const char *model, json_t *settings)
{
    json_t *o = json_object();
    js_put_str(o, "op", op);
    js_put_str(o, "model", model);
    js_put(o, "settings", settings);
    return o;
}
