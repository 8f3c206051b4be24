/* SPDX-License-Identifier: Apache-2.0 */
/* When lists go. */
#include "config.h"

#include "tests/unit/publishing.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SMALL "size = 16\nprefetch-capacity = 100\nprefetch-threshold = 10\nmax-amount = 10\n"

static int set_up(void **state)
{
	static struct publishing p;

	publishing_open(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	publishing_close(*state);
	return 0;
}

#define MORTAL SMALL "prefetch-hold = 10s\nreference-lifetime = 100s\n"

static void a_list_goes_when_all_that_refers_to_it_has_expired(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", MORTAL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 16);
	publishing_pass(p, 160);
	assert_false(publishing_state(p, "a", 0).is_retired);
	publishing_pass(p, 130); /* 10 + 100, what clocks may be apart, and a look every minute */
	assert_true(publishing_state(p, "a", 0).is_retired);
	assert_false(publishing_state(p, "a", 1).is_retired);
	assert_int_equal(publishing_logged(p, "is retired"), 1);
	publishing_pass(p, 300);
	assert_int_equal(publishing_count(p, "a"), 3);
}

static void a_list_that_is_not_full_stays(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", MORTAL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 15);
	publishing_pass(p, 400);
	assert_false(publishing_state(p, "a", 0).is_retired);
}

static void a_list_of_which_some_was_given_back_stays(void **state)
{
	const struct tally_list_range range = { 3, 2 };
	struct publishing *p = *state;

	publishing_pool(p, "a", MORTAL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 16);
	assert_int_equal(p->lists->ops->give_back(p->lists, TALLY_SPAN("a"), &range, 1), TALLY_OK);
	publishing_pass(p, 400);
	assert_false(publishing_state(p, "a", 0).is_retired);
	publishing_reserve(p, "a", 2);
	publishing_pass(p, 160);
	assert_false(publishing_state(p, "a", 0).is_retired);
	publishing_pass(p, 130);
	assert_true(publishing_state(p, "a", 0).is_retired);
}

/* Its last list is never full, and the one ahead of it never used. */
static void lists_of_a_retired_pool_go_in_the_end(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", MORTAL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 20);
	publishing_pass(p, 2);
	publishing_pool(p, "a", MORTAL "retired = on\n");
	publishing_pass(p, 160);
	assert_int_equal(publishing_count(p, "a"), 3);
	assert_int_equal(publishing_read(p, "a", 1, 3), 0);
	publishing_pass(p, 200);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(publishing_state(p, "a", i).is_retired);
	publishing_pool(p, "a", MORTAL);
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 5); /* it can be used again */
	publishing_reserve(p, "a", 1);
}

/* Nothing is used up before that. */
static void a_pool_that_is_retired_for_a_while_only_goes_on(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", MORTAL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 8);
	publishing_pool(p, "a", MORTAL "retired = on\n");
	publishing_pass(p, 160);
	publishing_pool(p, "a", MORTAL);
	publishing_reserve(p, "a", 24);
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 4);
	assert_false(publishing_state(p, "a", 0).is_retired);
}

static void without_a_lifetime_nothing_goes(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "prefetch-hold = 1s\nlist-lifetime = 1h\n");
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 16);
	publishing_pass(p, 3600);
	assert_false(publishing_state(p, "a", 0).is_retired);
	assert_int_equal(publishing_read(p, "a", 0, 0), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_list_goes_when_all_that_refers_to_it_has_expired),
		TEST(a_list_that_is_not_full_stays),
		TEST(a_list_of_which_some_was_given_back_stays),
		TEST(lists_of_a_retired_pool_go_in_the_end),
		TEST(a_pool_that_is_retired_for_a_while_only_goes_on),
		TEST(without_a_lifetime_nothing_goes),
	};

	return cmocka_run_group_tests_name("retiring", tests, NULL, NULL);
}
