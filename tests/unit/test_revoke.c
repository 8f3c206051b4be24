/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation by hand (tallystick revoke), and what the endpoints then say. */
#include "config.h"

#include "admin/revoke.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX];
static char later[SEAM_TEXT_MAX], later_refresh[SEAM_TEXT_MAX];
static struct tally_fake_service service;
static struct tally_arena *arena;

static const struct tally_wrap_keys wrong = { .keys = { { "another one of 32 bytes, see it" } },
					      .count = 1 };

static struct tally_wrap_keys right(void)
{
	return (struct tally_wrap_keys){ .keys = { tally_fake_wrap_key }, .count = 1 };
}

static int open_service(void **state)
{
	static const char *const more[] = { "[tokens]\npersistence = all\n",
					    "[tokens]\npersistence = none\n",
					    "[tokens]\nformat = opaque\n" };

	seam_open(&service, more[(size_t)(intptr_t)*state]);
	arena = tally_arena_new(4096, 1 << 20);
	struct tally_refresh_record record = seam_record(&service);

	seam_keep(&service, &record, text);
	seam_refresh(&service, text, access_token, refresh_token);
	return 0;
}

static int close_service(void **state)
{
	(void)state;
	tally_arena_free(arena);
	tally_fake_service_close(&service);
	return 0;
}

static struct tally_revoker revoker(void)
{
	return (struct tally_revoker){
		.store = service.store,
		.marks = service.marks,
		.token_status = service.status,
		.arena = arena,
	};
}

static enum tally_err revoke(const struct tally_wrap_keys *wrap, const char *token,
			     struct tally_token *out)
{
	const struct tally_revoker with = revoker();

	return tally_admin_revoke_token(&with, tally_app_conf(service.app), wrap,
					tally_span_of(token), out);
}

static void an_access_token_ends_alone(void **state)
{
	const struct tally_wrap_keys wrap = right();
	struct tally_token token;

	(void)state;
	assert_int_equal(revoke(&wrap, access_token, &token), TALLY_OK);
	assert_int_equal(token.kind, TALLY_TOKEN_ACCESS);
	assert_memory_equal(token.owner.subject.p, SEAM_USER, token.owner.subject.n);
	assert_false(seam_is_active(&service, access_token));
	assert_true(seam_is_active(&service, refresh_token));
}

static void a_refresh_token_ends_with_its_family(void **state)
{
	const struct tally_wrap_keys wrap = right();
	struct tally_token token;

	(void)state;
	assert_int_equal(revoke(&wrap, refresh_token, &token), TALLY_OK);
	assert_int_equal(token.kind, TALLY_TOKEN_REFRESH);
	assert_false(seam_is_active(&service, access_token));
	assert_false(seam_is_active(&service, refresh_token));
}

static void what_is_no_token_is_not_revoked(void **state)
{
	const struct tally_wrap_keys wrap = right();
	struct tally_token token;
	unsigned int calls;

	(void)state;
	assert_int_equal(revoke(&wrap, "", &token), TALLY_ERR_NOT_FOUND);
	assert_int_equal(revoke(&wrap, "nonsense", &token), TALLY_ERR_NOT_FOUND);
	seam_sign(&service, "JWT", "{}", text);
	assert_int_equal(revoke(&wrap, text, &token), TALLY_ERR_NOT_FOUND);
	calls = tally_fake_store_calls(service.store);
	assert_int_not_equal(revoke(&wrong, access_token, &token), TALLY_OK);
	assert_int_equal(tally_fake_store_calls(service.store), calls + 1); /* the keys */
	tally_fake_store_down(service.store, true);
	assert_int_equal(revoke(&wrap, access_token, &token), TALLY_ERR_UNAVAILABLE);
	tally_fake_store_down(service.store, false);
	assert_true(seam_is_active(&service, access_token));
}

/* Tokens of the same second: those made before end, those made after do not. */
static void refresh_later(void)
{
	tally_fake_clock_advance_ms(1);
	struct tally_refresh_record record = seam_record(&service);

	seam_keep(&service, &record, text);
	seam_refresh(&service, text, later, later_refresh);
}

static void all_of_a_client_end(void **state)
{
	const struct tally_revoker with = revoker();
	struct tally_revoked_all revoked;

	(void)state;
	assert_int_equal(tally_admin_revoke_client(&with, TALLY_SPAN("nobody"), &revoked),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(tally_admin_revoke_client(&with, TALLY_SPAN(TALLY_FAKE_CLIENT), &revoked),
			 TALLY_OK);
	assert_true(revoked.until_us == tally_clock_now_us());
	refresh_later();
	assert_false(seam_is_active(&service, access_token));
	assert_false(seam_is_active(&service, refresh_token));
	assert_true(seam_is_active(&service, later));
	assert_true(seam_is_active(&service, later_refresh));
}

static void all_of_a_user_end(void **state)
{
	static const char *const names[] = { SEAM_USER, SEAM_LOGIN };
	const struct tally_revoker with = revoker();
	struct tally_revoked_all revoked;
	struct tally_span user_id;

	(void)state;
	assert_int_equal(tally_admin_revoke_user(&with, TALLY_SPAN("nobody"), &user_id, &revoked),
			 TALLY_ERR_NOT_FOUND);
	for (size_t i = 0; i < 2; i++) {
		refresh_later();
		assert_true(seam_is_active(&service, later));
		assert_int_equal(tally_admin_revoke_user(&with, tally_span_of(names[i]), &user_id,
							 &revoked), TALLY_OK);
		assert_memory_equal(user_id.p, SEAM_USER, user_id.n);
		assert_false(seam_is_active(&service, later));
		assert_false(seam_is_active(&service, later_refresh));
	}
	refresh_later();
	assert_false(seam_is_active(&service, access_token));
	assert_true(seam_is_active(&service, later));
	assert_true(seam_is_active(&service, later_refresh));
}

#define EACH(test) \
	{ #test " (all)", test, open_service, close_service, (void *)0 }, \
	{ #test " (none)", test, open_service, close_service, (void *)1 }, \
	{ #test " (opaque)", test, open_service, close_service, (void *)2 }

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(an_access_token_ends_alone),
		EACH(a_refresh_token_ends_with_its_family),
		EACH(what_is_no_token_is_not_revoked),
		EACH(all_of_a_client_end),
		EACH(all_of_a_user_end),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("revoke", tests, NULL, NULL);
}
