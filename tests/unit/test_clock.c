/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void times_are_read_as_they_are_written(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-01-01", 1767225600 },
		{ "2026-01-01T00:00:00Z", 1767225600 },
		{ "2028-02-29T23:59:59Z", 1835481599 },
		{ "2099-12-31", 4102358400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char again[TALLY_TIME_SIZE];
		int64_t seconds = -1;

		assert_int_equal(tally_clock_parse(tally_span_of(rows[i].text), &seconds),
				 TALLY_OK);
		assert_int_equal(seconds, rows[i].seconds);
		tally_clock_format(again, seconds);
		assert_memory_equal(again, rows[i].text, strlen(rows[i].text));
	}
}

static void other_texts_are_refused(void **state)
{
	static const char *const rows[] = {
		"", " ", "2026", "2026-01", "2026-1-1", "2026-13-01", "2026-02-29", "2026-06-31",
		" 2026-01-01", "2026-01-01 ", "2026-01-01T00:00:00", "2026-01-01t00:00:00z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.5Z",
		"2026-01-01T00:00:00+01:00", "90d", "1767225600", "-2026-01-01", "+2026-01-01",
		"2026-01-01T00:00:00.000000000000Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds;

		if (tally_clock_parse(tally_span_of(rows[i]), &seconds) != TALLY_ERR_SYNTAX)
			fail_msg("\"%s\" was read as a time", rows[i]);
	}
}

/* RFC 9110 §5.6.7: one form is written, three are read. */
static void http_dates(void **state)
{
	static const char *const forms[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	};
	static const char *const others[] = {
		"", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT x",
		"Sun, 06 Nov 1994 08:49:37 UTC", "1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
	};
	char text[TALLY_HTTP_DATE_SIZE];
	int64_t seconds;

	(void)state;
	assert_string_equal(tally_clock_format_http(text, 784111777), forms[0]);
	assert_string_equal(tally_clock_format_http(text, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(tally_clock_parse_http(tally_span_of(forms[i]), &seconds),
				 TALLY_OK);
		assert_int_equal(seconds, 784111777);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(tally_clock_parse_http(tally_span_of(others[i]), &seconds),
				 TALLY_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_as_they_are_written),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(http_dates),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
