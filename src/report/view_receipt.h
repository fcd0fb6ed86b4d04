/* ---- report/view_receipt.h: the last line of a run. ---- */
#ifndef REPORT_VIEW_RECEIPT_H
#define REPORT_VIEW_RECEIPT_H

#include "report/doc.h"
#include "work/receipt.h"

void view_receipt(struct doc *d, const struct receipt *r);

#endif
