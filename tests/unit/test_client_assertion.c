/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client authentication by assertion, RFC 7523 §2.2 with RFC 10070, and by
 * nothing at all, in whole requests.
 */
#include "config.h"

#include "crypt/digest.h"
#include "oauth/secret.h"
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

#define TYPE "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define GRANT "grant_type=client_credentials"
#define OURS "https://as.example"
#define WHO "\"iss\":\"signer\",\"sub\":\"signer\""
#define AUD "\"aud\":\"" OURS "\""
#define TIMES "\"exp\":@60"
#define CLAIMS(jti) "{" WHO "," AUD "," TIMES ",\"jti\":\"" jti "\"}"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\"}"
#define MAC "{\"alg\":\"HS256\"}"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tally_fake_service service;
static char text[SEAM_TEXT_MAX];

/* A client with this secret, kept sealed when for_jwt. */
static void add_client(const char *id, bool for_jwt, bool is_public)
{
	char sealed[TALLY_SECRET_WRAPPED_MAX];
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	struct tally_buf buf;
	struct tally_client_record client = {
		.client_id = tally_span_of(id),
		.grants = TALLY_SPAN("client_credentials password"),
		.scopes = TALLY_SPAN("read"),
		.is_public = is_public,
		.created_at = 1,
		.secrets = &secret,
		.secret_count = is_public ? 0 : 1,
	};

	tally_buf_over(&buf, sealed, sizeof(sealed));
	assert_int_equal(tally_sha256(TALLY_SPAN(TALLY_FAKE_SECRET), secret.digest), TALLY_OK);
	if (for_jwt)
		assert_int_equal(tally_secret_wrap(&tally_fake_wrap_key, client.client_id,
						   secret.secret_id, TALLY_SPAN(TALLY_FAKE_SECRET),
						   &buf), TALLY_OK);
	secret.wrapped = tally_buf_span(&buf);
	assert_int_equal(service.store->ops->client_add(service.store, &client), TALLY_OK);
}

static void open_with(const char *more)
{
	seam_open(&service, more);
	add_client("signer", false, false);
	add_client("mac", true, false);
	add_client("app", false, true);
	assertion_add_client_key(service.store, "signer", "k1",
				 assertion_key(TALLY_ALG_ES256, 0), 0);
	assertion_add_client_key(service.store, "signer", "k2",
				 assertion_key(TALLY_ALG_ES256, 1), 0);
	assertion_add_client_key(service.store, "signer", "k3",
				 assertion_key(TALLY_ALG_RS256, 0), tally_clock_now() + 30);
	assertion_add_client_key(service.store, SEAM_OTHER, "o1",
				 assertion_key(TALLY_ALG_ES384, 0), 0);
}

static int setup(void **state)
{
	(void)state;
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	open_with(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tally_fake_service_close(&service);
	return 0;
}

static struct tally_span ask(const char *assertion, const char *more)
{
	return seam_post(&service, "/oauth2/token", NULL,
			 GRANT "&" TYPE "&client_assertion=%s%s", assertion, more);
}

static struct tally_span ask_signed(const char *header, const char *claims)
{
	return ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 0), header, claims, text), "");
}

static void assert_ok(struct tally_span response)
{
	seam_assert_has(response, "Status: 200 OK\r\n");
}

static void assert_refused(struct tally_span response, const char *why)
{
	if (!seam_has(response, "Status: 401 ") || !seam_has(response, "\"invalid_client\""))
		fail_msg("%s:\n%.*s", why, TALLY_SPAN_ARG(response));
	assert_false(seam_has(response, "access_token"));
}

/* ---- private_key_jwt ---- */

static void a_signature_authenticates(void **state)
{
	static const char *const headers[] = {
		HEADER,
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"client-authentication+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"application/Client-Authentication+JWT\"}",
	};
	char claims[256];

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		snprintf(claims, sizeof(claims), CLAIMS("%zu"), i);
		assert_ok(ask_signed(headers[i], claims));
	}
	/* The only key of its algorithm needs no kid. */
	assert_ok(ask(assertion_sign(assertion_key(TALLY_ALG_RS256, 0), "{\"alg\":\"RS256\"}",
				     CLAIMS("a"), text), ""));
	assert_ok(ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 1),
				     "{\"alg\":\"ES256\",\"kid\":\"k2\"}", CLAIMS("b"), text),
		      "&client_id=signer"));
	/* One element is a sole value, too (RFC 7519 §4.1.3). */
	assert_ok(ask_signed(HEADER, "{" WHO ",\"aud\":[\"" OURS "\"]," TIMES ",\"jti\":\"c\"}"));
}

static void it_works_at_the_other_endpoints(void **state)
{
	(void)state;
	assertion_sign(assertion_key(TALLY_ALG_ES256, 0), HEADER, CLAIMS("i"), text);
	assert_ok(seam_post(&service, "/oauth2/introspect", NULL,
			    "token=x&" TYPE "&client_assertion=%s", text));
	seam_assert_fault(seam_post(&service, "/oauth2/revoke", NULL,
				    "token=x&" TYPE "&client_assertion=%s", text), "401",
			  "invalid_client");
}

/* RFC 10070 §4: our issuer, and nothing else. */
static void the_audience_is_the_issuer_alone(void **state)
{
	static const char *const rows[] = {
		"\"" OURS "/oauth2/token\"",
		"[\"" OURS "\",\"" OURS "/oauth2/token\"]",
		"[\"" OURS "\",\"https://other.example\"]",
		"[\"" OURS "\",\"" OURS "\"]",
		"[]", "{}", "null", "\"\"", "[[\"" OURS "\"]]",
		"\"" OURS "/\"", "\"https://as.exampl\"", "\"https://as.example.org\"",
		"\"https://AS.example\"", "\"HTTPS://as.example\"", "\"http://as.example\"",
		"\" " OURS "\"", "\"" OURS "?\"", "\"https://as.example:443\"",
	};
	char claims[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(claims, sizeof(claims), "{" WHO ",\"aud\":%s," TIMES ",\"jti\":\"%zu\"}",
			 rows[i], i);
		assert_refused(ask_signed(HEADER, claims), rows[i]);
	}
	assert_refused(ask_signed(HEADER, "{" WHO "," TIMES ",\"jti\":\"x\"}"), "none");
}

static void bad_claims_are_refused(void **state)
{
	static const char *const rows[] = {
		"{}", "[]", CLAIMS("") "x", CLAIMS(""),
		"{" WHO "," AUD "," TIMES "}",
		"{" WHO "," AUD "," TIMES ",\"jti\":1}",
		"{\"iss\":\"signer\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"sub\":\"signer\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"signer\",\"sub\":\"other\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"other\",\"sub\":\"signer\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"other\",\"sub\":\"other\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"nobody\",\"sub\":\"nobody\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"demo\",\"sub\":\"demo\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{\"iss\":\"app\",\"sub\":\"app\"," AUD "," TIMES ",\"jti\":\"a\"}",
		"{" WHO "," AUD ",\"jti\":\"a\"}",
		"{" WHO "," AUD ",\"exp\":@0,\"jti\":\"a\"}",
		"{" WHO "," AUD ",\"exp\":@3611,\"jti\":\"a\"}",
		"{" WHO "," AUD "," TIMES ",\"iat\":@11,\"jti\":\"a\"}",
		"{" WHO "," AUD "," TIMES ",\"iat\":@-3601,\"jti\":\"a\"}",
		"{" WHO "," AUD "," TIMES ",\"nbf\":@11,\"jti\":\"a\"}",
		"{" WHO "," WHO "," AUD "," TIMES ",\"jti\":\"a\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(ask_signed(HEADER, rows[i]), rows[i]);
	/* None of them has used up its jti. */
	assert_ok(ask_signed(HEADER, CLAIMS("a")));
}

static void bad_headers_are_refused(void **state)
{
	static const char *const rows[] = {
		"{}",
		"{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k2\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k3\"}",
		"{\"alg\":\"ES256\",\"kid\":\"o1\"}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1' --\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../k1\"}",
		"{\"alg\":\"none\",\"kid\":\"k1\"}",
		"{\"alg\":\"RS256\",\"kid\":\"k1\"}",
		"{\"alg\":\"HS256\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\",\"kid\":\"k1\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(ask_signed(rows[i], CLAIMS("a")), rows[i]);
	/* Without kid there must not be two of the algorithm. */
	assert_refused(ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 1), "{\"alg\":\"ES256\"}",
					  CLAIMS("a"), text), ""), "the other of two");
	assert_ok(ask_signed(HEADER, CLAIMS("a")));
}

static void a_jti_is_used_once(void **state)
{
	(void)state;
	assert_ok(ask_signed(HEADER, CLAIMS("a")));
	assert_refused(ask(text, ""), "again");
	tally_fake_clock_advance(59);
	assert_refused(ask(text, ""), "again, late");
	/* Another client's jti is another one. */
	assert_ok(ask(assertion_mac(TALLY_SPAN(TALLY_FAKE_SECRET), MAC,
				    "{\"iss\":\"mac\",\"sub\":\"mac\"," AUD "," TIMES
				    ",\"jti\":\"a\"}", text), ""));
	tally_fake_marks_down(service.marks, true);
	seam_assert_fault(ask_signed(HEADER, CLAIMS("b")), "503", "temporarily_unavailable");
}

/* A machine user may have the name of a client, and each has jtis of its own. */
static void a_users_jti_is_not_a_clients(void **state)
{
	tally_fake_service_close(&service);
	open_with("[assertions]\none-time = on\n");
	(void)state;
	assertion_add_machine(service.store, "signer");
	assertion_add_user_key(service.store, "signer", "k1", assertion_key(TALLY_ALG_ES256, 0), 0);
	assertion_sign(assertion_key(TALLY_ALG_ES256, 0), HEADER,
		       "{" WHO "," AUD "," TIMES ",\"iat\":@0,\"jti\":\"a\"}", text);
	assert_ok(ask(text, ""));
	assert_ok(seam_post(&service, "/oauth2/token", NULL,
			    "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=%s",
			    text));
	assert_refused(ask(text, ""), "again");
}

static void parameters_belong_together(void **state)
{
	const char *assertion = assertion_sign(assertion_key(TALLY_ALG_ES256, 0), HEADER,
					       CLAIMS("a"), text);

	(void)state;
#define POST(...) seam_post(&service, "/oauth2/token", NULL, GRANT "&" __VA_ARGS__)
	seam_assert_fault(POST(TYPE), "400", "invalid_request");
	seam_assert_fault(POST("client_assertion=%s", assertion), "400", "invalid_request");
	assert_refused(POST("client_assertion=%s&client_assertion_type=urn:ietf:params:oauth:"
			    "client-assertion-type:saml2-bearer", assertion), "SAML");
	assert_refused(POST(TYPE "x&client_assertion=%s", assertion), "another type");
	assert_refused(POST(TYPE "&client_assertion=x"), "no JWS");
	assert_refused(ask(assertion, "&client_id=other"), "another client_id");
	assert_refused(ask(assertion, "&client_id=Signer"), "another case");
	/* Two methods at once (RFC 6749 §2.3). */
	seam_assert_fault(ask(assertion, "&client_secret=x"), "400", "invalid_request");
	seam_assert_fault(ask(assertion, "&client_id=signer&client_secret=" TALLY_FAKE_SECRET),
			  "400", "invalid_request");
	assert_ok(ask(assertion, "&client_id=signer"));
#undef POST
}

static void what_is_ended_stops(void **state)
{
	static const char rs256[] = "{\"alg\":\"RS256\",\"kid\":\"k3\"}";
	struct tally_store *store = service.store;

	(void)state;
	assert_ok(ask(assertion_sign(assertion_key(TALLY_ALG_RS256, 0), rs256, CLAIMS("a"), text),
		      ""));
	tally_fake_clock_advance(30);
	assert_refused(ask(assertion_sign(assertion_key(TALLY_ALG_RS256, 0), rs256, CLAIMS("b"),
					  text), ""), "an expired key");
	assert_int_equal(store->ops->client_key_remove(store, TALLY_SPAN("signer"),
						       TALLY_SPAN("k1")), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask_signed(HEADER, CLAIMS("c")), "a removed key");
	assert_int_equal(store->ops->client_disable(store, TALLY_SPAN("signer"), 1), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 1),
					  "{\"alg\":\"ES256\",\"kid\":\"k2\"}", CLAIMS("d"), text),
			   ""), "a disabled client");
	tally_fake_clock_advance(10);
	tally_fake_store_down(store, true);
	seam_assert_fault(ask_signed(HEADER, "{\"iss\":\"x\",\"sub\":\"x\"," AUD "," TIMES
					     ",\"jti\":\"e\"}"), "503", "temporarily_unavailable");
}

/* ---- client_secret_jwt ---- */

#define MAC_CLAIMS(jti) "{\"iss\":\"mac\",\"sub\":\"mac\"," AUD "," TIMES ",\"jti\":\"" jti "\"}"

static struct tally_span ask_mac(const char *secret, const char *header, const char *claims)
{
	return ask(assertion_mac(tally_span_of(secret), header, claims, text), "");
}

static void a_mac_authenticates(void **state)
{
	(void)state;
	assert_ok(ask_mac(TALLY_FAKE_SECRET, MAC, MAC_CLAIMS("a")));
	assert_refused(ask(text, ""), "again");
	assert_ok(ask_mac(TALLY_FAKE_SECRET, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"any\"}",
			  MAC_CLAIMS("b")));
	assert_refused(ask_mac("wrong", MAC, MAC_CLAIMS("c")), "another secret");
	assert_refused(ask_mac("", MAC, MAC_CLAIMS("c")), "no secret");
	assert_refused(ask_mac(TALLY_FAKE_SECRET, "{\"alg\":\"HS512\"}", MAC_CLAIMS("c")), "HS512");
	assert_refused(ask_mac(TALLY_FAKE_SECRET, "{\"alg\":\"hs256\"}", MAC_CLAIMS("c")), "case");
	assert_refused(ask_mac(TALLY_FAKE_SECRET, "{\"alg\":\"none\"}", MAC_CLAIMS("c")), "none");
	assert_refused(ask_mac(TALLY_FAKE_SECRET, "{\"alg\":\"HS256\",\"crit\":[\"x\"]}",
			       MAC_CLAIMS("c")), "crit");
	assert_refused(ask_mac(TALLY_FAKE_SECRET, MAC,
			       "{\"iss\":\"mac\",\"sub\":\"mac\",\"aud\":\"" OURS
			       "/oauth2/token\"," TIMES ",\"jti\":\"c\"}"), "aud");
	*(strrchr(text, '.') + 1) = '\0';
	assert_refused(ask(text, ""), "no MAC");
	assertion_mac(TALLY_SPAN(TALLY_FAKE_SECRET), MAC, MAC_CLAIMS("c"), text);
	assert_refused(ask(text, "A"), "a byte behind the MAC");
	text[strlen(text) - 3] = '\0';
	assert_refused(ask(text, ""), "a part of the MAC");
	assert_ok(ask_mac(TALLY_FAKE_SECRET, MAC, MAC_CLAIMS("c")));
}

/* Nothing that was made for one of the two methods is anything to the other. */
static void the_methods_do_not_meet(void **state)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"k1\"}";
	char der[TALLY_KEY_DER_MAX];
	struct tally_buf buf;

	(void)state;
	/* The public key as a secret. */
	tally_buf_over(&buf, der, sizeof(der));
	assert_int_equal(tally_key_add_public_der(assertion_key(TALLY_ALG_ES256, 0), &buf),
			 TALLY_OK);
	assert_refused(ask(assertion_mac(tally_buf_span(&buf), header, CLAIMS("a"), text), ""),
		       "a public key");
	/* A secret that is not kept for this. */
	assert_refused(ask_mac(TALLY_FAKE_SECRET, header, CLAIMS("a")), "only a digest is kept");
	/* A signature that claims to be a MAC. */
	assert_refused(ask_signed(header, CLAIMS("a")), "a signature");
	/* A signature for a client that has a secret only. */
	assert_refused(ask_signed(HEADER, MAC_CLAIMS("a")), "no key");
}

static void a_sealed_secret_has_its_place(void **state)
{
	char sealed[TALLY_SECRET_WRAPPED_MAX];
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	struct tally_buf buf;
	struct tally_client_record client = {
		.client_id = TALLY_SPAN("thief"),
		.grants = TALLY_SPAN("client_credentials"),
		.created_at = 1,
		.secrets = &secret,
		.secret_count = 1,
	};

	(void)state;
	tally_buf_over(&buf, sealed, sizeof(sealed));
	assert_int_equal(tally_secret_wrap(&tally_fake_wrap_key, TALLY_SPAN("mac"),
					   TALLY_SPAN("one"), TALLY_SPAN(TALLY_FAKE_SECRET), &buf),
			 TALLY_OK);
	secret.wrapped = tally_buf_span(&buf);
	assert_int_equal(service.store->ops->client_add(service.store, &client), TALLY_OK);
	assert_refused(ask_mac(TALLY_FAKE_SECRET, MAC,
			       "{\"iss\":\"thief\",\"sub\":\"thief\"," AUD "," TIMES
			       ",\"jti\":\"a\"}"), "sealed for another client");
}

/* ---- none ---- */

static void a_public_client_names_itself(void **state)
{
	static const char password[] = "grant_type=password&username=" TALLY_FAKE_LOGIN
				       "&password=correct+horse+battery+staple";

	(void)state;
	assert_ok(seam_post(&service, "/oauth2/token", NULL, "%s&client_id=app", password));
	/* A confidential one proves itself; one that is unknown or public looks the same. */
	assert_refused(seam_post(&service, "/oauth2/token", NULL, "%s&client_id=signer", password),
		       "a confidential client");
	assert_refused(seam_post(&service, "/oauth2/token", NULL, "%s&client_id=nobody", password),
		       "an unknown client");
	assert_refused(seam_post(&service, "/oauth2/token", NULL,
				 "%s&client_id=app&client_secret=x", password), "a secret");
	/* Not for grants that a secret protects. */
	seam_assert_fault(seam_post(&service, "/oauth2/token", NULL, GRANT "&client_id=app"), "400",
			  "unauthorized_client");
	assert_int_equal(service.store->ops->client_disable(service.store, TALLY_SPAN("app"), 1),
			 TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(seam_post(&service, "/oauth2/token", NULL, "%s&client_id=app", password),
		       "a disabled client");
}

static void the_metadata_tell(void **state)
{
	const struct tally_fake_request request = {
		.method = "GET", .uri = "/.well-known/oauth-authorization-server"
	};
	struct tally_span response = tally_fake_service_send(&service, &request);

	(void)state;
	seam_assert_has(response, "\"token_endpoint_auth_methods_supported\":"
				  "[\"client_secret_basic\",\"client_secret_post\","
				  "\"private_key_jwt\",\"client_secret_jwt\",\"none\"]");
	seam_assert_has(response, "\"token_endpoint_auth_signing_alg_values_supported\":"
				  "[\"ES256\",\"ES384\",\"ES512\",\"RS256\",\"PS256\",\"EdDSA\","
				  "\"HS256\"]");
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
		TEST(a_signature_authenticates),
		TEST(it_works_at_the_other_endpoints),
		TEST(the_audience_is_the_issuer_alone),
		TEST(bad_claims_are_refused),
		TEST(bad_headers_are_refused),
		TEST(a_jti_is_used_once),
		TEST(a_users_jti_is_not_a_clients),
		TEST(parameters_belong_together),
		TEST(what_is_ended_stops),
		TEST(a_mac_authenticates),
		TEST(the_methods_do_not_meet),
		TEST(a_sealed_secret_has_its_place),
		TEST(a_public_client_names_itself),
		TEST(the_metadata_tell),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("client_assertion", tests, NULL, free_keys);
}
