/* SPDX-License-Identifier: Apache-2.0 */
/* Introspection, revocation and userinfo in whole requests. */
#include "config.h"

#include "base/b64.h"
#include "store/token_id.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cmocka.h>

#define ISSUER "https://as.example"
#define CLIENT_TOKEN "grant_type=client_credentials"

static char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX];
static struct tally_fake_service service;

static const char *const configurations[] = {
	"[tokens]\npersistence = all\n",
	"[tokens]\npersistence = refresh\n",
	"[tokens]\npersistence = none\n",
	"[tokens]\nformat = opaque\n",
};

#define EACH_CONFIGURATION(i) \
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++)

/* An access token and a refresh token of ann, in the form of the configuration. */
static void open_with_tokens(const char *more)
{
	seam_open(&service, more);
	struct tally_refresh_record record = seam_record(&service);

	seam_keep(&service, &record, text);
	seam_refresh(&service, text, access_token, refresh_token);
}

static void client_token(char out[SEAM_TEXT_MAX])
{
	struct tally_span response = seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
					       CLIENT_TOKEN);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", out);
}

static struct tally_span introspect(const char *client, const char *token)
{
	return seam_post(&service, "/oauth2/introspect", client, "token=%s", token);
}

static struct tally_span revoke(const char *client, const char *token)
{
	return seam_post(&service, "/oauth2/revoke", client, "token=%s", token);
}

static void assert_inactive(struct tally_span response)
{
	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "Cache-Control: no-store\r\n");
	seam_assert_has(response, "\r\n\r\n{\"active\":false}");
}

/* RFC 7662 §2.2. */
static void active_tokens_are_described(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		struct tally_span response = introspect(TALLY_FAKE_CLIENT, access_token);

		seam_assert_has(response, "{\"active\":true,\"scope\":\"openid profile read write\","
				"\"client_id\":\"demo\",\"username\":\"ann\","
				"\"token_type\":\"Bearer\",\"exp\":");
		seam_assert_has(response, "\"sub\":\"u-ann\",\"aud\":\"https://api.example\","
				"\"iss\":\"" ISSUER "\",\"jti\":\"");
		response = introspect(TALLY_FAKE_CLIENT, refresh_token);
		seam_assert_has(response, "{\"active\":true,");
		assert_false(seam_has(response, "token_type"));
		client_token(text);
		response = introspect(TALLY_FAKE_CLIENT, text);
		seam_assert_has(response, "\"sub\":\"demo\"");
		assert_false(seam_has(response, "username"));
		tally_fake_service_close(&service);
	}
}

static void only_those_may_know_who_should(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		assert_inactive(introspect(SEAM_OTHER, access_token));
		assert_inactive(introspect(SEAM_OTHER, refresh_token));
		seam_assert_has(introspect(SEAM_READER, access_token), "{\"active\":true,");
		seam_assert_has(introspect(SEAM_READER, refresh_token), "{\"active\":true,");
		struct tally_refresh_record record = seam_record(&service);

		record.owner.audience = TALLY_SPAN(SEAM_OTHER);
		seam_keep(&service, &record, text);
		seam_refresh(&service, text, access_token, refresh_token);
		seam_assert_has(introspect(SEAM_OTHER, access_token), "{\"active\":true,");
		assert_inactive(introspect(SEAM_OTHER, refresh_token));
		tally_fake_service_close(&service);
	}
}

static void a_client_must_authenticate(void **state)
{
	static const char *const uris[] = { "/oauth2/introspect", "/oauth2/revoke" };

	(void)state;
	open_with_tokens(NULL);
	for (size_t i = 0; i < 2; i++) {
		seam_assert_fault(seam_post(&service, uris[i], NULL, "token=%s", access_token),
				  "401", "invalid_client");
		seam_assert_fault(seam_post(&service, uris[i], NULL,
					    "token=%s&client_id=demo&client_secret=x",
					    access_token), "401", "invalid_client");
		seam_assert_fault(seam_post(&service, uris[i], "nobody", "token=%s", access_token),
				  "401", "invalid_client");
		seam_assert_fault(seam_post(&service, uris[i], TALLY_FAKE_CLIENT, "x=1"), "400",
				  "invalid_request");
		seam_assert_fault(seam_post(&service, uris[i], TALLY_FAKE_CLIENT, "token="), "400",
				  "invalid_request");
		seam_assert_fault(seam_post(&service, uris[i], TALLY_FAKE_CLIENT,
					    "token=a&token=b"), "400", "invalid_request");
	}
	assert_true(seam_is_active(&service, access_token));
	tally_fake_service_close(&service);
}

/* What no endpoint takes for a live access token. */
static void assert_worthless(const char *token, const char *why)
{
	struct tally_span response = introspect(SEAM_READER, token);

	if (!seam_has(response, "\r\n\r\n{\"active\":false}"))
		fail_msg("%s is active: %.*s", why, TALLY_SPAN_ARG(response));
	response = seam_userinfo(&service, token);
	if (!seam_has(response, "\"error\":\"invalid_token\""))
		fail_msg("%s at userinfo: %.*s", why, TALLY_SPAN_ARG(response));
	seam_assert_has(response, "Status: 401 ");
	seam_assert_has(response, "WWW-Authenticate: Bearer realm=\"Tallystick\", "
			"error=\"invalid_token\", error_description=\"");
}

#define CLAIMS(iss, exp, jti, rest) \
	"{\"iss\":" iss ",\"sub\":\"u-ann\",\"aud\":\"x\",\"client_id\":\"demo\",\"exp\":" exp \
	",\"jti\":" jti ",\"scope\":\"openid\"" rest "}"
#define JTI "\"AAAAAAAAAAAAAAAAAAAAAA\""
#define GOOD CLAIMS("\"" ISSUER "\"", "1767229200", JTI, "")

/* RFC 8725 §3.11: a kind of JWT is good in its own place only. */
static void jwts_of_another_kind_are_worthless(void **state)
{
	static const struct {
		const char *typ;
		const char *claims;
	} rows[] = {
		{ "JWT", GOOD }, /* an ID token */
		{ NULL, GOOD },
		{ "statuslist+jwt", GOOD },
		{ "client-authentication+jwt", GOOD },
		{ "at+jwt; x", GOOD },
		{ "at+jwt", CLAIMS("\"" ISSUER "/\"", "1767229200", JTI, "") },
		{ "at+jwt", CLAIMS("\"https://AS.example\"", "1767229200", JTI, "") },
		{ "at+jwt", CLAIMS("[\"" ISSUER "\"]", "1767229200", JTI, "") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767225600", JTI, "") }, /* now */
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "\"1767229200\"", JTI, "") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767229200.5", JTI, "") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767229200", "\"x\"", "") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767229200", "7", "") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767229200", JTI, ",\"fam\":\"x\"") },
		{ "at+jwt", CLAIMS("\"" ISSUER "\"", "1767229200", JTI, ",\"sub\":\"x\"") },
		{ "at+jwt", "{}" }, { "at+jwt", "[]" }, { "at+jwt", "" }, { "at+jwt", "{" },
	};

	(void)state;
	open_with_tokens(NULL);
	seam_sign(&service, "at+jwt", GOOD, text);
	assert_true(seam_is_active(&service, text));
	seam_assert_has(seam_userinfo(&service, text), "Status: 200 OK\r\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seam_sign(&service, rows[i].typ, rows[i].claims, text);
		assert_worthless(text, rows[i].claims);
	}
	tally_fake_service_close(&service);
}

static void put_part(struct tally_buf *buf, const char *part)
{
	tally_b64url_add(buf, part, strlen(part));
}

/* A JWS with this header, and as its signature an HMAC with this key. */
static void forge(const char *header, const void *key, size_t key_size, bool empty)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_size;
	struct tally_buf buf;

	tally_buf_over(&buf, text, sizeof(text));
	put_part(&buf, header);
	tally_buf_add_char(&buf, '.');
	put_part(&buf, GOOD);
	assert_non_null(HMAC(EVP_sha256(), key, (int)key_size, (unsigned char *)buf.p, buf.n, mac,
			     &mac_size));
	tally_buf_add_char(&buf, '.');
	if (!empty)
		tally_b64url_add(&buf, mac, mac_size);
	tally_buf_cstr(&buf);
}

/* RFC 8725 §2.1. */
static void forged_jwts_are_worthless(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"NONE\",\"typ\":\"at+jwt\"}",
	};
	struct tally_arena *arena = tally_arena_new(4096, 1 << 20);
	struct tally_key_record *keys;
	size_t count;

	(void)state;
	open_with_tokens(NULL);
	assert_int_equal(service.store->ops->key_list(service.store, arena, &keys, &count),
			 TALLY_OK);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		forge(headers[i], keys[0].public_der.p, keys[0].public_der.n, false);
		assert_worthless(text, headers[i]);
		forge(headers[i], "", 0, false);
		assert_worthless(text, headers[i]);
		forge(headers[i], "", 0, true);
		assert_worthless(text, headers[i]);
	}
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

static void what_is_no_access_token_is_no_bearer(void **state)
{
	static const char *const bad[] = { "x", "a.b.c", "ta_x", "..", "Bearer x" };

	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		seam_assert_fault(seam_userinfo(&service, refresh_token), "401", "invalid_token");
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
			assert_worthless(bad[k], bad[k]);
		tally_fake_service_close(&service);
	}
}

static void userinfo_says_what_the_scopes_ask_for(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		struct tally_span response = seam_userinfo(&service, access_token);

		seam_assert_has(response, "Status: 200 OK\r\n");
		seam_assert_has(response, "\r\n\r\n{\"sub\":\"u-ann\",\"name\":\"Ann \\\"A.\\\" Other\","
				"\"preferred_username\":\"ann\"}");
		response = seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				     "grant_type=refresh_token&scope=openid&refresh_token=%s",
				     refresh_token);
		seam_member(response, "access_token", access_token);
		seam_assert_has(seam_userinfo(&service, access_token),
				"\r\n\r\n{\"sub\":\"u-ann\"}");
		response = seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				     "grant_type=refresh_token&scope=read&refresh_token=%s",
				     refresh_token);
		seam_member(response, "access_token", access_token);
		response = seam_userinfo(&service, access_token);
		seam_assert_fault(response, "403", "insufficient_scope");
		seam_assert_has(response, "Bearer realm=\"Tallystick\", "
				"error=\"insufficient_scope\"");
		client_token(access_token);
		seam_assert_fault(seam_userinfo(&service, access_token), "401", "invalid_token");
		tally_fake_service_close(&service);
	}
}

/* RFC 6750 §3.1: no error where there was no token; and the header alone counts. */
static void userinfo_takes_the_header_alone(void **state)
{
	static char body[SEAM_TEXT_MAX + 32];
	struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/userinfo",
		.content_type = "application/x-www-form-urlencoded",
	};

	(void)state;
	open_with_tokens(NULL);
	int n = snprintf(body, sizeof(body), "access_token=%s", access_token);

	request.body = tally_span(body, (size_t)n);
	struct tally_span response = tally_fake_service_send(&service, &request);

	seam_assert_fault(response, "401", "token_required");
	seam_assert_has(response, "WWW-Authenticate: Bearer realm=\"Tallystick\"\r\n");
	request.authorization = "Basic ZGVtbzp4";
	seam_assert_fault(tally_fake_service_send(&service, &request), "401", "token_required");
	n = snprintf(body, sizeof(body), "bearer %s", access_token);
	request.authorization = body;
	request.body = tally_span(NULL, 0);
	seam_assert_has(tally_fake_service_send(&service, &request), "Status: 200 OK\r\n");
	tally_fake_service_close(&service);
}

/* Introspection, refresh and userinfo agree. */
static void assert_all_over(void)
{
	assert_inactive(introspect(SEAM_READER, access_token));
	assert_inactive(introspect(TALLY_FAKE_CLIENT, refresh_token));
	seam_assert_fault(seam_userinfo(&service, access_token), "401", "invalid_token");
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token&refresh_token=%s", refresh_token),
			  "400", "invalid_grant");
}

static void a_revoked_refresh_token_takes_all_with_it(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		struct tally_span response = revoke(TALLY_FAKE_CLIENT, refresh_token);

		seam_assert_has(response, "Status: 200 OK\r\n");
		seam_assert_has(response, "Content-Length: 0\r\n");
		assert_all_over();
		seam_assert_has(revoke(TALLY_FAKE_CLIENT, refresh_token), "Status: 200 OK\r\n");
		tally_fake_service_close(&service);
	}
}

static void a_revoked_access_token_ends_alone(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		seam_assert_has(seam_post(&service, "/oauth2/revoke", TALLY_FAKE_CLIENT,
					  "token=%s&token_type_hint=refresh_token", access_token),
				"Status: 200 OK\r\n");
		assert_worthless(access_token, "a revoked token");
		assert_true(seam_is_active(&service, refresh_token));
		seam_refresh(&service, refresh_token, access_token, text);
		assert_true(seam_is_active(&service, access_token));
		tally_fake_service_close(&service);
	}
}

/* RFC 7009 §2.1 and §2.2. */
static void what_may_not_be_revoked_lives_on(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		seam_assert_fault(revoke(SEAM_OTHER, access_token), "400", "invalid_grant");
		seam_assert_fault(revoke(SEAM_OTHER, refresh_token), "400", "invalid_grant");
		seam_assert_fault(revoke(SEAM_READER, access_token), "400", "invalid_grant");
		seam_assert_has(revoke(TALLY_FAKE_CLIENT, "tr_nonsense"), "Status: 200 OK\r\n");
		seam_assert_has(revoke(TALLY_FAKE_CLIENT, "%00x"), "Status: 400 ");
		seam_assert_has(seam_post(&service, "/oauth2/revoke", TALLY_FAKE_CLIENT,
					  "token=x&token_type_hint=pineapple"), "Status: 200 OK\r\n");
		seam_sign(&service, "JWT", GOOD, text);
		seam_assert_fault(revoke(TALLY_FAKE_CLIENT, text), "400",
				  "unsupported_token_type");
		assert_true(seam_is_active(&service, access_token));
		assert_true(seam_is_active(&service, refresh_token));
		tally_fake_service_close(&service);
	}
}

static void a_disabled_user_or_client_ends_tokens(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		struct tally_store *store = service.store;

		assert_int_equal(store->ops->user_disable(store, TALLY_SPAN(SEAM_USER), 1),
				 TALLY_OK);
		tally_fake_clock_advance(11);
		assert_all_over();
		assert_int_equal(store->ops->user_disable(store, TALLY_SPAN(SEAM_USER), 0),
				 TALLY_OK);
		tally_fake_clock_advance(11);
		assert_true(seam_is_active(&service, access_token));
		assert_int_equal(store->ops->client_disable(store, TALLY_SPAN(TALLY_FAKE_CLIENT), 1),
				 TALLY_OK);
		tally_fake_clock_advance(11);
		assert_worthless(access_token, "a token of a disabled client");
		assert_int_equal(store->ops->client_remove(store, TALLY_SPAN(TALLY_FAKE_CLIENT)),
				 TALLY_OK);
		tally_fake_clock_advance(11);
		assert_worthless(access_token, "a token of a removed client");
		tally_fake_service_close(&service);
	}
}

/* "Everything until now": what was issued later in the same second lives. */
static void a_watermark_is_exact_to_the_token(void **state)
{
	static const struct {
		enum tally_watermark_kind kind;
		const char *who;
	} marks[] = { { TALLY_WATERMARK_CLIENT, TALLY_FAKE_CLIENT },
		      { TALLY_WATERMARK_SUBJECT, SEAM_USER } };
	static char later_access[SEAM_TEXT_MAX], later_refresh[SEAM_TEXT_MAX];

	(void)state;
	for (size_t k = 0; k < 2; k++)
		EACH_CONFIGURATION(i) {
			open_with_tokens(configurations[i]);
			struct tally_store *store = service.store;

			assert_int_equal(store->ops->revoke_all(store, marks[k].kind,
								tally_span_of(marks[k].who),
								tally_clock_now_us()), TALLY_OK);
			tally_fake_clock_advance_ms(1);
			struct tally_refresh_record record = seam_record(&service);

			seam_keep(&service, &record, text);
			seam_refresh(&service, text, later_access, later_refresh);
			assert_all_over();
			assert_true(seam_is_active(&service, later_access));
			assert_true(seam_is_active(&service, later_refresh));
			seam_assert_has(seam_userinfo(&service, later_access), "Status: 200 OK\r\n");
			tally_fake_service_close(&service);
		}
}

/* However the store fails, nothing is said of the token. */
static void an_outage_is_no_answer(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		unsigned int failed = 0;
		char more[128];

		snprintf(more, sizeof(more), "%saccess-lifetime = 12h\n", configurations[i]);
		open_with_tokens(more);
		const char *const tokens[] = { access_token, refresh_token };

		for (unsigned int nth = 1; nth < 10; nth++)
			for (size_t k = 0; k < 2; k++) {
				tally_fake_clock_advance(301); /* past every cache */
				tally_fake_store_fail(service.store, nth, TALLY_ERR_UNAVAILABLE);
				struct tally_span response =
					introspect(TALLY_FAKE_CLIENT, tokens[k]);

				tally_fake_store_fail(service.store, 0, TALLY_OK);
				if (seam_has(response, "{\"active\":true,"))
					continue;
				seam_assert_fault(response, "503", "temporarily_unavailable");
				failed++;
			}
		assert_true(failed >= 6);
		tally_fake_store_down(service.store, true);
		seam_assert_fault(seam_userinfo(&service, access_token), "503",
				  "temporarily_unavailable");
		seam_assert_fault(revoke(TALLY_FAKE_CLIENT, access_token), "503",
				  "temporarily_unavailable");
		seam_assert_fault(revoke(TALLY_FAKE_CLIENT, refresh_token), "503",
				  "temporarily_unavailable");
		tally_fake_service_close(&service);
	}
}

/* A used refresh token is over, however it is kept; an expired token is, too. */
static void used_and_expired_tokens_are_inactive(void **state)
{
	(void)state;
	EACH_CONFIGURATION(i) {
		open_with_tokens(configurations[i]);
		seam_refresh(&service, refresh_token, text, text);
		assert_inactive(introspect(TALLY_FAKE_CLIENT, refresh_token));
		tally_fake_clock_advance(3599);
		assert_true(seam_is_active(&service, access_token));
		tally_fake_clock_advance(1);
		assert_worthless(access_token, "an expired token");
		seam_assert_has(revoke(TALLY_FAKE_CLIENT, access_token), "Status: 200 OK\r\n");
		tally_fake_service_close(&service);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_tokens_are_described),
		cmocka_unit_test(only_those_may_know_who_should),
		cmocka_unit_test(a_client_must_authenticate),
		cmocka_unit_test(jwts_of_another_kind_are_worthless),
		cmocka_unit_test(forged_jwts_are_worthless),
		cmocka_unit_test(what_is_no_access_token_is_no_bearer),
		cmocka_unit_test(userinfo_says_what_the_scopes_ask_for),
		cmocka_unit_test(userinfo_takes_the_header_alone),
		cmocka_unit_test(a_revoked_refresh_token_takes_all_with_it),
		cmocka_unit_test(a_revoked_access_token_ends_alone),
		cmocka_unit_test(what_may_not_be_revoked_lives_on),
		cmocka_unit_test(a_disabled_user_or_client_ends_tokens),
		cmocka_unit_test(a_watermark_is_exact_to_the_token),
		cmocka_unit_test(an_outage_is_no_answer),
		cmocka_unit_test(used_and_expired_tokens_are_inactive),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("token_check", tests, NULL, NULL);
}
