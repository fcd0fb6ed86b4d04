/* Recorded machines: ours in tests/machines, and other projects' where TAILOR_TEST_DATA names the
 * folder that holds them. */
#define _GNU_SOURCE
#include <unistd.h>

#include "machine/cpu_set.h"
#include "machine/machine_json.h"
#include "os/fs.h"
#include "probe/probe.h"
#include "test.h"

static const char machines_dir[] = TEST_SOURCE_ROOT "/tests/machines";
static const char *const model_dirs[] = {"/models", "/home/user/.cache"};

static struct machine replay(struct arena *a, const char *root)
{
    struct err err = {0};
    struct machine m = {0};
    const struct fs *fs;
    CHECK_OK(fs_rooted(a, root, &fs, &err), &err);
    struct probe_env env = {
        .fs = fs, .model_dirs = model_dirs, .n_model_dirs = COUNT_OF(model_dirs)};
    CHECK_OK(probe_machine(a, &env, &m, &err), &err);
    return m;
}

/* In memory where there is such a place: the trees are of thousands of small files. */
static const char *new_folder(struct arena *a)
{
    char *dir = arena_strdup(a, access("/dev/shm", W_OK) == 0 ? "/dev/shm/tailor-test-XXXXXX"
                                                              : "/tmp/tailor-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void remove_folder(const char *dir)
{
    struct strbuf command = {0};
    strbuf_addf(&command, "rm -rf '%s'", dir);
    assert_int_equal(system(strbuf_cstr(&command)), 0);
    strbuf_release(&command);
}

/* ---- ours ---- */

/* What is expected must be there; what is not named may be anything. */
static bool matches(const char *machine, const char *path, const json_t *wanted, const json_t *got)
{
    bool same = true;
    if (json_is_object(wanted) && json_is_object(got)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
        {
            char inside[256];
            snprintf(inside, sizeof(inside), "%s.%s", path, key);
            same &= matches(machine, inside, value, json_object_get(got, key));
        }
        return same;
    }
    if (json_is_array(wanted) && json_array_size(wanted) == json_array_size(got)) {
        for (size_t i = 0; i < json_array_size(wanted); i++) {
            char inside[256];
            snprintf(inside, sizeof(inside), "%s.%zu", path, i);
            same &= matches(machine, inside, json_array_get(wanted, i), json_array_get(got, i));
        }
        return same;
    }
    if (got && json_equal(wanted, got))
        return true;
    char *w = json_dumps(wanted, JSON_ENCODE_ANY), *g = json_dumps(got, JSON_ENCODE_ANY);
    print_message("# %s: %s is %s, not %s\n", machine, path + 1, g ? g : "missing", w);
    free(w);
    free(g);
    return false;
}

static void our_recorded_machines_are_what_they_should_be(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct fs_names names = fs_list(fs_real(), &a, machines_dir);
    size_t machines = 0, wrong = 0;
    for (size_t i = 0; i < names.n; i++) {
        const char *dir = path_join(&a, machines_dir, names.v[i]);
        struct str text;
        if (fs_stat(fs_real(), dir).kind != FS_DIR)
            continue;
        CHECK_OK(fs_read(fs_real(), &a, path_join(&a, dir, "expect.json"), 1 << 20, &text, &err),
                 &err);
        json_t *wanted = js_parse(text, &err);
        CHECK_OK(wanted, &err);
        struct machine m = replay(&a, path_join(&a, dir, "root"));
        json_t *got = machine_to_json(&m);
        wrong += !matches(names.v[i], "", wanted, got);
        machines++;
        json_decref(wanted);
        json_decref(got);
    }
    arena_release(&a);
    assert_true(machines >= 14);
    assert_int_equal(wrong, 0);
}

/* ---- real documents against the schema ---- */

static void write_document(struct arena *a, const char *dir, const char *name,
                           const struct machine *m)
{
    struct err err = {0};
    json_t *root = machine_to_json(m);
    char *text = js_text(root);
    CHECK_OK(fs_replace(path_join(a, dir, name), text, strlen(text), &err), &err);
    free(text);
    json_decref(root);
}

static void what_probes_say_validates_against_the_schema(void **state)
{
    (void)state;
    if (system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
        print_message("python3-jsonschema is not installed\n");
        skip();
    }
    struct arena a = {0};
    struct err err = {0};
    struct machine m = {0};
    struct strbuf command = {0};
    const char *dir = new_folder(&a);
    const struct probe_env env = {.fs = fs_real(), .live = true, .quick = true};
    CHECK_OK(probe_machine(&a, &env, &m, &err), &err);
    write_document(&a, dir, "here", &m);
    strbuf_addf(&command, "cd '%s' && python3 -W ignore -m jsonschema -i here", dir);
    struct fs_names names = fs_list(fs_real(), &a, machines_dir);
    for (size_t i = 0; i < names.n; i++) {
        const char *root = path_join(&a, path_join(&a, machines_dir, names.v[i]), "root");
        if (fs_stat(fs_real(), root).kind != FS_DIR)
            continue;
        m = replay(&a, root);
        write_document(&a, dir, names.v[i], &m);
        strbuf_addf(&command, " -i '%s'", names.v[i]);
    }
    strbuf_addf(&command, " '%s/data/schema/tailor.machine.1.json' >&2", TEST_SOURCE_ROOT);
    assert_int_equal(system(strbuf_cstr(&command)), 0);
    strbuf_release(&command);
    remove_folder(dir);
    arena_release(&a);
}

/* ---- hwloc's ---- */

struct counts {
    unsigned long long cores, cpus, nodes;
};

/* Lines that begin with it, blanks aside: the tree, not the tables below it. */
static unsigned long long lines_with(struct str text, const char *start)
{
    unsigned long long n = 0;
    struct str line;
    while (str_line(&text, &line))
        n += str_starts(str_trim(line), start) && !memmem(line.p, line.n, " = ", 3);
    return n;
}

/* lstopo's answer, as text or as XML. */
static struct counts expected_counts(struct str text, const char *file)
{
    if (cstr_ends(file, ".xml"))
        return (struct counts){lines_with(text, "<object type=\"Core\""),
                               lines_with(text, "<object type=\"PU\""),
                               lines_with(text, "<object type=\"NUMANode\"")};
    return (struct counts){lines_with(text, "Core L#"), lines_with(text, "PU L#"),
                           lines_with(text, "NUMANode")};
}

/* Where we know more than hwloc. */
static const struct {
    const char *name;
    struct counts counts;
    const char *why;
} differences[] = {
    {"nvidiagpunumanodes.test",
     {4, 16, 1},
     "effective_cpus and effective_mems of its cpuset leave one socket; hwloc reads cpuset.cpus"},
};

/* "source:  20em64t.tar.bz2" of a .test file. */
static const char *member(struct arena *a, struct str text, const char *key)
{
    struct str line, name;
    while (str_line(&text, &line))
        if (str_cut(&line, ':', &name) && str_eq(name, key) && line.p)
            return str_dup(a, str_trim(line));
    return NULL;
}

/* Unpacks an archive and finds the folder with proc or sys in it. */
static const char *unpack(struct arena *a, const char *archive, const char *into)
{
    struct strbuf command = {0};
    strbuf_addf(&command, "rm -rf '%s'/* && tar -xf '%s' -C '%s' 2>/dev/null", into, archive, into);
    int status = system(strbuf_cstr(&command));
    strbuf_release(&command);
    const char *dir = into;
    for (int depth = 0; status == 0 && depth < 4; depth++) {
        if (fs_stat(fs_real(), path_join(a, dir, "proc")).kind == FS_DIR ||
            fs_stat(fs_real(), path_join(a, dir, "sys")).kind == FS_DIR)
            return dir;
        struct fs_names names = fs_list(fs_real(), a, dir);
        if (names.n == 0)
            break;
        size_t child = 0; /* beside CPUID dumps, the tree is called fsroot */
        for (size_t i = 0; i < names.n; i++)
            child = strcmp(names.v[i], "fsroot") == 0 ? i : child;
        dir = path_join(a, dir, names.v[child]);
    }
    return NULL;
}

static const char *data_folder(struct arena *a, const char *folder)
{
    const char *data = getenv("TAILOR_TEST_DATA");
    const char *path = data ? path_join(a, data, folder) : NULL;
    if (!path || fs_stat(fs_real(), path).kind != FS_DIR) {
        print_message("TAILOR_TEST_DATA names no folder with %s\n", folder);
        skip();
    }
    if (system("tar --version >/dev/null 2>&1 && bzip2 --help >/dev/null 2>&1") != 0) {
        print_message("tar or bzip2 is not installed\n");
        skip();
    }
    return path;
}

static bool agrees(const char *name, const struct machine *m, struct counts want)
{
    struct counts got = {m->cpu.physical_cores.v, m->cpu.logical_cpus.v, m->cpu.numa_nodes.v};
    /* kernels that do not tell cores: hwloc has none, for us every CPU is one */
    unsigned long long cores = want.cores ? want.cores : want.cpus;
    const char *why = "";
    for (size_t i = 0; i < COUNT_OF(differences); i++)
        if (strcmp(differences[i].name, name) == 0) {
            want = differences[i].counts;
            why = differences[i].why;
            cores = want.cores;
        }
    bool same = got.cores == cores && got.cpus == want.cpus && got.nodes == want.nodes;
    print_message("# %-46s %4llu %4llu %4llu   %4llu %4llu %4llu %s%s\n", name, cores, want.cpus,
                  want.nodes, got.cores, got.cpus, got.nodes, why, same ? "" : "   DIFFERENT");
    return same;
}

/* Machines with two kinds of core; hwloc 2.9 sees five in a GB10. */
static bool has_its_kinds(const char *name, const struct machine *m)
{
    static const struct {
        const char *name;
        uint64_t strong, weak;
    } kinds[] = {
        {"20em64t-hybrid-1p6c2t+2ca4co1t.test", 6, 8},
        {"5intel64-hybrid-lakefield.test", 1, 4},
        {"nvidia-dgx-gb10.test", 10, 10},
        {"128arm-2pa2n8cluster4co.test", 128, 0},
        {"arm-A510-A710-A715-X3", 5, 3},
        {"rv64-milkvpioneer", 64, 0},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0 && (m->cpu.performance_cores.v != kinds[i].strong ||
                                                 m->cpu.efficiency_cores.v != kinds[i].weak)) {
            print_message("# %s: %llu performance and %llu efficiency cores\n", name,
                          (unsigned long long)m->cpu.performance_cores.v,
                          (unsigned long long)m->cpu.efficiency_cores.v);
            return false;
        }
    return true;
}

/* What a test asks of lstopo that the machine does not say. */
static bool asks_for_more(struct arena *a, struct str test)
{
    const char *options = member(a, test, "options"), *env = member(a, test, "env");
    return (options && strstr(options, "--disallowed")) ||
           (env && (strstr(env, "HWLOC_KEEP_NVIDIA") || strstr(env, "OVERLAPPING")));
}

static void hwlocs_recorded_machines_have_hwlocs_counts(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    const char *folders[] = {data_folder(&a, "hwloc/linux"), data_folder(&a, "hwloc/x86+linux")};
    const char *into = new_folder(&a);
    size_t compared = 0, wrong = 0;
    print_message("# %-46s %14s   %14s\n", "", "hwloc", "ours");
    print_message("# %-46s cores cpus node   cores cpus node\n", "");
    for (size_t f = 0; f < COUNT_OF(folders); f++) {
        struct fs_names names = fs_list(fs_real(), &a, folders[f]);
        for (size_t i = 0; i < names.n; i++) {
            struct str test, answer;
            if (!cstr_ends(names.v[i], ".test"))
                continue;
            CHECK_OK(
                fs_read(fs_real(), &a, path_join(&a, folders[f], names.v[i]), 1 << 20, &test, &err),
                &err);
            const char *source = member(&a, test, "source"), *target = member(&a, test, "target");
            if (!source || !target || asks_for_more(&a, test))
                continue;
            const char *root = unpack(&a, path_join(&a, folders[f], source), into);
            if (!root ||
                !fs_read(fs_real(), &a, path_join(&a, folders[f], target), 8 << 20, &answer, &err))
                continue; /* an answer whose machine was not collected */
            struct machine m = replay(&a, root);
            wrong += !agrees(names.v[i], &m, expected_counts(answer, target)) ||
                     !has_its_kinds(names.v[i], &m);
            compared++;
        }
    }
    remove_folder(into);
    arena_release(&a);
    assert_true(compared >= 15);
    assert_int_equal(wrong, 0);
}

/* ---- lscpu's ---- */

static void lscpus_recorded_machines_have_its_counts(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    const char *dumps = data_folder(&a, "lscpu/dumps"),
               *answers = data_folder(&a, "lscpu/expected");
    const char *into = new_folder(&a);
    struct fs_names names = fs_list(fs_real(), &a, dumps);
    size_t compared = 0, wrong = 0;
    for (size_t i = 0; i < names.n; i++) {
        const char *name = arena_strndup(&a, names.v[i], strlen(names.v[i]) - strlen(".tar.gz"));
        struct str text;
        const char *file = arena_printf(&a, "%s/lscpu-%s", answers, name);
        const char *root = unpack(&a, path_join(&a, dumps, names.v[i]), into);
        if (!root || !fs_read(fs_real(), &a, file, 1 << 20, &text, &err))
            continue;
        struct machine m = replay(&a, root);
        const char *list = member(&a, text, "On-line CPU(s) list");
        struct cpu_set online = {0};
        if (!list || !cpu_set_parse(&a, str_from(list), &online))
            continue;
        bool same = m.cpu.logical_cpus.v == cpu_set_count(&online);
        print_message("# %-40s lscpu %3u CPUs, ours %3llu of %3llu cores%s\n", name,
                      cpu_set_count(&online), (unsigned long long)m.cpu.logical_cpus.v,
                      (unsigned long long)m.cpu.physical_cores.v, same ? "" : "   DIFFERENT");
        wrong += !same || !has_its_kinds(name, &m);
        compared++;
    }
    remove_folder(into);
    arena_release(&a);
    assert_true(compared >= 8);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(our_recorded_machines_are_what_they_should_be),
        TEST(what_probes_say_validates_against_the_schema),
        TEST(hwlocs_recorded_machines_have_hwlocs_counts),
        TEST(lscpus_recorded_machines_have_its_counts),
    };
    return RUN_TESTS(tests);
}
