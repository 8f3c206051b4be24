/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/token_writer.h"

#include "store/gather.h"
#include "tests/fake/store.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define THREADS 16
#define ROUNDS 50

/* A store whose token_write waits until the test lets it go on. */
struct gate {
	struct tally_store store;
	struct tally_store_ops ops;
	struct tally_store *inner;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	unsigned int inside;  /* calls that wait at the gate */
	unsigned int calls;
	size_t largest;       /* batch */
};

static struct gate gate;
static struct tally_token_writer *writer;

static enum tally_err gated_write(struct tally_store *store, struct tally_token_job **jobs,
				  size_t count)
{
	(void)store;
	pthread_mutex_lock(&gate.lock);
	gate.calls++;
	gate.inside++;
	if (count > gate.largest)
		gate.largest = count;
	pthread_cond_broadcast(&gate.changed);
	while (gate.closed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.inside--;
	pthread_mutex_unlock(&gate.lock);
	return gate.inner->ops->token_write(gate.inner, jobs, count);
}

static void set_gate(bool closed)
{
	pthread_mutex_lock(&gate.lock);
	gate.closed = closed;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void wait_for_inside(unsigned int count)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.inside < count)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void open_with(size_t queue, unsigned int writers)
{
	gate = (struct gate){ .inner = tally_fake_store_new() };
	assert_non_null(gate.inner);
	gate.ops = *gate.inner->ops;
	gate.ops.token_write = gated_write;
	gate.store.ops = &gate.ops;
	pthread_mutex_init(&gate.lock, NULL);
	pthread_cond_init(&gate.changed, NULL);
	writer = tally_token_writer_new(&gate.store, queue, writers);
	assert_non_null(writer);
}

static void close_all(void)
{
	tally_token_writer_free(writer);
	gate.inner->ops->close(gate.inner);
	pthread_cond_destroy(&gate.changed);
	pthread_mutex_destroy(&gate.lock);
}

static struct tally_access_record make_access(void)
{
	struct tally_access_record access = { .expires_at = 1800000000 };

	assert_int_equal(tally_token_id_make(&access.id, 1700000000, access.expires_at), TALLY_OK);
	return access;
}

static bool is_kept(const struct tally_token_id *id)
{
	struct tally_arena *arena = tally_arena_new(1024, 65536);
	struct tally_access_found found;
	enum tally_err err = gate.inner->ops->access_find(gate.inner, arena, id, &found);

	tally_arena_free(arena);
	return err == TALLY_OK;
}

/* One request in a thread. */
struct request {
	pthread_t thread;
	struct tally_access_record access;
	enum tally_err err;
};

static void *put_one(void *arg)
{
	struct request *request = arg;
	struct tally_token_job job = { .access = &request->access };

	request->err = tally_token_writer_put(writer, &job);
	assert_int_equal(request->err, job.err);
	return NULL;
}

static void start(struct request *request)
{
	request->access = make_access();
	request->err = TALLY_ERR_STATE;
	assert_int_equal(pthread_create(&request->thread, NULL, put_one, request), 0);
}

static void wait_for_waiting(size_t count)
{
	while (tally_token_writer_waiting(writer) < count)
		sched_yield();
}

static void finish(struct request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pthread_join(requests[i].thread, NULL);
}

static void alone_a_request_is_written_at_once(void **state)
{
	struct request request;

	(void)state;
	open_with(4, 2);
	for (int i = 0; i < 3; i++) {
		request.access = make_access();
		put_one(&request);
		assert_int_equal(request.err, TALLY_OK);
		assert_true(is_kept(&request.access.id));
	}
	assert_int_equal(gate.calls, 3);
	assert_int_equal(gate.largest, 1);
	close_all();
}

static void those_who_wait_share_a_batch(void **state)
{
	struct request all[1 + THREADS];

	(void)state;
	open_with(THREADS, 1);
	set_gate(true);
	start(&all[0]);
	wait_for_inside(1);
	for (int i = 1; i <= THREADS; i++)
		start(&all[i]);
	wait_for_waiting(THREADS);
	set_gate(false);
	finish(all, 1 + THREADS);
	for (int i = 0; i <= THREADS; i++) {
		assert_int_equal(all[i].err, TALLY_OK);
		assert_true(is_kept(&all[i].access.id));
	}
	assert_int_equal(gate.calls, 2);
	assert_int_equal(gate.largest, THREADS);
	close_all();
}

static void another_batch_is_under_way_where_many_wait(void **state)
{
	struct request all[TALLY_GATHER_WORTH_A_RUN + 3];
	unsigned int n = 0;

	(void)state;
	open_with(TALLY_GATHER_WORTH_A_RUN + 1, 2);
	set_gate(true);
	start(&all[n++]);
	wait_for_inside(1);
	for (unsigned int i = 0; i < TALLY_GATHER_WORTH_A_RUN; i++)
		start(&all[n++]);
	wait_for_waiting(TALLY_GATHER_WORTH_A_RUN);
	assert_int_equal(gate.calls, 1);
	start(&all[n++]);
	wait_for_inside(2);
	assert_int_equal(gate.largest, TALLY_GATHER_WORTH_A_RUN + 1);
	start(&all[n++]);
	wait_for_waiting(1);
	assert_int_equal(gate.calls, 2);
	set_gate(false);
	finish(all, n);
	assert_int_equal(gate.calls, 3);
	close_all();
}

static void a_full_queue_refuses(void **state)
{
	struct request all[4], one_too_many = { .access = make_access() };

	(void)state;
	open_with(3, 1);
	set_gate(true);
	start(&all[0]);
	wait_for_inside(1);
	for (int i = 1; i < 4; i++)
		start(&all[i]);
	wait_for_waiting(3);
	put_one(&one_too_many);
	assert_int_equal(one_too_many.err, TALLY_ERR_LIMIT);
	set_gate(false);
	finish(all, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(all[i].err, TALLY_OK);
	assert_false(is_kept(&one_too_many.access.id));
	put_one(&one_too_many);
	assert_int_equal(one_too_many.err, TALLY_OK);
	close_all();
}

static void a_batch_larger_than_the_most_is_divided(void **state)
{
	static struct request all[1 + 300];

	(void)state;
	open_with(300, 1);
	set_gate(true);
	start(&all[0]);
	wait_for_inside(1);
	for (int i = 1; i <= 300; i++)
		start(&all[i]);
	wait_for_waiting(300);
	set_gate(false);
	finish(all, 301);
	for (int i = 0; i <= 300; i++)
		assert_int_equal(all[i].err, TALLY_OK);
	assert_int_equal(gate.calls, 3);
	assert_int_equal(gate.largest, 256);
	close_all();
}

static void a_job_that_fails_fails_alone(void **state)
{
	struct request all[4];

	(void)state;
	open_with(4, 1);
	set_gate(true);
	start(&all[0]);
	wait_for_inside(1);
	for (int i = 1; i < 4; i++)
		start(&all[i]);
	wait_for_waiting(3);
	/* It waits and has not been looked at yet. */
	all[2].access.owner.scope = TALLY_SPAN("\xff");
	set_gate(false);
	finish(all, 4);
	assert_int_equal(all[1].err, TALLY_OK);
	assert_int_equal(all[2].err, TALLY_ERR_SYNTAX);
	assert_int_equal(all[3].err, TALLY_OK);
	assert_int_equal(gate.calls, 2);
	close_all();
}

static void an_outage_fails_the_whole_batch(void **state)
{
	struct request all[4];

	(void)state;
	open_with(4, 1);
	set_gate(true);
	start(&all[0]);
	wait_for_inside(1);
	for (int i = 1; i < 4; i++)
		start(&all[i]);
	wait_for_waiting(3);
	tally_fake_store_down(gate.inner, true);
	set_gate(false);
	finish(all, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(all[i].err, TALLY_ERR_UNAVAILABLE);
	tally_fake_store_down(gate.inner, false);
	for (int i = 0; i < 4; i++)
		assert_false(is_kept(&all[i].access.id));
	close_all();
}

static void *put_many(void *arg)
{
	struct request *request = arg;

	for (int i = 0; i < ROUNDS; i++) {
		request->access = make_access();
		put_one(request);
		assert_int_equal(request->err, TALLY_OK);
		assert_true(is_kept(&request->access.id));
	}
	return NULL;
}

static void many_threads_for_some_time(void **state)
{
	struct request all[THREADS];

	(void)state;
	open_with(THREADS, 2);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&all[i].thread, NULL, put_many, &all[i]), 0);
	finish(all, THREADS);
	assert_true(gate.calls <= THREADS * ROUNDS);
	assert_int_equal(tally_token_writer_waiting(writer), 0);
	close_all();
}

static struct tally_refresh_record contested;

static void *use_one(void *arg)
{
	struct request *request = arg;
	struct tally_token_job job = { .use = &contested, .access = &request->access, .now_us = 1 };

	request->access = make_access();
	request->err = tally_token_writer_put(writer, &job);
	return NULL;
}

static void a_refresh_token_is_used_once(void **state)
{
	struct request all[THREADS];
	unsigned int ok = 0;

	(void)state;
	open_with(THREADS, 2);
	contested.expires_at = 1800000000;
	assert_int_equal(tally_token_id_make(&contested.id, 1, contested.expires_at), TALLY_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&all[i].thread, NULL, use_one, &all[i]), 0);
	finish(all, THREADS);
	for (int i = 0; i < THREADS; i++) {
		ok += all[i].err == TALLY_OK;
		assert_true(all[i].err == TALLY_OK || all[i].err == TALLY_ERR_CONFLICT);
		assert_int_equal(is_kept(&all[i].access.id), all[i].err == TALLY_OK);
	}
	assert_int_equal(ok, 1);
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_a_request_is_written_at_once),
		cmocka_unit_test(those_who_wait_share_a_batch),
		cmocka_unit_test(another_batch_is_under_way_where_many_wait),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(a_batch_larger_than_the_most_is_divided),
		cmocka_unit_test(a_job_that_fails_fails_alone),
		cmocka_unit_test(an_outage_fails_the_whole_batch),
		cmocka_unit_test(many_threads_for_some_time),
		cmocka_unit_test(a_refresh_token_is_used_once),
	};

	return cmocka_run_group_tests_name("token_writer", tests, NULL, NULL);
}
