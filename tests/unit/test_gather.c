/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/gather.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define COMPANY 10u
#define MANY (COMPANY + 4)
#define LONG_PATIENCE 60000000u /* microseconds: a test that has to wait for it has failed */

static struct tally_gather *gather;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool closed;          /* runs wait at the gate */
static unsigned int runs;    /* that have begun */
static size_t last_size;     /* of the last run */

static void run(void *context, void *const items[], size_t n)
{
	(void)context;
	(void)items;
	pthread_mutex_lock(&lock);
	runs++;
	last_size = n;
	pthread_cond_broadcast(&changed);
	while (closed)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void open_with(unsigned int patience)
{
	runs = 0;
	last_size = 0;
	closed = false;
	gather = tally_gather_new(run, NULL, (struct tally_gather_limits){
		.queue = 64, .batch = TALLY_GATHER_MAX, .runs = 2, .patience = patience,
		.company = COMPANY });
	assert_non_null(gather);
}

static void set_gate(bool to)
{
	pthread_mutex_lock(&lock);
	closed = to;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static unsigned int runs_now(void)
{
	pthread_mutex_lock(&lock);
	unsigned int n = runs;

	pthread_mutex_unlock(&lock);
	return n;
}

static void wait_for_runs(unsigned int n)
{
	while (runs_now() < n)
		sched_yield();
}

static void wait_for_waiting(size_t n)
{
	while (tally_gather_waiting(gather) < n)
		sched_yield();
}

static void *put(void *context)
{
	int item;

	(void)context;
	assert_true(tally_gather_put(gather, &item));
	return NULL;
}

static void start(pthread_t *threads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put, NULL), 0);
}

static void finish(pthread_t *threads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

/* One run of one, and one of MANY that came meanwhile. */
static void make_company(void)
{
	pthread_t first, others[MANY];

	set_gate(true);
	start(&first, 1);
	wait_for_runs(1);
	start(others, MANY);
	wait_for_waiting(MANY);
	set_gate(false);
	finish(&first, 1);
	finish(others, MANY);
	assert_int_equal(runs, 2);
	assert_int_equal(last_size, MANY);
}

static void company_that_came_is_waited_for(void **state)
{
	pthread_t threads[MANY];

	(void)state;
	open_with(LONG_PATIENCE);
	make_company();
	start(threads, MANY - 1);
	wait_for_waiting(MANY - 2);
	assert_int_equal(runs_now(), 2);
	start(&threads[MANY - 1], 1);
	finish(threads, MANY);
	assert_int_equal(runs, 3);
	assert_int_equal(last_size, MANY);
	tally_gather_free(gather);
}

static void patience_ends(void **state)
{
	pthread_t alone;

	(void)state;
	open_with(1000);
	make_company();
	start(&alone, 1);
	finish(&alone, 1);
	assert_int_equal(runs, 3);
	assert_int_equal(last_size, 1);
	tally_gather_free(gather);
}

static void who_was_alone_waits_for_nobody(void **state)
{
	pthread_t alone;

	(void)state;
	open_with(LONG_PATIENCE);
	for (unsigned int i = 1; i <= 200; i++) {
		start(&alone, 1);
		finish(&alone, 1);
		assert_int_equal(runs, i);
	}
	tally_gather_free(gather);
}

static void without_patience_nobody_waits(void **state)
{
	pthread_t alone;

	(void)state;
	open_with(0);
	make_company();
	start(&alone, 1);
	finish(&alone, 1);
	assert_int_equal(runs, 3);
	tally_gather_free(gather);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(company_that_came_is_waited_for),
		cmocka_unit_test(patience_ends),
		cmocka_unit_test(who_was_alone_waits_for_nobody),
		cmocka_unit_test(without_patience_nobody_waits),
	};

	alarm(50); /* before the patience ends */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
