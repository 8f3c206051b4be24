/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/accept.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { JWT, CWT, NONE };

static const struct tally_span offers[] = {
	{ "application/statuslist+jwt", 26 },
	{ "application/statuslist+cwt", 26 },
};

static size_t chosen(const char *header)
{
	return tally_accept_type(tally_span_of(header), offers, 2);
}

static void types_are_negotiated(void **state)
{
	static const struct {
		const char *header;
		size_t chosen;
	} rows[] = {
		/* nothing said, or all the same */
		{ NULL, JWT }, { "", JWT }, { " ", JWT }, { ",", JWT }, { "*/*", JWT },
		{ "application/*", JWT }, { "*/*;q=0.1", JWT }, { "*", JWT },
		/* one of the two */
		{ "application/statuslist+jwt", JWT }, { "application/statuslist+cwt", CWT },
		{ "APPLICATION/StatusList+CWT", CWT }, { " application/statuslist+cwt ", CWT },
		{ "application/statuslist+cwt,application/statuslist+jwt", JWT },
		{ "text/html, application/statuslist+cwt", CWT },
		/* weights */
		{ "application/statuslist+cwt, application/statuslist+jwt;q=0.9", CWT },
		{ "application/statuslist+jwt;q=0.9, application/statuslist+cwt", CWT },
		{ "application/statuslist+jwt;q=0.001,application/statuslist+cwt;q=0.002", CWT },
		{ "application/statuslist+jwt;q=1.000,application/statuslist+cwt;q=1.0", JWT },
		{ "application/statuslist+jwt ; Q=0.5 , application/statuslist+cwt;q=0.6", CWT },
		{ "application/statuslist+jwt;q=.5,application/statuslist+cwt;q=.6", CWT },
		{ "application/statuslist+jwt;q=0.33333,application/statuslist+cwt;q=0.5", CWT },
		{ "application/statuslist+jwt;q=0, application/statuslist+cwt;q=0.001", CWT },
		/* the more exact range gives the weight, wherever it stands */
		{ "*/*, application/statuslist+jwt;q=0", CWT },
		{ "application/statuslist+jwt;q=0, */*", CWT },
		{ "application/*;q=0.2, */*;q=0.9", JWT },
		{ "application/*;q=0, application/statuslist+cwt", CWT },
		{ "*/*;q=0.5, application/statuslist+cwt;q=0.4", JWT },
		{ "application/*;q=0, */*;q=1", NONE },
		{ "*/*;q=0", NONE },
		/* what others say */
		{ "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JWT },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JWT },
		/* not ours */
		{ "text/html", NONE }, { "application/json, text/plain;q=0.5", NONE },
		{ "application/statuslist", NONE }, { "application/statuslist+jwtx", NONE },
		{ "applicatio/*", NONE }, { "application/statuslist+*", NONE }, { "*/jwt", NONE },
		{ "x", NONE }, { "/", NONE }, { "application/", NONE },
		/* parameters make it another type */
		{ "application/statuslist+jwt;v=2", NONE },
		{ "application/statuslist+jwt;v=2, application/statuslist+cwt;q=0.1", CWT },
		{ "application/statuslist+jwt;q=0.5;v=2, */*;q=0.1", JWT },
		{ "application/statuslist+jwt;", JWT }, { "application/statuslist+jwt;;q=1", JWT },
		{ "text/x;p=\", application/statuslist+jwt,\", application/statuslist+cwt", CWT },
		{ "text/x;p=\"\\\", application/statuslist+jwt,\"", NONE },
		/* malformed elements are passed over */
		{ "application/statuslist+jwt;q=2", JWT }, { "application/statuslist+jwt;q=x", JWT },
		{ "application/statuslist+jwt;q=", JWT }, { "application/statuslist+jwt;q=-1", JWT },
		{ "application/statuslist+jwt;q=1.001, application/statuslist+cwt;q=0.1", CWT },
		{ "application/statuslist+jwt;q=0..1, application/statuslist+cwt", CWT },
		{ ";q=1, application/statuslist+cwt", CWT }, { "text/html;q=9", JWT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t got = chosen(rows[i].header);

		if (got != rows[i].chosen)
			print_message("# row %zu: %zu\n", i, got);
		assert_int_equal(got, rows[i].chosen);
	}
}

static void ranges_are_bounded(void **state)
{
	static char header[200000];
	size_t n = 0;

	(void)state;
	for (unsigned int i = 0; i < TALLY_ACCEPT_RANGES_MAX - 1; i++)
		n += (size_t)snprintf(header + n, sizeof(header) - n, "text/x%u, ", i);
	snprintf(header + n, sizeof(header) - n, "application/statuslist+cwt");
	assert_int_equal(chosen(header), CWT);
	snprintf(header + n, sizeof(header) - n, "text/y, application/statuslist+cwt");
	assert_int_equal(chosen(header), NONE);
	memset(header, ',', sizeof(header) - 1);
	assert_int_equal(chosen(header), JWT);
}

static void no_offer_is_never_chosen(void **state)
{
	(void)state;
	assert_int_equal(tally_accept_type(TALLY_SPAN("*/*"), offers, 0), 0);
}

static void codings_are_accepted(void **state)
{
	static const struct {
		const char *header;
		bool gzip;
	} rows[] = {
		{ NULL, false }, { "", false }, { "gzip", true }, { "GZip", true },
		{ "x-gzip", true }, { "X-GZIP;q=0.1", true }, { "*", true }, { "br, *", true },
		{ "deflate, gzip;q=1.0, *;q=0.5", true }, { "gzip;q=0.001", true },
		{ "gzip;q=0", false }, { "gzip;q=0.000", false }, { "*;q=0", false },
		{ "*, gzip;q=0", false }, { "gzip;q=0, *", false }, { "*;q=0, gzip", true },
		{ "br", false }, { "identity", false }, { "gzipx", false }, { "x-", false },
		{ "identity;q=1, gzip;q=0.5", true }, { "gzip;q=5", false }, { ";;", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (tally_accept_coding(tally_span_of(rows[i].header), TALLY_SPAN("gzip")) !=
		    rows[i].gzip)
			print_message("# row %zu\n", i);
		assert_int_equal(tally_accept_coding(tally_span_of(rows[i].header),
						     TALLY_SPAN("gzip")),
				 rows[i].gzip);
	}
}

static void etags_are_compared_weakly(void **state)
{
	static const struct {
		const char *header;
		bool named;
	} rows[] = {
		{ NULL, false }, { "", false }, { "*", true }, { " * ", true },
		{ "\"a1\"", true }, { "W/\"a1\"", true }, { "\"x\", \"a1\"", true },
		{ "\"x\",W/\"a1\",\"y\"", true }, { "\"x\" ,\t\"a1\"", true },
		{ "\"a,b\", \"a1\"", true }, { "\"a\\\", \"a1\"", true },
		{ "bad, \"a1\"", true }, { ",, \"a1\"", true },
		{ "\"a2\"", false }, { "a1", false }, { "\"a1", false }, { "\"A1\"", false },
		{ "w/\"a1\"", false }, { "\"\"", false }, { "W/", false }, { "\"", false },
		{ "\"x,\"a1\"", false }, { "\"x\", *", false }, { "\"a1x\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span header = tally_span_of(rows[i].header);

		if (tally_accept_etag(header, TALLY_SPAN("\"a1\"")) != rows[i].named)
			print_message("# row %zu\n", i);
		assert_int_equal(tally_accept_etag(header, TALLY_SPAN("\"a1\"")), rows[i].named);
		assert_int_equal(tally_accept_etag(header, TALLY_SPAN("W/\"a1\"")), rows[i].named);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_negotiated),
		cmocka_unit_test(ranges_are_bounded),
		cmocka_unit_test(no_offer_is_never_chosen),
		cmocka_unit_test(codings_are_accepted),
		cmocka_unit_test(etags_are_compared_weakly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
