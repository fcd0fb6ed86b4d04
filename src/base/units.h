/* ---- base/units.h: bytes, counts, rates and times as people write them.
 *
 * Inside the program sizes are uint64_t bytes; only this file knows of GiB and GB.  Memory is
 * spoken of in GiB-based figures ("15.2 GB" on screen is 15.2 * 2^30, as every GPU tool prints
 * it); rates in GB/s are 10^9. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

enum { UNITS_TEXT = 32 }; /* room that any text of this file needs */

/* "0 B", "512 KB", "14.6 MB", "4.58 GB", "123 GB": three significant digits; returns buf. */
const char *units_bytes(uint64_t bytes, char buf[UNITS_TEXT]);
/* "14.61": GiB with two digits, for tables whose head says GB. */
const char *units_gib(uint64_t bytes, char buf[UNITS_TEXT]);
/* "131,072" */
const char *units_count(uint64_t n, char buf[UNITS_TEXT]);
/* "8.03B", "494M", "30.5B": parameters. */
const char *units_params(uint64_t n, char buf[UNITS_TEXT]);
/* A rate with three significant digits: "1,180", "46.2", "9.61", "0.27". */
const char *units_rate(double per_second, char buf[UNITS_TEXT]);

/* "16", "16G", "16GB", "16GiB", "512M", "1.5T": bytes; a bare number counts `bare` bytes. */
bool units_parse_bytes(const char *text, uint64_t bare, uint64_t *bytes, struct err *err);

/* Bytes moved in a time, as GB/s (10^9). */
double units_gb_s(uint64_t bytes, double seconds);

/* a * b or a + b, UINT64_MAX instead of overflow: a size that cannot be is larger than any memory.
 */
uint64_t units_mul(uint64_t a, uint64_t b);
uint64_t units_add(uint64_t a, uint64_t b);
/* x rounded up to a multiple of `to` (to > 0), saturating. */
uint64_t units_round_up(uint64_t x, uint64_t to);

#endif
