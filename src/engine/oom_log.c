/* A table of messages. */
#include "engine/oom_log.h"

#include <string.h>

#include "base/attr.h"
#include "base/units.h"

/* What a failure was for. */
static const struct {
    const char *part, *what;
} purposes[] = {
    {"buffer for kv cache", "the KV cache"},
    {"buffer for rs cache", "the recurrent state"},
    {"compute pp buffers", "compute buffers"},
    {"compute tg buffers", "compute buffers"},
    {"failed to allocate compute buffers", "compute buffers"},
    {"output buffer of size", "the output"},
    {"lora adapter", "a LoRA adapter"},
    {"unable to allocate", "the weights"},
    {"error loading model", "the weights"},
};

/* Messages that say that memory was short; the first group of each is read by `read`. */
static const char *const failures[] = {
    "out of memory",
    "OutOfDeviceMemory",
    "OutOfHostMemory",
    "failed to allocate",
    "unable to allocate",
    "memory allocation of size",
    "exceeds device memory allocation limit",
    "Killed",
    "oom-kill",
    "oom_reaper",
};

static const char *after(const char *line, const char *part)
{
    const char *at = strstr(line, part);
    return at ? at + strlen(part) : NULL;
}

/* Decimal bytes or "123.45 MiB" right at the start of a text; 0: neither. */
static uint64_t amount(const char *s)
{
    size_t digits = s ? strspn(s, "0123456789.") : 0;
    double v = 0;
    if (!digits || !str_f64((struct str){s, digits}, &v) || v < 0 || v > 1e18)
        return 0;
    if (cstr_starts(s + digits, " MiB") || cstr_starts(s + digits, " MB"))
        v *= (double)MIB;
    return (uint64_t)v;
}

static void read_amount(struct oom *o, const char *line)
{
    static const char *const before[] = {"buffer of size ", "allocating ", "allocation of size ",
                                         "failed to allocate "};
    for (size_t i = 0; i < COUNT_OF(before) && !o->bytes; i++)
        o->bytes = amount(after(line, before[i]));
}

/* "failed to allocate CUDA0 buffer of size", "on device 1: cudaMalloc failed" */
static void read_device(struct arena *a, struct oom *o, const char *line)
{
    static const char *const before[] = {"failed to allocate ", "unable to allocate "};
    for (size_t i = 0; i < COUNT_OF(before) && !o->device; i++) {
        const char *name = after(line, before[i]);
        const char *end = name ? strstr(name, " buffer") : NULL;
        if (end && end > name && !memchr(name, ' ', (size_t)(end - name)))
            o->device = arena_strndup(a, name, (size_t)(end - name));
    }
    const char *number = after(line, "on device ");
    if (!o->device && number && strstr(line, "cudaMalloc"))
        o->device = arena_printf(a, "CUDA%.*s", (int)strspn(number, "0123456789"), number);
    if (!o->device && strstr(line, "ggml_vulkan"))
        o->device = "Vulkan0";
    if (!o->device && (strstr(line, "Killed") || strstr(line, "oom")))
        o->device = "CPU";
}

static bool tells_failure(const char *line)
{
    for (size_t i = 0; i < COUNT_OF(failures); i++)
        if (strstr(line, failures[i]))
            return true;
    return false;
}

static const char *purpose(const char *line)
{
    for (size_t i = 0; i < COUNT_OF(purposes); i++)
        if (strstr(line, purposes[i].part))
            return purposes[i].what;
    return NULL;
}

struct oom oom_read(struct arena *a, struct str log)
{
    struct oom o = {0};
    struct str text;
    while (str_line(&log, &text)) {
        const char *line = str_dup(a, str_trim(text));
        if (!tells_failure(line) && !(o.found && purpose(line)))
            continue;
        if (!o.found)
            o.line = line;
        o.found = true;
        if (!o.bytes)
            read_amount(&o, line);
        if (!o.device)
            read_device(a, &o, line);
        if (!o.what)
            o.what = purpose(line);
    }
    return o;
}
