/* SPDX-License-Identifier: Apache-2.0 */
/* The status that access tokens carry, in whole requests: given, ended, looked at. */
#include "config.h"

#include "admin/revoke.h"
#include "base/b64.h"
#include "codec/json_in.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/assertions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define REDIS "[redis]\nsocket = /nowhere\n"
#define ON REDIS "[tokens]\nstatus = on\n"
#define CLIENT_CREDENTIALS "grant_type=client_credentials"
#define JWT_BEARER "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
#define HOUR 3600
#define DAY 86400

static char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX];
static struct tally_fake_service service;

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

/* ---- looking at tokens ---- */

static struct tally_json *claims_of(const char *token)
{
	static char claims[SEAM_TEXT_MAX];
	struct tally_span rest = tally_span_of(token);
	struct tally_json *json;
	size_t n;

	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), claims, sizeof(claims), &n),
			 TALLY_OK);
	assert_int_equal(tally_json_parse(tally_span(claims, n), sizeof(claims), &json), TALLY_OK);
	return json;
}

/* Whether a token has the claim; its entry, which is one of ours. */
static bool has_status(const char *token, struct tally_status_ref *out)
{
	struct tally_json *claims = claims_of(token);
	const struct tally_json *status = tally_json_member(claims, "status");
	const struct tally_json *entry = tally_json_member(status, "status_list");
	struct tally_span uri;
	int64_t idx;

	if (status != NULL) {
		assert_true(tally_json_string(tally_json_member(entry, "uri"), &uri));
		assert_true(tally_json_integer(tally_json_member(entry, "idx"), &idx));
		assert_int_equal(service.status->find(service.status, uri, (uint64_t)idx, out),
				 TALLY_OK);
	}
	tally_json_free(claims);
	return status != NULL;
}

static struct tally_status_ref entry_of(const char *token)
{
	struct tally_status_ref ref = { 0 };

	assert_true(has_status(token, &ref));
	return ref;
}

/* What the list says of a token. */
static bool is_marked(const char *token)
{
	return tally_fake_token_status_is_set(service.status, entry_of(token));
}

static uint32_t marked(void)
{
	return tally_fake_token_status_set_count(service.status);
}

/* ---- getting tokens ---- */

static void get(const char *client, const char *form)
{
	struct tally_span response = seam_post(&service, "/oauth2/token", client, "%s", form);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", access_token);
}

/* By the password grant: an access token and a refresh token. */
static void log_in(void)
{
	struct tally_span response = seam_post(
		&service, "/oauth2/token", TALLY_FAKE_CLIENT, "%s",
		"grant_type=password&username=" TALLY_FAKE_LOGIN
		"&password=correct+horse+battery+staple&scope=read");

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", access_token);
	seam_member(response, "refresh_token", refresh_token);
}

static struct tally_span revoke(const char *client, const char *token)
{
	return seam_post(&service, "/oauth2/revoke", client, "token=%s", token);
}

static void revoke_well(const char *token)
{
	seam_assert_has(revoke(TALLY_FAKE_CLIENT, token), "Status: 200 OK\r\n");
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
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	refs[0] = entry_of(access_token);
	log_in();
	refs[1] = entry_of(access_token);
	seam_refresh(&service, refresh_token, access_token, text);
	refs[2] = entry_of(access_token);
	add_machine();
	snprintf(form, sizeof(form), JWT_BEARER "&assertion=%s", text);
	get(NULL, form);
	refs[3] = entry_of(access_token);
	get(TALLY_FAKE_CLIENT, form);
	refs[4] = entry_of(access_token);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&refs[i], &refs[k], sizeof(refs[i]));
	assert_int_equal(tally_fake_token_status_taken(service.status), 5);
	assert_int_equal(marked(), 0);
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
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
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
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	assert_false(has_status(access_token, &ref));
	tally_fake_service_close(&service);
	seam_open(&service, ON "format = opaque\n");
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
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
		get("on", CLIENT_CREDENTIALS);
		assert_true(has_status(access_token, &ref));
		get("off", CLIENT_CREDENTIALS);
		assert_false(has_status(access_token, &ref));
		get("opaque", CLIENT_CREDENTIALS);
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
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	struct tally_span response =
		seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);

	seam_assert_fault(response, "503", "temporarily_unavailable");
	seam_assert_has(response, "Retry-After: ");
	get("off", CLIENT_CREDENTIALS);
	tally_fake_token_status_left(service.status, 1);
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
}

/* A refresh token is not used up for nothing. */
static void a_refresh_without_an_entry_can_be_repeated(void **state)
{
	static const char *const modes[] = { "none", "refresh", "all" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), ON "persistence = %s\nrefresh-grace = 0s\n", modes[i]);
		seam_open(&service, text);
		log_in();
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
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_service_close(&service);
}

/* ---- ending ---- */

static void revoking_marks_this_token_alone(void **state)
{
	static char other[SEAM_TEXT_MAX];

	(void)state;
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	snprintf(other, sizeof(other), "%s", access_token);
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	seam_assert_fault(revoke(SEAM_OTHER, access_token), "400", "invalid_grant");
	assert_int_equal(marked(), 0);
	revoke_well(access_token);
	revoke_well(access_token);
	assert_true(is_marked(access_token));
	assert_false(is_marked(other));
	assert_int_equal(marked(), 1);
	assert_false(seam_is_active(&service, access_token));
	assert_true(seam_is_active(&service, other));
}

/* RFC 7009 §2.2.1: who is told 503 asks again. What could be done has been done. */
static void what_cannot_be_written_down_is_said(void **state)
{
	(void)state;
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_token_status_down(service.status, true);
	struct tally_span response = revoke(TALLY_FAKE_CLIENT, access_token);

	seam_assert_fault(response, "503", "temporarily_unavailable");
	seam_assert_has(response, "Retry-After: ");
	assert_false(seam_is_active(&service, access_token));
	assert_int_equal(marked(), 0);
	tally_fake_token_status_down(service.status, false);
	revoke_well(access_token);
	assert_true(is_marked(access_token));
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_store_down(service.store, true);
	seam_assert_fault(revoke(TALLY_FAKE_CLIENT, access_token), "503",
			  "temporarily_unavailable");
	assert_true(is_marked(access_token));
	tally_fake_store_down(service.store, false);
	revoke_well(access_token);
}

/* An entry may be set past the endpoints, by a whole pool for example. */
static void what_the_list_says_is_seen_at_once(void **state)
{
	(void)state;
	log_in();
	struct tally_status_ref ref = entry_of(access_token);

	assert_true(seam_is_active(&service, access_token));
	assert_int_equal(service.status->revoke(service.status, &ref, 1), TALLY_OK);
	assert_false(seam_is_active(&service, access_token));
	seam_assert_has(seam_userinfo(&service, access_token), "Status: 401 ");
	assert_true(seam_is_active(&service, refresh_token));
}

static void what_the_list_says_must_be_known(void **state)
{
	(void)state;
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(seam_post(&service, "/oauth2/introspect", TALLY_FAKE_CLIENT, "token=%s",
				    access_token), "503", "temporarily_unavailable");
	tally_fake_token_status_down(service.status, false);
	assert_true(seam_is_active(&service, access_token));
	/* Of what was revoked nobody needs to ask the list. */
	revoke_well(access_token);
	tally_fake_token_status_down(service.status, true);
	assert_false(seam_is_active(&service, access_token));
}

/* Switched off, what was given before can still be ended. */
static void tokens_of_before_can_be_ended(void **state)
{
	(void)state;
	seam_open(&service, REDIS "[tokens]\nstatus = off\n");
	add_client("on", TALLY_STATUS_ON, TALLY_FORMAT_DEFAULT);
	get("on", CLIENT_CREDENTIALS);
	seam_assert_has(revoke("on", access_token), "Status: 200 OK\r\n");
	assert_true(is_marked(access_token));
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
		revoke_well(text);
		assert_false(seam_is_active(&service, text));
		assert_int_equal(marked(), 0);
	}
	sign_with_status(LIST("5", OURS));
	revoke_well(text);
	assert_int_equal(marked(), 1);
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
		revoke_well(text);
		assert_int_equal(marked(), 0);
	}
}

/* Whose signature is not ours gets nobody's entry marked. */
static void a_forged_token_marks_nothing(void **state)
{
	(void)state;
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	char *last = &access_token[strlen(access_token) - 20];

	*last = *last == 'A' ? 'B' : 'A';
	revoke_well(access_token);
	assert_int_equal(marked(), 0);
}

/* ---- families, kept and sealed ---- */

#define LINE 12

/* Tokens of one family: that of the login, then of one refresh after the other. */
static char accesses[LINE][SEAM_TEXT_MAX], refreshes[LINE][SEAM_TEXT_MAX];

static void open_family(void **state, const char *more)
{
	static const char *const modes[] = { "none", "refresh", "all" };

	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	snprintf(text, sizeof(text), ON "persistence = %s\n%s", modes[(size_t)(intptr_t)*state],
		 more);
	seam_open(&service, text);
	log_in();
	memcpy(accesses[0], access_token, sizeof(access_token));
	memcpy(refreshes[0], refresh_token, sizeof(refresh_token));
}

static void refresh_on(int from, int to, int seconds_between)
{
	for (int i = from; i < to; i++) {
		tally_fake_clock_advance(seconds_between);
		seam_refresh(&service, refreshes[i], accesses[i + 1], refreshes[i + 1]);
	}
}

static void assert_marked(int from, int to)
{
	for (int i = from; i <= to; i++)
		if (!is_marked(accesses[i]))
			fail_msg("access token %d is not marked", i);
	assert_int_equal(marked(), to - from + 1);
	for (int i = from; i <= to; i++)
		assert_false(seam_is_active(&service, accesses[i]));
}

static void assert_reused(const char *token)
{
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token&refresh_token=%s", token),
			  "400", "invalid_grant");
}

static void a_family_ends_with_its_access_tokens(void **state)
{
	open_family(state, "");
	get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	refresh_on(0, 3, 60);
	revoke_well(refreshes[3]);
	assert_marked(0, 3);
	assert_false(seam_is_active(&service, refreshes[3]));
	tally_fake_service_close(&service);
}

/* Of what has expired nobody needs to be told. */
static void expired_ones_fall_off(void **state)
{
	open_family(state, "access-lifetime = 100s\n");
	refresh_on(0, 4, 60);
	revoke_well(refreshes[4]);
	assert_true(is_marked(accesses[4]) && is_marked(accesses[3]));
	assert_int_equal(marked(), 2);
	tally_fake_service_close(&service);
}

/* An old token is what a client may still have: its successors are found. */
static void revoking_an_old_token_ends_all_that_came_of_it(void **state)
{
	open_family(state, "");
	refresh_on(0, 4, 60);
	revoke_well(refreshes[1]);
	assert_marked(0, 4);
	tally_fake_service_close(&service);
}

/* RFC 9700 §4.14.2: whoever has the newer ones, thief or client, loses them. */
static void a_reuse_ends_all_that_came_of_it(void **state)
{
	open_family(state, "");
	refresh_on(0, 4, 60);
	assert_reused(refreshes[0]);
	assert_marked(0, 4);
	assert_reused(refreshes[4]);
	assert_int_equal(marked(), 5);
	tally_fake_service_close(&service);
}

/* Without grace the second of two is a reuse, and what the first was given ends. */
static void a_repeat_without_grace_ends_what_was_given(void **state)
{
	open_family(state, "refresh-grace = 0s\n");
	refresh_on(0, 1, 0);
	assert_reused(refreshes[0]);
	assert_marked(0, 1);
	tally_fake_service_close(&service);
}

/* More than fit: the newest of each line are known, by the last token alone. */
static void of_many_the_newest_are_known(void **state)
{
	open_family(state, "");
	refresh_on(0, LINE - 1, 1);
	revoke_well(refreshes[LINE - 1]);
	for (int i = LINE - 8; i < LINE; i++)
		assert_true(is_marked(accesses[i]));
	assert_int_equal(marked(), 8);
	for (int i = 0; i < LINE; i++)
		assert_false(seam_is_active(&service, accesses[i]));
	tally_fake_service_close(&service);
}

static void a_family_whose_entries_fail_is_asked_for_again(void **state)
{
	open_family(state, "");
	refresh_on(0, 2, 60);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(revoke(TALLY_FAKE_CLIENT, refreshes[2]), "503",
			  "temporarily_unavailable");
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token&refresh_token=%s", refreshes[2]),
			  "400", "invalid_grant");
	tally_fake_token_status_down(service.status, false);
	revoke_well(refreshes[2]);
	assert_marked(0, 2);
	tally_fake_service_close(&service);
}

/* Made while its family was being ended: marked when it comes back. */
static void who_comes_late_is_marked_then(void **state)
{
	open_family(state, "");
	refresh_on(0, 2, 60);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(revoke(TALLY_FAKE_CLIENT, refreshes[2]), "503",
			  "temporarily_unavailable");
	tally_fake_token_status_down(service.status, false);
	assert_reused(refreshes[2]);
	assert_marked(0, 2);
	tally_fake_service_close(&service);
}

/* Kept from the time before: it knows of nothing, and is none the worse for it. */
static void a_token_that_knows_nothing_is_fine(void **state)
{
	open_family(state, "");
	struct tally_refresh_record record = seam_record(&service);

	if (*state == NULL)
		seam_seal(&record, refreshes[0]);
	else
		seam_keep(&service, &record, refreshes[0]);
	refresh_on(0, 1, 60);
	revoke_well(refreshes[0]);
	assert_true(is_marked(accesses[1]));
	assert_int_equal(marked(), 1);
	tally_fake_service_close(&service);
}

/* ---- all of a client or a user, by hand ---- */

static void count_calls(void *context, uint64_t rows)
{
	(void)rows;
	++*(unsigned int *)context;
}

/* Two of demo's own, one of a user by it, and one of another client. */
static struct tally_revoker open_many(void **state, struct tally_arena **arena)
{
	open_family(state, "");
	get(SEAM_OTHER, CLIENT_CREDENTIALS "&scope=read");
	memcpy(accesses[1], access_token, sizeof(access_token));
	for (int i = 2; i < 4; i++) {
		get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
		memcpy(accesses[i], access_token, sizeof(access_token));
	}
	*arena = tally_arena_new(4096, 1 << 20);
	assert_non_null(*arena);
	return (struct tally_revoker){
		.store = service.store,
		.marks = service.marks,
		.token_status = service.status,
		.arena = *arena,
		.progress = count_calls,
	};
}

/* What is kept of them is marked: nothing, what refresh tokens know, everything. */
static void all_of_a_client_are_marked(void **state)
{
	static const uint32_t want[] = { 0, 1, 3 };
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	unsigned int calls = 0;

	revoker.context = &calls;
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(marked(), want[(size_t)(intptr_t)*state]);
	assert_true(revoked.entries >= marked());
	assert_true(calls > 0);
	assert_false(is_marked(accesses[1]));
	assert_int_equal(is_marked(accesses[0]), marked() >= 1);
	assert_int_equal(is_marked(accesses[2]) && is_marked(accesses[3]), marked() == 3);
	for (int i = 0; i < 4; i++) {
		struct tally_span answer = seam_post(&service, "/oauth2/introspect", SEAM_READER,
						     "token=%s", accesses[i]);

		assert_int_equal(seam_has(answer, "\"active\":true"), i == 1);
	}
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

static void all_of_a_user_are_marked(void **state)
{
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	struct tally_span user_id;
	unsigned int calls = 0;

	revoker.context = &calls;
	refresh_on(0, 1, 60);
	assert_int_equal(tally_admin_revoke_user(&revoker, TALLY_SPAN(TALLY_FAKE_LOGIN), &user_id,
						 &revoked), TALLY_OK);
	assert_int_equal(marked(), *state == NULL ? 0 : 2);
	assert_int_equal(is_marked(accesses[0]) && is_marked(accesses[1]), *state != NULL);
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

/* The database's half is done, the other is said to be missing, and done the second time. */
static void what_could_not_be_marked_is_said(void **state)
{
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	unsigned int calls = 0;

	revoker.context = &calls;
	tally_fake_token_status_down(service.status, true);
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(marked(), 0);
	assert_false(seam_is_active(&service, accesses[0]));
	tally_fake_token_status_down(service.status, false);
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(marked(), 3);
	/* Nothing is looked for that nobody could mark. */
	calls = 0;
	revoker.token_status = NULL;
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(calls, 0);
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

#define OPEN(test) { #test, test, open_on, close_service, NULL }
#define EACH(test) \
	{ #test " (none)", test, NULL, NULL, (void *)0 }, \
	{ #test " (refresh)", test, NULL, NULL, (void *)1 }, \
	{ #test " (all)", test, NULL, NULL, (void *)2 }

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
		cmocka_unit_test(tokens_of_before_can_be_ended),
		OPEN(entries_that_are_not_ours_are_left_alone),
		OPEN(what_we_would_never_sign_is_no_token),
		OPEN(a_forged_token_marks_nothing),
		EACH(a_family_ends_with_its_access_tokens),
		EACH(expired_ones_fall_off),
		EACH(revoking_an_old_token_ends_all_that_came_of_it),
		EACH(a_reuse_ends_all_that_came_of_it),
		EACH(a_repeat_without_grace_ends_what_was_given),
		EACH(of_many_the_newest_are_known),
		EACH(a_family_whose_entries_fail_is_asked_for_again),
		EACH(who_comes_late_is_marked_then),
		EACH(a_token_that_knows_nothing_is_fine),
		EACH(all_of_a_client_are_marked),
		EACH(all_of_a_user_are_marked),
		{ "what_could_not_be_marked_is_said", what_could_not_be_marked_is_said, NULL, NULL,
		  (void *)2 },
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	int failed = cmocka_run_group_tests_name("token_status", tests, NULL, NULL);

	assertion_free_keys();
	return failed;
}
