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
