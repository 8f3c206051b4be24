/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7523 §2.1 in whole requests: trusted issuers. */
#include "config.h"

#include "admin/issuer.h"
#include "codec/json_out.h"
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

#define GRANT "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
#define OURS "https://as.example"
#define AUD "\"aud\":\"" OURS "\""
#define ISSUER "https://issuer.example"
#define ISS "\"iss\":\"" ISSUER "\""
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"i1\"}"

static struct tally_fake_service service;
static char text[SEAM_TEXT_MAX];

static struct tally_key *es256(void)
{
	return assertion_key(TALLY_ALG_ES256, 0);
}

/* Beside the usual ones a machine user, whose key the issuer has, too. */
static int setup(void **state)
{
	(void)state;
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	seam_open(&service, NULL);
	assertion_add_machine(service.store, "m1");
	assertion_add_user_key(service.store, "m1", "m1-ES256", es256(), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tally_fake_service_close(&service);
	return 0;
}

static struct tally_span ask(const char *assertion)
{
	return seam_post(&service, "/oauth2/token", NULL, GRANT "&assertion=%s", assertion);
}

static struct tally_span ask_by(const char *client, const char *assertion)
{
	return seam_post(&service, "/oauth2/token", client, GRANT "&assertion=%s", assertion);
}

static void assert_ok(struct tally_span response)
{
	seam_assert_has(response, "Status: 200 OK\r\n");
}

static void assert_refused(struct tally_span response, const char *why)
{
	if (!seam_has(response, "Status: 400 ") || !seam_has(response, "\"invalid_grant\""))
		fail_msg("%s:\n%.*s", why, TALLY_SPAN_ARG(response));
	assert_false(seam_has(response, "access_token"));
}

/* The issuer's set: two ES256 keys, an ES384 key without kid, and one that is not for us. */
static void add_issuer(const char *audience, enum tally_subject_mapping mapping)
{
	static char set[SEAM_TEXT_MAX];
	struct tally_json_out json;
	struct tally_buf buf;

	tally_buf_over(&buf, set, sizeof(set));
	tally_json_begin(&json, &buf);
	tally_json_object(&json, NULL);
	tally_json_array(&json, "keys");
	assert_int_equal(tally_key_add_jwk(es256(), "i1", &json), TALLY_OK);
	assert_int_equal(tally_key_add_jwk(assertion_key(TALLY_ALG_ES256, 1), "i2", &json),
			 TALLY_OK);
	assert_int_equal(tally_key_add_jwk(assertion_key(TALLY_ALG_ES384, 0), NULL, &json),
			 TALLY_OK);
	tally_json_add_raw(&json, NULL, TALLY_SPAN("{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"i3\"}"));
	tally_json_array_end(&json);
	tally_json_object_end(&json);
	const struct tally_issuer_record record = {
		.issuer = TALLY_SPAN(ISSUER),
		.jwks = tally_buf_span(&buf),
		.audience = tally_span_of(audience),
		.mapping = mapping,
		.created_at = 1,
	};

	assert_int_equal(service.store->ops->issuer_add(service.store, &record), TALLY_OK);
}

/* What is given of it, and only if all of that is right. */
static void an_issuer_is_set(void **state)
{
	struct tally_issuer_record wanted = {
		.issuer = TALLY_SPAN(ISSUER), .jwks = TALLY_SPAN("{\"keys\":[]}"),
		.audience = TALLY_SPAN("us"), .mapping = TALLY_SUBJECT_USER,
	};
	const struct tally_store_ops *ops = service.store->ops;
	struct tally_arena *arena = tally_arena_new(4096, 1u << 20);
	struct tally_issuer_keys_report report;
	struct tally_issuer_record before, got;

	(void)state;
	add_issuer("", TALLY_SUBJECT_LOGIN);
	assert_int_equal(ops->issuer_find(service.store, arena, wanted.issuer, &before), TALLY_OK);
	assert_int_equal(tally_admin_issuer_set(service.store, arena, &wanted,
						TALLY_ISSUER_AUDIENCE, &report), TALLY_OK);
	assert_int_equal(report.usable, 0);
	assert_int_equal(ops->issuer_find(service.store, arena, wanted.issuer, &got), TALLY_OK);
	assert_true(tally_span_eq(got.audience, wanted.audience));
	assert_true(tally_span_eq(got.jwks, before.jwks));
	assert_int_equal(got.mapping, TALLY_SUBJECT_LOGIN);
	/* None of its keys could verify, and nothing changes then. */
	assert_int_equal(tally_admin_issuer_set(service.store, arena, &wanted,
						TALLY_ISSUER_JWKS | TALLY_ISSUER_MAPPING, &report),
			 TALLY_ERR_USAGE);
	assert_int_equal(ops->issuer_find(service.store, arena, wanted.issuer, &got), TALLY_OK);
	assert_int_equal(got.mapping, TALLY_SUBJECT_LOGIN);
	wanted.jwks = before.jwks;
	assert_int_equal(tally_admin_issuer_set(service.store, arena, &wanted,
						TALLY_ISSUER_JWKS | TALLY_ISSUER_MAPPING, &report),
			 TALLY_OK);
	assert_int_equal(report.usable, 3);
	assert_int_equal(report.skipped, 1);
	wanted.audience = TALLY_SPAN("a\nb");
	assert_int_equal(tally_admin_issuer_set(service.store, arena, &wanted,
						TALLY_ISSUER_AUDIENCE, &report), TALLY_ERR_USAGE);
	wanted.issuer = TALLY_SPAN("https://nobody.example");
	assert_int_equal(tally_admin_issuer_set(service.store, arena, &wanted,
						TALLY_ISSUER_MAPPING, &report),
			 TALLY_ERR_NOT_FOUND);
	tally_arena_free(arena);
}

static const char *issued(const char *sub, const char *aud)
{
	char claims[512];

	snprintf(claims, sizeof(claims), "{" ISS ",\"sub\":\"%s\",\"aud\":\"%s\",\"exp\":@60}", sub,
		 aud);
	return assertion_sign(es256(), HEADER, claims, text);
}

static void an_issuer_speaks_for_anybody(void **state)
{
	(void)state;
	add_issuer("", TALLY_SUBJECT_AS_IS);
	struct tally_span response = seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
					       GRANT "&scope=openid%%20read&assertion=%s",
					       issued("somebody-elsewhere", OURS));

	assert_ok(response);
	assert_false(seam_has(response, "id_token")); /* there is no user to speak of */
	assert_false(seam_has(response, "refresh_token"));
	struct tally_json *claims = assertion_claims(response, "access_token");

	assertion_assert_claim(claims, "sub", "somebody-elsewhere");
	assertion_assert_claim(claims, "client_id", TALLY_FAKE_CLIENT);
	tally_json_free(claims);
	assert_ok(ask_by(TALLY_FAKE_CLIENT, issued("x", OURS "/oauth2/token")));
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued("x", "https://api.example")), "aud");
	/* Nobody but a client that authenticates, and may. */
	assert_refused(ask(issued("x", OURS)), "without a client");
	assert_refused(ask(issued(ISSUER, OURS)), "without a client, about itself");
	seam_assert_fault(ask_by(SEAM_OTHER, text), "400", "unauthorized_client");
}

static void an_issuers_keys_are_its_own(void **state)
{
	static const char claims[] = "{" ISS ",\"sub\":\"x\"," AUD ",\"exp\":@60}";
	struct tally_key *es384 = assertion_key(TALLY_ALG_ES384, 0);
	struct tally_key *second = assertion_key(TALLY_ALG_ES256, 1);

	(void)state;
	add_issuer("", TALLY_SUBJECT_AS_IS);
#define BY(key, header) ask_by(TALLY_FAKE_CLIENT, assertion_sign(key, header, claims, text))
	assert_ok(BY(es256(), HEADER));
	assert_ok(BY(second, "{\"alg\":\"ES256\",\"kid\":\"i2\"}"));
	assert_ok(BY(es384, "{\"alg\":\"ES384\"}"));
	assert_refused(BY(second, HEADER), "the other key");
	assert_refused(BY(es256(), "{\"alg\":\"ES256\"}"), "one of two");
	assert_refused(BY(es256(), "{\"alg\":\"ES256\",\"kid\":\"m1-ES256\"}"), "a user's kid");
	assert_refused(BY(es384, "{\"alg\":\"ES384\",\"kid\":\"i1\"}"), "another algorithm");
	assert_refused(BY(es384, "{\"alg\":\"ES384\",\"kid\":\"x\"}"), "a kid that it has not");
	assert_refused(ask_by(TALLY_FAKE_CLIENT,
			      assertion_mac(tally_span("\0\0\0", 3),
					    "{\"alg\":\"HS256\",\"kid\":\"i3\"}", claims, text)),
		       "a symmetric key");
	/* iss is compared byte for byte. */
	assert_refused(ask_by(TALLY_FAKE_CLIENT,
			      assertion_sign(es256(), HEADER,
					     "{\"iss\":\"" ISSUER "/\",\"sub\":\"x\"," AUD
					     ",\"exp\":@60}", text)), "another issuer");
#undef BY
}

static void an_issuers_subjects_become_users(void **state)
{
	(void)state;
	add_issuer("https://agreed.example", TALLY_SUBJECT_LOGIN);
	struct tally_span response =
		seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
			  GRANT "&scope=openid&assertion=%s",
			  issued(SEAM_LOGIN, "https://agreed.example"));

	assert_ok(response);
	struct tally_json *claims = assertion_claims(response, "id_token");

	assertion_assert_claim(claims, "sub", SEAM_USER);
	tally_json_free(claims);
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_LOGIN, OURS)), "aud as agreed");
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_USER, "https://agreed.example")),
		       "a user_id is no login");
	assert_int_equal(service.store->ops->user_disable(service.store, TALLY_SPAN(SEAM_USER), 1),
			 TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_LOGIN, "https://agreed.example")),
		       "a disabled user");
}

static void an_issuers_subject_may_be_a_user_id(void **state)
{
	(void)state;
	add_issuer("", TALLY_SUBJECT_USER);
	assert_ok(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_USER, OURS)));
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_LOGIN, OURS)), "a login");
	assert_int_equal(service.store->ops->issuer_disable(service.store, TALLY_SPAN(ISSUER), 1),
			 TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_USER, OURS)), "a disabled issuer");
	assert_int_equal(service.store->ops->issuer_remove(service.store, TALLY_SPAN(ISSUER)),
			 TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask_by(TALLY_FAKE_CLIENT, issued(SEAM_USER, OURS)), "a removed issuer");
}


/* RFC 7521 §4.1 lets it be anybody; here somebody must answer for it. */
static void a_public_client_may_not_bring_it(void **state)
{
	const struct tally_client_record client = {
		.client_id = TALLY_SPAN("app"),
		.grants = TALLY_SPAN("urn:ietf:params:oauth:grant-type:jwt-bearer"),
		.is_public = true,
		.created_at = 1,
	};

	(void)state;
	add_issuer("", TALLY_SUBJECT_AS_IS);
	assert_int_equal(service.store->ops->client_add(service.store, &client), TALLY_OK);
	seam_assert_fault(seam_post(&service, "/oauth2/token", NULL,
				    GRANT "&client_id=app&assertion=%s", issued("x", OURS)), "400",
			  "unauthorized_client");
	/* A machine user's it may: that says by itself who asks. */
	assertion_sign(es256(), "{\"alg\":\"ES256\",\"kid\":\"m1-ES256\"}",
		       "{\"iss\":\"m1\",\"sub\":\"m1\"," AUD ",\"iat\":@0,\"exp\":@60}", text);
	assert_ok(seam_post(&service, "/oauth2/token", NULL, GRANT "&client_id=app&assertion=%s",
			    text));
}

static int free_keys(void **state)
{
	(void)state;
	assertion_free_keys();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_issuer_speaks_for_anybody),
		TEST(an_issuer_is_set),
		TEST(an_issuers_keys_are_its_own),
		TEST(an_issuers_subjects_become_users),
		TEST(an_issuers_subject_may_be_a_user_id),
		TEST(a_public_client_may_not_bring_it),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("trusted_issuer", tests, NULL, free_keys);
}
