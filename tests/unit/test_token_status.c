/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status that access tokens carry, in whole requests: given, ended one by one, looked
 * at. Families: test_status_family.c.
 */
#include "config.h"

#include "base/b64.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/unit/assertions.h"
#include "tests/unit/token_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define JWT_BEARER "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
#define HOUR 3600

static char text[SEAM_TEXT_MAX];

static int close_service(void **state)
{
	(void)state;
	tally_fake_service_close(&service);
	return 0;
}

static int open_on(void **state)
{
	(void)state;
	seam_open(&service, ON);
	return 0;
}

/* ---- giving ---- */

/* A client like demo with a status of its own choice. */
static void add_client(const char *id, enum tally_client_status status,
		       enum tally_token_format format)
{
	struct tally_arena *arena = tally_arena_new(4096, 65536);
	struct tally_store *store = service.store;
	struct tally_client_record client;

	assert_int_equal(store->ops->client_find(store, arena, TALLY_SPAN(TALLY_FAKE_CLIENT),
						 &client), TALLY_OK);
	client.client_id = tally_span_of(id);
	client.status = status;
	client.format = format;
	assert_int_equal(store->ops->client_add(store, &client), TALLY_OK);
	tally_arena_free(arena);
}

static void add_machine(void)
{
	struct tally_key *key = assertion_key(TALLY_ALG_ES256, 0);

	assertion_add_machine(service.store, "m1");
	assertion_add_user_key(service.store, "m1", "k", key, 0);
	assertion_sign(key, "{\"alg\":\"ES256\",\"kid\":\"k\"}",
		       "{\"iss\":\"m1\",\"sub\":\"m1\",\"aud\":\"https://as.example\","
		       "\"iat\":@0,\"exp\":@60}", text);
}

static void every_grant_gives_an_entry_of_its_own(void **state)
{
	struct tally_status_ref refs[5];
	char form[SEAM_TEXT_MAX + sizeof(JWT_BEARER) + 16];

	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	refs[0] = status_entry(access_token);
	status_log_in();
	refs[1] = status_entry(access_token);
	seam_refresh(&service, refresh_token, access_token, text);
	refs[2] = status_entry(access_token);
	add_machine();
	snprintf(form, sizeof(form), JWT_BEARER "&assertion=%s", text);
	status_get(NULL, form);
	refs[3] = status_entry(access_token);
	status_get(TALLY_FAKE_CLIENT, form);
	refs[4] = status_entry(access_token);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&refs[i], &refs[k], sizeof(refs[i]));
	assert_int_equal(tally_fake_token_status_taken(service.status), 5);
	assert_int_equal(status_marked(), 0);
}

/* draft-ietf-oauth-status-list §6.2, to the byte. */
static void the_claim_is_as_the_draft_has_it(void **state)
{
	static const char want[] =
		",\"status\":{\"status_list\":{\"idx\":0,"
		"\"uri\":\"https://as.example/status-lists/tokens-0\"}}}";
	static char claims[SEAM_TEXT_MAX];
	struct tally_span rest;
	size_t n;

	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	rest = tally_span_of(access_token);
	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), claims, sizeof(claims), &n),
			 TALLY_OK);
	assert_true(n > sizeof(want));
	assert_memory_equal(claims + n - (sizeof(want) - 1), want, sizeof(want) - 1);
}

static void who_is_not_to_have_one_takes_none(void **state)
{
	struct tally_status_ref ref;

	(void)state;
	seam_open(&service, REDIS "[tokens]\nstatus = off\n");
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	assert_false(status_is_there(access_token, &ref));
	tally_fake_service_close(&service);
	seam_open(&service, ON "format = opaque\n");
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	assert_memory_equal(access_token, "ta_", 3);
	assert_int_equal(tally_fake_token_status_taken(service.status), 0);
	tally_fake_service_close(&service);
}

static void a_client_may_differ(void **state)
{
	static const char *const globals[] = { REDIS "[tokens]\nstatus = off\n", ON };
	struct tally_status_ref ref;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		seam_open(&service, globals[i]);
		add_client("on", TALLY_STATUS_ON, TALLY_FORMAT_DEFAULT);
		add_client("off", TALLY_STATUS_OFF, TALLY_FORMAT_DEFAULT);
		add_client("opaque", TALLY_STATUS_ON, TALLY_FORMAT_OPAQUE);
		status_get("on", CLIENT_CREDENTIALS);
		assert_true(status_is_there(access_token, &ref));
		status_get("off", CLIENT_CREDENTIALS);
		assert_false(status_is_there(access_token, &ref));
		status_get("opaque", CLIENT_CREDENTIALS);
		assert_memory_equal(access_token, "ta_", 3);
		assert_int_equal(tally_fake_token_status_taken(service.status), 1);
		tally_fake_service_close(&service);
	}
}

/* Never a token that could not be revoked; what needs no status goes on. */
static void without_an_entry_there_is_no_token(void **state)
{
	(void)state;
	add_client("off", TALLY_STATUS_OFF, TALLY_FORMAT_DEFAULT);
	tally_fake_token_status_left(service.status, 1);
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	struct tally_span response =
		seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);

	seam_assert_fault(response, "503", "temporarily_unavailable");
	seam_assert_has(response, "Retry-After: ");
	status_get("off", CLIENT_CREDENTIALS);
	tally_fake_token_status_left(service.status, 1);
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
}

/* A refresh token is not used up for nothing. */
static void a_refresh_without_an_entry_can_be_repeated(void **state)
{
	static const char *const modes[] = { "none", "refresh", "all" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), ON "persistence = %s\nrefresh-grace = 0s\n", modes[i]);
		seam_open(&service, text);
		status_log_in();
		tally_fake_token_status_left(service.status, 0);
		seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
					    "grant_type=refresh_token&refresh_token=%s",
					    refresh_token), "503", "temporarily_unavailable");
		tally_fake_token_status_left(service.status, 1);
		seam_refresh(&service, refresh_token, access_token, text);
		assert_true(seam_is_active(&service, access_token));
		tally_fake_service_close(&service);
	}
}

/* A client's own wish, where the service has no lists at all. */
static void without_redis_there_is_no_token_either(void **state)
{
	(void)state;
	seam_open_without_redis(&service, NULL);
	add_client("on", TALLY_STATUS_ON, TALLY_FORMAT_DEFAULT);
	seam_assert_fault(seam_post(&service, "/oauth2/token", "on", CLIENT_CREDENTIALS), "503",
			  "temporarily_unavailable");
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_service_close(&service);
}

/* ---- ending ---- */

static void revoking_marks_this_token_alone(void **state)
{
	static char other[SEAM_TEXT_MAX];

	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	snprintf(other, sizeof(other), "%s", access_token);
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	seam_assert_fault(status_revoke(SEAM_OTHER, access_token), "400", "invalid_grant");
	assert_int_equal(status_marked(), 0);
	status_revoke_well(access_token);
	status_revoke_well(access_token);
	assert_true(status_is_marked(access_token));
	assert_false(status_is_marked(other));
	assert_int_equal(status_marked(), 1);
	assert_false(seam_is_active(&service, access_token));
	assert_true(seam_is_active(&service, other));
}

/* RFC 7009 §2.2.1: who is told 503 asks again. What could be done has been done. */
static void what_cannot_be_written_down_is_said(void **state)
{
	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_token_status_down(service.status, true);
	struct tally_span response = status_revoke(TALLY_FAKE_CLIENT, access_token);

	seam_assert_fault(response, "503", "temporarily_unavailable");
	seam_assert_has(response, "Retry-After: ");
	assert_false(seam_is_active(&service, access_token));
	assert_int_equal(status_marked(), 0);
	tally_fake_token_status_down(service.status, false);
	status_revoke_well(access_token);
	assert_true(status_is_marked(access_token));
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_store_down(service.store, true);
	seam_assert_fault(status_revoke(TALLY_FAKE_CLIENT, access_token), "503",
			  "temporarily_unavailable");
	assert_true(status_is_marked(access_token));
	tally_fake_store_down(service.store, false);
	status_revoke_well(access_token);
}

/* An entry may be set past the endpoints, by a whole pool for example. */
static void what_the_list_says_is_seen_at_once(void **state)
{
	(void)state;
	status_log_in();
	struct tally_status_ref ref = status_entry(access_token);

	assert_true(seam_is_active(&service, access_token));
	assert_int_equal(service.status->revoke(service.status, &ref, 1), TALLY_OK);
	assert_false(seam_is_active(&service, access_token));
	seam_assert_has(seam_userinfo(&service, access_token), "Status: 401 ");
	assert_true(seam_is_active(&service, refresh_token));
}

static void what_the_list_says_must_be_known(void **state)
{
	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(seam_post(&service, "/oauth2/introspect", TALLY_FAKE_CLIENT, "token=%s",
				    access_token), "503", "temporarily_unavailable");
	tally_fake_token_status_down(service.status, false);
	assert_true(seam_is_active(&service, access_token));
	/* Of what was revoked nobody needs to ask the list. */
	status_revoke_well(access_token);
	tally_fake_token_status_down(service.status, true);
	assert_false(seam_is_active(&service, access_token));
}

/* As after a start without Redis: what the database has is written and read. */
static void what_is_ours_must_be_known(void **state)
{
	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_token_status_unknown(service.status, true);
	seam_assert_fault(seam_post(&service, "/oauth2/introspect", TALLY_FAKE_CLIENT, "token=%s",
				    access_token), "503", "temporarily_unavailable");
	seam_assert_fault(status_revoke(TALLY_FAKE_CLIENT, access_token), "503",
			  "temporarily_unavailable");
	assert_false(seam_is_active(&service, access_token));
	tally_fake_token_status_unknown(service.status, false);
	assert_int_equal(status_marked(), 0);
	status_revoke_well(access_token);
	assert_true(status_is_marked(access_token));
}

/* Switched off, what was given before can still be ended. */
static void tokens_of_before_can_be_ended(void **state)
{
	(void)state;
	seam_open(&service, REDIS "[tokens]\nstatus = off\n");
	add_client("on", TALLY_STATUS_ON, TALLY_FORMAT_DEFAULT);
	status_get("on", CLIENT_CREDENTIALS);
	seam_assert_has(status_revoke("on", access_token), "Status: 200 OK\r\n");
	assert_true(status_is_marked(access_token));
	tally_fake_service_close(&service);
}

/* A token of ours, signed by our key, that says this of its status. */
static void sign_with_status(const char *status)
{
	char claims[1024], id_text[TALLY_TOKEN_ID_CHARS + 1];
	int64_t exp = tally_clock_now() + HOUR;
	struct tally_token_id id;

	assert_int_equal(tally_token_id_make(&id, tally_clock_now_us(), exp), TALLY_OK);
	tally_b64url_put(id_text, id.bytes, sizeof(id.bytes));
	snprintf(claims, sizeof(claims),
		 "{\"iss\":\"https://as.example\",\"sub\":\"demo\",\"client_id\":\"demo\","
		 "\"aud\":\"https://as.example\",\"exp\":%lld,\"jti\":\"%.22s\",\"status\":%s}",
		 (long long)exp, id_text, status);
	seam_sign(&service, "at+jwt", claims, text);
}

#define LIST(idx, uri) "{\"status_list\":{\"idx\":" idx ",\"uri\":\"" uri "\"}}"
#define OURS "https://as.example/status-lists/tokens-0"

static void entries_that_are_not_ours_are_left_alone(void **state)
{
	static const char *const foreign[] = {
		LIST("0", "https://other.example/status-lists/tokens-0"),
		LIST("0", OURS "x"),
		LIST("64", OURS),
		LIST("9007199254740991", OURS),
		"{}",
		"{\"other_list\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		sign_with_status(foreign[i]);
		assert_true(seam_is_active(&service, text));
		status_revoke_well(text);
		assert_false(seam_is_active(&service, text));
		assert_int_equal(status_marked(), 0);
	}
	sign_with_status(LIST("5", OURS));
	status_revoke_well(text);
	assert_int_equal(status_marked(), 1);
}

static void what_we_would_never_sign_is_no_token(void **state)
{
	static const char *const malformed[] = {
		LIST("-1", OURS), LIST("\"0\"", OURS), LIST("0.5", OURS),
		LIST("1e300", OURS), "{\"status_list\":{\"idx\":0}}",
		"{\"status_list\":{\"uri\":\"" OURS "\"}}", "{\"status_list\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		sign_with_status(malformed[i]);
		assert_false(seam_is_active(&service, text));
		status_revoke_well(text);
		assert_int_equal(status_marked(), 0);
	}
}

/* Whose signature is not ours gets nobody's entry marked. */
static void a_forged_token_marks_nothing(void **state)
{
	(void)state;
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	char *last = &access_token[strlen(access_token) - 20];

	*last = *last == 'A' ? 'B' : 'A';
	status_revoke_well(access_token);
	assert_int_equal(status_marked(), 0);
}

#define OPEN(test) { #test, test, open_on, close_service, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(every_grant_gives_an_entry_of_its_own),
		OPEN(the_claim_is_as_the_draft_has_it),
		cmocka_unit_test(who_is_not_to_have_one_takes_none),
		cmocka_unit_test(a_client_may_differ),
		OPEN(without_an_entry_there_is_no_token),
		cmocka_unit_test(a_refresh_without_an_entry_can_be_repeated),
		cmocka_unit_test(without_redis_there_is_no_token_either),
		OPEN(revoking_marks_this_token_alone),
		OPEN(what_cannot_be_written_down_is_said),
		OPEN(what_the_list_says_is_seen_at_once),
		OPEN(what_the_list_says_must_be_known),
		OPEN(what_is_ours_must_be_known),
		cmocka_unit_test(tokens_of_before_can_be_ended),
		OPEN(entries_that_are_not_ours_are_left_alone),
		OPEN(what_we_would_never_sign_is_no_token),
		OPEN(a_forged_token_marks_nothing),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	int failed = cmocka_run_group_tests_name("token_status", tests, NULL, NULL);

	assertion_free_keys();
	return failed;
}
