/* SPDX-License-Identifier: Apache-2.0 */
/* What is sealed in the store, sealed with another key. */
#include "config.h"

#include "admin/client.h"
#include "admin/rewrap.h"
#include "oauth/secret.h"
#include "sys/log.h"
#include "tests/fake/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define CLIENT TALLY_SPAN("signer")

static struct tally_store *store;
static struct tally_arena *arena;
static struct tally_new_secret secret;

/* The old key alone, both with the new one in front, and the new one alone. */
static struct tally_wrap_keys old, both, young;

static int setup(void **state)
{
	const struct tally_client_record client = {
		.client_id = CLIENT, .grants = TALLY_SPAN("client_credentials"),
	};
	const struct tally_secret_use use = { .for_jwt = true, .wrap = &tally_fake_wrap_key };
	const struct tally_key_record by_uri = {
		.kid = TALLY_SPAN("elsewhere"), .alg = TALLY_SPAN("ES256"),
		.uri = TALLY_SPAN("pkcs11:"), .created_at = 1,
	};
	struct tally_span client_id;

	(void)state;
	old = (struct tally_wrap_keys){ .keys = { tally_fake_wrap_key }, .count = 1 };
	young = (struct tally_wrap_keys){ .keys = { { .bytes = "another key" } }, .count = 1 };
	both = (struct tally_wrap_keys){ .keys = { young.keys[0], old.keys[0] }, .count = 2 };
	store = tally_fake_store_new();
	arena = tally_arena_new(4096, 1u << 20);
	assert_non_null(store);
	assert_non_null(arena);
	tally_fake_key_add(store, "k1", "ES256", 1);
	tally_fake_key_add(store, "k2", "EdDSA", 1);
	assert_int_equal(store->ops->key_add(store, &by_uri), TALLY_OK);
	assert_int_equal(tally_admin_client_add(store, arena, &client, &use, &client_id, &secret),
			 TALLY_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store->ops->close(store);
	tally_arena_free(arena);
	return 0;
}

static void assert_rewrap(const struct tally_wrap_keys *wrap, enum tally_err want,
			  struct tally_rewrap_report counts)
{
	struct tally_rewrap_report report;

	assert_int_equal(tally_admin_rewrap(store, arena, wrap, &report), want);
	assert_int_equal(report.keys, counts.keys);
	assert_int_equal(report.secrets, counts.secrets);
	assert_int_equal(report.present, counts.present);
	assert_int_equal(report.unopened, counts.unopened);
}

/* The secret as it is in the store opens with this key, and is what it was. */
static void assert_opens(const struct tally_wrap_keys *wrap, enum tally_err want)
{
	char bytes[TALLY_SECRET_WRAPPED_MAX];
	struct tally_client_record client;
	struct tally_buf buf;

	tally_buf_over(&buf, bytes, sizeof(bytes));
	assert_int_equal(store->ops->client_find(store, arena, CLIENT, &client), TALLY_OK);
	assert_int_equal(tally_secret_unwrap(wrap, CLIENT, &client.secrets[0], &buf), want);
	if (want == TALLY_OK)
		assert_true(tally_span_eq(tally_buf_span(&buf), tally_span_of(secret.text)));
}

static void everything_is_sealed_anew_and_once(void **state)
{
	(void)state;
	assert_rewrap(&old, TALLY_OK, (struct tally_rewrap_report){ .present = 3 });
	assert_opens(&young, TALLY_ERR_VERIFY);
	assert_rewrap(&both, TALLY_OK, (struct tally_rewrap_report){ .keys = 2, .secrets = 1 });
	assert_opens(&young, TALLY_OK);
	assert_opens(&old, TALLY_ERR_VERIFY);
	assert_rewrap(&both, TALLY_OK, (struct tally_rewrap_report){ .present = 3 });
	assert_rewrap(&young, TALLY_OK, (struct tally_rewrap_report){ .present = 3 });
}

static void what_nothing_opens_is_told_and_kept(void **state)
{
	const struct tally_wrap_keys none = { .count = 0 };

	(void)state;
	assert_rewrap(&young, TALLY_ERR_VERIFY, (struct tally_rewrap_report){ .unopened = 3 });
	assert_opens(&old, TALLY_OK);
	assert_rewrap(&none, TALLY_ERR_CONFIG, (struct tally_rewrap_report){ .keys = 0 });
}

/* Stopped anywhere, it is completed by the next run. */
static void an_outage_leaves_all_of_it_usable(void **state)
{
	struct tally_rewrap_report report;
	unsigned int failed = 0;

	(void)state;
	while (failed < 20) {
		tally_fake_store_fail(store, failed + 1, TALLY_ERR_UNAVAILABLE);
		if (tally_admin_rewrap(store, arena, &both, &report) == TALLY_OK)
			break;
		failed++;
	}
	assert_true(failed >= 2 && failed <= 19);
	tally_fake_store_fail(store, 0, TALLY_OK);
	assert_rewrap(&young, TALLY_OK, (struct tally_rewrap_report){ .present = 3 });
}

/* Somebody else was faster: that is no failure, and nothing is overwritten. */
static void only_what_was_read_is_replaced(void **state)
{
	struct tally_client_record client;

	(void)state;
	assert_int_equal(store->ops->client_find(store, arena, CLIENT, &client), TALLY_OK);
	assert_rewrap(&both, TALLY_OK, (struct tally_rewrap_report){ .keys = 2, .secrets = 1 });
	assert_int_equal(store->ops->client_secret_rewrap(store, client.number, &client.secrets[0],
							  TALLY_SPAN("late")), TALLY_ERR_NOT_FOUND);
	assert_opens(&young, TALLY_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_sealed_anew_and_once),
		TEST(what_nothing_opens_is_told_and_kept),
		TEST(an_outage_leaves_all_of_it_usable),
		TEST(only_what_was_read_is_replaced),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("rewrap", tests, NULL, NULL);
}
