/* SPDX-License-Identifier: Apache-2.0 */
/* The status lists in memory keep the contract, and fail when they are told to. */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include "sys/clock.h"
#include "tests/fake/clock.h"
#include "tests/fake/lists.h"

static void fails_at_the_call_that_was_named(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);
	unsigned int calls = tally_fake_lists_calls(c->lists);

	tally_fake_lists_fail(c->lists, 2, TALLY_ERR_UNAVAILABLE);
	assert_int_equal(contract_set(c, 0, 0, 1, -1, 1), TALLY_OK);
	assert_int_equal(contract_set(c, 0, 1, 1, -1, 1), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(contract_read(c, 0, 1), 0);
	assert_int_equal(tally_fake_lists_calls(c->lists), calls + 3);
}

static void loses_an_answer(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);

	tally_fake_lists_lose(c->lists, 1);
	assert_int_equal(contract_set(c, 0, 1, 1, -1, 1), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(contract_read(c, 0, 1), 1);
}

static void is_down_or_forgetful(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);

	tally_fake_lists_down(c->lists, true);
	assert_int_equal(c->ops->check(c->lists), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(contract_set(c, 0, 1, 1, -1, 1), TALLY_ERR_UNAVAILABLE);
	tally_fake_lists_down(c->lists, false);
	tally_fake_lists_forgetful(c->lists, true);
	assert_int_equal(c->ops->check(c->lists), TALLY_ERR_CONFIG);
	tally_fake_lists_forgetful(c->lists, false);
	assert_int_equal(c->ops->check(c->lists), TALLY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT_TEST(fails_at_the_call_that_was_named),
		CONTRACT_TEST(loses_an_answer),
		CONTRACT_TEST(is_down_or_forgetful),
	};

	contract_lists = tally_fake_lists_new();
	contract_pass = tally_fake_clock_advance_ms;
	if (contract_lists == NULL)
		return 1;
	int failed = contract_run("lists in memory", tests, sizeof(tests) / sizeof(tests[0]));

	contract_lists->ops->close(contract_lists);
	return failed;
}
