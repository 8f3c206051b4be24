/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/siphash.h"
#include "store/cache.h"
#include "sys/clock.h"
#include "tests/fake/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct object {
	struct tally_cached cached;
	int serial; /* the load that it came from */
	int before; /* that of the object that it renews; 0: none */
	char key[32];
};

/* A store that does as it is told, and counts. */
static struct {
	atomic_int loads;
	atomic_int alive; /* objects that are not freed */
	_Atomic(enum tally_err) answer;
	atomic_int gate;  /* while 1, a load does not end */
	atomic_int inside;
} fake;

static enum tally_err fake_load(void *context, struct tally_span key,
				const struct tally_cached *before, struct tally_cached **out)
{
	int serial = ++fake.loads;
	enum tally_err answer = fake.answer;

	(void)context;
	fake.inside++;
	while (fake.gate)
		usleep(100);
	fake.inside--;
	if (answer != TALLY_OK)
		return answer;
	struct object *object = calloc(1, sizeof(*object));

	fake.alive++;
	object->serial = serial;
	object->before = before ? ((const struct object *)before)->serial : 0;
	snprintf(object->key, sizeof(object->key), "%.*s", TALLY_SPAN_ARG(key));
	*out = &object->cached;
	return TALLY_OK;
}

static void fake_free(struct tally_cached *cached)
{
	fake.alive--;
	free(cached);
}

static const struct tally_cache_type type = { fake_load, fake_free };
static struct tally_cache *cache;

static int set_up(void **state)
{
	(void)state;
	fake.loads = 0;
	fake.answer = TALLY_OK;
	cache = tally_cache_new(&type, NULL, (struct tally_cache_limits){ 10, 0, 300, 64 });
	return cache ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tally_cache_free(cache);
	assert_int_equal(fake.alive, 0);
	return 0;
}

/* The load that what the cache gives came from; minus the error. */
static int get(const char *key)
{
	struct tally_cached *cached;
	enum tally_err err = tally_cache_get(cache, tally_span_of(key), &cached);

	if (err != TALLY_OK) {
		assert_null(cached);
		return -(int)err;
	}
	struct object *object = (struct object *)cached;
	int serial = object->serial;

	assert_string_equal(object->key, key);
	tally_cache_release(cache, cached);
	return serial;
}

static void *get_in_a_thread(void *key)
{
	return (void *)(intptr_t)get(key);
}

static int join(pthread_t thread)
{
	void *result;

	pthread_join(thread, &result);
	return (int)(intptr_t)result;
}

static void wait_inside(int n)
{
	while (fake.inside < n)
		usleep(100);
}

/* Reference vectors of SipHash-2-4: key 00…0f, message 00, 01, …, n - 1. */
static void siphash_vectors(void **state)
{
	static const struct { size_t n; uint64_t hash; } rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) }, { 1, UINT64_C(0x74f839c593dc67fd) },
		{ 8, UINT64_C(0x93f5f5799a932462) }, { 15, UINT64_C(0xa129ca6149be45e5) },
	};
	struct tally_siphash_key key;
	unsigned char bytes[16];

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		bytes[i] = (unsigned char)i;
	memcpy(&key, bytes, sizeof(key));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(tally_siphash(&key, bytes, rows[i].n) == rows[i].hash);
}

static void a_key_is_loaded_once_while_fresh(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	assert_int_equal(get("a"), 1);
	assert_int_equal(get("b"), 2);
	tally_fake_clock_advance_ms(4999);
	assert_int_equal(get("a"), 1);
	assert_int_equal(fake.loads, 2);
}

static void a_key_is_renewed_ahead_and_after_its_time(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	tally_fake_clock_advance_ms(5000);
	assert_int_equal(get("a"), 2);
	tally_fake_clock_advance_ms(10000);
	assert_int_equal(get("a"), 3);
	assert_int_equal(get("a"), 3);
}

/* The load that the cached object of a key renewed. */
static int renewed(const char *key)
{
	struct tally_cached *cached;

	assert_int_equal(tally_cache_get(cache, tally_span_of(key), &cached), TALLY_OK);
	int before = ((struct object *)cached)->before;

	tally_cache_release(cache, cached);
	return before;
}

static void a_renewal_sees_what_it_renews(void **state)
{
	char long_key[TALLY_CACHE_KEY_MAX + 2] = { 0 };

	(void)state;
	assert_int_equal(renewed("a"), 0);
	tally_fake_clock_advance_ms(5000);
	assert_int_equal(renewed("a"), 1);
	tally_fake_clock_advance_ms(20000);
	assert_int_equal(renewed("a"), 2);
	/* Not what is too old to be used, was dropped, or is never kept. */
	tally_fake_clock_advance_ms(300000);
	assert_int_equal(renewed("a"), 0);
	tally_cache_drop(cache, TALLY_SPAN("a"));
	assert_int_equal(renewed("a"), 0);
	memset(long_key, 'a', sizeof(long_key) - 1);
	assert_int_equal(renewed(long_key), 0);
	assert_int_equal(renewed(long_key), 0);
}

static void one_renews_while_the_others_go_on(void **state)
{
	pthread_t thread;
	char key[] = "a";

	(void)state;
	assert_int_equal(get("a"), 1);
	tally_fake_clock_advance_ms(6000);
	fake.gate = 1;
	pthread_create(&thread, NULL, get_in_a_thread, key);
	wait_inside(1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(get("a"), 1);
	fake.gate = 0;
	assert_int_equal(join(thread), 2);
	assert_int_equal(get("a"), 2);
}

static void a_miss_is_loaded_by_one(void **state)
{
	pthread_t threads[8];
	char key[] = "a";

	(void)state;
	fake.gate = 1;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, get_in_a_thread, key);
	wait_inside(1);
	usleep(20000);
	fake.gate = 0;
	for (int i = 0; i < 8; i++)
		assert_int_equal(join(threads[i]), 1);
}

static void an_outage_is_bridged_for_a_stated_time(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	tally_fake_clock_advance(299);
	assert_int_equal(get("a"), 1);
	tally_fake_clock_advance(1);
	assert_int_equal(get("a"), -TALLY_ERR_UNAVAILABLE);
	assert_int_equal(get("b"), -TALLY_ERR_UNAVAILABLE);
	fake.answer = TALLY_OK;
	tally_fake_clock_advance(1);
	assert_true(get("a") > 1);
	assert_true(get("b") > 1);
}

/* The bound counts from the last answer, not from the last use. */
static void use_in_an_outage_does_not_prolong_it(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	for (int i = 0; i < 299; i++) {
		tally_fake_clock_advance(1);
		assert_int_equal(get("a"), 1);
	}
	tally_fake_clock_advance(1);
	assert_int_equal(get("a"), -TALLY_ERR_UNAVAILABLE);
}

static void a_failing_store_is_asked_once_a_second(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	tally_fake_clock_advance(20);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(get("a"), 1);
		assert_int_equal(get("new"), -TALLY_ERR_UNAVAILABLE);
	}
	assert_int_equal(fake.loads, 3);
	tally_fake_clock_advance_ms(999);
	get("a");
	assert_int_equal(fake.loads, 3);
	tally_fake_clock_advance_ms(1);
	get("a");
	assert_int_equal(fake.loads, 4);
}

/* A database that hangs: only the one who tries meets its time-out. */
static void nobody_waits_in_an_outage(void **state)
{
	pthread_t thread;
	char key[] = "a";

	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	tally_fake_clock_advance(20);
	assert_int_equal(get("a"), 1);
	assert_int_equal(get("b"), -TALLY_ERR_UNAVAILABLE);
	tally_fake_clock_advance(2);
	fake.gate = 1;
	pthread_create(&thread, NULL, get_in_a_thread, key);
	wait_inside(1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(get("a"), 1);
	fake.gate = 0;
	assert_int_equal(join(thread), 1);
}

static void the_unknown_is_remembered_but_not_in_an_outage(void **state)
{
	(void)state;
	fake.answer = TALLY_ERR_NOT_FOUND;
	assert_int_equal(get("a"), -TALLY_ERR_NOT_FOUND);
	assert_int_equal(get("a"), -TALLY_ERR_NOT_FOUND);
	assert_int_equal(fake.loads, 1);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	tally_fake_clock_advance(9);
	assert_int_equal(get("a"), -TALLY_ERR_NOT_FOUND);
	assert_int_equal(fake.loads, 2);
	assert_int_equal(get("a"), -TALLY_ERR_NOT_FOUND);
	assert_int_equal(fake.loads, 2);
	tally_fake_clock_advance(2);
	assert_int_equal(get("a"), -TALLY_ERR_UNAVAILABLE);
	fake.answer = TALLY_OK;
	tally_fake_clock_advance(1);
	assert_true(get("a") > 0);
}

static void what_vanishes_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_NOT_FOUND;
	tally_fake_clock_advance(6);
	assert_int_equal(get("a"), -TALLY_ERR_NOT_FOUND);
	assert_int_equal(fake.alive, 0);
	fake.answer = TALLY_ERR_UNAVAILABLE;
	tally_fake_clock_advance(11);
	assert_int_equal(get("a"), -TALLY_ERR_UNAVAILABLE);
}

static void other_failures_are_told_and_not_bridged(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	fake.answer = TALLY_ERR_LIMIT;
	tally_fake_clock_advance(6);
	assert_int_equal(get("a"), 1);
	tally_fake_clock_advance(10);
	assert_int_equal(get("a"), -TALLY_ERR_LIMIT);
	assert_int_equal(get("a"), -TALLY_ERR_LIMIT);
	assert_int_equal(fake.loads, 3);
}

static void strangers_do_not_push_out_the_known(void **state)
{
	char key[16];

	(void)state;
	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "known-%d", i);
		get(key);
	}
	fake.answer = TALLY_ERR_NOT_FOUND;
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "stranger-%d", i);
		assert_int_equal(get(key), -TALLY_ERR_NOT_FOUND);
	}
	int loads = fake.loads;

	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "known-%d", i);
		assert_int_equal(get(key), i + 1);
	}
	assert_int_equal(fake.loads, loads);
}

static void entries_are_bounded_and_the_unused_go_first(void **state)
{
	char key[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		get(key);
		get("0");
		assert_true(fake.alive <= 64);
	}
	assert_int_equal(fake.alive, 64);
	assert_int_equal(get("0"), 1);
}

static void who_holds_an_object_keeps_it(void **state)
{
	struct tally_cached *held;
	char key[16];

	(void)state;
	assert_int_equal(tally_cache_get(cache, TALLY_SPAN("a"), &held), TALLY_OK);
	tally_cache_drop(cache, TALLY_SPAN("a"));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		get(key);
	}
	tally_cache_clear(cache);
	assert_int_equal(fake.alive, 1);
	assert_string_equal(((struct object *)held)->key, "a");
	tally_cache_release(cache, held);
	assert_int_equal(fake.alive, 0);
}

static void what_is_dropped_is_loaded_anew(void **state)
{
	(void)state;
	assert_int_equal(get("a"), 1);
	assert_int_equal(get("b"), 2);
	tally_cache_drop(cache, TALLY_SPAN("a"));
	tally_cache_drop(cache, TALLY_SPAN("none"));
	assert_int_equal(get("a"), 3);
	assert_int_equal(get("b"), 2);
	tally_cache_clear(cache);
	assert_int_equal(get("b"), 4);
}

static void what_was_asked_for_before_a_drop_does_not_stay(void **state)
{
	pthread_t thread;
	char key[] = "a";

	(void)state;
	fake.gate = 1;
	pthread_create(&thread, NULL, get_in_a_thread, key);
	wait_inside(1);
	tally_cache_drop(cache, TALLY_SPAN("a"));
	fake.gate = 0;
	assert_int_equal(join(thread), 1);
	assert_int_equal(get("a"), 2);
}

static void a_long_key_is_not_kept(void **state)
{
	char key[TALLY_CACHE_KEY_MAX + 1];
	struct tally_cached *cached;

	(void)state;
	memset(key, 'x', sizeof(key));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tally_cache_get(cache, tally_span(key, sizeof(key)), &cached), 0);
		tally_cache_release(cache, cached);
	}
	assert_int_equal(fake.loads, 2);
	assert_int_equal(fake.alive, 0);
	assert_int_equal(tally_cache_get(cache, tally_span("", 0), &cached), 0);
	tally_cache_release(cache, cached);
}

static void *churn(void *seed)
{
	unsigned int x = (unsigned int)(uintptr_t)seed;
	char key[16];

	for (int i = 0; i < 20000; i++) {
		x = x * 1103515245u + 12345u;
		snprintf(key, sizeof(key), "%u", (x >> 16) % 100);
		get(key);
		if (i % 97 == 0)
			tally_cache_drop(cache, tally_span_of(key));
		if (i % 511 == 0)
			tally_fake_clock_advance_ms(700);
		if (i % 5001 == 0)
			tally_cache_clear(cache);
	}
	return NULL;
}

/* For the sanitizers: everything at once. */
static void threads_share_it(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void a_large_cache_is_bounded_too(void **state)
{
	struct tally_cache *small = cache;
	char key[16];

	(void)state;
	cache = tally_cache_new(&type, NULL, (struct tally_cache_limits){ 10, 0, 300, 2048 });
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		get(key);
	}
	assert_true(fake.alive >= 1900 && fake.alive <= 2048);
	tally_cache_free(cache);
	cache = small;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_vectors),
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_key_is_loaded_once_while_fresh),
		TEST(a_key_is_renewed_ahead_and_after_its_time),
		TEST(a_renewal_sees_what_it_renews),
		TEST(one_renews_while_the_others_go_on),
		TEST(a_miss_is_loaded_by_one),
		TEST(an_outage_is_bridged_for_a_stated_time),
		TEST(use_in_an_outage_does_not_prolong_it),
		TEST(a_failing_store_is_asked_once_a_second),
		TEST(nobody_waits_in_an_outage),
		TEST(the_unknown_is_remembered_but_not_in_an_outage),
		TEST(what_vanishes_is_not_found),
		TEST(other_failures_are_told_and_not_bridged),
		TEST(strangers_do_not_push_out_the_known),
		TEST(entries_are_bounded_and_the_unused_go_first),
		TEST(who_holds_an_object_keeps_it),
		TEST(what_is_dropped_is_loaded_anew),
		TEST(what_was_asked_for_before_a_drop_does_not_stay),
		TEST(a_long_key_is_not_kept),
		TEST(threads_share_it),
		TEST(a_large_cache_is_bounded_too),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
