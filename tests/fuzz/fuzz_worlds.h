/* ---- tests/fuzz/fuzz_worlds.h: fixed machines and models to plan with. ---- */
#ifndef TESTS_FUZZ_FUZZ_WORLDS_H
#define TESTS_FUZZ_FUZZ_WORLDS_H

#include "base/units.h"
#include "fuzz.h"
#include "model/synth.h"
#include "plan/plan.h"
#include "report/views.h"
#include "settings/argv.h"

/* 8 cores, 16 GiB; with a card of 12 GiB when there shall be one. */
static inline void world_machine(struct arena *a, bool with_card, struct machine *m)
{
    *m = (struct machine){0};
    FACT_SET(&m->cpu.physical_cores, 8, "fuzz");
    FACT_SET(&m->cpu.logical_cpus, 16, "fuzz");
    FACT_SET(&m->cpu.usable_cpus, 16, "fuzz");
    FACT_SET(&m->cpu.recommended_threads, 8, "fuzz");
    FACT_SET(&m->cpu.recommended_threads_batch, 8, "fuzz");
    *VEC_PUSH(a, &m->cpu.isa) = "avx2";
    FACT_SET(&m->memory.total_bytes, 16 * GIB, "fuzz");
    FACT_SET(&m->memory.available_bytes, 15 * GIB, "fuzz");
    FACT_SET(&m->memory.bandwidth_gb_s, 50, "fuzz");
    if (!with_card)
        return;
    struct machine_gpu *g = VEC_PUSH(a, &m->gpus);
    *g = (struct machine_gpu){.index = 0};
    FACT_SET(&g->name, "NVIDIA GeForce RTX 3060", "fuzz");
    FACT_SET(&g->backend, "cuda", "fuzz");
    FACT_SET(&g->engine_device, "CUDA0", "engine");
    FACT_SET(&g->memory_total_bytes, 12 * GIB, "fuzz");
    FACT_SET(&g->memory_free_bytes, 12 * GIB, "fuzz");
    FACT_SET(&g->bandwidth_gb_s, 360, "fuzz");
}

static inline void world_model(struct arena *a, const char *shape, struct model *m)
{
    struct synth_spec spec;
    struct synth_model made;
    struct err err = {0};
    struct gguf *g = arena_alloc(a, sizeof(*g));
    bool done = synth_parse(shape, &spec, &err);
    spec.tokens = SYNTH_NO_VOCAB;
    synth_header(a, &spec, &made);
    done =
        done && gguf_parse(a, made.header, made.size, g, &err) && model_from_gguf(a, g, 1, m, &err);
    REQUIRE(done, "%s: %s", shape, err.cause);
    m->path = shape;
}

/* The options of the plan's command line say the plan's settings. */
static inline void require_argv(struct arena *a, const struct plan *p)
{
    struct argv argv;
    struct settings said;
    struct words rest = {0};
    struct err err = {0};
    argv_parse(a, TOOL_SERVER, p->argv + 1, p->n_argv - 1, &argv);
    REQUIRE(settings_from_argv(a, &argv, &said, &rest, &err), "our own argv is refused: %s",
            err.cause);
    struct words again = {0}, once = {0};
    settings_to_argv(a, &said, &again);
    settings_to_argv(a, &p->settings, &once);
    REQUIRE(strcmp(shell_join(a, once.v, once.n), shell_join(a, again.v, again.n)) == 0,
            "the argv says other settings than the plan");
}

/* Plans; a plan fits, says what it means, and can be shown; without one there is a reason. */
static inline void require_plan(const struct model *m, const struct machine *machine,
                                const struct goal *goal)
{
    struct arena a = {0};
    struct plan p;
    struct err err = {0};
    struct strbuf text = {0};
    if (plan_make(&a, m, machine, goal, &p, &err)) {
        struct doc d = {.arena = &a};
        const struct doc_style style = {100, false};
        REQUIRE(ledger_lack(&p.memory, NULL) == 0, "the plan does not fit");
        require_argv(&a, &p);
        require_document(plan_to_json(&p));
        doc_row(&d, "model", "%s", view_model_line(&a, m));
        view_plan(&d, &p);
        doc_write_text(&d, &style, &text);
        require_plain_text(strbuf_cstr(&text), text.len);
    } else {
        require_error(&err);
    }
    strbuf_release(&text);
    arena_release(&a);
}

#endif
