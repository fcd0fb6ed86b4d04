#include "base/units.h"
#include "machine/machine_fields.h"
#include "machine/machine_json.h"
#include "os/fs.h"
#include "test.h"

/* ---- machines of every shape, made along the field table ---- */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void fill(struct arena *a, uint64_t *seed, const struct field_table *t, char *to);

static void fill_array(struct arena *a, uint64_t *seed, const struct field *f, void *member)
{
    size_t n = next(seed) % 4;
    char *elements = arena_array(a, n, f->of->size);
    for (size_t i = 0; i < n; i++)
        fill(a, seed, f->of, elements + i * f->of->size);
    field_vec_set(member, (struct field_vec){elements, n, n});
}

/* Every second fact stays unknown. */
static void fill_member(struct arena *a, uint64_t *seed, const struct field *f, char *member)
{
    uint64_t v = next(seed);
    const char *source = v & 1 ? arena_printf(a, "source %u", (unsigned)(v % 9)) : NULL;
    const char *text = arena_printf(a, "%s %u \"\\\n\xc3\xa9", f->key, (unsigned)(v % 1000));
    const char **texts = arena_array(a, 2, sizeof(*texts));
    switch (f->kind) {
    case FIELD_STR:
        *(struct fact_str *)member = (struct fact_str){source ? text : NULL, source};
        break;
    case FIELD_BYTES:
        *(struct fact_u64 *)member = (struct fact_u64){source ? v % FIELD_BYTES_MAX : 0, source};
        break;
    case FIELD_COUNT:
        *(struct fact_u64 *)member = (struct fact_u64){source ? v % FIELD_COUNT_MAX : 0, source};
        break;
    case FIELD_RATE:
        *(struct fact_f64 *)member =
            (struct fact_f64){source ? (double)(v % 10000) / 10 : 0, source};
        break;
    case FIELD_BOOL:
        *(struct fact_bool *)member = (struct fact_bool){source && v % 7 > 3, source};
        break;
    case FIELD_TEXT:
        *(const char **)member = text;
        break;
    case FIELD_ID:
    case FIELD_SIZE:
        *(uint64_t *)member = v % FIELD_COUNT_MAX;
        break;
    case FIELD_POOL_KIND:
        *(enum pool_kind *)member = (enum pool_kind)(v % 3);
        break;
    case FIELD_TEXTS:
        texts[0] = text;
        texts[1] = "two";
        field_vec_set(member, (struct field_vec){texts, v % 3, 2});
        break;
    case FIELD_OBJECT:
        fill(a, seed, f->of, member);
        break;
    case FIELD_ARRAY:
        fill_array(a, seed, f, member);
        break;
    case FIELD_RATE_SOURCE: /* the rate's own */
    case FIELD_REF:         /* set where there are pools */
        break;
    }
}

static void fill(struct arena *a, uint64_t *seed, const struct field_table *t, char *to)
{
    for (size_t i = 0; i < t->n; i++)
        fill_member(a, seed, &t->fields[i], to + t->fields[i].offset);
}

static struct machine any_machine(struct arena *a, uint64_t seed)
{
    struct machine m = {0};
    fill(a, &seed, &machine_fields, (char *)&m);
    for (size_t i = 0; i < m.pools.n; i++)
        m.pools.v[i].id = arena_printf(a, "pool%zu", i);
    for (size_t i = 0; i < m.gpus.n; i++)
        m.gpus.v[i].pool = m.pools.n ? m.pools.v[next(&seed) % m.pools.n].id : NULL;
    for (uint64_t n = seed % 3; n; n--)
        machine_note(&m, a, "note %u", (unsigned)n);
    return m;
}

static char *text_of(const struct machine *m)
{
    json_t *root = machine_to_json(m);
    char *text = js_text(root);
    json_decref(root);
    return text;
}

static void what_is_written_is_what_is_read(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct arena a = {0};
        struct err err = {0};
        struct machine m = any_machine(&a, seed), back = {0};
        char *first = text_of(&m);
        json_t *root = js_parse(str_from(first), &err);
        CHECK_OK(root && machine_from_json(&a, root, &back, &err), &err);
        json_decref(root);
        char *second = text_of(&back);
        assert_string_equal(first, second);
        free(first);
        free(second);
        arena_release(&a);
    }
}

static void keys_stand_in_the_contracts_order(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "schema",       "platform_id", "display_name", "profile_id", "recommended_backend",
        "capabilities", "os",          "cpu",          "memory",     "storage",
        "pools",        "gpus",        "engine",       "sources",    "notes"};
    struct machine m = {0};
    json_t *root = machine_to_json(&m);
    size_t i = 0;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value) assert_string_equal(key, keys[i++]);
    assert_int_equal(i, COUNT_OF(keys));
    char *cpu = js_line(json_object_get(root, "cpu"));
    assert_string_equal(cpu, "{\"model\":null,\"vendor\":null,\"packages\":null,"
                             "\"physical_cores\":null,\"performance_cores\":null,"
                             "\"efficiency_cores\":null,\"logical_cpus\":null,\"usable_cpus\":null,"
                             "\"recommended_threads\":null,\"recommended_threads_batch\":null,"
                             "\"isa\":[],\"numa_nodes\":null,\"llc_bytes\":null}");
    free(cpu);
    json_decref(root);
}

static void sources_are_named_by_dotted_paths(void **state)
{
    (void)state;
    struct arena a = {0};
    struct machine m = {0};
    FACT_SET(&m.cpu.physical_cores, 8, "hwloc");
    FACT_SET(&m.memory.bandwidth_gb_s, 41.23456, "measured");
    *VEC_PUSH(&a, &m.gpus) = (struct machine_gpu){.memory_total_bytes = {24 * GIB, "engine"}};
    json_t *root = machine_to_json(&m);
    char *sources = js_line(json_object_get(root, "sources"));
    assert_string_equal(sources, "{\"cpu.physical_cores\":\"hwloc\","
                                 "\"memory.bandwidth_gb_s\":\"measured\","
                                 "\"gpus.0.memory_total_bytes\":\"engine\"}");
    json_t *memory = json_object_get(root, "memory");
    assert_string_equal(json_string_value(json_object_get(memory, "bandwidth_source")), "measured");
    free(sources);
    json_decref(root);
    arena_release(&a);
}

static bool read_text(struct arena *a, const char *members, struct machine *m, struct err *err)
{
    const char *text = arena_printf(a, "{\"schema\": \"" MACHINE_SCHEMA "\"%s}", members);
    json_t *root = js_parse(str_from(text), err);
    bool done = root && machine_from_json(a, root, m, err);
    json_decref(root);
    return done;
}

static void a_short_file_written_by_hand_is_enough(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct machine m = {0};
    CHECK_OK(read_text(&a,
                       ", \"future\": {\"x\": 1}, \"cpu\": {\"physical_cores\": 6, \"extra\": []},"
                       " \"memory\": {\"total_bytes\": 34359738368, \"bandwidth_gb_s\": 40,"
                       " \"bandwidth_source\": \"my own\", \"nodes\": [{\"id\": 0}]},"
                       " \"gpus\": null, \"sources\": {\"cpu.physical_cores\": \"hwloc\"}",
                       &m, &err),
             &err);
    assert_int_equal(m.cpu.physical_cores.v, 6);
    assert_string_equal(m.cpu.physical_cores.source, "hwloc");
    assert_string_equal(m.memory.total_bytes.source, "file");
    assert_true(m.memory.bandwidth_gb_s.v == 40);
    assert_string_equal(m.memory.bandwidth_gb_s.source, "my own");
    assert_string_equal(m.memory.nodes.v[0].cpus, "");
    assert_null(m.cpu.logical_cpus.source);
    assert_int_equal(m.gpus.n, 0);
    arena_release(&a);
}

static void refusals_name_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *members, *error;
    } cases[] = {
        {", \"cpu\": 5", "\"cpu\" is not an object"},
        {", \"cpu\": {\"physical_cores\": \"6\"}", "\"cpu.physical_cores\" is not a whole number"},
        {", \"cpu\": {\"physical_cores\": -1}", "\"cpu.physical_cores\" is not a whole number"},
        {", \"cpu\": {\"physical_cores\": 6.5}", "\"cpu.physical_cores\" is not a whole number"},
        {", \"cpu\": {\"physical_cores\": 99999999}", "larger than any machine's"},
        {", \"memory\": {\"total_bytes\": 4611686018427387904}",
         "\"memory.total_bytes\" is larger"},
        {", \"cpu\": {\"usable_cpus\": -0.5}", "\"cpu.usable_cpus\" is not a number"},
        {", \"cpu\": {\"isa\": [\"avx\", 2]}", "\"cpu.isa\" is not a string"},
        {", \"os\": {\"name\": [\"x\"]}", "\"os.name\" is not a string"},
        {", \"gpus\": {}", "\"gpus\" is not a list"},
        {", \"gpus\": [7]", "\"gpus.0\" is not an object"},
        {", \"gpus\": [{\"integrated\": 1}]", "\"gpus.0.integrated\" is not true or false"},
        {", \"gpus\": [{}, {\"pool\": \"vram1\"}]", "\"gpus.1.pool\" names \"vram1\""},
        {", \"pools\": [{\"id\": \"a\", \"kind\": \"disk\"}]", "\"pools.0.kind\" is not \"host\""},
        {", \"pools\": [{\"kind\": \"host\"}]", "\"pools.0\" has no id"},
        {", \"pools\": [{\"id\": \"a\"}, {\"id\": \"a\"}]", "\"pools.1\" is a second pool \"a\""},
        {", \"sources\": []", "\"sources\" is not an object"},
        {", \"notes\": \"x\"", "\"notes\" is not a list"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena a = {0};
        struct err err = {0};
        struct machine m = {.cpu.packages = {3, "before"}};
        if (read_text(&a, cases[i].members, &m, &err))
            fail_msg("accepted: %s", cases[i].members);
        CHECK_ERR(&err, cases[i].error);
        assert_int_equal(m.cpu.packages.v, 3); /* left alone */
        arena_release(&a);
    }
}

static void endless_lists_and_texts_are_refused(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct machine m = {0};
    struct strbuf text = {0};
    strbuf_adds(&text, ", \"gpus\": [{}");
    for (int i = 0; i < 256; i++)
        strbuf_adds(&text, ",{}");
    strbuf_adds(&text, "]");
    assert_false(read_text(&a, strbuf_cstr(&text), &m, &err));
    CHECK_ERR(&err, "257 entries");
    strbuf_clear(&text);
    strbuf_adds(&text, ", \"display_name\": \"");
    strbuf_pad(&text, 'x', 5000);
    strbuf_adds(&text, "\"");
    assert_false(read_text(&a, strbuf_cstr(&text), &m, &err));
    CHECK_ERR(&err, "at most 4096");
    strbuf_release(&text);
    arena_release(&a);
}

static void another_document_is_refused_by_its_schema(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct machine m = {0};
    static const char *const texts[] = {"{\"schema\": \"tailor.plan/1\"}", "{}", "[]",
                                        "{\"schema\": 1}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        json_t *root = js_parse(str_from(texts[i]), &err);
        assert_false(machine_from_json(&a, root, &m, &err));
        CHECK_ERR(&err, i ? "without a schema" : "\"tailor.plan/1\"");
        CHECK_ERR(&err, "not a machine");
        json_decref(root);
    }
    arena_release(&a);
}

/* ---- the schema file ---- */

static const char schema_file[] = TEST_SOURCE_ROOT "/data/schema/tailor.machine.1.json";

/* The schema's properties are the table's keys, in order, with the table's nesting. */
static void check_properties(const json_t *schema, const struct field_table *t, bool top)
{
    const json_t *properties = json_object_get(schema, "properties");
    void *at = json_object_iter((json_t *)(uintptr_t)properties);
    if (top)
        at = json_object_iter_next((json_t *)(uintptr_t)properties, at);
    for (size_t i = 0; i < t->n; i++) {
        const struct field *f = &t->fields[i];
        if (!at)
            fail_msg("the schema lacks \"%s\"", f->key);
        assert_string_equal(json_object_iter_key(at), f->key);
        const json_t *value = json_object_iter_value(at);
        if (f->of)
            check_properties(f->kind == FIELD_ARRAY ? json_object_get(value, "items") : value,
                             f->of, false);
        at = json_object_iter_next((json_t *)(uintptr_t)properties, at);
    }
    assert_int_equal(json_object_size(properties), t->n + (top ? 3 : 0));
    assert_int_equal(json_array_size(json_object_get(schema, "required")),
                     json_object_size(properties));
}

static void the_schema_file_follows_the_table(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err err = {0};
    struct str text;
    CHECK_OK(fs_read(fs_real(), &a, schema_file, 1 << 20, &text, &err), &err);
    json_t *schema = js_parse(text, &err);
    CHECK_OK(schema, &err);
    check_properties(schema, &machine_fields, true);
    json_decref(schema);
    arena_release(&a);
}

static void documents_validate_against_the_schema(void **state)
{
    (void)state;
    if (system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
        print_message("python3-jsonschema is not installed\n");
        skip();
    }
    struct arena a = {0};
    struct err err = {0};
    char dir[] = "/tmp/tailor-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct strbuf command = {0};
    strbuf_addf(&command, "cd %s && python3 -W ignore -m jsonschema", dir);
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct machine m = {0};
        if (seed)
            m = any_machine(&a, seed);
        char *text = text_of(&m);
        const char *file = arena_printf(&a, "%s/%u", dir, (unsigned)seed);
        CHECK_OK(fs_replace(file, text, strlen(text), &err), &err);
        strbuf_addf(&command, " -i %u", (unsigned)seed);
        free(text);
    }
    strbuf_addf(&command, " '%s' >&2", schema_file);
    assert_int_equal(system(strbuf_cstr(&command)), 0);
    strbuf_clear(&command);
    strbuf_addf(&command,
                "echo '{\"schema\": \"tailor.machine/1\"}' >%s/0; cd %s; "
                "python3 -W ignore -m jsonschema -i 0 '%s' >/dev/null 2>&1",
                dir, dir, schema_file);
    assert_int_not_equal(system(strbuf_cstr(&command)), 0); /* and it can fail */
    strbuf_clear(&command);
    strbuf_addf(&command, "rm -r %s", dir);
    assert_int_equal(system(strbuf_cstr(&command)), 0);
    strbuf_release(&command);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_what_is_read),
        TEST(keys_stand_in_the_contracts_order),
        TEST(sources_are_named_by_dotted_paths),
        TEST(a_short_file_written_by_hand_is_enough),
        TEST(refusals_name_the_member),
        TEST(endless_lists_and_texts_are_refused),
        TEST(another_document_is_refused_by_its_schema),
        TEST(the_schema_file_follows_the_table),
        TEST(documents_validate_against_the_schema),
    };
    return RUN_TESTS(tests);
}
