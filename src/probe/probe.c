/* Runs the table. */
#include "probe/probe.h"

#include "base/log.h"
#include "os/clock.h"
#include "probe/probe_impl.h"

enum { TEXT_MAX = 1 << 20 };

struct str probe_read(struct probe_run *r, const char *dir, const char *name)
{
    struct str text = {0};
    struct err ignored = {0};
    fs_read(r->env->fs, r->a, path_join(r->a, dir, name), TEXT_MAX, &text, &ignored);
    return text;
}

static bool is_a_machine(const struct probe_env *env, struct err *err)
{
    if (fs_stat(env->fs, "/proc").kind == FS_DIR || fs_stat(env->fs, "/sys").kind == FS_DIR)
        return true;
    const char *root = fs_root(env->fs);
    err_set(err, ERR_FAILED, "\"%s\" is no recorded machine: it has neither proc nor sys",
            root ? root : "the tree");
    return err_hint(err, "give the folder that holds proc/ and sys/");
}

static bool wanted(const struct probe *p, const struct probe_env *env)
{
    return ((p->needs & PROBE_LIVE) == 0 || env->live) &&
           ((p->needs & PROBE_TIME) == 0 || !env->quick);
}

bool probe_machine(struct arena *a, const struct probe_env *env, struct machine *out,
                   struct err *err)
{
    if (!env->live && !is_a_machine(env, err))
        return false;
    struct machine m = {0};
    struct probe_run run = {.a = a, .env = env, .m = &m};
    for (size_t i = 0; i < probe_table_n; i++) {
        if (!wanted(&probe_table[i], env))
            continue;
        uint64_t start = clock_ns();
        probe_table[i].run(&run);
        log_detail("probe %s: %.2f ms", probe_table[i].name, (double)(clock_ns() - start) / 1e6);
    }
    *out = m;
    return true;
}
