/* Bytes as a JSON document: a machine of `tailor detect --json` to plan for, or settings. */
#include "fuzz_worlds.h"
#include "machine/machine_json.h"

/* ---- machines ---- */

static char *machine_text(const struct machine *m)
{
    json_t *root = machine_to_json(m);
    char *text = js_text(root);
    json_decref(root);
    return text;
}

static void view_it(struct arena *a, const struct machine *m)
{
    struct doc d = {.arena = a};
    const struct doc_style style = {80, false};
    struct strbuf text = {0};
    view_machine(&d, m);
    doc_row(&d, "machine", "%s", view_machine_line(a, m));
    doc_write_text(&d, &style, &text);
    require_plain_text(strbuf_cstr(&text), text.len);
    strbuf_release(&text);
}

static void plan_on(const struct machine *m, uint32_t choice)
{
    static const char *const shapes[] = {"qwen2-0.5b:Q4_K_M", "qwen3-30b-a3b:Q4_K_M"};
    static struct arena kept; /* models are made once */
    static struct model models[COUNT_OF(shapes)];
    const struct goal goals[] = {{0}, {.ctx_per_slot = 16384}, {.no_spill = true}};
    if (!kept.used)
        for (size_t i = 0; i < COUNT_OF(shapes); i++)
            world_model(&kept, shapes[i], &models[i]);
    require_plan(&models[choice % COUNT_OF(shapes)], m, &goals[choice % COUNT_OF(goals)]);
}

static void read_machine(const json_t *root, size_t size, uint32_t choice)
{
    struct arena a = {0};
    struct machine m, again;
    struct err err = {0};
    if (!machine_from_json(&a, root, &m, &err)) {
        require_error(&err);
        arena_release(&a);
        return;
    }
    require_bounded(&a, size, 64 << 10, 512);
    char *first = machine_text(&m);
    json_t *written = js_parse(str_from(first), &err);
    REQUIRE(written && machine_from_json(&a, written, &again, &err),
            "our own machine is refused: %s", err.cause);
    char *second = machine_text(&again);
    REQUIRE(strcmp(first, second) == 0, "a machine changes when it is read back");
    view_it(&a, &m);
    plan_on(&m, choice);
    json_decref(written);
    free(first);
    free(second);
    arena_release(&a);
}

/* ---- settings ---- */

static void read_settings(const json_t *object)
{
    struct arena a = {0};
    struct settings s, again;
    struct err err = {0};
    if (settings_from_json(&a, object, &s, &err)) {
        json_t *written = settings_to_json(&s);
        REQUIRE(settings_from_json(&a, written, &again, &err), "our own settings are refused: %s",
                err.cause);
        REQUIRE(settings_equal(&s, &again), "settings change when they are read back");
        json_decref(written);
    } else {
        require_error(&err);
    }
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    char *bytes = exact_copy(data, size);
    json_t *root = js_parse((struct str){bytes, size}, &err);
    if (root) {
        const json_t *settings = json_object_get(root, "settings");
        read_machine(root, size, choice_of(data, size, 6));
        read_settings(settings ? settings : root);
        json_decref(root);
    } else {
        require_error(&err);
    }
    free(bytes);
    return 0;
}
