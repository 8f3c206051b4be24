/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t tally_clock_now(void)
{
	return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t tally_clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t tally_clock_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

const char *tally_clock_format(char out[TALLY_TIME_SIZE], int64_t seconds)
{
	struct tm tm;
	time_t t = (time_t)seconds;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, TALLY_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, TALLY_TIME_SIZE, "%lld", (long long)seconds);
	return out;
}

const char *tally_clock_format_ms(char out[TALLY_TIME_SIZE], int64_t us)
{
	struct tm tm;
	time_t t = (time_t)(us / 1000000);
	char ms[8];

	if (gmtime_r(&t, &tm) == NULL)
		return tally_clock_format(out, us / 1000000);
	size_t n = strftime(out, TALLY_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(ms, sizeof(ms), ".%03dZ", (int)(us / 1000 % 1000));
	if (n == 0 || n + 5 >= TALLY_TIME_SIZE)
		return tally_clock_format(out, us / 1000000);
	memcpy(out + n, ms, 6);
	return out;
}

enum tally_err tally_clock_parse(struct tally_span text, int64_t *out)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d" };
	char copy[TALLY_TIME_SIZE];

	if (text.n >= sizeof(copy))
		return TALLY_ERR_SYNTAX;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(copy, formats[i], &tm);
		char again[TALLY_TIME_SIZE];

		if (end == NULL || *end != '\0')
			continue;
		*out = (int64_t)timegm(&tm);
		/* It must be the one way to write it: no blanks, no 31st of June. */
		tally_clock_format(again, *out);
		return strncmp(again, copy, text.n) == 0 ? TALLY_OK : TALLY_ERR_SYNTAX;
	}
	return TALLY_ERR_SYNTAX;
}

/* The program stays in the locale "C", where names of days and months are these. */
const char *tally_clock_format_http(char out[TALLY_HTTP_DATE_SIZE], int64_t seconds)
{
	struct tm tm;
	time_t t = (time_t)seconds;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, TALLY_HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
		out[0] = '\0';
	return out;
}

enum tally_err tally_clock_parse_http(struct tally_span text, int64_t *out)
{
	static const char *const formats[] = { "%a, %d %b %Y %H:%M:%S GMT",
					       "%A, %d-%b-%y %H:%M:%S GMT",
					       "%a %b %e %H:%M:%S %Y" };
	char copy[64];

	if (text.n >= sizeof(copy))
		return TALLY_ERR_SYNTAX;
	snprintf(copy, sizeof(copy), "%.*s", TALLY_SPAN_ARG(text));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(copy, formats[i], &tm);

		if (end == NULL || *end != '\0')
			continue;
		*out = (int64_t)timegm(&tm);
		return TALLY_OK;
	}
	return TALLY_ERR_SYNTAX;
}
