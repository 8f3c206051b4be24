/* SPDX-License-Identifier: Apache-2.0 */
/* The pools of a process, as they follow what is configured; names of lists. */
#include "config.h"

#include "sys/log.h"
#include "tests/unit/logged.h"
#include "tests/unit/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define A "[pool.a]\nsize = 1000\n"
#define B "[pool.b]\nsize = 1000\nbits = 4\n"
#define ON "[tokens]\nstatus = on\n"

static struct pools_fixture fixture;

static int open_fixture(void **state)
{
	(void)state;
	pools_open(&fixture);
	logged_start();
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	pools_close(&fixture);
	return 0;
}

static void assert_refresh(const char *more, enum tally_err err)
{
	assert_int_equal(pools_refresh(&fixture, fixture.pools, more), err);
}

static bool exists(const char *id)
{
	struct tally_pool *pool = tally_pools_get(fixture.pools, tally_span_of(id));

	tally_pool_release(pool);
	return pool != NULL;
}

/* The names of those that are open, in their order. */
static const char *all_open(void)
{
	static char names[256];
	struct tally_pool *pool;
	int n = 0;

	names[0] = '\0';
	for (size_t i = 0; (pool = tally_pools_at(fixture.pools, i)) != NULL; i++) {
		n += snprintf(names + n, sizeof(names) - (size_t)n, "%s%.*s", i ? " " : "",
			      TALLY_SPAN_ARG(pool->conf.id));
		tally_pool_release(pool);
	}
	return names;
}

static unsigned int lines_logged(const char *with)
{
	unsigned int n = 0;

	for (const char *at = logged(); (at = strstr(at, with)) != NULL; at++)
		n++;
	return n;
}

/* ---- where pools stand ---- */

static void pools_come_from_the_file_and_the_database(void **state)
{
	(void)state;
	pools_add(&fixture, "m", "size = 2000\n");
	pools_add(&fixture, "a", "size = 3000\n");
	assert_refresh(B A, TALLY_OK);
	assert_string_equal(all_open(), "a b m");
	assert_int_equal(tally_pools_count(fixture.pools), 3);
	struct tally_pool *a = pools_get(fixture.pools, "a"), *m = pools_get(fixture.pools, "m");

	assert_int_equal(a->conf.size, 1000);
	assert_int_equal(m->shape.size, 2000);
	assert_string_equal(m->conf.issuer, "https://as.example");
	assert_false(exists("nothing"));
	assert_false(exists(""));
	tally_pool_release(a);
	tally_pool_release(m);
}

static void what_is_held_stays_as_it_was(void **state)
{
	(void)state;
	assert_refresh(A, TALLY_OK);
	struct tally_pool *before = pools_get(fixture.pools, "a"), *after;

	assert_refresh(A, TALLY_OK);
	after = pools_get(fixture.pools, "a");
	assert_ptr_equal(before, after);
	tally_pool_release(after);
	assert_refresh(A "ttl = 7s\n", TALLY_OK);
	after = pools_get(fixture.pools, "a");
	assert_int_equal(before->conf.ttl, 300);
	assert_int_equal(after->conf.ttl, 7);
	assert_ptr_equal(before->references, after->references);
	assert_memory_equal(&before->shape, &after->shape, sizeof(before->shape));
	tally_pool_release(after);
	assert_refresh("", TALLY_OK);
	assert_false(exists("a"));
	assert_string_equal(before->conf.id.p, "a");
	tally_pool_release(before);
}

static void a_pool_of_the_database_is_retired_there(void **state)
{
	(void)state;
	pools_add(&fixture, "m", "");
	assert_refresh("", TALLY_OK);
	assert_int_equal(fixture.store->ops->pool_retire(fixture.store, TALLY_SPAN("m"), 5),
			 TALLY_OK);
	assert_refresh("", TALLY_OK);
	struct tally_pool *pool = pools_get(fixture.pools, "m");

	assert_true(pool->is_retired && pool->is_open);
	tally_pool_release(pool);
}

/* ---- what does not fit ---- */

static void a_size_cannot_be_changed(void **state)
{
	(void)state;
	assert_refresh(A B, TALLY_OK);
	assert_refresh("[pool.a]\nsize = 2000\n" B "ttl = 7s\n", TALLY_ERR_CONFIG);
	assert_int_equal(lines_logged("cannot be changed"), 1);
	assert_int_equal(lines_logged("pool.a.size"), 1);
	struct tally_pool *a = pools_get(fixture.pools, "a"), *b = pools_get(fixture.pools, "b");

	assert_int_equal(a->conf.size, 1000);
	assert_int_equal(b->conf.ttl, 7);
	tally_pool_release(a);
	tally_pool_release(b);
	/* Once is enough. */
	assert_refresh("[pool.a]\nsize = 2000\n" B, TALLY_ERR_CONFIG);
	assert_int_equal(lines_logged("cannot be changed"), 1);
	assert_refresh("[pool.a]\nsize = 1000\nbits = 2\n" B, TALLY_ERR_CONFIG);
	assert_int_equal(lines_logged("pool.a.bits"), 1);
	assert_refresh(A B, TALLY_OK);
}

/* In another process, after a restart. */
static void a_start_finds_another_size(void **state)
{
	(void)state;
	assert_refresh(A, TALLY_OK);
	struct tally_pools *other = tally_pools_new(fixture.lists);

	assert_non_null(other);
	assert_int_equal(pools_refresh(&fixture, other, "[pool.a]\nsize = 2000\n" B),
			 TALLY_ERR_CONFIG);
	assert_null(tally_pools_get(other, TALLY_SPAN("a")));
	tally_pool_release(pools_get(other, "b"));
	tally_pools_free(other);
}

static void a_bad_pool_of_the_database_is_passed_over(void **state)
{
	(void)state;
	pools_add(&fixture, "m", "size = 1001\n");
	pools_add(&fixture, "n", "size = 2000\n");
	pools_add(&fixture, "o", "");
	assert_refresh("[pool.n]\nsize = 1000\n", TALLY_OK);
	assert_string_equal(all_open(), "n o");
	assert_refresh("", TALLY_OK);
	assert_refresh("", TALLY_OK);
	assert_string_equal(all_open(), "n o");
	assert_int_equal(lines_logged("pool m of the database"), 1);
	assert_int_equal(lines_logged("cannot be changed"), 1);
	assert_int_equal(fixture.store->ops->pool_set(fixture.store, TALLY_SPAN("m"),
						      TALLY_SPAN("size = 1001\n"),
						      TALLY_SPAN("size = 1000\n")), TALLY_OK);
	assert_refresh("", TALLY_OK);
	assert_string_equal(all_open(), "m n o");
}

/* What a check says, it says without making anything. */
static void a_pool_that_redis_has_lost_begins_anew(void **state)
{
	static const char conf[] = "[pool.a]\nsize = 64\n";
	char before[TALLY_LIST_NAME_MAX + 1], after[TALLY_LIST_NAME_MAX + 1];

	(void)state;
	assert_refresh(conf, TALLY_OK);
	struct tally_pool *held = pools_get(fixture.pools, "a");
	struct tally_references *references = held->references;

	/* As if another process had made one of that name since. */
	for (size_t i = 0; i < sizeof(held->shape.seed); i++)
		held->shape.seed[i] ^= 1;
	tally_permutation_of_names(&held->names, held->shape.seed);
	tally_list_name(held, 0, before);
	assert_refresh(conf, TALLY_OK);
	assert_int_equal(lines_logged("pool a is no longer in Redis"), 1);
	struct tally_pool *pool = pools_get(fixture.pools, "a");

	assert_string_not_equal(tally_list_name(pool, 0, after).p, before);
	assert_ptr_not_equal(pool->references, references);
	assert_refresh(conf, TALLY_OK);
	assert_int_equal(lines_logged("pool a is no longer in Redis"), 1);
	tally_pool_release(pool);
	tally_pool_release(held);
}

static void a_check_leaves_no_trace(void **state)
{
	struct tally_list_pool shape;
	struct tally_conf *conf;
	const char *text = "[server]\nissuer = https://as.example\n[database]\nsocket = /nowhere\n"
			   "[redis]\nsocket = /nowhere\n" A;

	(void)state;
	assert_int_equal(tally_conf_parse(tally_span_of(text), "fake.conf", &conf), TALLY_OK);
	assert_int_equal(tally_pools_check(fixture.lists, conf, fixture.store), TALLY_OK);
	assert_false(pools_look(&fixture, "a", &shape));
	assert_refresh("[pool.a]\nsize = 2000\n", TALLY_OK);
	assert_int_equal(tally_pools_check(fixture.lists, conf, fixture.store), TALLY_ERR_CONFIG);
	tally_conf_free(conf);
}

/* ---- outages ---- */

static void without_redis_a_pool_is_known_but_not_open(void **state)
{
	(void)state;
	tally_fake_lists_down(fixture.lists, true);
	assert_refresh(A, TALLY_ERR_UNAVAILABLE);
	struct tally_pool *pool = pools_get(fixture.pools, "a");

	assert_false(pool->is_open);
	tally_pool_release(pool);
	assert_string_equal(all_open(), "");
	/* That of our own tokens may be there, too: nobody can tell. */
	assert_int_equal(tally_pools_count(fixture.pools), 2);
	tally_fake_lists_down(fixture.lists, false);
	assert_refresh(A, TALLY_OK);
	assert_int_equal(tally_pools_count(fixture.pools), 1);
	assert_string_equal(all_open(), "a");
	/* What is open needs Redis no more, not even to change. */
	tally_fake_lists_down(fixture.lists, true);
	assert_refresh(A "ttl = 7s\n[tokens]\nstatus-pool = a\n", TALLY_OK);
	pool = pools_get(fixture.pools, "a");
	assert_true(pool->is_open && pool->conf.ttl == 7);
	tally_pool_release(pool);
}

static void without_the_database_its_pools_stay(void **state)
{
	(void)state;
	tally_fake_store_down(fixture.store, true);
	assert_refresh(A, TALLY_ERR_UNAVAILABLE);
	assert_false(tally_pools_are_known(fixture.pools));
	assert_string_equal(all_open(), "a");
	tally_fake_store_down(fixture.store, false);
	pools_add(&fixture, "m", "");
	assert_refresh(A, TALLY_OK);
	assert_true(tally_pools_are_known(fixture.pools));
	tally_fake_store_down(fixture.store, true);
	assert_refresh(B, TALLY_ERR_UNAVAILABLE);
	assert_true(tally_pools_are_known(fixture.pools));
	assert_string_equal(all_open(), "b m");
}

/* Whatever fails, the pools are as before or as wanted. */
static void any_failure_leaves_pools_whole(void **state)
{
	(void)state;
	pools_add(&fixture, "m", "");
	assert_refresh(A, TALLY_OK);
	for (unsigned int nth = 1; nth < 5; nth++) {
		tally_fake_store_fail(fixture.store, nth == 1, TALLY_ERR_NOMEM);
		tally_fake_lists_fail(fixture.lists, nth - 1, TALLY_ERR_UNAVAILABLE);
		(void)pools_refresh(&fixture, fixture.pools, A B ON);
		tally_fake_store_fail(fixture.store, 0, TALLY_OK);
		tally_fake_lists_fail(fixture.lists, 0, TALLY_OK);
		assert_true(exists("a") && exists("m"));
		assert_refresh(A, TALLY_OK);
	}
	assert_refresh(A B ON, TALLY_OK);
	assert_string_equal(all_open(), "a b m tokens");
}

/* ---- our own tokens ---- */

static void assert_own(enum tally_err err)
{
	struct tally_pool *pool = NULL;

	assert_int_equal(tally_pools_own(fixture.pools, &pool), err);
	tally_pool_release(pool);
}

static void our_tokens_have_a_pool_when_they_want_one(void **state)
{
	struct tally_pool *pool;

	(void)state;
	assert_own(TALLY_ERR_UNAVAILABLE);
	assert_refresh("", TALLY_OK);
	assert_own(TALLY_ERR_NOT_FOUND);
	assert_refresh(ON, TALLY_OK);
	assert_int_equal(tally_pools_own(fixture.pools, &pool), TALLY_OK);
	assert_int_equal(pool->conf.size, 1000000);
	assert_int_equal(pool->conf.bits, 1);
	assert_int_equal(pool->conf.final_value, 1);
	assert_int_equal(pool->conf.reference_lifetime, 86400);
	assert_int_equal(pool->conf.key_count, 0);
	tally_pool_release(pool);
	/* Turned off, there are tokens out there all the same. */
	assert_refresh("", TALLY_OK);
	assert_own(TALLY_OK);
}

/* Whoever takes its definition away takes nothing from the tokens that are out there. */
static void our_pool_stays_as_it_was_made(void **state)
{
	struct tally_pool *pool;

	(void)state;
	assert_refresh("[pool.tokens]\nsize = 8000\nbits = 2\n", TALLY_OK);
	assert_refresh("", TALLY_OK);
	assert_int_equal(tally_pools_own(fixture.pools, &pool), TALLY_OK);
	assert_int_equal(pool->conf.size, 8000);
	assert_int_equal(pool->conf.bits, 2);
	tally_pool_release(pool);
	/* Nor does a process that begins then. */
	struct tally_pools *other = tally_pools_new(fixture.lists);

	assert_non_null(other);
	assert_int_equal(pools_refresh(&fixture, other, ON), TALLY_OK);
	assert_int_equal(tally_pools_own(other, &pool), TALLY_OK);
	assert_int_equal(pool->conf.size, 8000);
	tally_pool_release(pool);
	tally_pools_free(other);
}

static void a_token_may_be_the_first_to_want_it(void **state)
{
	struct tally_pools *other;

	(void)state;
	assert_refresh("", TALLY_OK);
	tally_pools_want_own(fixture.pools);
	assert_own(TALLY_ERR_NOT_FOUND);
	assert_refresh("", TALLY_OK);
	assert_own(TALLY_OK);
	/* Other processes learn it from Redis. */
	other = tally_pools_new(fixture.lists);
	assert_non_null(other);
	assert_int_equal(pools_refresh(&fixture, other, ""), TALLY_OK);
	tally_pool_release(pools_get(other, "tokens"));
	tally_pools_free(other);
}

/* Its definition might be in the database. */
static void our_pool_is_not_made_before_all_is_known(void **state)
{
	struct tally_list_pool shape;

	(void)state;
	pools_add(&fixture, "tokens", "size = 8000\nreference-lifetime = 1h\n");
	tally_fake_store_down(fixture.store, true);
	assert_refresh(ON, TALLY_ERR_UNAVAILABLE);
	assert_own(TALLY_ERR_UNAVAILABLE);
	assert_false(pools_look(&fixture, "tokens", &shape));
	tally_fake_store_down(fixture.store, false);
	assert_refresh(ON, TALLY_OK);
	struct tally_pool *pool;

	assert_int_equal(tally_pools_own(fixture.pools, &pool), TALLY_OK);
	assert_int_equal(pool->shape.size, 8000);
	assert_int_equal(pool->conf.reference_lifetime, 86400);
	tally_pool_release(pool);
	tally_fake_store_down(fixture.store, true);
	assert_refresh(ON, TALLY_ERR_UNAVAILABLE);
	assert_own(TALLY_OK);
}

/* ---- names ---- */

static void names_lead_back(void **state)
{
	char name[TALLY_LIST_NAME_MAX + 1], uri[TALLY_LIST_URI_MAX];

	(void)state;
	assert_refresh("[pool.a-b-0123456789ab]\nissuer = https://x.example/y\n", TALLY_OK);
	struct tally_pool *pool = pools_get(fixture.pools, "a-b-0123456789ab");

	for (uint64_t list = 0; list <= UINT32_MAX; list = list * 3 + 1) {
		struct tally_span got = tally_list_name(pool, (uint32_t)list, name);
		uint32_t number;

		assert_int_equal(got.n, sizeof("a-b-0123456789ab-0123456789ab") - 1);
		assert_true(tally_span_eq(tally_list_name_pool(got), pool->conf.id));
		assert_int_equal(tally_list_name_number(pool, got, &number), TALLY_OK);
		assert_int_equal(number, list);
		got = tally_list_uri(pool, (uint32_t)list, uri);
		assert_true(tally_span_starts_with(got, TALLY_SPAN("https://x.example/y/status-lists/"
								   "a-b-0123456789ab-")));
		assert_true(tally_span_eq(tally_list_uri_name(pool, got), tally_span_of(name)));
	}
	tally_pool_release(pool);
}

static void a_guessed_name_is_no_list(void **state)
{
	char name[TALLY_LIST_NAME_MAX + 1];
	uint32_t number;

	(void)state;
	assert_refresh(A, TALLY_OK);
	struct tally_pool *pool = pools_get(fixture.pools, "a");
	unsigned int found = 0;

	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "a-%012x", i * 40503u);
		found += tally_list_name_number(pool, tally_span_of(name), &number) == TALLY_OK;
	}
	/* One in 65536 is below 2^32: of a list that will hardly ever exist. */
	assert_true(found < 20);
	tally_pool_release(pool);
}

/* A pool whose Redis was lost gets other names. */
static void names_depend_on_the_seed(void **state)
{
	char first[TALLY_LIST_NAME_MAX + 1], second[TALLY_LIST_NAME_MAX + 1];

	(void)state;
	assert_refresh(A, TALLY_OK);
	struct tally_pool *pool = pools_get(fixture.pools, "a");

	tally_list_name(pool, 0, first);
	tally_pool_release(pool);
	pools_close(&fixture);
	pools_open(&fixture);
	assert_refresh(A, TALLY_OK);
	pool = pools_get(fixture.pools, "a");
	tally_list_name(pool, 0, second);
	tally_pool_release(pool);
	assert_string_not_equal(first, second);
}

static void an_aggregation_has_a_uri(void **state)
{
	char uri[TALLY_LIST_URI_MAX];

	(void)state;
	assert_refresh(A "aggregation-id = all\n" B, TALLY_OK);
	struct tally_pool *a = pools_get(fixture.pools, "a"), *b = pools_get(fixture.pools, "b");

	assert_true(tally_span_eq(tally_aggregation_uri(a, uri),
				  TALLY_SPAN("https://as.example/aggregation/all")));
	assert_int_equal(tally_aggregation_uri(b, uri).n, 0);
	tally_pool_release(a);
	tally_pool_release(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pools_come_from_the_file_and_the_database),
		TEST(what_is_held_stays_as_it_was),
		TEST(a_pool_of_the_database_is_retired_there),
		TEST(a_size_cannot_be_changed),
		TEST(a_start_finds_another_size),
		TEST(a_bad_pool_of_the_database_is_passed_over),
		TEST(a_pool_that_redis_has_lost_begins_anew),
		TEST(a_check_leaves_no_trace),
		TEST(without_redis_a_pool_is_known_but_not_open),
		TEST(without_the_database_its_pools_stay),
		TEST(any_failure_leaves_pools_whole),
		TEST(our_tokens_have_a_pool_when_they_want_one),
		TEST(our_pool_stays_as_it_was_made),
		TEST(a_token_may_be_the_first_to_want_it),
		TEST(our_pool_is_not_made_before_all_is_known),
		TEST(names_lead_back),
		TEST(a_guessed_name_is_no_list),
		TEST(names_depend_on_the_seed),
		TEST(an_aggregation_has_a_uri),
	};

	return cmocka_run_group_tests_name("pools", tests, logged_make_dir, logged_remove_dir);
}
