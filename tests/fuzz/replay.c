/* Runs a fuzz target over its kept inputs, whole and cut short, and prints TAP: what was once found
 * stays mended, also where there is no libFuzzer. */
#include <dirent.h>

#include "fuzz.h"

enum {
    MOST_CUTS = 512, /* prefixes of one input; short ones are cut at every byte */
    LONGEST_INPUT = 1 << 20,
};

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(LONGEST_INPUT);
    REQUIRE(f && bytes, "cannot read %s", path);
    *n = fread(bytes, 1, LONGEST_INPUT, f);
    fclose(f);
    return bytes;
}

/* The target gets a copy of exactly this size. */
static void run(const uint8_t *bytes, size_t n)
{
    char *copy = exact_copy(bytes, n);
    LLVMFuzzerTestOneInput((const uint8_t *)copy, n);
    free(copy);
}

static void replay(const char *path)
{
    size_t n;
    uint8_t *bytes = read_file(path, &n);
    fprintf(stderr, "%s\n", path); /* the last one told of is the one that failed */
    size_t step = 1 + n / MOST_CUTS;
    for (size_t cut = 0; cut < n; cut += step)
        run(bytes, cut);
    run(bytes, n);
    free(bytes);
}

int main(void)
{
    size_t n = 0;
    DIR *dir = opendir(CORPUS);
    printf("1..1\n");
    fflush(stdout);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", CORPUS, e->d_name);
        if (e->d_name[0] != '.') {
            replay(path);
            n++;
        }
    }
    if (dir)
        closedir(dir);
    printf("%sok 1 - %zu kept inputs of %s, whole and cut short, break no promise\n",
           n ? "" : "not ", n, TARGET);
    return n == 0;
}
