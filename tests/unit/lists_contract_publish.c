/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include <stdlib.h>

static struct tally_list_publication published(struct contract *c, uint32_t list)
{
	struct tally_list_publication out;

	assert_int_equal(c->ops->published(c->lists, c->pool, list, c->arena, &out), TALLY_OK);
	return out;
}

static uint64_t take_snapshot(struct contract *c, uint32_t list)
{
	struct tally_list_snapshot out;

	assert_int_equal(c->ops->snapshot(c->lists, c->pool, list, c->arena, &out), TALLY_OK);
	return out.version;
}

static enum tally_err lease(struct contract *c, const char *owner, uint32_t ttl_ms,
			    uint64_t *fence, uint32_t *left_ms)
{
	return c->ops->lease(c->lists, c->pool, tally_span_of(owner), ttl_ms, fence, left_ms);
}

/* ---- the lease ---- */

static void one_has_the_lease(void **state)
{
	struct contract *c = *state;
	struct tally_list_pool pool = { .size = 8, .bits = 1 };
	uint64_t first, again, second;
	uint32_t left_ms = 0;

	assert_int_equal(c->ops->pool_open(c->lists, c->pool, &pool), TALLY_OK);
	assert_int_equal(lease(c, "a", 60000, &first, &left_ms), TALLY_OK);
	assert_int_equal(lease(c, "b", 60000, &second, &left_ms), TALLY_ERR_EXISTS);
	assert_true(left_ms >= 50000 && left_ms <= 60000);
	assert_int_equal(lease(c, "a", 60000, &again, &left_ms), TALLY_OK);
	assert_int_equal(again, first);
	/* Who has it not cannot give it up. */
	assert_int_equal(c->ops->release(c->lists, c->pool, TALLY_SPAN("b")), TALLY_OK);
	assert_int_equal(lease(c, "b", 60000, &second, &left_ms), TALLY_ERR_EXISTS);
	assert_int_equal(c->ops->release(c->lists, c->pool, TALLY_SPAN("a")), TALLY_OK);
	assert_int_equal(lease(c, "b", 200, &second, &left_ms), TALLY_OK);
	assert_true(second > first);
	assert_int_equal(lease(c, "a", 60000, &again, &left_ms), TALLY_ERR_EXISTS);
	contract_pass(300);
	assert_int_equal(lease(c, "a", 60000, &again, &left_ms), TALLY_OK);
	assert_true(again > second);
}

static void a_publisher_that_fell_asleep(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);
	uint64_t old = c->fence;
	uint32_t left_ms;

	assert_int_equal(c->ops->release(c->lists, c->pool, TALLY_SPAN("the test")), TALLY_OK);
	assert_int_equal(lease(c, "another", 60000, &c->fence, &left_ms), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 0, 2000, 1, 0), TALLY_OK);
	c->fence = old;
	assert_int_equal(contract_publish(c, 0, 0, 3000, 1, 0), TALLY_ERR_CONFLICT);
	assert_int_equal(contract_publish(c, 1, 0, 3000, 1, 0), TALLY_ERR_CONFLICT);
	assert_int_equal(c->ops->retire(c->lists, c->pool, 0, old), TALLY_ERR_CONFLICT);
	assert_int_equal(published(c, 0).iat, 2000);
}

/* ---- what is due ---- */

static void the_longest_due_comes_first(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 12);
	uint32_t due[12];
	int64_t next_ms;
	size_t n;

	assert_int_equal(contract_set(c, 3, 0, 1, -1, 500), TALLY_OK);
	assert_int_equal(contract_set(c, 10, 0, 1, -1, 300), TALLY_OK);
	assert_int_equal(contract_set(c, 1, 0, 1, -1, 700), TALLY_OK);
	assert_string_equal(contract_due(c, 299), "; 300");
	assert_string_equal(contract_due(c, 500), "10 3 ; 300");
	assert_int_equal(contract_set(c, 1, 1, 1, -1, 200), TALLY_OK);
	assert_int_equal(contract_set(c, 3, 1, 1, -1, 600), TALLY_OK);
	assert_string_equal(contract_due(c, 500), "1 10 3 ; 200");
	assert_int_equal(c->ops->due(c->lists, c->pool, 10000000, due, 2, &n, &next_ms), TALLY_OK);
	assert_int_equal(n, 2);
	assert_int_equal(due[1], 10);
	assert_int_equal(c->ops->due(c->lists, c->pool, 10000000, due, 12, &n, &next_ms), TALLY_OK);
	assert_int_equal(n, 12);
}

static void what_was_updated_meanwhile_stays_due(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);

	assert_int_equal(contract_set(c, 0, 0, 1, -1, 5000), TALLY_OK);
	assert_int_equal(take_snapshot(c, 0), 1);
	assert_int_equal(contract_set(c, 0, 1, 1, -1, 9000), TALLY_OK);
	assert_int_equal(contract_set(c, 0, 2, 1, -1, 8000), TALLY_OK);
	assert_int_equal(contract_set(c, 0, 3, 1, -1, 8500), TALLY_OK);
	/* Until it is published, what is due is all of it. */
	assert_string_equal(contract_due(c, 5000), "0 ; 5000");
	assert_int_equal(contract_publish(c, 0, 1, 2000, 70000, 0), TALLY_OK);
	assert_string_equal(contract_due(c, 7999), "; 8000");
	assert_int_equal(contract_state(c, 0).version, 4);
	assert_int_equal(contract_state(c, 0).published, 1);
	/* One that comes later now changes nothing about that. */
	assert_int_equal(contract_set(c, 0, 4, 1, -1, 8700), TALLY_OK);
	assert_string_equal(contract_due(c, 7999), "; 8000");
	assert_int_equal(take_snapshot(c, 0), 5);
	assert_int_equal(contract_publish(c, 0, 5, 2001, 70000, 0), TALLY_OK);
	assert_string_equal(contract_due(c, 69999), "; 70000");
	/* And it is due anew as the next update says. */
	assert_int_equal(contract_set(c, 0, 5, 1, -1, 20000), TALLY_OK);
	assert_string_equal(contract_due(c, 19999), "; 20000");
	/* A publisher that ended after its snapshot leaves it due. */
	take_snapshot(c, 0);
	assert_string_equal(contract_due(c, 20000), "0 ; 20000");
	assert_int_equal(contract_set(c, 0, 6, 1, -1, 30000), TALLY_OK);
	assert_string_equal(contract_due(c, 20000), "0 ; 20000");
	/* Signed again before it expires, whatever is missed. */
	take_snapshot(c, 0);
	assert_int_equal(contract_set(c, 0, 7, 1, -1, 90000), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 7, 2002, 70000, 0), TALLY_OK);
	assert_string_equal(contract_due(c, 0), "; 70000");
}

/* ---- publishing ---- */

static void what_cannot_be_published(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 2);

	assert_int_equal(contract_publish(c, 3, 0, 1, 1, 0), TALLY_ERR_STATE);
	assert_int_equal(contract_publish(c, UINT32_MAX, 0, 1, 1, 0), TALLY_ERR_STATE);
	assert_int_equal(contract_use_up(c, 0), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 0, 1, 1, 0), TALLY_ERR_STATE);
	assert_int_equal(contract_publish(c, 2, 0, 1, 1, 0), TALLY_OK);
}

static void what_is_published(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 2);
	char *big = malloc(300000);

	assert_non_null(big);
	for (size_t i = 0; i < 300000; i++)
		big[i] = (char)(i % 251);
	struct tally_list_publication p = published(c, 1);

	assert_int_equal(p.sequence, 2);
	assert_int_equal(p.version, 0);
	assert_int_equal(p.iat, 1000);
	assert_int_equal(p.exp, 2000);
	assert_memory_equal(p.jwt.p, "jwt 1 0 1000", p.jwt.n);
	assert_memory_equal(p.cwt.p, "cwt 1 0 1000", p.cwt.n);
	const struct tally_list_publication next = {
		.sequence = 77, .version = 5, .recipe = UINT64_C(0x8000000000000001), .iat = 1500, .exp = 9000000000,
		.jwt = tally_span(big, 200000), .cwt = tally_span(big + 200000, 100000),
	};

	assert_int_equal(c->ops->publish(c->lists, c->pool, 1, c->fence, &next, 1, 0), TALLY_OK);
	p = published(c, 1);
	assert_int_equal(p.sequence, 3);
	assert_int_equal(p.version, 5);
	assert_int_equal(p.exp, 9000000000);
	assert_int_equal(p.recipe, UINT64_C(0x8000000000000001));
	assert_int_equal(p.jwt.n, 200000);
	assert_memory_equal(p.jwt.p, big, p.jwt.n);
	assert_int_equal(p.cwt.n, 100000);
	assert_memory_equal(p.cwt.p, big + 200000, p.cwt.n);
	free(big);
	assert_int_equal(c->ops->published(c->lists, c->pool, 2, c->arena, &p), TALLY_ERR_NOT_FOUND);
}

static void states_of_lists(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 3);
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	struct tally_list_state states[5];
	size_t n;

	assert_int_equal(contract_set(c, 1, 0, 1, -1, 1), TALLY_OK);
	assert_int_equal(contract_publish(c, 1, 1, 3000, 5, 0), TALLY_OK);
	assert_int_equal(contract_set(c, 1, 0, 0, -1, 1), TALLY_OK);
	assert_int_equal(c->ops->reserve(c->lists, c->pool, 9, 77, ranges, &n), TALLY_OK);
	assert_int_equal(contract_state(c, 1).reserved_at, 77);
	assert_int_equal(contract_use_up(c, 0), TALLY_OK);
	assert_int_equal(c->ops->states(c->lists, c->pool, 0, states, 5, &n), TALLY_OK);
	assert_int_equal(n, 3);
	assert_true(states[0].is_retired);
	assert_int_equal(states[0].reserved_at + states[0].created_at + states[0].iat, 0);
	assert_false(states[1].is_retired);
	assert_int_equal(states[1].list, 1);
	assert_int_equal(states[1].created_at, 1000);
	assert_int_equal(states[1].reserved_at, 77); /* and not what came after, at 1 */
	assert_int_equal(states[1].recipe, UINT64_MAX - 3001);
	assert_int_equal(states[1].iat, 3000);
	assert_int_equal(states[1].exp, 4000);
	assert_int_equal(states[1].version, 2);
	assert_int_equal(states[1].published, 1);
	assert_int_equal(c->ops->states(c->lists, c->pool, 1, states, 1, &n), TALLY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(states[0].list, 1);
	assert_int_equal(c->ops->states(c->lists, c->pool, 3, states, 5, &n), TALLY_OK);
	assert_int_equal(n, 0);
	assert_int_equal(c->ops->states(c->lists, c->pool, UINT32_MAX, states, 5, &n), TALLY_OK);
	assert_int_equal(n, 0);
}

/* More than an implementation may look at in one step. */
static void states_of_many_lists(void **state)
{
	enum { LISTS = 1030 };
	struct contract *c = contract_pool(state, 8, 1, LISTS);
	struct tally_list_state *states = calloc(LISTS + 10, sizeof(*states));
	size_t n;

	assert_non_null(states);
	assert_int_equal(c->ops->states(c->lists, c->pool, 2, states, LISTS + 10, &n), TALLY_OK);
	assert_int_equal(n, LISTS - 2);
	for (uint32_t i = 0; i < LISTS - 2; i++)
		assert_int_equal(states[i].list, i + 2);
	assert_int_equal(c->ops->states(c->lists, c->pool, 1, states, 1025, &n), TALLY_OK);
	assert_int_equal(n, 1025);
	free(states);
}

static void what_retires_is_gone(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 2);
	struct tally_list_publication p;
	struct tally_list_snapshot s;

	assert_int_equal(contract_publish(c, 0, 0, 1200, 10000000, 60), TALLY_OK);
	assert_int_equal(c->ops->retire(c->lists, c->pool, 2, c->fence), TALLY_ERR_NOT_FOUND);
	assert_int_equal(contract_use_up(c, 0), TALLY_OK);
	assert_int_equal(c->ops->retire(c->lists, c->pool, 0, c->fence), TALLY_ERR_NOT_FOUND);
	assert_int_equal(c->ops->published(c->lists, c->pool, 0, c->arena, &p), TALLY_ERR_NOT_FOUND);
	assert_int_equal(c->ops->past(c->lists, c->pool, 0, 1100, c->arena, &p), TALLY_ERR_NOT_FOUND);
	assert_int_equal(c->ops->snapshot(c->lists, c->pool, 0, c->arena, &s), TALLY_ERR_NOT_FOUND);
	assert_string_equal(contract_due(c, INT32_MAX), "1 ; 10000000");
}

/* ---- by time ---- */

/* What was valid then, as its version; -1: nothing is kept. */
static int at(struct contract *c, int64_t time)
{
	struct tally_list_publication p;
	enum tally_err err = c->ops->past(c->lists, c->pool, 0, time, c->arena, &p);

	if (err == TALLY_ERR_NOT_FOUND)
		return -1;
	assert_int_equal(err, TALLY_OK);
	char text[64];
	int n = snprintf(text, sizeof(text), "jwt 0 %u %lld", (unsigned int)p.version,
			 (long long)p.iat);

	assert_int_equal(p.jwt.n, n);
	assert_memory_equal(p.jwt.p, text, p.jwt.n);
	assert_true(p.iat <= time && (p.exp == 0 || time < p.exp));
	return (int)p.version;
}

static void the_past_is_had_by_time(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);

	assert_int_equal(contract_publish(c, 0, 1, 1100, 1, 60), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 2, 1200, 1, 60), TALLY_OK);
	/* Twice within a second: the first was never valid. */
	assert_int_equal(contract_publish(c, 0, 3, 1300, 1, 60), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 4, 1300, 1, 60), TALLY_OK);
	/* What this one replaces is not kept. */
	assert_int_equal(contract_publish(c, 0, 5, 1400, 1, 0), TALLY_OK);
	assert_int_equal(contract_publish(c, 0, 6, 5000, 1, 60), TALLY_OK);
	assert_int_equal(at(c, 0), -1);
	assert_int_equal(at(c, 999), -1);
	assert_int_equal(at(c, 1000), 0);
	assert_int_equal(at(c, 1099), 0);
	assert_int_equal(at(c, 1100), 1);
	assert_int_equal(at(c, 1250), 2);
	assert_int_equal(at(c, 1299), 2);
	assert_int_equal(at(c, 1300), -1);
	assert_int_equal(at(c, 1399), -1);
	assert_int_equal(at(c, 1400), 5);
	assert_int_equal(at(c, 2399), 5);
	assert_int_equal(at(c, 2400), -1); /* it had expired */
	assert_int_equal(at(c, 4999), -1);
	assert_int_equal(at(c, 5000), 6);
	assert_int_equal(at(c, 5999), 6);
	assert_int_equal(at(c, 6000), -1);
	assert_int_equal(at(c, INT64_MAX), -1);
	const struct tally_list_publication endless = { .iat = 7000, .jwt = TALLY_SPAN("jwt 0 0 7000") };

	assert_int_equal(c->ops->publish(c->lists, c->pool, 0, c->fence, &endless, 1, 60), TALLY_OK);
	assert_int_equal(at(c, 5999), 6);
	assert_int_equal(at(c, 70000), 0);
	assert_int_equal(at(c, INT64_MIN), -1);
}

static void the_past_is_forgotten(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 1);

	assert_int_equal(contract_publish(c, 0, 1, 1100, 1, 1), TALLY_OK);
	assert_int_equal(at(c, 1050), 0);
	contract_pass(1200);
	assert_int_equal(at(c, 1050), -1);
	assert_int_equal(contract_publish(c, 0, 2, 1200, 1, 60), TALLY_OK);
	assert_int_equal(at(c, 1050), -1);
	assert_int_equal(at(c, 1150), 1);
	assert_int_equal(at(c, 1200), 2);
}

/* ---- changes ---- */

static void changes_come_in_their_order(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 3); /* sequences 1, 2, 3 */
	struct tally_list_change changes[TALLY_LIST_CHANGES_MAX];
	size_t n;

	assert_int_equal(contract_publish(c, 0, 0, 1100, 1, 0), TALLY_OK);
	assert_int_equal(contract_use_up(c, 1), TALLY_OK);
	assert_int_equal(c->ops->changes(c->lists, c->pool, 0, changes, &n), TALLY_OK);
	assert_int_equal(n, 3);
	assert_int_equal(changes[0].list, 2);
	assert_int_equal(changes[0].sequence, 3);
	assert_int_equal(changes[1].list, 0);
	assert_int_equal(changes[1].sequence, 4);
	assert_false(changes[1].is_retired);
	assert_int_equal(changes[2].list, 1);
	assert_int_equal(changes[2].sequence, 5);
	assert_true(changes[2].is_retired);
	assert_int_equal(c->ops->changes(c->lists, c->pool, 4, changes, &n), TALLY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(c->ops->changes(c->lists, c->pool, 5, changes, &n), TALLY_OK);
	assert_int_equal(n, 0);
}

static void changes_come_in_portions(void **state)
{
	struct contract *c = contract_pool(state, 8, 1, 300);
	struct tally_list_change changes[TALLY_LIST_CHANGES_MAX];
	size_t n;

	assert_int_equal(c->ops->changes(c->lists, c->pool, 0, changes, &n), TALLY_OK);
	assert_int_equal(n, TALLY_LIST_CHANGES_MAX);
	assert_int_equal(changes[n - 1].sequence, 256);
	assert_int_equal(c->ops->changes(c->lists, c->pool, 256, changes, &n), TALLY_OK);
	assert_int_equal(n, 44);
	assert_int_equal(changes[0].list, 256);
}

const struct CMUnitTest contract_publish_tests[CONTRACT_PUBLISH_TESTS] = {
	CONTRACT_TEST(one_has_the_lease),
	CONTRACT_TEST(a_publisher_that_fell_asleep),
	CONTRACT_TEST(the_longest_due_comes_first),
	CONTRACT_TEST(what_was_updated_meanwhile_stays_due),
	CONTRACT_TEST(what_cannot_be_published),
	CONTRACT_TEST(what_is_published),
	CONTRACT_TEST(states_of_lists),
	CONTRACT_TEST(states_of_many_lists),
	CONTRACT_TEST(what_retires_is_gone),
	CONTRACT_TEST(the_past_is_had_by_time),
	CONTRACT_TEST(the_past_is_forgotten),
	CONTRACT_TEST(changes_come_in_their_order),
	CONTRACT_TEST(changes_come_in_portions),
};
