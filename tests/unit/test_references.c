/* SPDX-License-Identifier: Apache-2.0 */
/* Whole requests for references, and who may make them. */
#include "config.h"

#include "codec/json_in.h"
#include "sys/log.h"
#include "tests/unit/status_seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NEW "/pools/tests/new-references"

static struct status_seam seam;

static int open_usual(void **state)
{
	(void)state;
	status_open(&seam, NULL, NULL);
	return 0;
}

static int close_seam(void **state)
{
	(void)state;
	status_close(&seam);
	return 0;
}

static struct tally_span get_new(const char *uri)
{
	return status_ask(&seam, "POST", uri, STATUS_KEY, NULL);
}

/* How many references an answer has; each is one of the pool, and new. */
static size_t count_new(struct tally_span response, bool seen[2 * STATUS_SIZE])
{
	static char first[SEAM_TEXT_MAX];
	struct tally_json *json;
	size_t n = 0;

	seam_assert_has(response, "Status: 200 OK\r\n");
	assert_int_equal(tally_json_parse(status_body(response), SIZE_MAX, &json), TALLY_OK);
	const struct tally_json *item = tally_json_first(tally_json_member(json, "references"));

	for (; item != NULL; item = tally_json_next(item), n++) {
		struct tally_span uri;
		int64_t index;

		assert_true(tally_json_string(tally_json_member(item, "uri"), &uri));
		assert_true(tally_json_integer(tally_json_member(item, "index"), &index));
		assert_true(tally_span_starts_with(uri, TALLY_SPAN(STATUS_BASE "tests-")));
		assert_true(index >= 0 && index < STATUS_SIZE);
		if (first[0] == '\0')
			snprintf(first, sizeof(first), "%.*s", TALLY_SPAN_ARG(uri));
		bool *one = &seen[index + (tally_span_eq(uri, tally_span_of(first)) ? 0 : STATUS_SIZE)];

		assert_false(*one);
		*one = true;
	}
	tally_json_free(json);
	return n;
}

/* ---- getting ---- */

static void references_are_new_each_time(void **state)
{
	static bool seen[2 * STATUS_SIZE];

	(void)state;
	assert_int_equal(count_new(get_new(NEW), seen), 1);
	assert_int_equal(count_new(get_new(NEW "?amount=1"), seen), 1);
	assert_int_equal(count_new(get_new(NEW "?amount=50&other=1"), seen), 50);
	assert_int_equal(count_new(get_new(NEW "?amount=007"), seen), 7);
	assert_int_equal(count_new(get_new(NEW "?"), seen), 1);
	for (int i = 0; i < 30; i++)
		assert_int_equal(count_new(get_new(NEW "?amount=40"), seen), 40);
}

static void the_answer_has_the_form_that_clients_know(void **state)
{
	struct tally_span response = get_new(NEW);

	(void)state;
	seam_assert_has(response, "Content-Type: application/json\r\n");
	seam_assert_has(response, "Cache-Control: no-store\r\n");
	seam_assert_has(response, "\r\n\r\n{\"references\":[{\"uri\":\"" STATUS_BASE "tests-");
	seam_assert_has(response, "\",\"index\":");
}

/* Whatever a client sends there; but not too much of it. */
static void a_small_body_does_not_matter(void **state)
{
	static char large[4098];

	(void)state;
	seam_assert_has(status_ask(&seam, "POST", NEW, STATUS_KEY, "{}"), "Status: 200 OK\r\n");
	seam_assert_has(status_ask(&seam, "POST", NEW, STATUS_KEY, "\xff<no json>"),
			"Status: 200 OK\r\n");
	memset(large, ' ', sizeof(large) - 1);
	status_assert_refused(status_ask(&seam, "POST", NEW, STATUS_KEY, large), "413",
			     "CONTENT_TOO_LARGE");
}

static void amounts_that_make_no_sense(void **state)
{
	static const char *const queries[] = {
		"amount=0",      "amount=-1",       "amount=51",       "amount=99999999999999999999",
		"amount=",       "amount",          "amount=one",      "amount=1.5",
		"amount=1e1",    "amount=+1",       "amount=%2B1",     "amount=0x10",
		"amount= 1",     "amount=1&amount=1", "amount=1&amount=2", "amount=1;amount=2",
		"amount=%00",    "amount=%",        "amount=%zz",      "a=1&a=2",
		"amount=1%00",   "amount=\xd9\xa1", "%61mount=0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char uri[256];

		snprintf(uri, sizeof(uri), NEW "?%s", queries[i]);
		struct tally_span response = get_new(uri);

		if (!seam_has(response, "Status: 400 "))
			fail_msg("%s:\n%.*s", queries[i], TALLY_SPAN_ARG(response));
		status_assert_refused(response, "400", "BAD_REQUEST");
	}
}

/* ---- who may ---- */

/* The answer without what differs from one request to the next. */
static const char *shape_of(struct tally_span response, char out[SEAM_TEXT_MAX])
{
	snprintf(out, SEAM_TEXT_MAX, "%.*s", TALLY_SPAN_ARG(response));
	char *id = strstr(out, "X-Request-Id: ");

	assert_non_null(id);
	memset(id + 14, 'x', 16);
	return out;
}

/* Nobody learns which pools there are. */
static void strangers_all_get_the_same(void **state)
{
	static const struct {
		const char *uri;
		const char *key;
	} rows[] = {
		{ NEW, NULL },
		{ NEW, "" },
		{ NEW, "wrong" },
		{ NEW, STATUS_KEY_OTHER },
		{ NEW, STATUS_KEY "x" },
		{ NEW, "Key-of-tests" },
		{ NEW "?amount=0", "wrong" },
		{ "/pools/nothing/new-references", STATUS_KEY },
		{ "/pools/nothing/new-references", "wrong" },
		{ "/pools/nothing/new-references", NULL },
		{ "/pools/Tests/new-references", STATUS_KEY },
		{ "/pools/tests%20/new-references", STATUS_KEY },
		{ "/pools/%74ests/new-references", STATUS_KEY },
		{ "/pools/../new-references", STATUS_KEY },
		{ "/pools/./new-references", STATUS_KEY },
		{ "/pools/{}/new-references", STATUS_KEY },
		{ "/pools/\xff\xfe/new-references", STATUS_KEY },
	};
	static char first[SEAM_TEXT_MAX], other[SEAM_TEXT_MAX];

	(void)state;
	shape_of(status_ask(&seam, "POST", rows[0].uri, rows[0].key, NULL), first);
	status_assert_refused(tally_span_of(first), "401", "UNAUTHORIZED");
	seam_assert_has(tally_span_of(first), "WWW-Authenticate: Bearer realm=\"Tallystick\"\r\n");
	for (size_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(shape_of(status_ask(&seam, "POST", rows[i].uri, rows[i].key, NULL),
					     other), first);
}

static void each_key_of_a_pool_is_good_for_it(void **state)
{
	(void)state;
	seam_assert_has(status_ask(&seam, "POST", NEW, STATUS_KEY, NULL), "Status: 200 OK\r\n");
	seam_assert_has(status_ask(&seam, "POST", NEW, STATUS_KEY_2, NULL), "Status: 200 OK\r\n");
	seam_assert_has(status_ask(&seam, "POST", "/pools/other/new-references", STATUS_KEY_OTHER,
				  NULL), "Status: 200 OK\r\n");
}

/* Guessing from one address ends soon; the right key does not help there. */
static void who_guesses_is_told_to_wait(void **state)
{
	char seconds[SEAM_TEXT_MAX];

	(void)state;
	status_close(&seam);
	status_open(&seam, NULL, "[failures]\nper-address = 5\n");
	for (int i = 0; i < 5; i++)
		status_assert_refused(status_ask(&seam, "POST", NEW, "wrong", NULL), "401",
				     "UNAUTHORIZED");
	struct tally_span response = status_ask(&seam, "POST", NEW, STATUS_KEY, NULL);

	status_assert_refused(response, "429", "RATE_LIMIT_REACHED");
	status_header(response, "Retry-After", seconds);
	assert_true(strtol(seconds, NULL, 10) > 200);
	tally_fake_clock_advance_ms(301 * 1000);
	seam_assert_has(status_ask(&seam, "POST", NEW, STATUS_KEY, NULL), "Status: 200 OK\r\n");
}

/* ---- with an access token ---- */

static struct tally_span with_token(const char *method, const char *uri, const char *token,
				    const char *body)
{
	static char authorization[SEAM_TEXT_MAX + 8];
	const struct tally_fake_request request = {
		.method = method,
		.uri = uri,
		.authorization = authorization,
		.body = tally_span_of(body),
	};

	snprintf(authorization, sizeof(authorization), "Bearer %s", token);
	return tally_fake_service_send(&seam.service, &request);
}

static void get_token(const char *scope, char out[SEAM_TEXT_MAX])
{
	struct tally_span response =
		seam_post(&seam.service, "/oauth2/token", STATUS_CLIENT,
			  "grant_type=client_credentials&scope=%s", scope);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", out);
}

static void a_token_with_the_scope_is_as_good_as_a_key(void **state)
{
	static char token[SEAM_TEXT_MAX], uri[SEAM_TEXT_MAX], body[2 * SEAM_TEXT_MAX];

	(void)state;
	unsigned int index = status_new(&seam, uri);

	snprintf(body, sizeof(body), "{\"uri\":\"%s\",\"index\":%u,\"value\":1}", uri, index);
	get_token("status:issue", token);
	seam_assert_has(with_token("POST", NEW, token, NULL), "Status: 200 OK\r\n");
	status_assert_refused(with_token("PATCH", "/status-lists/update", token, body), "403",
			     "INSUFFICIENT_SCOPE");
	get_token("status:update", token);
	seam_assert_has(with_token("PATCH", "/status-lists/update", token, body),
			"Status: 204 No Content\r\n");
	status_assert_refused(with_token("POST", NEW, token, NULL), "403", "INSUFFICIENT_SCOPE");
	snprintf(body, sizeof(body), "%s/%u", strstr(uri, "/status-lists/"), index);
	seam_assert_has(with_token("GET", body, token, NULL), "\"value\":1}");
}

static void tokens_that_are_not_good_enough(void **state)
{
	static char token[SEAM_TEXT_MAX];

	(void)state;
	get_token("other", token);
	status_assert_refused(with_token("POST", NEW, token, NULL), "403", "INSUFFICIENT_SCOPE");
	get_token("status:issue", token);
	status_assert_refused(with_token("POST", "/pools/other/new-references", token, NULL), "401",
			     "UNAUTHORIZED");
	status_assert_refused(with_token("POST", "/pools/nothing/new-references", token, NULL),
			     "401", "UNAUTHORIZED");
	status_assert_refused(with_token("POST", NEW, "garbage", NULL), "401", "UNAUTHORIZED");
	status_assert_refused(with_token("POST", NEW, "", NULL), "401", "UNAUTHORIZED");
	seam_post(&seam.service, "/oauth2/revoke", STATUS_CLIENT, "token=%s", token);
	status_assert_refused(with_token("POST", NEW, token, NULL), "401", "UNAUTHORIZED");
	get_token("status:issue", token);
	tally_fake_clock_advance_ms(3601 * 1000);
	status_assert_refused(with_token("POST", NEW, token, NULL), "401", "UNAUTHORIZED");
}

/* ---- what else may be wrong ---- */

static void paths_and_methods_are_refused_in_one_form(void **state)
{
	static const struct {
		const char *method, *uri, *status, *code;
	} rows[] = {
		{ "GET", NEW, "405", "METHOD_NOT_ALLOWED" },
		{ "HEAD", NEW, "405", "METHOD_NOT_ALLOWED" },
		{ "PUT", NEW, "405", "METHOD_NOT_ALLOWED" },
		{ "PATCH", "/status-lists/tests-0123456789ab", "405", "METHOD_NOT_ALLOWED" },
		{ "GET", "/status-lists/update", "405", "METHOD_NOT_ALLOWED" },
		{ "POST", "/aggregation/all", "405", "METHOD_NOT_ALLOWED" },
		{ "POST", "/pools/tests", "404", "NOT_FOUND" },
		{ "POST", "/pools//new-references", "404", "NOT_FOUND" },
		{ "POST", "/pools/tests/new-references/", "404", "NOT_FOUND" },
		{ "POST", "/pools/a/b/new-references", "404", "NOT_FOUND" },
		{ "POST", "/pools/", "404", "NOT_FOUND" },
		{ "GET", "/status-lists/", "404", "NOT_FOUND" },
		{ "GET", "/status-lists", "404", "NOT_FOUND" },
		{ "GET", "/status-lists/a/b/c", "404", "NOT_FOUND" },
		{ "GET", "/aggregation/", "404", "NOT_FOUND" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span response =
			status_ask(&seam, rows[i].method, rows[i].uri, STATUS_KEY, NULL);

		if (strcmp(rows[i].method, "HEAD") != 0)
			status_assert_refused(response, rows[i].status, rows[i].code);
		if (strcmp(rows[i].status, "405") == 0)
			seam_assert_has(response, "\r\nAllow: ");
	}
	seam_assert_has(status_ask(&seam, "POST", "/status-list/x", STATUS_KEY, NULL),
			"{\"error\":\"not_found\"");
}

static void a_retired_pool_gives_none(void **state)
{
	(void)state;
	status_close(&seam);
	status_open(&seam, "retired = on\n", NULL);
	status_assert_refused(get_new(NEW), "404", "NO_SUCH_POOL");
	status_assert_refused(status_ask(&seam, "POST", NEW, "wrong", NULL), "401", "UNAUTHORIZED");
}

static void wait_for_new(const char *uri)
{
	for (int tries = 0; !seam_has(get_new(uri), "Status: 200 ") && tries < 500; tries++) {
		tally_fake_clock_advance_ms(10);
		usleep(10000);
	}
	seam_assert_has(get_new(uri), "Status: 200 ");
}

/* What is in memory goes on; then it is an outage, and nobody waits for its end. */
static void an_outage_is_no_wrong_key(void **state)
{
	static bool seen[2 * STATUS_SIZE];

	(void)state;
	assert_int_equal(count_new(get_new(NEW "?amount=10"), seen), 10);
	tally_fake_lists_down(seam.service.lists, true);
	assert_int_equal(count_new(get_new(NEW "?amount=50"), seen), 50);
	assert_int_equal(count_new(get_new(NEW "?amount=50"), seen), 50);
	struct tally_span response = get_new(NEW);

	status_assert_refused(response, "503", "SERVICE_UNAVAILABLE");
	seam_assert_has(response, "\r\nRetry-After: ");
	status_assert_refused(status_ask(&seam, "POST", NEW, "wrong", NULL), "401", "UNAUTHORIZED");
	tally_fake_lists_down(seam.service.lists, false);
	wait_for_new(NEW);
	assert_int_equal(count_new(get_new(NEW), seen), 1);
}

/* Too few for this request, and too many to be low: Redis is asked all the same. */
static void an_outage_ends_where_there_is_stock_left(void **state)
{
	static bool seen[2 * STATUS_SIZE];

	(void)state;
	assert_int_equal(count_new(get_new(NEW "?amount=10"), seen), 10);
	tally_fake_lists_down(seam.service.lists, true);
	assert_int_equal(count_new(get_new(NEW "?amount=40"), seen), 40);
	assert_int_equal(count_new(get_new(NEW "?amount=40"), seen), 40);
	status_assert_refused(get_new(NEW "?amount=50"), "503", "SERVICE_UNAVAILABLE");
	status_assert_refused(get_new(NEW "?amount=50"), "503", "SERVICE_UNAVAILABLE");
	tally_fake_lists_down(seam.service.lists, false);
	wait_for_new(NEW "?amount=50");
	assert_int_equal(count_new(get_new(NEW), seen), 1);
}

static void without_redis_there_is_nothing(void **state)
{
	struct tally_fake_service service = { 0 };
	static const char *const rows[][2] = {
		{ "POST", NEW }, { "GET", "/status-lists/tests-0123456789ab" },
		{ "GET", "/status-lists/tests-0123456789ab/1" }, { "GET", "/aggregation/all" },
		{ "PATCH", "/status-lists/update" },
	};

	(void)state;
	tally_fake_service_open_without_redis(&service, "ES256", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tally_fake_request request = {
			.method = rows[i][0], .uri = rows[i][1], .api_key = STATUS_KEY,
		};

		seam_assert_has(tally_fake_service_send(&service, &request), "Status: 404 ");
	}
	tally_fake_service_close(&service);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_usual, close_seam)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(references_are_new_each_time),
		TEST(the_answer_has_the_form_that_clients_know),
		TEST(a_small_body_does_not_matter),
		TEST(amounts_that_make_no_sense),
		TEST(strangers_all_get_the_same),
		TEST(each_key_of_a_pool_is_good_for_it),
		TEST(who_guesses_is_told_to_wait),
		TEST(a_token_with_the_scope_is_as_good_as_a_key),
		TEST(tokens_that_are_not_good_enough),
		TEST(paths_and_methods_are_refused_in_one_form),
		TEST(a_retired_pool_gives_none),
		TEST(an_outage_is_no_wrong_key),
		TEST(an_outage_ends_where_there_is_stock_left),
		cmocka_unit_test(without_redis_there_is_nothing),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("references", tests, NULL, NULL);
}
