/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/publishing.h"

#include "crypt/jws.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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

static uint64_t sequence(struct publishing *p, const char *pool, uint32_t list)
{
	return publishing_get(p, pool, list).sequence;
}

static void assert_signed_by(struct publishing *p, const char *pool, uint32_t list,
			     const char *kid)
{
	struct tally_jws jws;

	assert_int_equal(tally_jws_parse(publishing_get(p, pool, list).jwt, p->arena, &jws),
			 TALLY_OK);
	assert_int_equal(jws.kid.n, strlen(kid));
	assert_memory_equal(jws.kid.p, kid, jws.kid.n);
}

/* ---- creating ---- */

static void a_new_pool_has_lists_at_once(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 2\n");
	publishing_pool(p, "b", SMALL "bits = 4\n");
	publishing_settle(p->publisher);
	assert_int_equal(publishing_count(p, "a"), 3);
	assert_int_equal(publishing_count(p, "b"), 2);
	assert_int_equal(publishing_read(p, "a", 2, 15), 0);
	assert_int_equal(publishing_read(p, "b", 1, 0), 0);
	assert_signed_by(p, "a", 0, "k1");
	publishing_pool(p, "c", SMALL);
	publishing_settle(p->publisher);
	assert_int_equal(publishing_count(p, "c"), 2);
}

static void lists_are_created_ahead_of_their_use(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-check-delay = 3s\n");
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 15);
	publishing_pass(p, 10);
	assert_int_equal(publishing_count(p, "a"), 2);
	publishing_reserve(p, "a", 1);
	publishing_pass(p, 2);
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 3);
	publishing_reserve(p, "a", 32);
	publishing_pass(p, 4);
	assert_int_equal(publishing_count(p, "a"), 5);
}

static void few_that_are_left_are_looked_at_more_often(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 1\nprecreation-check-delay = 1h\n");
	publishing_pool(p, "b", SMALL "precreation-lists = 20\nprecreation-check-delay = 1h\n");
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 16);
	publishing_reserve(p, "b", 16);
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 3);
	assert_int_equal(publishing_count(p, "b"), 21);
	publishing_pass(p, 21);
	assert_int_equal(publishing_count(p, "b"), 22);
}

static void many_are_created_when_many_are_wanted(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 100\n");
	publishing_settle(p->publisher);
	assert_int_equal(publishing_count(p, "a"), 101);
	assert_int_equal(publishing_read(p, "a", 100, 3), 0);
}

static void a_retired_pool_gets_no_lists_but_its_own_are_published(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	publishing_reserve(p, "a", 32);
	publishing_pool(p, "a", SMALL "retired = on\n");
	publishing_update(p, "a", 0, 3, 1, 0);
	publishing_pass(p, 5);
	assert_int_equal(publishing_count(p, "a"), 2);
	assert_int_equal(publishing_read(p, "a", 0, 3), 1);
}

/* ---- updates ---- */

static void updates_wait_for_the_interval_and_are_published_together(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "bits = 2\n");
	publishing_settle(p->publisher);
	uint64_t before = sequence(p, "a", 0);

	publishing_update(p, "a", 0, 3, 2, 60000);
	publishing_pass(p, 30);
	publishing_update(p, "a", 0, 4, 1, 60000);
	publishing_pass(p, 28);
	assert_int_equal(sequence(p, "a", 0), before);
	publishing_pass(p, 3);
	assert_int_not_equal(sequence(p, "a", 0), before);
	assert_int_equal(publishing_read(p, "a", 0, 3), 2);
	assert_int_equal(publishing_read(p, "a", 0, 4), 1);
	before = sequence(p, "a", 0);
	publishing_pass(p, 120);
	assert_int_equal(sequence(p, "a", 0), before);
}

static void what_is_due_at_once_is_published_within_a_second(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "publish = immediate\n");
	publishing_settle(p->publisher);
	publishing_pass(p, 5);
	publishing_update(p, "a", 0, 9, 1, 0);
	for (int i = 0; i < 4; i++) {
		tally_fake_clock_advance_ms(200);
		publishing_settle(p->publisher);
	}
	assert_int_equal(publishing_read(p, "a", 0, 9), 1);
}

static void a_list_is_signed_once_in_a_second(void **state)
{
	struct publishing *p = *state;
	struct tally_list_publication last = { .iat = 0 }, now;

	publishing_pool(p, "a", SMALL "publish = immediate\n");
	for (unsigned int i = 0; i < 30; i++, last = now) {
		tally_fake_clock_advance_ms(130);
		publishing_settle(p->publisher);
		now = publishing_get(p, "a", 0);
		assert_true(now.sequence == last.sequence || now.iat > last.iat);
		publishing_update(p, "a", 0, 9, i % 2, 0);
	}
	assert_int_not_equal(publishing_get(p, "a", 0).sequence, 1);
}

static void many_lists_may_be_due_together(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 30\n");
	publishing_settle(p->publisher);
	for (uint32_t i = 0; i < 31; i++)
		publishing_update(p, "a", i, i % 16, 1, 0);
	publishing_pass(p, 2);
	for (uint32_t i = 0; i < 31; i++)
		assert_int_equal(publishing_read(p, "a", i, i % 16), 1);
}

static void a_list_is_signed_again_when_half_its_life_is_over(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "list-lifetime = 100s\nttl = 20s\n");
	publishing_settle(p->publisher);
	struct tally_list_publication first = publishing_get(p, "a", 0);

	assert_int_equal(first.exp - first.iat, 100);
	publishing_pass(p, 48);
	assert_int_equal(sequence(p, "a", 0), first.sequence);
	publishing_pass(p, 5);
	struct tally_list_publication second = publishing_get(p, "a", 0);

	assert_int_not_equal(second.sequence, first.sequence);
	assert_true(second.iat >= first.iat + 50 && second.iat <= first.iat + 53);
}

/* ---- what signs ---- */

static void another_key_signs_all_lists_anew(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 20\n");
	publishing_settle(p->publisher);
	publishing_add_key(p, "k2", "ES256");
	publishing_pass(p, 1);
	for (uint32_t i = 0; i < 21; i++)
		assert_signed_by(p, "a", i, "k2");
	assert_int_equal(publishing_logged(p, "key k2 signs"), 1);
	uint64_t before = sequence(p, "a", 0);

	publishing_pass(p, 120);
	assert_int_equal(sequence(p, "a", 0), before);
}

static void another_configuration_signs_them_anew(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	uint64_t before = sequence(p, "a", 0);

	publishing_pool(p, "a", SMALL "prefetch-hold = 2h\n");
	publishing_pass(p, 2);
	assert_int_equal(sequence(p, "a", 0), before);
	publishing_pool(p, "a", SMALL "ttl = 7s\n");
	publishing_pass(p, 2);
	assert_int_not_equal(sequence(p, "a", 0), before);
}

/* The second has other keys than the first. */
static void who_takes_over_signs_with_its_own_key(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	tally_publisher_free(p->publisher);
	publishing_add_key(p, "k2", "ES256");
	p->publisher = publishing_another(p);
	publishing_settle(p->publisher);
	assert_signed_by(p, "a", 0, "k2");
	assert_signed_by(p, "a", 1, "k2");
}

static void a_pool_may_have_another_algorithm(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "algorithm = EdDSA\n");
	publishing_pool(p, "b", SMALL);
	publishing_settle(p->publisher);
	assert_int_equal(publishing_count(p, "a"), 0);
	assert_int_equal(publishing_count(p, "b"), 2);
	publishing_pass(p, 60);
	assert_int_equal(publishing_logged(p, "there is no EdDSA key"), 1);
	publishing_add_key(p, "ed", "EdDSA");
	publishing_pass(p, 1);
	assert_signed_by(p, "a", 0, "ed");
	assert_signed_by(p, "b", 0, "k1");
	assert_int_equal(publishing_logged(p, "a: its lists are published again"), 1);
}

static void keys_that_are_not_loaded_yet_are_no_mistake(void **state)
{
	struct publishing *p = *state;
	struct tally_keyset *keys = p->keys;

	p->keys = NULL;
	publishing_pool(p, "a", SMALL);
	publishing_pass(p, 3);
	assert_int_equal(publishing_count(p, "a"), 0);
	p->keys = keys;
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 2);
	assert_int_equal(publishing_logged(p, " error "), 0);
}

/* ---- who publishes ---- */

static void one_publishes_and_another_takes_over(void **state)
{
	struct publishing *p = *state;
	struct tally_publisher *first = p->publisher;

	publishing_pool(p, "a", SMALL "publish = immediate\n");
	publishing_settle(first);
	p->publisher = publishing_another(p);
	publishing_update(p, "a", 0, 1, 1, 0);
	publishing_pass(p, 9); /* the first does nothing more, as if it had been killed */
	assert_int_equal(publishing_read(p, "a", 0, 1), 0);
	publishing_pass(p, 2);
	assert_int_equal(publishing_read(p, "a", 0, 1), 1);
	publishing_update(p, "a", 0, 2, 1, 0);
	uint64_t before = sequence(p, "a", 0);

	publishing_settle(first); /* wakes up again */
	assert_int_equal(sequence(p, "a", 0), before);
	assert_int_equal(publishing_logged(p, "another process publishes its lists now"), 1);
	tally_publisher_free(first);
	publishing_pass(p, 1);
	assert_int_equal(publishing_read(p, "a", 0, 2), 1);
}

static void a_lease_is_renewed_while_it_lasts(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	struct tally_publisher *second = publishing_another(p);

	for (int i = 0; i < 60; i++) {
		publishing_pass(p, 1);
		publishing_settle(second);
	}
	tally_publisher_free(second);
	assert_int_equal(publishing_logged(p, "another process"), 0);
}

static void a_clean_end_gives_the_lease_up(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	tally_publisher_free(p->publisher);
	p->publisher = publishing_another(p);
	publishing_update(p, "a", 0, 1, 1, 0);
	publishing_settle(p->publisher);
	assert_int_equal(publishing_read(p, "a", 0, 1), 1);
}

/* Every operation says once that the lease has passed on; nothing is told as an error. */
static void a_lease_that_is_lost_in_the_middle_loses_nothing(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "publish = immediate\n");
	publishing_settle(p->publisher);
	for (unsigned int nth = 1; nth < 8; nth++) {
		publishing_update(p, "a", 0, nth, 1, 0);
		tally_fake_clock_advance_ms(1000);
		tally_fake_lists_fail(p->lists, nth, TALLY_ERR_CONFLICT);
		tally_publisher_round(p->publisher);
		tally_fake_lists_fail(p->lists, 0, TALLY_OK);
		publishing_pass(p, 3);
		assert_int_equal(publishing_read(p, "a", 0, nth), 1);
	}
	assert_int_equal(publishing_logged(p, " error "), 0);
}

static void a_pool_that_is_gone_is_given_up(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_pool(p, "b", SMALL);
	publishing_settle(p->publisher);
	publishing_pool(p, "a", NULL);
	publishing_settle(p->publisher);
	struct tally_list_pool shape;
	struct tally_list_holder holder;

	assert_int_equal(p->lists->ops->pool_look(p->lists, TALLY_SPAN("a"), &shape, &holder),
			 TALLY_OK);
	assert_string_equal(holder.owner, "");
	publishing_pass(p, 60);
	publishing_update(p, "b", 0, 1, 1, 0);
	publishing_pass(p, 2);
	assert_int_equal(publishing_read(p, "b", 0, 1), 1);
}

/* ---- what goes wrong ---- */

static void an_outage_is_waited_for(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_settle(p->publisher);
	publishing_update(p, "a", 0, 5, 1, 0);
	tally_fake_lists_down(p->lists, true);
	publishing_pass(p, 60);
	tally_fake_lists_down(p->lists, false);
	publishing_pass(p, 3);
	assert_int_equal(publishing_read(p, "a", 0, 5), 1);
	assert_int_equal(publishing_logged(p, " error "), 0);
}

static unsigned int refused;

static enum tally_err refuse(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			     uint64_t fence, const struct tally_list_publication *publication,
			     int64_t again_ms, uint32_t history)
{
	(void)lists, (void)pool, (void)list, (void)fence;
	(void)publication, (void)again_ms, (void)history;
	refused++;
	return TALLY_ERR_UNAVAILABLE;
}

/* As when it has no memory left: it answers, and no list gets in. */
static void what_redis_refuses_is_tried_less_and_less(void **state)
{
	struct publishing *p = *state;
	const struct tally_lists_ops *ops = p->lists->ops;
	struct tally_lists_ops refusing = *ops;

	refusing.publish = refuse;
	refused = 0;
	publishing_pool(p, "a", SMALL "publish = immediate\n");
	publishing_settle(p->publisher);
	publishing_update(p, "a", 0, 5, 1, 0);
	p->lists->ops = &refusing;
	publishing_pass(p, 120);
	p->lists->ops = ops;
	assert_true(refused >= 5 && refused <= 10);
	publishing_pass(p, 60);
	assert_int_equal(publishing_read(p, "a", 0, 5), 1);
}

/* Any operation may fail, or be done while its answer is lost. */
static void whatever_fails_is_made_good(void **state)
{
	static const enum tally_err errs[] = { TALLY_ERR_UNAVAILABLE, TALLY_ERR_NOMEM,
					       TALLY_ERR_NOT_FOUND, TALLY_ERR_STATE };
	struct publishing *p = *state;
	uint64_t index = 0;

	publishing_pool(p, "a", SMALL "publish = immediate\n");
	publishing_settle(p->publisher);
	for (size_t k = 0; k <= sizeof(errs) / sizeof(errs[0]); k++) {
		for (unsigned int nth = 1; nth < 8; nth++) {
			unsigned int value = (unsigned int)(index / 16 % 2 == 0);

			publishing_update(p, "a", 0, index % 16, value, 0);
			publishing_reserve(p, "a", 16);
			tally_fake_clock_advance_ms(1000);
			if (k < sizeof(errs) / sizeof(errs[0]))
				tally_fake_lists_fail(p->lists, nth, errs[k]);
			else
				tally_fake_lists_lose(p->lists, nth);
			tally_publisher_round(p->publisher);
			tally_fake_lists_fail(p->lists, 0, TALLY_OK);
			tally_fake_lists_lose(p->lists, 0);
			publishing_pass(p, 70);
			assert_int_equal(publishing_read(p, "a", 0, index % 16), value);
			assert_int_equal(publishing_count(p, "a"), index + 3);
			index++;
		}
	}
}

/* What Redis has by its name is another pool: its lists have other names. */
static void a_pool_that_was_lost_waits_until_it_is_opened_anew(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_pool(p, "b", SMALL);
	struct tally_pool *pool = tally_pools_get(p->pools, TALLY_SPAN("a"));

	pool->shape.seed[0] ^= 1;
	tally_pool_release(pool);
	publishing_pass(p, 20);
	assert_int_equal(publishing_count(p, "a"), 0);
	assert_int_equal(publishing_count(p, "b"), 2);
	assert_int_equal(publishing_logged(p, " error "), 0);
	publishing_pool(p, "c", SMALL); /* and so all are looked at */
	publishing_pass(p, 2);
	assert_int_equal(publishing_count(p, "a"), 2);
	assert_int_equal(publishing_read(p, "a", 0, 0), 0);
}

/* ---- once ---- */

static void once_does_what_is_due_and_gives_up_the_lease(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 10\n");
	publishing_pool(p, "b", SMALL);
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_OK);
	assert_int_equal(publishing_count(p, "a"), 11);
	assert_int_equal(publishing_count(p, "b"), 2);
	uint64_t before = sequence(p, "a", 0);

	tally_publisher_free(p->publisher);
	p->publisher = publishing_another(p);
	publishing_update(p, "a", 1, 2, 1, 0);
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_OK);
	assert_int_equal(publishing_read(p, "a", 1, 2), 1);
	assert_int_equal(sequence(p, "a", 0), before);
}

static void forced_once_signs_everything(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "precreation-lists = 70\n");
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_OK);
	uint64_t first = sequence(p, "a", 0), last = sequence(p, "a", 70);

	assert_int_equal(tally_publisher_once(p->publisher, true), TALLY_OK);
	assert_int_not_equal(sequence(p, "a", 0), first);
	assert_int_not_equal(sequence(p, "a", 70), last);
}

static void once_may_be_for_one_pool(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL);
	publishing_pool(p, "b", SMALL);
	tally_publisher_limit(p->publisher, TALLY_SPAN("b"));
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_OK);
	assert_int_equal(publishing_count(p, "a"), 0);
	assert_int_equal(publishing_count(p, "b"), 2);
	tally_publisher_free(p->publisher);
	p->publisher = publishing_another(p);
	tally_publisher_limit(p->publisher, TALLY_SPAN("c"));
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_ERR_NOT_FOUND);
}

static void once_says_who_cannot_be_signed(void **state)
{
	struct publishing *p = *state;

	publishing_pool(p, "a", SMALL "algorithm = EdDSA\n");
	publishing_pool(p, "b", SMALL);
	assert_int_equal(tally_publisher_once(p->publisher, false), TALLY_ERR_STATE);
	assert_int_equal(publishing_count(p, "b"), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_new_pool_has_lists_at_once),
		TEST(lists_are_created_ahead_of_their_use),
		TEST(few_that_are_left_are_looked_at_more_often),
		TEST(many_are_created_when_many_are_wanted),
		TEST(a_retired_pool_gets_no_lists_but_its_own_are_published),
		TEST(updates_wait_for_the_interval_and_are_published_together),
		TEST(what_is_due_at_once_is_published_within_a_second),
		TEST(a_list_is_signed_once_in_a_second),
		TEST(many_lists_may_be_due_together),
		TEST(a_list_is_signed_again_when_half_its_life_is_over),
		TEST(another_key_signs_all_lists_anew),
		TEST(another_configuration_signs_them_anew),
		TEST(who_takes_over_signs_with_its_own_key),
		TEST(a_pool_may_have_another_algorithm),
		TEST(keys_that_are_not_loaded_yet_are_no_mistake),
		TEST(one_publishes_and_another_takes_over),
		TEST(a_lease_is_renewed_while_it_lasts),
		TEST(a_clean_end_gives_the_lease_up),
		TEST(a_lease_that_is_lost_in_the_middle_loses_nothing),
		TEST(a_pool_that_is_gone_is_given_up),
		TEST(an_outage_is_waited_for),
		TEST(what_redis_refuses_is_tried_less_and_less),
		TEST(whatever_fails_is_made_good),
		TEST(a_pool_that_was_lost_waits_until_it_is_opened_anew),
		TEST(once_does_what_is_due_and_gives_up_the_lease),
		TEST(forced_once_signs_everything),
		TEST(once_may_be_for_one_pool),
		TEST(once_says_who_cannot_be_signed),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
