/* SPDX-License-Identifier: Apache-2.0 */
/* Whole requests that set and read the status of entries. */
#include "config.h"

#include "sys/log.h"
#include "tests/unit/status_seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define UPDATE "/status-lists/update"
#define BATCH "/status-lists/batch-update"
#define LARGE (6u * 1024 * 1024)

static struct status_seam seam;
static char uri[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX];
static char large[LARGE];

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

/* Asks with this text, where %s stands for the URI. */
static struct tally_span patch(const char *path, const char *format)
{
	const char *at = strstr(format, "%s");

	if (at != NULL)
		snprintf(large, sizeof(large), "%.*s%s%s", (int)(at - format), format, uri, at + 2);
	else
		snprintf(large, sizeof(large), "%s", format);
	return status_ask(&seam, "PATCH", path, STATUS_KEY, large);
}

static struct tally_span get(const char *path)
{
	return status_ask(&seam, "GET", path, STATUS_KEY, NULL);
}

/* ---- one ---- */

static void an_update_is_seen_at_once(void **state)
{
	unsigned int index = status_new(&seam, uri);

	(void)state;
	assert_int_equal(status_value(&seam, uri, index), 0);
	snprintf(text, sizeof(text), "%u", index);
	struct tally_span response = status_update(&seam, uri, text, "2");

	seam_assert_has(response, "Status: 204 No Content\r\n");
	assert_false(seam_has(response, "Content-Length"));
	assert_false(seam_has(response, "Content-Type"));
	assert_int_equal(status_body(response).n, 0);
	assert_int_equal(status_value(&seam, uri, index), 2);
	seam_assert_has(status_update(&seam, uri, text, "0"), "Status: 204 ");
	assert_int_equal(status_value(&seam, uri, index), 0);
}

static void a_final_status_stays(void **state)
{
	(void)state;
	status_new(&seam, uri);
	seam_assert_has(status_update(&seam, uri, "7", "3"), "Status: 204 ");
	seam_assert_has(status_update(&seam, uri, "7", "3"), "Status: 204 ");
	status_assert_refused(status_update(&seam, uri, "7", "0"), "403", "FORBIDDEN");
	status_assert_refused(status_update(&seam, uri, "7", "1"), "403", "FORBIDDEN");
	assert_int_equal(status_value(&seam, uri, 7), 3);
	seam_assert_has(status_update(&seam, uri, "8", "1"), "Status: 204 ");
}

static void numbers_out_of_range(void **state)
{
	static const struct {
		const char *index, *value, *code;
	} rows[] = {
		{ "-1", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "1000", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "4294967296", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "9007199254740993", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "9223372036854775807", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "9223372036854775808", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "-9223372036854775809", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "1e300", "1", "INDEX_OUT_OF_BOUNDS" },
		{ "5", "4", "VALUE_OUT_OF_RANGE" },
		{ "5", "255", "VALUE_OUT_OF_RANGE" },
		{ "5", "-1", "VALUE_OUT_OF_RANGE" },
		{ "5", "9223372036854775808", "VALUE_OUT_OF_RANGE" },
		{ "1.5", "1", "BAD_REQUEST" },
		{ "5", "0.5", "BAD_REQUEST" },
		{ "\"5\"", "1", "BAD_REQUEST" },
		{ "5", "\"1\"", "BAD_REQUEST" },
		{ "true", "1", "BAD_REQUEST" },
		{ "5", "null", "BAD_REQUEST" },
		{ "[5]", "1", "BAD_REQUEST" },
		{ "01", "1", "BAD_REQUEST" },
		{ "+1", "1", "BAD_REQUEST" },
		{ "0x1", "1", "BAD_REQUEST" },
		{ "NaN", "1", "BAD_REQUEST" },
	};

	(void)state;
	status_new(&seam, uri);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		status_assert_refused(status_update(&seam, uri, rows[i].index, rows[i].value), "400",
				      rows[i].code);
	seam_assert_has(status_update(&seam, uri, "999", "1"), "Status: 204 ");
	seam_assert_has(status_update(&seam, uri, "-0", "1"), "Status: 204 ");
	assert_int_equal(status_value(&seam, uri, 999), 1);
	assert_int_equal(status_value(&seam, uri, 5), 0);
}

static void bodies_that_are_no_update(void **state)
{
	static const char *const bodies[] = {
		"", "{", "{}", "[]", "null", "1", "\"x\"", "uri=x",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1} x",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1}{}",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1,}",
		"{\"uri\":\"%s\",\"index\":1,\"index\":2,\"value\":1}",
		"{\"uri\":\"%s\",\"index\":1,\"\\u0069ndex\":2,\"value\":1}",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1,\"value\":0}",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1,\"x\":{\"a\":1,\"a\":1}}",
		"{\"URI\":\"%s\",\"index\":1,\"value\":1}",
		"{\"uri\":\"%s\",\"Index\":1,\"value\":1}",
		"{\"uri\":\"%s\\u0000\",\"index\":1,\"value\":1}",
		"{\"uri\":7,\"index\":1,\"value\":1}",
		"{\"uri\":[\"%s\"],\"index\":1,\"value\":1}",
		"{\"index\":1,\"value\":1}",
		"{\"uri\":\"%s\",\"value\":1}",
		"{\"uri\":\"%s\",\"index\":1}",
		"\xef\xbb\xbf{\"uri\":\"%s\",\"index\":1,\"value\":1}",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1,\"x\":\"\xff\"}",
		"[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
	};

	(void)state;
	status_new(&seam, uri);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct tally_span response = patch(UPDATE, bodies[i]);

		if (!seam_has(response, "Status: 400 "))
			fail_msg("%s:\n%.*s", bodies[i], TALLY_SPAN_ARG(response));
		status_assert_refused(response, "400", "BAD_REQUEST");
	}
	assert_int_equal(status_value(&seam, uri, 1), 0);
	seam_assert_has(patch(UPDATE, "{\"value\":1,\"more\":[1,2],\"index\":1,\"uri\":\"%s\"}"),
			"Status: 204 ");
}

/* What is no URI of a list of this pool, however near it comes. */
static void uris_that_are_no_list(void **state)
{
	static const char *const starts[] = {
		"https://as.example", "https://as.example/status-lists", "http://as.example/status-lists/",
		"https://as.example/status-lists//", "https://as.example/x/status-lists/",
		"https://as.example/status-lists/../status-lists/", "https://AS.example/status-lists/",
		"https://as.example:443/status-lists/", "https://evil.example/status-lists/", "", "/",
		"https://as.example/status-lists/.", " https://as.example/status-lists/",
	};
	char name[64];

	(void)state;
	status_new(&seam, uri);
	snprintf(name, sizeof(name), "%s", strrchr(uri, '/') + 1);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", starts[i], name);
		struct tally_span response = status_update(&seam, text, "1", "1");

		/* Without a pool's name at its end it is nobody's. */
		if (!seam_has(response, "Status: 404 ") && !seam_has(response, "Status: 401 "))
			fail_msg("%s:\n%.*s", text, TALLY_SPAN_ARG(response));
	}
	assert_int_equal(status_value(&seam, uri, 1), 0);
}

static void names_that_are_no_list(void **state)
{
	static const struct {
		const char *name, *status, *code;
	} rows[] = {
		{ "tests-000000000000", "404", "NO_SUCH_LIST" },
		{ "tests-ffffffffffff", "404", "NO_SUCH_LIST" },
		{ "tests-0123456789AB", "401", "UNAUTHORIZED" },
		{ "tests-0123456789a", "401", "UNAUTHORIZED" },
		{ "tests-0123456789abc", "401", "UNAUTHORIZED" },
		{ "tests-0123456789ag", "401", "UNAUTHORIZED" },
		{ "tests", "401", "UNAUTHORIZED" },
		{ "", "401", "UNAUTHORIZED" },
		{ "-0123456789ab", "401", "UNAUTHORIZED" },
		{ "Tests-0123456789ab", "401", "UNAUTHORIZED" },
		{ "tests--0123456789ab", "401", "UNAUTHORIZED" },
		{ "other-0123456789ab", "401", "UNAUTHORIZED" },
		{ "nothing-0123456789ab", "401", "UNAUTHORIZED" },
		{ "tests-0123456789ab?x", "401", "UNAUTHORIZED" },
		{ "tests-0123456789ab#x", "401", "UNAUTHORIZED" },
		{ "tests-0123456789a%62", "401", "UNAUTHORIZED" },
		{ "tests-0123456789ab/", "401", "UNAUTHORIZED" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), STATUS_BASE "%s", rows[i].name);
		status_assert_refused(status_update(&seam, text, "1", "1"), rows[i].status,
				      rows[i].code);
	}
}

static void who_may_update(void **state)
{
	static const char *const keys[] = { NULL, "", "wrong", STATUS_KEY_OTHER };
	static char body[SEAM_TEXT_MAX + 64];

	(void)state;
	status_new(&seam, uri);
	snprintf(body, sizeof(body), "{\"uri\":\"%s\",\"index\":1,\"value\":1}", uri);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		status_assert_refused(status_ask(&seam, "PATCH", UPDATE, keys[i], body), "401",
				      "UNAUTHORIZED");
	/* Whoever has no key at all does not even learn that the body is wrong. */
	status_assert_refused(status_ask(&seam, "PATCH", UPDATE, "wrong", "{"), "401",
			      "UNAUTHORIZED");
	status_assert_refused(status_ask(&seam, "PATCH", BATCH, NULL, "{"), "401", "UNAUTHORIZED");
	assert_int_equal(status_value(&seam, uri, 1), 0);
	seam_assert_has(status_ask(&seam, "PATCH", UPDATE, STATUS_KEY_2, body), "Status: 204 ");
}

static void content_types(void **state)
{
	static const struct {
		const char *type, *status;
	} rows[] = {
		{ NULL, "204" }, { "", "204" }, { "application/json", "204" },
		{ "Application/JSON; charset=utf-8", "204" },
		{ "application/merge-patch+json", "204" }, { "text/plain", "415" },
		{ "application/x-www-form-urlencoded", "415" }, { "application/jsonx", "415" },
		{ "application/json-patch+json", "415" },
	};

	(void)state;
	status_new(&seam, uri);
	snprintf(text, sizeof(text) - 64, "{\"uri\":\"%.200s\",\"index\":1,\"value\":1}", uri);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tally_fake_request request = {
			.method = "PATCH",
			.uri = UPDATE,
			.api_key = STATUS_KEY,
			.content_type = rows[i].type,
			.body = tally_span_of(text),
		};
		char line[32];

		snprintf(line, sizeof(line), "Status: %s ", rows[i].status);
		seam_assert_has(tally_fake_service_send(&seam.service, &request), line);
	}
}

static void bodies_are_bounded(void **state)
{
	(void)state;
	memset(large, ' ', 4097);
	large[4097] = '\0';
	status_assert_refused(status_ask(&seam, "PATCH", UPDATE, STATUS_KEY, large), "413",
			      "CONTENT_TOO_LARGE");
	memset(large, ' ', 5u * 1024 * 1024 + 1);
	large[5u * 1024 * 1024 + 1] = '\0';
	status_assert_refused(status_ask(&seam, "PATCH", BATCH, STATUS_KEY, large), "413",
			      "CONTENT_TOO_LARGE");
}

static void an_outage_loses_nothing(void **state)
{
	(void)state;
	status_new(&seam, uri);
	tally_fake_lists_down(seam.service.lists, true);
	struct tally_span response = status_update(&seam, uri, "1", "1");

	status_assert_refused(response, "503", "SERVICE_UNAVAILABLE");
	seam_assert_has(response, "\r\nRetry-After: ");
	tally_fake_lists_down(seam.service.lists, false);
	assert_int_equal(status_value(&seam, uri, 1), 0);
	/* Done, but the answer was lost: the client repeats it. */
	tally_fake_lists_lose(seam.service.lists, 1);
	status_assert_refused(status_update(&seam, uri, "1", "1"), "503", "SERVICE_UNAVAILABLE");
	seam_assert_has(status_update(&seam, uri, "1", "1"), "Status: 204 ");
	assert_int_equal(status_value(&seam, uri, 1), 1);
}

/* ---- many ---- */

/* The URI of the pool's other list: what is handed out after all of the first. */
static void find_other(const char *first, char other[SEAM_TEXT_MAX])
{
	for (int i = 0; i < 2 * STATUS_SIZE; i++) {
		status_new(&seam, other);
		if (strcmp(first, other) != 0)
			return;
	}
	fail_msg("there is no other list");
}

static struct tally_span batch(const char *const uris[], const char *const indices[], size_t n,
			       const char *value)
{
	int at = snprintf(large, sizeof(large), "{\"statusListReferences\":[");

	for (size_t i = 0; i < n; i++)
		at += snprintf(large + at, sizeof(large) - (size_t)at,
			       "%s{\"uri\":\"%s\",\"index\":%s}", i ? "," : "", uris[i], indices[i]);
	snprintf(large + at, sizeof(large) - (size_t)at, "],\"value\":%s}", value);
	return status_ask(&seam, "PATCH", BATCH, STATUS_KEY, large);
}

static void a_batch_may_span_lists(void **state)
{
	static char other[SEAM_TEXT_MAX];

	(void)state;
	status_new(&seam, uri);
	find_other(uri, other);
	struct tally_span response =
		batch((const char *const[]){ uri, other, uri, uri, other },
		      (const char *const[]){ "1", "2", "3", "3", "999" }, 5, "2");

	seam_assert_has(response, "Status: 204 No Content\r\n");
	assert_int_equal(status_body(response).n, 0);
	assert_int_equal(status_value(&seam, uri, 1), 2);
	assert_int_equal(status_value(&seam, uri, 2), 0);
	assert_int_equal(status_value(&seam, uri, 3), 2);
	assert_int_equal(status_value(&seam, other, 2), 2);
	assert_int_equal(status_value(&seam, other, 999), 2);
	assert_int_equal(status_value(&seam, other, 1), 0);
}

static void a_batch_is_all_or_nothing(void **state)
{
	(void)state;
	status_new(&seam, uri);
	seam_assert_has(status_update(&seam, uri, "9", "3"), "Status: 204 ");
	const char *const uris[] = { uri, uri, uri };

	status_assert_refused(batch(uris, (const char *const[]){ "1", "9", "2" }, 3, "1"), "403",
			      "FORBIDDEN");
	status_assert_refused(batch(uris, (const char *const[]){ "1", "2", "1000" }, 3, "1"), "400",
			      "INDEX_OUT_OF_BOUNDS");
	status_assert_refused(batch(uris, (const char *const[]){ "1", "-1", "2" }, 3, "1"), "400",
			      "INDEX_OUT_OF_BOUNDS");
	status_assert_refused(batch(uris, (const char *const[]){ "1", "2", "3" }, 3, "4"), "400",
			      "VALUE_OUT_OF_RANGE");
	status_assert_refused(batch((const char *const[]){ uri, STATUS_BASE "tests-000000000000" },
				    (const char *const[]){ "1", "2" }, 2, "1"), "404",
			      "NO_SUCH_LIST");
	status_assert_refused(batch((const char *const[]){ uri, STATUS_BASE "other-000000000000" },
				    (const char *const[]){ "1", "2" }, 2, "1"), "404",
			      "NO_SUCH_LIST");
	status_assert_refused(batch((const char *const[]){ STATUS_BASE "other-000000000000", uri },
				    (const char *const[]){ "1", "2" }, 2, "1"), "401",
			      "UNAUTHORIZED");
	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(status_value(&seam, uri, i), 0);
}

static void bodies_that_are_no_batch(void **state)
{
	static const char *const bodies[] = {
		"{}", "[]", "{\"statusListReferences\":[],\"value\":1}",
		"{\"statusListReferences\":{},\"value\":1}",
		"{\"statusListReferences\":null,\"value\":1}",
		"{\"statusListReferences\":[1],\"value\":1}",
		"{\"statusListReferences\":[\"%s\"],\"value\":1}",
		"{\"statusListReferences\":[[]],\"value\":1}",
		"{\"statusListReferences\":[{\"uri\":\"%s\"}],\"value\":1}",
		"{\"statusListReferences\":[{\"index\":1}],\"value\":1}",
		"{\"statusListReferences\":[{\"uri\":\"%s\",\"index\":1}]}",
		"{\"statusListReferences\":[{\"uri\":\"%s\",\"index\":1,\"index\":1}],\"value\":1}",
		"{\"statusListReferences\":[{\"uri\":\"%s\",\"index\":\"1\"}],\"value\":1}",
		"{\"uri\":\"%s\",\"index\":1,\"value\":1}",
	};

	(void)state;
	status_new(&seam, uri);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		status_assert_refused(patch(BATCH, bodies[i]), "400", "BAD_REQUEST");
	assert_int_equal(status_value(&seam, uri, 1), 0);
}

/* Ten thousand are taken, and not one more. */
static void the_largest_batch(void **state)
{
	static const char *uris[10001], *indices[10001];
	static char numbers[STATUS_SIZE][8];

	(void)state;
	status_new(&seam, uri);
	for (size_t i = 0; i < 10001; i++) {
		snprintf(numbers[i % STATUS_SIZE], sizeof(numbers[0]), "%zu", i % STATUS_SIZE);
		uris[i] = uri;
		indices[i] = numbers[i % STATUS_SIZE];
	}
	status_assert_refused(batch(uris, indices, 10001, "1"), "400", "BAD_REQUEST");
	assert_int_equal(status_value(&seam, uri, 500), 0);
	unsigned int before = tally_fake_lists_calls(seam.service.lists);

	seam_assert_has(batch(uris, indices, 10000, "1"), "Status: 204 ");
	assert_true(tally_fake_lists_calls(seam.service.lists) - before < 3);
	assert_int_equal(status_value(&seam, uri, 500), 1);
}

/* ---- reading back ---- */

static void what_is_read_back(void **state)
{
	(void)state;
	status_new(&seam, uri);
	snprintf(text, sizeof(text), "%.200s/17", strstr(uri, "/status-lists/"));
	struct tally_span response = get(text);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "Cache-Control: no-store\r\n");
	seam_assert_has(response, "{\"uri\":\"" STATUS_BASE "tests-");
	seam_assert_has(response, "\",\"index\":17,\"value\":0}");
	status_assert_refused(status_ask(&seam, "GET", text, NULL, NULL), "401", "UNAUTHORIZED");
	status_assert_refused(status_ask(&seam, "GET", text, STATUS_KEY_OTHER, NULL), "401",
			      "UNAUTHORIZED");
	tally_fake_lists_down(seam.service.lists, true);
	status_assert_refused(get(text), "503", "SERVICE_UNAVAILABLE");
	tally_fake_lists_down(seam.service.lists, false);
}

static void what_cannot_be_read_back(void **state)
{
	static const struct {
		const char *index, *status, *code;
	} rows[] = {
		{ "-1", "400", "INDEX_OUT_OF_BOUNDS" },
		{ "1000", "400", "INDEX_OUT_OF_BOUNDS" },
		{ "9223372036854775808", "400", "INDEX_OUT_OF_BOUNDS" },
		{ "99999999999999999999999999", "400", "INDEX_OUT_OF_BOUNDS" },
		{ "x", "400", "BAD_REQUEST" },
		{ "-", "400", "BAD_REQUEST" },
		{ "1.0", "400", "BAD_REQUEST" },
		{ "%31", "400", "BAD_REQUEST" },
		{ "--1", "400", "BAD_REQUEST" },
	};
	char name[64];

	(void)state;
	status_new(&seam, uri);
	snprintf(name, sizeof(name), "%s", strrchr(uri, '/') + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "/status-lists/%s/%s", name, rows[i].index);
		status_assert_refused(get(text), rows[i].status, rows[i].code);
	}
	status_assert_refused(get("/status-lists/tests-000000000000/1"), "404", "NO_SUCH_LIST");
	status_assert_refused(get("/status-lists/other-000000000000/1"), "401", "UNAUTHORIZED");
	status_assert_refused(get("/status-lists/nothing-000000000000/1"), "401", "UNAUTHORIZED");
	status_assert_refused(get("/status-lists/../1"), "401", "UNAUTHORIZED");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_usual, close_seam)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_update_is_seen_at_once),
		TEST(a_final_status_stays),
		TEST(numbers_out_of_range),
		TEST(bodies_that_are_no_update),
		TEST(uris_that_are_no_list),
		TEST(names_that_are_no_list),
		TEST(who_may_update),
		TEST(content_types),
		TEST(bodies_are_bounded),
		TEST(an_outage_loses_nothing),
		TEST(a_batch_may_span_lists),
		TEST(a_batch_is_all_or_nothing),
		TEST(bodies_that_are_no_batch),
		TEST(the_largest_batch),
		TEST(what_is_read_back),
		TEST(what_cannot_be_read_back),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("updates", tests, NULL, NULL);
}
