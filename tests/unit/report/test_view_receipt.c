#include "report/view_receipt.h"

#include "base/units.h"
#include "report/golden.h"

static struct plan plan_of(void)
{
    struct plan p = {0};
    p.speed.gen_tok_s = (struct interval){41, 45, 49};
    p.speed.prompt_tok_s = (struct interval){900, 1181, 1300};
    return p;
}

static const char *shown(struct paper *p, const struct receipt *r)
{
    paper_clear(p);
    view_receipt(&p->d, r);
    return paper_text(p, 200);
}

static void measured_stands_next_to_said(void **state)
{
    struct paper *p = *state;
    struct plan plan = plan_of();
    const struct receipt r = {.plan = &plan,
                              .gen_tok_s = 44.7,
                              .prompt_tok_s = 1400,
                              .ram_bytes = 5 * GIB,
                              .ram_said = 21 * GIB / 4,
                              .load_s = 1.25};
    assert_string_equal(
        shown(p, &r),
        "receipt  gen 44.7 (said 41.0-49.0, ok)  prompt 1,400 (said 900-1,300) tok/s  "
        "RAM 5.00 (said 5.25) GB  loaded in 1.2 s\n");
    plan.memory.host.mapped = 4 * GIB;
    assert_non_null(strstr(shown(p, &r), "RAM 5.00 (said 5.25, 4.00 mapped) GB"));
}

static void the_ends_of_an_interval_belong_to_it(void **state)
{
    struct paper *p = *state;
    struct plan plan = plan_of();
    struct receipt r = {.plan = &plan, .gen_tok_s = 41, .prompt_tok_s = 1300};
    assert_non_null(
        strstr(shown(p, &r), "gen 41.0 (said 41.0-49.0, ok)  prompt 1,300 (said 900-1,300, ok)"));
    r.gen_tok_s = 40.9;
    assert_non_null(strstr(shown(p, &r), "gen 40.9 (said 41.0-49.0)"));
}

static void what_was_not_measured_is_no_zero(void **state)
{
    struct paper *p = *state;
    struct plan plan = plan_of();
    const struct receipt r = {.plan = &plan};
    assert_string_equal(shown(p, &r), "receipt  gen not measured  prompt not measured tok/s\n");
}

static void where_nothing_was_said_the_figure_stands_alone(void **state)
{
    struct paper *p = *state;
    const struct plan plan = {0};
    const struct receipt r = {.plan = &plan, .gen_tok_s = 9.61};
    assert_non_null(strstr(shown(p, &r), "gen 9.61  prompt not measured"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PAPER_TEST(measured_stands_next_to_said),
        PAPER_TEST(the_ends_of_an_interval_belong_to_it),
        PAPER_TEST(what_was_not_measured_is_no_zero),
        PAPER_TEST(where_nothing_was_said_the_figure_stands_alone),
    };
    return RUN_TESTS(tests);
}
