/* Shapes, settings, worker and closed forms. */
#define _GNU_SOURCE
#include "live/oracle.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "engine/ghost.h"
#include "machine/cpuinfo.h"
#include "model/synth.h"
#include "os/fs.h"

enum { ANSWER_MS = 120000, CARD_MIB = 512 * 1024 };

/* ---- the engine ---- */

static void read_isa(struct oracle *o)
{
    struct err ignored = {0};
    struct str text;
    if (!fs_read(fs_real(), &o->a, "/proc/cpuinfo", 1 << 24, &text, &ignored))
        return;
    struct isa_list isa = cpuinfo_parse(&o->a, text).isa;
    for (size_t i = 0; i < isa.list.n; i++)
        *VEC_PUSH(&o->a, &o->machine.cpu.isa) = isa.list.v[i];
}

static void add_cards(struct oracle *o)
{
    for (uint32_t i = 0; i < ORACLE_DEVICES; i++) {
        struct machine_gpu *g = VEC_PUSH(&o->a, &o->machine.gpus);
        *g = (struct machine_gpu){.index = i};
        FACT_SET(&g->backend, "cuda", "test");
        FACT_SET(&g->engine_device, arena_printf(&o->a, "CUDA%u", (unsigned)i), "test");
        FACT_SET(&g->memory_total_bytes, (uint64_t)CARD_MIB * MIB, "test");
    }
}

const char *oracle_open(struct oracle *o)
{
    *o = (struct oracle){.bin = getenv("TAILOR_TEST_ENGINE")};
    if (!o->bin)
        return "TAILOR_TEST_ENGINE does not name the engine";
    const char *build = path_dir(&o->a, path_dir(&o->a, o->bin)); /* by name: it may be a link */
    o->engine.server = path_join(&o->a, o->bin, "llama-server");
    o->engine.lib_dir = path_join(&o->a, o->bin, "../lib");
    o->engine.worker = path_join(&o->a, build, "tailor-worker");
    o->engine.sim = path_join(&o->a, build, "libtailor-sim.so");
    if (fs_stat(fs_real(), o->engine.worker).kind != FS_FILE ||
        fs_stat(fs_real(), o->engine.sim).kind != FS_FILE)
        return "there is no tailor-worker or no libtailor-sim.so (make build)";
    read_isa(o);
    add_cards(o);
    strcpy(o->dir, "/tmp/tailor-test-XXXXXX");
    return mkdtemp(o->dir) ? NULL : "no temporary folder";
}

void oracle_close(struct oracle *o)
{
    worker_stop(&o->worker[0]);
    worker_stop(&o->worker[1]);
    if (o->dir[0]) {
        unlink(path_join(&o->a, o->dir, "log"));
        rmdir(o->dir);
    }
    arena_release(&o->a);
}

const char *const *oracle_env(struct oracle *o, const char *devices)
{
    const char **env = arena_array(&o->a, 7, sizeof(*env));
    size_t n = 0;
    env[n++] = "GGML_VK_VISIBLE_DEVICES=";
    env[n++] = "CUDA_VISIBLE_DEVICES=";
    env[n++] = "HIP_VISIBLE_DEVICES=";
    if (*devices) {
        env[n++] = arena_printf(&o->a, "GGML_BACKEND_PATH=%s", o->engine.sim);
        env[n++] = arena_printf(&o->a, "TAILOR_SIM=%s", devices);
    }
    env[n] = NULL;
    return env;
}

/* ---- shapes ---- */

bool subject_open(struct oracle *o, struct subject *s, const char *shape, struct err *err)
{
    struct synth_spec spec;
    struct synth_model made;
    *s = (struct subject){.name = shape};
    if (!synth_parse(shape, &spec, err))
        return false;
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(&s->a, &spec, &made);
    return gguf_parse(&s->a, made.header, made.size, &s->g, err) &&
           model_from_gguf(&s->a, &s->g, 1, &s->m, err) &&
           ghost_write(&s->a, &s->g, 1, o->dir, &s->ghost, err);
}

void subject_close(struct subject *s)
{
    if (s->ghost)
        ghost_remove(s->ghost);
    arena_release(&s->a);
}

struct settings settings_of(struct arena *a, const char *text)
{
    struct settings s = {0};
    struct str rest = str_from(text), pair;
    struct err ignored = {0};
    while (str_cut(&rest, ' ', &pair)) {
        struct str name, value = pair;
        enum setting_id id;
        str_cut(&value, '=', &name);
        if (settings_find(str_dup(a, name), &id))
            settings_set(a, &s, id, str_dup(a, value), &ignored);
    }
    return s;
}

/* ---- answers ---- */

static struct oracle_bytes *line_of(struct oracle_answer *out, const char *device, bool host)
{
    size_t n = strlen(device);
    unsigned number = n ? (unsigned)(device[n - 1] - '0') : ORACLE_DEVICES;
    return host || number >= ORACLE_DEVICES ? &out->host : &out->device[number];
}

static bool read_answer(struct arena *a, const json_t *answer, struct oracle_answer *out,
                        struct err *err)
{
    const json_t *list = json_object_get(answer, "buffers");
    *out = (struct oracle_answer){0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *buffer = json_array_get(list, i);
        const char *device = "";
        bool host = false;
        uint64_t model = 0, context = 0, compute = 0;
        if (!js_get_str(buffer, "device", a, &device, err) ||
            !js_get_bool(buffer, "host", &host, err) ||
            !js_get_u64(buffer, "model_bytes", &model, err) ||
            !js_get_u64(buffer, "context_bytes", &context, err) ||
            !js_get_u64(buffer, "compute_bytes", &compute, err))
            return false;
        struct oracle_bytes *b = line_of(out, device, host);
        b->weights += model;
        b->kv += context;
        b->compute += compute;
    }
    return true;
}

static struct worker *have_worker(struct oracle *o, bool cards, struct err *err)
{
    struct worker *w = &o->worker[cards];
    struct strbuf devices = {0};
    if (w->proc.pid && !w->proc.ended)
        return w;
    worker_stop(w);
    for (uint32_t i = 0; cards && i < ORACLE_DEVICES; i++)
        strbuf_addf(&devices, "%scuda:8.9:%d", i ? ";" : "", CARD_MIB);
    const char *const *env = oracle_env(o, strbuf_take(&devices, &o->a));
    const char *log = path_join(&o->a, o->dir, "log");
    return worker_start(w, &o->engine, log, env, err) ? w : NULL;
}

bool oracle_ask(struct oracle *o, const struct subject *s, const struct settings *settings,
                struct oracle_answer *out, struct err *err)
{
    struct arena a = {0};
    struct worker *w = have_worker(o, settings->n_device > 0, err);
    json_t *request = worker_request("dry_run", s->ghost, settings_to_json(settings));
    json_t *answer = w ? worker_ask(&a, w, request, ANSWER_MS, err) : NULL;
    bool done = answer && read_answer(&a, answer, out, err);
    json_decref(answer);
    arena_release(&a);
    return done;
}

void oracle_ours(struct oracle *o, const struct subject *s, const struct settings *settings,
                 struct oracle_answer *out, bool *claimed)
{
    static const struct workload w = {512, 128, 0};
    struct machine machine = o->machine;
    struct candidate c = {.settings = *settings};
    if (settings->n_device == 0)
        machine.gpus.n = 0;
    ledger_budgets(&c.ledger, &machine, NULL);
    place_evaluate(&c, &s->m, &machine, &w);
    const struct ledger_line *host = &c.ledger.host;
    *claimed = c.ledger.claimed;
    *out = (struct oracle_answer){.host = {host->weights, host->kv, host->compute}};
    for (uint32_t i = 0; i < c.ledger.n_devices && i < ORACLE_DEVICES; i++) {
        const struct ledger_line *card = &c.ledger.device[i];
        out->device[i] = (struct oracle_bytes){card->weights, card->kv, card->compute};
    }
}
