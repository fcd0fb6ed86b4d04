/* A document as plain text. */
#include "report/doc.h"

static const char bold[] = "\x1b[1m", dim[] = "\x1b[2m", plain[] = "\x1b[0m";

enum { LABEL_MIN = 9, GAP = 2, NARROWEST = 40 };

/* Columns a text takes on a terminal: code points, which is right for all we print. */
static size_t width_of(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static size_t width(const char *s)
{
    return width_of(str_from(s));
}

static void styled(struct strbuf *out, const struct doc_style *style, const char *code,
                   const char *text)
{
    strbuf_addf(out, "%s%s%s", style->color ? code : "", text, style->color ? plain : "");
}

/* Words up to the width; later lines are indented.  Blanks stay as many as they are, except where a
 * line ends. */
static void wrapped(struct strbuf *out, const char *text, size_t indent, size_t columns)
{
    size_t room = columns > indent + NARROWEST ? columns - indent : NARROWEST, used = 0, blanks = 0;
    struct str rest = str_from(text), word;
    for (; str_cut(&rest, ' ', &word); blanks++) {
        size_t w = width_of(word);
        if (w == 0)
            continue;
        if (used && used + blanks + w > room) {
            strbuf_addc(out, '\n');
            strbuf_pad(out, ' ', indent);
            used = blanks = 0;
        }
        strbuf_pad(out, ' ', blanks);
        strbuf_add(out, word.p, word.n);
        used += blanks + w;
        blanks = 0;
    }
    strbuf_addc(out, '\n');
}

static size_t label_width(const struct doc *d, const struct doc_section *s)
{
    size_t widest = d->label_columns > LABEL_MIN ? d->label_columns : LABEL_MIN;
    for (size_t i = 0; i < s->items.n; i++)
        if (s->items.v[i].kind == DOC_ROW && width(s->items.v[i].label) + GAP > widest)
            widest = width(s->items.v[i].label) + GAP;
    return widest;
}

static void write_cell(struct strbuf *out, const char *text, size_t columns, enum doc_align align,
                       bool last)
{
    size_t w = width(text), pad = columns > w ? columns - w : 0;
    if (align == DOC_RIGHT)
        strbuf_pad(out, ' ', pad);
    strbuf_adds(out, text);
    if (align == DOC_LEFT && !last)
        strbuf_pad(out, ' ', pad);
    if (!last)
        strbuf_pad(out, ' ', GAP);
}

static size_t column_width(const struct doc_table *t, size_t column)
{
    size_t widest = width(t->columns[column].head);
    for (size_t i = column; i < t->cells.n; i += t->n_columns)
        if (width(t->cells.v[i]) > widest)
            widest = width(t->cells.v[i]);
    return widest;
}

static void write_table(struct strbuf *out, const struct doc_table *t,
                        const struct doc_style *style)
{
    if (style->color)
        strbuf_adds(out, dim);
    for (size_t c = 0; c < t->n_columns; c++)
        write_cell(out, t->columns[c].head, column_width(t, c), t->columns[c].align,
                   c + 1 == t->n_columns);
    strbuf_addf(out, "%s\n", style->color ? plain : "");
    for (size_t i = 0; i < t->cells.n; i++) {
        size_t c = i % t->n_columns; /* NOLINT: cells come with their columns */
        bool last = c + 1 == t->n_columns;
        write_cell(out, t->cells.v[i], column_width(t, c), t->columns[c].align, last);
        if (last)
            strbuf_addc(out, '\n');
    }
}

void doc_write_text(const struct doc *d, const struct doc_style *style, struct strbuf *out)
{
    for (size_t i = 0; i < d->sections.n; i++) {
        const struct doc_section *s = &d->sections.v[i];
        size_t indent = label_width(d, s);
        if (i)
            strbuf_addc(out, '\n');
        if (s->title) {
            styled(out, style, bold, s->title);
            strbuf_addc(out, '\n');
        }
        for (size_t k = 0; k < s->items.n; k++) {
            const struct doc_item *item = &s->items.v[k];
            if (item->kind == DOC_TABLE) {
                write_table(out, &item->table, style);
            } else if (item->kind == DOC_TEXT) {
                wrapped(out, item->text, 0, style->columns);
            } else {
                styled(out, style, dim, item->label);
                strbuf_pad(out, ' ', indent - width(item->label));
                wrapped(out, item->text, indent, style->columns);
            }
        }
    }
}
