#include "work/receipt.h"

#include <unistd.h>

#include "base/units.h"
#include "test.h"

static struct plan plan_of(void)
{
    struct plan p = {0};
    p.speed.gen_tok_s = (struct interval){41, 45, 49};
    p.memory.host = (struct ledger_line){
        .weights = 4 * GIB, .mapped = 3 * GIB, .kv = GIB, .cache = 2 * GIB, .total = 7 * GIB};
    return p;
}

static void speeds_are_tokens_over_time(void **state)
{
    const struct plan plan = plan_of();
    const struct chat chat = {.stats = {.gen_tokens = 64,
                                        .gen_s = 2,
                                        .longest_prompt = 256,
                                        .best_prompt_tok_s = 512,
                                        .prompt_tokens = 300}};
    const struct server server = {.started_s = 10, .ready_s = 11.5};
    struct receipt r;
    (void)state;
    receipt_make(&plan, &chat, &server, &r);
    assert_true(r.gen_tok_s == 32 && r.prompt_tok_s == 512 && r.load_s == 1.5);
}

static void too_few_tokens_say_nothing(void **state)
{
    const struct plan plan = plan_of();
    const struct chat chat = {
        .stats = {.gen_tokens = 7, .gen_s = 1, .longest_prompt = 7, .best_prompt_tok_s = 9}};
    const struct server server = {.started_s = 10};
    struct receipt r;
    (void)state;
    receipt_make(&plan, &chat, &server, &r);
    assert_true(r.gen_tok_s == 0 && r.prompt_tok_s == 0);
    assert_true(r.load_s == 0); /* it never was ready */
}

static void memory_is_the_childs_own_and_what_was_said_of_it(void **state)
{
    const struct plan plan = plan_of();
    const struct chat chat = {0};
    struct server server = {.proc = {.pid = getpid()}};
    struct receipt r;
    (void)state;
    receipt_make(&plan, &chat, &server, &r);
    assert_true(r.ram_bytes > 0 && r.ram_bytes < GIB);
    assert_true(r.ram_said == 2 * GIB); /* neither the file's mapping nor the prompt cache */
}

static void unknown_is_null(void **state)
{
    const struct plan plan = plan_of();
    const struct chat chat = {0};
    const struct server server = {.proc = {.pid = INT32_MAX}};
    struct receipt r;
    (void)state;
    receipt_make(&plan, &chat, &server, &r);
    json_t *o = receipt_to_json(&r);
    assert_true(json_is_null(json_object_get(o, "gen_tok_s")));
    assert_true(json_is_null(json_object_get(o, "prompt_tok_s")));
    assert_true(json_is_null(json_object_get(o, "ram_bytes")));
    assert_int_equal(json_integer_value(json_object_get(o, "ram_said_bytes")), 2 * GIB);
    assert_true(json_is_object(json_object_get(o, "said")));
    json_decref(o);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(speeds_are_tokens_over_time),
        TEST(too_few_tokens_say_nothing),
        TEST(memory_is_the_childs_own_and_what_was_said_of_it),
        TEST(unknown_is_null),
    };
    return RUN_TESTS(tests);
}
