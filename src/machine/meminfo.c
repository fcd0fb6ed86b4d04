/* "Name:  123 kB" lines; those of a node begin with "Node N ". */
#include "machine/meminfo.h"

#include "base/units.h"

struct raw {
    uint64_t total, free, available, buffers, cached, shmem, active_file, inactive_file;
    uint64_t slab, huge_pages, huge_page_size;
    bool has_total, has_available, has_file;
};

static struct str without_node(struct str line)
{
    struct str node, number;
    if (!str_starts(line, "Node "))
        return line;
    str_cut(&line, ' ', &node);
    str_cut(&line, ' ', &number);
    return line;
}

/* "  24684084 kB" in bytes, "12" as it stands. */
static bool amount(struct str text, uint64_t *out)
{
    struct str number;
    text = str_trim(text);
    unsigned long long v;
    if (!str_cut(&text, ' ', &number) || !str_u64(number, &v))
        return false;
    *out = text.p ? units_mul(v, KIB) : v;
    return true;
}

static struct raw read_lines(struct str text)
{
    struct raw r = {0};
    const struct {
        const char *name;
        uint64_t *slot;
        bool *seen;
    } fields[] = {
        {"MemTotal", &r.total, &r.has_total},
        {"MemFree", &r.free, NULL},
        {"MemAvailable", &r.available, &r.has_available},
        {"Buffers", &r.buffers, NULL},
        {"Cached", &r.cached, NULL},
        {"Shmem", &r.shmem, NULL},
        {"Active(file)", &r.active_file, &r.has_file},
        {"Inactive(file)", &r.inactive_file, NULL},
        {"SReclaimable", &r.slab, NULL},
        {"HugePages_Total", &r.huge_pages, NULL},
        {"Hugepagesize", &r.huge_page_size, NULL},
    };
    struct str line;
    while (str_line(&text, &line)) {
        struct str name;
        line = without_node(line);
        if (!str_cut(&line, ':', &name))
            continue;
        for (size_t i = 0; i < COUNT_OF(fields); i++)
            if (str_eq(name, fields[i].name) && amount(line, fields[i].slot) && fields[i].seen)
                *fields[i].seen = true;
    }
    return r;
}

/* What the kernel's si_mem_available() does: free memory, and of page cache and reclaimable slab
 * all but the part that it fights to keep (the low watermark, 5/4 of min_free_kbytes). */
static uint64_t estimate(const struct raw *r, uint64_t file, uint64_t min_free)
{
    uint64_t low = units_add(min_free, min_free / 4);
    uint64_t kept_file = file / 2 < low ? file / 2 : low;
    uint64_t kept_slab = r->slab / 2 < low ? r->slab / 2 : low;
    uint64_t sum = units_add(r->free, units_add(file - kept_file, r->slab - kept_slab));
    uint64_t v = sum > low ? sum - low : 0;
    return v < r->total ? v : r->total;
}

struct meminfo meminfo_parse(struct str text, uint64_t min_free_bytes)
{
    struct raw r = read_lines(text);
    struct meminfo m = {.free_bytes = r.free, .slab_bytes = r.slab};
    uint64_t cache =
        units_add(r.cached, r.buffers); /* Cached counts shared memory, which cannot go */
    m.file_bytes = r.has_file        ? units_add(r.active_file, r.inactive_file)
                   : cache > r.shmem ? cache - r.shmem
                                     : 0;
    m.huge_pages_bytes = units_mul(r.huge_pages, r.huge_page_size);
    if (!r.has_total || !r.total)
        return m;
    FACT_SET(&m.total_bytes, r.total, "meminfo");
    if (r.has_available && r.available <= r.total)
        FACT_SET(&m.available_bytes, r.available, "meminfo");
    else
        FACT_SET(&m.available_bytes, estimate(&r, m.file_bytes, min_free_bytes),
                 "meminfo, estimated");
    return m;
}
