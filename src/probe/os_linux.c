/* Distribution, kernel and architecture. */
#define _GNU_SOURCE
#include <sys/utsname.h>

#include "machine/environment.h"
#include "probe/probe_impl.h"

enum { RELEASE_MAX = 64 << 10 };

static void distribution(struct probe_run *r)
{
    static const char *const files[] = {"/etc/os-release", "/usr/lib/os-release"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct str text;
        struct err ignored = {0};
        if (!fs_read(r->env->fs, r->a, files[i], RELEASE_MAX, &text, &ignored))
            continue;
        const char *name = os_release_value(r->a, text, "PRETTY_NAME");
        const char *version = os_release_value(r->a, text, "VERSION_ID");
        if (!name)
            name = os_release_value(r->a, text, "NAME");
        if (name)
            FACT_FILL(&r->m->os.name, name, "os-release");
        if (version)
            FACT_FILL(&r->m->os.version, version, "os-release");
    }
}

/* "Linux version 6.1.0-13-amd64 (...)" */
static const char *release_of_version(struct probe_run *r)
{
    struct str text = probe_read(r, "/proc", "version"), word = {0};
    for (int i = 0; i < 3; i++)
        if (!str_cut(&text, ' ', &word))
            return NULL;
    return str_dup(r->a, str_trim(word));
}

void probe_os(struct probe_run *r)
{
    distribution(r);
    const char *kernel = fs_read_word(r->env->fs, r->a, "/proc/sys/kernel/osrelease");
    if (kernel)
        FACT_FILL(&r->m->os.kernel, kernel, "kernel");
    else if ((kernel = release_of_version(r)) != NULL)
        FACT_FILL(&r->m->os.kernel, kernel, "/proc/version");
    struct utsname name;
    if (r->env->live && uname(&name) == 0)
        FACT_FILL(&r->m->os.arch, arena_strdup(r->a, name.machine), "uname");
    const char *arch = fs_read_word(r->env->fs, r->a, "/proc/sys/kernel/arch");
    if (arch)
        FACT_FILL(&r->m->os.arch, arch, "kernel");
    if (r->cpuinfo.arch)
        FACT_FILL(&r->m->os.arch, r->cpuinfo.arch, "cpuinfo");
}
