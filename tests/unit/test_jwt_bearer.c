/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7523 §2.1 in whole requests: machine users. */
#include "config.h"

#include "codec/json_in.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/assertions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GRANT "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
#define OURS "https://as.example"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"m1-ES256\"}"
#define WHO "\"iss\":\"m1\",\"sub\":\"m1\""
#define AUD "\"aud\":\"" OURS "\""
#define TIMES "\"iat\":@0,\"exp\":@60"
#define CLAIMS "{" WHO "," AUD "," TIMES "}"
#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define THREADS 16

static struct tally_fake_service service;
static char text[SEAM_TEXT_MAX];

static struct tally_key *es256(void)
{
	return assertion_key(TALLY_ALG_ES256, 0);
}

/* The machine users m1 with a key of each algorithm, and m2 with one of its own. */
static void open_with(const char *more)
{
	char kid[32];

	seam_open(&service, more);
	assertion_add_machine(service.store, "m1");
	assertion_add_machine(service.store, "m2");
	for (unsigned int i = 0; i < TALLY_ALG_COUNT; i++) {
		struct tally_key *key = assertion_key((enum tally_alg_id)i, 0);

		snprintf(kid, sizeof(kid), "m1-%s", tally_key_alg(key)->name);
		assertion_add_user_key(service.store, "m1", kid, key, 0);
	}
	assertion_add_user_key(service.store, "m2", "m2", assertion_key(TALLY_ALG_ES256, 1), 0);
	assertion_add_user_key(service.store, "m1", "short", es256(), tally_clock_now() + 30);
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
	return seam_post(&service, "/oauth2/token", NULL, GRANT "&assertion=%s%s", assertion, more);
}

static struct tally_span ask_signed(const char *header, const char *claims)
{
	return ask(assertion_sign(es256(), header, claims, text), "");
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

/* ---- machine users ---- */

static void a_machine_user_gets_a_token(void **state)
{
	struct tally_span response = ask_signed(HEADER, CLAIMS);

	(void)state;
	assert_ok(response);
	assert_false(seam_has(response, "refresh_token")); /* RFC 7521 §4.1 */
	assert_false(seam_has(response, "id_token"));
	struct tally_json *claims = assertion_claims(response, "access_token");

	assertion_assert_claim(claims, "sub", "m1");
	assertion_assert_claim(claims, "client_id", "m1");
	assertion_assert_claim(claims, "aud", OURS);
	assert_null(tally_json_member(claims, "scope"));
	tally_json_free(claims);
}

static void openid_gives_an_id_token(void **state)
{
	struct tally_span response =
		ask(assertion_sign(es256(), HEADER, CLAIMS, text), "&scope=profile%20openid");
	int64_t iat, exp;

	(void)state;
	assert_ok(response);
	seam_assert_has(response, "\"scope\":\"openid profile\"");
	struct tally_json *claims = assertion_claims(response, "id_token");

	assertion_assert_claim(claims, "sub", "m1");
	assertion_assert_claim(claims, "aud", "m1");
	assertion_assert_claim(claims, "preferred_username", "bot-m1");
	assert_true(tally_json_integer(tally_json_member(claims, "iat"), &iat));
	assert_true(tally_json_integer(tally_json_member(claims, "exp"), &exp));
	assert_true(exp > iat);
	tally_json_free(claims);
	seam_assert_fault(ask(text, "&scope=openid%20admin"), "400", "invalid_scope");
}

static void every_algorithm_verifies(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TALLY_ALG_COUNT; i++) {
		struct tally_key *key = assertion_key((enum tally_alg_id)i, 0);
		const char *name = tally_key_alg(key)->name;
		char header[64];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"m1-%s\"}", name, name);
		assert_ok(ask(assertion_sign(key, header, CLAIMS, text), ""));
		/* With the same key's bytes under another of its type's algorithms. */
		snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"m1-%s\"}",
			 tally_alg((i + 1) % TALLY_ALG_COUNT)->name, name);
		assert_refused(ask(assertion_sign(key, header, CLAIMS, text), ""), header);
	}
}

static void good_claims_are_accepted(void **state)
{
	static const char *const rows[] = {
		"{" WHO ",\"aud\":\"" OURS "/oauth2/token\"," TIMES "}",
		"{" WHO ",\"aud\":[\"https://other.example\",\"" OURS "\"]," TIMES "}",
		"{" WHO "," AUD ",\"iat\":@10,\"nbf\":@10,\"exp\":@3610}",
		"{" WHO "," AUD ",\"iat\":@-3600,\"exp\":@1}",
		"{" WHO "," AUD ",\"iat\":@0.75,\"exp\":@60.25}",
		"{" WHO "," AUD "," TIMES ",\"jti\":\"x\",\"name\":{\"a\":[1,null,true]}}",
	};
	static const char *const headers[] = {
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"application/jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"jku\":\"https://evil.example\",\"x5c\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_ok(ask_signed(HEADER, rows[i]));
	for (size_t i = 0; i < COUNT(headers); i++)
		assert_ok(ask_signed(headers[i], CLAIMS));
	/* Not one-time, so it may come again while it lasts. */
	assert_ok(ask(text, ""));
	tally_fake_clock_advance(59);
	assert_ok(ask(text, ""));
	tally_fake_clock_advance(1);
	assert_refused(ask(text, ""), "expired");
}

static void bad_claims_are_refused(void **state)
{
	static const char *const rows[] = {
		"", "{}", "[]", "null", "{\"iss\":\"m1\"", CLAIMS "x",
		"{\"sub\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"m1\",\"sub\":\"m2\"," AUD "," TIMES "}",
		"{\"iss\":\"m2\",\"sub\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"m2\",\"sub\":\"m2\"," AUD "," TIMES "}",
		"{\"iss\":\"M1\",\"sub\":\"M1\"," AUD "," TIMES "}",
		"{\"iss\":\"m1 \",\"sub\":\"m1 \"," AUD "," TIMES "}",
		"{\"iss\":\"bot-m1\",\"sub\":\"bot-m1\"," AUD "," TIMES "}",
		"{\"iss\":\"\",\"sub\":\"\"," AUD "," TIMES "}",
		"{\"iss\":1,\"sub\":1," AUD "," TIMES "}",
		"{\"iss\":[\"m1\"],\"sub\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"m1\\u0000\",\"sub\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"m1\"," WHO "," AUD "," TIMES "}",
		"{" WHO "," AUD "," TIMES ",\"\\u0065xp\":@60}",
		"{\"ISS\":\"m1\",\"Sub\":\"m1\"," AUD "," TIMES "}",
		"{\"iss\":\"" HUNDRED HUNDRED HUNDRED "\",\"sub\":\"m1\"," AUD "," TIMES "}",

		"{" WHO "," TIMES "}",
		"{" WHO ",\"aud\":\"\"," TIMES "}",
		"{" WHO ",\"aud\":[]," TIMES "}",
		"{" WHO ",\"aud\":{}," TIMES "}",
		"{" WHO ",\"aud\":[[\"" OURS "\"]]," TIMES "}",
		"{" WHO ",\"aud\":[\"" OURS "\",1]," TIMES "}",
		"{" WHO ",\"aud\":\"https://other.example\"," TIMES "}",
		"{" WHO ",\"aud\":\"" OURS "/\"," TIMES "}",
		"{" WHO ",\"aud\":\"" OURS "/oauth2/token/\"," TIMES "}",
		"{" WHO ",\"aud\":\"" OURS "/oauth2/tokens\"," TIMES "}",
		"{" WHO ",\"aud\":\"https://as.exampl\"," TIMES "}",
		"{" WHO ",\"aud\":\"https://AS.example\"," TIMES "}",
		"{" WHO ",\"aud\":\"http://as.example\"," TIMES "}",
		"{" WHO ",\"aud\":\"/oauth2/token\"," TIMES "}",
		"{" WHO ",\"aud\":\"https://ab.example/oauth2/token\"," TIMES "}",
		"{" WHO ",\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"" OURS
		"\"]," TIMES "}",

		"{" WHO "," AUD ",\"iat\":@0}",
		"{" WHO "," AUD ",\"exp\":@60}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":@0}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":@-1}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":@3611}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":99999999999999}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":1e300}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":\"@60\"}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":null}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":true}",
		"{" WHO "," AUD ",\"iat\":@0,\"exp\":-1}",
		"{" WHO "," AUD ",\"iat\":@11,\"exp\":@60}",
		"{" WHO "," AUD ",\"iat\":@-3601,\"exp\":@60}",
		"{" WHO "," AUD ",\"iat\":0,\"exp\":@60}",
		"{" WHO "," AUD ",\"iat\":@0,\"nbf\":@11,\"exp\":@60}",
		"{" WHO "," AUD ",\"iat\":@0,\"nbf\":\"now\",\"exp\":@60}",
		"{" WHO "," AUD "," TIMES ",\"jti\":7}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(ask_signed(HEADER, rows[i]), rows[i]);
}

static void bad_headers_are_refused(void **state)
{
	static const char *const rows[] = {
		"{}", "", "{\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m2\"}",
		"{\"alg\":\"ES256\",\"kid\":\"M1-ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256 \"}",
		"{\"alg\":\"ES256\",\"kid\":\"nobody\"}",
		"{\"alg\":\"ES256\",\"kid\":7}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256' OR '1'='1\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%' --\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../../../../dev/null\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\\u0000x\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" HUNDRED "\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" HUNDRED HUNDRED HUNDRED "\"}",
		"{\"alg\":\"none\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"None\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"es256\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"HS256\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"ES384\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"m1-ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"b64\":false}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"client-authentication+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"statuslist+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"m1-ES256\",\"typ\":\"\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(ask_signed(rows[i], CLAIMS), rows[i]);
}

/* Texts that are no JWS, or one that was touched. */
static void bad_texts_are_refused(void **state)
{
	static const char *const rows[] = { "x", ".", "..", "...", "e30.e30.", "a.b.c.d", "%C3%A4" };
	static char huge[2 * SEAM_TEXT_MAX];

	(void)state;
	seam_assert_fault(ask("", ""), "400", "invalid_request");
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(ask(rows[i], ""), rows[i]);
	assertion_sign(es256(), HEADER, CLAIMS, text);
	size_t n = strlen(text);

	assert_ok(ask(text, ""));
	assert_refused(ask(text, "="), "padding");
	assert_refused(ask(text, "%20"), "a blank");
	text[n - 3] = text[n - 3] == 'A' ? 'B' : 'A';
	assert_refused(ask(text, ""), "another signature");
	*(strrchr(text, '.') + 1) = '\0';
	assert_refused(ask(text, ""), "no signature");
	assertion_sign(assertion_key(TALLY_ALG_ES256, 1), HEADER, CLAIMS, text);
	assert_refused(ask(text, ""), "another's key");

	/* One character more than a JWS may have. */
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = { huge, (size_t)snprintf(huge, sizeof(huge), GRANT "&assertion=%0*d",
						 TALLY_JWS_MAX + 1, 0) },
	};

	assert_refused(tally_fake_service_send(&service, &request), "too long");
}

/* The public key, which everybody has, is no secret for HS256. */
static void a_public_key_is_no_secret(void **state)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"m1-RS256\"}";
	char der[TALLY_KEY_DER_MAX];
	struct tally_buf buf;

	(void)state;
	tally_buf_over(&buf, der, sizeof(der));
	assert_int_equal(tally_key_add_public_der(assertion_key(TALLY_ALG_RS256, 0), &buf),
			 TALLY_OK);
	assert_refused(ask(assertion_mac(tally_buf_span(&buf), header, CLAIMS, text), ""), "DER");
	assert_refused(ask(assertion_mac(TALLY_SPAN(""), header, CLAIMS, text), ""), "no key");
}

static void people_have_no_assertions(void **state)
{
	(void)state;
	assertion_add_user_key(service.store, TALLY_FAKE_USER, "human", es256(), 0);
	assert_refused(ask_signed("{\"alg\":\"ES256\",\"kid\":\"human\"}",
				  "{\"iss\":\"" TALLY_FAKE_USER "\",\"sub\":\"" TALLY_FAKE_USER
				  "\"," AUD "," TIMES "}"), "a person");
}

/* In force when the cache has seen it: users.cache, 10 s. */
static void what_is_ended_stops(void **state)
{
	struct tally_store *store = service.store;

	(void)state;
	assert_ok(ask_signed("{\"alg\":\"ES256\",\"kid\":\"short\"}", CLAIMS));
	assert_ok(ask_signed(HEADER, CLAIMS));
	assert_int_equal(store->ops->user_key_remove(store, TALLY_SPAN("m1"),
						     TALLY_SPAN("m1-ES256")), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask_signed(HEADER, CLAIMS), "a removed key");
	tally_fake_clock_advance(20);
	assert_refused(ask_signed("{\"alg\":\"ES256\",\"kid\":\"short\"}", CLAIMS),
		       "an expired key");
	const char *edwards = "{\"alg\":\"EdDSA\",\"kid\":\"m1-EdDSA\"}";
	struct tally_key *key = assertion_key(TALLY_ALG_EDDSA, 0);

	assert_ok(ask(assertion_sign(key, edwards, CLAIMS, text), ""));
	assert_int_equal(store->ops->user_disable(store, TALLY_SPAN("m1"), 1), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask(text, ""), "a disabled user");
	assert_int_equal(store->ops->user_disable(store, TALLY_SPAN("m1"), 0), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_ok(ask(text, ""));
	assert_int_equal(store->ops->user_remove(store, TALLY_SPAN("m1")), TALLY_OK);
	tally_fake_clock_advance(10);
	assert_refused(ask(text, ""), "a removed user");
}

/* The same kid with another key is another key, however often the first was used. */
static void a_replaced_key_is_another(void **state)
{
	struct tally_store *store = service.store;
	struct tally_key *other = assertion_key(TALLY_ALG_ES256, 1);

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_ok(ask_signed(HEADER, CLAIMS));
		tally_fake_clock_advance(6); /* it is renewed */
	}
	assert_int_equal(store->ops->user_key_remove(store, TALLY_SPAN("m1"),
						     TALLY_SPAN("m1-ES256")), TALLY_OK);
	assertion_add_user_key(store, "m1", "m1-ES256", other, 0);
	tally_fake_clock_advance(10);
	assert_refused(ask_signed(HEADER, CLAIMS), "the old key");
	assert_ok(ask(assertion_sign(other, HEADER, CLAIMS, text), ""));
}

static void an_outage_is_503(void **state)
{
	(void)state;
	tally_fake_store_down(service.store, true);
	seam_assert_fault(ask_signed(HEADER, CLAIMS), "503", "temporarily_unavailable");
	/* What is wrong with it by itself is said all the same. */
	assert_refused(ask_signed("{}", CLAIMS), "no algorithm");
	tally_fake_store_down(service.store, false);
	tally_fake_clock_advance(2);
	assert_ok(ask_signed(HEADER, CLAIMS));
}

static void nothing_is_given_when_the_store_fails(void **state)
{
	(void)state;
	for (unsigned int nth = 1; nth <= 4; nth++) {
		teardown(NULL);
		open_with(NULL);
		tally_fake_store_fail(service.store, nth, TALLY_ERR_UNAVAILABLE);
		struct tally_span response = ask_signed(HEADER, CLAIMS);

		if (seam_has(response, "Status: 200 "))
			return;
		seam_assert_fault(response, "503", "temporarily_unavailable");
	}
	fail_msg("it fails for ever");
}

/* ---- with a client ---- */

static struct tally_span ask_by(const char *client, const char *assertion)
{
	return seam_post(&service, "/oauth2/token", client, GRANT "&assertion=%s", assertion);
}

static void a_client_must_be_right_when_it_is_there(void **state)
{
	(void)state;
	assertion_sign(es256(), HEADER, CLAIMS, text);
	assert_ok(ask_by(TALLY_FAKE_CLIENT, text));
	struct tally_json *claims =
		assertion_claims(ask_by(TALLY_FAKE_CLIENT, text), "access_token");

	assertion_assert_claim(claims, "client_id", TALLY_FAKE_CLIENT);
	assertion_assert_claim(claims, "sub", "m1");
	tally_json_free(claims);
	seam_assert_fault(ask_by("nobody", text), "401", "invalid_client");
	seam_assert_fault(ask_by(SEAM_OTHER, text), "400", "unauthorized_client");
	seam_assert_fault(ask(text, "&client_id=demo&client_secret=x"), "401", "invalid_client");
	seam_assert_fault(ask(text, "&client_id=demo"), "401", "invalid_client");
}

/* ---- one-time ---- */

#define ONCE "[assertions]\none-time = on\n"
#define WITH_JTI(jti) "{" WHO "," AUD "," TIMES ",\"jti\":\"" jti "\"}"

static void reopen(const char *more)
{
	tally_fake_service_close(&service);
	open_with(more);
}

static void an_assertion_is_used_once(void **state)
{
	(void)state;
	reopen(ONCE);
	assert_refused(ask_signed(HEADER, CLAIMS), "without jti");
	assert_ok(ask_signed(HEADER, WITH_JTI("a")));
	assert_refused(ask(text, ""), "again");
	assert_refused(ask_signed(HEADER, WITH_JTI("a")), "another with the same jti");
	assert_ok(ask_signed(HEADER, WITH_JTI("b")));
	/* Each issuer has jtis of its own. */
	assert_ok(ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 1),
				     "{\"alg\":\"ES256\",\"kid\":\"m2\"}",
				     "{\"iss\":\"m2\",\"sub\":\"m2\"," AUD "," TIMES
				     ",\"jti\":\"a\"}", text), ""));
	/* What is refused for another reason has used nothing up. */
	assert_refused(ask(assertion_sign(assertion_key(TALLY_ALG_ES256, 1), HEADER,
					  WITH_JTI("c"), text), ""), "a wrong key");
	assert_ok(ask_signed(HEADER, WITH_JTI("c")));
}

static void without_marks_nothing_is_used_once(void **state)
{
	(void)state;
	reopen(ONCE);
	tally_fake_marks_down(service.marks, true);
	seam_assert_fault(ask_signed(HEADER, WITH_JTI("a")), "503", "temporarily_unavailable");
	tally_fake_marks_down(service.marks, false);
	assert_ok(ask_signed(HEADER, WITH_JTI("a")));
}

static size_t read_body(void *context, char *out, size_t n)
{
	struct tally_span *rest = context;
	size_t got = n < rest->n ? n : rest->n;

	memcpy(out, rest->p, got);
	*rest = tally_span(rest->p + got, rest->n - got);
	return got;
}

/* One thread with its own worker and the same form; whether it got a token. */
static void *ask_in_thread(void *form)
{
	struct tally_span body = tally_span_of(form);
	struct tally_worker *worker = tally_worker_new(service.app);
	char length[32];
	const struct tally_params params = {
		.method = TALLY_SPAN("POST"),
		.uri = TALLY_SPAN("/oauth2/token"),
		.content_type = TALLY_SPAN("application/x-www-form-urlencoded"),
		.content_length = tally_span(length, (size_t)snprintf(length, sizeof(length), "%zu",
								      body.n)),
		.remote_addr = TALLY_SPAN("192.0.2.1"),
	};

	if (worker == NULL)
		return NULL;
	struct tally_answer answer = tally_worker_handle(worker, &params, false, read_body, &body);
	bool ok = seam_has(answer.head, "Status: 200 ");

	tally_worker_free(worker);
	return ok ? form : NULL;
}

static void parallel_uses_have_one_success(void **state)
{
	static char form[SEAM_TEXT_MAX + sizeof(GRANT) + 32];
	pthread_t threads[THREADS];
	unsigned int successes = 0;

	(void)state;
	reopen(ONCE);
	snprintf(form, sizeof(form), GRANT "&assertion=%s",
		 assertion_sign(es256(), HEADER, WITH_JTI("p"), text));
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, form), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *ok;

		pthread_join(threads[i], &ok);
		successes += ok != NULL;
	}
	assert_int_equal(successes, 1);
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
		TEST(a_machine_user_gets_a_token),
		TEST(openid_gives_an_id_token),
		TEST(every_algorithm_verifies),
		TEST(good_claims_are_accepted),
		TEST(bad_claims_are_refused),
		TEST(bad_headers_are_refused),
		TEST(bad_texts_are_refused),
		TEST(a_public_key_is_no_secret),
		TEST(people_have_no_assertions),
		TEST(what_is_ended_stops),
		TEST(a_replaced_key_is_another),
		TEST(an_outage_is_503),
		TEST(nothing_is_given_when_the_store_fails),
		TEST(a_client_must_be_right_when_it_is_there),
		TEST(an_assertion_is_used_once),
		TEST(without_marks_nothing_is_used_once),
		TEST(parallel_uses_have_one_success),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("jwt_bearer", tests, NULL, free_keys);
}
