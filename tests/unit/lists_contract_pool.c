/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include <pthread.h>
#include <stdlib.h>

/* The ranges that are reserved, as "first+count first+count". */
static const char *reserve(struct contract *c, uint32_t count, int64_t now)
{
	static char text[512];
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n, used = 0;

	assert_int_equal(c->ops->reserve(c->lists, c->pool, count, now, ranges, &n), TALLY_OK);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu+%u",
					 i > 0 ? " " : "", (unsigned long long)ranges[i].first,
					 ranges[i].count);
	return text;
}

static enum tally_err give_back(struct contract *c, uint64_t first, uint32_t count)
{
	const struct tally_list_range range = { .first = first, .count = count };

	return c->ops->give_back(c->lists, c->pool, &range, 1);
}

static struct tally_list_pool look(struct contract *c)
{
	struct tally_list_pool pool = { .size = 99, .bits = 8 };

	assert_int_equal(c->ops->pool_open(c->lists, c->pool, &pool), TALLY_OK);
	return pool;
}

static void answers(void **state)
{
	struct contract *c = *state;

	assert_int_equal(c->ops->check(c->lists), TALLY_OK);
}

static void what_is_there_wins(void **state)
{
	struct contract *c = *state;
	struct tally_list_pool pool = { .size = 4294967288u, .bits = 4 };

	for (size_t i = 0; i < sizeof(pool.seed); i++)
		pool.seed[i] = (uint8_t)(i * 8); /* with a NUL */
	assert_int_equal(c->ops->pool_open(c->lists, c->pool, &pool), TALLY_OK);
	assert_int_equal(pool.size, 4294967288u);
	assert_int_equal(pool.lists, 0);
	assert_int_equal(pool.next, 0);
	pool = (struct tally_list_pool){ .size = 8, .bits = 1, .lists = 7, .next = 7, .returned = 7 };
	assert_int_equal(c->ops->pool_open(c->lists, c->pool, &pool), TALLY_OK);
	assert_int_equal(pool.size, 4294967288u);
	assert_int_equal(pool.bits, 4);
	assert_int_equal(pool.seed[31], 248);
	assert_int_equal(pool.lists + pool.next + pool.returned, 0);
}

static void a_pool_without_lists(void **state)
{
	struct contract *c = *state;
	struct tally_list_change changes[TALLY_LIST_CHANGES_MAX];
	struct tally_list_publication publication;
	struct tally_list_snapshot snapshot;
	struct tally_list_state list_state;
	unsigned int value;
	uint32_t left_ms, changed;
	size_t n = 9;

	for (int opened = 0; opened < 2; opened++) {
		assert_string_equal(reserve(c, 10, 1), "");
		assert_int_equal(give_back(c, 0, 1), TALLY_ERR_STATE);
		assert_int_equal(contract_set(c, 0, 0, 0, TALLY_LIST_NO_FINAL, 1), TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->read(c->lists, c->pool, 0, 0, &value), TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->fill(c->lists, c->pool, 0, 0, 1, 1, -1, 1, &changed),
				 TALLY_ERR_NOT_FOUND);
		assert_string_equal(contract_due(c, INT32_MAX), "; 0");
		assert_int_equal(c->ops->snapshot(c->lists, c->pool, 0, c->arena, &snapshot),
				 TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->states(c->lists, c->pool, 0, &list_state, 1, &n), TALLY_OK);
		assert_int_equal(n, 0);
		assert_int_equal(c->ops->published(c->lists, c->pool, 0, c->arena, &publication),
				 TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->past(c->lists, c->pool, 0, 5, c->arena, &publication),
				 TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->changes(c->lists, c->pool, 0, changes, &n), TALLY_OK);
		assert_int_equal(n, 0);
		assert_int_equal(c->ops->retire(c->lists, c->pool, 0, c->fence), TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->release(c->lists, c->pool, TALLY_SPAN("nobody")), TALLY_OK);
		if (opened > 0)
			break;
		assert_int_equal(contract_publish(c, 0, 0, 1, 1, 0), TALLY_ERR_STATE);
		assert_int_equal(c->ops->lease(c->lists, c->pool, TALLY_SPAN("me"), 1000, &c->fence,
					       &left_ms),
				 TALLY_ERR_NOT_FOUND);
		contract_pool(state, 8, 1, 0);
	}
}

static void only_what_is_published_is_reserved(void **state)
{
	struct contract *c = contract_pool(state, 16, 1, 0);

	assert_string_equal(reserve(c, 10, 5), "");
	assert_int_equal(contract_publish(c, 0, 0, 1, 1, 0), TALLY_OK);
	assert_string_equal(reserve(c, 10, 5), "0+10");
	assert_string_equal(reserve(c, 10, 6), "10+6");
	assert_string_equal(reserve(c, 10, 7), "");
	assert_string_equal(reserve(c, 0, 7), "");
	assert_int_equal(contract_state(c, 0).reserved_at, 6);
	assert_int_equal(contract_publish(c, 1, 0, 1, 1, 0), TALLY_OK);
	assert_int_equal(contract_state(c, 1).reserved_at, 0);
	assert_int_equal(contract_publish(c, 2, 0, 1, 1, 0), TALLY_OK);
	assert_string_equal(reserve(c, 20, 8), "16+20");
	assert_int_equal(contract_state(c, 0).reserved_at, 6);
	assert_int_equal(contract_state(c, 1).reserved_at, 8);
	assert_int_equal(contract_state(c, 2).reserved_at, 8);
	assert_string_equal(reserve(c, 1, 4), "36+1"); /* by a clock that is behind */
	assert_int_equal(contract_state(c, 2).reserved_at, 8);
	assert_int_equal(look(c).next, 37);
	assert_int_equal(look(c).lists, 3);
}

static void what_was_given_back_comes_first(void **state)
{
	struct contract *c = contract_pool(state, 16, 1, 3);

	assert_string_equal(reserve(c, 40, 1), "0+40");
	assert_int_equal(give_back(c, 10, 12), TALLY_OK); /* of two lists */
	assert_int_equal(give_back(c, 30, 1), TALLY_OK);
	assert_int_equal(give_back(c, 33, 0), TALLY_OK); /* nothing */
	assert_int_equal(look(c).returned, 13);
	assert_string_equal(reserve(c, 8, 2), "10+8");
	assert_int_equal(look(c).returned, 5);
	assert_string_equal(reserve(c, 10, 3), "18+4 30+1 40+5");
	assert_int_equal(look(c).returned, 0);
	assert_int_equal(look(c).next, 45);
	assert_int_equal(contract_state(c, 0).reserved_at, 2);
	assert_int_equal(contract_state(c, 1).reserved_at, 3);
}

static void nothing_is_given_back_that_was_not_reserved(void **state)
{
	struct contract *c = contract_pool(state, 16, 1, 1);
	const struct tally_list_range ranges[] = { { 0, 2 }, { 3, 2 } };

	assert_string_equal(reserve(c, 4, 1), "0+4");
	assert_int_equal(give_back(c, 4, 1), TALLY_ERR_STATE);
	assert_int_equal(give_back(c, 0, UINT32_MAX), TALLY_ERR_STATE);
	assert_int_equal(c->ops->give_back(c->lists, c->pool, ranges, 2), TALLY_ERR_STATE);
	assert_int_equal(look(c).returned, 0);
	assert_int_equal(c->ops->give_back(c->lists, c->pool, ranges, 0), TALLY_OK);
	assert_string_equal(reserve(c, 99, 2), "4+12");
}

static void a_reservation_has_a_bounded_number_of_ranges(void **state)
{
	struct contract *c = contract_pool(state, 64, 1, 1);
	struct tally_list_range ranges[20];
	size_t n;

	reserve(c, 64, 1);
	for (unsigned int i = 0; i < 20; i++)
		ranges[i] = (struct tally_list_range){ .first = 3 * i, .count = 2 };
	assert_int_equal(c->ops->give_back(c->lists, c->pool, ranges, 20), TALLY_OK);
	assert_int_equal(c->ops->reserve(c->lists, c->pool, 99, 1, ranges, &n), TALLY_OK);
	assert_int_equal(n, TALLY_LIST_RANGES_MAX);
	assert_int_equal(look(c).returned, 8);
	assert_string_equal(reserve(c, 99, 1), "48+2 51+2 54+2 57+2");
}

static enum tally_err retire(struct contract *c, uint32_t list)
{
	return c->ops->retire(c->lists, c->pool, list, c->fence);
}

static void a_list_retires_when_nothing_of_it_can_be_reserved(void **state)
{
	struct contract *c = contract_pool(state, 16, 1, 4);

	assert_int_equal(retire(c, 0), TALLY_ERR_STATE);
	assert_string_equal(reserve(c, 31, 1), "0+31");
	assert_int_equal(retire(c, 1), TALLY_ERR_STATE);
	assert_string_equal(reserve(c, 1, 1), "31+1");
	assert_int_equal(give_back(c, 14, 4), TALLY_OK); /* of two lists */
	assert_int_equal(retire(c, 0), TALLY_ERR_STATE);
	assert_int_equal(retire(c, 1), TALLY_ERR_STATE);
	assert_string_equal(reserve(c, 2, 1), "14+2");
	assert_int_equal(retire(c, 0), TALLY_OK);
	assert_int_equal(retire(c, 1), TALLY_ERR_STATE);
	/* What is given back too late is dropped, and nothing else. */
	assert_int_equal(give_back(c, 12, 6), TALLY_OK);
	assert_int_equal(look(c).returned, 4);
	assert_string_equal(reserve(c, 10, 1), "16+2 16+2 32+6");
	assert_int_equal(retire(c, 1), TALLY_OK);
	assert_int_equal(give_back(c, 0, 38), TALLY_OK);
	assert_string_equal(reserve(c, 99, 1), "32+32");
}

static void looking_creates_nothing(void **state)
{
	struct contract *c = *state;
	struct tally_list_holder holder = { .owner = "x", .left_ms = 9 };
	struct tally_list_pool pool;

	assert_int_equal(c->ops->pool_look(c->lists, c->pool, &pool, &holder), TALLY_ERR_NOT_FOUND);
	assert_int_equal(c->ops->pool_look(c->lists, c->pool, &pool, &holder), TALLY_ERR_NOT_FOUND);
	contract_pool(state, 16, 4, 2);
	assert_int_equal(c->ops->pool_look(c->lists, c->pool, &pool, &holder), TALLY_OK);
	assert_int_equal(pool.size, 16);
	assert_int_equal(pool.bits, 4);
	assert_memory_equal(pool.seed, "seed", 5);
	assert_int_equal(pool.lists, 2);
	assert_string_equal(holder.owner, "the test");
	assert_true(holder.left_ms >= 500000 && holder.left_ms <= 600000);
	assert_int_equal(c->ops->release(c->lists, c->pool, TALLY_SPAN("the test")), TALLY_OK);
	assert_int_equal(c->ops->pool_look(c->lists, c->pool, &pool, &holder), TALLY_OK);
	assert_string_equal(holder.owner, "");
	assert_int_equal(holder.left_ms, 0);
}

/* ---- from many threads ---- */

#define THREADS 8
#define POSITIONS 6400

struct crowd {
	struct contract *c;
	_Atomic unsigned char taken[POSITIONS];
	_Atomic unsigned int twice;
};

static void take(struct crowd *crowd, const struct tally_list_range *range)
{
	for (uint32_t i = 0; i < range->count; i++)
		crowd->twice += crowd->taken[range->first + i]++ > 0;
}

/* Gives every third range back, which it has not used then. */
static void *reserve_and_give_back(void *context)
{
	struct crowd *crowd = context;
	struct contract *c = crowd->c;
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	unsigned int turn = 0;
	size_t n;

	while (c->ops->reserve(c->lists, c->pool, 23, 1, ranges, &n) == TALLY_OK && n > 0)
		for (size_t i = 0; i < n; i++)
			if (++turn % 3 != 0)
				take(crowd, &ranges[i]);
			else if (c->ops->give_back(c->lists, c->pool, &ranges[i], 1) != TALLY_OK)
				crowd->twice++;
	return NULL;
}

static void never_the_same_position_twice(void **state)
{
	struct contract *c = contract_pool(state, 640, 1, POSITIONS / 640);
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	pthread_t threads[THREADS];

	assert_non_null(crowd);
	crowd->c = c;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, reserve_and_give_back, crowd);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd->twice, 0);
	/* What one gave back after another had found nothing is still there. */
	assert_int_equal(look(c).next, POSITIONS);
	unsigned int taken = 0;

	for (int i = 0; i < POSITIONS; i++)
		taken += crowd->taken[i];
	assert_int_equal(taken + look(c).returned, POSITIONS);
	free(crowd);
}

const struct CMUnitTest contract_pool_tests[CONTRACT_POOL_TESTS] = {
	CONTRACT_TEST(answers),
	CONTRACT_TEST(what_is_there_wins),
	CONTRACT_TEST(a_pool_without_lists),
	CONTRACT_TEST(only_what_is_published_is_reserved),
	CONTRACT_TEST(what_was_given_back_comes_first),
	CONTRACT_TEST(nothing_is_given_back_that_was_not_reserved),
	CONTRACT_TEST(a_reservation_has_a_bounded_number_of_ranges),
	CONTRACT_TEST(a_list_retires_when_nothing_of_it_can_be_reserved),
	CONTRACT_TEST(looking_creates_nothing),
	CONTRACT_TEST(never_the_same_position_twice),
};
