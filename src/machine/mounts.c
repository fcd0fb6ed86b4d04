/* Mount tables. */
#include "machine/mounts.h"

/* Blanks and backslashes are written in octal: "\040". */
static const char *unescape(struct arena *a, struct str s)
{
    char *text = str_dup(a, s), *to = text;
    for (const char *p = text; *p;) {
        bool octal = p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
                     p[3] >= '0' && p[3] <= '7';
        if (octal) {
            *to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            p += 4;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
    return text;
}

static bool word(struct str *line, struct str *out)
{
    while (line->n && *line->p == ' ') {
        line->p++;
        line->n--;
    }
    return line->n && str_cut(line, ' ', out);
}

static size_t words(struct str *line, struct str *out, size_t n)
{
    size_t seen = 0;
    while (seen < n && word(line, &out[seen]))
        seen++;
    return seen;
}

/* ID PARENT MAJOR:MINOR ROOT MOUNT_POINT OPTIONS [TAG...] - TYPE SOURCE FS_OPTIONS */
struct mount_list mounts_parse(struct arena *a, struct str mountinfo)
{
    struct mount_list mounts = {0};
    struct str line;
    while (str_line(&mountinfo, &line)) {
        struct str before[6], tag = {0}, after[3] = {{0}};
        if (words(&line, before, 6) < 6)
            continue;
        while (word(&line, &tag) && !str_eq(tag, "-"))
            ;
        if (!str_eq(tag, "-") || words(&line, after, 3) < 2)
            continue;
        *VEC_PUSH(a, &mounts.list) = (struct mount_entry){
            .number = str_dup(a, before[2]),
            .root = unescape(a, before[3]),
            .at = unescape(a, before[4]),
            .type = str_dup(a, after[0]),
            .source = unescape(a, after[1]),
            .options = str_dup(a, after[2]),
        };
    }
    return mounts;
}

/* SOURCE MOUNT_POINT TYPE OPTIONS DUMP PASS */
struct mount_list mounts_parse_short(struct arena *a, struct str proc_mounts)
{
    struct mount_list mounts = {0};
    struct str line;
    while (str_line(&proc_mounts, &line)) {
        struct str field[4];
        if (words(&line, field, 4) < 4)
            continue;
        *VEC_PUSH(a, &mounts.list) = (struct mount_entry){
            .number = "",
            .root = "/",
            .at = unescape(a, field[1]),
            .type = str_dup(a, field[2]),
            .source = unescape(a, field[0]),
            .options = str_dup(a, field[3]),
        };
    }
    return mounts;
}

/* Length of the mount point when the path lies in it, 0 otherwise. */
static size_t depth_of(const char *path, const char *at)
{
    size_t n = strlen(at);
    if (strcmp(at, "/") == 0)
        return 1;
    return strncmp(path, at, n) == 0 && (path[n] == '/' || path[n] == '\0') ? n : 0;
}

const struct mount_entry *mounts_find(const struct mount_list *mounts, const char *path,
                                      const char *number)
{
    const struct mount_entry *best = NULL;
    size_t best_depth = 0;
    bool best_number = false;
    for (size_t i = 0; i < mounts->list.n; i++) {
        const struct mount_entry *m = &mounts->list.v[i];
        bool same = *number && strcmp(m->number, number) == 0;
        size_t depth = depth_of(path, m->at);
        if ((!same && !depth) || (best_number && !same))
            continue;
        if (best && same == best_number && depth < best_depth)
            continue;
        best = m;
        best_depth = depth;
        best_number = same;
    }
    return best;
}
