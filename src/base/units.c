/* Numbers as people write them. */
#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Three significant digits, without a fraction from 100 on. */
static void three_digits(double v, const char *suffix, char buf[UNITS_TEXT])
{
    int digits = v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
    snprintf(buf, UNITS_TEXT, "%.*f%s", digits, v, suffix);
}

const char *units_bytes(uint64_t bytes, char buf[UNITS_TEXT])
{
    static const char *const suffix[] = {" B", " KB", " MB", " GB", " TB", " PB", " EB"};
    double v = (double)bytes;
    size_t i = 0;
    while (v >= 999.5 && i + 1 < sizeof(suffix) / sizeof(suffix[0])) {
        v /= 1024.0;
        i++;
    }
    if (i == 0)
        snprintf(buf, UNITS_TEXT, "%" PRIu64 " B", bytes);
    else
        three_digits(v, suffix[i], buf);
    return buf;
}

const char *units_gib(uint64_t bytes, char buf[UNITS_TEXT])
{
    snprintf(buf, UNITS_TEXT, "%.2f", (double)bytes / (double)GIB);
    return buf;
}

const char *units_count(uint64_t n, char buf[UNITS_TEXT])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    char *out = buf;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return buf;
}

const char *units_params(uint64_t n, char buf[UNITS_TEXT])
{
    double v = (double)n;
    if (v >= 1e12)
        three_digits(v / 1e12, "T", buf);
    else if (v >= 999.5e6)
        three_digits(v / 1e9, "B", buf);
    else if (v >= 999.5e3)
        three_digits(v / 1e6, "M", buf);
    else if (v >= 999.5)
        three_digits(v / 1e3, "K", buf);
    else
        snprintf(buf, UNITS_TEXT, "%" PRIu64, n);
    return buf;
}

const char *units_rate(double per_second, char buf[UNITS_TEXT])
{
    if (!(per_second >= 0) || per_second > 1e15)
        snprintf(buf, UNITS_TEXT, "?");
    else if (per_second >= 999.5)
        units_count((uint64_t)llround(per_second), buf);
    else
        three_digits(per_second, "", buf);
    return buf;
}

static bool unit_scale(const char *unit, uint64_t *scale)
{
    static const char letters[] = "KMGTP";
    if (unit[0] == '\0' || strcmp(unit, "B") == 0 || strcmp(unit, "b") == 0) {
        *scale = 1;
        return true;
    }
    char first = (char)(unit[0] >= 'a' && unit[0] <= 'z' ? unit[0] - 'a' + 'A' : unit[0]);
    const char *at = strchr(letters, first);
    const char *rest = unit + 1;
    if (!at ||
        (*rest && !cstr_ieq(rest, "B") && strcmp(rest, "iB") != 0 && strcmp(rest, "ib") != 0))
        return false;
    *scale = (uint64_t)1 << (10 * (at - letters + 1));
    return true;
}

bool units_parse_bytes(const char *text, uint64_t bare, uint64_t *bytes, struct err *err)
{
    char *end;
    double v = strtod(text, &end);
    uint64_t scale = bare;
    bool good = end != text && v >= 0 && isfinite(v) && !strpbrk(text, "xXnNpP+-");
    while (good && *end == ' ')
        end++;
    if (good && *end)
        good = unit_scale(end, &scale);
    double total = v * (double)scale;
    if (!good || total >= 9.2e18) {
        err_set(err, ERR_USAGE, "\"%s\" is not a size", text);
        return err_hint(err, "write a number with K, M, G or T, such as 16G");
    }
    *bytes = (uint64_t)total;
    return true;
}

double units_gb_s(uint64_t bytes, double seconds)
{
    return seconds > 0 ? (double)bytes / seconds / 1e9 : 0;
}

uint64_t units_mul(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

uint64_t units_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t units_round_up(uint64_t x, uint64_t to)
{
    uint64_t over = x % to;
    return over ? units_add(x, to - over) : x;
}
