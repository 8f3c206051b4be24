/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock that stands still until a test moves it. A test that calls one of
 * these functions gets this clock in place of core/sys/clock.c everywhere: its
 * object comes out of libfake.a, which is linked before libtally.a.
 */
#ifndef TALLY_FAKE_CLOCK_H
#define TALLY_FAKE_CLOCK_H

#include <stdint.h>

/* Where it stands at first: 2026-01-01T00:00:00Z. */
#define TALLY_FAKE_CLOCK_START 1767225600

/* Seconds since 1970. The monotonic clock does not move. */
void tally_fake_clock_set(int64_t seconds);

/* Moves both clocks. */
void tally_fake_clock_advance_ms(int64_t ms);

static inline void tally_fake_clock_advance(int64_t seconds)
{
	tally_fake_clock_advance_ms(seconds * 1000);
}

#endif
