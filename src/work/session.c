/* Machine, engine, certificate. */
#include "work/session.h"

#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "engine/ghost.h"
#include "engine/sim_env.h"
#include "engine/worker_client.h"
#include "machine/machine_add.h"
#include "machine/machine_derive.h"
#include "machine/machine_described.h"
#include "machine/machine_json.h"
#include "os/clock.h"
#include "os/private_dir.h"
#include "probe/probe.h"
#include "store/facts.h"

enum { MACHINE_FILE_MAX = 16 << 20, DRY_RUN_MS = 60000 };

/* ---- the model ---- */

static struct resolve_from models_of(const struct session *s)
{
    return (struct resolve_from){fs_real(), &s->stores, s->remote.endpoint ? &s->remote : NULL};
}

bool session_resolve(struct session *s, const char *argument, struct resolved *out, struct err *err)
{
    const struct resolve_from from = models_of(s);
    return resolve_model(s->arena, &from, argument, out, err);
}

bool session_paths(struct session *s, const char *argument, struct model_paths *out,
                   struct err *err)
{
    const struct resolve_from from = models_of(s);
    return resolve_paths(s->arena, &from, argument, out, err);
}

/* ---- the machine ---- */

static bool machine_from_file(struct session *s, const char *path, struct machine *out,
                              struct err *err)
{
    struct str text;
    if (!fs_read(fs_real(), s->arena, path, MACHINE_FILE_MAX, &text, err))
        return false;
    json_t *root = js_parse(text, err);
    bool done = root && machine_from_json(s->arena, root, out, err);
    json_decref(root);
    return done || err_place(err, "in \"%s\"", path);
}

/* With the names that there are, as many as a hint holds. */
static bool hint_recorded(const struct session *s, const char *name, struct err *err)
{
    enum { ROOM = 340 };
    struct strbuf list = {0};
    struct fs_names names = fs_list(fs_real(), s->arena, s->machines_dir);
    size_t left = 0;
    for (size_t i = 0; i < names.n; i++) {
        const char *dir = path_join(s->arena, s->machines_dir, names.v[i]);
        if (fs_stat(fs_real(), dir).kind != FS_DIR)
            continue;
        if (list.len + strlen(names.v[i]) < ROOM)
            strbuf_addf(&list, " %s", names.v[i]);
        else
            left++;
    }
    err_set(err, ERR_FAILED, "there is no recorded machine \"fx:%s\"", name);
    if (left)
        strbuf_addf(&list, " and %zu more", left);
    err_hint(err, "there are:%s", list.len ? strbuf_cstr(&list) : " none");
    strbuf_release(&list);
    return false;
}

static bool machine_by_name(struct session *s, const char *name, struct machine *out,
                            struct err *err)
{
    if (!s->machines_dir) {
        err_set(err, ERR_FAILED, "there are no recorded machines here");
        return err_hint(err, "fx:NAME works in a checkout of the source, which has tests/machines");
    }
    const char *dir = path_join(s->arena, s->machines_dir, name);
    const char *file = path_join(s->arena, dir, "machine.json");
    if (fs_stat(fs_real(), file).kind == FS_FILE)
        return machine_from_file(s, file, out, err);
    struct probe_env env = {.quick = true};
    const char *root = path_join(s->arena, dir, "root");
    if (fs_stat(fs_real(), root).kind != FS_DIR)
        return hint_recorded(s, name, err);
    return fs_rooted(s->arena, root, &env.fs, err) && probe_machine(s->arena, &env, out, err);
}

/* A file where there is one by that name, else a description. */
static bool machine_by_argument(struct session *s, const char *argument, struct machine *out,
                                struct err *err)
{
    bool file = fs_stat(fs_real(), argument).kind != FS_NONE || cstr_ends(argument, ".json");
    if (cstr_starts(argument, "fx:"))
        return machine_by_name(s, argument + strlen("fx:"), out, err);
    if (file ? machine_from_file(s, argument, out, err)
             : machine_describe(s->arena, argument, out, err))
        return true;
    return err_place(err,
                     "in --machine, which takes a file of \"tailor detect --json\", fx:NAME, or "
                     "a description");
}

/* What a measured bandwidth belongs to: the CPU as this process may use it, and its RAM. */
static const char *hardware_key(struct arena *a, const struct machine *m)
{
    char text[HASH_TEXT];
    const char *id = arena_printf(
        a, "%s|%llu|%llu|%.2f|%llu", m->cpu.model.source ? m->cpu.model.v : "?",
        (unsigned long long)m->cpu.physical_cores.v, (unsigned long long)m->cpu.logical_cpus.v,
        m->cpu.usable_cpus.v, (unsigned long long)(m->memory.total_bytes.v >> 30));
    return arena_strdup(a, hash_hex(id, strlen(id), text));
}

static const char bandwidth_fact[] = "memory_bandwidth_gb_s";

static void remember_bandwidth(struct session *s, const struct machine *m)
{
    struct err err = {0};
    const struct fact_f64 *f = &m->memory.bandwidth_gb_s;
    if (!f->source || strcmp(f->source, "measured") != 0)
        return; /* busy: not worth keeping */
    if (!facts_put(s->dirs.cache, hardware_key(s->arena, m), bandwidth_fact, f->v, &err))
        log_detail("the measured bandwidth is not kept: %s", err.cause);
}

static bool this_machine(struct session *s, enum measuring measuring, struct machine *out,
                         struct err *err)
{
    struct probe_env env = {.fs = s->fs, .live = s->live, .quick = true};
    double known = 0;
    if (!probe_machine(s->arena, &env, out, err))
        return false;
    if (!s->live)
        return true;
    bool have = facts_get(s->dirs.cache, hardware_key(s->arena, out), bandwidth_fact, &known);
    if (have && measuring != MEASURE_ALWAYS) {
        FACT_SET(&out->memory.bandwidth_gb_s, known, "measured before");
        return true;
    }
    if (measuring == MEASURE_NEVER)
        return true;
    env.quick = false;
    if (!probe_machine(s->arena, &env, out, err))
        return false;
    remember_bandwidth(s, out);
    return true;
}

/* ---- the engine ---- */

static void add_engine(struct session *s, struct machine *m, struct engine *engine,
                       bool *has_engine)
{
    struct err err = {0};
    struct str text;
    struct engine_devices devices = {0};
    char line[1400];
    *has_engine = engine_find(s->arena, &s->where, engine, &err);
    if (!*has_engine) {
        machine_note(m, s->arena, "%s", err_text(&err, line, sizeof(line)));
        return;
    }
    FACT_SET(&m->engine.path, engine->server, "engine");
    if (engine->version)
        FACT_SET(&m->engine.version, engine->version, "engine");
    if (engine_list_devices(s->arena, engine, &text, &err) &&
        engine_devices_parse(s->arena, text, &devices, &err))
        machine_add_engine(s->arena, m, &devices);
    else
        machine_note(m, s->arena, "%s", err_text(&err, line, sizeof(line)));
}

bool session_machine(struct session *s, const char *argument, enum measuring measuring,
                     struct machine *out, struct engine *engine, bool *has_engine, struct err *err)
{
    *has_engine = false;
    if (argument) {
        if (!machine_by_argument(s, argument, out, err))
            return false;
    } else {
        if (!this_machine(s, measuring, out, err))
            return false;
        if (s->live)
            add_engine(s, out, engine, has_engine);
        if (s->live && !*has_engine && (s->where.explicit_path || s->where.engine_dir))
            return engine_find(s->arena, &s->where, engine, err); /* one that was named: an error */
    }
    machine_assume_devices(s->arena, out);
    return true;
}

/* ---- the certificate ---- */

static bool read_buffers(struct arena *a, const json_t *answer, struct dry_run_buffer **out,
                         size_t *n, struct err *err)
{
    const json_t *list = NULL;
    if (!js_get_array(answer, "buffers", &list, err))
        return false;
    *n = json_array_size(list);
    *out = arena_array(a, *n, sizeof(**out));
    for (size_t i = 0; i < *n; i++) {
        const json_t *o = json_array_get(list, i);
        struct dry_run_buffer *b = &(*out)[i];
        b->device = "?";
        if (!js_get_str(o, "device", a, &b->device, err) ||
            !js_get_bool(o, "host", &b->host, err) ||
            !js_get_u64(o, "model_bytes", &b->model, err) ||
            !js_get_u64(o, "context_bytes", &b->context, err) ||
            !js_get_u64(o, "compute_bytes", &b->compute, err))
            return false;
    }
    return true;
}

/* Where the machine's engine was another build, its allocator may count otherwise. */
static const char *basis_of(const struct certify *how, const struct plan *plan)
{
    const struct fact_str *planned = &plan->machine->engine.version;
    bool other =
        how->stand_in || (how->simulate && planned->source &&
                          (!how->engine->version || strcmp(planned->v, how->engine->version) != 0));
    return other ? "dry-run:v0.5.0" : "dry-run";
}

static bool ask_worker(struct session *s, const struct certify *how, const char *ghost,
                       struct plan *plan, struct err *err)
{
    const char *const *env =
        how->simulate ? sim_env(s->arena, plan->machine, how->engine->sim) : NULL;
    struct worker w;
    struct dry_run_buffer *buffers;
    size_t n;
    const char *log = path_join(s->arena, path_dir(s->arena, ghost), "tailor-worker.log");
    if (!worker_start(&w, how->engine, log, env, err))
        return false;
    json_t *request = worker_request("dry_run", ghost, settings_to_json(&plan->settings));
    json_t *answer = worker_ask(s->arena, &w, request, DRY_RUN_MS, err);
    worker_stop(&w);
    bool done = answer && read_buffers(s->arena, answer, &buffers, &n, err);
    if (done)
        plan_certify(s->arena, plan, buffers, n, basis_of(how, plan));
    json_decref(answer);
    return done;
}

static bool can_certify(const struct certify *how)
{
    return how->engine->worker && (!how->simulate || how->engine->sim);
}

void session_certify(struct session *s, const struct certify *how, struct plan *plan,
                     bool *certified, double *seconds)
{
    struct err err = {0};
    const char *ghost = NULL;
    char line[1400];
    double start = clock_s();
    *certified = false;
    *seconds = 0;
    if (!can_certify(how))
        return;
    const char *dir = private_dir_make(s->arena, s->dirs.runtime, &err);
    if (dir && ghost_write(s->arena, how->model->shards, how->model->n_shards, dir, &ghost, &err)) {
        *certified = ask_worker(s, how, ghost, plan, &err);
        ghost_remove(ghost);
    }
    if (dir && (*certified || !ghost)) /* else the warning names the log in it */
        private_dir_remove(dir);
    *seconds = clock_s() - start;
    if (!*certified)
        *VEC_PUSH(s->arena, &plan->warnings) =
            (struct plan_warning){"not-certified",
                                  arena_printf(s->arena, "the engine's dry run failed: %s",
                                               err_text(&err, line, sizeof(line))),
                                  "the plan stands on closed forms; --no-certify silences this"};
}
