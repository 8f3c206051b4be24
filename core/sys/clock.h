/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: UTC seconds for what is stored and signed, monotonic for waiting. Tests
 * that need to hold it still link tests/fake/clock.c in its place.
 */
#ifndef TALLY_SYS_CLOCK_H
#define TALLY_SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_DAY 86400

/* Seconds since 1970-01-01 UTC. */
int64_t tally_clock_now(void);

/* Microseconds since 1970-01-01 UTC. */
int64_t tally_clock_now_us(void);

/* Milliseconds on a clock that never jumps; good for differences only. */
int64_t tally_clock_ms(void);

#define TALLY_TIME_SIZE sizeof("2026-01-01T00:00:00.000Z")

/*
 * RFC 3339 in UTC with milliseconds (_ms) or without, into TALLY_TIME_SIZE
 * bytes. Returns out.
 */
const char *tally_clock_format(char out[TALLY_TIME_SIZE], int64_t seconds);
const char *tally_clock_format_ms(char out[TALLY_TIME_SIZE], int64_t us);

/*
 * The first form back to seconds; a date alone is its first second. TALLY_ERR_SYNTAX.
 */
enum tally_err tally_clock_parse(struct tally_span text, int64_t *out) TALLY_MUST_CHECK;

#define TALLY_HTTP_DATE_SIZE sizeof("Thu, 01 Jan 1970 00:00:00 GMT")

/* A date as HTTP has it (RFC 9110 §5.6.7), of the years 0 to 9999. Returns out. */
const char *tally_clock_format_http(char out[TALLY_HTTP_DATE_SIZE], int64_t seconds);

/* Any of its three forms back. TALLY_ERR_SYNTAX. */
enum tally_err tally_clock_parse_http(struct tally_span text, int64_t *out) TALLY_MUST_CHECK;

#endif
