/* Who holds the RAM: processes of one name together, by memory that nobody else shares. */
#include <ctype.h>
#include <string.h>

#include "base/units.h"
#include "probe/probe.h"

enum { MAX_HOLDERS = 5, MAX_NAMES = 512, STATM_MAX = 256, PAGE_BYTES = 4096 };
static const uint64_t least = 64 * MIB;

struct names {
    struct machine_holder v[MAX_NAMES];
    size_t n;
};

/* Resident pages less those of files: the system cannot drop what is left. */
static uint64_t private_bytes(struct str statm)
{
    struct str word, rest = str_trim(statm);
    unsigned long long field[3] = {0};
    for (int i = 0; i < 3; i++)
        if (!str_cut(&rest, ' ', &word) || !str_u64(word, &field[i]))
            return 0;
    return field[1] > field[2] ? (field[1] - field[2]) * PAGE_BYTES : 0;
}

static void add(struct names *names, const char *process, uint64_t bytes)
{
    size_t i = 0;
    while (i < names->n && strcmp(names->v[i].process, process) != 0)
        i++;
    if (i == names->n && i < MAX_NAMES)
        names->v[names->n++] = (struct machine_holder){.process = process};
    if (i < names->n)
        names->v[i].bytes += bytes;
}

static struct names all(struct arena *a, const struct fs *fs)
{
    struct names names = {0};
    struct fs_names processes = fs_list(fs, a, "/proc");
    for (size_t i = 0; i < processes.n; i++) {
        struct str statm, comm;
        struct err ignored = {0};
        const char *dir = path_join(a, "/proc", processes.v[i]);
        if (!isdigit((unsigned char)processes.v[i][0]) ||
            !fs_read(fs, a, path_join(a, dir, "statm"), STATM_MAX, &statm, &ignored) ||
            !fs_read(fs, a, path_join(a, dir, "comm"), STATM_MAX, &comm, &ignored))
            continue;
        add(&names, str_dup(a, str_trim(comm)), private_bytes(statm));
    }
    return names;
}

void probe_memory_holders(struct arena *a, const struct fs *fs, struct machine *m)
{
    struct machine_pool *host = machine_find_pool(m, "host");
    struct names names = all(a, fs);
    for (size_t rank = 0; host && rank < MAX_HOLDERS; rank++) {
        struct machine_holder *largest = NULL;
        for (size_t i = 0; i < names.n; i++)
            if (names.v[i].bytes >= least && (!largest || names.v[i].bytes > largest->bytes))
                largest = &names.v[i];
        if (!largest)
            return;
        *VEC_PUSH(a, &host->holders) = *largest;
        largest->bytes = 0;
    }
}
