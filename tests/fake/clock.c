/* SPDX-License-Identifier: Apache-2.0 */
/* core/sys/clock.c itself, with another source of time. */
#include "config.h"

#include "tests/fake/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t real_us = (int64_t)TALLY_FAKE_CLOCK_START * 1000000;
static _Atomic int64_t monotonic_us = 1000000;

void tally_fake_clock_set(int64_t seconds)
{
	real_us = seconds * 1000000;
}

void tally_fake_clock_advance_ms(int64_t ms)
{
	real_us += ms * 1000;
	monotonic_us += ms * 1000;
}

static int fake_gettime(clockid_t id, struct timespec *out)
{
	int64_t us = id == CLOCK_MONOTONIC ? monotonic_us : real_us;

	out->tv_sec = (time_t)(us / 1000000);
	out->tv_nsec = (long)(us % 1000000) * 1000;
	return 0;
}

#define clock_gettime fake_gettime
#include "core/sys/clock.c"
