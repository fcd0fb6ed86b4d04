/* "key : value" lines in blocks, one block a CPU; every architecture has its own keys. */
#include "machine/cpuinfo.h"

#include <stdlib.h>

#include "machine/arm_part.h"

struct design {
    uint64_t implementer, part;
};

struct reader {
    struct arena *a;
    struct cpuinfo *info;
    struct str words, isa;                              /* what info->isa was read from */
    struct str model, uarch, power, old_arm, vendor_id; /* first values of their keys */
    uint64_t implementer;
    VEC(struct design) designs; /* ARM: in the order of their first core */
};

typedef void take(struct reader *r, struct str value);

static void take_processor(struct reader *r, struct str value)
{
    unsigned long long cpu;
    if (str_u64(value, &cpu) && cpu < 65536)
        *VEC_PUSH(r->a, &r->info->cpus) = (struct cpuinfo_cpu){(unsigned)cpu, -1, -1};
}

static void take_package(struct reader *r, struct str value)
{
    unsigned long long v;
    if (r->info->cpus.n && str_u64(value, &v) && v < INT64_MAX)
        r->info->cpus.v[r->info->cpus.n - 1].package = (int64_t)v;
}

static void take_core(struct reader *r, struct str value)
{
    unsigned long long v;
    if (r->info->cpus.n && str_u64(value, &v) && v < INT64_MAX)
        r->info->cpus.v[r->info->cpus.n - 1].core = (int64_t)v;
}

static void keep_common(struct isa_list *all, const struct isa_list *these)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->list.n; i++) {
        bool common = false;
        for (size_t k = 0; k < these->list.n && !common; k++)
            common = strcmp(all->list.v[i], these->list.v[k]) == 0;
        if (common)
            all->list.v[kept++] = all->list.v[i];
    }
    all->list.n = kept;
}

/* Cores of one machine may differ (big.LITTLE): what all of them have can be used. */
static void take_words(struct reader *r, struct str value)
{
    if (r->words.p && r->words.n == value.n && memcmp(r->words.p, value.p, value.n) == 0)
        return;
    struct isa_list isa = isa_from_words(r->a, value);
    if (r->words.p)
        keep_common(&r->info->isa, &isa);
    else
        r->info->isa = isa;
    r->words = value;
}

static void take_flags(struct reader *r, struct str value)
{
    r->info->x86 = true;
    take_words(r, value);
}

static void take_isa(struct reader *r, struct str value)
{
    if (!r->isa.p && (str_starts(value, "rv64") || str_starts(value, "rv32"))) {
        r->isa = value;
        r->info->isa = isa_from_riscv(r->a, value);
    }
}

static uint64_t number(struct str value)
{
    char text[32];
    if (value.n >= sizeof(text))
        return 0;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    return strtoull(text, NULL, 0); /* "0x41" */
}

static void take_implementer(struct reader *r, struct str value)
{
    r->implementer = number(value);
}

static void take_part(struct reader *r, struct str value)
{
    struct design d = {r->implementer, number(value)};
    for (size_t i = 0; i < r->designs.n; i++)
        if (r->designs.v[i].implementer == d.implementer && r->designs.v[i].part == d.part)
            return;
    *VEC_PUSH(r->a, &r->designs) = d;
}

/* Where a key's first value is kept, when nothing more is to be done with it. */
#define FIRST(member) NULL, offsetof(struct reader, member)

static const struct {
    const char *key;
    take *take;
    size_t first;
} keys[] = {
    {"processor", take_processor, 0},
    {"cpu number", take_processor, 0}, /* s390 */
    {"physical id", take_package, 0},
    {"package", take_package, 0}, /* LoongArch */
    {"core id", take_core, 0},
    {"core", take_core, 0}, /* LoongArch */
    {"flags", take_flags, 0},
    {"Features", take_words, 0}, /* ARM, LoongArch */
    {"features", take_words, 0}, /* s390 */
    {"isa", take_isa, 0},
    {"CPU implementer", take_implementer, 0},
    {"CPU part", take_part, 0},
    {"model name", FIRST(model)},
    {"Model Name", FIRST(model)}, /* LoongArch */
    {"uarch", FIRST(uarch)},
    {"cpu", FIRST(power)},
    {"Processor", FIRST(old_arm)},
    {"vendor_id", FIRST(vendor_id)},
};

static const struct {
    const char *id, *vendor;
} vendors[] = {
    {"GenuineIntel", "intel"},   {"AuthenticAMD", "amd"}, {"HygonGenuine", "hygon"},
    {"CentaurHauls", "zhaoxin"}, {"Shanghai", "zhaoxin"}, {"IBM/S390", "ibm"},
};

static bool has_word(struct str words, const char *wanted)
{
    struct str word;
    while (str_cut(&words, ' ', &word))
        if (str_eq(word, wanted))
            return true;
    return false;
}

static void name_arm(struct reader *r)
{
    struct strbuf model = {0};
    for (size_t i = 0; i < r->designs.n; i++) {
        struct design d = r->designs.v[i];
        const char *name = arm_part_name(d.implementer, d.part);
        strbuf_adds(&model, i ? " + " : "");
        if (name)
            strbuf_adds(&model, name);
        else
            strbuf_addf(&model, "ARM implementer 0x%02llx part 0x%03llx",
                        (unsigned long long)d.implementer, (unsigned long long)d.part);
    }
    r->info->model = strbuf_take(&model, r->a);
    r->info->vendor = arm_part_vendor(r->designs.v[0].implementer);
    r->info->arch = has_word(r->words, "asimd") ? "aarch64" : "armv7l";
}

static void name_power(struct reader *r)
{
    struct str cpu;
    str_cut(&r->power, ',', &cpu);
    const char *bracket = cpu.n ? memchr(cpu.p, '(', cpu.n) : NULL;
    if (bracket)
        cpu.n = (size_t)(bracket - cpu.p); /* "POWER8E (raw)" */
    r->info->model = str_dup(r->a, str_trim(cpu));
    r->info->vendor = "ibm";
    r->info->isa = isa_from_power(r->a, cpu);
}

static void name_riscv(struct reader *r)
{
    struct str vendor;
    struct str uarch = r->uarch;
    r->info->model = str_dup(r->a, r->model.p ? r->model : r->uarch);
    r->info->arch = str_starts(r->isa, "rv64") ? "riscv64" : "riscv32";
    if (str_cut(&uarch, ',', &vendor) && uarch.p) /* "sifive,u74-mc" */
        r->info->vendor = str_dup(r->a, vendor);
}

static void name_other(struct reader *r)
{
    struct cpuinfo *info = r->info;
    if (r->model.p)
        info->model = str_dup(r->a, r->model);
    for (size_t i = 0; r->vendor_id.p && i < COUNT_OF(vendors); i++)
        if (str_eq(r->vendor_id, vendors[i].id))
            info->vendor = vendors[i].vendor;
    info->hypervisor = info->x86 && has_word(r->words, "hypervisor");
    if (info->x86)
        info->arch = has_word(r->words, "lm") ? "x86_64" : "i686";
    else if (info->vendor && strcmp(info->vendor, "ibm") == 0)
        info->arch = "s390x";
    else if (r->model.p && str_starts(r->model, "Loongson")) {
        info->vendor = "loongson";
        info->arch = "loongarch64";
    }
}

static void name_all(struct reader *r)
{
    if (r->designs.n)
        name_arm(r);
    else if (r->power.p && str_starts(r->power, "POWER"))
        name_power(r);
    else if (r->isa.p)
        name_riscv(r);
    else
        name_other(r);
    if (!r->info->model && r->old_arm.p)
        r->info->model = str_dup(r->a, r->old_arm);
    if (r->info->model && !*r->info->model)
        r->info->model = NULL;
}

static void take_line(struct reader *r, struct str key, struct str value)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!str_eq(key, keys[i].key))
            continue;
        struct str *first = (struct str *)((char *)r + keys[i].first);
        if (keys[i].take)
            keys[i].take(r, value);
        else if (!first->p && value.n)
            *first = value;
        return;
    }
}

struct cpuinfo cpuinfo_parse(struct arena *a, struct str text)
{
    struct cpuinfo info = {0};
    struct reader r = {.a = a, .info = &info};
    struct str line, key;
    while (str_line(&text, &line))
        if (str_cut(&line, ':', &key) && line.p)
            take_line(&r, str_trim(key), str_trim(line));
    name_all(&r);
    return info;
}

/* Length of what people leave out of a model's name, 0: nothing here. */
static size_t noise_at(const char *p)
{
    static const char *const marks[] = {"(R)", "(TM)", "(r)", "(tm)"};
    static const char *const last_words[] = {" CPU", " Processor"};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (cstr_starts(p, marks[i]))
            return strlen(marks[i]);
    for (size_t i = 0; i < COUNT_OF(last_words); i++) {
        const char *after = p + strlen(last_words[i]);
        if (cstr_starts(p, last_words[i]) &&
            (cstr_starts(after, " @ ") || after[strspn(after, " ")] == '\0'))
            return strlen(last_words[i]);
    }
    size_t digits = *p == ' ' ? strspn(p + 1, "0123456789") : 0;
    if (digits && cstr_starts(p + 1 + digits, "-Core")) /* " 24-Core": counted beside it */
        return 1 + digits + strlen("-Core");
    if (*p == ' ' && (p[1] == ' ' || p[1] == '\0'))
        return 1;
    return 0;
}

const char *cpuinfo_short_model(struct arena *a, const char *model)
{
    struct strbuf text = {0};
    for (const char *p = model; *p && !cstr_starts(p, " @ ");) {
        size_t skip = noise_at(p);
        if (skip)
            p += skip;
        else
            strbuf_addc(&text, *p++);
    }
    return strbuf_take(&text, a);
}
