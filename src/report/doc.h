/* ---- report/doc.h: a neutral document that writers turn into text (later CSV and HTML).
 *
 * Sections hold rows (label and text), tables and paragraphs, in the order they were added.  Who
 * fills a document knows nothing of widths, colours or markup. */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include "base/str.h"
#include "base/vec.h"

enum doc_kind { DOC_ROW, DOC_TABLE, DOC_TEXT };
enum doc_align { DOC_LEFT, DOC_RIGHT };

struct doc_column {
    const char *head;
    enum doc_align align;
};

struct doc_table {
    const struct doc_column *columns;
    size_t n_columns;
    VEC(const char *) cells; /* row by row */
};

struct doc_item {
    enum doc_kind kind;
    const char *label; /* DOC_ROW */
    const char *text;  /* DOC_ROW, DOC_TEXT */
    struct doc_table table;
};

struct doc_section {
    const char *title; /* NULL: none */
    VEC(struct doc_item) items;
};

struct doc {
    struct arena *arena;
    size_t label_columns; /* of rows, at least: documents in a row line up; 0: as they need */
    VEC(struct doc_section) sections;
};

void doc_section(struct doc *d, const char *title);
void doc_row(struct doc *d, const char *label, const char *fmt, ...) ATTR_PRINTF(3, 4);
void doc_text(struct doc *d, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* A table in the current section; the columns must outlive the document. */
struct doc_table *doc_table(struct doc *d, const struct doc_column *columns, size_t n);
void doc_cell(struct doc *d, struct doc_table *t, const char *fmt, ...) ATTR_PRINTF(3, 4);

struct doc_style {
    unsigned columns; /* width of the terminal; rows wrap at it */
    bool color;
};

/* Plain text with aligned columns. */
void doc_write_text(const struct doc *d, const struct doc_style *style, struct strbuf *out);

#endif
