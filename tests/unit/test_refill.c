/* SPDX-License-Identifier: Apache-2.0 */
/* References in stock: reserved, handed out, given back, never twice. */
#include "config.h"

#include "status/pool_priv.h"
#include "status/reference.h"
#include "sys/log.h"
#include "tests/unit/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 1000u
#define A                                                                                         \
	"[pool.a]\nsize = 1000\nprefetch-capacity = 100\nprefetch-threshold = 10\nmax-amount = 50\n" \
	"prefetch-hold = 60s\n"
#define FAIL "prefetch-on-underflow = fail\n"
#define SHORT "prefetch-timeout = 1s\n"
#define LISTS 4u

static struct pools_fixture fixture;
static struct tally_pool *pool;
static struct tally_reference got[LISTS * SIZE];
static bool seen[LISTS * SIZE]; /* handed out before */

static int open_with(const char *more)
{
	pools_open(&fixture);
	memset(seen, 0, sizeof(seen));
	assert_int_equal(pools_refresh(&fixture, fixture.pools, more), TALLY_OK);
	pools_publish(&fixture, "a", LISTS);
	pool = pools_get(fixture.pools, "a");
	return 0;
}

static int open_failing(void **state)
{
	(void)state;
	return open_with(A FAIL);
}

static int open_waiting(void **state)
{
	(void)state;
	return open_with(A SHORT);
}

static int close_fixture(void **state)
{
	(void)state;
	tally_pool_release(pool);
	pools_close(&fixture);
	return 0;
}

static void visit(void)
{
	tally_refill_round(fixture.pools->refill);
}

/* Each is of the pool, and was never handed out before. */
static void note(const struct tally_reference *references, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(references[i].list < LISTS && references[i].index < SIZE);
		bool *one = &seen[references[i].list * SIZE + references[i].index];

		assert_false(*one);
		*one = true;
	}
}

static void assert_take(size_t n, enum tally_err err)
{
	assert_int_equal(tally_references_take(pool, got, n), err);
	if (err == TALLY_OK)
		note(got, n);
}

static size_t count_seen(void)
{
	size_t n = 0;

	for (size_t i = 0; i < LISTS * SIZE; i++)
		n += seen[i];
	return n;
}

static struct tally_list_pool shape(void)
{
	struct tally_list_pool out;

	assert_true(pools_look(&fixture, "a", &out));
	return out;
}

static void set(const char *more)
{
	assert_int_equal(pools_refresh(&fixture, fixture.pools, more), TALLY_OK);
	tally_pool_release(pool);
	pool = pools_get(fixture.pools, "a");
}

/* ---- stock ---- */

static void the_stock_is_filled_below_the_threshold(void **state)
{
	(void)state;
	assert_take(1, TALLY_ERR_LIMIT);
	visit();
	assert_int_equal(shape().next, 100);
	assert_take(90, TALLY_OK);
	visit();
	assert_int_equal(shape().next, 100);
	assert_take(1, TALLY_OK);
	visit();
	assert_int_equal(shape().next, 191);
	assert_take(100, TALLY_OK);
	assert_take(1, TALLY_ERR_LIMIT);
}

/* One command each, however many are taken. */
static void nobody_goes_to_redis_for_one(void **state)
{
	(void)state;
	visit();
	unsigned int before = tally_fake_lists_calls(fixture.lists);

	for (int i = 0; i < 90; i++)
		assert_take(1, TALLY_OK);
	visit();
	assert_int_equal(tally_fake_lists_calls(fixture.lists), before);
	assert_take(1, TALLY_OK);
	visit();
	assert_int_equal(tally_fake_lists_calls(fixture.lists), before + 1);
}

/* More than the stock holds is got together for who asks again. */
static void who_wants_more_than_the_stock_gets_it(void **state)
{
	(void)state;
	visit();
	assert_take(500, TALLY_ERR_LIMIT);
	visit();
	assert_take(500, TALLY_OK);
	visit();
	assert_int_equal(shape().next, 600);
}

static void all_there_is_is_handed_out_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LISTS * SIZE / 50; i++) {
		visit();
		assert_take(50, TALLY_OK);
	}
	visit();
	assert_int_equal(count_seen(), LISTS * SIZE);
	assert_take(1, TALLY_ERR_LIMIT);
	/* Nothing is asked for again at once; later there is a new list. */
	unsigned int before = tally_fake_lists_calls(fixture.lists);

	visit();
	assert_int_equal(tally_fake_lists_calls(fixture.lists), before);
}

static void two_processes_never_hand_out_the_same(void **state)
{
	struct tally_pools *mine = fixture.pools, *others = tally_pools_new(fixture.lists);

	(void)state;
	assert_non_null(others);
	assert_int_equal(pools_refresh(&fixture, others, A FAIL), TALLY_OK);
	struct tally_pool *my = pool, *theirs = pools_get(others, "a");

	for (unsigned int i = 0; i < LISTS * SIZE / 50; i++) {
		fixture.pools = i % 3 ? mine : others;
		pool = i % 3 ? my : theirs;
		visit();
		visit();
		int err = (int)tally_references_take(pool, got, 37);

		if (err == TALLY_OK)
			note(got, 37);
	}
	assert_true(count_seen() > 1500);
	fixture.pools = mine;
	pool = my;
	tally_pool_release(theirs);
	tally_pools_free(others);
}

/* ---- giving back ---- */

static void a_clean_stop_gives_back(void **state)
{
	(void)state;
	visit();
	assert_take(30, TALLY_OK);
	tally_pool_release(pool);
	tally_pools_free(fixture.pools);
	assert_int_equal(shape().returned, 70);
	fixture.pools = tally_pools_new(fixture.lists);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, A FAIL), TALLY_OK);
	pool = pools_get(fixture.pools, "a");
	visit();
	assert_int_equal(shape().returned, 0);
	assert_take(100, TALLY_OK);
}

/* So that it is known when the last entry of a list was handed out. */
static void nothing_is_held_for_too_long(void **state)
{
	(void)state;
	visit();
	assert_take(30, TALLY_OK);
	tally_fake_clock_advance_ms(59 * 1000);
	visit();
	assert_int_equal(shape().returned, 0);
	assert_take(30, TALLY_OK);
	tally_fake_clock_advance_ms(1000);
	/* Even when the thread is late. */
	assert_take(1, TALLY_ERR_LIMIT);
	visit();
	assert_int_equal(shape().next, 100 + 60);
	assert_take(100, TALLY_OK);
}

/* Nobody asks, and who asks can wait: nothing is held. */
static void an_idle_pool_rests(void **state)
{
	static struct tally_reference one;

	(void)state;
	visit();
	assert_int_equal(shape().next, 100);
	tally_fake_clock_advance_ms(60 * 1000);
	visit();
	assert_int_equal(shape().returned, 100);
	tally_fake_clock_advance_ms(60 * 1000);
	visit();
	assert_int_equal(shape().returned, 100);
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	assert_int_equal(tally_references_take(pool, &one, 1), TALLY_OK);
	note(&one, 1);
}

/* Somebody did ask, a little: so it is kept in stock. */
static void a_pool_that_is_used_does_not_rest(void **state)
{
	(void)state;
	visit();
	for (int i = 0; i < 5; i++) {
		assert_take(1, TALLY_OK);
		tally_fake_clock_advance_ms(60 * 1000);
		visit();
		assert_int_equal(shape().returned, 0);
	}
	assert_take(100, TALLY_OK);
}

static void a_retired_pool_gives_back(void **state)
{
	(void)state;
	visit();
	assert_take(30, TALLY_OK);
	set(A FAIL "retired = on\n");
	assert_take(1, TALLY_ERR_STATE);
	visit();
	assert_int_equal(shape().returned, 70);
	assert_take(1, TALLY_ERR_STATE);
	set(A FAIL);
	visit();
	assert_take(100, TALLY_OK);
}

static void a_pool_that_is_gone_gives_back(void **state)
{
	(void)state;
	visit();
	assert_take(30, TALLY_OK);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, ""), TALLY_OK);
	visit();
	/* It is held. */
	assert_int_equal(shape().returned, 0);
	assert_take(30, TALLY_OK);
	tally_pool_release(pool);
	visit();
	assert_int_equal(shape().returned, 40);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, A FAIL), TALLY_OK);
	pool = pools_get(fixture.pools, "a");
	visit();
	assert_take(100, TALLY_OK);
}

/* ---- faults ---- */

/* A lost answer may have been the reservation, or the return. */
static void what_is_not_sure_is_lost(void **state)
{
	(void)state;
	tally_fake_lists_lose(fixture.lists, 1);
	visit();
	assert_take(1, TALLY_ERR_UNAVAILABLE);
	tally_fake_clock_advance_ms(1000);
	visit();
	assert_take(100, TALLY_OK);
	assert_int_equal(shape().next, 200);
	tally_fake_clock_advance_ms(1000);
	visit();
	tally_fake_clock_advance_ms(61 * 1000);
	tally_fake_lists_lose(fixture.lists, 1);
	visit();
	for (int i = 0; i < 10; i++) {
		assert_take(50, TALLY_OK);
		tally_fake_clock_advance_ms(1000);
		visit();
	}
}

static void an_outage_is_told_at_once(void **state)
{
	(void)state;
	set(A);
	visit();
	assert_take(95, TALLY_OK);
	tally_fake_lists_down(fixture.lists, true);
	visit();
	assert_take(5, TALLY_OK);
	assert_take(1, TALLY_ERR_UNAVAILABLE);
	/* Not all the time; and then it is over. */
	unsigned int before = tally_fake_lists_calls(fixture.lists);

	visit();
	assert_int_equal(tally_fake_lists_calls(fixture.lists), before);
	tally_fake_lists_down(fixture.lists, false);
	tally_fake_clock_advance_ms(1000);
	visit();
	assert_take(100, TALLY_OK);
}

/* Many small pieces count as a full stock. */
static void pieces_are_bounded(void **state)
{
	struct tally_lists *lists = fixture.lists;
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	(void)state;
	/* Every second place is given back: 2000 pieces of one. */
	for (unsigned int i = 0; i < LISTS * SIZE / 100; i++)
		assert_int_equal(lists->ops->reserve(lists, TALLY_SPAN("a"), 100, 1, ranges, &n),
				 TALLY_OK);
	for (uint64_t i = 0; i < LISTS * SIZE; i += 2) {
		const struct tally_list_range one = { i, 1 };

		assert_int_equal(lists->ops->give_back(lists, TALLY_SPAN("a"), &one, 1), TALLY_OK);
	}
	for (int i = 0; i < 60; i++) {
		visit();
		int err = (int)tally_references_take(pool, got, 33);

		if (err == TALLY_OK)
			note(got, 33);
	}
	assert_true(count_seen() > 1500);
}

/* ---- waiting ---- */

struct taker {
	pthread_t thread;
	struct tally_reference out[1000];
	size_t n;
	enum tally_err err;
};

static void *take_in_thread(void *context)
{
	struct taker *taker = context;

	taker->err = tally_references_take(pool, taker->out, taker->n);
	return NULL;
}

static void begin(struct taker *taker, size_t n)
{
	taker->n = n;
	assert_int_equal(pthread_create(&taker->thread, NULL, take_in_thread, taker), 0);
}

static void end(struct taker *taker, enum tally_err err)
{
	assert_int_equal(pthread_join(taker->thread, NULL), 0);
	assert_int_equal(taker->err, err);
	if (err == TALLY_OK)
		note(taker->out, taker->n);
}

static void who_waits_is_served(void **state)
{
	static struct taker takers[8];

	(void)state;
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	for (size_t i = 0; i < 8; i++)
		begin(&takers[i], i == 3 ? 1000 : 50);
	for (size_t i = 0; i < 8; i++)
		end(&takers[i], TALLY_OK);
}

static void waiting_has_an_end(void **state)
{
	(void)state;
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	for (unsigned int i = 0; i < LISTS * SIZE / 50; i++)
		assert_take(50, TALLY_OK);
	assert_take(1, TALLY_ERR_LIMIT);
	assert_int_equal(count_seen(), LISTS * SIZE);
}

static void an_outage_ends_the_wait(void **state)
{
	struct taker taker;

	(void)state;
	tally_fake_lists_down(fixture.lists, true);
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	begin(&taker, 1);
	end(&taker, TALLY_ERR_UNAVAILABLE);
}

static void the_end_of_a_pool_ends_the_wait(void **state)
{
	static struct taker taker;

	(void)state;
	for (unsigned int i = 0; i < LISTS * SIZE / 100; i++) {
		visit();
		assert_take(100, TALLY_OK);
	}
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	begin(&taker, 1);
	usleep(20000);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, A "retired = on\n"), TALLY_OK);
	end(&taker, TALLY_ERR_STATE);
}

#define TAKERS 8
#define TURNS 20

static void *take_often(void *context)
{
	struct taker *taker = context;

	taker->err = TALLY_OK;
	for (size_t i = 0; i < TURNS && taker->err == TALLY_OK; i++)
		taker->err = tally_references_take(pool, &taker->out[i * 20], 20);
	return NULL;
}

static void threads_never_get_the_same(void **state)
{
	static struct taker takers[TAKERS];

	(void)state;
	assert_int_equal(tally_pools_start(fixture.pools), TALLY_OK);
	for (size_t i = 0; i < TAKERS; i++) {
		takers[i].n = 20 * TURNS;
		assert_int_equal(pthread_create(&takers[i].thread, NULL, take_often, &takers[i]), 0);
	}
	for (size_t i = 0; i < TAKERS; i++)
		end(&takers[i], TALLY_OK);
	assert_int_equal(count_seen(), 20 * TURNS * TAKERS);
}

#define FAILING(name) cmocka_unit_test_setup_teardown(name, open_failing, close_fixture)
#define WAITING(name) cmocka_unit_test_setup_teardown(name, open_waiting, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAILING(the_stock_is_filled_below_the_threshold),
		FAILING(nobody_goes_to_redis_for_one),
		FAILING(who_wants_more_than_the_stock_gets_it),
		FAILING(all_there_is_is_handed_out_once),
		FAILING(two_processes_never_hand_out_the_same),
		FAILING(a_clean_stop_gives_back),
		FAILING(nothing_is_held_for_too_long),
		WAITING(an_idle_pool_rests),
		WAITING(a_pool_that_is_used_does_not_rest),
		FAILING(a_retired_pool_gives_back),
		FAILING(a_pool_that_is_gone_gives_back),
		FAILING(what_is_not_sure_is_lost),
		FAILING(an_outage_is_told_at_once),
		FAILING(pieces_are_bounded),
		WAITING(who_waits_is_served),
		WAITING(waiting_has_an_end),
		WAITING(an_outage_ends_the_wait),
		WAITING(the_end_of_a_pool_ends_the_wait),
		WAITING(threads_never_get_the_same),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("refill", tests, NULL, NULL);
}
