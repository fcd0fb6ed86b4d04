/* ---- unit/report/golden.h: a document as text, compared line by line. ---- */
#ifndef TESTS_UNIT_REPORT_GOLDEN_H
#define TESTS_UNIT_REPORT_GOLDEN_H

#include "report/doc.h"
#include "test.h"

enum { NARROW = 50, WIDE = 120 };

struct paper {
    struct arena a;
    struct doc d;
};

static inline int paper_set_up(void **state)
{
    struct paper *p = calloc(1, sizeof(*p));
    if (p)
        p->d.arena = &p->a;
    *state = p;
    return p ? 0 : -1;
}

static inline int paper_tear_down(void **state)
{
    struct paper *p = *state;
    arena_release(&p->a);
    free(p);
    return 0;
}

#define PAPER_TEST(name) cmocka_unit_test_setup_teardown(name, paper_set_up, paper_tear_down)

static inline const char *paper_text(struct paper *p, unsigned columns)
{
    const struct doc_style style = {columns, false};
    struct strbuf out = {0};
    doc_write_text(&p->d, &style, &out);
    return strbuf_take(&out, &p->a);
}

static inline void paper_clear(struct paper *p)
{
    p->d = (struct doc){.arena = &p->a};
}

/* No line is wider, words that are too long by themselves aside. */
static inline void paper_keeps_to(const char *text, size_t columns)
{
    struct str rest = str_from(text), line;
    while (str_line(&rest, &line)) {
        size_t n = 0;
        for (size_t i = 0; i < line.n; i++)
            n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
        if (n > columns)
            fail_msg("%zu columns in %zu: %.*s", n, columns, (int)line.n, line.p);
    }
}

#endif
