/* SPDX-License-Identifier: Apache-2.0 */
/* The status of our own tokens in the pool that is theirs. */
#include "config.h"

#include "status/pool_priv.h"
#include "status/token_status.h"
#include "sys/log.h"
#include "tests/unit/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SMALL "[pool.tokens]\nsize = 16\nprefetch-capacity = 40\nprefetch-threshold = 10\n" \
	      "max-amount = 10\nprefetch-on-underflow = fail\n"
#define ON "[tokens]\nstatus = on\n"
#define LISTS 20u

static struct pools_fixture fixture;
static struct tally_token_status *status;

static int open_fixture(void **state)
{
	(void)state;
	pools_open(&fixture);
	status = tally_token_status_new(fixture.pools);
	return status ? 0 : -1;
}

static int close_fixture(void **state)
{
	(void)state;
	tally_token_status_free(status);
	pools_close(&fixture);
	return 0;
}

static void refresh(const char *more)
{
	assert_int_equal(pools_refresh(&fixture, fixture.pools, more), TALLY_OK);
	tally_refill_round(fixture.pools->refill);
}

static void open_small(void)
{
	refresh(SMALL);
	pools_publish(&fixture, "tokens", LISTS);
	tally_fake_clock_advance_ms(1000);
	tally_refill_round(fixture.pools->refill);
}

static bool is_revoked(struct tally_status_ref ref)
{
	bool out;

	assert_int_equal(status->is_revoked(status, ref, &out), TALLY_OK);
	return out;
}

/* An entry of its own for each, and a URI that stays. */
static void each_token_has_its_own_entry(void **state)
{
	static bool seen[LISTS * 16];
	struct tally_span uris[40];
	struct tally_status_ref refs[40], found;

	(void)state;
	open_small();
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(status->take(status, &refs[i], &uris[i]), TALLY_OK);
		bool *one = &seen[refs[i].list * 16 + refs[i].index];

		assert_false(*one);
		*one = true;
	}
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(status->find(status, uris[i], refs[i].index, &found), TALLY_OK);
		assert_int_equal(found.list, refs[i].list);
		assert_int_equal(found.index, refs[i].index);
		assert_false(is_revoked(refs[i]));
	}
	assert_int_equal(status->take(status, &refs[0], &uris[0]), TALLY_ERR_UNAVAILABLE);
}

static void what_is_revoked_is_marked(void **state)
{
	struct tally_status_ref refs[40];
	struct tally_span uri;

	(void)state;
	open_small();
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(status->take(status, &refs[i], &uri), TALLY_OK);
	unsigned int before = tally_fake_lists_calls(fixture.lists);

	assert_int_equal(status->revoke(status, refs, 20), TALLY_OK);
	/* One call for each list. */
	assert_true(tally_fake_lists_calls(fixture.lists) - before <= 2);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(is_revoked(refs[i]), i < 20);
	assert_int_equal(status->revoke(status, refs, 40), TALLY_OK);
	assert_int_equal(status->revoke(status, refs, 0), TALLY_OK);
	for (size_t i = 0; i < 40; i++)
		assert_true(is_revoked(refs[i]));
}

/* Many at once, of all lists, one of which is gone. */
static void many_are_revoked_in_batches(void **state)
{
	static struct tally_status_ref refs[600];

	(void)state;
	open_small();
	for (size_t i = 0; i < 600; i++)
		refs[i] = (struct tally_status_ref){ .list = (uint32_t)(i % (LISTS + 1)),
						     .index = (uint32_t)(i % 16) };
	assert_int_equal(status->revoke(status, refs, 600), TALLY_OK);
	for (size_t i = 0; i < 600; i++)
		assert_true(is_revoked(refs[i]));
	tally_fake_lists_fail(fixture.lists, 5, TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->revoke(status, refs, 600), TALLY_ERR_UNAVAILABLE);
}

/* What was put at something else by whoever else has a key is revoked like the rest. */
static void another_final_status_does_not_save_a_token(void **state)
{
	const struct tally_status_ref ref = { 0, 5 };
	const struct tally_list_update other = { 5, 3 };
	struct tally_lists *lists = fixture.lists;
	unsigned int value;
	size_t at;

	(void)state;
	refresh("[pool.tokens]\nbits = 2\nfinal-status = 3\n");
	pools_publish(&fixture, "tokens", 1);
	assert_int_equal(lists->ops->update(lists, TALLY_SPAN("tokens"), 0, &other, 1, 3, 0, &at),
			 TALLY_OK);
	assert_true(is_revoked(ref));
	assert_int_equal(status->revoke(status, &ref, 1), TALLY_OK);
	assert_int_equal(lists->ops->read(lists, TALLY_SPAN("tokens"), 0, 5, &value), TALLY_OK);
	assert_int_equal(value, 1);
}

static void what_is_not_ours_is_not_found(void **state)
{
	static const char *const others[] = {
		"", "https://as.example/status-lists/", "https://as.example/status-lists/tokens-x",
		"https://as.example/status-lists/other-0123456789ab", "https://evil.example/",
		"https://as.example/status-lists/tokens-ffffffffffff",
	};
	struct tally_status_ref ref;
	struct tally_span uri;

	(void)state;
	open_small();
	assert_int_equal(status->take(status, &ref, &uri), TALLY_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(status->find(status, tally_span_of(others[i]), 1, &ref),
				 TALLY_ERR_NOT_FOUND);
	assert_int_equal(status->find(status, uri, 16, &ref), TALLY_ERR_NOT_FOUND);
	assert_int_equal(status->find(status, uri, UINT64_MAX, &ref), TALLY_ERR_NOT_FOUND);
	assert_int_equal(status->find(status, uri, 15, &ref), TALLY_OK);
}

/* A revoked token must not become good because nobody can ask. */
static void what_is_not_known_is_not_denied(void **state)
{
	const struct tally_span uri = TALLY_SPAN("https://as.example/status-lists/tokens-0123456789ab");
	struct tally_status_ref ref = { 0, 0 };
	bool out;

	(void)state;
	assert_int_equal(status->find(status, uri, 1, &ref), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->is_revoked(status, ref, &out), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->revoke(status, &ref, 1), TALLY_ERR_UNAVAILABLE);
	tally_fake_lists_down(fixture.lists, true);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, ON), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->find(status, uri, 1, &ref), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->is_revoked(status, ref, &out), TALLY_ERR_UNAVAILABLE);
	tally_fake_lists_down(fixture.lists, false);
	open_small();
	tally_fake_lists_down(fixture.lists, true);
	assert_int_equal(status->is_revoked(status, ref, &out), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status->revoke(status, &ref, 1), TALLY_ERR_UNAVAILABLE);
}

/* Nobody can verify a token whose list is gone. */
static void a_token_without_a_list_is_no_good(void **state)
{
	(void)state;
	open_small();
	assert_true(is_revoked((struct tally_status_ref){ LISTS, 0 }));
	assert_true(is_revoked((struct tally_status_ref){ 0, 16 }));
	assert_false(is_revoked((struct tally_status_ref){ LISTS - 1, 15 }));
}

static void the_first_token_brings_its_pool(void **state)
{
	struct tally_status_ref ref;
	struct tally_span uri;

	(void)state;
	refresh("");
	assert_int_equal(status->find(status, TALLY_SPAN("x"), 1, &ref), TALLY_ERR_NOT_FOUND);
	assert_int_equal(status->revoke(status, &ref, 0), TALLY_OK);
	assert_int_equal(status->take(status, &ref, &uri), TALLY_ERR_UNAVAILABLE);
	refresh("");
	pools_publish(&fixture, "tokens", 1);
	tally_fake_clock_advance_ms(1000);
	tally_refill_round(fixture.pools->refill);
	assert_int_equal(status->take(status, &ref, &uri), TALLY_OK);
	assert_true(tally_span_starts_with(uri, TALLY_SPAN("https://as.example/status-lists/tokens-")));
	refresh("[pool.tokens]\nsize = 1000000\nretired = on\n");
	assert_int_equal(status->take(status, &ref, &uri), TALLY_ERR_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_token_has_its_own_entry),
		TEST(what_is_revoked_is_marked),
		TEST(many_are_revoked_in_batches),
		TEST(another_final_status_does_not_save_a_token),
		TEST(what_is_not_ours_is_not_found),
		TEST(what_is_not_known_is_not_denied),
		TEST(a_token_without_a_list_is_no_good),
		TEST(the_first_token_brings_its_pool),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("own_status", tests, NULL, NULL);
}
