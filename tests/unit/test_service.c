/* SPDX-License-Identifier: Apache-2.0 */
/* Whole requests through the seam, without a web server. */
#include "config.h"

#include "base/b64.h"
#include "base/buf.h"
#include "codec/json_in.h"
#include "oauth/grant.h"
#include "sys/log.h"
#include "tests/fake/rand.h"
#include "tests/fake/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define GRANT "grant_type=client_credentials"
#define CLIENT "client_id=" TALLY_FAKE_CLIENT
#define SECRET "client_secret=" TALLY_FAKE_SECRET
#define VALID GRANT "&" CLIENT "&" SECRET

static struct tally_fake_service service;

static int open_service(void **state)
{
	(void)state;
	tally_fake_service_open(&service, "ES256", NULL);
	return 0;
}

static int close_service(void **state)
{
	(void)state;
	tally_fake_service_close(&service);
	return 0;
}

static bool contains(struct tally_span text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void assert_contains(struct tally_span text, const char *part)
{
	if (!contains(text, part))
		fail_msg("\"%s\" is not in:\n%.*s", part, TALLY_SPAN_ARG(text));
}

static struct tally_span body_of(struct tally_span response)
{
	const char *end = memmem(response.p, response.n, "\r\n\r\n", 4);

	assert_non_null(end);
	return tally_span(end + 4, response.n - (size_t)(end + 4 - response.p));
}

/* The status, the error, and what every answer of the token endpoint carries. */
static void assert_fault(struct tally_span response, const char *status, const char *error)
{
	char line[64], member[64];

	snprintf(line, sizeof(line), "Status: %s ", status);
	snprintf(member, sizeof(member), "\"error\":\"%s\"", error);
	assert_contains(response, line);
	assert_contains(response, "Content-Type: application/json\r\n");
	assert_contains(response, "Cache-Control: no-store\r\n");
	assert_contains(response, "X-Request-Id: ");
	assert_contains(body_of(response), member);
	assert_contains(body_of(response), "\"request_id\":\"");
	assert_false(contains(response, "access_token"));
}

static struct tally_json *claims_of(struct tally_span response)
{
	const char *key = "\"access_token\":\"";
	const char *token = memmem(response.p, response.n, key, strlen(key));
	static char claims[4096];
	struct tally_json *json;
	size_t n;

	assert_non_null(token);
	struct tally_span rest = tally_span(token + strlen(key),
					    response.n - (size_t)(token - response.p));

	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), claims, sizeof(claims), &n),
			 TALLY_OK);
	assert_int_equal(tally_json_parse(tally_span(claims, n), sizeof(claims), &json), TALLY_OK);
	return json;
}

static void assert_claim(const struct tally_json *claims, const char *name, const char *want)
{
	struct tally_span value;

	assert_true(tally_json_string(tally_json_member(claims, name), &value));
	assert_int_equal(value.n, strlen(want));
	assert_memory_equal(value.p, want, value.n);
}

/* RFC 6749 §4.4.3 and §5.1, RFC 9068 §2.2. */
static void a_valid_request_gets_a_token(void **state)
{
	struct tally_span response = tally_fake_service_token(&service, VALID);
	struct tally_span jti;
	int64_t iat, exp;

	(void)state;
	assert_contains(response, "Status: 200 OK\r\n");
	assert_contains(response, "Cache-Control: no-store\r\n");
	assert_contains(response, "{\"access_token\":\"");
	assert_contains(response, "\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"read\"}");
	struct tally_json *claims = claims_of(response);

	assert_claim(claims, "iss", "https://as.example");
	assert_claim(claims, "sub", TALLY_FAKE_CLIENT);
	assert_claim(claims, "aud", "https://as.example");
	assert_claim(claims, "client_id", TALLY_FAKE_CLIENT);
	assert_claim(claims, "scope", "read");
	assert_true(tally_json_string(tally_json_member(claims, "jti"), &jti));
	assert_int_equal(jti.n, 22);
	assert_true(tally_json_integer(tally_json_member(claims, "iat"), &iat));
	assert_true(tally_json_integer(tally_json_member(claims, "exp"), &exp));
	assert_int_equal(exp - iat, 3600);
	tally_json_free(claims);
}

static void basic_works_too(void **state)
{
	struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token?ignored=1",
		.content_type = "Application/X-WWW-Form-URLencoded; charset=utf-8",
		/* demo:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG */
		.authorization = "basic ZGVtbzowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXpB"
				 "QkNERUZH",
		.body = TALLY_SPAN(GRANT),
	};

	(void)state;
	assert_contains(tally_fake_service_send(&service, &request), "Status: 200 OK\r\n");
	request.body = TALLY_SPAN(GRANT "&" CLIENT);
	assert_contains(tally_fake_service_send(&service, &request), "Status: 200 OK\r\n");
	request.body = TALLY_SPAN(GRANT "&client_id=other");
	assert_fault(tally_fake_service_send(&service, &request), "400", "invalid_request");
	request.body = TALLY_SPAN(VALID);
	assert_fault(tally_fake_service_send(&service, &request), "400", "invalid_request");
}

static void bad_forms_are_refused(void **state)
{
	static const struct {
		const char *form;
		const char *status;
		const char *error;
	} rows[] = {
		{ "", "400", "invalid_request" },
		{ CLIENT "&" SECRET, "400", "invalid_request" },
		{ "grant_type=&" CLIENT "&" SECRET, "400", "invalid_request" },
		{ "grant_type=magic&" CLIENT "&" SECRET, "400", "unsupported_grant_type" },
		{ "grant_type=CLIENT_CREDENTIALS&" CLIENT "&" SECRET, "400",
		  "unsupported_grant_type" },
		{ GRANT, "401", "invalid_client" },
		{ GRANT "&" CLIENT, "401", "invalid_client" },
		{ GRANT "&" SECRET, "400", "invalid_request" },
		{ GRANT "&" CLIENT "&client_secret=wrong", "401", "invalid_client" },
		{ GRANT "&client_id=nobody&" SECRET, "401", "invalid_client" },
		{ GRANT "&client_id=%00&" SECRET, "400", "invalid_request" },
		{ GRANT "&client_id=DEMO&" SECRET, "401", "invalid_client" },
		{ VALID "&scope=admin", "400", "invalid_scope" },
		{ VALID "&scope=read%20admin", "400", "invalid_scope" },
		{ VALID "&scope=read%20%20write", "400", "invalid_scope" },
		{ VALID "&scope=%22", "400", "invalid_scope" },
		{ VALID "&" GRANT, "400", "invalid_request" },
		{ VALID "&x=1&x=2", "400", "invalid_request" },
		{ VALID "&x=%", "400", "invalid_request" },
		{ VALID "&x=%zz", "400", "invalid_request" },
		{ VALID "&x=%ff", "400", "invalid_request" },
		{ VALID "&x=%c0%80", "400", "invalid_request" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fault(tally_fake_service_token(&service, rows[i].form), rows[i].status,
			     rows[i].error);
}

static void good_forms_are_accepted(void **state)
{
	static const char *const forms[] = {
		VALID "&validity_period=3600&unknown=",
		"&&" VALID "&",
		VALID "&scope=",
		VALID "&scope=device_0123456789",
		VALID "&scope=write+read",
		VALID "&client_secret_is_not=this",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_contains(tally_fake_service_token(&service, forms[i]), "Status: 200 OK\r\n");
	assert_contains(tally_fake_service_token(&service, VALID "&scope=write+read+write"),
			"\"scope\":\"read write\"}");
}

static void a_401_asks_for_basic(void **state)
{
	struct tally_span response = tally_fake_service_token(&service, GRANT);

	(void)state;
	assert_contains(response, "WWW-Authenticate: Basic realm=");
}

static void a_huge_scope_is_refused(void **state)
{
	struct tally_buf form;

	(void)state;
	tally_buf_grow(&form, 70000);
	tally_buf_add_str(&form, VALID "&scope=");
	while (form.n < 65536)
		tally_buf_add_char(&form, 'x');
	assert_fault(tally_fake_service_token(&service, tally_buf_cstr(&form)), "400",
		     "invalid_scope");
	tally_buf_add_char(&form, 'x');
	assert_fault(tally_fake_service_token(&service, tally_buf_cstr(&form)), "413",
		     "invalid_request");
	tally_buf_free(&form);
}

static void methods_and_paths_are_exact(void **state)
{
	static const struct {
		const char *method;
		const char *uri;
		const char *status;
	} rows[] = {
		{ "GET", "/oauth2/token", "405" },    { "HEAD", "/oauth2/token", "405" },
		{ "post", "/oauth2/token", "405" },   { "DELETE", "/oauth2/token", "405" },
		{ NULL, "/oauth2/token", "405" },     { "POST", "/oauth2/jwks", "405" },
		{ "POST", "/", "404" },               { "POST", "", "404" },
		{ "POST", NULL, "404" },              { "POST", "//oauth2/token", "404" },
		{ "POST", "/oauth2//token", "404" },  { "POST", "/oauth2/token/", "404" },
		{ "POST", "/oauth2%2ftoken", "404" }, { "POST", "/x/../oauth2/token", "404" },
		{ "POST", "/OAUTH2/token", "404" },   { "GET", "/oauth2/jwks", "200" },
		{ "GET", "/health/live", "200" },     { "HEAD", "/health/ready", "200" },
		{ "GET", "/.well-known/oauth-authorization-server", "200" },
		{ "GET", "/.well-known/openid-configuration?x=1", "200" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tally_fake_request request = { .method = rows[i].method,
							    .uri = rows[i].uri,
							    .content_length = "" };
		struct tally_span response = tally_fake_service_send(&service, &request);
		char line[32];

		snprintf(line, sizeof(line), "Status: %s ", rows[i].status);
		assert_contains(response, line);
		if (strcmp(rows[i].status, "405") == 0)
			assert_contains(response, "\r\nAllow: ");
	}
}

/* RFC 9110 §9.3.2: the headers of a GET, and no body. */
static void head_has_no_body(void **state)
{
	struct tally_fake_request request = { .method = "HEAD", .uri = "/oauth2/jwks" };
	struct tally_span response = tally_fake_service_send(&service, &request);

	(void)state;
	assert_int_equal(body_of(response).n, 0);
	assert_false(contains(response, "Content-Length: 0\r\n"));
}

static void lengths_must_be_true(void **state)
{
	static const struct {
		const char *length;
		const char *status;
	} rows[] = {
		{ "", "200" },       { "1", "400" },     { "999", "400" },
		{ "-1", "400" },     { "+5", "400" },    { "0x10", "400" },
		{ "65537", "413" },  { "1e3", "400" },   { "99999999999999999999999", "413" },
		{ "0", "400" },
	};
	struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = TALLY_SPAN(VALID),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[32];

		request.content_length = rows[i].length;
		snprintf(line, sizeof(line), "Status: %s ", rows[i].status);
		assert_contains(tally_fake_service_send(&service, &request), line);
	}
}

static void other_content_types_are_refused(void **state)
{
	static const char *const types[] = {
		NULL, "", "application/json", "multipart/form-data", "text/plain",
		"application/x-www-form-urlencodedx",
	};
	struct tally_fake_request request = {
		.method = "POST", .uri = "/oauth2/token", .body = TALLY_SPAN(VALID)
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		request.content_type = types[i];
		assert_fault(tally_fake_service_send(&service, &request), "400",
			     "invalid_request");
	}
}

static void bad_authorization_is_refused(void **state)
{
	static const char *const headers[] = {
		"Basic", "Basic ", "Basic !!!", "Basic ZGVtbw==", "Bearer abc", "Negotiate x",
		"Basic OnNlY3JldA==",
	};
	struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = TALLY_SPAN(GRANT),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		request.authorization = headers[i];
		assert_fault(tally_fake_service_send(&service, &request), "401",
			     "invalid_client");
	}
}

/* Each grant is refused without its client, and when anything below fails. */
static void no_grant_gives_a_token_for_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TALLY_GRANT_COUNT; i++) {
		const struct tally_grant *grant = tally_grant((enum tally_grant_id)i);
		char form[256];

		if (grant->flags & TALLY_GRANT_CONFIDENTIAL_ONLY) {
			snprintf(form, sizeof(form), "grant_type=%s", grant->type);
			assert_fault(tally_fake_service_token(&service, form), "401",
				     "invalid_client");
		}
		snprintf(form, sizeof(form), "grant_type=%s&grant_type=%s&" CLIENT "&" SECRET,
			 grant->type, grant->type);
		assert_fault(tally_fake_service_token(&service, form), "400", "invalid_request");
		snprintf(form, sizeof(form), "grant_type=%s%0150d&" CLIENT "&" SECRET, grant->type,
			 0);
		assert_fault(tally_fake_service_token(&service, form), "400",
			     "unsupported_grant_type");
	}
}

/* An outage is 503 with Retry-After, never invalid_client. */
static void an_outage_is_no_invalid_client(void **state)
{
	struct tally_fake_service other;

	(void)state;
	tally_fake_service_open(&other, "ES256", NULL);
	tally_fake_store_down(other.store, true);
	struct tally_span response = tally_fake_service_token(&other, VALID);

	assert_fault(response, "503", "temporarily_unavailable");
	assert_contains(response, "Retry-After: ");
	tally_fake_service_close(&other);
}

static void cached_clients_survive_an_outage(void **state)
{
	struct tally_fake_service other;

	(void)state;
	tally_fake_service_open(&other, "ES256", "[tokens]\npersistence = refresh\n");
	assert_contains(tally_fake_service_token(&other, VALID), "Status: 200 OK\r\n");
	tally_fake_store_down(other.store, true);
	assert_contains(tally_fake_service_token(&other, VALID), "Status: 200 OK\r\n");
	tally_fake_service_close(&other);
}

static void randomness_that_fails_gives_no_token(void **state)
{
	struct tally_span response;

	(void)state;
	tally_fake_rand_fail(1);
	response = tally_fake_service_token(&service, VALID);
	tally_fake_rand_fail(0);
	assert_fault(response, "500", "server_error");
}

static void every_algorithm_signs(void **state)
{
	static const char *const algs[] = { "ES384", "RS256", "PS256", "EdDSA" };

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct tally_fake_service other;
		char more[64];

		snprintf(more, sizeof(more), "[tokens]\nalgorithm = %s\n", algs[i]);
		tally_fake_service_open(&other, algs[i], more);
		assert_contains(tally_fake_service_token(&other, VALID), "Status: 200 OK\r\n");
		tally_fake_service_close(&other);
	}
}

static void a_mount_path_comes_from_the_issuer(void **state)
{
	static const char *const there[] = {
		"/auth/oauth2/jwks", "/.well-known/oauth-authorization-server/auth",
		"/auth/.well-known/oauth-authorization-server",
		"/auth/.well-known/openid-configuration",
	};
	struct tally_fake_service other;

	(void)state;
	tally_fake_service_open(&other, "ES256", "[server]\nmount = /auth\n");
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		const struct tally_fake_request request = { .method = "GET", .uri = there[i] };

		assert_contains(tally_fake_service_send(&other, &request), "Status: 200 OK\r\n");
	}
	const struct tally_fake_request root = { .method = "GET", .uri = "/oauth2/jwks" };

	assert_contains(tally_fake_service_send(&other, &root), "Status: 404 ");
	tally_fake_service_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_request_gets_a_token),
		cmocka_unit_test(basic_works_too),
		cmocka_unit_test(bad_forms_are_refused),
		cmocka_unit_test(good_forms_are_accepted),
		cmocka_unit_test(a_401_asks_for_basic),
		cmocka_unit_test(a_huge_scope_is_refused),
		cmocka_unit_test(methods_and_paths_are_exact),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(lengths_must_be_true),
		cmocka_unit_test(other_content_types_are_refused),
		cmocka_unit_test(bad_authorization_is_refused),
		cmocka_unit_test(no_grant_gives_a_token_for_nothing),
		cmocka_unit_test(an_outage_is_no_invalid_client),
		cmocka_unit_test(cached_clients_survive_an_outage),
		cmocka_unit_test(randomness_that_fails_gives_no_token),
		cmocka_unit_test(every_algorithm_signs),
		cmocka_unit_test(a_mount_path_comes_from_the_issuer),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("service", tests, open_service, close_service);
}
