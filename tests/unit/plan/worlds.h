/* ---- Models from the catalogue and machines in a few words, for the tests of plan/. ---- */
#ifndef TESTS_UNIT_PLAN_WORLDS_H
#define TESTS_UNIT_PLAN_WORLDS_H

#include "base/units.h"
#include "machine/machine.h"
#include "model/model.h"
#include "model/synth.h"
#include "settings/settings.h"
#include "test.h"

/* "llama-3.1-8b:Q4_K_M", read back by the program's own reader. */
static inline struct model model_of(struct arena *a, const char *text)
{
    struct synth_spec spec;
    struct synth_model made;
    struct gguf *g = arena_alloc(a, sizeof(*g));
    struct model m;
    struct err err = {0};
    CHECK_OK(synth_parse(text, &spec, &err), &err);
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(a, &spec, &made);
    CHECK_OK(gguf_parse(a, made.header, made.size, g, &err), &err);
    CHECK_OK(model_from_gguf(a, g, 1, &m, &err), &err);
    m.path = arena_printf(a, "%s.gguf", text);
    return m;
}

/* 8 cores with AVX2, all RAM free, 50 GB/s. */
static inline struct machine host_of(struct arena *a, uint64_t ram)
{
    struct machine m = {0};
    FACT_SET(&m.cpu.physical_cores, 8, "test");
    FACT_SET(&m.cpu.performance_cores, 8, "test");
    FACT_SET(&m.cpu.logical_cpus, 16, "test");
    FACT_SET(&m.cpu.usable_cpus, 16, "test");
    FACT_SET(&m.cpu.recommended_threads, 8, "test");
    FACT_SET(&m.cpu.recommended_threads_batch, 8, "test");
    *VEC_PUSH(a, &m.cpu.isa) = "avx2";
    FACT_SET(&m.memory.total_bytes, ram, "test");
    FACT_SET(&m.memory.available_bytes, ram, "test");
    FACT_SET(&m.memory.bandwidth_gb_s, 50, "test");
    return m;
}

static inline void add_gpu(struct arena *a, struct machine *m, const char *device, uint64_t vram,
                           double gb_s)
{
    struct machine_gpu *g = VEC_PUSH(a, &m->gpus);
    *g = (struct machine_gpu){.index = m->gpus.n - 1};
    FACT_SET(&g->name, "Test GPU", "test");
    FACT_SET(&g->vendor, "nvidia", "test");
    FACT_SET(&g->backend, "cuda", "test");
    FACT_SET(&g->engine_device, device, "engine");
    FACT_SET(&g->memory_total_bytes, vram, "test");
    FACT_SET(&g->memory_free_bytes, vram, "test");
    FACT_SET(&g->bandwidth_gb_s, gb_s, "test");
}

/* Settings from words: "ctx_size=4096 parallel=4 kv_unified=on". */
static inline struct settings settings_of(struct arena *a, const char *text)
{
    struct settings s = {0};
    struct str rest = str_from(text), pair;
    while (str_cut(&rest, ' ', &pair)) {
        struct str name, value = pair;
        enum setting_id id;
        struct err err = {0};
        if (pair.n == 0)
            continue;
        str_cut(&value, '=', &name);
        assert_true(settings_find(str_dup(a, name), &id));
        CHECK_OK(settings_set(a, &s, id, str_dup(a, value), &err), &err);
    }
    return s;
}

#endif
