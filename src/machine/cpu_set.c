/* Bits in 64-bit words, as many as the highest member needs. */
#include "machine/cpu_set.h"

enum { WORD_BITS = 64 };

void cpu_set_add(struct arena *a, struct cpu_set *s, unsigned cpu)
{
    size_t word = cpu / WORD_BITS;
    if (word >= s->n) {
        uint64_t *words = arena_array(a, word + 1, sizeof(*words));
        if (s->n)
            memcpy(words, s->words, s->n * sizeof(*words));
        s->words = words;
        s->n = word + 1;
    }
    s->words[word] |= (uint64_t)1 << cpu % WORD_BITS;
}

bool cpu_set_has(const struct cpu_set *s, unsigned cpu)
{
    return cpu / WORD_BITS < s->n && (s->words[cpu / WORD_BITS] >> cpu % WORD_BITS & 1);
}

unsigned cpu_set_count(const struct cpu_set *s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s->n; i++)
        for (uint64_t w = s->words[i]; w; w &= w - 1)
            n++;
    return n;
}

static unsigned from(const struct cpu_set *s, unsigned cpu)
{
    while (cpu / WORD_BITS < s->n) {
        uint64_t w = s->words[cpu / WORD_BITS] >> cpu % WORD_BITS;
        if (w & 1)
            return cpu;
        cpu = w ? cpu + 1 : (cpu / WORD_BITS + 1) * WORD_BITS;
    }
    return CPU_SET_MAX;
}

unsigned cpu_set_first(const struct cpu_set *s)
{
    return from(s, 0);
}

unsigned cpu_set_next(const struct cpu_set *s, unsigned cpu)
{
    return from(s, cpu + 1);
}

bool cpu_set_meets(const struct cpu_set *a, const struct cpu_set *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->words[i] & b->words[i])
            return true;
    return false;
}

struct cpu_set cpu_set_and(struct arena *a, const struct cpu_set *x, const struct cpu_set *y)
{
    size_t n = x->n < y->n ? x->n : y->n;
    struct cpu_set both = {arena_array(a, n, sizeof(uint64_t)), n};
    for (size_t i = 0; i < n; i++)
        both.words[i] = x->words[i] & y->words[i];
    return both;
}

static bool parse_range(struct str range, unsigned *low, unsigned *high)
{
    unsigned long long first, last;
    struct str part;
    if (!str_cut(&range, '-', &part) || !str_u64(part, &first))
        return false;
    last = first;
    if (range.p && !str_u64(range, &last))
        return false;
    if (first > last || last >= CPU_SET_MAX)
        return false;
    *low = (unsigned)first;
    *high = (unsigned)last;
    return true;
}

bool cpu_set_parse(struct arena *a, struct str list, struct cpu_set *out)
{
    struct cpu_set s = {0};
    struct str range;
    list = str_trim(list);
    while (list.n && str_cut(&list, ',', &range)) {
        unsigned low, high;
        if (!parse_range(range, &low, &high))
            return false;
        for (unsigned cpu = high + 1; cpu-- > low;) /* from the top: one allocation */
            cpu_set_add(a, &s, cpu);
    }
    *out = s;
    return true;
}

const char *cpu_set_text(struct arena *a, const struct cpu_set *s)
{
    struct strbuf text = {0};
    for (unsigned cpu = cpu_set_first(s); cpu < CPU_SET_MAX;) {
        unsigned last = cpu;
        while (cpu_set_has(s, last + 1))
            last++;
        strbuf_addf(&text, last > cpu ? "%s%u-%u" : "%s%u", text.len ? "," : "", cpu, last);
        cpu = cpu_set_next(s, last);
    }
    return strbuf_take(&text, a);
}
