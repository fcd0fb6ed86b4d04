/* ---- report/view_library.h: the models on this disk, for people. ---- */
#ifndef REPORT_VIEW_LIBRARY_H
#define REPORT_VIEW_LIBRARY_H

#include "report/doc.h"
#include "work/library.h"

/* At most `most` rows; 0: all. */
void view_library(struct doc *d, const struct library *l, size_t most);

#endif
