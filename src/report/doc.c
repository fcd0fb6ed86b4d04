/* Building a document. */
#include "report/doc.h"

#include <stdarg.h>

void doc_section(struct doc *d, const char *title)
{
    VEC_PUSH(d->arena, &d->sections)->title = title;
}

static struct doc_item *add(struct doc *d, enum doc_kind kind)
{
    if (d->sections.n == 0)
        doc_section(d, NULL);
    struct doc_section *s = &d->sections.v[d->sections.n - 1];
    struct doc_item *item = VEC_PUSH(d->arena, &s->items);
    item->kind = kind;
    return item;
}

/* Names of models, files and devices come from anywhere: what they hold never steers a terminal. */
static const char *harmless(struct arena *a, const char *fmt, va_list args)
{
    char *text = arena_vprintf(a, fmt, args);
    cstr_harmless(text, "");
    return text;
}

void doc_row(struct doc *d, const char *label, const char *fmt, ...)
{
    va_list args;
    struct doc_item *item = add(d, DOC_ROW);
    char *own = arena_strdup(d->arena, label);
    cstr_harmless(own, "");
    item->label = own;
    va_start(args, fmt);
    item->text = harmless(d->arena, fmt, args);
    va_end(args);
}

void doc_text(struct doc *d, const char *fmt, ...)
{
    va_list args;
    struct doc_item *item = add(d, DOC_TEXT);
    va_start(args, fmt);
    item->text = harmless(d->arena, fmt, args);
    va_end(args);
}

struct doc_table *doc_table(struct doc *d, const struct doc_column *columns, size_t n)
{
    struct doc_item *item = add(d, DOC_TABLE);
    item->table.columns = columns;
    item->table.n_columns = n;
    return &item->table;
}

void doc_cell(struct doc *d, struct doc_table *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = harmless(d->arena, fmt, args);
    va_end(args);
    *VEC_PUSH(d->arena, &t->cells) = text;
}
