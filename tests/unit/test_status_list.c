/* SPDX-License-Identifier: Apache-2.0 */
/* Whole requests for lists: forms, codings, conditions, caching, the past, aggregation. */
#include "config.h"

#include "base/b64.h"
#include "codec/bits.h"
#include "codec/deflate.h"
#include "codec/json_in.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/unit/status_seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define JWT "application/statuslist+jwt"
#define CWT "application/statuslist+cwt"

static struct status_seam seam;
static char uri[SEAM_TEXT_MAX], path[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX], other[SEAM_TEXT_MAX];

/* A list of the pool "tests" is at path. */
static void open_with(const char *of_tests)
{
	status_open(&seam, of_tests, NULL);
	status_new(&seam, uri);
	snprintf(path, sizeof(path), "%s", strstr(uri, "/status-lists/"));
}

static int open_usual(void **state)
{
	(void)state;
	open_with(NULL);
	return 0;
}

static int close_seam(void **state)
{
	(void)state;
	status_close(&seam);
	return 0;
}

static struct tally_span get_with(struct tally_fake_request request)
{
	request.method = request.method ? request.method : "GET";
	request.uri = request.uri ? request.uri : path;
	return tally_fake_service_send(&seam.service, &request);
}

static struct tally_span get(const char *accept)
{
	return get_with((struct tally_fake_request){ .accept = accept });
}

/* What a JWT in an answer says of an entry. */
static unsigned int value_in(struct tally_span response, unsigned int index)
{
	static char payload[SEAM_TEXT_MAX], packed[SEAM_TEXT_MAX], bits[SEAM_TEXT_MAX];
	struct tally_span rest = status_body(response), lst;
	struct tally_json *claims;
	struct tally_buf out;
	size_t n;

	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), payload, sizeof(payload), &n),
			 TALLY_OK);
	assert_int_equal(tally_json_parse(tally_span(payload, n), n, &claims), TALLY_OK);
	assert_true(tally_json_string(
		tally_json_member(tally_json_member(claims, "status_list"), "lst"), &lst));
	assert_int_equal(tally_b64url_get(lst, packed, sizeof(packed), &n), TALLY_OK);
	tally_buf_over(&out, bits, sizeof(bits));
	assert_int_equal(tally_inflate(TALLY_ZLIB, tally_span(packed, n), sizeof(bits), &out),
			 TALLY_OK);
	tally_json_free(claims);
	return tally_bits_get(tally_buf_span(&out), 2, index);
}

/* ---- forms ---- */

static void a_list_is_a_jwt_unless_asked_otherwise(void **state)
{
	static const struct {
		const char *accept, *type;
	} rows[] = {
		{ NULL, JWT }, { "", JWT }, { "*/*", JWT }, { "application/*", JWT }, { JWT, JWT },
		{ CWT, CWT }, { JWT ", " CWT, JWT }, { CWT ", " JWT, JWT },
		{ JWT ";q=0.5, " CWT, CWT }, { JWT ";q=0, */*", CWT },
		{ "text/html, " CWT ";q=0.1", CWT }, { "APPLICATION/STATUSLIST+CWT", CWT },
		{ CWT ";q=0.9, */*;q=0.1", CWT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span response = get(rows[i].accept);

		seam_assert_has(response, "Status: 200 OK\r\n");
		status_header(response, "Content-Type", text);
		assert_string_equal(text, rows[i].type);
		seam_assert_has(response, "\r\nVary: Accept, Accept-Encoding\r\n");
		seam_assert_has(response, "\r\nAccess-Control-Allow-Origin: *\r\n");
		seam_assert_has(response, "\r\nAccess-Control-Expose-Headers: ETag\r\n");
		seam_assert_has(response, "\r\nX-Content-Type-Options: nosniff\r\n");
	}
	/* COSE_Sign1, tag 18 (draft §5.2). */
	assert_int_equal((unsigned char)status_body(get(CWT)).p[0], 0xd2);
	assert_int_equal(value_in(get(JWT), 1), 0);
}

static void what_is_not_acceptable(void **state)
{
	static const char *const headers[] = {
		"text/html", "application/json", "application/jwt", "image/*", "*/*;q=0",
		JWT ";q=0", JWT ";q=0, " CWT ";q=0.0", "statuslist+jwt", JWT ";profile=x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		status_assert_refused(get(headers[i]), "406", "NOT_ACCEPTABLE");
}

/* ---- codings ---- */

static struct tally_span get_coded(const char *accept, const char *coding)
{
	return get_with((struct tally_fake_request){ .accept = accept, .accept_encoding = coding });
}

static void a_jwt_is_compressed_for_who_takes_it(void **state)
{
	static const struct {
		const char *accept, *coding;
		bool is_gzip;
	} rows[] = {
		{ JWT, "gzip", true },   { JWT, "br, gzip;q=0.5", true }, { JWT, "*", true },
		{ JWT, "GZIP", true },   { JWT, NULL, false },           { JWT, "", false },
		{ JWT, "br", false },    { JWT, "gzip;q=0", false },     { JWT, "identity", false },
		{ CWT, "gzip", false },
	};
	static char plain[SEAM_TEXT_MAX], again[SEAM_TEXT_MAX];
	struct tally_span body = status_body(get(JWT));
	struct tally_buf out;

	(void)state;
	snprintf(plain, sizeof(plain), "%.*s", TALLY_SPAN_ARG(body));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span response = get_coded(rows[i].accept, rows[i].coding);

		seam_assert_has(response, "Status: 200 OK\r\n");
		assert_int_equal(seam_has(response, "\r\nContent-Encoding: gzip\r\n"),
				 rows[i].is_gzip);
	}
	tally_buf_over(&out, again, sizeof(again));
	assert_int_equal(tally_inflate(TALLY_GZIP, status_body(get_coded(JWT, "gzip")),
				       sizeof(again), &out), TALLY_OK);
	assert_string_equal(tally_buf_cstr(&out), plain);
}

/* ---- conditions ---- */

static struct tally_span get_if(const char *accept, const char *coding, const char *none_match,
				const char *modified_since)
{
	return get_with((struct tally_fake_request){ .accept = accept,
						     .accept_encoding = coding,
						     .if_none_match = none_match,
						     .if_modified_since = modified_since });
}

static void assert_not_modified(struct tally_span response)
{
	seam_assert_has(response, "Status: 304 Not Modified\r\n");
	seam_assert_has(response, "\r\nETag: \"");
	seam_assert_has(response, "\r\nVary: Accept, Accept-Encoding\r\n");
	seam_assert_has(response, "\r\nCache-Control: public, max-age=");
	assert_false(seam_has(response, "\r\nContent-Type:"));
	assert_false(seam_has(response, "Content-Length"));
	assert_false(seam_has(response, "Content-Encoding"));
	assert_int_equal(status_body(response).n, 0);
}

/* RFC 9110 §8.8.3: another form or coding is another representation. */
static void what_is_known_is_not_sent_again(void **state)
{
	static const char *const codings[][2] = { { JWT, NULL }, { JWT, "gzip" }, { CWT, NULL } };
	char etags[3][64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		status_header(get_coded(codings[i][0], codings[i][1]), "ETag", text);
		snprintf(etags[i], sizeof(etags[i]), "%.60s", text);
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			struct tally_span response =
				get_if(codings[i][0], codings[i][1], etags[k], NULL);

			if (i == k)
				assert_not_modified(response);
			else
				seam_assert_has(response, "Status: 200 OK\r\n");
		}
	snprintf(text, sizeof(text), "\"x\", W/%s", etags[0]);
	assert_not_modified(get_if(JWT, NULL, text, NULL));
	assert_not_modified(get_if(JWT, NULL, "*", NULL));
	seam_assert_has(get_if(JWT, NULL, "\"x\"", NULL), "Status: 200 OK\r\n");
	seam_assert_has(get_if(JWT, NULL, "", NULL), "Status: 200 OK\r\n");
}

static void a_new_list_has_a_new_tag(void **state)
{
	char etag[64];

	(void)state;
	status_header(get(JWT), "ETag", text);
	snprintf(etag, sizeof(etag), "%.60s", text);
	seam_assert_has(status_update(&seam, uri, "1", "2"), "Status: 204 ");
	status_publish(&seam);
	struct tally_span response = get_if(JWT, NULL, etag, NULL);

	seam_assert_has(response, "Status: 200 OK\r\n");
	assert_int_equal(value_in(response, 1), 2);
}

/* Two lists of one second have one date: it comes when no other one can get it. */
static void dates_are_told_when_they_are_sure(void **state)
{
	char date[64];

	(void)state;
	seam_assert_has(status_update(&seam, uri, "1", "2"), "Status: 204 ");
	status_publish(&seam);
	assert_false(seam_has(get(JWT), "Last-Modified"));
	tally_clock_format_http(date, tally_clock_now() + 100);
	seam_assert_has(get_if(JWT, NULL, NULL, date), "Status: 200 OK\r\n");
	tally_fake_clock_advance_ms(2000);
	status_header(get(JWT), "Last-Modified", text);
	snprintf(date, sizeof(date), "%.60s", text);
	assert_not_modified(get_if(JWT, NULL, NULL, date));
	seam_assert_has(get_if(JWT, NULL, NULL, "Sun, 06 Nov 1994 08:49:37 GMT"), "Status: 200 ");
	seam_assert_has(get_if(JWT, NULL, NULL, "Sunday, 06-Nov-94 08:49:37 GMT"), "Status: 200 ");
	seam_assert_has(get_if(JWT, NULL, NULL, "yesterday"), "Status: 200 ");
	/* RFC 9110 §13.1.3: who sends both is judged by the tag alone. */
	seam_assert_has(get_if(JWT, NULL, "\"x\"", date), "Status: 200 ");
}

static void a_head_has_the_headers_of_a_get(void **state)
{
	struct tally_span response =
		get_with((struct tally_fake_request){ .method = "HEAD", .accept_encoding = "gzip" });

	(void)state;
	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "\r\nContent-Type: " JWT "\r\n");
	seam_assert_has(response, "\r\nContent-Encoding: gzip\r\n");
	assert_false(seam_has(response, "Content-Length: 0\r\n"));
	assert_int_equal(status_body(response).n, 0);
}

/* ---- caching ---- */

static long max_age(void)
{
	status_header(get(JWT), "Cache-Control", text);
	assert_int_equal(strncmp(text, "public, max-age=", 16), 0);
	return strtol(text + 16, NULL, 10);
}

static void nobody_keeps_a_list_beyond_its_end(void **state)
{
	char etag[64];

	(void)state;
	status_close(&seam);
	open_with("ttl = 100s\nlist-lifetime = 1000s\n");
	assert_int_equal(max_age(), 100);
	status_header(get(JWT), "ETag", text);
	snprintf(etag, sizeof(etag), "%.60s", text);
	tally_fake_clock_advance_ms(949 * 1000);
	assert_int_equal(max_age(), 50);
	tally_fake_clock_advance_ms(49 * 1000);
	assert_int_equal(max_age(), 1);
	tally_fake_clock_advance_ms(1000);
	status_assert_refused(get(JWT), "503", "SERVICE_UNAVAILABLE");
	status_assert_refused(get_if(JWT, NULL, etag, NULL), "503", "SERVICE_UNAVAILABLE");
	status_publish(&seam);
	assert_int_equal(max_age(), 100);
}

/* An outage takes nothing away that is good; when it is over, all is as it should be. */
static void lists_go_on_through_an_outage(void **state)
{
	(void)state;
	seam_assert_has(get(JWT), "Status: 200 OK\r\n");
	tally_fake_lists_down(seam.service.lists, true);
	tally_fake_clock_advance_ms(3600 * 1000);
	seam_assert_has(get(JWT), "Status: 200 OK\r\n");
	seam_assert_has(get(CWT), "Status: 200 OK\r\n");
	tally_fake_clock_advance_ms(86400 * 1000);
	status_assert_refused(get(JWT), "503", "SERVICE_UNAVAILABLE");
	tally_fake_lists_down(seam.service.lists, false);
	status_publish(&seam);
	seam_assert_has(get(JWT), "Status: 200 OK\r\n");
}

/* However often it is asked for, Redis is asked five times a second at the most. */
static void a_list_is_fetched_once(void **state)
{
	unsigned int before;

	(void)state;
	get(JWT);
	before = tally_fake_lists_calls(seam.service.lists);
	for (int i = 0; i < 100; i++)
		get(i % 2 ? JWT : CWT);
	assert_int_equal(tally_fake_lists_calls(seam.service.lists), before);
	tally_fake_clock_advance_ms(201);
	get(JWT);
	assert_int_equal(tally_fake_lists_calls(seam.service.lists), before + 1);
}

static void a_published_update_is_there_within_a_moment(void **state)
{
	(void)state;
	get(JWT);
	seam_assert_has(status_update(&seam, uri, "1", "1"), "Status: 204 ");
	while (tally_publisher_round(seam.publisher) == 0)
		;
	tally_fake_clock_advance_ms(200);
	assert_int_equal(value_in(get(JWT), 1), 1);
}

/* ---- names ---- */

static void names_that_are_no_list(void **state)
{
	static const char *const names[] = {
		"tests-000000000000", "tests-ffffffffffff", "tests-0123456789AB", "tests", "x",
		"tests-0123456789a", "other-0123456789ab", "nothing-0123456789ab", "..", ".",
		"%2e%2e", "tests-0123456789ab%00", "-0123456789ab", "tests-0123456789ab.jwt",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "/status-lists/%s", names[i]);
		status_assert_refused(get_with((struct tally_fake_request){ .uri = text }), "404",
				      "NO_SUCH_LIST");
	}
	/* A list under the name of another pool. */
	snprintf(text, sizeof(text), "/status-lists/other-%s", strrchr(path, '-') + 1);
	status_assert_refused(get_with((struct tally_fake_request){ .uri = text }), "404",
			      "NO_SUCH_LIST");
}

static void a_query_that_says_nothing_is_passed_over(void **state)
{
	(void)state;
	snprintf(text, sizeof(text), "%.500s?x=1&y", path);
	seam_assert_has(get_with((struct tally_fake_request){ .uri = text }), "Status: 200 OK\r\n");
	snprintf(text, sizeof(text), "%.500s?", path);
	seam_assert_has(get_with((struct tally_fake_request){ .uri = text }), "Status: 200 OK\r\n");
}

/* ---- the past ---- */

static struct tally_span get_at(const char *time)
{
	snprintf(text, sizeof(text), "%.500s?time=%s", path, time);
	return get_with((struct tally_fake_request){ .uri = text });
}

static struct tally_span get_at_second(int64_t time)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%lld", (long long)time);
	return get_at(digits);
}

static void times_that_are_none(void **state)
{
	static const char *const times[] = {
		"", "now", "-1", "1.5", "1e9", "9223372036854775808", "0x1", "1&time=2", "%00",
		"2026-01-01", "1+1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		status_assert_refused(get_at(times[i]), "400", "BAD_REQUEST");
	status_assert_refused(get_at_second(tally_clock_now()), "501", "NOT_IMPLEMENTED");
}

static void the_past_can_be_asked_for(void **state)
{
	(void)state;
	status_close(&seam);
	open_with("history = 1h\n");
	int64_t first = tally_clock_now();

	tally_fake_clock_advance_ms(100 * 1000);
	seam_assert_has(status_update(&seam, uri, "1", "1"), "Status: 204 ");
	status_publish(&seam);
	int64_t second = tally_clock_now();

	tally_fake_clock_advance_ms(100 * 1000);
	assert_int_equal(value_in(get_at_second(first), 1), 0);
	assert_int_equal(value_in(get_at_second(second), 1), 1);
	assert_int_equal(value_in(get(JWT), 1), 1);
	seam_assert_has(get_at_second(first), "Cache-Control: no-store\r\n");
	status_assert_refused(get_at_second(first - 1000), "404", "NO_SUCH_LIST");
	status_assert_refused(get_at("9223372036854775807"), "404", "NO_SUCH_LIST");
	status_assert_refused(get_at("0"), "404", "NO_SUCH_LIST");
	tally_fake_lists_down(seam.service.lists, true);
	status_assert_refused(get_at_second(first), "503", "SERVICE_UNAVAILABLE");
}

/* ---- aggregation ---- */

static struct tally_span aggregation(const char *id)
{
	snprintf(text, sizeof(text), "/aggregation/%s", id);
	return get_with((struct tally_fake_request){ .uri = text });
}

static void an_aggregation_names_all_lists(void **state)
{
	struct tally_span response = aggregation("all"), item_uri;
	struct tally_json *json;
	size_t n = 0;
	bool found = false;

	(void)state;
	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "Content-Type: application/json\r\n");
	seam_assert_has(response, "\r\nCache-Control: public, max-age=300\r\n");
	seam_assert_has(response, "\r\nAccess-Control-Allow-Origin: *\r\n");
	assert_int_equal(tally_json_parse(status_body(response), SIZE_MAX, &json), TALLY_OK);
	const struct tally_json *item = tally_json_first(tally_json_member(json, "status_lists"));

	for (; item != NULL; item = tally_json_next(item), n++) {
		assert_true(tally_json_string(item, &item_uri));
		assert_true(tally_span_starts_with(item_uri, TALLY_SPAN(STATUS_BASE "tests-")));
		snprintf(other, sizeof(other), "%.*s", TALLY_SPAN_ARG(item_uri));
		seam_assert_has(get_with((struct tally_fake_request){
					.uri = strstr(other, "/status-lists/") }),
				"Status: 200 OK\r\n");
		found |= strcmp(other, uri) == 0;
	}
	assert_int_equal(n, 2);
	assert_true(found);
	tally_json_free(json);
}

static void aggregations_that_are_none(void **state)
{
	static const char *const ids[] = { "tests", "other", "ALL", "al", "alll", "%61ll", "..", "all%00" };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		status_assert_refused(aggregation(ids[i]), "404", "NOT_FOUND");
	tally_fake_clock_advance_ms(10000);
	tally_fake_lists_down(seam.service.lists, true);
	status_assert_refused(aggregation("all"), "503", "SERVICE_UNAVAILABLE");
}

/* The list says where it can be found with the others (draft §9.2). */
static void a_list_names_its_aggregation(void **state)
{
	static char payload[SEAM_TEXT_MAX];
	struct tally_span rest = status_body(get(JWT));
	size_t n;

	(void)state;
	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), payload, sizeof(payload), &n),
			 TALLY_OK);
	seam_assert_has(tally_span(payload, n), "\"https://as.example/aggregation/all\"");
}

/* RFC 8414: one for all that are under our issuer, or that of our own tokens. */
static void metadata_names_an_aggregation_that_is_ours(void **state)
{
	static const struct {
		const char *more, *id;
	} rows[] = {
		{ NULL, "all" },
		{ "aggregation-id = all\n", "all" },
		{ "aggregation-id = some\n", NULL },
		{ "aggregation-id = some\nissuer = https://other.example\n", "all" },
		{ "[pool.tokens]\naggregation-id = own\n", "own" },
		{ "[pool.tokens]\naggregation-id = own\nissuer = https://other.example\n", "all" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status_close(&seam);
		status_open(&seam, NULL, rows[i].more);
		struct tally_span response = get_with((struct tally_fake_request){
			.uri = "/.well-known/oauth-authorization-server" });

		snprintf(text, sizeof(text),
			 "\"status_list_aggregation_endpoint\":\"https://as.example/aggregation/%s\"",
			 rows[i].id ? rows[i].id : "");
		if (rows[i].id != NULL)
			seam_assert_has(response, text);
		else
			assert_false(seam_has(response, "status_list_aggregation_endpoint"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_usual, close_seam)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_is_a_jwt_unless_asked_otherwise),
		TEST(what_is_not_acceptable),
		TEST(a_jwt_is_compressed_for_who_takes_it),
		TEST(what_is_known_is_not_sent_again),
		TEST(a_new_list_has_a_new_tag),
		TEST(dates_are_told_when_they_are_sure),
		TEST(a_head_has_the_headers_of_a_get),
		TEST(nobody_keeps_a_list_beyond_its_end),
		TEST(lists_go_on_through_an_outage),
		TEST(a_list_is_fetched_once),
		TEST(a_published_update_is_there_within_a_moment),
		TEST(names_that_are_no_list),
		TEST(a_query_that_says_nothing_is_passed_over),
		TEST(times_that_are_none),
		TEST(the_past_can_be_asked_for),
		TEST(an_aggregation_names_all_lists),
		TEST(aggregations_that_are_none),
		TEST(a_list_names_its_aggregation),
		TEST(metadata_names_an_aggregation_that_is_ours),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("status_list", tests, NULL, NULL);
}
