/* Words and numbers in file names of GGUF models. */
#include "model/gguf_name.h"

#include <stdint.h>

#include "base/attr.h"
#include "model/model_file.h"
#include "os/fs.h"

enum { BITS_MAX = 1000 }; /* larger numbers are no widths */

static const char *const kind_names[SIDECAR_KINDS] = {"mmproj", "mtp", "eagle3", "dflash",
                                                      "dspark"};
/* What makes a file a sidecar of that kind, anywhere in its name. */
static const char *const kind_words[SIDECAR_KINDS] = {"mmproj", "mtp-", "eagle3-", "dflash-",
                                                      "dspark-"};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || c == '_' || (upper(c) >= 'A' && upper(c) <= 'Z');
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '_' || c == ' ';
}

static bool same_text(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (upper(a.p[i]) != upper(b.p[i]))
            return false;
    return true;
}

const char *sidecar_kind_name(enum sidecar_kind kind)
{
    return kind_names[kind];
}

static bool later_shard(const char *path)
{
    uint32_t no, count;
    size_t stem;
    return split_name(path, &no, &count, &stem) && no > 1;
}

bool gguf_name_is_model(const char *path)
{
    const char *name = path_base(path);
    if (!cstr_ends(name, ".gguf") || later_shard(name) || strstr(name, "imatrix") ||
        cstr_starts(name, "._")) /* what macOS leaves beside a file on other file systems */
        return false;
    for (size_t kind = 0; kind < SIDECAR_KINDS; kind++)
        if (strstr(name, kind_words[kind]))
            return false;
    return true;
}

bool gguf_name_is_sidecar(const char *path, enum sidecar_kind kind)
{
    return cstr_ends(path, ".gguf") && !later_shard(path) && !cstr_starts(path_base(path), "._") &&
           strstr(path, kind_words[kind]);
}

struct str gguf_name_stem(const char *path)
{
    const char *name = path_base(path);
    struct str stem = str_from(name);
    uint32_t no, count;
    size_t n;
    if (split_name(name, &no, &count, &n))
        stem.n = n;
    else if (str_ends(stem, ".gguf"))
        stem.n -= strlen(".gguf");
    return stem;
}

/* The last word of the stem after "-" or "."; empty when there is none. */
static struct str tag_of(const char *path)
{
    struct str stem = gguf_name_stem(path);
    size_t at = stem.n;
    while (at > 0 && is_word(stem.p[at - 1]))
        at--;
    if (at == 0 || (stem.p[at - 1] != '-' && stem.p[at - 1] != '.'))
        return STR("");
    return (struct str){stem.p + at, stem.n - at};
}

const char *gguf_name_tag(struct arena *a, const char *path)
{
    char *tag = str_dup(a, tag_of(path));
    for (char *p = tag; *p; p++)
        *p = upper(*p);
    return tag;
}

bool gguf_name_matches(const char *path, const char *tag)
{
    size_t n = strlen(tag);
    struct str rest = str_from(path);
    for (; rest.n > n; rest.p++, rest.n--)
        if ((rest.p[n] == '-' || rest.p[n] == '.') &&
            same_text((struct str){rest.p, n}, (struct str){tag, n}))
            return true;
    return false;
}

unsigned gguf_name_bits(const char *path)
{
    struct str tag = tag_of(path);
    unsigned bits = 0;
    while (tag.n && !is_digit(tag.p[0])) {
        tag.p++;
        tag.n--;
    }
    for (size_t i = 0; i < tag.n && is_digit(tag.p[i]) && bits < BITS_MAX; i++)
        bits = bits * 10 + (unsigned)(tag.p[i] - '0');
    return bits;
}

/* "Q4_K_M", "IQ2_XXS", "bf16", "MXFP4_MOE": letters of a number format, then a digit. */
static bool is_quantization(struct str word)
{
    static const char *const formats[] = {"Q", "IQ", "TQ", "F", "BF", "FP", "MXFP", "NVFP"};
    size_t letters = 0;
    while (letters < word.n && !is_digit(word.p[letters]))
        letters++;
    if (letters == word.n)
        return false;
    for (size_t i = letters; i < word.n; i++)
        if (!is_word(word.p[i]))
            return false;
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (same_text((struct str){word.p, letters}, str_from(formats[i])))
            return true;
    return false;
}

static struct str trim_separators(struct str s)
{
    while (s.n && is_separator(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_separator(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool cut_word(struct str *s, const char *word)
{
    size_t n = strlen(word);
    bool whole = s->n == n || (s->n > n && is_separator(s->p[s->n - n - 1]));
    if (!whole || !same_text((struct str){s->p + s->n - n, n}, (struct str){word, n}))
        return false;
    s->n -= n;
    *s = trim_separators(*s);
    return true;
}

static struct str without_quantization(struct str s)
{
    /* "UD": Unsloth's dynamic mixtures; "i1": made with an importance matrix (mradermacher) */
    static const char *const recipes[] = {"UD", "i1"};
    s = trim_separators(s);
    for (size_t at = 0; at < s.n; at++) {
        bool begins = at == 0 || is_separator(s.p[at - 1]);
        if (begins && is_quantization((struct str){s.p + at, s.n - at})) {
            s.n = at;
            break;
        }
    }
    s = trim_separators(s);
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
        if (cut_word(&s, recipes[i]))
            break;
    return s;
}

struct str gguf_name_family(const char *path)
{
    return without_quantization(gguf_name_stem(path));
}

/* One ends with the other, from a separator on: "google_gemma-3-12b-it" and "gemma-3-12b-it". */
static bool ends_alike(struct str a, struct str b)
{
    if (a.n < b.n)
        return ends_alike(b, a);
    if (b.n == 0 || !same_text((struct str){a.p + a.n - b.n, b.n}, b))
        return false;
    return a.n == b.n || is_separator(a.p[a.n - b.n - 1]);
}

static bool is_unnamed(struct str owner)
{
    static const char *const plain[] = {"", "model", "ggml-model", "clip", "vision", "audio"};
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (same_text(owner, str_from(plain[i])))
            return true;
    return false;
}

enum sidecar_bond gguf_name_bond(const char *sidecar, enum sidecar_kind kind, const char *model)
{
    struct str stem = gguf_name_stem(sidecar);
    const char *name = path_base(model), *word = strstr(stem.p, kind_words[kind]);
    if (!word || word >= stem.p + stem.n)
        return BOND_NONE;
    struct str before = {stem.p, (size_t)(word - stem.p)};
    struct str after = {word + strlen(kind_words[kind]), 0};
    if (after.p < stem.p + stem.n)
        after.n = (size_t)(stem.p + stem.n - after.p);
    if (before.n && before.p[before.n - 1] == '_' && strncmp(name, before.p, before.n) == 0)
        return BOND_PREFIX;
    struct str owner = without_quantization(before);
    if (is_unnamed(owner))
        owner = without_quantization(after);
    if (is_unnamed(owner))
        return BOND_UNNAMED;
    return ends_alike(owner, gguf_name_family(model)) ? BOND_FAMILY : BOND_NONE;
}
