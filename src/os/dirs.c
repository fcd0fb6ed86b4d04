/* XDG base directories from an environment. */
#include "os/dirs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/fs.h"

const char *dirs_env(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

static const char *below(struct arena *a, env_reader *env, const char *variable, const char *home,
                         const char *fallback)
{
    const char *base = env(variable);
    if (base && base[0] == '/') /* the specification says to ignore relative ones */
        return arena_printf(a, "%s/tailor", base);
    return arena_printf(a, "%s/%s/tailor", strcmp(home, "/") == 0 ? "" : home, fallback);
}

/* su, cron and containers leave variables that name folders which are not there. */
static const char *runtime_dir(env_reader *env)
{
    const char *const given[] = {env("XDG_RUNTIME_DIR"), env("TMPDIR")};
    for (size_t i = 0; i < COUNT_OF(given); i++)
        if (given[i] && given[i][0] == '/' && access(given[i], W_OK | X_OK) == 0 &&
            fs_stat(fs_real(), given[i]).kind == FS_DIR)
            return given[i];
    return "/tmp";
}

static const char *exe_dir(struct arena *a)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path)) : NULL;
}

void dirs_init(struct dirs *d, struct arena *a, env_reader *env)
{
    const char *home = env("HOME");
    d->home = arena_strdup(a, home ? home : "/");
    d->config = below(a, env, "XDG_CONFIG_HOME", d->home, ".config");
    d->cache = below(a, env, "XDG_CACHE_HOME", d->home, ".cache");
    d->state = below(a, env, "XDG_STATE_HOME", d->home, ".local/state");
    d->runtime = arena_strdup(a, runtime_dir(env));
    d->exe_dir = exe_dir(a);
}
