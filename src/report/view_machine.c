/* A machine for people: the twelve items of the summary, and the line of the home screen. */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "machine/gpu_name.h"
#include "report/views.h"

static const char *size(struct arena *a, struct fact_u64 f)
{
    char text[UNITS_TEXT];
    return f.source ? arena_strdup(a, units_bytes(f.v, text)) : "unknown";
}

static const char *word(struct fact_str f)
{
    return f.source && f.v ? f.v : "unknown";
}

static const char *number(struct arena *a, struct fact_u64 f)
{
    return f.source ? arena_printf(a, "%" PRIu64, f.v) : "unknown";
}

static const char *joined(struct arena *a, const char *const *v, size_t n)
{
    struct strbuf list = {0};
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&list, "%s%s", i ? " " : "", v[i]);
    return n ? strbuf_take(&list, a) : "none known";
}

static void gpus(struct doc *d, const struct machine *m)
{
    if (m->gpus.n == 0) {
        doc_row(d, "GPU model", "none");
        doc_row(d, "GPU type", "none");
        doc_row(d, "VRAM", "none");
        return;
    }
    for (size_t i = 0; i < m->gpus.n; i++) {
        const struct machine_gpu *g = &m->gpus.v[i];
        bool shared = g->integrated.source && g->integrated.v;
        doc_row(d, "GPU model", "%s%s%s", word(g->name), g->engine_device.source ? ", " : "",
                g->engine_device.source ? g->engine_device.v : "");
        doc_row(d, "GPU type", "%s %s%s", word(g->vendor), g->backend.source ? g->backend.v : "",
                shared ? ", shares the RAM" : "");
        doc_row(d, "VRAM", "%s, %s free", size(d->arena, g->memory_total_bytes),
                size(d->arena, g->memory_free_bytes));
    }
}

void view_machine(struct doc *d, const struct machine *m)
{
    struct arena *a = d->arena;
    const struct machine_cpu *cpu = &m->cpu;
    doc_row(d, "profile", "%s", m->profile_id.source ? m->profile_id.v : word(m->display_name));
    doc_row(d, "platform", "%s", word(m->platform_id));
    doc_row(d, "OS", "%s, kernel %s%s%s", word(m->os.name), word(m->os.kernel),
            m->os.container.source ? ", container " : "",
            m->os.container.source ? m->os.container.v : "");
    doc_row(d, "arch", "%s%s%s", word(m->os.arch), m->os.virtualization.source ? ", virtual " : "",
            m->os.virtualization.source ? m->os.virtualization.v : "");
    doc_row(d, "CPU model", "%s", word(cpu->model));
    doc_row(d, "P-cores", "%s", number(a, cpu->performance_cores));
    doc_row(d, "E-cores", "%s", number(a, cpu->efficiency_cores));
    doc_row(d, "threads", "%s to write, %s to read prompts%s", number(a, cpu->recommended_threads),
            number(a, cpu->recommended_threads_batch),
            cpu->usable_cpus.source ? arena_printf(a, " (%g CPUs usable)", cpu->usable_cpus.v)
                                    : "");
    doc_row(d, "RAM", "%s, %s available%s%s", size(a, m->memory.total_bytes),
            size(a, m->memory.available_bytes), m->memory.limit_bytes.source ? ", limited to " : "",
            m->memory.limit_bytes.source ? size(a, m->memory.limit_bytes) : "");
    if (m->memory.bandwidth_gb_s.source)
        doc_row(d, "bandwidth", "%.3g GB/s (%s)", m->memory.bandwidth_gb_s.v,
                m->memory.bandwidth_gb_s.source);
    else
        doc_row(d, "bandwidth", "not measured");
    gpus(d, m);
    doc_row(d, "backend", "%s", word(m->recommended_backend));
    doc_row(d, "abilities", "%s", joined(a, m->capabilities.v, m->capabilities.n));
    doc_row(d, "engine", "%s%s%s", word(m->engine.path), m->engine.version.source ? ", " : "",
            m->engine.version.source ? m->engine.version.v : "");
    for (size_t i = 0; i < m->notes.n; i++)
        doc_row(d, i ? "" : "notes", "%s", m->notes.v[i]);
}

/* "RTX 3090 24.0 GB, 23.1 GB free"; a card that is all free need not say so. */
static const char *card(struct arena *a, const struct machine_gpu *g)
{
    struct fact_u64 total = g->memory_total_bytes, left = g->memory_free_bytes;
    bool used = left.source && (!total.source || left.v < total.v);
    return arena_printf(a, "%s%s%s%s%s%s",
                        g->name.source ? gpu_name_short(a, g->name.v) : "unknown GPU",
                        total.source ? " " : "", total.source ? size(a, total) : "",
                        used ? ", " : "", used ? size(a, left) : "", used ? " free" : "");
}

/* Equal cards are said once: "2x RTX 3090 24.0 GB". */
static void add_cards(struct arena *a, const struct machine *m, struct strbuf *line)
{
    for (size_t i = 0; i < m->gpus.n; i++) {
        const char *text = card(a, &m->gpus.v[i]);
        size_t same = 0, before = 0;
        for (size_t k = 0; k < m->gpus.n; k++)
            if (strcmp(card(a, &m->gpus.v[k]), text) == 0) {
                same++;
                before += k < i;
            }
        if (before)
            continue;
        if (same > 1)
            strbuf_addf(line, "%zux ", same);
        strbuf_addf(line, "%s - ", text);
    }
}

const char *view_machine_line(struct arena *a, const struct machine *m)
{
    struct strbuf line = {0};
    char text[UNITS_TEXT];
    add_cards(a, m, &line);
    if (m->cpu.model.source)
        strbuf_addf(&line, "%s - ", m->cpu.model.v);
    if (m->cpu.physical_cores.source)
        strbuf_addf(&line, "%" PRIu64 " core%s - ", m->cpu.physical_cores.v,
                    m->cpu.physical_cores.v == 1 ? "" : "s");
    strbuf_addf(&line, "%s", size(a, m->memory.total_bytes));
    if (m->memory.available_bytes.source)
        strbuf_addf(&line, ", %s free", units_bytes(m->memory.available_bytes.v, text));
    if (m->memory.limit_bytes.source)
        strbuf_addf(&line, ", limited to %s", units_bytes(m->memory.limit_bytes.v, text));
    const char *from = m->memory.bandwidth_gb_s.source;
    if (from) /* when it was measured is for view_machine() and the document */
        strbuf_addf(&line, ", %.3g GB/s %s", m->memory.bandwidth_gb_s.v,
                    strcmp(from, "measured before") == 0 ? "measured" : from);
    return strbuf_take(&line, a);
}
