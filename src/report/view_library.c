/* One row a model. */
#include "report/view_library.h"

#include "base/units.h"
#include "report/views.h"

static const char *size(struct arena *a, const struct library_item *item)
{
    char text[UNITS_TEXT];
    return item->known ? arena_strdup(a, units_bytes(item->weights_bytes, text)) : "?";
}

static const char *count(struct arena *a, uint64_t n)
{
    char text[UNITS_TEXT];
    return arena_strdup(a, units_count(n, text));
}

void view_library(struct doc *d, const struct library *l, size_t most)
{
    static const struct doc_column columns[] = {
        {"model", DOC_LEFT}, {"quant", DOC_LEFT},    {"size", DOC_RIGHT},
        {"fits", DOC_LEFT},  {"context", DOC_RIGHT}, {"tok/s", DOC_RIGHT},
    };
    struct doc_table *t = doc_table(d, columns, COUNT_OF(columns));
    size_t shown = most && most < l->n ? most : l->n;
    for (size_t i = 0; i < shown; i++) {
        const struct library_item *item = &l->v[i];
        doc_cell(d, t, "%s", item->entry.name);
        doc_cell(d, t, "%s", item->quantization ? item->quantization : "?");
        doc_cell(d, t, "%s", size(d->arena, item));
        doc_cell(d, t, "%s", item->fits ? "yes" : item->known ? "no" : "unreadable");
        doc_cell(d, t, "%s", item->fits ? count(d->arena, item->ctx) : "-");
        doc_cell(d, t, "%s", item->fits ? view_interval(d->arena, &item->speed.gen_tok_s) : "-");
    }
    if (shown < l->n)
        doc_text(d, "and %zu more: tailor models", l->n - shown);
    if (l->cut)
        doc_text(d, "The search ended at \"%s\": there is too much below it.", l->cut);
    if (l->unreadable)
        doc_text(d, "\"%s\" cannot be read.", l->unreadable);
}
